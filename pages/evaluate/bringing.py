"""A file on its way into a set: chosen, read, and what came of it said in counts."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.evaluation.importing import What, import_file
from core.evaluation.words import EvaluationImport
from core.records import WinnowError
from core.words import brief, number_of
from pages.shared import session
from pages.shared.uploading import sent

_WORDS = {
    What.SET: "an evaluation set",
    What.RESPONSES: "a model's responses",
    What.ANNOTATIONS: "a judge's annotations (AlpacaEval)",
    What.GRADES: "people's grades",
}


def form(set_name: str, kinds: Sequence[What]) -> None:
    """Choose a file and bring it in; the set's name is asked for where a new one is made."""
    last: EvaluationImport | None = st.session_state.pop("evaluate-imported", None)
    if last is not None:
        _told(last)
    with st.expander("Bring a file in", expanded=What.SET in kinds), st.form("evaluate-bring", border=False):
        one, two, three = st.columns(3)
        what = one.selectbox("It holds", list(kinds), format_func=_WORDS.__getitem__) if len(kinds) > 1 else kinds[0]
        name = one.text_input("Name of the set") if what is What.SET else set_name
        model = two.text_input("Model", placeholder="where the file does not say") if what is not What.SET else ""
        file = sent(three.file_uploader("JSON, JSON Lines, CSV or Parquet", key="evaluate-file"))
        if st.form_submit_button("Bring in", type="secondary"):
            if file is None:
                st.text("Choose a file first.")
                return
            with file.on_disk() as path:
                try:
                    done = import_file(session.database(), name, path, what, model=model, actor=session.reviewer())
                except WinnowError as error:
                    st.text(brief(str(error)))
                    return
            st.session_state["evaluate-imported"] = done
            if what is What.SET:
                st.session_state["evaluate-set"] = done.set_name
            st.rerun()


def _told(done: EvaluationImport) -> None:
    lines = [f"{done.added:,} {done.kind} added to {done.set_name}, {done.known:,} were there."]
    lines += [f"{number_of(done.unmatched, 'row', 'are')} of no task of the set."] if done.unmatched else []
    lines += [f"{done.differs:,} differ from what is stored, which stays."] if done.differs else []
    lines += [f"{number_of(done.left_out, 'further instance', 'were')} left out."] if done.left_out else []
    lines += [f"line {line}: {reason}" for line, reason in done.faults[:10]]
    lines += [f"and {len(done.faults) - 10:,} more bad rows"] if len(done.faults) > 10 else []
    for line in lines:
        st.text(line)
