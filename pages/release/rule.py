"""The rule of a release as a form. What it says is kept for the session by pool; widgets only show it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.importing.kept import columns_kept
from core.records import Grade, Pool, Refused, WinnowError
from core.release.predicate import MADE, Disagreement, Predicate, parsed, predicate_of
from core.release.preview import runs
from core.words import brief
from pages.shared import session
from pages.shared.plain import sendable

DISAGREEMENTS = {
    Disagreement.ALL: "every rating must pass",
    Disagreement.MAJORITY: "more than half must pass",
    Disagreement.MEDIAN: "the middle rating must pass",
    Disagreement.ADJUDICATED: "only an adjudicator lets it out",
}
NO_GRADE = "any"


def current(pool: Pool) -> Predicate:
    """The rule as it stands in this session; at first what a person approved."""
    found: Predicate = st.session_state.setdefault(f"rule-{pool.id}", Predicate())
    return found


def put(pool: Pool, rule: Predicate) -> None:
    """Make this the rule; the form shows it from the next run on."""
    st.session_state[f"rule-{pool.id}"] = rule
    for name, value in _shown(rule).items():
        st.session_state[_key(pool, name)] = value


def change(pool: Pool, **fields: Any) -> None:
    """Change fields of the rule."""
    put(pool, predicate_of({**current(pool).as_json(), **fields}))


def editor(pool: Pool) -> None:
    """Draw the form; what it says becomes the rule. A field that cannot be is told in words and left as it was."""
    for name, value in _shown(current(pool)).items():
        st.session_state.setdefault(_key(pool, name), value)
    st.button(
        "Back to the default: what a person approved", key="rule-approved", on_click=put, args=(pool, Predicate())
    )
    judged, made, limits = st.columns(3, gap="large")
    with judged:
        _judged(pool)
    with made:
        _made(pool)
    with limits:
        _limits(pool)
    try:
        st.session_state[f"rule-{pool.id}"] = _read(pool)
    except WinnowError as error:
        st.text(brief(str(error)))
    _as_text(pool)


def _judged(pool: Pool) -> None:
    st.caption("Judged")
    st.number_input("Ratings of the present text, at least", 0, step=1, key=_key(pool, "min_ratings"))
    st.checkbox("Valid", key=_key(pool, "valid"))
    st.segmented_control(
        "Grade at least", [*(grade.value for grade in Grade), NO_GRADE], required=True, key=_key(pool, "min_grade")
    )
    st.selectbox(
        "Where reviewers differ",
        [each.value for each in Disagreement],
        format_func=lambda each: DISAGREEMENTS[Disagreement(each)],
        key=_key(pool, "disagreement"),
        help="An adjudicator's word, where there is one, always decides.",
    )
    st.checkbox("No open flag", key=_key(pool, "no_open_flags"))


def _made(pool: Pool) -> None:
    st.caption("Made")
    st.pills(
        "Origins (none chosen: all)",
        [origin.value for origin in MADE],
        selection_mode="multi",
        key=_key(pool, "origins"),
    )
    known = sorted({*runs(session.database(), pool.id), *current(pool).runs})
    st.multiselect("Runs (none chosen: all)", known, key=_key(pool, "runs"), placeholder="every run")
    st.checkbox("Include the seeds that are switched on", key=_key(pool, "include_seeds"))
    st.text_area(
        "Keep away from these texts, one a line",
        key=_key(pool, "away_from"),
        height=84,
        placeholder="for example the instructions of an evaluation set",
    )
    st.number_input("ROUGE-L to them at most", 0.05, 1.0, step=0.05, key=_key(pool, "away_threshold"))
    columns = columns_kept(session.database(), pool.id)
    if columns or current(pool).fields:
        st.text_area(
            "Columns of imported rows, one “column = value” a line",
            key=_key(pool, "fields"),
            height=84,
            placeholder=sendable("for example " + ", ".join(columns[:8]) + " = …"),
        )


def _limits(pool: Pool) -> None:
    st.caption("Beside each other")
    whole: dict[str, Any] = {"value": None, "placeholder": "no limit", "step": 1}
    st.number_input("Rows a task at most", 1, key=_key(pool, "max_per_task"), **whole)
    st.number_input("Rows a root verb at most", 1, key=_key(pool, "max_per_verb"), **whole)
    st.number_input(
        "Rows of classification tasks at most",
        0,
        key=_key(pool, "max_classification"),
        **whole,
    )
    share: dict[str, Any] = {"value": None, "placeholder": "no limit", "step": 0.05}
    st.number_input(
        "Share of classification at most",
        0.0,
        1.0,
        key=_key(pool, "max_classification_share"),
        **share,
    )
    st.number_input(
        "ROUGE-L inside the release at most",
        0.05,
        1.0,
        key=_key(pool, "novelty"),
        help="No instruction closer than this to an earlier one of the release.",
        **share,
    )


def _as_text(pool: Pool) -> None:
    with st.popover("The rule as JSON"):
        st.code(current(pool).text, language="json", height=260)
        text = st.text_area("Another rule, pasted here", key=f"rule-pasted-{pool.id}", height=120)
        if st.button("Use it", key="rule-use", disabled=not text.strip()):
            try:
                given = parsed(text)
            except WinnowError as error:
                st.text(brief(str(error)))
            else:
                st.session_state["rule-next"] = given
                st.rerun()


def _read(pool: Pool) -> Predicate:
    """The rule that the widgets show. `include_demo` has its tick elsewhere on the page."""
    said: dict[str, Any] = {name: st.session_state[_key(pool, name)] for name in _shown(current(pool))}
    said["min_grade"] = None if said["min_grade"] == NO_GRADE else said["min_grade"]
    lines = [line.partition("=") for line in said["fields"].splitlines() if line.strip()]
    if wrong := next((column for column, sign, _ in lines if not sign), None):
        raise Refused(f'"{wrong.strip()}" is not COLUMN = VALUE; write for example topic = rivers.')
    said["fields"] = {column.strip(): value.strip() for column, _, value in lines}
    said["away_from"] = [line.strip() for line in said["away_from"].splitlines() if line.strip()]
    return predicate_of({**said, "include_demo": current(pool).include_demo})


def _shown(rule: Predicate) -> dict[str, Any]:
    """A rule as the widgets hold it."""
    said = {name: value for name, value in rule.as_json().items() if name != "include_demo"}
    return said | {
        "min_grade": rule.min_grade.value if rule.min_grade else NO_GRADE,
        "disagreement": rule.disagreement.value,
        "away_from": "\n".join(rule.away_from),
        "fields": "\n".join(f"{column} = {value}" for column, value in rule.fields),
    }


def _key(pool: Pool, name: str) -> str:
    return f"rule-{pool.id}-{name}"
