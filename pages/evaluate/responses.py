"""What models answered, what they learned from, and asking another one."""

from __future__ import annotations

import streamlit as st

from core.evaluation import models
from core.evaluation.importing import What
from core.evaluation.models import Answered
from core.evaluation.words import StillRating, reasons
from core.records import WinnowError
from core.words import brief, number_of
from pages.evaluate import asking, bringing
from pages.evaluate.sheets import withheld
from pages.shared import session, tables
from pages.shared.plain import cells


def draw(set_name: str, reviewer: str) -> None:
    """The models that answered the set, and ways to bring more in."""
    found = models.answered(session.database(), set_name, reviewer)
    if isinstance(found, StillRating):
        withheld(found)
        return
    if not found:
        st.text("No model has answered this set yet: ask one, or import what it answered elsewhere.")
    else:
        _table(found)
    asking.follow()
    asking.model_form(set_name)
    if len(found) > 1:
        asking.judge_form(set_name, [each.model.name for each in found])
    bringing.form(set_name, (What.RESPONSES, What.ANNOTATIONS, What.GRADES))
    if found:
        _register([each.model.name for each in found])


def _table(found: tuple[Answered, ...]) -> None:
    is_registered = any(each.model.release or each.model.data or each.model.size for each in found)
    tables.show(
        cells(
            {
                "model": each.model.name + (" (demo)" if each.model.demo else ""),
                "responses": each.responses,
                "without an answer": reasons(each.why_empty),
                "mean characters": each.length,
                **(
                    {
                        "learned from": each.model.release or each.model.data,
                        "instances": each.model.size,
                        "line": each.model.quality,
                    }
                    if is_registered
                    else {}
                ),
            }
            for each in found
        ),
        key="evaluate-models",
        at_right=("without an answer",),
        column_config={"mean characters": st.column_config.NumberColumn(format="%.0f")},
    )


def _register(names: list[str]) -> None:
    with st.expander("What a model learned from"), st.form("evaluate-register", border=False):
        one, two, three = st.columns(3)
        name = one.selectbox("Model", names)
        releases = {release.id: release for release in models.releases(session.database())}
        release = two.selectbox(
            "Release",
            list(releases),
            index=None,
            format_func=lambda number: f"{number}  {releases[number].name}, {number_of(releases[number].rows, 'row')}",
            placeholder="none of this database",
        )
        data = three.text_input("Other data, in words", placeholder="such as an outside set")
        size = one.number_input("Training instances", 1, value=None, placeholder="the release's rows")
        quality = two.text_input("Line on the curve", placeholder="such as: outputs rewritten")
        if st.form_submit_button("Keep"):
            try:
                models.register(
                    session.database(),
                    name,
                    release_id=release,
                    data=data or None,
                    size=size,
                    quality=quality or None,
                )
            except WinnowError as error:
                st.text(brief(str(error)))
                return
            st.rerun()
