"""An audit's findings at hand for a page, and whether the reviewer may see them yet."""

from __future__ import annotations

import streamlit as st

from core.audit import audit as audits_of
from core.audit.findings import Findings
from core.audit.judged import JudgedItem
from core.audit.rows import audit_answers, audits
from core.audit.rows.audits import Audit
from pages.shared import session


def found(audit: Audit) -> Findings:
    """What the audit has found; computed once for each state of its ratings."""
    with session.database().read() as c:
        event = audit_answers.last_event(c, audit)
    return _found(str(session.database().engine.url), audit.id, event, audit)


def items(audit: Audit) -> tuple[JudgedItem, ...]:
    """The items with their ratings."""
    with session.database().read() as c:
        return audits_of.judged_items(c, audit)


def shared(one: Audit, other: Audit) -> int:
    """How many items, with the very same text, are in both samples."""
    with session.database().read() as c:
        return audits.shared(c, one, other)


def part_way(audit: Audit, reviewer: str) -> tuple[int, int] | None:
    """(judged, items) while the reviewer is in the middle of judging; None before they begin and once they are done."""
    with session.database().read() as c:
        done = audit_answers.answered(c, audit, reviewer)
    mine = sum(kind == "rate" for kind in done.values())
    return None if mine in (0, len(done)) else (mine, len(done))


def may_see(audit: Audit, reviewer: str) -> bool:
    """Whether nothing can colour the reviewer's answers any more: they have given them all, or chose to look."""
    if part_way(audit, reviewer) is not None:
        return False
    with session.database().read() as c:
        said = audit_answers.progress(c, audit)
        return not said or reviewer in said or audit_answers.has_looked(c, audit, reviewer)


def is_blind(audit: Audit, reviewer: str) -> bool:
    """Say so and return True while others' answers would colour the reviewer's; once they are shown, that is noted."""
    half = part_way(audit, reviewer)
    if half is not None:
        st.info(
            f"You have judged {half[0]} of {half[1]} items. What others said, and the result, open when you have "
            "judged them all, so that nothing colours your answers."
        )
        st.button("Go on judging", type="primary", on_click=_judge, shortcut="enter")
        return True
    if may_see(audit, reviewer):
        _look(audit, reviewer)
        return False
    st.info(
        "You have not judged this audit. Judge it first if you mean to: what you see here would colour your answers. "
        "If you go on, that is noted, and answers that you give afterwards are marked in the report."
    )
    with st.container(horizontal=True):
        st.button("Judge first", type="primary", on_click=_judge, shortcut="enter")
        st.button("Show me what others said", on_click=_look, args=(audit, reviewer))
    return True


def _look(audit: Audit, reviewer: str) -> None:
    with session.database().read() as c:
        noted = audit_answers.has_looked(c, audit, reviewer) or not audit_answers.progress(c, audit)
    if not noted:
        with session.database().write() as c:
            audit_answers.look(c, audit, reviewer)


def _judge() -> None:
    st.session_state["audit-view"] = "Judge"


@st.cache_data(max_entries=64, show_spinner="Working out the figures…")
def _found(where: str, audit_id: int, event: int, _audit: Audit) -> Findings:
    with session.database().read() as c:
        return audits_of.found(c, _audit)
