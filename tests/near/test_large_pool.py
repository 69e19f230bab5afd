"""A large pool's near duplicates and thresholds: from what a run keeps, as they would be of all pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from core import pools
from core.database import Database
from core.gate import near, whatif
from core.near import job, kept, large
from core.near.rows import nearness
from core.novelty.condense import STRETCH
from core.pool import arrivals, tasks
from core.pool.arrivals import NewTask
from core.pools import copying
from core.records import Discard, Origin, Pool, Refused, Run, RunState, State
from core.runs import runner
from tests.novelty.corpora import assorted_texts

TEXTS = [text for text in assorted_texts(1100, 6, words=14) if text]
SEEDS = TEXTS[:30]
CANDIDATES = [text for text in TEXTS[30:] if text.lower() not in SEEDS]


@pytest.fixture
def pool(database: Database, monkeypatch: pytest.MonkeyPatch) -> Pool:
    """Seeds, candidates of which some were dropped as too close and some were taken out; and every pool is large."""
    monkeypatch.setattr(job, "LARGE", 0)
    made = pools.make(database, "large", own_seeds=[])
    near_one = {"task": 1, "score": 0.9, "instruction": TEXTS[0]}
    dropped = Discard("too-close", {"score": 0.9, "threshold": 0.7, "closest": [near_one]})
    with database.write() as c:
        arrivals.add(c, made.id, [NewTask(Origin.SEED, text) for text in SEEDS])
        new = [
            NewTask(Origin.IMPORT, text, discard=dropped if at % 7 == 0 else None) for at, text in enumerate(CANDIDATES)
        ]
        for task_id in arrivals.add(c, made.id, new)[1::50]:
            tasks.set_state(c, task_id, State.REJECTED)
    return made


def made_here(database: Database, pool_id: int, on_progress: Callable[[Mapping[str, Any]], None]) -> Run:
    return runner.work_here(database, job.begin(database, pool_id, here=True).id, on_progress)


def compared(database: Database, pool: Pool) -> kept.ComparedPool:
    run = made_here(database, pool.id, lambda counts: None)
    assert run.state is RunState.DONE, run.message
    found = kept.newest(database, pool.id)
    assert found is not None
    return found


def says_the_same(database: Database, pool: Pool, its: kept.ComparedPool) -> None:
    """As where all pairs are kept: every threshold with its evidence, the nearest of each, the groups at any score."""
    every, few = whatif.load(database, pool), large.LargeCandidates(its)
    assert list(few.ids) == list(every.ids) and list(few.texts) == list(every.texts) and few.seeds == every.seeds
    assert few.curve() == every.curve() and few.point(1.0) == every.point(1.0) and few.n_pairs < every.n_pairs / 2
    repeats = {int(one) for one in every.pairs.later[every.pairs.score == 1.0]}
    for threshold in (0.5, 0.62, 0.7, 0.93):
        mine, whole = few.outcome(threshold), every.outcome(threshold)
        assert (mine.kept == whole.kept).all()
        for place in set(range(len(every.ids))) - repeats:
            assert (mine.nearest[place], mine.score[place]) == (whole.nearest[place], whole.score[place])
        assert ((mine.score > threshold) == ~mine.kept).all(), "what repeats a dropped one has evidence as well"
    goes, comes = whatif.differences(few, 0.7, 0.6)
    assert [one.task_id for one in goes] == [one.task_id for one in whatif.differences(every, 0.7, 0.6)[0]]
    assert list(goes)[:9] == goes[:9] and len(comes) == len(list(comes))
    mine, whole = large.near_duplicates(its), near.load(database, pool)
    assert list(mine.task_ids) == list(whole.task_ids) and (mine.score == whole.score).all()
    assert [one.score for one in mine.every()] == [one.score for one in whole.every()] and mine.bars() == whole.bars()
    for threshold in (0.5, 0.6, 2 / 3, 0.8, 1.0):
        both = [
            [(list(one.task_ids), list(one.instructions), one.closest) for one in found.groups(threshold)]
            for found in (mine, whole)
        ]
        assert both[0] == both[1]


def test_what_is_kept_says_what_all_pairs_say(database: Database, pool: Pool) -> None:
    its = compared(database, pool)
    says_the_same(database, pool, its)
    found = large.LargeCandidates(its)
    with pytest.raises(Refused, match=r"whole hundredths from 0\.5 to 1; choose one beside 0\.655"):
        found.point(0.655)
    made = copying.copy_at(database, pool, 0.6, "stricter", found=found)
    assert pools.funnel(database, made.id).candidates.discarded == found.point(0.6).dropped
    assert kept.since(database, pool) == kept.SinceCompared()
    with database.write() as c:
        arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, "Sing about harbours.")])
    assert "since then 1 task came" in kept.since(database, pool).sentence


def steps(database: Database, pool: Pool) -> list[tuple[str, int]]:
    """The arrays that are kept, with their steps."""
    with database.read() as c:
        row = nearness.of_run(c, job.latest(database, pool.id).id)  # type: ignore[union-attr]
        assert row is not None
        found = {name: nearness.parts(c, row.id, name, 1, row.step) for name in ("later", "nearest")}
    return [(name, len(parts)) for name, parts in found.items()]


class Killed(Exception):
    """What ends a run half-way."""


def test_a_run_that_is_cut_off_goes_on_from_what_it_has_kept(
    database: Database, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "STEP_S", 0.0)  # after every stretch
    monkeypatch.setattr(job, "SAY_S", 0.0)
    done = list[int]()

    def cut_off(counts: Mapping[str, Any]) -> None:
        if counts.get("stage") == "comparing":
            done.append(counts["done"])
        if len(done) == 2:
            done.append(0)
            raise Killed

    run = made_here(database, pool.id, cut_off)
    assert run.state is RunState.FAILED and kept.newest(database, pool.id) is None
    assert steps(database, pool) == [("later", 1), ("nearest", 1)]
    assert made_here(database, pool.id, lambda counts: done.append(counts["done"])).id == run.id
    its = kept.newest(database, pool.id)
    assert its is not None and its.step == -(-its.texts // STRETCH) > 2
    assert steps(database, pool) == [("later", its.step), ("nearest", 1)], "of what changes everywhere the last is kept"
    says_the_same(database, pool, its)
