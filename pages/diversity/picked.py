"""The tasks behind a sector or a bar that was clicked: beside their seeds, and on to review."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from core.diversity import view
from core.diversity.selection import Looked
from core.records import WinnowError
from core.review import queues
from core.review import whole as whole_tasks
from pages.diversity.filters import Side
from pages.shared import links, marked, opened, session, tables
from pages.shared.marked import PairRow
from pages.shared.plain import sendable

KEY = "look-picked"
TOLD = "look-told"
SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Picked:
    """What was clicked: a verb with some of its objects, or a bar from `low` to `high`."""

    side: int
    name: str
    verb: str = ""
    nouns: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0


def pick(picked: Picked | None) -> None:
    st.session_state[KEY] = picked


def picked_panel(chosen: Sequence[Side], parsers: Sequence[str]) -> None:
    """Draw what was clicked, if anything."""
    if told := st.session_state.pop(TOLD, None):
        st.error("The queue could not be made.")
        st.text(told)
    picked: Picked | None = st.session_state.get(KEY)
    if picked is None or picked.side >= len(chosen):
        st.caption("Click a sector or a bar to see the tasks behind it.")
        return
    side = chosen[picked.side]
    found = _tasks(picked, side, parsers[picked.side])
    if found:
        _panel(picked, side, found)


def _tasks(picked: Picked, side: Side, parser: str) -> list[Looked]:
    asked = (session.database(), side.pool.id, side.wanted, parser)
    if picked.verb:
        return view.with_pair(*asked, picked.verb, picked.nouns)
    return view.with_seed_score(*asked, picked.low, picked.high)


def _panel(picked: Picked, side: Side, found: list[Looked]) -> None:
    """The tasks behind what was clicked; ticks choose for the buttons, and one that is ticked stands whole."""
    n = f"{len(found):,} task" + ("" if len(found) == 1 else "s")
    head = st.container(horizontal=True, vertical_alignment="center")
    ids = [one.task_id for one in found[:SHOWN]]
    ticked = set(
        tables.pick(
            (
                {"instruction": one.instruction, "nearest seed": one.seed or "", "ROUGE-L": one.seed_score}
                for one in found[:SHOWN]
            ),
            ids,
            f"picked-{side.pool.id}-{picked}",
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
        st.text(sendable(f"{picked.name}: {n}"))
        if side.wanted.origin != "seed" and side.wanted.state != "rejected":
            st.button(
                f"Review these {len(chosen):,}",
                type="primary",
                key="review-these",
                on_click=_review,
                args=(picked, side, [one.task_id for one in chosen]),
            )
        rows = "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in chosen)
        st.download_button(
            "Download", rows.encode("utf-8", "replace"), "tasks.jsonl", "application/jsonl", key="download-these"
        )
        st.button("Close", key="close-picked", on_click=pick, args=(None,), type="tertiary")
    first = f"The first {SHOWN:,} of {len(found):,}; the download has all. " if len(found) > SHOWN else ""
    st.caption(f"{first}Ticks choose for the buttons above; one that is ticked alone stands whole below.")
    if len(ticked) == 1:
        _whole(chosen[0])


def _whole(one: Looked) -> None:
    """A task beside the seed that is nearest to it, its instances, and the reply that it came from."""
    score = "" if one.seed_score is None else f"nearest seed, ROUGE-L {one.seed_score:.3f}"
    marked.pairs([PairRow(one.instruction, one.seed or "", told=score)])
    opened.whole(whole_tasks.task(session.database(), one.task_id).task, "picked-")


def _review(picked: Picked, side: Side, ids: list[int]) -> None:
    """Make the queue, and have the page go there: a callback may still choose the pool, the page may not."""
    try:
        name, by = sendable(picked.name), session.reviewer()
        queue_id = queues.over_tasks(session.database(), side.pool.id, name, ids, by)
    except WinnowError as error:
        st.session_state[TOLD] = str(error)
        return
    st.session_state["pool"] = side.pool.name
    links.review(queue_id)
