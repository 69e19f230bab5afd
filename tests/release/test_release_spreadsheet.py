"""Cells that no spreadsheet runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.release.spreadsheet import guarded, unguarded


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_cell_that_begins_like_a_formula_gets_an_apostrophe(start: str) -> None:
    assert guarded(start + "1") == "'" + start + "1"


@given(st.text(alphabet="'=+-@\t\r\nab", max_size=8) | st.text())
def test_a_guarded_cell_is_safe_and_comes_back_exactly(text: str) -> None:
    assert guarded(text)[:1] not in tuple("=+-@\t\r\n")
    assert unguarded(guarded(text)) == text
