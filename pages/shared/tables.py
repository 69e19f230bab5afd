"""Tables whose rows can be ticked. A tick means a row's id, never its place: what changes the rows unticks them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Protocol, TypeVar

import streamlit as st

from pages.shared import clicked, reader
from pages.shared.plain import cell, cells

Id = TypeVar("Id")
# Columns whose numbers name something, and count nothing.
NAMING = frozenset({"audit", "instance", "item", "job", "line", "run", "seed", "task"})
_ROW = 33  # pixels, of a row and of the header
_HIGHEST = 14 * _ROW + 3


def show(rows: Any, *, at_most: int | None = None, at_right: Sequence[str] = (), **shape: Any) -> Any:
    """Draw a table without an index, an absent value as an empty cell; what Streamlit says of it comes back.

    Every text in it is a plain one (`cells`), also in the CSV that the table's own toolbar writes. `at_most`: pixels,
    above which it scrolls (13 rows where nothing is said); a shorter one ends with its last row. `at_right`: columns
    whose words tell numbers ("54–61", "2 (refused)"), which stand where numbers do. Counts have their thousands parted.
    """
    right = {name: st.column_config.TextColumn(alignment="right") for name in at_right}
    asked = shape.get("column_config") or {}
    shape["column_config"] = {**right, **(_counts(rows, asked) if _are_rows(rows) else {}), **asked}
    if "height" not in shape:
        highest = _HIGHEST if at_most is None else at_most
        shape["height"] = "content" if _ROW * (len(rows) + 1) + 3 <= highest else highest
    return st.dataframe(cells(rows) if _are_rows(rows) else rows, hide_index=True, placeholder="", **shape)


def pick(
    rows: Iterable[Mapping[str, Any]], ids: Sequence[Id], key: str, *, one: bool = False, **shape: Any
) -> list[Id]:
    """Draw a table and return the ids of the rows that are ticked, in the table's order; with `one`, at most one.

    Streamlit remembers the places of ticked rows. The widget is therefore another one as soon as other rows stand in
    it, or after an act (`unpick`): a second press can only mean rows that were ticked anew.
    """
    drawn = blake2b(repr(list(ids)).encode(), digest_size=8).hexdigest()
    event = show(
        cells(rows),
        on_select="rerun",
        selection_mode="single-row" if one else "multi-row",
        key=f"{key}-{st.session_state.get(_turn(key), 0)}-{drawn}",
        **shape,
    )
    return [ids[place] for place in clicked.rows(event, len(ids))]


def _counts(rows: Iterable[Mapping[str, Any]], asked: Mapping[str, Any]) -> dict[str, Any]:
    """How columns of counts are written for which nothing is asked: as every other figure on the page."""
    found: dict[str, set[type]] = {}
    for row in rows:
        for name, value in row.items():
            found.setdefault(name, set()).add(type(value))
    counts = (name for name, kinds in found.items() if int in kinds and kinds <= {int, type(None)})
    return {cell(n): st.column_config.NumberColumn(format="localized") for n in counts if n not in {*NAMING, *asked}}


def _are_rows(rows: Any) -> bool:
    return isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows)


class HasTexts(Protocol):
    """A row that is an instance: its number and its texts."""

    @property
    def id(self) -> str: ...
    @property
    def instruction(self) -> str: ...
    @property
    def input(self) -> str: ...
    @property
    def output(self) -> str: ...


def read(rows: Sequence[HasTexts], key: str, **shape: Any) -> None:
    """A table of instances, of which the ticked one stands whole below it."""
    told = ({"": row.id, "instruction": row.instruction, "input": row.input, "output": row.output} for row in rows)
    ticked = pick(told, [row.id for row in rows], key, one=True, **shape)
    for row in rows:
        if row.id in ticked:
            texts = (("Instruction", row.instruction), ("Input", row.input), ("Output", row.output))
            reader.in_place(texts, f"{key}-{row.id}", highest=320)


def unpick(key: str) -> None:
    """Untick every row of a table, after an act on them."""
    st.session_state[_turn(key)] = st.session_state.get(_turn(key), 0) + 1


def _turn(key: str) -> str:
    return f"{key}-turn"
