"""Train, validation and test by task."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.records import Origin, Refused
from core.release.split import Shares, Split, Stratum, divide

STRATA = st.builds(Stratum, st.sampled_from([True, False, None]), st.sampled_from(Origin))
TASKS = st.lists(st.tuples(st.text(max_size=6), STRATA), max_size=200, unique_by=lambda task: task[0])
SHARES = st.tuples(st.integers(1, 20), st.integers(0, 20), st.integers(0, 20)).map(
    lambda parts: Shares(*(part / sum(parts) for part in parts))
)


@given(TASKS, SHARES, st.integers())
def test_every_task_is_on_one_side_and_every_side_and_stratum_has_its_share(
    tasks: list[tuple[str, Stratum]], shares: Shares, seed: int
) -> None:
    side_of = divide(tasks, shares, seed)
    assert set(side_of) == {key for key, _ in tasks}
    sides = Counter(side_of.values())
    for split in Split:
        assert abs(sides[split] - shares.of(split) * len(tasks)) <= 1
        for stratum in {stratum for _, stratum in tasks}:
            keys = [key for key, other in tasks if other == stratum]
            inside = sum(side_of[key] is split for key in keys)
            assert abs(inside - shares.of(split) * len(keys)) <= 2


@given(TASKS, st.integers(), st.randoms())
def test_the_order_of_tasks_changes_no_side(tasks: list[tuple[str, Stratum]], seed: int, draw: object) -> None:
    shuffled = list(tasks)
    draw.shuffle(shuffled)  # type: ignore[attr-defined]
    assert divide(tasks, Shares(0.8, 0.1, 0.1), seed) == divide(shuffled, Shares(0.8, 0.1, 0.1), seed)


def test_another_seed_draws_another_split() -> None:
    tasks = [(f"t{n}", Stratum(False, Origin.SEED)) for n in range(100)]
    assert divide(tasks, Shares(0.5, 0.25, 0.25), 1) != divide(tasks, Shares(0.5, 0.25, 0.25), 2)


@pytest.mark.parametrize("shares", [(0.9, 0.2, 0.1), (1.1, -0.1, 0.0), (0.0, 0.5, 0.5), (float("nan"), 0.5, 0.5)])
def test_shares_that_make_no_split_are_refused(shares: tuple[float, float, float]) -> None:
    with pytest.raises(Refused):
        Shares(*shares)
