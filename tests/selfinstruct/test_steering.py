"""Steering the draw of machine-made examples: off by default, gentle, the same on every machine."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from core import pools
from core.database import Database
from core.diversity.parser import LEXICON, parser_named
from core.diversity.rows import parses
from core.llm.target import DEMO
from core.pool import arrivals, tasks
from core.pool.arrivals import NewTask
from core.records import Discard, Origin, Refused, RunState, State
from core.runs import control
from core.runs import runner as runs
from core.runs.rows import runs as run_store
from core.runs.until import Until
from core.selfinstruct import prompts, steering
from core.selfinstruct.loop import METHOD, SelfInstructPlan, examples_shown
from core.selfinstruct.preview import preview
from core.selfinstruct.settings import SelfInstructSettings
from tests.fake_openai import FakeOpenAI
from tests.selfinstruct.growing import PAPER, grow

KEY = parser_named(LEXICON).key
STEERED = SelfInstructSettings(rare_verb_examples=True)


def a_pool(database: Database, *verbs: str) -> tuple[int, list[int]]:
    """A pool of machine-made tasks with these root verbs, as the word list has read them."""
    pool = pools.make(database, "p", own_seeds=[])
    with database.write() as c:
        ids = arrivals.add(c, pool.id, [NewTask(Origin.SELF_INSTRUCT, f"{v} thing {n}") for n, v in enumerate(verbs)])
        hashes = [tasks.instruction_hash(f"{v} thing {n}") for n, v in enumerate(verbs)]
        parses.keep(c, KEY, hashes, [(v, "thing") for v in verbs])
    return pool.id, ids


def test_by_default_every_machine_made_task_may_be_drawn(database: Database) -> None:
    pool_id, ids = a_pool(database, "write", "write", "sort", "name")
    with database.read() as c:
        assert steering.machine_examples(c, pool_id, SelfInstructSettings()) == ids


def test_with_the_steer_only_tasks_of_rarer_verbs_are(database: Database) -> None:
    pool_id, ids = a_pool(database, "write", "write", "write", "sort", "sort", "name", "fix")
    with database.read() as c:
        assert steering.machine_examples(c, pool_id, STEERED) == ids[5:]


def test_where_too_few_are_rare_all_may_be_drawn(database: Database) -> None:
    pool_id, ids = a_pool(database, "write", "write", "sort")
    with database.read() as c:
        assert steering.machine_examples(c, pool_id, STEERED) == ids


def test_the_rarer_half_is_the_same_whatever_the_order() -> None:
    verbs = {1: "write", 2: "sort", 3: "name", 4: "write"}
    assert steering.rarer_half(verbs) == steering.rarer_half(dict(reversed(verbs.items()))) == {"name", "sort"}


def test_a_steered_run_draws_the_same_twice_and_shows_rare_verbs(database: Database) -> None:
    drawn = []
    for name in ("one", "two"):
        pool = pools.make(database, name)
        run = control.start(database, pool.id, METHOD, SelfInstructPlan(STEERED, DEMO, Until(batches=3)).as_mapping())
        assert runs.work_here(database, run.id).state is RunState.DONE
        with database.read() as c:
            first = min(task_id for task_id, _ in tasks.instructions(c, pool.id))
            plans = [batch.plan["examples"] for batch in run_store.batches_of(c, run.id)]
            batch_of = {task.id: task.batch for task in tasks.page(c, pool.id, run_id=run.id, limit=1000)}
            verbs = parses.machine_verbs(c, pool.id, KEY)
        drawn.append([[task_id - first for task_id in shown] for plan in plans for shown in plan])
        earlier = {task_id: verb for task_id, verb in verbs.items() if batch_of[task_id] < 2}
        machine_made = {task_id for shown in plans[2] for task_id in shown if task_id in batch_of}
        assert machine_made
        assert {verbs[task_id] for task_id in machine_made} <= steering.rarer_half(earlier)
    assert drawn[0] == drawn[1]


def test_examples_may_come_from_chosen_origins_alone(database: Database) -> None:
    pool = pools.make(database, "p", own_seeds=[])
    origins = (Origin.SELF_INSTRUCT, Origin.REINSTRUCT, Origin.IMPORT)
    with database.write() as c:
        ids = arrivals.add(c, pool.id, [NewTask(origin, f"Say thing {n}") for n, origin in enumerate(origins)])
        assert steering.machine_examples(c, pool.id, SelfInstructSettings()) == ids
        for task_id, origin in zip(ids, origins, strict=True):
            chosen = SelfInstructSettings(example_origins=(origin.value,))
            assert steering.machine_examples(c, pool.id, chosen) == [task_id]
    with pytest.raises(Refused, match="is none of them"):
        SelfInstructSettings(example_origins=("seed",))


def test_places_are_drawn_as_tasks_would_be_and_only_what_stands_there_is_read(database: Database) -> None:
    pool = pools.make(database, "p")
    origins = [Origin.SELF_INSTRUCT, Origin.REINSTRUCT, Origin.IMPORT]
    new = [
        NewTask(origins[n % 3], f"Say thing {n}.", discard=None if n % 5 else Discard("too-short")) for n in range(300)
    ]
    with database.write() as c:
        arrivals.add(c, pool.id, new)
    for settings in (SelfInstructSettings(), SelfInstructSettings(example_origins=("import", "reinstruct"))):
        with database.read() as c:
            seeds, every = tasks.seeds(c, pool.id), steering.machine_examples(c, pool.id, settings)
            human, came = steering.seed_examples(seeds, settings), list[int]()
            assert tasks.machine_made_count(c, pool.id, settings.example_origins) == len(every)
            sa.event.listen(c, "after_cursor_execute", lambda _c, cursor, *_, came=came: came.append(cursor.rowcount))
            for batch in range(3):
                drawn = steering.drawn(c, pool.id, settings, batch, seeds)
                assert drawn == prompts.draw(settings, batch, human, every)
                assert any(one in every for shown in drawn for one in shown)
            if not database.is_sqlite:  # which reads an index alone (tests/pools/test_counts.py)
                assert 0 < max(came) < 50


def test_a_run_tells_its_examples_by_origin(database: Database) -> None:
    pool = pools.make(database, "p")
    with database.write() as c:
        arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, f"Say imported thing number {n}.") for n in range(9)])
    run = control.start(
        database, pool.id, METHOD, SelfInstructPlan(SelfInstructSettings(), DEMO, Until(batches=2)).as_mapping()
    )
    run = runs.work_here(database, run.id)
    shown = examples_shown(run.counts)
    assert shown["seed"] == 2 * 5 * 6 and shown["import"] >= 5 * 2
    assert f"{shown['seed']} of seeds, {shown['import']} of imported tasks" in run.message


def test_seeds_only_is_said_where_nothing_is_approved(database: Database) -> None:
    pool = pools.make(database, "p")
    settings = SelfInstructSettings(approved_examples_only=True)
    run = control.start(database, pool.id, METHOD, SelfInstructPlan(settings, DEMO, Until(batches=2)).as_mapping())
    run = runs.work_here(database, run.id)
    assert examples_shown(run.counts) == {"seed": 2 * 5 * 8}
    assert "Seeds only, as no machine-made task is rated A or B yet." in run.message
    ahead = preview(database, pool.id, SelfInstructPlan(settings, DEMO, Until(batches=1)))
    assert ahead is not None and "Seeds only" in ahead.examples


def test_a_run_for_classification_tasks_asks_step_2_as_the_released_program_does(database: Database) -> None:
    with FakeOpenAI() as server:
        run = grow(database, server.url, batches=1, settings=replace(PAPER, classification_only=True))
        assert run.state is RunState.DONE
        questions = [one for one in server.requests if "small set of labels" in one.prompt]
        shown = [one for one in server.requests if "answered with one label out of a few" in one.prompt]
    with database.read() as c:
        made = [task for task in tasks.page(c, 1, limit=1000, run_id=run.id) if task.state is State.ACCEPTED]
    assert len(questions) == len(made) and len(shown) == 3
    assert {task.is_classification for task in made} == {True, False}, "as step 2 says of each"
