"""What is the connection's own, and what a trial of it found, as a table."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from core.knobs import settings_of
from core.llm.target import Target
from core.llm.trial import Trial
from core.records import Refused
from core.words import number_of, spent
from pages.shared import tables
from pages.shared.plain import cells

KNOBS = settings_of(Target)


def more(now: Target) -> dict[str, Any]:
    """Draw the fields, headers and the switch of a connection; return them. Raises Refused for no JSON object."""
    with st.expander("More of this connection"):
        extra = st.text_area(
            f"{KNOBS['extra_body'].label} (JSON)",
            json.dumps(dict(now.extra_body)) if now.extra_body else "",
            key="extra-body",
            placeholder='{"reasoning_effort": "none"}, {"chat_template_kwargs": {"enable_thinking": false}}',
        )
        headers = st.text_area(
            f"{KNOBS['headers'].label} (JSON)",
            json.dumps(dict(now.headers)) if now.headers else "",
            key="headers",
            placeholder='{"X-Team": "annotators"}',
        )
        leave_out = st.checkbox(
            KNOBS["leave_out"].label,
            now.leave_out,
            key="leave-out",
        )
    return {
        "extra_body": _object("The fields", extra),
        "headers": _object("The headers", headers),
        "leave_out": leave_out,
    }


def show_trial(trial: Trial) -> None:
    """Draw the sentence, the table of steps and parameters, and what the trial took."""
    st.text(trial.sentence)
    if trial.rows:
        tables.show(
            cells(
                {
                    "step": row.step,
                    "parameter": row.parameter,
                    "asked": json.dumps(row.asked),
                    "became": row.verdict,
                    "in words": row.detail,
                }
                for row in trial.rows
            ),
            key="trial",
        )
    if trial.requests:
        context = f"{number_of(trial.context, 'token')}" if trial.context else "not told"
        ends = f" It is shut down on {trial.shutdown}." if trial.shutdown else ""
        st.text(
            f"{'It thinks before it answers' if trial.thoughts else 'No thoughts seen'}; context {context}; "
            f"{spent(trial.requests, trial.prompt_tokens + trial.completion_tokens, trial.usd)}.{ends}"
        )


def _object(what: str, text: str) -> dict[str, Any]:
    try:
        read = json.loads(text or "{}")
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise Refused(f'{what} must be a JSON object, such as {{"name": "value"}}.')
    return read
