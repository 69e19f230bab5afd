"""Two at once: every admission compares with what the pool has at the moment of its write."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core import pools
from core.database import Database, open_database
from core.gate import many, rescue
from core.gate.admission import PoolGate
from core.importing.importer import import_tasks
from core.novelty import Tokeniser, rouge_l
from core.pool import arrivals, edits, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.records import Origin, Pool, State, Task
from core.seeds.seeds import Seed
from core.settings import PROJECT
from tests import databases

WORDS = ["river", "lake", "small", "the", "near", "explain", "a", "blue", "hill"]


def texts(n: int, seed: int, longest: int = 8) -> list[str]:
    """Short texts of few words: many of them are close to each other."""
    chance = random.Random(seed)
    return list(dict.fromkeys(" ".join(chance.choices(WORDS, k=chance.randint(4, longest))) for _ in range(n)))


def file_of(folder: Path, name: str, found: list[str]) -> Path:
    path = folder / name
    path.write_text("".join(json.dumps({"instruction": text, "output": f"of {text}"}) + "\n" for text in found))
    return path


def everything(database: Database, pool: Pool) -> list[Task]:
    with database.read() as c:
        return tasks.page(c, pool.id, limit=1_000_000)


def lcs(a: list[str], b: list[str]) -> int:
    row = [0] * (len(b) + 1)
    for x in a:
        previous = 0
        for place, y in enumerate(b, 1):
            previous, row[place] = row[place], previous + 1 if x == y else max(row[place], row[place - 1])
    return row[-1]


def assert_gate_holds(found: list[Task], threshold: float = 0.7) -> None:
    """Task after task in order of arrival: in where nothing that was in is too close, else out with the closest."""
    let_in: list[tuple[int, list[str]]] = []
    for task in found:
        words = task.instruction.split()
        scores = [(rouge_l(lcs(words, other), len(words) + len(other)), -its_id) for its_id, other in let_in]
        best, its_id = max(scores, default=(0.0, 0))
        if task.origin is not Origin.SEED:
            assert (task.state is State.ACCEPTED) == (best <= threshold), (task, best)
            if task.state is State.DISCARDED:
                assert (task.nearest_id, task.nearest_score) == (-its_id, best), task
        if task.state is State.ACCEPTED:
            let_in.append((task.id, words))


class Meanwhile:
    """Somebody who puts tasks into the pool between a part's catching up and its write, through the gate of a run."""

    def __init__(
        self, database: Database, pool: Pool, monkeypatch: pytest.MonkeyPatch, brings: list[list[str]]
    ) -> None:
        self._database, self._pool, self._brings = database, pool, brings
        with database.read() as c:
            self._gate = PoolGate(c, pool, 0.7)
        catch_up = many.ArrivingTexts.catch_up

        def caught_up(candidates: many.ArrivingTexts, places: range) -> None:
            catch_up(candidates, places)
            if self._brings:
                self.bring(self._brings.pop(0))

        monkeypatch.setattr(many.ArrivingTexts, "catch_up", caught_up)

    def bring(self, found: list[str]) -> None:
        with self._database.write() as c:
            self._gate.catch_up(c)
            for text in found:
                measured = self._gate.measure(text)
                new = NewTask(
                    Origin.SELF_INSTRUCT,
                    text,
                    instances=(NewInstance("", "x"),),
                    discard=measured.discard,
                    **measured.as_fields(),
                )
                (its_id,) = arrivals.add(c, self._pool.id, [new])
                (self._gate.drop if measured.discard else self._gate.accept)(its_id, text)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("inside", [many.INSIDE, 40])
def test_what_a_run_brings_meanwhile_is_compared_with_before_each_write(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, inside: int
) -> None:
    monkeypatch.setattr("core.importing.importer.CHUNK", 20)
    monkeypatch.setattr(many, "INSIDE", inside)
    monkeypatch.setattr(many, "OUTSIDE", 30)
    own = [Seed("s", "explain the small river near a lake", (("", "Out."),), False)]
    pool = pools.make(database, "a pool", own)
    incoming, chance = texts(160, seed), random.Random(seed)
    others = [chance.sample(incoming, 2) + texts(3, 100 * seed + n) for n in range(12)]
    Meanwhile(database, pool, monkeypatch, [other if n % 3 else [] for n, other in enumerate(others)])
    report = import_tasks(database, pool, file_of(tmp_path, "f.jsonl", incoming))
    assert report.tasks == len(incoming)
    found = everything(database, pool)
    assert len([task for task in found if task.origin is Origin.SELF_INSTRUCT]) > 20
    assert_gate_holds(found)


def test_two_imports_of_one_file_bring_it_once_whoever_comes_first(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one begins when the first has measured its file and not yet written."""
    monkeypatch.setattr("core.importing.importer.CHUNK", 20)
    pool = pools.make(database, "a pool", own_seeds=[])
    incoming = texts(100, 1)
    file = file_of(tmp_path, "f.jsonl", incoming)
    catch_up, again = many.ArrivingTexts.catch_up, []

    def caught_up(candidates: many.ArrivingTexts, places: range) -> None:
        catch_up(candidates, places)
        if not again and places.start >= 20:
            again.append(None)
            again[0] = import_tasks(database, pool, file)

    monkeypatch.setattr(many.ArrivingTexts, "catch_up", caught_up)
    first = import_tasks(database, pool, file)
    found = everything(database, pool)
    assert sorted(task.instruction for task in found) == sorted(incoming)
    assert all(len(task.instances) == 1 for task in found)
    assert first.tasks + again[0].tasks == len(incoming) and again[0].tasks > 0
    assert_gate_holds(found)


def test_a_discard_that_a_person_rescues_meanwhile_keeps_out_what_is_close_to_it(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = pools.make(database, "a pool", own_seeds=[])
    near = "explain the blue hill near the lake"
    with database.write() as c:
        its_id = arrivals.add(c, pool.id, [NewTask(Origin.SELF_INSTRUCT, near)])[0]
        tasks.set_state(c, its_id, State.DISCARDED, "too-long")
    catch_up, done = many.ArrivingTexts.catch_up, []

    def caught_up(candidates: many.ArrivingTexts, places: range) -> None:
        catch_up(candidates, places)
        if not done:
            done.append(rescue.rescue(database, [(its_id, None)], "anna"))

    monkeypatch.setattr(many.ArrivingTexts, "catch_up", caught_up)
    import_tasks(database, pool, file_of(tmp_path, "f.jsonl", [near + " please", "a river"]))
    assert [(t.instruction, t.nearest_id) for t in everything(database, pool) if t.state is State.DISCARDED] == [
        (near + " please", its_id),
        ("a river", None),
    ]


def test_a_task_that_a_person_gives_a_coming_text_meanwhile_gets_its_instance(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the file has not brought yet is there all the same."""
    monkeypatch.setattr("core.importing.importer.CHUNK", 2)
    pool = pools.make(database, "a pool", own_seeds=[])
    incoming = [
        "explain the blue hill near the lake",
        "name a small river",
        "sing of a hill",
        "describe a lake by night",
    ]
    catch_up, done = many.ArrivingTexts.catch_up, []

    def caught_up(candidates: many.ArrivingTexts, places: range) -> None:
        catch_up(candidates, places)
        if not done and places.start >= 2:
            with database.write() as c:
                first = tasks.page(c, pool.id, origin=Origin.IMPORT)[-1]
                done.append(edits.change_task(c, first, incoming[3], None, "anna"))

    monkeypatch.setattr(many.ArrivingTexts, "catch_up", caught_up)
    import_tasks(database, pool, file_of(tmp_path, "f.jsonl", incoming), filtered=True)
    found = {task.instruction: len(task.instances) for task in everything(database, pool)}
    assert found == {incoming[3]: 2, incoming[1]: 1, incoming[2]: 1} or found == {
        incoming[0]: 1,
        incoming[3]: 2,
        incoming[2]: 1,
    }, found


def started(folder: Path, file: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "core", "import", "a pool", str(file), "--json"]
    environment = databases.environment(folder)
    return subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_two_programs_that_import_one_file_at_once_accept_it_once(tmp_path: Path) -> None:
    """Into a pool that neither of them finds: one makes it, the other joins."""
    incoming = texts(2500, 2, longest=14)
    file = file_of(tmp_path, "f.jsonl", incoming)
    folder = tmp_path / "data"
    open_database(databases.address(folder)).close()
    programs = [started(folder, file) for _ in range(2)]
    ended: list[Any] = [program.communicate() for program in programs]
    assert [program.returncode for program in programs] == [0, 0], ended
    reports = [json.loads(said) for said, _ in ended]
    assert sum(report["tasks"] for report in reports) == len(incoming)
    database = open_database(databases.address(folder))
    pool = pools.named(database, "a pool")
    found = [task for task in everything(database, pool) if task.origin is Origin.IMPORT]
    assert sorted(task.instruction for task in found) == sorted(incoming)
    assert sum(len(task.instances) for task in found) == len(incoming)
    assert_gate_holds(everything(database, pool)[:400])
    database.close()


def test_a_second_try_with_the_tokeniser_that_reads_the_script_mends_the_first(
    database: Database, tmp_path: Path
) -> None:
    chinese = ["写一首关于秋天的诗", "写一首关于秋天的诗歌", "解释什么是光合作用", "列出三种健康的早餐"]
    pool = pools.make(database, "a pool", own_seeds=[], tokeniser="paper")
    file = file_of(tmp_path, "f.jsonl", chinese)
    first = import_tasks(database, pool, file)
    assert (first.tasks, first.accepted) == (4, 0)
    pool = pools.choose_tokeniser(database, pool.id, Tokeniser.UNICODE, Tokeniser.PAPER)
    again = import_tasks(database, pool, file)
    assert (again.tasks, again.mended, again.known) == (0, 3, 4)
    assert [task.state for task in everything(database, pool)] == [
        State.ACCEPTED,
        State.DISCARDED,
        State.ACCEPTED,
        State.ACCEPTED,
    ]
    assert import_tasks(database, pool, file).mended == 0


def test_a_run_sees_a_rescue_and_an_edit_at_its_next_write(database: Database) -> None:
    pool = pools.make(database, "a pool", own_seeds=[])
    near = "explain the blue hill near the lake"
    with database.write() as c:
        first, second = arrivals.add(
            c, pool.id, [NewTask(Origin.SELF_INSTRUCT, near), NewTask(Origin.SELF_INSTRUCT, "name a small river now")]
        )
        tasks.set_state(c, first, State.DISCARDED, "too-long")
        gate = PoolGate(c, pool, 0.7)
    assert gate.measure(near).discard is None
    rescue.rescue(database, [(first, None)], "anna")
    with database.write() as c:
        gate.catch_up(c)
        assert gate.measure(near).discard is not None
        edits.change_task(c, tasks.get(c, second), "quite another text of these words", None, "anna")
    with database.write() as c:
        gate.catch_up(c)
    assert gate.measure("name a small river now").discard is None
    assert gate.measure("quite another text of these words").discard is not None
