"""Reverse and rewrite in small batches: what will be sent, what it may cost, what came, and why some of it went."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core import knobs
from core.corpus import selection_plan
from core.gate.rules import TOO_CLOSE, sentence
from core.llm import target as models
from core.records import Budget, Discard, Endpoint, Run, State, WinnowError
from core.reinstruct import looking
from core.reinstruct.looking import ReversedAnswer
from core.reinstruct.plan import METHOD, REVERSE, REWRITE, ReinstructPlan, Steps
from core.reinstruct.preview import ReinstructPreview, preview
from core.reinstruct.settings import PROMPTS, ReinstructSettings, preset
from core.runs import control
from core.runs.until import Until
from core.words import brief, money, number_of
from pages.shared import delivery, reader, running, session, settings_form, tables, yields
from pages.shared.plain import block
from pages.shared.running import is_at_work

DOES = {Steps.BOTH: "both in turn", Steps.REVERSE: "instructions only", Steps.REWRITE: "answers only"}


def draw() -> None:
    """The whole view."""
    pool, database = session.pool(), session.database()
    target = models.default_target(database)
    if target.resolved().is_demo:
        target = replace(target, endpoint=Endpoint.CHAT)  # its recordings are a chat model's
    head = st.container(horizontal=True, vertical_alignment="bottom")
    with st.expander("Settings of the next run"):
        try:
            settings = _settings(target.endpoint.wording)
        except WinnowError as error:
            st.text(brief(str(error)))
            return
    with head:
        steps = st.segmented_control(
            "Write", list(DOES), format_func=DOES.__getitem__, default=Steps.BOTH, required=True, key="corpus-steps"
        )
        st.text(
            f"{settings.label}   {target.model or 'no model'} on {target.resolved().label}, {target.endpoint.value}"
        )
        st.page_link("pages/models/settings.py", label="change the model")
    target = delivery.choose(target, "corpus")
    plan = ReinstructPlan(settings, target, Until(batches=1), Steps(steps))
    ahead = preview(database, pool.id, plan)
    _buttons(pool.id, plan, ahead)
    running.refusal()
    _prompts(ahead)
    run = control.shown(session.database(), session.pool().id, METHOD)
    _live(is_at_work(run))
    with st.expander("Fates, acceptance and cost", key="corpus-yields", on_change="rerun") as compared:
        if compared.open:  # what it counts grows with the runs
            yields.draw(database, pool, METHOD)


def _settings(endpoint: Endpoint) -> ReinstructSettings:
    st.caption(
        "A chat model is prompted with seeds as examples; the paper trains its own two models, so its 65.41% does not "
        "carry over: this is REInstruct-style."
        if endpoint is Endpoint.CHAT
        else "The paper's layout, for reverse and rewrite models that you have trained on `reinstruct training-data`."
    )
    selection = control.shown(session.database(), session.pool().id, selection_plan.METHOD)
    is_exact = selection is not None and selection_plan.plan_of(selection.settings).preset == "paper_exact"
    exactness = "paper_exact" if is_exact else "mended"
    plain, found = preset(endpoint, exactness), {}
    parts = settings_form.groups(ReinstructSettings)
    for tab, (part, names) in zip(st.tabs(list(parts)), parts.items(), strict=True):
        with tab:
            if part == PROMPTS:
                layout = "chat" if endpoint is Endpoint.CHAT else "layout"
                asked = [f"{step}_{layout}" for step in (REVERSE, REWRITE)]
                found["prompts"] = settings_form.draw(plain.prompts, f"w-{endpoint}-{exactness}", asked)
                names = [name for name in names if name != "prompts"]
            found |= settings_form.draw(plain, f"w-{endpoint}-{exactness}", names)
    return knobs.changed(plain, found)


def _buttons(pool_id: int, plan: ReinstructPlan, ahead: ReinstructPreview | None) -> None:
    nothing = ahead is None and plan.steps is not Steps.REWRITE
    with st.container(horizontal=True, vertical_alignment="bottom"):
        one = st.container(width="content")
        answers = plan.steps is Steps.REWRITE
        there = 0 if answers else control.accepted(session.database(), pool_id)
        goal = st.number_input(
            "answers" if answers else "until the pool has tasks",
            1,
            10_000_000,
            there + 100,
            50,
            key=f"corpus-goal-{answers}",
            width=150,
            help=None if answers else f"The pool has {there:,} beside its seeds.",
        )
        usd = st.number_input("or dollars", 0.0, value=None, placeholder="no limit", key="corpus-usd", width=130)
        limit = st.number_input("or minutes", 0.0, value=None, placeholder="no limit", key="corpus-limit", width=130)
        budget = Budget(usd=usd or None, seconds=limit * 60 if limit else None)
        until = replace(plan, until=Until(tasks=goal) if answers else Until(pool=goal))
        then = st.container(width="content")
        may = running.may_spend(plan.target, budget, "corpus-without-price")
        one.button(
            "Run one batch",
            type="primary",
            key="corpus-one",
            on_click=_start,
            args=(pool_id, plan, budget),
            disabled=nothing or not may,
        )
        then.button(
            "Run until then",
            key="corpus-until",
            on_click=_start,
            args=(pool_id, until, budget),
            disabled=nothing or goal <= there or not may,
        )
        if nothing:
            st.caption("No text waits: select some first, or let others wait again.")
        elif ahead is not None:
            batch = ahead.a_text.times(plan.settings.texts_per_batch)
            st.caption(
                f"A batch: {number_of(plan.settings.texts_per_batch, 'text')}, about "
                f"{number_of(batch.tokens, 'token')}, {money(batch.usd)} "
                f"(an estimate; at most {money(batch.most_usd)})"
            )


def _start(pool_id: int, plan: ReinstructPlan, budget: Budget) -> None:
    with running.telling():
        models.checked_target(plan.target)
        running.start(pool_id, METHOD, plan.as_mapping(), budget)


def _prompts(ahead: ReinstructPreview | None) -> None:
    if ahead is None:
        return
    with st.expander("The exact prompts that will be sent for the next text"):
        first, second = st.tabs(["reverse: its instruction", "rewrite: its answer"])
        for tab, request in ((first, ahead.reverse), (second, ahead.rewrite)):
            with tab:
                block(request.prompt, 320)
                st.json(
                    {k: v for k, v in request.body.items() if k not in ("prompt", "messages")},
                    expanded=False,
                )


def _live(at_work: bool) -> None:
    @st.fragment(run_every=1 if at_work else None)
    def run_of_now() -> None:
        run = control.shown(session.database(), session.pool().id, METHOD)
        if run is None:
            st.info("No run yet. One batch takes seconds with the demo, and shows each text with what became of it.")
            return
        if at_work != is_at_work(run):
            st.rerun()  # the whole page, which looks again or stops looking
        _figures(run)
        _batch(run)

    run_of_now()


def _figures(run: Run) -> None:
    counts = run.counts
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"Run {run.id}: {running.mark(run)}", anchor=False, width="content")
        running.controls(run)
        st.text(f"{run.settings['settings']['label']}   {run.message or counts.get('note', '')}")
    delivery.waiting_file(run)
    brought = {
        "texts asked": f"{counts.get('texts', 0):,}",
        "instructions accepted": f"{counts.get('accepted', 0):,}",
        "answers kept": f"{counts.get('instances', 0):,} of {counts.get('completed', 0):,}",
    }
    running.figures(run, brought)


def _batch(run: Run) -> None:
    """The latest batch of a run, or the one that is asked for."""
    admitted = [batch.number for batch in control.batches(session.database(), run.id)]
    if not admitted:
        if run.settings["steps"] == Steps.REWRITE.value:
            st.caption("Answers come to instructions of earlier runs; the view Answers has them all.")
        return
    number = admitted[-1]
    if len(admitted) > 1:
        chosen = st.selectbox(
            "batch",
            admitted[::-1],
            format_func=lambda one: f"batch {one + 1}" + (" (latest)" if one == admitted[-1] else ""),
            key=f"corpus-batch-{run.id}",
            width=170,
            label_visibility="collapsed",
        )
        number = chosen
    found, why = looking.batch(session.database(), run.pool_id, run.id, number)
    ticked = tables.pick(
        [_row(one, why.get(one.task_id)) for one in found],
        [one.task_id for one in found],
        f"corpus-batch-table-{run.id}",
        one=True,
        at_most=400,
        column_config={
            "": st.column_config.TextColumn(width=30),
            "instruction": st.column_config.TextColumn(width=285),
            "why": st.column_config.TextColumn(width=240),
            "answer": st.column_config.TextColumn(width=150),
            "support": st.column_config.NumberColumn(format="%.0f%%", width=65, help="ROUGE-L precision by sentence"),
            "not in the source": st.column_config.TextColumn(width=110),
        },
    )
    for one in (one for one in found if one.task_id in ticked):
        texts = [("Instruction", one.instruction), ("Answer", one.answer)]
        reader.in_place(texts[: 2 if one.answer else 1], f"corpus-batch-{one.task_id}", highest=320)
    if found and not ticked:
        st.caption("A tick shows an instruction and its answer whole.")


def _row(one: ReversedAnswer, why: Discard | None) -> dict[str, object]:
    accepted = one.task_state is State.ACCEPTED and one.answer_state in (State.ACCEPTED, None)
    return {
        "": "✓" if accepted and one.answer_state else "…" if accepted else "✗",
        "instruction": one.instruction,
        "why": fate(one, why),
        "answer": one.answer,
        "support": 100 * one.grounded.support if one.grounded else None,
        "not in the source": ", ".join((*one.grounded.numbers, *one.grounded.names)) if one.grounded else "",
        "file": one.source,
        "line": one.line,
    }


def fate(one: ReversedAnswer, why: Discard | None = None) -> str:
    """Why an instruction or its answer is out, in words; "" where both stand."""
    if one.rule is None or one.answer_state is State.ACCEPTED:
        return "" if one.answer_state or one.task_state is not State.ACCEPTED else "waits for its answer"
    if one.rule == TOO_CLOSE and why is not None and why.rule == TOO_CLOSE:
        return f"{sentence(TOO_CLOSE)}: {why.evidence['score']:.2f} > {why.evidence['threshold']:.2f}"
    return sentence(one.rule)
