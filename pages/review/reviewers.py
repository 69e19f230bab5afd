"""The reviewers of a pool on screen: what each says, two side by side, drift and pace; every part opens its tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.diversity import view
from core.moments import moment
from core.records import Pool
from core.review import reviewers
from core.review.reviewers import LEAST_IN_BLOCK, ComparedReviewers, TwoReviewers
from core.words import number_of
from pages.review.reviewers_charts import grade_bars, over_time, two_matrix
from pages.shared import behind, charts, clicked, downloads, session
from pages.shared.charts import theme_here
from pages.shared.plain import sendable

_TURN = "reviewers-turn"  # goes up when a list is closed, so that nothing stays marked


def draw(pool: Pool) -> None:
    """All three pictures, each with its numbers, and the tasks behind what was clicked last."""
    found = reviewers.compared(session.database(), pool.id, session.reviewer())
    if not found.verdicts:
        st.text("Nobody has rated a present text of this pool at the desk yet.")
        st.button("To the desk", type="primary", key="reviewers-desk", on_click=_to_the_desk)
        return
    st.caption(
        "A click on a part lists its tasks. An item that a queue waits for is listed for those alone who rated it."
    )
    behind.refusal()
    theme = theme_here()
    left, right = st.columns([6, 5], gap="medium")
    with left:
        seen = _chart(grade_bars(found, theme), "grades", "what-reviewers-say")
        if (at := clicked.place(seen, len(found.names))) is not None:
            name, said = found.names[at], str(clicked.told(seen, 1))
            _tasks(pool, f"{name} said {said}", found.listed(name, said))
        _numbers(pool, "grades", [{"reviewer": name, **_every(found, name)} for name in found.names])
    with right:
        _two(pool, found, theme)
    blocks = {name: own for name in found.names if (own := found.over_time(name))}
    if not blocks:
        st.caption(f"Drift and pace are drawn once somebody has given {LEAST_IN_BLOCK} ratings at the desk here.")
        return
    seen = _chart(over_time(blocks, theme), "over-time", "drift-and-pace")
    if (at := clicked.place(seen, len(blocks))) is not None:
        name = list(blocks)[at]
        if (block := clicked.place(seen, len(blocks[name]), at=1)) is not None:
            _tasks(pool, f"{name}, block {block + 1}", blocks[name][block].task_ids)
    _numbers(
        pool,
        "over-time",
        [
            {
                "reviewer": name,
                "block": at,
                "middle of it": moment(one.at),
                "ratings": one.n,
                "valid": one.valid,
                "judged": one.judged,
            }
            | {"ratings an hour": one.per_hour or ""}
            for name, own in blocks.items()
            for at, one in enumerate(own, 1)
        ],
    )


def _to_the_desk() -> None:
    st.session_state["view-asked"] = "desk"


def _two(pool: Pool, found: ComparedReviewers, theme: Any) -> None:
    if len(found.names) < 2:
        st.caption("Two are compared once a second person has rated; a queue may want two ratings an item.")
        return
    with st.container(horizontal=True):
        first = st.selectbox("One reviewer", found.names, 0, format_func=sendable, key="reviewers-first")
        others = [name for name in found.names if name != first]
        second = st.selectbox("Another", others, 0, format_func=sendable, key="reviewers-second")
    two = found.two(first, second)
    if not two.n:
        st.caption(
            "No item that both have rated may be shown yet." if two.hidden else "No item has been rated by both."
        )
    else:
        at = clicked.place(_chart(two_matrix(two, theme), f"two-{first}-{second}", "two-reviewers"), len(two.cells))
        if at is not None:
            cell = two.cells[at]
            _tasks(pool, f"{first} {cell.first}, {second} {cell.second}", cell.task_ids)
    if two.n and two.hidden:
        st.caption(
            f"{number_of(two.hidden, 'item')} that both have rated are left out while a queue waits for more "
            f"ratings of them."
        )
    if two.n:
        _numbers(pool, "two", _cells(two))


def _cells(two: TwoReviewers) -> list[dict[str, Any]]:
    return [
        {"first": two.first, "said": cell.first, "second": two.second, "said by second": cell.second, "items": cell.n}
        for cell in two.cells
    ]


def _every(found: ComparedReviewers, name: str) -> dict[str, int]:
    counts = found.grades(name)
    return {said: counts.get(said, 0) for said in reviewers.VERDICTS}


def _chart(figure: Any, key: str, file: str) -> Any:
    """Draw a figure, and return what was clicked."""
    return st.plotly_chart(
        figure,
        key=f"reviewers-{key}-{st.session_state.get(_TURN, 0)}",
        on_select="rerun",
        selection_mode="points",
        theme=None,
        config=charts.config(file),
        alt=figure.layout.title.text.replace("<br>", "; ").replace("<b>", "").replace("</b>", ""),
    )


def _numbers(pool: Pool, key: str, rows: list[dict[str, Any]]) -> None:
    downloads.button(
        "Its numbers as CSV",
        lambda: charts.as_csv(rows),
        f"{pool.name}-reviewers-{key}.csv",
        "text/csv",
        key=f"reviewers-csv-{key}",
    )


def _tasks(pool: Pool, name: str, task_ids: Sequence[int]) -> None:
    tasks = view.with_ids(session.database(), pool.id, "", task_ids)
    if not tasks:
        st.caption("None of these may be listed while queues wait for more ratings of them.")
        return
    behind.panel(pool, name, tasks, f"reviewers-{name}", _close)


def _close() -> None:
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
