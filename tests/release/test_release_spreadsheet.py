"""Cells that no spreadsheet runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.release.spreadsheet import as_csv, guarded, unguarded


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "  =", "\u3000＝"])
def test_a_cell_that_begins_like_a_formula_gets_an_apostrophe(start: str) -> None:
    assert guarded(start + "1") == "'" + start + "1"


@given(st.text(alphabet="'=＝+-@\t\r\n ab", max_size=8) | st.text())
def test_a_guarded_cell_is_safe_and_comes_back_exactly(text: str) -> None:
    assert guarded(text).strip(" \u00a0\u3000")[:1] not in tuple("=+-@＝＋－＠\t\r\n")
    assert unguarded(guarded(text)) == text


def test_the_names_of_columns_are_guarded_too() -> None:
    assert as_csv([{"=1+1": "＝cmd", "n": 3}]) == "'=1+1,n\r\n'＝cmd,3\r\n".encode()
