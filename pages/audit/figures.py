"""What an audit found, for the views that show it; while it would colour the reviewer's answers they are told so."""

from __future__ import annotations

import streamlit as st

from core.audit import results
from core.audit.frozen import Audit
from core.audit.results import Result, StillJudging
from pages.shared import plain, session

_LOOK = "audit-look"  # the audit that the reviewer has just asked to see


def result(audit: Audit, reviewer: str) -> Result | StillJudging:
    """What the audit found, or why it stays closed."""
    look = st.session_state.pop(_LOOK, None) == audit.id
    with st.spinner("Working out the figures…", show_time=False):
        return results.result(session.database(), audit.id, reviewer, look=look)


def closed(still: StillJudging) -> None:
    """Say why nothing is shown, and what to do next."""
    st.info(plain.label(still.sentence))
    with st.container(horizontal=True):
        label = "Judge first" if still.may_look else "Go on judging"
        st.button(label, type="primary", on_click=_judge, shortcut="enter")
        if still.may_look:
            st.button("Show me what others said", on_click=_look, args=(still.audit.id,))


def _look(audit_id: int) -> None:
    st.session_state[_LOOK] = audit_id


def _judge() -> None:
    st.session_state["audit-view"] = "Judge"
