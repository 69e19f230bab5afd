"""Generate: grow the pool by Self-Instruct, a batch at a time, and see at once what came and why it stayed or went."""

from __future__ import annotations

import streamlit as st

from core import knobs, pools
from core.llm import target as models
from core.llm.closing import notes
from core.records import Budget, Endpoint, Run, WinnowError
from core.runs import control
from core.runs.until import Until
from core.selfinstruct.looking import PastRun, past_runs
from core.selfinstruct.loop import METHOD, SelfInstructPlan, examples_shown, plan_of
from core.selfinstruct.preview import preview
from core.selfinstruct.released import FILES, read
from core.selfinstruct.settings import PRESETS, from_mapping
from core.selfinstruct.steering import in_words
from core.words import brief, money, number_of
from pages.generate.batch import batch_table
from pages.generate.run_settings import settings_form
from pages.shared import delivery, running, session, tables, yields
from pages.shared.plain import block
from pages.shared.running import ago, is_at_work
from pages.shared.uploading import all_sent

pool, database = session.pool(), session.database()
target = models.default_target(database)

st.title("Generate", anchor=False)


def _start(until: Until, budget: Budget) -> None:
    with running.telling():
        models.checked_target(target)
        running.start(pool.id, METHOD, SelfInstructPlan(settings, target, until).as_mapping(), budget)


head = st.container(horizontal=True, vertical_alignment="bottom")
with head:
    preset = st.segmented_control(
        "Method",
        list(PRESETS),
        default="chat" if target.endpoint.wording is Endpoint.CHAT else "paper",
        required=True,
        format_func=lambda name: f"Self-Instruct · {name}",
        key="preset",
        help="paper follows the released code's decisions with a base model, save its lower-casing and its rounding at "
        "exactly the threshold; chat asks a chat model for the same; paper_prompts sends the released program's own "
        "prompts, from your copy of its files.",
    )
    if target.endpoint.wording is Endpoint.COMPLETIONS and target.resolved().is_openai:
        st.text(
            "OpenAI's last model on completions was scheduled off on 2026-09-28: completions means your own server "
            'or a host of open weights. Here choose chat; with {"reasoning_effort": "none"} on the page Models a '
            "reasoning model takes the sampling too."
        )
    st.text(f"{target.model or 'no model'} on {target.resolved().label}, {target.endpoint.value}")
    st.page_link("pages/models/settings.py", label="change the model")

target = delivery.choose(target, "generate")
if unseen := pools.blindness(database, pool):
    st.warning("The tokeniser of this pool does not see all of its text.")
    st.text(unseen)
released = {}
if preset == "paper_prompts":
    files = all_sent(
        st.file_uploader(
            f"The released program's files: {', '.join(FILES)}",
            ["py"],
            accept_multiple_files=True,
            key="released-files",
        )
    )
    try:
        given = {one.name: one.getvalue().decode("utf-8", "replace") for one in files}
        released = read(given) if files else {}
    except WinnowError as error:
        st.text(brief(str(error)))
        st.stop()
with st.expander("Settings of the next run"):
    changed = settings_form(knobs.changed(PRESETS[preset], released))
try:
    settings = from_mapping({"preset": preset, "endpoint": target.endpoint.wording.value, **released, **changed})
except WinnowError as error:
    st.text(brief(str(error)))
    st.stop()

ahead = preview(database, pool.id, SelfInstructPlan(settings, target, Until(batches=1)))
if ahead is None:
    st.info("This pool has no seeds that are switched on; prompts are built from them.")
    st.page_link("pages/seeds/seeds.py", label="Add seeds")
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom"):
    one = st.container(width="content")
    limits = st.container(horizontal=True, vertical_alignment="bottom", width="content")  # a narrow page's second line
    estimate = st.container()
with limits:
    there = control.accepted(database, pool.id)
    goal = st.number_input(
        "Until the pool has tasks",
        1,
        10_000_000,
        there + 250,
        50,
        key="goal",
        width=150,
        help=f"The pool has {there:,} beside its seeds.",
    )
    dollars = st.number_input("Or dollars", 0.0, value=None, step=1.0, key="dollars", placeholder="no limit", width=130)
    limit = st.number_input("Or minutes", 0.0, value=None, step=5.0, key="limit", placeholder="no limit", width=130)
    budget = Budget(usd=dollars or None, seconds=limit * 60 if limit else None)
    until = st.container(width="content")
    may = running.may_spend(target, budget, "without-price")
    one.button(
        "Run one batch",
        type="primary",
        key="one",
        on_click=_start,
        args=(Until(batches=1), budget),
        disabled=not may,
    )
    until.button(
        "Run until then",
        key="until",
        on_click=_start,
        args=(Until(pool=goal), budget),
        disabled=goal <= there or not may,
    )
    estimate.caption(
        f"Until then: {number_of(max(0, goal - there), 'task')} more. A batch: "
        f"{number_of(settings.prompts_per_batch, 'prompt')}, "
        f"about {number_of(round(ahead.tasks_a_batch), 'task')}, "
        f"{number_of(ahead.batch.tokens, 'token')}, {money(ahead.batch.usd)} (an estimate; at most "
        f"{money(ahead.batch.most_usd)})"
    )
st.caption(" ".join(said for said in (ahead.examples, ahead.labels) if said))
running.refusal()

with st.expander("The exact prompts that will be sent"):
    first, second, third = st.tabs(["instructions", "classification?", "instances"])
    with first:
        which = st.number_input("Prompt", 1, len(ahead.instructions), 1, key="which-prompt", width=120)
        block(ahead.instructions[which - 1].prompt, 320)
        st.json(
            {k: v for k, v in ahead.instructions[which - 1].body.items() if k not in ("prompt", "messages")},
            expanded=False,
        )
    with second:
        block(ahead.classification.prompt if ahead.classification else "Not asked: there is nothing to decide.", 320)
    with third:
        block(ahead.instances.prompt, 320)


def _figures(run: Run) -> None:
    counts = run.counts
    # Where a run has ended, its message has said these already.
    said = "" if run.message else " ".join(filter(None, [counts.get("note", ""), notes(counts)]))
    st.text(" ".join(filter(None, [counts.get("speaks_to", ""), said])))
    share = f"{counts['accepted'] / counts['candidates']:.0%}" if counts.get("candidates") else "-"
    brought = {name: f"{counts.get(name, 0):,}" for name in ("accepted", "candidates", "instances")}
    running.figures(run, {**brought, "acceptance": share}, "tasks")


busy = is_at_work(control.shown(database, pool.id, METHOD))


@st.fragment(run_every=1 if busy else None)
def _live() -> None:
    run = control.shown(database, pool.id, METHOD)
    if run is None:
        st.info("No run yet. Run one batch: it takes seconds with the demo, and shows each candidate with its fate.")
        return
    if busy != is_at_work(run):
        st.rerun()  # the whole page, which looks again or stops looking
    st.subheader(f"Run {run.id}: {running.mark(run)}", anchor=False)
    if run.message:
        st.text(run.message)
    with st.container(horizontal=True, vertical_alignment="center"):
        running.controls(run)
    delivery.waiting_file(run)
    _figures(run)
    if is_at_work(run):  # a run that has ended says it in its message
        st.caption(in_words(examples_shown(run.counts), plan_of(run.settings).settings))
    batch_table(database, run, session.reviewer())


_live()


def _past(past: PastRun) -> dict[str, object]:
    """A run in one row, with what tells whether a steer helped: acceptance, and how many of the rated are valid."""
    run, settings, counts = past.run, past.run.settings["settings"], past.run.counts
    steers = [name for name in ("approved_examples_only", "rare_verb_examples") if settings.get(name)]
    return {
        "run": run.id,
        "state": running.mark(run),
        "begun": ago(run.started_at),
        "preset": settings["preset"],
        "model": run.settings["target"]["model"],
        "threshold": settings["novelty_threshold"],
        "accepted": counts.get("accepted", 0),
        "candidates": counts.get("candidates", 0),
        "instances": counts.get("instances", 0),
        "acceptance": f"{counts['accepted'] / counts['candidates']:.0%}" if counts.get("candidates") else "",
        "valid of rated": f"{past.valid} of {past.rated}, {past.valid / past.rated:.0%}" if past.rated else "",
        "examples": ", ".join(name.replace("_", " ") for name in steers) or "all accepted",
        "spent": money(counts.get("usd", 0.0)),
        "how it ended": run.message,
    }


past = past_runs(database, pool.id, METHOD)
with st.expander("Fates, acceptance and cost", key="yields", on_change="rerun") as compared:
    if compared.open:  # what it counts grows with the runs
        yields.draw(database, pool, METHOD)
with st.expander("Past runs"):
    st.caption("Runs that draw their examples from approved tasks, or from rare verbs, stand beside those that do not.")
    tables.show([_past(one) for one in past])
    one_past = st.selectbox(
        "Settings of run", [one.run.id for one in past], key="past-run", index=None, placeholder="choose a run"
    )
    if one_past:
        chosen = next(each.run for each in past if each.run.id == one_past)
        st.json({"settings": dict(chosen.settings), "budget": str(chosen.budget)}, expanded=1)
        running.controls(chosen, "past-")
