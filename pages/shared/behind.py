"""The tasks behind a part of a picture: listed beside their seeds, downloaded, and on to review as a queue of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict

import streamlit as st

from core.diversity.selection import Looked
from core.records import Pool, WinnowError
from core.review import queues
from pages.shared import marked, session
from pages.shared.links import go
from pages.shared.marked import PairRow
from pages.shared.plain import cells, sendable

GO, TOLD = "behind-go", "behind-told"
SHOWN = 1000


def leave() -> None:
    """Go on to review where that was asked for; the first thing that a page with pictures does."""
    if st.session_state.pop(GO, False):
        go("pages/review/review.py", "Open their queue")


def arrive() -> None:
    """Where the page is review itself: it opens the queue that was asked for."""
    st.session_state.pop(GO, None)


def is_leaving() -> bool:
    """Whether a queue was asked for; a fragment then has the whole page run, which leaves."""
    return bool(st.session_state.get(GO))


def refusal() -> None:
    """Tell why no queue was made, once."""
    if told := st.session_state.pop(TOLD, None):
        st.error("The queue could not be made.")
        st.text(told)


def panel(
    pool: Pool,
    name: str,
    found: Sequence[Looked],
    key: str,
    close: Callable[[], None],
    *,
    may_review: bool = True,
    left_out: frozenset[int] = frozenset(),
) -> None:
    """Draw the tasks. `key` names what was clicked; `left_out`: tasks (seeds) that no queue takes."""
    n = f"{len(found):,} task" + ("" if len(found) == 1 else "s")
    asked = [one.task_id for one in found if one.task_id not in left_out]
    seeds = len(found) - len(asked)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(sendable(f"{name}: {n}" + (f", {seeds:,} of them seeds" if seeds else "")))
        if may_review and asked:
            st.button(
                f"Review these {len(asked):,}",
                type="primary",
                key="review-these",
                on_click=review,
                args=(pool, sendable(name), asked),
            )
        st.download_button(
            "Download",
            lambda: _lines(found),
            "tasks.jsonl",
            "application/jsonl",
            key="download-these",
            on_click="ignore",
        )
        st.button("Close", key="close-picked", on_click=close, type="tertiary")
    selected = st.dataframe(
        cells(
            {"instruction": one.instruction, "nearest seed": one.seed or "", "ROUGE-L": one.seed_score}
            for one in found[:SHOWN]
        ),
        hide_index=True,
        height=min(250, 40 + 35 * len(found)),
        on_select="rerun",
        selection_mode="single-row",
        key=f"picked-{key}",
        column_config={
            "instruction": st.column_config.TextColumn(width="large"),
            "nearest seed": st.column_config.TextColumn(width="large"),
            "ROUGE-L": st.column_config.NumberColumn(format="%.2f", width=80),
        },
    )
    if len(found) > SHOWN:
        st.caption(f"The first {SHOWN:,} of {len(found):,}; the download has all.")
    for row in selected["selection"]["rows"]:
        one = found[row]
        score = "" if one.seed_score is None else f"nearest seed, ROUGE-L {one.seed_score:.3f}"
        marked.pairs([PairRow(one.instruction, one.seed or "", told=score)])


def _lines(found: Sequence[Looked]) -> bytes:
    return "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in found).encode("utf-8", "replace")


def review(pool: Pool, name: str, ids: Sequence[int]) -> None:
    """Make the queue of exactly these tasks, and have the page go there: a callback may still choose the pool."""
    try:
        by = session.reviewer()
        st.session_state["queue-asked"] = queues.over_tasks(session.database(), pool.id, name, ids, by)
    except WinnowError as error:
        st.session_state[TOLD] = str(error)
        return
    st.session_state["view-asked"] = "desk"
    st.session_state["pool"] = pool.name
    st.session_state[GO] = True
