"""Texts in tables: what the browser writes as CSV runs in no spreadsheet."""

from __future__ import annotations

import pytest
import streamlit as st

from pages.shared import tables
from pages.shared.plain import cells


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+cmd|' /C calc'!A0", "@SUM(A1)", "\t=A1", "＝cmd", "  -2+A1", "-a"])
def test_no_cell_of_a_table_begins_a_formula(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[list[dict[str, object]]] = []
    monkeypatch.setattr(st, "dataframe", lambda rows, **_: drawn.append(rows))
    tables.show([{text: text}])
    ((row,),) = drawn
    assert row == {"\u2060" + text: "\u2060" + text}


def test_numbers_with_a_sign_and_plain_texts_stay_as_they_are() -> None:
    rows = [{"a": "-0.25", "b": "+3", "c": "-", "d": -1, "e": "a = b", "f": None}]
    assert cells(rows) == rows


def test_counts_in_a_table_have_their_thousands_parted_and_numbers_that_name_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[dict[str, dict[str, dict[str, object]]]] = []
    monkeypatch.setattr(st, "dataframe", lambda _, **shape: drawn.append(shape["column_config"]))
    own = st.column_config.NumberColumn(width=80)
    rows = [
        {"n": None, "line": 59_999, "instance": 12_345, "share": 0.5, "on": True, "rule": "a", "own": 1},
        {"n": 59_999, "own": 2},
    ]
    tables.show(rows, column_config={"own": own})
    assert set(drawn[0]) == {"n", "own"} and drawn[0]["n"]["type_config"]["format"] == "localized"
