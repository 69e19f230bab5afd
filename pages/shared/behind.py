"""The tasks behind a part of a picture: listed beside their seeds, downloaded, and on to review as a queue of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict

import streamlit as st

from core.diversity.selection import Looked
from core.records import Pool, WinnowError
from core.review import queues
from core.review import whole as whole_tasks
from pages.shared import links, marked, opened, session, tables
from pages.shared.marked import PairRow
from pages.shared.plain import sendable

TOLD = "behind-told"
SHOWN = 1000


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
    """Draw the tasks, with ticks for the acts; one that is ticked alone stands whole.

    `key` names what was clicked; `left_out`: tasks (seeds) that no queue takes.
    """
    head = st.container(horizontal=True, vertical_alignment="center")
    ticked = set(
        tables.pick(
            (
                {"instruction": one.instruction, "nearest seed": one.seed or "", "ROUGE-L": one.seed_score}
                for one in found[:SHOWN]
            ),
            [one.task_id for one in found[:SHOWN]],
            f"picked-{key}",
            height=min(250, 40 + 35 * len(found)),
            column_config={
                "instruction": st.column_config.TextColumn(width="large"),
                "nearest seed": st.column_config.TextColumn(width="large"),
                "ROUGE-L": st.column_config.NumberColumn(format="%.2f", width=80),
            },
        )
    )
    chosen = [one for one in found if one.task_id in ticked] or found
    with head:
        _acts(pool, name, found, chosen, close, may_review, left_out)
    first = f"The first {SHOWN:,} of {len(found):,}; the download has all. " if len(found) > SHOWN else ""
    st.caption(f"{first}Ticks choose for the buttons above; one that is ticked alone stands whole below.")
    if len(ticked) == 1:
        _whole(chosen[0])


def _acts(
    pool: Pool,
    name: str,
    found: Sequence[Looked],
    chosen: Sequence[Looked],
    close: Callable[[], None],
    may_review: bool,
    left_out: frozenset[int],
) -> None:
    """How many there are, and what is done to those that are chosen."""
    n = f"{len(found):,} task" + ("" if len(found) == 1 else "s")
    seeds = sum(one.task_id in left_out for one in found)
    asked = [one.task_id for one in chosen if one.task_id not in left_out]
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
        lambda: _lines(chosen),
        "tasks.jsonl",
        "application/jsonl",
        key="download-these",
        on_click="ignore",
    )
    st.button("Close", key="close-picked", on_click=close, type="tertiary")


def _whole(one: Looked) -> None:
    """A task beside the seed that is nearest to it, its instances, and the reply that it came from."""
    score = "" if one.seed_score is None else f"nearest seed, ROUGE-L {one.seed_score:.3f}"
    marked.pairs([PairRow(one.instruction, one.seed or "", told=score)])
    opened.whole(whole_tasks.task(session.database(), one.task_id).task, "picked-")


def _lines(found: Sequence[Looked]) -> bytes:
    return "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in found).encode("utf-8", "replace")


def review(pool: Pool, name: str, ids: Sequence[int]) -> None:
    """Make the queue of exactly these tasks, and have the page go there: a callback may still choose the pool."""
    try:
        queue_id = queues.over_tasks(session.database(), pool.id, name, ids, session.reviewer())
    except WinnowError as error:
        st.session_state[TOLD] = str(error)
        return
    st.session_state["pool"] = pool.name
    links.review(queue_id)
