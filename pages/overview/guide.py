"""The first minute: what Winnow is, and five steps through it, each one click."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from core.audit import audit as audits
from core.audit import judging
from core.llm import target as models
from core.pools import Funnel, guide
from core.records import Pool
from core.review import progress
from core.runs.until import Until
from core.selfinstruct.loop import METHOD, SelfInstructPlan
from core.selfinstruct.settings import SelfInstructSettings
from pages.shared import contents, running, session
from pages.shared.links import go
from pages.shared.session import DEMO_POOL

WHAT = "Winnow grows, shows, judges and releases data for instruction tuning."
RECORDED = "Five steps, with recorded replies: no key is needed, and nothing leaves this machine."
JUDGED, AUDITED = 5, 10  # what the third and the fourth step ask


@dataclass(frozen=True, slots=True)
class _Step:
    """A step: its name, how far it is, and what a click does."""

    name: str
    done: bool
    far: str
    act: Callable[[], None]


def draw(pool: Pool, funnel: Funnel) -> bool:
    """The sentence, and the steps where they are wanted: on the demo until dismissed, elsewhere when asked for.

    Return whether one of the steps is what to do next.
    """
    reviewer = session.reviewer()
    shown = guide.of_reviewer(session.database(), reviewer)
    if shown.dismissed or (shown.dismissed is None and pool.name != DEMO_POOL):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(WHAT)
            st.button("Show the five steps", key="guide-back", type="tertiary", on_click=_dismiss, args=(False,))
        return False
    steps = _steps(pool, funnel, pool.id in shown.looked)
    turn = next((step for step in steps if not step.done), None)
    with st.container(border=True, key="guide", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", key="guide-head"):
            is_recorded = models.default_target(session.database()).resolved().is_demo
            st.text(f"{WHAT} {RECORDED if is_recorded else 'Five steps.'}", width="stretch")
            st.button("Hide", key="guide-away", type="tertiary", on_click=_dismiss, args=(True,))
        with st.container(horizontal=True, gap="small", key="guide-steps"):
            for number, step in enumerate(steps, 1):
                text = f"{'✓ ' if step.done else ''}{number}  {step.name}{step.far}"
                kind: Literal["primary", "secondary"] = "primary" if step is turn else "secondary"
                if st.button(text, key=f"guide-{number}", type=kind, width="stretch"):
                    step.act()
        if turn is None:
            st.caption("That was the whole way. An import, a model of your own or REInstruct's corpus come next.")
    return turn is not None


def _steps(pool: Pool, funnel: Funnel, has_looked: bool) -> tuple[_Step, ...]:
    audited, size = _audited(pool)
    judged = min(progress.rated_by(session.database(), pool.id, session.reviewer()), JUDGED)
    return (
        _Step("Grow a batch", bool(funnel.candidates.arrived), "", lambda: _grow(pool)),
        _Step("Look", has_looked, "", lambda: go(contents.file_of("diversity"), "Look")),
        _Step(
            "Judge five", judged >= JUDGED, f" · {judged} of 5", lambda: go(contents.file_of("review"), "Judge five")
        ),
        _Step("Audit ten", bool(size) and audited >= size, f" · {audited} of {size or AUDITED}", lambda: _audit(pool)),
        _Step("Release", bool(funnel.released), "", lambda: go(contents.file_of("release"), "Release")),
    )


def _audited(pool: Pool) -> tuple[int, int]:
    """How many items of the newest audit this person has judged, of how many that the step asks; (0, 0) without one."""
    newest = next(iter(audits.every(session.database(), pool.id)), None)
    if newest is None:
        return 0, 0
    wanted = min(AUDITED, newest.drawn)
    turn = judging.turn(session.database(), newest, session.reviewer())
    return (wanted if turn is None else min(turn.judged, wanted)), wanted


def _grow(pool: Pool) -> None:
    """A batch at once where it costs nothing; else the page that says what it costs."""
    target = models.default_target(session.database())
    if target.resolved().is_demo:
        plan = SelfInstructPlan(SelfInstructSettings(), target, Until(batches=1))
        running.start(pool.id, METHOD, plan.as_mapping())
    go(contents.file_of("generate"), "Grow a batch")


def _audit(pool: Pool) -> None:
    """A sample of ten where there is none yet; then its judging."""
    with running.telling():
        if not audits.every(session.database(), pool.id):
            audits.new(session.database(), pool.id, size=AUDITED)
    go(contents.file_of("audit"), "Audit ten")


def _dismiss(dismissed: bool) -> None:
    guide.dismiss(session.database(), session.reviewer(), dismissed)
