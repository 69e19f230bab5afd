"""An audit's findings at hand for a page, and whether the reviewer may see them yet."""

from __future__ import annotations

import streamlit as st

from core.review import audit as audits_of
from core.review.findings import Findings
from core.review.judged import JudgedItem
from core.store import audit_answers
from core.store.audits import Audit
from pages.parts import session


def found(audit: Audit) -> Findings:
    """What the audit has found; computed once for each state of its ratings."""
    with session.database().read() as c:
        event = audit_answers.last_event(c, audit)
    return _found(str(session.database().engine.url), audit.id, event, audit)


def items(audit: Audit) -> tuple[JudgedItem, ...]:
    """The items with their ratings."""
    with session.database().read() as c:
        return audits_of.judged_items(c, audit)


def part_way(audit: Audit, reviewer: str) -> tuple[int, int] | None:
    """(judged, items) while the reviewer is in the middle of judging; None before they begin and once they are done."""
    with session.database().read() as c:
        done = audit_answers.answered(c, audit, reviewer)
    mine = sum(kind == "rate" for kind in done.values())
    return None if mine in (0, len(done)) else (mine, len(done))


def is_blind(audit: Audit, reviewer: str) -> bool:
    """Say so and return True while the reviewer is in the middle of judging: others' answers would colour theirs."""
    half = part_way(audit, reviewer)
    if half is None:
        return False
    st.info(
        f"You have judged {half[0]} of {half[1]} items. What others said, and the result, open when you have judged "
        "them all, so that nothing colours your answers."
    )
    st.button("Go on judging", type="primary", on_click=_judge, shortcut="enter")
    return True


def _judge() -> None:
    st.session_state["audit-view"] = "Judge"


@st.cache_data(max_entries=64, show_spinner="Working out the figures…")
def _found(where: str, audit_id: int, event: int, _audit: Audit) -> Findings:
    with session.database().read() as c:
        return audits_of.found(c, _audit)
