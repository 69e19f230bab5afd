"""What a rule lets out and what it leaves behind, before anything is written."""

from __future__ import annotations

import json
from collections.abc import Hashable

import streamlit as st

from core import pools
from core.records import Pool, Refused
from core.release import preview as core_preview
from core.release.estimate import audit_what_goes_out
from core.release.formats import every
from core.release.predicate import Predicate
from core.release.preview import ReleasePreview
from core.release.reasons import IN_WORDS, Reason
from core.release.selection import ReleaseSelection
from core.words import number_of
from pages.shared import clicked, contents, links, session, tables
from pages.shared.counting import Figured, counted, until_counted
from pages.shared.plain import block, label

SHOWN = 200


def shown(pool: Pool, rule: Predicate) -> Figured[ReleasePreview]:
    """What the rule makes of the pool now; looked up again only when something has changed. Raises Refused."""
    database, reviewer = session.database(), session.reviewer()
    now = core_preview.state(database, pool.id, reviewer)
    return counted(_subject(pool, rule), now, lambda: core_preview.preview(database, pool.id, rule, reviewer))


def until_shown(pool: Pool, rule: Predicate) -> None:
    """Say that the rule's figures are on their way."""
    until_counted(_subject(pool, rule), "Counting what goes out.")


def _subject(pool: Pool, rule: Predicate) -> Hashable:
    return "release", pool.id, rule.text, session.reviewer()


def figures(shown: ReleasePreview) -> None:
    """How many go out, and how good they probably are."""
    found = shown.selection
    with st.container(horizontal=True, vertical_alignment="center", gap="large"):
        st.metric("go out", f"{len(found.admitted):,} of {found.of:,}", width="content")
        st.metric("tasks", f"{found.tasks:,}", width="content")
        if found.demo:
            st.metric("demo rows among them", f"{found.demo:,}", width="content")
        if found.admitted:
            _audit_button(found)
    if shown.quality:
        st.text(shown.quality)
    elif found.admitted:
        st.caption("No audit of this pool is finished, so there is no estimate of their quality.")
    if shown.near_sets:
        st.text(shown.near_sets)


def _audit_button(found: ReleaseSelection) -> None:
    """One click: an audit drawn from exactly what goes out, opened to be judged."""
    if st.button("Audit what goes out", key="audit-what-goes-out", help="Draws 200 of these at random, to be judged."):
        try:
            drawn = audit_what_goes_out(session.database(), session.pool().id, found.predicate, session.reviewer())
        except Refused as error:
            st.toast(label(str(error)))
            return
        st.session_state["audit-chosen"], st.session_state["audit-view"] = drawn.id, "Judge"
        links.go(contents.file_of("audit"), "Judge what goes out")


def cost(pool: Pool) -> None:
    """What the runs of the pool, and each approved instance, cost; nothing where nothing was paid."""
    if told := pools.spent(session.database(), pool.id).sentence:
        st.caption(label(told))


def left_out(pool: Pool, found: ReleaseSelection) -> Reason | None:
    """Every reason with its count; return the one that was clicked."""
    if not found.excluded:
        st.caption("Nothing is left out.")
        return None
    reasons = list(found.excluded)
    chosen = tables.show(
        [{"left out because": IN_WORDS[reason], "instances": len(found.excluded[reason])} for reason in reasons],
        at_most=250,
        on_select="rerun",
        selection_mode="single-row",
        key=f"left-out-{pool.id}-{','.join(reasons)}",
        column_config={"instances": st.column_config.NumberColumn(format="localized", width=90)},
    )
    rows = clicked.rows(chosen, len(reasons))
    return reasons[rows[0]] if rows else None


def rows_behind(found: ReleaseSelection, reason: Reason) -> None:
    """The instances that a reason leaves behind."""
    ids = found.excluded[reason]
    st.subheader(f"Left out: {IN_WORDS[reason]}", anchor=False)
    if len(ids) > SHOWN:
        st.caption(f"The first {SHOWN} of {len(ids):,}.")
    texts = core_preview.left_behind(session.database(), ids[:SHOWN].tolist())
    tables.read(texts, f"left-out-texts-{reason}", height=330, column_config=_TEXTS)


def samples(pool: Pool, shown: ReleasePreview, formats: list[str]) -> None:
    """Some of what goes out, as text or as it will stand in a file."""
    if not shown.samples:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("A sample of what goes out", anchor=False)
        form = st.selectbox(
            "as", ["text", *formats], key=f"sample-form-{pool.id}", label_visibility="collapsed", width=220
        )
    if form == "text":
        out = [row for row in shown.samples if row.admitted]  # some formats hold what was judged bad too
        tables.read(out, f"samples-{pool.id}", column_config=_TEXTS)
        return
    known = every()[form]
    records = [json.dumps(one, ensure_ascii=False) for row in shown.samples for one in known.records(row, 1, 0)]
    if records:
        block("\n".join(records), 260)
    else:
        st.caption(f"None of these {number_of(len(shown.samples), 'row')} has {known.needs}.")


_TEXTS = {
    "": st.column_config.TextColumn(width=60),
    "instruction": st.column_config.TextColumn(width="large"),
    "input": st.column_config.TextColumn(width="medium"),
    "output": st.column_config.TextColumn(width="large"),
}
