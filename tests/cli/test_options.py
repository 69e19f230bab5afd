"""What is given to a verb may be any number, any text and any path: one sentence, and nothing is changed by it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import bounded_file, knobs, pools
from core.__main__ import main
from core.cli import streams
from core.corpus.job import SelectionSettings
from core.database import Database, open_database
from core.evaluation import items, rating
from core.evaluation.drawing import draw
from core.evaluation.importing import What, import_file
from core.evaluation.items import JudgedTask
from core.evaluation.words import StillRating
from core.pool.filters import Filter
from core.records import Budget, NotFound, Refused
from core.review import queues
from core.runs import control
from core.selfinstruct.settings import SelfInstructSettings
from core.settings import PROJECT

pytestmark = pytest.mark.sqlite("about files, its own among them")
HUGE = 10**30


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WINNOW_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def database(place: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{place / 'data' / 'winnow.db'}")
    pools.make(opened, "p", own_seeds=[])
    yield opened
    opened.close()


def told(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main([*map(str, words), "--json"]) == 1, words
    said = str(json.loads(capsys.readouterr().out)["error"])
    assert "fault of Winnow" not in said and len(said) < 1_600 and "\n" not in said, words
    return said


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="no /proc here")
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_no_file_that_never_ends_or_waits_for_somebody_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        # What the kernel tells calls itself a plain, empty file, and some of it (/proc/kmsg) waits where it is read.
        for path in (tmp_path, tmp_path / "pipe", tmp_path / "socket", Path("/dev/null"), Path("/proc/version")):
            with pytest.raises(Refused, match="no plain file"):
                bounded_file.plain(path)
    (tmp_path / "empty").write_bytes(b"")
    with bounded_file.plain(tmp_path / "empty") as file:
        assert file.read() == b""
    with pytest.raises(FileNotFoundError):
        bounded_file.plain(tmp_path / "none")


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="no /proc here")
@pytest.mark.parametrize(
    "words",
    [
        *("pool import p FILE", "pool set p --guidelines FILE", "seeds add p FILE", "rating import p FILE"),
        *("release preview p --predicate FILE", "batch in FILE", "evaluate import s FILE --as set", "restore FILE"),
        *("reproduce FILE", "corpus select p FILE", "corpus select p demo --verbs FILE", "release verify FILE"),
        *("doctor --report FILE", "project export p FILE", "pool delete p --export FILE", "rating export p FILE"),
    ],
)
def test_every_verb_that_takes_a_file_says_so(
    database: Database, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, *("/proc/version" if word == "FILE" else word for word in words.split()))


def test_files_that_people_name_are_opened_in_one_place() -> None:
    wrong = []
    for file in sorted((PROJECT / "core" / "cli").glob("*.py")):
        if file.name != "streams.py":  # standard input, and files of its own
            text = file.read_text("utf-8")
            wrong += [f"{file.name}: {sign}" for sign in (".read_text(", ".read_bytes(", ".open(") if sign in text]
    assert wrong == []


@pytest.mark.parametrize("words", [["doctor", "--report"], ["corpus", "select", "p", "demo", "--decisions"]])
def test_a_report_is_not_written_over_the_database(
    database: Database, place: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    there = place / "data" / "winnow.db"
    assert "left as it is" in told(capsys, *words, there)
    assert there.read_bytes()[:6] == b"SQLite"


def test_a_text_in_another_encoding_is_refused_and_utf16_read(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        (tmp_path / "a.txt").write_bytes("写一首诗".encode(encoding))
        assert bounded_file.text(tmp_path / "a.txt", 100, "a text") == "写一首诗"
    (tmp_path / "a.txt").write_bytes("写一首诗".encode("gb18030"))
    with pytest.raises(Refused, match="save it as UTF-8"):
        bounded_file.text(tmp_path / "a.txt", 100, "a text")


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "a terminal"])
def test_a_dash_without_anything_piped_in_is_one_sentence(
    database: Database, closed: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal:
        closed = False

        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", None if closed else Terminal())
    assert "Nothing is piped" in told(capsys, "pool", "import", "p", "-")


def test_standard_input_has_a_bound(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(streams, "MOST", 1000)
    (tmp_path / "rows").write_bytes(b" " * 2000)
    with (tmp_path / "rows").open() as piped:
        monkeypatch.setattr("sys.stdin", piped)
        assert "standard input" in told(capsys, "pool", "import", "p", "-")


@pytest.mark.parametrize("bound", [float("nan"), float("inf"), 0.0, -1.0, 1e308])
@pytest.mark.parametrize("name", ["usd", "seconds"])
def test_no_budget_that_never_binds_is_taken(
    database: Database, name: str, bound: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for verb in (["evaluate", "respond", "s"], ["evaluate", "judge", "s", "ours", "theirs"]):
        (tmp_path / "set.jsonl").write_text('{"instruction": "Name a river", "output": "one"}')
        import_file(database, "s", tmp_path / "set.jsonl", What.SET)
        told(capsys, *verb, "--provider", "demo", "--pool", "p", f"--budget-{name}={bound}")
    with pytest.raises(Refused, match="budget"):
        control.start(database, 1, "self-instruct", {}, Budget(**{name: bound}))
    assert control.of_pool(database, 1) == []


def test_a_whole_number_is_one_that_a_form_a_file_and_a_database_hold() -> None:
    for settings, name in (
        (SelfInstructSettings(), "seed"),
        (SelfInstructSettings(), "prompts_per_batch"),  # a batch is planned whole: so many never ended
        (SelectionSettings(), "permutations"),
    ):
        for number in (HUGE, -HUGE, 2**53):
            with pytest.raises(Refused, match="whole number"):
                knobs.changed(settings, {name: number})
    with pytest.raises(Refused, match="prompts a batch"):
        knobs.changed(SelfInstructSettings(), {"prompts_per_batch": 1_000_000})


@pytest.mark.parametrize("value", ["9" * 5_000, "[" * 100_000], ids=["digits", "nested"])
def test_a_setting_that_json_cannot_read_is_a_text(value: str) -> None:
    assert knobs.named([f"a={value}"]) == {"a": value}


@pytest.mark.parametrize(
    "words", [["pool", "show", "FAR"], ["pool", "import", "p", "FAR"], ["model", "list", "--provider", "FAR"]]
)
def test_a_refusal_is_no_longer_than_people_read(
    database: Database, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, *("x" * 100_000 if word == "FAR" else word for word in words))


@pytest.mark.parametrize(
    "wanted",
    [
        {"run_id": HUGE},
        {"task_ids": (1, HUGE)},
        {"contains": "%" * 30_000},
        {"seed_from": float("nan")},
        {"grades": ("Z",)},
        {"origin": "elsewhere"},
    ],
    ids=lambda wanted: next(iter(wanted)),
)
def test_no_queue_is_saved_over_a_filter_that_can_never_be_asked(database: Database, wanted: dict) -> None:
    """It would go on failing: no queue of its pool could be looked at any more."""
    with pytest.raises(Refused):
        queues.make(database, 1, "broken", Filter(**wanted))
    with pytest.raises(NotFound):
        queues.make(database, 1, "broken", Filter(in_release=7))
    with pytest.raises(Refused, match="half of a sign"):
        queues.make(database, 1, "broken", Filter(flag="\udcff"))
    assert queues.names(database, 1) == {1: "Everything unrated"}
    assert len(queues.report(database, 1).queues) == 1


@pytest.mark.parametrize(
    "words",
    [
        *("discard list p --rule BAD", "item list p --flag BAD", "item show 1 --reviewer BAD"),
    ],
)
def test_bytes_that_are_no_text_are_one_sentence(
    database: Database, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, *(word.replace("BAD", "\udcff") for word in words.split()))


@pytest.mark.parametrize(
    "words", ["corpus texts p", "discard list p", "task list p", "task search p", "item list p", "rating differences p"]
)
def test_a_limit_below_one_is_no_limit_at_all_and_refused(
    database: Database, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "--limit is at least" in told(capsys, *words.split(), "--limit=-1")


def test_a_task_of_another_set_is_not_shown_to_who_still_owes_answers_there(database: Database, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    for name in ("blind", "other"):
        rows.write_text(json.dumps({"instruction": f"Name a river of {name}", "output": "one"}))
        import_file(database, name, rows, What.SET)
        rows.write_text(json.dumps({"model": "m", "instruction": f"Name a river of {name}", "response": "answer"}))
        import_file(database, name, rows, What.RESPONSES)
    rating.turn(database, draw(database, "blind", seed=1).id, "ann")
    assert isinstance(items.item(database, "blind", 1, "ann"), StillRating)
    with pytest.raises(NotFound, match="no task 1"):
        items.item(database, "other", 1, "ann")
    found = items.item(database, "other", 2, "ann")
    assert isinstance(found, JudgedTask) and found.task.id == 2


@pytest.mark.sqlite("backup copies a file")
def test_restore_without_a_file_says_that_it_restored_nothing(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup"]) == 0
    capsys.readouterr()
    assert main(["restore"]) == 0
    assert "1 copy lies beside the database, the newest first. Nothing was restored" in capsys.readouterr().out


def test_a_name_that_is_no_utf8_can_be_that_of_a_backup(database: Database, place: Path) -> None:
    name = os.fsdecode(b"caf\xe9.db")
    assert main(["backup", str(place / name), "--json"]) == 0
    database.close()
    assert main(["restore", str(place / name), "--json"]) == 0
