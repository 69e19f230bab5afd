"""Large files: another process reads ahead, another thread decides ahead, and everything comes in as it does here."""

from __future__ import annotations

import gc
import json
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core import pools
from core.database import Database
from core.gate import deciding
from core.importing import ahead, importer
from core.importing.ahead import FileOfRows, ReadingFailed
from core.importing.importer import import_tasks
from core.importing.incoming import as_json, part_of
from core.importing.roles import Role
from core.memory import collected_seldom
from core.novelty import passing
from core.novelty.arrival import Admissions
from core.pool import edits, filters
from core.pool.filters import Filter
from core.records import Pool, Refused, StorageFailed
from core.seeds.seeds import Seed
from tests.importing.files import ASK, BEFORE, LAKE, REPLY, RIVER, imported
from tests.importing.test_races import Meanwhile, assert_gate_holds, everything, file_of, texts

ROWS: list[Any] = [
    {"instruction": RIVER, "input": "", "output": "Po", "n": 1, "x": None},
    {"messages": [{"role": "system", "content": "Be brief."}, *BEFORE, ASK, REPLY], "label": True},
    {"instruction": "写一首关于大海的诗", "input": "", "output": "海上\u2028生明月 \ud83d half"},
    {"instruction": LAKE, "output": "<think>Blue?</think>Blue.", "grade": "B", "score": float("nan")},
    {"prompt": RIVER, "chosen": "Danube", "rejected": ["Volga?", "None"]},
    {"name": "seed_1", "instruction": "Classify it.", "is_classification": True}
    | {"instances": [{"input": "a", "output": "x"}, {"input": "b", "output": "y"}]},
    {"nothing": "of use"},
    {"instruction": "Only asked."},
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS) + "{broken\n")
    return path


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the ways of large files and many candidates, however few there are."""
    monkeypatch.setattr(ahead, "LARGE", 0)
    monkeypatch.setattr(ahead, "workers", lambda: 2)
    monkeypatch.setattr(deciding, "ASIDE", 1)


def read(file: Path, mapped: dict[str, Role] | None = None) -> tuple[Any, ...]:
    rows = FileOfRows(file, mapped, 3)
    parts = list(rows.parts())
    return parts, [list(some) for some in FileOfRows(file, mapped, 3).instructions()], rows.columns


@pytest.mark.parametrize("mapped", [{}, {"n": Role.INPUT, "nothing": Role.INSTRUCTION}])
def test_another_process_reads_the_same(file: Path, mapped: dict[str, Role], request: pytest.FixtureRequest) -> None:
    here = read(file, mapped)
    request.getfixturevalue("apart")
    there = read(file, mapped)
    assert repr(there) == repr(here)  # NaN is not itself
    faults = [fault.line for part in there[0] for fault in part.faults]
    assert 9 in faults and {row.line for part in there[0] for row in part.rows}.isdisjoint(faults)
    assert {part.format for part in there[0]} <= {"self-instruct", "openai-chat", ""}


def test_a_part_is_the_same_after_it_was_json(file: Path) -> None:
    for part in FileOfRows(file, None, 100).parts():
        assert repr(part_of(json.loads(json.dumps(as_json(part))))) == repr(part)


@pytest.mark.usefixtures("apart")
def test_what_is_refused_there_is_refused_here(tmp_path: Path) -> None:
    wide = tmp_path / "rows.csv"
    wide.write_text(",".join(f"c{n}" for n in range(5_001)) + "\n")
    with pytest.raises(Refused, match="5,001 columns"):
        list(FileOfRows(wide, None, 3).parts())


@pytest.mark.usefixtures("apart")
def test_a_reader_that_dies_is_told_and_what_came_stays(
    database: Database, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = texts(120, 3)
    path = tmp_path / "f.jsonl"  # more of it than fits between two processes
    path.write_text("".join(json.dumps({"instruction": text, "output": "x" * 4_000}) + "\n" for text in found))
    monkeypatch.setattr(importer, "CHUNK", 10)
    start, processes = ahead.Teller.__init__, list[int]()

    def started(process: ahead.Teller, module: str, asked: Any) -> None:
        start(process, module, asked)
        processes.append(process.process.pid)

    def told(what: str, n: int, _: int) -> None:
        if (what, n) == ("rows stored", 50):
            os.kill(processes[-1], signal.SIGKILL)

    monkeypatch.setattr(ahead.Teller, "__init__", started)
    with pytest.raises(ReadingFailed, match=r"reads f\.jsonl ended \(killed by signal 9.*adds only what is missing"):
        import_tasks(database, pool, path, on_progress=told)
    assert 50 <= len(imported(database, pool)) < len(found)
    assert import_tasks(database, pool, path).known >= 50
    assert len(imported(database, pool)) == len(found)
    assert_gate_holds(everything(database, pool))


Stretches = Iterator[tuple[int, Admissions]]


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch, apart: None) -> None:
    """Decide sixteen candidates at a time, and more slowly than they are stored."""
    real = deciding.admit_in_turn

    def in_turn(*its: Any) -> Stretches:
        for one in real(*its):
            time.sleep(0.02)
            yield one

    monkeypatch.setattr(passing, "STRIDE", 16)
    monkeypatch.setattr(deciding, "admit_in_turn", in_turn)
    monkeypatch.setattr(importer, "CHUNK", 20)


@pytest.mark.usefixtures("slowly")
@pytest.mark.parametrize("seed", range(4))
def test_what_a_run_brings_while_candidates_are_being_decided_is_compared_with(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    own = [Seed("s", "explain the small river near a lake", (("", "Out."),), False)]
    pool = pools.make(database, "a pool", own)
    incoming, chance = texts(160, seed), random.Random(seed)
    others = [chance.sample(incoming, 2) + texts(3, 100 * seed + n) for n in range(12)]
    Meanwhile(database, pool, monkeypatch, [other if n % 3 else [] for n, other in enumerate(others)])
    assert import_tasks(database, pool, file_of(tmp_path, "f.jsonl", incoming)).tasks == len(incoming)
    assert_gate_holds(everything(database, pool))


@pytest.mark.usefixtures("slowly")
def test_decisions_that_fail_end_the_import_and_an_import_that_ends_ends_them(
    database: Database, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file_of(tmp_path, "f.jsonl", texts(120, 5))

    def told(what: str, n: int, _: int) -> None:
        if (what, n) == ("rows stored", 20):
            raise Refused("That is enough.")

    with pytest.raises(Refused, match="enough"):
        import_tasks(database, pool, path, on_progress=told)
    until = time.monotonic() + 10
    while any(thread.name == "deciding" for thread in threading.enumerate()):
        assert time.monotonic() < until
        time.sleep(0.01)

    def full(*_: Any) -> Stretches:
        raise StorageFailed("The folder for temporary files takes no more.")

    monkeypatch.setattr(deciding, "admit_in_turn", full)
    with pytest.raises(StorageFailed, match="takes no more"):
        import_tasks(database, pool, path)
    assert len(imported(database, pool)) == 20


def test_words_are_taken_up_some_parts_later_and_found_before(
    database: Database, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after a kill, and of a text that was changed meanwhile."""
    found = texts(40, 6)
    monkeypatch.setattr(importer, "CHUNK", 4)
    seen: list[tuple[int, int]] = []

    def told(what: str, n: int, _: int) -> None:
        if what == "rows stored":
            with database.read() as c:
                there = filters.count(c, pool.id, Filter(search="otter"))
            seen.append((n, there))
            if n == 20:
                raise Refused("Killed.")

    path = tmp_path / "f.jsonl"
    path.write_text("".join(json.dumps({"instruction": text, "output": "An Otter's."}) + "\n" for text in found))
    with pytest.raises(Refused):
        import_tasks(database, pool, path, filtered=False, on_progress=told)
    assert seen == [(n, n) for n in range(4, 24, 4)]
    task, asked = imported(database, pool)[-1], Filter(search="beaver")
    with database.write() as c:
        edits.change_instance(c, task.id, task.instances[0].id, "", "A beaver.", "ana")
    for again in (None, path):
        if again:
            import_tasks(database, pool, again, filtered=False)
        with database.read() as c:
            assert [row.task_id for row in filters.matching(c, pool.id, asked)] == [task.id]
            assert filters.count(c, pool.id, Filter(search="otter")) == (len(found) if again else 19)


def test_garbage_is_collected_as_before_when_the_last_of_two_files_is_read() -> None:
    """Each put back what it had found: the one that ended last left the program with a hundredth of them."""
    usual = gc.get_threshold()
    one, two = collected_seldom(), collected_seldom()
    one.__enter__()
    two.__enter__()
    assert gc.get_threshold()[0] == 100 * usual[0]
    one.__exit__(None, None, None)
    assert gc.get_threshold()[0] == 100 * usual[0]
    two.__exit__(None, None, None)
    assert gc.get_threshold() == usual
