"""The items of an audit with everybody's answers, and the last word where reviewers differ."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.audit import judging
from core.audit.frozen import Audit
from core.audit.judged import DIFFERENCES, JudgedItem
from core.audit.results import StillJudging
from core.pool.guidelines import QUESTIONS
from core.pool.judgement import Judgement
from core.records import Grade, Rating, Refused
from core.words import number_of
from pages.audit import figures as audit_figures
from pages.shared import reader, session, tables, views
from pages.shared.plain import label

_SHOWN: dict[str, Callable[[JudgedItem], bool]] = {
    "all": lambda item: True,
    "reviewers differ": lambda item: item.is_open,
    "settled": lambda item: bool(item.differs_on) and not item.is_open,
    "not valid": lambda item: item.is_valid is False,
    "not judged": lambda item: not item.ratings,
}
_ANSWERS = {"yes": True, "no": False}
_WORDS = {True: "yes", False: "no"}


def draw(audit: Audit, reviewer: str) -> None:
    """A table of the items; the chosen one below it."""
    shown_to = audit_figures.result(audit, reviewer)
    if isinstance(shown_to, StillJudging):
        audit_figures.closed(shown_to)
        return
    every = shown_to.items
    if st.session_state.get("audit-shown") not in _SHOWN:
        st.session_state["audit-shown"] = "all"
    which = views.chosen(_SHOWN, "audit-shown", "Show")
    shown = [item for item in every if _SHOWN[which](item)]
    if which == "reviewers differ":
        shown.sort(key=_apart)
    st.caption(
        f"{len(shown)} of {number_of(len(every), 'item')}{_kinds(shown)}. Beside a grade y or n: valid task, "
        "input fits, output right. Choose a row to read it below."
    )
    if which == "reviewers differ" and not shown:
        st.text("Nothing waits for a last word.")
    half_way = [f"{name} {n} of {audit.drawn}" for name, n in shown_to.progress.items() if n < audit.drawn]
    if half_way:
        later = ": where they differ from others is listed once they are done" if every[0].unfinished else ""
        can_change = "figures can" if later else "figures and differences can"
        st.text(
            f"Not done yet: {', '.join(half_way)}. Their answers count where they were given, so {can_change} still "
            f"change{later}."
        )
    names = sorted({rating.reviewer for item in every for rating in item.ratings})
    picked = tables.pick(
        (_row(item, names, any(one.differs_on for one in every)) for item in shown),
        [item.position for item in shown],
        f"audit-items-{audit.id}-{which}",
        one=True,
        at_most=260,
        column_config={
            "item": st.column_config.NumberColumn(width=50),
            "counts as": st.column_config.TextColumn(width=75),
            "differ on": st.column_config.TextColumn(width=185),
            "instruction": st.column_config.TextColumn(width="large"),
        },
    )
    if shown:
        _one(audit, next((item for item in shown if item.position in picked), shown[0]), reviewer)


def _row(item: JudgedItem, names: list[str], among: bool) -> dict[str, object]:
    by = {rating.reviewer: rating for rating in item.ratings}
    return {
        "item": item.position,
        "counts as": item.grade.value if item.grade else "–",
        # A reviewer may be called anything, "item" too.
        **{f"by {name}": _short(by.get(name)) for name in names},
        **(
            {"differ on": ", ".join(DIFFERENCES[key] for key in item.differs_on), "last word": _by(item)}
            if among
            else {}
        ),
        "instruction": item.instruction,
        "input": item.input,
        "output": item.output,
    }


def _by(item: JudgedItem) -> str:
    """Whose last word counts, and whether they are one of those who differ; "" without one."""
    if item.adjudication is None:
        return ""
    return item.adjudication.reviewer + (", who is a party to it" if item.is_settled_by_party else "")


def _kinds(items: list[JudgedItem]) -> str:
    """How many of them are differences of grade, and how many of answers to the questions alone, that wait."""
    graded = sum(item.is_open and item.is_disputed for item in items)
    answered = sum(item.is_open for item in items) - graded
    return f"; reviewers differ on {graded} in the grade, on {answered} in answers alone" if graded + answered else ""


def _apart(item: JudgedItem) -> tuple[int, int, int]:
    """The furthest apart in grade first, then the most answers that differ."""
    steps = [tuple(Grade).index(rating.grade) for rating in item.ratings if rating.grade]
    return (min(steps) - max(steps) if steps else 0, -len(item.differs_on), item.position)


def _short(rating: Rating | None) -> str:
    if rating is None:
        return ""
    answers = "".join({True: "y", False: "n", None: "–"}[getattr(rating, question.key)] for question in QUESTIONS)
    return f"{rating.grade.value if rating.grade else '–'} {answers}"


def _one(audit: Audit, item: JudgedItem, reviewer: str) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left, st.container(gap="xsmall", key=f"audit-text-read-{item.position}"):
        texts = (("Instruction", item.instruction), ("Input", item.input), ("Output", item.output))
        reader.in_place(texts, f"audit-{item.position}")
    with right:
        for rating in (*item.ratings, *([item.adjudication] if item.adjudication else [])):
            _rating(rating, rating is item.adjudication, item.is_settled_by_party)
        if item.differs_on:
            _last_word(audit, item, reviewer)
        st.caption(
            f"item {item.position}, task {item.task_id}, instance {item.instance_id}, text {item.text_hash[:12]}"
        )


def _last_word(audit: Audit, item: JudgedItem, reviewer: str) -> None:
    """Answers that count whatever the reviewers said; what is left open stays as the reviewers have it."""
    on = ", ".join(DIFFERENCES[key] for key in item.differs_on)
    st.caption(f"Reviewers differ on: {on}. The last word counts whatever they said; an open answer stays theirs.")
    if any(rating.reviewer == reviewer for rating in item.ratings):
        st.caption(
            "You are one of them. A last word of yours counts, and is told as one by a party wherever it stands."
        )
    its = f"{audit.id}-{item.position}"
    for question in QUESTIONS:
        said = getattr(item.adjudication, question.key, None)
        st.segmented_control(
            question.text,
            list(_ANSWERS),
            default=None if said is None else _WORDS[said],
            key=f"settle-{question.key}-{its}",
        )
    with st.container(horizontal=True):
        for grade in Grade:
            st.button(
                grade.value, key=f"settle-{its}-{grade.value}", on_click=_settle, args=(audit, item, reviewer, grade)
            )
        kept = item.adjudication.grade if item.adjudication is not None else None
        text = f"Keep {kept.value}" if kept else "The answers alone"
        st.button(text, key=f"settle-{its}-answers", on_click=_settle, args=(audit, item, reviewer, kept))


def _rating(rating: Rating, settles: bool, is_party: bool = False) -> None:
    word = " (last word, by one of those who differ)" if is_party else " (last word)"
    said = [
        f"{question.text} {'–' if answer is None else 'yes' if answer else 'no'}"
        for question in QUESTIONS
        for answer in (getattr(rating, question.key),)
    ]
    with st.container(border=True, gap="xsmall"):
        st.text(f"{rating.reviewer}{word if settles else ''}: {rating.grade.value if rating.grade else '–'}")
        st.caption("  \n".join(said))
        if rating.flags:
            st.text("flags: " + ", ".join(rating.flags))
        if rating.note:
            st.text(rating.note)


def _settle(audit: Audit, item: JudgedItem, reviewer: str, grade: Grade | None) -> None:
    its = f"{audit.id}-{item.position}"
    answers = {q.key: _ANSWERS.get(st.session_state.get(f"settle-{q.key}-{its}") or "") for q in QUESTIONS}
    seen = item.adjudication.id if item.adjudication is not None else None
    try:
        said = Judgement(grade).with_answers(answers)
        judging.settle(session.database(), audit, item.position, reviewer, said, seen)
    except Refused as error:
        st.toast(label(str(error)))
