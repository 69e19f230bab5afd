"""Overview: the way from seeds to release, what runs, what to do next."""

from __future__ import annotations

import streamlit as st

from core import pools
from core.audit.audit_estimate import ValidityEstimate
from core.audit.headline import headline
from core.audit.results import StillJudging
from core.pools import Funnel
from core.runs import control
from core.words import number_of, spent
from pages.overview import glances, guide, way
from pages.shared import contents, plain, running, session
from pages.shared.links import go
from pages.shared.running import progress_line

pool = session.pool()
funnel = pools.funnel(session.database(), pool.id)

st.title("Overview", anchor=False)
is_guided = guide.draw(pool, funnel)
running.refusal()


def _steps(funnel: Funnel) -> list[tuple[str, int, str]]:
    return [
        ("seeds", funnel.seeds, "seeds"),
        ("candidates", funnel.candidates.arrived, "generate"),
        ("accepted tasks", funnel.candidates.accepted, "diversity"),
        ("instances", funnel.instances, "review"),
        ("reviewed", funnel.reviewed, "review"),
        ("approved", funnel.approved, "release"),
        ("released", funnel.released, "release"),
    ]


def _next_step(funnel: Funnel) -> tuple[str, str, str]:
    """What to do next: a sentence, the button's label, the page."""
    waiting = funnel.instances - funnel.reviewed
    if waiting and not funnel.reviewed:
        return f"{number_of(waiting, 'instance', 'are')} here: see what they are, then judge.", "Look", "diversity"
    if not funnel.seeds and not funnel.instances:
        return "prompts are built from seeds, and none is switched on here; or bring tasks in.", "Add seeds", "seeds"
    if not funnel.instances and not funnel.candidates.arrived:
        return f"{number_of(funnel.seeds, 'seed', 'are')} ready; the first batch takes seconds.", "Generate", "generate"
    if waiting:
        return f"{number_of(waiting, 'instance', 'wait')} for a first rating.", "Review", "review"
    if funnel.approved:
        return f"{number_of(funnel.approved, 'instance', 'are')} approved.", "Release", "release"
    return "Everything is reviewed and nothing approved; grow some more.", "Generate", "generate"


with st.container(horizontal=True, gap="small", key="way"):
    for label, n, page in _steps(funnel):
        with st.container(border=True, gap="xsmall"):
            st.metric(label, f"{n:,}")
            st.page_link(contents.file_of(page), label="open")

sentence, label, page = _next_step(funnel)
with st.container(horizontal=True, vertical_alignment="center"):
    if st.button(label, type="secondary" if is_guided else "primary", key="next"):
        go(contents.file_of(page), label)
    if page == "diversity" and st.button("Review", key="next-review"):
        go(contents.file_of("review"), "Review")
    if page == "seeds" and st.button("Import", key="next-import"):
        go(contents.file_of("pools"), "Import")
    st.text(f"Next: {sentence}")


def _work() -> None:
    recent = control.of_pool(session.database(), pool.id, limit=5)
    st.subheader("Runs", anchor=False)
    if not recent:
        st.caption("No run yet. Generate starts one.")
    for run in recent:
        st.text(progress_line(run) + (f": {run.message}" if run.message else ""))
    paid = pools.spent(session.database(), pool.id)
    its = paid.usage
    of_each = f"; {paid.of_each}" if paid.of_each else ""
    st.caption(plain.label(f"Spent in this pool: {spent(its.requests, its.tokens, its.usd, its.usd_known)}{of_each}"))


estimate = headline(session.database(), pool.id, session.reviewer())
busy = bool(control.at_work(session.database()))
match estimate:
    case StillJudging():
        st.text("Estimated valid: opens when you have judged your part of the audit, or have looked at its result.")
    case ValidityEstimate():
        st.text(f"Estimate: {estimate.sentence[:1].lower()}{estimate.sentence[1:]}")

way.draw(pool, funnel)
glances.draw(pool, funnel)
st.fragment(_work, run_every=2 if busy else None)()
