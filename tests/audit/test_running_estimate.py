"""The running estimate: each step is what an audit of the items so far would have said."""

from __future__ import annotations

import random

import pytest

from core.audit import audit as audits
from core.audit import results
from core.audit.results import Result
from core.audit.running_estimate import WITHIN, running_estimate
from core.database import Database
from core.statistics.estimates import proportion
from tests.audit.audits import BAD, GOOD, judge, pool_of


def shown(database: Database, size: int, valid: float, *, pool: int = 150, left_open: int = 0) -> Result:
    draw = random.Random(5)
    audit = audits.new(database, pool_of(database, pool), size=size, seed=3)
    last = size - left_open
    judge(
        database,
        audit,
        "ines",
        lambda item: None if item.position > last else GOOD if draw.random() < valid else BAD,
    )
    found = results.result(database, audit.id, "ines" if not left_open else "reader", look=True)
    assert isinstance(found, Result)
    return found


@pytest.mark.parametrize("left_open", [0, 7])
def test_every_step_is_a_plain_share_of_the_items_so_far(database: Database, left_open: int) -> None:
    result = shown(database, 40, 0.8, left_open=left_open)
    found = running_estimate(result.items, result.audit.instances, result.audit.tasks)
    assert [step.judged for step in found.steps] == list(range(1, 41 - left_open))
    by_place = {item.position: item.is_valid for item in result.items}
    for step in found.steps:
        so_far = [by_place[place] for place in sorted(by_place)[: step.judged]]
        plain = proportion(sum(so_far), len(so_far), 150)  # one instance a task: every item counts the same
        assert step.percent == pytest.approx(plain.percent)
        assert (step.low, step.high) == pytest.approx((plain.low, plain.high))
    last = found.steps[-1]
    assert (last.percent, last.low, last.high) == pytest.approx(
        (result.found.pool.percent, result.found.pool.low, result.found.pool.high)
    )


def test_enough_is_said_once_the_interval_stays_within_five_points(database: Database) -> None:
    result = shown(database, 140, 0.9)
    found = running_estimate(result.items, result.audit.instances, result.audit.tasks)
    assert found.enough_at is not None and "enough for ±5 points since" in found.sentence
    assert all(step.half_width <= WITHIN for step in found.steps if step.judged >= found.enough_at)
    before = max((step for step in found.steps if step.judged < found.enough_at), key=lambda step: step.judged)
    assert before.half_width > WITHIN


def test_too_few_items_say_about_how_many_more(database: Database) -> None:
    result = shown(database, 40, 0.7, pool=400)
    found = running_estimate(result.items, result.audit.instances, result.audit.tasks)
    assert found.enough_at is None
    share = found.steps[-1].percent / 100
    for n, enough in ((40 + found.more // 2, False), (40 + round(1.2 * found.more), True)):
        later = proportion(round(share * n), n, 400)
        assert (max(later.high - later.percent, later.percent - later.low) <= WITHIN) == enough


def test_a_long_audit_has_few_steps_and_ends_with_all(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.audit.running_estimate.EACH", 120)
    result = shown(database, 150, 0.5, pool=150)
    found = running_estimate(result.items, result.audit.instances, result.audit.tasks)
    assert len(found.steps) <= 60 and found.steps[-1].judged == 150
    assert found.steps[-1].half_width == pytest.approx(0), "a pool that was judged whole is known"


def test_nothing_judged_is_no_estimate(database: Database) -> None:
    audit = audits.new(database, pool_of(database, 12), size=4, seed=3)
    found = running_estimate((), audit.instances, audit.tasks)
    assert found.steps == () and found.more == 0 and found.sentence == "Nothing is judged yet."
