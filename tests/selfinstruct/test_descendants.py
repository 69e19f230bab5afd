"""What each seed brings: counted from the prompts that are stored, for every seed that a prompt showed."""

from __future__ import annotations

import json

import pytest

from core import pools
from core.__main__ import main
from core.database import Database
from core.diversity.theme import DARK, LIGHT
from core.llm.rows.requests import RunLedger
from core.pool import arrivals, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.records import Budget, Discard, Endpoint, Grade, Judgement, Origin, Pool, Request
from core.review import glance, queues
from core.runs.rows import runs
from core.selfinstruct import descendants
from core.selfinstruct.loop import METHOD
from pages.seeds.brought_chart import seed_bars

SEEDS = ("Name a river.", "Write <b>a poem</b>.", "Sort a list.")


def grown(database: Database) -> tuple[Pool, list[int], list[int]]:
    """Two prompts of a batch, the second asked again with more room: the first shows seeds 0 and 1, the other 1."""
    pool = pools.make(database, "grown", own_seeds=[])
    with database.write() as c:
        seeds = arrivals.add(c, pool.id, [NewTask(Origin.SEED, text, completed=True) for text in SEEDS])
        run = runs.queue(c, pool.id, METHOD, {}, Budget(), {})
        runs.plan(c, run.id, 0, {"examples": [[seeds[0], seeds[1]], [seeds[1]]], "ordinal": 0})
        runs.admit(c, run.id, 0, {"candidates": 4})
    ledger = RunLedger(database, run.id, "demo", "demo:")
    asked = [
        ledger.record(Request(key, "instructions", Endpoint.CHAT, "demo", {}, batch=0))
        for key in ("0/instructions/0", "room1:0/instructions/1")
    ]
    with database.write() as c:
        new = [
            NewTask(
                Origin.SELF_INSTRUCT,
                f"Do the {number}th thing.",
                None,
                (NewInstance("", "Done."),),
                run_id=run.id,
                request_id=asked[number // 2],
                batch=0,
                discard=Discard("unfit-word", {}) if number == 1 else None,
            )
            for number in range(4)
        ]
        made = arrivals.add(c, pool.id, new)
    return pool, seeds, made


def approve(database: Database, pool: Pool, task_id: int) -> None:
    (queue_id,) = queues.names(database, pool.id)
    with database.read() as c:
        instance = tasks.by_ids(c, [task_id])[0].instances[0].id
    shown, _ = glance.look(database, queue_id, instance, "anna")
    glance.judge(database, shown, "anna", Judgement(Grade.A))


def test_a_task_counts_for_every_seed_that_its_prompt_showed(database: Database) -> None:
    pool, seeds, made = grown(database)
    approve(database, pool, made[2])
    found = {one.seed_id: one for one in descendants.of_seeds(database, pool.id)}
    assert list(found) == [seeds[1], seeds[0], seeds[2]]  # most accepted first
    first, second, third = (found[seed] for seed in seeds)
    assert (first.prompts, first.candidates, first.accepted) == (1, 2, (made[0],))
    assert (second.prompts, second.candidates, second.accepted) == (2, 4, (made[0], made[2], made[3]))
    assert (second.rated, second.approved, first.approved) == (1, 1, 0)
    assert (third.prompts, third.candidates, third.acceptance) == (0, 0, None)


def test_the_picture_says_its_n_and_its_intervals_and_shows_texts_as_text(database: Database) -> None:
    pool, _, _ = grown(database)
    found = [one for one in descendants.of_seeds(database, pool.id) if one.prompts]
    for theme in (LIGHT, DARK):
        drawn = str(seed_bars(found, 2, "most accepted", theme).to_plotly_json())
        assert "2 of 2 seeds that a prompt has shown" in drawn and "n = 6: a candidate counts" in drawn
        assert "3 of 4 accepted, 75% [30, 95]; none is rated" in drawn and "<b>a poem" not in drawn


def test_the_verb_tells_the_same(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    pool, seeds, _ = grown(database)
    assert main(["seeds", "yield", pool.name, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["seeds"]
    assert [(row["seed"], row["accepted"]) for row in rows] == [(seeds[1], 3), (seeds[0], 1), (seeds[2], 0)]
