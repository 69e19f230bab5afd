"""An audit: drawn at random and reproducible to the item, frozen, judged blind by everybody, honest about the pool."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.audit import audit as audits_of
from core.audit.rows import audit_answers, audits
from core.database import Database
from core.database.schema import instances
from core.pool import edits, standing, tallies, tasks
from core.pool.filter_words import in_words
from core.pool.filters import Filter
from core.records import Refused, State, text_hash
from core.statistics.sampling import Allocation
from tests.audit.audits import GOOD, draw, drawn, judge, pool_of

ROOT = Path(__file__).parents[2]


def test_a_text_that_is_edited_while_the_sample_is_drawn_is_drawn_as_it_is_then(database, monkeypatch):
    pool = pool_of(database, 12)
    calm, tries = audits_of.draw, []

    def overtaken(*how):
        tries.append(calm(*how))
        if len(tries) == 1:  # another program edits a drawn text between the draw and the write
            its = tries[0].items[0]
            with database.write() as c:
                edits.change_instance(c, its.task_id, its.instance_id, "edited", "in between")
        return tries[-1]

    monkeypatch.setattr(audits_of, "draw", overtaken)
    made = draw(database, pool, size=5, seed=3)
    assert len(tries) == 2
    with database.read() as c:
        first = audits.item(c, made, 1)
        assert (first.input, first.output, first.changed) == ("edited", "in between", False)
        assert [one.id for one in audits.of_pool(c, pool)] == [made.id], "the attempt that was overtaken left nothing"


# The draw


@pytest.mark.slow
def test_a_seed_draws_the_same_items_in_the_same_order_in_any_process(database: Database):
    pool_of(database, 60, instances=3)
    asked = [sys.executable, "-m", "core", "audit", "things", "--size", "20", "--seed", "7", "--json"]
    answers = []
    for hash_seed in ("1", "2"):
        around = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(asked, cwd=ROOT, env=around, capture_output=True, text=True, check=True)
        answers.append(json.loads(done.stdout))
    first, second = answers
    assert first["id"] != second["id"]
    assert first["items"] == second["items"]
    assert first["fingerprint"] == second["fingerprint"]
    assert len({item["task"] for item in first["items"]}) == 20
    with database.read() as c:
        for item in first["items"]:
            stored = tasks.instance(c, item["instance"])
            assert (item["input"], item["output"]) == (stored.input, stored.output)
            assert item["text_hash"] == text_hash(item["instruction"], item["input"], item["output"])


def test_another_seed_draws_other_items(database: Database):
    pool = pool_of(database, 60)
    assert drawn(database, draw(database, pool, size=20, seed=1)) != drawn(
        database, draw(database, pool, size=20, seed=2)
    )


def test_each_drawn_task_gives_one_instance_and_no_task_comes_twice(database: Database):
    pool = pool_of(database, 30, instances=4)
    items = drawn(database, draw(database, pool, size=30))
    assert len({task for task, _, _ in items}) == 30
    with database.read() as c:
        places = [tasks.instance(c, instance).position for _, instance, _ in items]
    assert len(set(places)) > 1, "the instance is random, not always the first"


def test_seeds_and_what_was_rejected_are_never_drawn(database: Database):
    pool = pool_of(database, 10)
    with database.write() as c:
        gone = tasks.page(c, pool)[3].id
        tasks.set_state(c, gone, State.REJECTED, "unwanted")
        seeds = {task.id for task in tasks.seeds(c, pool)}
    found = {task for task, _, _ in drawn(database, draw(database, pool, size=100))}
    assert len(found) == 9 and gone not in found and not found & seeds


def test_the_population_is_what_the_filter_says(database: Database):
    pool = pool_of(database, 30)
    made = draw(database, pool, wanted=Filter(is_classification=True, contains="thing 1"))
    with database.read() as c:
        texts = {item.instruction for item in audits.every_item(c, made)}
    assert texts == {f"Do thing {k}." for k in (12, 15, 18)}
    assert made.tasks == {"": 3}
    assert in_words(made.filter) == "“thing 1” in any field; classification tasks"


def test_an_empty_population_and_a_senseless_size_are_refused_in_words(database: Database):
    pool = pool_of(database, 3)
    with pytest.raises(Refused, match="widen the filter"):
        draw(database, pool, wanted=Filter(contains="no such text"))
    with pytest.raises(Refused, match="at least 1"):
        draw(database, pool, size=0)
    with pytest.raises(Refused, match="classification, source, run"):
        draw(database, pool, stratify_by="mood")
    with pytest.raises(Refused, match="18 digits"):
        draw(database, pool, seed=2**63)
    with database.read() as c:
        assert audits.of_pool(c, pool) == []


def test_a_stratified_sample_is_shared_out_as_asked(database: Database):
    pool = pool_of(database, 30)
    made = draw(database, pool, size=10, stratify_by="classification", allocation=Allocation.EQUAL)
    assert made.tasks == {"no": 20, "yes": 10}
    with database.read() as c:
        strata = [item.stratum for item in audits.every_item(c, made)]
    assert strata.count("yes") == strata.count("no") == 5


def test_the_stored_sample_has_the_fingerprint_of_the_draw(database: Database):
    pool = pool_of(database, 20, instances=2)
    made = draw(database, pool, size=8, seed=3, stratify_by="source")
    with database.read() as c:
        again = audits_of.sample(c, made)
    assert again.fingerprint == made.fingerprint


# Frozen texts


def test_a_text_edited_after_the_draw_is_judged_as_it_was_and_the_rating_is_not_one_of_the_new_text(database: Database):
    pool = pool_of(database, 5)
    made = draw(database, pool, size=5)
    with database.write() as c:
        item = audits.item(c, made, 2)
        edits.change_instance(c, item.task_id, item.instance_id, "another input", "another output")
        frozen = audits.item(c, made, 2)
        assert frozen.changed and not audits.item(c, made, 1).changed
        assert (frozen.input, frozen.output, frozen.text_hash) == (item.input, item.output, item.text_hash)
        audit_answers.rate(c, made, 2, "ines", GOOD)
        assert standing.current(c, item.instance_id, made.round) == []
        assert standing.current(c, item.instance_id) == []
        assert c.execute(sa.select(instances.c.rated).where(instances.c.id == item.instance_id)).scalar_one() == 0
        [rating] = audit_answers.standing_ratings(c, made, made.round)
        assert (rating.instance_id, rating.text_hash) == (item.instance_id, item.text_hash)
        assert audits_of.found(c, made).valid.yes == 1


def test_an_audits_ratings_leave_the_open_desk_alone(database: Database):
    pool = pool_of(database, 5)
    made = draw(database, pool, size=5)
    judge(database, made, "ines", lambda item: GOOD)
    with database.read() as c:
        assert tallies.review_counts(c, pool).reviewed == 0
