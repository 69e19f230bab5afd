"""What a browser says was clicked: places that are there, whatever it says."""

from __future__ import annotations

from typing import Any

import pytest

from core.maps.lasso import corners_of
from pages.shared import clicked


def points(*sent: Any) -> dict[str, Any]:
    return {"selection": {"points": list(sent), "rows": list(sent)}}


def test_a_place_is_one_of_what_is_drawn() -> None:
    assert clicked.place(points({"customdata": [2, "words"]}), 3) == 2
    assert clicked.place(points({"customdata": [2.0, 1]}), 3, at=1) == 1
    assert clicked.place(points({"point_index": 0}), 1, "point_index") == 0
    assert clicked.rows(points(3, 1, 3), 4) == [1, 3]


@pytest.mark.parametrize(
    "sent",
    [-1, 3, 10**30, 10**400, 1.5, float("nan"), float("inf"), True, "1", None, [], {"a": 1}],
    ids=lambda sent: repr(sent)[:20],
)
def test_a_place_that_is_not_there_is_none(sent: Any) -> None:
    for seen in (points({"customdata": [sent], "point_index": sent}), points({"customdata": sent}), points(sent)):
        assert clicked.place(seen, 3) is None
        assert clicked.place(seen, 3, "point_index") is None
        assert clicked.rows(seen, 3) == []
    assert clicked.place({"selection": {"points": sent}}, 3) is None
    assert clicked.rows({"selection": {"rows": sent}}, 3) == []


def test_a_line_of_numbers_that_nothing_holds_is_no_line() -> None:
    assert corners_of([[10**400, 0], [1, 0], [1, 1]]) == ()
    assert corners_of([[float("nan"), 0], [1, 0], [1, 1]]) == ()
    assert corners_of([[0, 0]] * 1_000_000) == ()
