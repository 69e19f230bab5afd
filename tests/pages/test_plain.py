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
