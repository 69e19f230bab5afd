"""What was measured against a pool's seeds holds until they change, whoever asks, and by then nobody is told it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from core import pools
from core.database import Database
from core.diversity import seedscores
from core.diversity.rows import looks
from core.diversity.selection import TaskSelection
from core.gate import whatif
from core.gate.rows import pairs
from core.gate.rules import TOO_CLOSE
from core.pool import filters, items, measured, tasks
from core.pool.arrivals import NewTask, add
from core.pool.filters import Filter
from core.pools import changing
from core.records import Origin, Pool
from core.release.rows import release_rows
from core.review import whole
from core.seeds import seeds
from tests.review.pool_of_texts import pool_of

N = 6


@pytest.fixture
def pool(database: Database) -> Pool:
    """Its candidates lie near its seed and near each other; all of that is known."""
    made = pools.with_id(database, pool_of(database, N))
    whatif.load(database, made)
    return made


def switch_the_seed_off(database: Database, pool: Pool) -> None:
    seeds.switch(database, [one.id for one in seeds.of_pool(database, pool.id)], on=False)


def add_a_seed(database: Database, pool: Pool) -> None:
    seeds.add(database, pool.id, [seeds.Seed("", "Describe colour number 9 of a rainbow.", (("", "red"),), False)])


def edit_the_seed(database: Database, pool: Pool) -> None:
    [seed] = seeds.of_pool(database, pool.id)
    seeds.edit(database, seed.id, seeds.Seed("", "Describe a colour.", (("", "red"),), False))


def choose_another_tokeniser(database: Database, pool: Pool) -> None:
    changing.change(database, pool.id, {"tokeniser": "unicode"})


CHANGES = (switch_the_seed_off, add_a_seed, edit_the_seed, choose_another_tokeniser)


def said(database: Database, pool: Pool) -> dict[str, list[Any]]:
    """For each who tells of nearest seeds, what they tell of the pool's candidates."""
    with database.read() as c:
        ids = list(c.execute(sa.text("SELECT id FROM instances WHERE NOT is_seed ORDER BY id")).scalars())
        own = [one.id for one in tasks.page(c, pool.id, origin=Origin.SELF_INSTRUCT)]
        seen = [items.get(c, one).seed for one in ids]
        return {
            "the desk": [(one.task_id, one.score) if one else None for one in seen],
            "a task": [(one.seed_id, one.seed_score) for one in tasks.by_ids(c, own)],
            "a page of tasks": [one.seed_score for one in tasks.page(c, pool.id, origin=Origin.SELF_INSTRUCT)],
            "a task whole": [one.seed.score if one.seed else None for one in (whole.task(database, i) for i in own)],
            "a filter": [row.id for row in filters.matching(c, pool.id, Filter(seed_from=0.0))] or [None] * N,
            "a histogram": [score for _, score in looks.seed_scores(c, pool.id, TaskSelection())],
            "a histogram's counts": [
                score for score, n in looks.seed_score_counts(c, pool.id, TaskSelection()) for _ in range(n)
            ],
            "a bar": looks.with_seed_score(c, pool.id, TaskSelection(), "", 0.0, 1.0, closed=True) or [None] * N,
            "a list": [one.seed for one in looks.listed(c, pool.id, TaskSelection(), "")],
            "a release": [(row.seed_id, row.seed_score) for row in release_rows.rows(c, ids)],
        }


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_whoever_tells_of_nearest_seeds_knows_none_once_the_seeds_have_changed(
    database: Database, pool: Pool, change: Callable[[Database, Pool], None]
) -> None:
    def known() -> dict[str, int]:
        its = said(database, pool).items()
        return {teller: sum(one not in (None, (None, None)) for one in told) for teller, told in its}

    tellers = list(known())
    assert known() == dict.fromkeys(tellers, N)
    change(database, pool)
    assert known() == dict.fromkeys(tellers, 0)
    with database.read() as c:
        assert len(looks.unmeasured(c, pool.id, 0, 100)) == len(pairs.unpaired(c, pool.id, TOO_CLOSE)) == N


def test_what_is_measured_anew_does_not_bring_back_what_was_not(database: Database, pool: Pool) -> None:
    def known() -> tuple[int, int]:
        with database.read() as c:
            return N - len(looks.unmeasured(c, pool.id, 0, 100)), N - len(pairs.unpaired(c, pool.id, TOO_CLOSE))

    assert known() == (N, N)
    add_a_seed(database, pool)
    assert seedscores.measure(database, pool) == N
    assert known() == (N, 0)
    add_a_seed(database, pool)  # it is there already: nothing has changed
    assert known() == (N, 0)
    switch_the_seed_off(database, pool)
    whatif.load(database, pool)
    assert known() == (0, N)
    with database.write() as c:
        add(c, pool.id, [NewTask(Origin.IMPORT, "Name a city.", seed_id=1, seed_score=0.3, similar=())])
    assert known() == (0, N)  # the newcomer is known whole


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_pairs_that_were_found_while_the_seeds_changed_are_not_kept(
    database: Database, pool: Pool, monkeypatch: pytest.MonkeyPatch, change: Callable[[Database, Pool], None]
) -> None:
    find = whatif.stream_pairs
    with database.write() as c:
        measured.forget(c, pool.id)

    def late(*said: Any, **more: Any) -> Iterator[Any]:
        yield from find(*said, **more)
        change(database, pool)

    monkeypatch.setattr(whatif, "stream_pairs", late)
    whatif.load(database, pool)
    with database.read() as c:
        assert len(pairs.unpaired(c, pool.id, TOO_CLOSE)) == N


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_nearest_seeds_that_were_found_while_they_changed_are_not_kept(
    database: Database, pool: Pool, monkeypatch: pytest.MonkeyPatch, change: Callable[[Database, Pool], None]
) -> None:
    near = seedscores.NoveltyIndex.nearest_of_each
    with database.write() as c:
        measured.forget(c, pool.id)

    def late(*said: Any) -> Any:
        found = near(*said)
        change(database, pool)
        return found

    monkeypatch.setattr(seedscores.NoveltyIndex, "nearest_of_each", late)
    assert seedscores.measure(database, pool) == 0
    with database.read() as c:
        assert len(looks.unmeasured(c, pool.id, 0, 100)) == N


@pytest.mark.sqlite("tells its plans")
def test_what_is_to_be_measured_next_is_found_by_an_index(database: Database, pool: Pool) -> None:
    asked: list[tuple[str, Any]] = []

    def hear(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    sa.event.listen(database.engine, "before_cursor_execute", hear)
    with database.read() as c:
        looks.unmeasured(c, pool.id, 0, 100)
        pairs.unpaired(c, pool.id, TOO_CLOSE)
    sa.event.remove(database.engine, "before_cursor_execute", hear)
    with database.engine.connect() as c:
        for statement, values in [one for one in asked if "tasks" in one[0]]:
            plan = [row[3] for row in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
            assert not [step for step in plan if step.startswith("SCAN") and "CONSTANT" not in step], plan
