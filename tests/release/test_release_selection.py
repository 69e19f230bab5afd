"""What a rule admits is what a plain reading of the history admits, and every other instance has one reason."""

from __future__ import annotations

import random
from pathlib import Path

import pandas
import pytest
from pyarrow.parquet import read_table

from core.database import Database
from core.diversity.rows import parses
from core.pool import edits, judging, tasks
from core.pool.judgement import AGAIN, FINAL, Judgement
from core.pool.tasks import instruction_hash
from core.records import Grade, Origin, Refused, State
from core.release.making import make
from core.release.order import ReleaseOrder
from core.release.predicate import Predicate
from core.release.reasons import Reason
from core.release.selection import ReleaseSelection, select
from core.review.rows import acts
from tests.release.release_pools import opened, plainly_admitted, random_pool, random_rule, rated_pool


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return opened(tmp_path_factory.mktemp("selection"))


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return opened(tmp_path)


def selected(database: Database, pool_id: int, **rule: object) -> ReleaseSelection:
    with database.read() as c:
        return select(c, pool_id, Predicate(**rule))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(40))
def test_a_rule_admits_what_a_plain_reading_of_the_history_admits(shared: Database, seed: int) -> None:
    draw = random.Random(seed)
    pool = random_pool(shared, draw)
    for _ in range(8):
        rule = random_rule(draw)
        with shared.read() as c:
            found, plain = select(c, pool.id, rule), plainly_admitted(c, pool, rule)
            up = [one for task in tasks.page(c, pool.id, states=[State.ACCEPTED]) for one in task.instances]
            seeds = {task.id for task in tasks.seeds(c, pool.id)}
        assert found.admitted.tolist() == plain, rule
        every = {
            one.id for one in up if one.state is State.ACCEPTED and (rule.include_seeds or one.task_id not in seeds)
        }
        given = [*found.admitted, *(one for ids in found.excluded.values() for one in ids)]
        assert len(given) == len(set(given)) == found.of and set(given) == every


@pytest.mark.parametrize("seed", range(100, 106))
def test_nothing_that_the_rule_excludes_is_in_a_file_and_nothing_it_admits_is_missing(
    shared: Database, tmp_path: Path, seed: int
) -> None:
    draw = random.Random(seed)
    written = 0
    while not written:
        pool, rule = random_pool(shared, draw), random_rule(draw)
        with shared.read() as c:
            plain = plainly_admitted(c, pool, rule)
            texts = {one.id: one for task in tasks.page(c, pool.id) for one in task.instances}
        if not plain:
            with pytest.raises(Refused):
                make(shared, pool, ReleaseOrder(("csv",), rule), tmp_path / "r")
            assert not (tmp_path / "r").exists()
            continue
        written = make(shared, pool, ReleaseOrder(("csv", "parquet"), rule), tmp_path / "r").rows
        ids = [f"i{one}" for one in plain]
        rows = read_table(tmp_path / "r/parquet/train.parquet").to_pylist()
        assert [row["id"] for row in rows] == ids
        assert [row["output"] for row in rows] == [texts[one].output for one in plain]
        sheet = pandas.read_csv(tmp_path / "r/csv/train.csv", dtype=str, keep_default_na=False)
        assert sheet["id"].tolist() == ids
        assert rule.include_demo or not any(row["demo"] for row in rows)
        lineage = (tmp_path / "r/lineage.jsonl").read_text().splitlines()
        assert len(lineage) == len(plain)


def test_demo_never_leaves_unasked_and_seeds_only_when_asked(database: Database) -> None:
    pool = rated_pool(database, demo=True)
    found = selected(database, pool.id)
    assert not found.admitted and found.counts == {"demo": 12} and found.all_demo
    asked = selected(database, pool.id, include_demo=True)
    assert len(asked.admitted) == asked.demo == 4
    with_seeds = selected(database, pool.id, include_seeds=True)
    assert len(with_seeds.admitted) == 1 and not with_seeds.demo and with_seeds.all_demo


def test_a_stale_rating_never_counts_and_comes_back_with_its_text(database: Database) -> None:
    pool = rated_pool(database)
    first = selected(database, pool.id).admitted[0]
    with database.write() as c:
        was = tasks.instance(c, first)
        edits.change_instance(c, was.task_id, first, was.input, "another output", "bob")
    found = selected(database, pool.id)
    assert first not in found.admitted and found.excluded[Reason.STALE].tolist() == [first]
    with database.write() as c:
        edits.change_instance(c, was.task_id, first, was.input, was.output, "bob")
    assert first in selected(database, pool.id).admitted


def test_an_edited_instruction_makes_every_rating_of_its_task_stale(database: Database) -> None:
    pool = rated_pool(database)
    first = selected(database, pool.id).admitted[0]
    with database.write() as c:
        task = tasks.get(c, tasks.instance(c, first).task_id)
        edits.change_task(c, task, "Say something else.", task.is_classification)
    assert first in selected(database, pool.id).excluded[Reason.STALE]


def test_hidden_repeats_known_answers_and_audits_are_no_ratings_of_a_release(database: Database) -> None:
    pool = rated_pool(database, grades="")
    with database.write() as c:
        [task] = tasks.page(c, pool.id, origin=Origin.SELF_INSTRUCT, limit=1)
        its = task.instances[0]
        for round in (AGAIN, "gold", "audit:1"):
            judging.rate(c, its.id, "ann", its.text_hash, Judgement(Grade.A), round)
    assert selected(database, pool.id).counts == {"unrated": 12}


def test_an_adjudicator_settles_what_reviewers_differ_on(database: Database) -> None:
    pool = rated_pool(database, grades="A", n=1)
    with database.write() as c:
        [task] = tasks.page(c, pool.id, origin=Origin.SELF_INSTRUCT)
        its = task.instances[0]
        judging.rate(c, its.id, "bob", its.text_hash, Judgement(Grade.D))
    for rule in ("all", "majority", "median", "adjudicated"):
        found = selected(database, pool.id, disagreement=rule)
        assert found.counts == {"invalid" if rule == "median" else "disagreement": 1}
    with database.write() as c:
        judging.rate(c, its.id, "judge", its.text_hash, Judgement(Grade.B), FINAL)
    for rule in ("all", "majority", "median", "adjudicated"):
        assert len(selected(database, pool.id, disagreement=rule).admitted) == 1


def test_an_open_flag_keeps_an_instance_behind(database: Database) -> None:
    pool = rated_pool(database)
    first = selected(database, pool.id).admitted[0]
    with database.write() as c:
        event = acts.flag(c, pool.id, [first], "check", "ann")
    assert selected(database, pool.id).excluded[Reason.FLAGGED].tolist() == [first]
    with database.write() as c:
        acts.undo(c, event, "ann")
    assert first in selected(database, pool.id).admitted


def test_reasons_come_in_a_fixed_order_and_the_first_is_given(database: Database) -> None:
    pool = rated_pool(database, grades="ABCD", n=6)
    with database.write() as c:
        bad = tasks.page(c, pool.id, origin=Origin.SELF_INSTRUCT)[3].instances[0]
        acts.flag(c, pool.id, [bad.id], "check", "ann")
    found = selected(database, pool.id, min_grade=Grade.A)
    assert found.counts == {"unrated": 2, "flagged": 1, "invalid": 1, "grade": 1}
    assert list(found.excluded) == sorted(found.excluded, key=list(Reason).index)


def test_a_limit_of_root_verbs_asks_for_parsed_tasks(database: Database) -> None:
    pool = rated_pool(database)
    with pytest.raises(Refused, match="4 tasks that pass so far have not been parsed"):
        selected(database, pool.id, max_per_verb=1)


def test_a_limit_of_root_verbs_keeps_the_first_rows_of_each(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database, grades="AAAAAA", n=6)
    with database.write() as c:
        new = tasks.page(c, pool.id, origin=Origin.SELF_INSTRUCT)
        hashes = [instruction_hash(task.instruction) for task in new]
        parses.keep(c, "small", hashes, [(verb, None) for verb in ("write", "name", "write", None, None, "write")])
        parses.keep(c, "other", hashes[:2], [("sing", None)] * 2)  # the parser that read the most is asked
    found = selected(database, pool.id, max_per_verb=1)
    kept = [new[place].instances[0].id for place in (0, 1, 3, 4)]
    assert found.admitted.tolist() == kept and found.counts == {"verb-limit": 2}
    make(database, pool, ReleaseOrder(("parquet",), Predicate(max_per_verb=1)), tmp_path / "r")
    read = read_table(tmp_path / "r/parquet/train.parquet").to_pylist()
    assert [row["verb"] for row in read] == ["write", "name", None, None]


def test_everything_is_every_accepted_instance_but_empty_outputs(database: Database) -> None:
    pool = rated_pool(database, grades="D")
    with database.write() as c:
        its = tasks.page(c, pool.id, origin=Origin.SELF_INSTRUCT)[5].instances[0]
        edits.change_instance(c, its.task_id, its.id, its.input, " \u00a0\n", "ann")
    with database.read() as c:
        found = select(c, pool.id, Predicate.everything())
    assert len(found.admitted) == 11 and found.counts == {"empty-output": 1}
