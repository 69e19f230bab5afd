"""What if: the pool at another novelty threshold, from stored pairs and without one model call."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

import streamlit as st

from core import pools
from core.gate import rescue, whatif
from core.gate.rules import SIMILAR_FLOOR, THRESHOLD
from core.gate.whatif import Changes, Replayable
from core.near import job, large
from core.near.kept import ComparedPool
from core.pools import copying
from core.records import WinnowError
from core.review import queues
from core.words import brief, number_of
from pages.shared import charts, downloads, links, opened, running, session
from pages.shared.charts import theme_here
from pages.shared.comparing import compared
from pages.shared.counting import counted, until_counted
from pages.shared.marked import PairRow
from pages.shared.opened import ListedRow
from pages.shared.plain import label
from pages.shared.running import told_by
from pages.whatif.chart import threshold_line

PAGE = 20  # pairs drawn at once

pool, database = session.pool(), session.database()
st.title("What if", anchor=False)


@st.cache_resource(show_spinner=False, max_entries=2)
def _of_large(nearness_id: int, _kept: ComparedPool) -> Replayable:
    """The candidates of a large pool, from what a run has found."""
    return large.LargeCandidates(_kept)


# The candidates and pairs of the pool in this state: found once, instant afterwards.
subject = "whatif", pool.id
found: Replayable | None
if job.is_large(database, pool):
    its = compared(pool)
    found = _of_large(its.id, its) if its else None
else:
    now = whatif.state_of(database, pool)
    counting = counted(subject, now, lambda: whatif.load(database, pools.with_id(database, pool.id)))
    if not counting.is_fresh:
        until_counted(subject, "Comparing the candidates once; afterwards every threshold is instant.")
    found = counting.value
if found is None:
    st.stop()
if not len(found):
    st.info("No candidate has reached the novelty gate yet. Grow the pool, or import a file.")
    links.grow_or_import()
    st.stop()
points = found.curve()
total = len(found)

left, right = st.columns([3, 2], gap="large")
with right:
    used = st.slider(
        "Compare with the pool at",
        SIMILAR_FLOOR,
        0.95,
        THRESHOLD,
        0.01,
        key="whatif-used",
        help=f"{THRESHOLD} is the papers'.",
    )
    threshold = st.slider("The pool at", SIMILAR_FLOOR, 0.95, 0.6, 0.01, key="whatif-threshold", bind="query-params")
    here, there = found.point(threshold), found.point(used)
    with st.container(horizontal=True):
        st.metric(
            f"tasks at {threshold:.2f}",
            f"{here.kept:,}",
            f"{here.kept - there.kept:+,} against {used:.2f}" if here.kept != there.kept else f"same as {used:.2f}",
            delta_color="off",
            delta_arrow="off",
        )
        st.metric("dropped as too close", f"{here.dropped:,}")
        st.metric("candidates", f"{total:,}")
    st.caption(
        "Exactly what the gate would have done with the same candidates in the same order. Another threshold would "
        "also have shown the model other examples; that part nobody can replay."
    )
    name = st.text_input(
        "Name of the new pool", f"{pool.name} at {threshold:.2f}", key=f"apply-name-{pool.id}-{threshold}"
    )
    if st.button("Make this a new pool", type="primary", key="apply"):
        try:
            bar = st.progress(0.0, "Copying")
            made = copying.copy_at(database, pool, threshold, name, told_by(bar, "Copying"), found)
        except WinnowError as error:
            st.error("Not made.")
            st.text(brief(str(error)))
        else:
            st.session_state["whatif-made"] = made.name
            st.rerun()  # the side bar has it too
    if made_now := st.session_state.pop("whatif-made", ""):
        st.success(f"{label(made_now)} is made; this pool is as it was.")
        st.button("Open it", key="open-made", on_click=st.session_state.update, kwargs={"pool": made_now})
with left:
    st.plotly_chart(
        threshold_line(points, here, there, theme_here(), 430),
        key="curve",
        theme=None,
        config=charts.config("tasks-by-threshold"),
        alt="How many tasks the novelty gate keeps at each threshold.",
    )
    if isinstance(found, large.LargeCandidates):
        told = f"{number_of(found.n_pairs, 'pair', 'decide')} at one threshold or another"
    else:
        told = f"{number_of(found.n_pairs, 'similar pair', 'are')} stored"
    st.caption(f"{number_of(found.seeds, 'seed', 'are')} fixed; {told}.")


def _table(changes: Changes, name: str, act: str, do: Callable[[list[int]], None]) -> None:
    """Some of the pairs, and what is done to those that are ticked."""
    if not changes:
        st.caption("None.")
        return
    pages = -(-len(changes) // PAGE)
    acts = st.container(horizontal=True, vertical_alignment="center", key=f"acts-beside-{name}")
    page = st.pagination(pages, key=f"whatif-{name}-{threshold}-{used}") if pages > 1 else 1
    some = changes[PAGE * (page - 1) : PAGE * page]
    with st.container(key=f"whatif-{name}", gap=None):
        rows = [PairRow(one.instruction, one.nearest, told=f"ROUGE-L {one.score:.3f}") for one in some]
        ids = [one.task_id for one in some]
        ticked = opened.choose([ListedRow(*row) for row in zip(ids, rows, strict=True)], f"{name}-")
    with acts:
        text = act.format(n=f"{len(ticked):,}" if ticked else "these")
        st.button(text, key=f"act-{name}", on_click=do, args=(ticked,), disabled=not ticked)
        opened.tick_all(ids, f"{name}-")
        downloads.button(
            f"Download all {len(changes):,}",
            lambda: "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in changes).encode(),
            f"{pool.name}-{name}.jsonl",
            "application/jsonl",
            key=f"download-{name}",
        )


def _review(ids: list[int]) -> None:
    """A queue over what would go, and on to it."""
    with running.telling():
        name = f"would go at {threshold:.2f}"
        links.review(queues.over_tasks(database, pool.id, name, ids, session.reviewer()))


def _keep(ids: list[int]) -> None:
    """Accept after all what the gate dropped."""
    with running.telling():
        n = rescue.rescue(database, [(task_id, None) for task_id in ids], session.reviewer())
        already = "" if n == len(ids) else f" {len(ids) - n:,} were in the pool already."
        st.session_state["whatif-told"] = f"{n:,} accepted after all, as an event; Discards takes it back.{already}"


goes, comes = whatif.differences(found, used, threshold)
if goes or comes:
    st.caption(
        "Each beside the task that decides; marked: the words that both have. A tick chooses for the button above; "
        "Open shows a task's instances and the reply that it came from."
    )
running.refusal()
if said := st.session_state.pop("whatif-told", None):
    st.caption(said)
if not goes and not comes:
    st.text(f"No task would go or come: at {threshold:.2f} the pool is what it is at {used:.2f}.")
    st.stop()
first, second = st.columns(2, gap="large")
with first:
    st.subheader(f"{len(goes):,} would go", anchor=False)
    _table(goes, "would-go", "Review {n}", _review)
with second:
    st.subheader(f"{len(comes):,} would come", anchor=False)
    _table(comes, "would-come", "Keep {n} anyway", _keep)
