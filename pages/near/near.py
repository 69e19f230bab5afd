"""Near duplicates: how near the nearest other task is, the tasks of a bar, groups with their members side by side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import streamlit as st

from core import pools
from core.gate import near, whatif
from core.gate.near import NearDuplicates, NearGroups, NearTask
from core.gate.rules import SIMILAR_FLOOR, THRESHOLD
from core.near import job, large
from core.near.kept import ComparedPool
from core.records import Pool
from core.words import number_of
from pages.near.chart import names_of, nearest_bars
from pages.shared import behind, charts, clicked, downloads, links, opened, session
from pages.shared.charts import theme_here
from pages.shared.comparing import compared
from pages.shared.marked import PairRow
from pages.shared.opened import ListedRow

PAIRS_SHOWN, GROUPS_SHOWN, MEMBERS_SHOWN = 25, 8, 30

pool, database = session.pool(), session.database()
st.title("Near duplicates", anchor=False)


@st.cache_resource(show_spinner=False, max_entries=3)
def _found(pool_id: int, state: tuple[Any, ...]) -> NearDuplicates:
    """The near duplicates of a pool in this state; read once for all sessions."""
    return near.load(database, pools.with_id(database, pool_id))


@st.cache_resource(show_spinner=False, max_entries=2)
def _of_large(nearness_id: int, _kept: ComparedPool) -> NearDuplicates:
    """Those of a large pool, from what a run has found."""
    return large.near_duplicates(_kept)


@st.cache_resource(show_spinner=False, max_entries=12)
def _groups(subject: tuple[Any, ...], threshold: float, _found: NearDuplicates) -> NearGroups:
    return _found.groups(threshold)


def _bar(found: NearDuplicates, place: int) -> None:
    """The tasks of a bar beside the task that is nearest to each."""
    bars = found.bars()
    if not place:
        st.caption(
            f"{number_of(found.alone, 'task', 'have')} no other one as near as {SIMILAR_FLOOR:g}; how far each "
            f"is, is not kept."
        )
        return
    bar = bars[place - 1]
    some = found.between(bar.low, bar.high)
    name = f"nearest other {names_of(bars)[place]}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{name}: {len(some):,} task" + ("" if len(some) == 1 else "s"))
        acts = st.container(horizontal=True, vertical_alignment="center")
    if not some:
        return
    pages = -(-len(some) // PAIRS_SHOWN)
    page = st.pagination(pages, key="near-bar-page") if pages > 1 else 1
    rows = [
        ListedRow(one.task_id, PairRow(one.instruction, one.nearest, told=f"{one.score:.3f}"))
        for one in some[PAIRS_SHOWN * (page - 1) : PAIRS_SHOWN * page]
    ]
    with st.container(height=420 if len(rows) > 4 else "content", key="near-bar"):
        ticked = opened.choose(rows, "near-bar-")
    with acts:
        _review(name, ticked or some.task_ids, "near-review", primary=True)
        downloads.button("Download", lambda: _lines(some), "near.jsonl", "application/jsonl", key="near-lines")


def _review(name: str, ids: Sequence[int], key: str, *, primary: bool = False) -> None:
    """A way on to the judging of these tasks."""
    st.button(
        f"Review these {len(ids):,}",
        type="primary" if primary else "secondary",
        key=key,
        on_click=behind.review,
        args=(pool, name, ids),
    )


def _lines(some: Sequence[NearTask]) -> bytes:
    return "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in some).encode("utf-8", "replace")


def _review_all(pool: Pool, name: str, groups: NearGroups) -> None:
    behind.review(pool, name, groups.task_ids)


def _members(groups: NearGroups, threshold: float) -> None:
    """Groups, the largest first: every member beside the one that came first."""
    inside = groups.inside
    if not groups:
        any_near = found.alone < len(found)
        st.text(
            f"No two tasks are as near as {threshold:.2f}; a lower threshold finds some."
            if any_near
            else f"No two tasks are as near as {SIMILAR_FLOOR:.2f}, and pairs below that are not kept."
        )
        return
    st.caption(
        "Each task of a group is near one of the others, so a long chain may join tasks that differ. Each stands "
        "beside the group's first; a tick chooses for the button above, Open shows its instances and the "
        "reply it came from."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        hold = "group holds" if len(groups) == 1 else "groups hold"
        st.text(f"{len(groups):,} {hold} {inside:,} of {number_of(len(found), 'task')}")
        st.button(
            f"Review all {inside:,}",
            key="near-all",
            on_click=_review_all,
            args=(pool, f"near duplicates at {threshold:.2f}", groups),
        )
        downloads.button(
            "The groups as CSV",
            lambda: charts.as_csv(near.member_by_member(groups)),
            f"{pool.name}-near-duplicates.csv",
            "text/csv",
            key="near-groups-csv",
        )
    pages = -(-len(groups) // GROUPS_SHOWN)
    page = st.pagination(pages, key=f"near-groups-{threshold}") if pages > 1 else 1
    for at, group in enumerate(groups[GROUPS_SHOWN * (page - 1) : GROUPS_SHOWN * page], GROUPS_SHOWN * (page - 1) + 1):
        first = group.task_ids[0]
        with st.container(border=True, key=f"near-group-{first}"):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.text(f"{at}. {number_of(len(group), 'task')}, the two nearest at {group.closest:.2f}")
                acts = st.container(width="content")
            texts = group.instructions[:MEMBERS_SHOWN]
            rows = [
                ListedRow(task_id, PairRow(text, "" if task_id == first else texts[0], told=_place(task_id, first)))
                for task_id, text in zip(group.task_ids[:MEMBERS_SHOWN], texts, strict=True)
            ]
            ticked = opened.choose(rows, f"near-{first}-")
            with acts:
                _review(f"near duplicates of task {first}", ticked or group.task_ids, f"near-review-{first}")
            if len(group) > MEMBERS_SHOWN:
                st.caption(f"The first {MEMBERS_SHOWN} of {len(group):,}; the file and the queue have all.")


def _place(task_id: int, first: int) -> str:
    return f"task {task_id}, the first" if task_id == first else f"task {task_id}"


subject: tuple[Any, ...]
if job.is_large(database, pool):
    its = compared(pool)
    if its is None:
        st.stop()
    subject = "large", its.id
    found = _of_large(its.id, its)
else:
    subject = pool.id, whatif.state_of(database, pool)  # a rejection, a rescue and an edit are decisions and edits
    with st.spinner("Comparing the tasks once; afterwards this is instant…", show_time=True):
        found = _found(*subject)
behind.refusal()
if len(found) < 2:
    st.info("Two accepted tasks are needed before one can be near another. Grow the pool, or import a file.")
    links.grow_or_import()
    st.stop()
seen = st.plotly_chart(
    nearest_bars(found, theme_here()),
    key=f"near-{pool.id}",
    on_select="rerun",
    selection_mode="points",
    theme=None,
    config=charts.config("nearest-other-task"),
    alt=f"Histogram of ROUGE-L to the nearest other task, n = {len(found):,}; {found.alone:,} have none near.",
)
with st.container(horizontal=True, vertical_alignment="center"):
    st.caption("A click on a bar lists its tasks, each beside the task that is nearest to it.")
    downloads.button(
        "Its numbers as CSV",
        lambda: charts.as_csv([asdict(one) for one in found.every()]),
        f"{pool.name}-nearest-other.csv",
        "text/csv",
        key="near-csv",
    )
if (place := clicked.place(seen, len(found.bars()) + 1, "point_index")) is not None:
    _bar(found, place)
st.subheader("Groups of near duplicates", anchor=False)
threshold = st.slider(
    "Joined where ROUGE-L is at least", SIMILAR_FLOOR, 1.0, THRESHOLD, 0.01, key="near-threshold", bind="query-params"
)
_members(_groups(subject, threshold, found), threshold)
