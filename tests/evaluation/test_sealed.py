"""What an evaluation set holds enters no pool, on whatever way, unless somebody opened the set by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import pools
from core.database import Database
from core.evaluation import models
from core.evaluation.importing import What, import_file
from core.gate.admission import PoolGate
from core.gate.rescue import rescue
from core.importing.importer import import_tasks
from core.pool import arrivals, sealed, tasks
from core.pool import pools as pool_store
from core.pool.arrivals import NewTask
from core.records import Origin, Pool, Refused, State
from core.seeds import seeds
from core.seeds.seeds import Seed
from core.settings import PROJECT
from tests.evaluation.sets_of_models import a_set, write

SEALED = "do the EVALUATED thing number 1!"


@pytest.fixture
def pool(database: Database, tmp_path: Path) -> Pool:
    a_set(database, tmp_path)
    return pools.make(database, "p", own_seeds=[])


def opened(database: Database, pool: Pool) -> Pool:
    models.open_for(database, pool.name, "small")
    with database.read() as c:
        return pool_store.by_id(c, pool.id)


def test_a_seal_sees_through_case_punctuation_and_spacing() -> None:
    assert sealed.seal_of("Write it,  now!") == sealed.seal_of("write It now")
    assert sealed.seal_of("写一首诗。") == sealed.seal_of("写一首诗") != ""
    assert sealed.seal_of("!?") == ""


def test_a_candidate_is_dropped_at_the_gate_with_the_set_as_evidence(database: Database, pool: Pool) -> None:
    with database.read() as c:
        gate = PoolGate(c, pool, 1.0)  # whatever the threshold
        found = gate.measure(SEALED).discard
        assert found is not None and (found.rule, found.evidence["set"]) == ("sealed", "small")
        assert gate.measure("Do something else entirely.").discard is None
    with database.read() as c:
        assert PoolGate(c, opened(database, pool), 1.0).measure(SEALED).discard is None


def test_a_gate_that_is_at_work_hears_of_a_set_that_came_later(database: Database, tmp_path: Path) -> None:
    pool = pools.make(database, "p", own_seeds=[])
    with database.read() as c:
        gate = PoolGate(c, pool, 0.7)
        assert gate.measure(SEALED).discard is None
    a_set(database, tmp_path)
    with database.read() as c:
        gate.catch_up(c)
        assert gate.measure(SEALED).discard is not None


@pytest.mark.parametrize("filtered", [True, False])
def test_an_import_keeps_sealed_rows_as_discards(
    database: Database, pool: Pool, tmp_path: Path, filtered: bool
) -> None:
    rows = [{"instruction": SEALED, "output": "x"}, {"instruction": "Plan a small birthday party.", "output": "y"}]
    done = import_tasks(database, pool, write(tmp_path / "mine.jsonl", rows), filtered=filtered)
    assert (done.tasks, done.accepted, done.discards["sealed"]) == (2, 1, 1)
    with database.read() as c:
        states = {task.instruction: task.state for task in tasks.page(c, pool.id, states=tuple(State), limit=10)}
    assert states[SEALED] is State.DISCARDED


def test_a_seed_is_refused_with_what_to_do(database: Database, pool: Pool) -> None:
    seed = Seed("s", SEALED, (("", "x"),), False)
    with pytest.raises(Refused, match="sealed in the evaluation set small"):
        seeds.add(database, pool.id, [seed])
    opened(database, pool)
    assert len(seeds.add(database, pool.id, [seed])) == 1


def test_a_sealed_discard_cannot_be_rescued_until_the_set_is_opened(database: Database, pool: Pool) -> None:
    with database.write() as c:
        found = PoolGate(c, pool, 0.7).measure(SEALED).discard
        (task_id,) = arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, SEALED, discard=found)])
    with pytest.raises(Refused, match="open the set"):
        rescue(database, [(task_id, None)], "anna")
    opened(database, pool)
    assert rescue(database, [(task_id, None)], "anna") == 1


def test_the_built_in_seeds_are_in_no_set_that_ships(database: Database) -> None:
    import_file(database, "user-100", PROJECT / "seeds" / "evaluation" / "user_100.jsonl", What.SET)
    assert pools.make(database, "fresh").id
