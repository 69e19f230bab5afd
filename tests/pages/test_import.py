"""The page that imports: a look first, a mapping that can be changed, and amber where not all of it worked."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import pools
from core.database import Database
from core.importing import uploads
from core.importing.look import look
from core.pool import tasks
from core.pools.bringing import Wishes, bring_tasks
from core.records import Origin, State, Task
from tests.pages.conftest import first_start

Page = Callable[..., AppTest]
RIVER = "Name a river in Europe please."


def lines(*rows: Any) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@pytest.fixture
def at(page: Page, database: Database) -> AppTest:
    first_start()
    pools.make(database, "mine", own_seeds=[], tokeniser="paper")
    return page("pools", pool="mine")


def given(app: AppTest, name: str, content: bytes) -> AppTest:
    app.file_uploader[0].set_value((name, content, "text/plain")).run()
    assert not app.exception, app.exception[0].message
    return app


def imported(database: Database) -> list[Task]:
    with database.read() as c:
        return tasks.page(c, pools.named(database, "mine").id, origin=Origin.IMPORT)


def shown(app: AppTest) -> str:
    return "\n".join(str(one.value) for kind in ("text", "success", "warning", "error") for one in app.get(kind))


def go(app: AppTest) -> AppTest:
    app.button(key="import-go").click().run()
    assert not app.exception, app.exception[0].message
    return app


def test_nothing_is_stored_before_a_person_has_looked(at: AppTest, database: Database) -> None:
    given(at, "f.jsonl", lines({"question": RIVER, "response": "Danube", "category": "open"}))
    assert "read as JSON Lines" in shown(at) and imported(database) == []
    assert at.button(key="import-go").label == "Import 1 row"
    go(at)
    (task,) = imported(database)
    assert (task.instruction, task.instances[0].output) == (RIVER, "Danube")
    assert at.success and not at.warning
    assert "kept beside the texts: category" in shown(at)
    assert [one.label for one in at.main.get("page_link")] == ["See what they are", "Review"], "it leads on"


def test_what_the_pool_has_already_is_not_offered_as_new(at: AppTest, database: Database) -> None:
    rows = [{"question": RIVER, "response": "Danube"}, {"question": "Explain why the sky is blue.", "response": "Air"}]
    go(given(at, "f.jsonl", lines(*rows)))
    given(at, "more.jsonl", lines(*rows, {"question": RIVER, "response": "Rhine"}))
    assert "there already: 2" in shown(at) and at.button(key="import-go").label == "Import 1 new row"
    given(at, "again.jsonl", lines(*rows))
    assert "Every row of it is in this pool already (2 rows)" in at.info[0].value
    assert at.button(key="import-go").label == "Import it all the same"
    assert "Review" in [one.label for one in at.main.get("page_link")]
    near = [{"question": "Explain why the sky is so blue.", "response": "Air"}]
    go(given(at, "near.jsonl", lines(*near)))
    given(at, "all.jsonl", lines(*rows, *near))
    assert "(3 rows); 1 of them was dropped by an earlier import" in at.info[0].value
    given(at, "again.jsonl", lines(*rows))
    go(at)
    assert len(imported(database)) == 3 and "2 rows were there already" in shown(at)


def test_a_file_without_answers_is_amber_before_and_after(at: AppTest, database: Database) -> None:
    given(at, "f.jsonl", lines({"question": RIVER, "remark": "Danube"}))
    assert "None of the rows has an output" in shown(at)
    go(at)
    assert "None of the rows has an output" in shown(at)
    assert at.warning and not at.success


def test_another_script_asks_for_a_tokeniser_before_anything_is_dropped(at: AppTest, database: Database) -> None:
    given(at, "f.jsonl", lines({"instruction": "写一首关于秋天的诗", "output": "好的"}))
    assert "written in Chinese" in shown(at) and "can't see 100% of its letters" in shown(at)
    assert at.button(key="import-go").disabled and "too few words: 1" in shown(at)
    at.button_group(key="import-tokeniser").set_value("unicode").run()
    assert "too few words" not in shown(at), "the look is of the tokeniser that was chosen"
    go(at)
    assert [task.state for task in imported(database)] == [State.ACCEPTED]
    assert pools.named(database, "mine").settings["tokeniser"] == "unicode"


def test_a_file_of_no_use_says_why(at: AppTest, database: Database) -> None:
    given(at, "notes.txt", b"Some notes.")
    assert "cannot be imported" in shown(at) and "neither JSON" in shown(at)


def test_an_upload_is_gone_when_the_import_is_done_and_a_killed_one_when_the_next_begins(
    at: AppTest, data_dir: Path
) -> None:
    left = data_dir / "uploads" / "left"
    left.mkdir(parents=True)
    (left / uploads.LOCK).touch()
    (left / "secret.jsonl").write_text("x")
    read = data_dir / "uploads" / "read"
    read.mkdir()
    with (read / uploads.LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        go(given(at, "../../f.jsonl", lines({"instruction": RIVER, "output": "Danube"})))
        assert [folder.name for folder in (data_dir / "uploads").iterdir()] == ["read"]
    assert uploads.sweep(data_dir) == 1
    assert list((data_dir / "uploads").iterdir()) == []


def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    for name in ("../../x", "/etc/passwd", "..\\..\\x", "..", ".in-use", ""):
        with uploads.laid_down(tmp_path, name, b"x") as path:
            assert path.is_relative_to(tmp_path / "uploads") and path.read_bytes() == b"x"
            assert path.name != uploads.LOCK


@pytest.mark.parametrize(
    "given",
    [
        "../../etc/x.jsonl",
        "..",
        "",
        "a\x00b\n.jsonl",
        "\u202egpj.jsonl",
        "é" * 255 + ".jsonl.gz",
        "C:\\x.csv",
        ".ssh",
        "\ud800",
    ],
)
def test_no_name_of_a_file_leads_elsewhere_or_is_too_long(given: str, tmp_path: Path) -> None:
    with uploads.laid_down(tmp_path, given, b"held") as path:
        assert path.read_bytes() == b"held" and path.parent.parent == tmp_path / uploads.FOLDER
        assert path.name.isprintable() and len(path.name.encode()) <= 180
        assert not given.endswith((".gz", ".csv", ".jsonl")) or path.name.endswith(given[-3:])


def test_a_large_file_waits_on_disk_and_is_brought_in_by_a_process_of_its_own(
    at: AppTest, database: Database, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    monkeypatch.setattr("core.importing.uploads.LARGE", 10)
    monkeypatch.setattr("pages.pools.work.LARGE", 10)
    content = lines(
        {"instruction": RIVER, "output": "Danube"}, {"instruction": "Sing a song of old harbours.", "output": "La"}
    )
    given(at, "first.jsonl", content)
    folders = list((data_dir / "uploads").iterdir())
    assert [path.read_bytes() for folder in folders for path in folder.glob("first.jsonl")] == [content]
    assert "first.jsonl" in shown(at) and at.file_uploader[0].value is None, "the server's memory has none of it"
    at.button(key="import-aside").click().run()
    assert list((data_dir / "uploads").iterdir()) == [] and not at.get("button")[0].label.startswith("Import")
    given(at, "second.jsonl", content)
    go(at)
    while "import-work" in at.session_state:
        at.run()
    assert "2 rows: 2 of 2 new tasks accepted" in shown(at) and len(imported(database)) == 2
    assert list((data_dir / "uploads").iterdir()) == []


def test_for_a_file_too_large_to_look_through_a_person_chooses_who_compares(
    at: AppTest, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Wishes] = []

    def brought(database: Database, pool_name: str, path: Path, wishes: Wishes, *_: Any) -> Any:
        asked.append(wishes)
        return bring_tasks(database, pool_name, path)

    monkeypatch.setattr("pages.pools.work.bring_tasks_aside", brought)
    row = lines({"question": RIVER, "response": "Danube"})
    given(at, "small.jsonl", row)
    assert not [one for one in at.selectbox if one.key == "import-engine"]
    monkeypatch.setattr(
        "pages.pools.importing.look", lambda *given, **named: replace(look(*given, **named), is_all=False)
    )
    monkeypatch.setattr("core.crews.find_spec", lambda name: None)
    given(at, "large.jsonl", row)
    assert not [one for one in at.selectbox if one.key == "import-engine"], "without Ray there is nothing to choose"
    monkeypatch.setattr("core.crews.find_spec", lambda name: name)
    at.run()
    at.selectbox(key="import-engine").select("ray").run()
    at.number_input(key="import-workers").set_value(7).run()
    go(at)
    assert [(one.engine, one.workers) for one in asked] == [("ray", 7)] and imported(database)
