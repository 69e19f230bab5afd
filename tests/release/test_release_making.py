"""A release of a pool: the same bytes from the same state, whole or not there, recorded once it is."""

from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import records
from core.database import Database
from core.pool import edits, judgement, judging, tasks
from core.pool.members import called
from core.records import Origin, Refused, RunState
from core.release.formats import FORMATS
from core.release.hashed import HashedFile
from core.release.job import METHOD
from core.release.making import free_name, make, place, summary
from core.release.order import ReleaseOrder, order_of
from core.release.predicate import Predicate
from core.release.rows import releases
from core.release.split import Shares
from core.release.staging import ReleaseFailed, ReleaseStopped
from core.release.verify import verify
from core.runs import control
from core.runs import runner as runs
from tests import databases
from tests.release.release_pools import opened, rated_pool

ROOT = Path(__file__).parents[2]
PLAIN = ReleaseOrder(("csv", "parquet"))
EVERYTHING = ReleaseOrder(("csv",), Predicate.everything())


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    (tmp_path / "db").mkdir()
    opening = opened(tmp_path / "db")
    yield opening
    opening.close()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def kept(database: Database, pool_id: int) -> list[str]:
    with database.read() as c:
        return [one.name for one in releases.of_pool(c, pool_id)]


def test_the_same_order_on_the_same_state_gives_the_same_bytes(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database)
    order = ReleaseOrder(tuple(FORMATS), Predicate.everything(), Shares(0.6, 0.2, 0.2), title="Kind")
    first, second = make(database, pool, order, tmp_path / "one"), make(database, pool, order, tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two") and first.sha256 == second.sha256
    assert json.loads((tmp_path / "one/manifest.json").read_bytes())["predicate"] == order.predicate.as_json()
    with database.write() as c:
        task = tasks.page(c, pool.id, origin=Origin.SELF_INSTRUCT)[0]
        edits.change_instance(c, task.id, task.instances[0].id, "another", "text", "ann")
    assert make(database, pool, order, tmp_path / "three").sha256 != first.sha256


def test_a_release_is_recorded_with_rule_counts_reasons_and_hashes(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database)
    made = make(database, pool, PLAIN, tmp_path / "r", actor="ann")
    with database.read() as c:
        [stored] = releases.of_pool(c, pool.id)
        assert releases.rows_of_latest(c, pool.id) == 4
    assert stored == made and stored.predicate == Predicate().as_json() and stored.actor == "ann"
    assert stored.excluded == {"unrated": 6, "invalid": 2} and stored.counts["rows"] == stored.rows == 4
    on_disk = contents(tmp_path / "r")
    assert {file["path"]: file["bytes"] for file in stored.files} == {name: len(on_disk[name]) for name in on_disk}
    assert order_of({**stored.options, "predicate": stored.predicate}) == PLAIN
    assert json.loads(json.dumps(summary(stored)))["files"][0]["rows"] == 4


def test_a_lineage_names_where_a_row_came_from_and_no_person_and_no_note(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database)
    with database.write() as c:
        task = tasks.page(c, pool.id, origin=Origin.SELF_INSTRUCT)[0]
        its = task.instances[0]
        edits.change_instance(c, task.id, its.id, its.input, "a better output", "zoe", "a private reason")
        now = tasks.instance(c, its.id)
        judging.rate(c, its.id, "bob", now.text_hash, judgement.Judgement(records.Grade.B, output_correct=True))
    make(database, pool, PLAIN, tmp_path / "r")
    text = (tmp_path / "r/lineage.jsonl").read_text()
    first = json.loads(text.splitlines()[0])
    assert first["id"] == f"i{its.id}" and first["text_hash"] == now.text_hash
    assert first["ratings"] == [{"by": "r2", "grade": "B", "valid": True, "output_correct": True}]
    assert [(edit["field"], edit["by"]) for edit in first["edits"]] == [("output", "r3")]
    assert first["filters"][-1] == "over-limit" and "too-close" in first["filters"]
    whole = b"".join(contents(tmp_path / "r").values()).decode("utf-8", "replace")
    for private in ("ann", "bob", "zoe", "private"):
        assert f'"{private}"' not in whole and f" {private} " not in whole


def test_rows_of_a_demo_run_name_their_run_requests_and_what_the_prompt_showed(tmp_path: Path) -> None:
    from core import pools
    from core.llm import target as models
    from core.runs.until import Until
    from core.selfinstruct.loop import METHOD as GROW
    from core.selfinstruct.loop import SelfInstructPlan
    from core.selfinstruct.settings import PRESETS

    database = opened(tmp_path)
    pool = pools.make(database, "demo")
    run = control.start(
        database, pool.id, GROW, SelfInstructPlan(PRESETS["paper"], models.DEMO, Until(batches=1)).as_mapping()
    )
    assert runs.work_here(database, run.id).state is RunState.DONE
    with pytest.raises(Refused, match=r"replayed from demo recordings.*--include-demo"):
        make(database, pool, PLAIN, tmp_path / "r")
    made = make(database, pool, EVERYTHING, tmp_path / "r")
    assert made.counts["demo rows"] == made.rows > 5 and "DEMO ROWS" in (tmp_path / "r/README.md").read_text()
    rows = [json.loads(line) for line in (tmp_path / "r/lineage.jsonl").open()]
    with database.read() as c:
        seeds = {f"t{task.id}" for task in tasks.seeds(c, pool.id)}
    for row in rows:
        assert row["demo"] and (row["run"], row["method"], row["provider"]) == (run.id, GROW, "demo")
        assert row["requests"].keys() == {"instructions", "instances"} and set(row["shown"]) <= seeds
        assert len(row["settings"]) == 12 and row["nearest_seed"]["task"] in seeds
    database.close()


def test_one_format_goes_into_exactly_the_file_that_is_named(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database)
    for name, form in (("a.jsonl", "jsonl"), ("b.json", "alpaca"), ("c.csv", "csv"), ("d.parquet", "parquet")):
        made = make(database, pool, ReleaseOrder((form,)), tmp_path / name)
        assert (made.kind, made.rows, [file["path"] for file in made.files]) == ("file", 4, [name])
    assert len(json.loads((tmp_path / "b.json").read_bytes())) == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "b.json", "c.csv", "d.parquet", "db"]
    for order, name, why in (
        (ReleaseOrder(("alpaca",)), "x.jsonl", "alpaca files end in .json; name x.json"),
        (ReleaseOrder(("alpaca", "jsonl")), "x.jsonl", "2 formats are asked for; name a folder"),
        (ReleaseOrder(("jsonl",), shares=Shares(0.5, 0.5)), "x.jsonl", "name a folder instead"),
        (ReleaseOrder(("csv",)), "c.csv", "exists"),
    ):
        with pytest.raises(Refused, match=why):
            make(database, pool, order, tmp_path / name)
    assert not (tmp_path / "x.jsonl").exists()


def test_an_archive_is_whole_and_is_recorded_as_one(database: Database, tmp_path: Path) -> None:
    assert make(database, rated_pool(database), PLAIN, tmp_path / "r.zip").kind == "zip"
    assert verify(tmp_path / "r.zip").ok


def test_a_rule_that_admits_nothing_says_why(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database, grades="D")
    with pytest.raises(Refused, match=r"none of the 12 instances \(11 nobody has rated it, 1 judged not valid\)"):
        make(database, pool, PLAIN, tmp_path / "r")
    empty = rated_pool(database, "empty", n=0)
    with pytest.raises(Refused, match="no accepted instance"):
        make(database, empty, PLAIN, tmp_path / "r")
    assert not kept(database, pool.id)


def test_a_full_disk_leaves_nothing_and_records_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = rated_pool(database)

    def full(self: HashedFile, chunk: bytes | memoryview) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(HashedFile, "write", full)
    for target in ("r", "r.zip", "r.csv"):
        with pytest.raises(ReleaseFailed, match="is full; nothing was left behind"):
            make(database, pool, ReleaseOrder(("csv",)), tmp_path / target)
    assert [path.name for path in tmp_path.iterdir()] == ["db"] and not kept(database, pool.id)


def test_a_rating_given_while_a_release_is_written_does_not_change_it(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database)
    with database.read() as c:
        its = tasks.page(c, pool.id, origin=Origin.SELF_INSTRUCT)[0].instances[0]
    done = []

    def meanwhile(stage: str, at: int, total: int) -> None:
        if stage == "counting rows" or (stage == "writing rows" and not done):
            with database.write() as c:
                edits.change_instance(c, its.task_id, its.id, "", f"edited {len(done)}", "bob")
            done.append(stage)

    make(database, pool, ReleaseOrder(("csv",)), tmp_path / "r", progress=meanwhile)
    rows = (tmp_path / "r/csv/train.csv").read_text()
    assert done and "output 0" in rows and "edited" not in rows


def test_a_killed_writer_leaves_no_release_and_the_next_one_clears_up(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database)
    program = f"""
import sys, time
from pathlib import Path
from core.release.making import make
from core.release.order import ReleaseOrder
from core.database import open_database
from core.pool import pools
database = open_database("{databases.address(tmp_path / "db")}")
with database.read() as c:
    pool = pools.get(c, "kind")
def progress(stage, done, total):
    if stage.startswith("reading back"):
        print(stage, flush=True)
        time.sleep(60)
make(database, pool, ReleaseOrder(("csv", "parquet")), Path({str(tmp_path / "r")!r}), progress=progress)
"""
    writer = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE)
    assert writer.stdout is not None and writer.stdout.readline().startswith(b"reading back")
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    assert not (tmp_path / "r").exists() and not kept(database, pool.id)
    make(database, pool, PLAIN, tmp_path / "r")
    assert verify(tmp_path / "r").ok and sorted(path.name for path in tmp_path.iterdir()) == ["db", "r"]


def test_a_run_writes_a_release_says_how_far_and_is_done_once(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database)
    asked = {"order": PLAIN.as_json(), "path": str(tmp_path / "r"), "actor": "ann"}
    run = runs.work_here(database, control.start(database, pool.id, METHOD, asked).id)
    assert run.state is RunState.DONE and run.message == "4 rows written to r, read back and checked."
    assert run.counts["done"] == 4 and kept(database, pool.id) == ["r"]
    again = runs.work_here(database, control.start(database, pool.id, METHOD, asked).id)
    assert again.state is RunState.DONE and kept(database, pool.id) == ["r"]


def test_a_run_that_cannot_write_says_why(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database, grades="")
    asked = {"order": PLAIN.as_json(), "path": str(tmp_path / "r"), "actor": "ann"}
    run = runs.work_here(database, control.start(database, pool.id, METHOD, asked).id)
    assert run.state is RunState.FAILED and "12 nobody has rated it" in run.message


def test_a_stop_leaves_nothing(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database)
    with pytest.raises(ReleaseStopped):
        make(database, pool, PLAIN, tmp_path / "r", should_stop=lambda: True)
    assert not (tmp_path / "r").exists() and not kept(database, pool.id)


def test_places_of_releases_stay_inside_the_data_folder(database: Database, tmp_path: Path) -> None:
    names = [rated_pool(database, name, n=0) for name in ("../../etc", "plain", "…", "a b", "a/b")]
    folders = [place(tmp_path, pool, "release-1").parent for pool in names]
    assert len(set(folders)) == 5 and all(folder.parent == tmp_path / "releases" for folder in folders)
    assert folders[1].name == "plain"
    for bad in ("..", "a/b", "", ".hidden", "x" * 81, "r.zip", "r.csv"):
        with pytest.raises(Refused, match="A release's name"):
            place(tmp_path, names[1], bad)
    place(tmp_path, names[1], "release-1").mkdir(parents=True)
    assert free_name(database, tmp_path, names[1]) == "release-2"


def test_a_release_that_is_given_no_name_is_called_by_its_number_in_a_second_pool_too(
    database: Database, tmp_path: Path
) -> None:
    first, second = rated_pool(database), rated_pool(database, "second")
    assert make(database, first, PLAIN, tmp_path / "mine-v1").id == 1
    name = free_name(database, tmp_path, second)
    its = make(database, second, PLAIN, place(tmp_path, second, name))
    assert (its.id, its.name, called(its.id, its.name)) == (2, "release-2", "release 2")
    assert called(1, "mine-v1") == "release 1, mine-v1"
