"""Asking from the page: a model for its answers, a judge for its comparisons; how far that is, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.evaluation import asking, models
from core.evaluation.asking import Ahead
from core.evaluation.plans import JUDGE, JUDGE_PROMPT, RESPOND, JudgePlan, ReplySampling, RespondPlan
from core.llm import target as targets
from core.llm.body import ANSWERING
from core.records import Budget, Endpoint, Run, WinnowError
from core.runs import control
from core.words import brief, money, number_of
from pages.evaluate import sheets
from pages.shared import delivery, running, session
from pages.shared.plain import block, sendable

STARTED = "evaluate-started"  # the run that was begun here


def follow() -> None:
    """How far what asks is, each second; when it has ended, what came of it and where that stands."""
    database, pool = session.database(), session.pool()
    runs = [control.shown(database, pool.id, method) for method in (RESPOND, JUDGE)]
    for run in filter(running.is_at_work, runs):
        if run is not None:
            _progress(run.id)
    ended = next((run for run in runs if run is not None and run.id == st.session_state.get(STARTED)), None)
    if ended is None or running.is_at_work(ended):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(sendable(f"Run {ended.id} {running.mark(ended)}: {ended.message}"), width="content")
        if ended.method == JUDGE and ended.counts.get("completed"):
            st.button("See the win rates", key="evaluate-to-wins", on_click=sheets.go_to_wins)


def _progress(run_id: int) -> None:
    @st.fragment(run_every=1)
    def live() -> None:
        run = control.get(session.database(), run_id)
        if not running.is_at_work(run):
            st.rerun()
        done, of = control.progress(run)
        st.progress(min(1.0, done / of) if of else 0.0, running.progress_line(run))

    live()


def model_form(set_name: str) -> None:
    """Ask a model for what it has not answered yet."""
    database = session.database()
    target = targets.default_target(database)
    tuned = models.tuned(database)
    last = control.shown(database, session.pool().id, RESPOND)
    if last is not None:
        delivery.waiting_file(last)
        running.refusal()
    with st.expander("Ask a model"):
        st.text(
            f"At {target.resolved().label}; the page Models changes that. A run that was put down goes on from here."
        )
        one, two, three = st.columns(3)
        names = [target.model, *(each.name for each in tuned)]
        asked = one.selectbox(
            "Model", list(dict.fromkeys(filter(None, names))), accept_new_options=True, key="evaluate-asked"
        )
        label = two.text_input("Its name here", placeholder=asked or "as the model", key="evaluate-label")
        endpoint = three.selectbox(
            "Endpoint",
            [each.value for each in ANSWERING],
            index=ANSWERING.index(target.endpoint),
            key="evaluate-end",
        )
        system = st.text_input("System message", key="evaluate-system", placeholder="none")
        first = RespondPlan(set_name, "m", replace(target, endpoint=Endpoint(endpoint)))
        left, right = st.columns(2)
        given = left.text_area(
            "Template, with an input", first.templates[0], height=110, key=f"evaluate-with-{endpoint}"
        )
        none = right.text_area("Template, without", first.templates[1], height=110, key=f"evaluate-none-{endpoint}")
        st.caption("A layout that the model was not trained on measures the layout.")
        temperature = one.number_input("Temperature", 0.0, 2.0, 0.0, 0.1, key="evaluate-temperature")
        most = two.number_input("Most tokens a reply", 1, 100_000, 1024, key="evaluate-most")
        usd = three.number_input("Dollars at most", 0.0, value=None, placeholder="no limit", key="evaluate-usd")
        target = delivery.choose(target, "evaluate")
        try:
            plan = RespondPlan(
                set_name,
                label.strip() or asked or "",
                replace(target, model=asked or "", endpoint=Endpoint(endpoint)),
                system,
                given,
                none,
                ReplySampling(temperature=temperature, max_tokens=most),
            )
            ahead = asking.respond_ahead(database, plan)
        except WinnowError as error:
            st.text(brief(str(error)))
            return
        _told(ahead)
        if st.button("Ask", type="primary", key="evaluate-ask", disabled=not ahead.requests):
            try:
                begun = asking.start_respond(database, session.pool().id, plan, Budget(usd=usd or None))
                release = next((each.release_id for each in tuned if each.name == asked), None)
                if release is not None:
                    models.register(database, plan.name, release_id=release)
            except WinnowError as error:
                st.text(brief(str(error)))
                return
            _started(begun)


def judge_form(set_name: str, names: Sequence[str]) -> None:
    """Ask a judge to compare two models, in both orders."""
    database = session.database()
    target = targets.default_target(database)
    with st.expander("Ask a judge"):
        st.text(f"At {target.resolved().label}. Every pair is judged in both orders; ties are kept.")
        one, two, three = st.columns(3)
        model = one.selectbox("Model", names, index=len(names) - 1, key="evaluate-judged")
        baseline = two.selectbox("Against", names, index=0, key="evaluate-base")
        judge = three.text_input("Judge", target.model, key="evaluate-judge")
        prompt = st.text_area("Its prompt", JUDGE_PROMPT, height=220, key="evaluate-prompt")
        most = one.number_input("Most tokens a reply", 1, 100_000, 256, key="evaluate-judge-most")
        usd = two.number_input("Dollars at most", 0.0, value=None, placeholder="no limit", key="evaluate-judge-usd")
        target = delivery.choose(target, "judge")
        try:
            asked = replace(target, model=judge.strip())
            plan = JudgePlan(set_name, model, baseline, asked, prompt, sampling=ReplySampling(max_tokens=most))
            ahead = asking.judge_ahead(database, plan)
        except WinnowError as error:
            st.text(brief(str(error)))
            return
        if plan.warning:
            st.text(plan.warning)
        _told(ahead)
        if st.button("Judge", type="primary", key="evaluate-start-judge", disabled=not ahead.requests):
            try:
                begun = asking.start_judge(database, session.pool().id, plan, Budget(usd=usd or None))
            except WinnowError as error:
                st.text(brief(str(error)))
                return
            _started(begun)


def _told(ahead: Ahead) -> None:
    if not ahead.requests or ahead.cost is None or ahead.first is None:
        st.text("Nothing is left to ask.")
        return
    cost = ahead.cost
    st.text(
        f"{number_of(ahead.requests, 'request')}, about {number_of(cost.tokens, 'token')}, {money(cost.usd)} (an "
        f"estimate; at most "
        f"{money(cost.most_usd)})."
    )
    with st.popover("The first request, as it will be sent"):
        block(ahead.first.prompt, 300)


def _started(run: Run) -> None:
    session.runner().wake()
    st.session_state[STARTED] = run.id
    st.rerun()  # how far it is stands above, and what is left to ask is another number
