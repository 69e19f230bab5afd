"""The items where models differ most: one click opens the task with every answer, its grades, and the last word."""

from __future__ import annotations

import streamlit as st

from core.evaluation import items
from core.evaluation.results import GradeSheet
from core.evaluation.words import StillRating
from core.records import Grade, WinnowError
from pages.shared import reader, session, tables
from pages.shared.plain import field, label


def draw(set_name: str, reviewer: str, sheet: GradeSheet) -> None:
    """The table of items, and the one that is chosen."""
    st.subheader("Where models differ most", anchor=False)
    if not sheet.apart:
        st.text("No task has grades that differ between models.")
        return
    models = [each.model for each in sheet.models]
    picked = tables.pick(
        (
            {
                "task": each.position,
                "instruction": each.instruction,
                **{model: each.points.get(model) for model in models},
                "apart": each.distance,
            }
            for each in sheet.apart
        ),
        [each.task_id for each in sheet.apart],
        "evaluate-apart",
        one=True,
        at_most=260,
        column_config={"instruction": st.column_config.TextColumn(width="large")}
        | {model: st.column_config.NumberColumn(format="%.1f") for model in (*models, "apart")},
    )
    if not picked:
        st.caption("Mean grade points, A 4 to D 1. Choose a row to read every answer.")
    for task_id in picked:
        _item(set_name, reviewer, task_id)


def _item(set_name: str, reviewer: str, task_id: int) -> None:
    found = items.item(session.database(), set_name, task_id, reviewer)
    if isinstance(found, StillRating):
        st.info(label(str(found)))
        return
    texts = [("Instruction", found.task.instruction), ("Input", found.task.input)]
    reader.in_place([*texts, *(("Expert answer", text) for text in found.task.references)], f"apart-{task_id}")
    for start in range(0, len(found.answers), 3):
        columns = st.columns(3, gap="small")
        for column, answer in zip(columns, found.answers[start : start + 3], strict=False):
            with column, st.container(border=True, height=400, key=f"evaluate-text-answer-{answer.response.id}"):
                st.text(answer.response.model)
                said = ", ".join(f"{who} {grade.value}" for who, grade in answer.grades.items()) or "no grade"
                st.caption(label(said))
                why = answer.response.why_empty
                said_text = answer.response.text
                reader.in_place([("Answer", said_text)], f"apart-{answer.response.id}", highest=260)
                if why and not said_text:
                    st.caption(f"empty: {label(why)}")
                elif why:
                    st.caption(f"counts as no answer: {label(why)}")
                for who, note in answer.notes.items():
                    field("Note", f"{who}: {note}")
                if len(set(answer.grades.values())) > 1 or answer.last_word:
                    st.segmented_control(
                        "Last word",
                        list(Grade),
                        default=answer.last_word,
                        key=f"evaluate-last-{answer.response.id}",
                        on_change=_settle,
                        args=(set_name, answer.response.id, reviewer),
                    )


def _settle(set_name: str, response_id: int, reviewer: str) -> None:
    grade = st.session_state[f"evaluate-last-{response_id}"]
    if grade is None:
        return
    try:
        items.settle(session.database(), set_name, response_id, grade, reviewer)
    except WinnowError as error:
        st.toast(label(str(error)))
