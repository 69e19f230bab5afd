"""The tasks behind a part of a picture: listed beside their seeds, downloaded, and on to review as a queue of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from hashlib import blake2b

import streamlit as st

from core.diversity.selection import Looked
from core.records import Pool, WinnowError
from core.review import queues
from pages.shared import downloads, links, opened, session
from pages.shared.marked import PairRow
from pages.shared.opened import ListedRow
from pages.shared.plain import sendable

TOLD = "behind-told"
SHOWN, LOW = 50, 6  # rows of a page; so few stand without a frame that scrolls


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
    """Draw the tasks, each whole beside its nearest seed, with ticks for the acts.

    `key` names what was clicked; `left_out`: tasks (seeds) that no queue takes.
    """
    head = st.container(horizontal=True, vertical_alignment="center")
    place = f"behind-{blake2b(key.encode(), digest_size=6).hexdigest()}-"
    pages = -(-len(found) // SHOWN)
    page = st.pagination(pages, key=f"{place}page") if pages > 1 else 1
    here = found[SHOWN * (page - 1) : SHOWN * page]
    with st.container(height=420 if len(here) > LOW else "content", key="behind"):
        ticked = set(opened.choose([ListedRow(one.task_id, _beside_seed(one)) for one in here], place))
    with head:
        _acts(pool, name, found, [one for one in here if one.task_id in ticked] or found, close, may_review, left_out)
        opened.tick_all([one.task_id for one in here], place)
    st.caption("A tick chooses for the buttons above; Open shows a task's instances and the reply that it came from.")


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
    downloads.button(
        "Download",
        lambda: _lines(chosen),
        "tasks.jsonl",
        "application/jsonl",
        key="download-these",
    )
    st.button("Close the list", key="close-picked", on_click=close, type="tertiary")


def _beside_seed(one: Looked) -> PairRow:
    """A task beside the seed that is nearest to it."""
    told = "" if one.seed_score is None else f"nearest seed {one.seed_score:.2f}"
    return PairRow(one.instruction, one.seed or "", told=told)


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
