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


@pytest.mark.parametrize("sent", [[], {}, [1], {"a": 1}, True, None], ids=repr)
def test_what_was_entered_in_a_table_is_text_numbers_or_nothing(sent: Any) -> None:
    assert clicked.entered([{"price": sent, "more": 1}, sent, {"price": "2"}], "price")[-1] == {"price": "2"}
    assert clicked.entered([{"price": sent}], "price", "model") == [{"price": None, "model": None}]
    assert clicked.entered(sent, "price") == []


def test_a_line_of_numbers_that_nothing_holds_is_no_line() -> None:
    assert corners_of([[10**400, 0], [1, 0], [1, 1]]) == ()
    assert corners_of([[float("nan"), 0], [1, 0], [1, 1]]) == ()
    assert corners_of([[0, 0]] * 1_000_000) == ()
