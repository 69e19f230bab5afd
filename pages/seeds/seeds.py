"""Seeds: the tasks that prompt generation and against which novelty is measured."""

from __future__ import annotations

import streamlit as st

from core import pools
from core.importing.importer import import_seeds, unseen_of
from core.records import State, Task, WinnowError
from core.seeds import seeds
from core.seeds.seeds import Seed
from core.words import brief, number_of
from pages.seeds import brought
from pages.shared import downloads, reader, session
from pages.shared.plain import label, sendable
from pages.shared.tables import pick, unpick
from pages.shared.uploading import sent

pool, database = session.pool(), session.database()
every = seeds.of_pool(database, pool.id, switched_off=True)
on = [task for task in every if task.state is State.ACCEPTED]

st.title("Seeds", anchor=False)
st.caption(
    f"{len(on)} of {len(every)} are switched on: {sum(bool(t.is_classification) for t in on)} classification, "
    f"{sum(not t.is_classification for t in on)} not, "
    f"{sum(any(not i.input for i in t.instances) for t in on)} with an empty input. A pool keeps its own copy."
)
if not every:
    st.info("This pool has no seeds, and runs build their prompts from them. Add one or import a file below.")
if unseen := pools.blindness(database, pool):
    st.warning(label(unseen))

TABLE = f"seed-table-{pool.id}"
FORM = "seed-form-turn"  # goes up with every seed that is added


def _wanted(task: Task, search: str, kind: str, shown_state: str) -> bool:
    text = " ".join([task.instruction, task.name or "", *(f"{i.input} {i.output}" for i in task.instances)]).casefold()
    return (
        search.casefold() in text
        and (kind == "all" or bool(task.is_classification) == (kind == "classification"))
        and (shown_state == "all" or (task.state is State.ACCEPTED) == (shown_state == "on"))
    )


def _table() -> list[Task]:
    """The seeds that are asked for, and those of them that are ticked."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(
            "Search", key="seed-search", bind="query-params", placeholder="instruction, input or output", width=360
        )
        kind = st.segmented_control(
            "Kind", ["all", "classification", "other"], default="all", key="seed-kind", required=True
        )
        shown_state = st.segmented_control(
            "State", ["on", "off", "all"], default="all", key="seed-state", required=True
        )
    shown = [task for task in every if _wanted(task, search, kind, shown_state)]
    picked = pick(
        (
            {
                "on": task.state is State.ACCEPTED,
                "name": task.name or "",
                "instruction": task.instruction,
                "input": task.instances[0].input if task.instances else "",
                "output": task.instances[0].output if task.instances else "",
                "classification": bool(task.is_classification),
            }
            for task in shown
        ),
        [task.id for task in shown],
        TABLE,
        at_most=330,
        column_config={
            "on": st.column_config.CheckboxColumn(width=50),
            "name": st.column_config.TextColumn(width=130),
            "instruction": st.column_config.TextColumn(width=270),
            "input": st.column_config.TextColumn(width=165),
            "output": st.column_config.TextColumn(width=165),
            "classification": st.column_config.CheckboxColumn(width=90),
        },
    )
    return [task for task in shown if task.id in picked]


def _switch(task_ids: list[int], on: bool) -> None:
    unpick(TABLE)
    seeds.switch(database, task_ids, on, session.reviewer())


def _add(new: Seed) -> None:
    """Add a seed; the page, and its counts, are drawn anew. The form is emptied then alone: what was typed stays."""
    try:
        if seeds.add(database, pool.id, [new]):
            st.session_state["seed-told"] = "Added."
            st.session_state["seed-unseen"] = unseen_of(database, pool.id, [new])
            st.session_state[FORM] = st.session_state.get(FORM, 0) + 1
        else:
            st.session_state["seed-refused"] = "Not added: the pool has a seed with this instruction already."
    except WinnowError as error:
        st.session_state["seed-refused"] = str(error)
    st.rerun()


def _fields(task: Task | None) -> Seed | None:
    """The form's seed when it was sent, else None."""
    first = task.instances[0] if task and task.instances else None
    its = f"seed-form-{task.id}" if task else f"seed-form-new-{st.session_state.get(FORM, 0)}"
    with st.form(its, border=False, enter_to_submit=False):
        name = st.text_input("Name", sendable(task.name or "") if task else "", max_chars=80)
        instruction = st.text_area("Instruction", sendable(task.instruction) if task else "", height=90)
        given = st.text_area("Input (may be empty)", sendable(first.input) if first else "", height=90)
        answer = st.text_area("Output", sendable(first.output) if first else "", height=120)
        labelled = st.checkbox("A classification task", bool(task.is_classification) if task else False)
        sent = st.form_submit_button("Save" if task else "Add", type="primary")
    others = tuple((i.input, i.output) for i in task.instances[1:]) if task else ()
    return Seed(name, instruction, ((given, answer), *others), labelled) if sent else None


def _acts(chosen: list[Task]) -> None:
    picked = [task.id for task in chosen]
    with st.container(horizontal=True):
        st.button("Switch off", on_click=_switch, args=(picked, False), disabled=not chosen)
        st.button("Switch on", on_click=_switch, args=(picked, True), disabled=not chosen)
        downloads.button(
            "Export", lambda: seeds.export(database, pool.id), f"{pool.name}-seeds.jsonl", "application/jsonl"
        )
        downloads.button(
            "Export, one instance each",
            lambda: seeds.export(database, pool.id, one_instance=True),
            f"{pool.name}-seeds-one.jsonl",
            "application/jsonl",
            help="As in the released file: programs that read it expect one instance a seed.",
        )

    with st.expander("What seeds bring", key="seeds-bring", on_change="rerun") as opened:
        if opened.open:  # what it counts grows with the runs
            brought.draw(database, pool)


def _import() -> None:
    upload = sent(st.file_uploader("A file of seeds", key="seed-file", label_visibility="collapsed"))
    if not upload or not st.button("Import these seeds", type="primary"):
        return
    with upload.on_disk() as path:
        try:
            report = import_seeds(database, pool.id, path)
        except WinnowError as error:
            st.error("Nothing was imported.")
            st.text(brief(str(error)))
            return
    known = "1 was" if report.known == 1 else f"{report.known:,} were"
    told = f"{number_of(report.tasks, 'seed')} added, {known} there, {number_of(report.bad, 'row')} could not be used."
    st.session_state["seed-told"] = told
    st.session_state["seed-faults"] = [
        *(f"line {bad.line}: {bad.reason}" for bad in report.faults[:20]),
        *report.without_place,
    ]
    st.session_state["seed-unseen"] = report.unseen
    st.rerun()


chosen: list[Task] = []
if told := st.session_state.pop("seed-told", None):
    st.success(label(told))
    for fault in st.session_state.pop("seed-faults", []):
        st.text(sendable(fault))
    if (of_new := st.session_state.pop("seed-unseen", "")) and not unseen:  # which the whole pool's warning says too
        st.warning(label(of_new))
    if on:
        st.page_link("pages/generate/generate.py", label="Generate from them")
if every:  # else there is nothing to look at, and what fills the page comes first
    chosen = _table()
    _acts(chosen)
with st.container(key="seed-forms"):
    columns = st.columns(3 if every else 2, gap="large")
middle, right = columns[-2:]
with columns[0]:
    if every:
        st.subheader("Edit" if len(chosen) == 1 else "Edit: choose one row", anchor=False)
    if len(chosen) == 1:
        changed = _fields(chosen[0])
        if changed:
            try:
                seeds.edit(database, chosen[0].id, changed, session.reviewer())
                st.rerun()
            except WinnowError as error:
                st.text(brief(str(error)))
with middle:
    st.subheader("Add", anchor=False)
    new = _fields(None)
    if new:
        _add(new)
    if refused := st.session_state.pop("seed-refused", None):
        st.text(refused)
with right:
    st.subheader("Import", anchor=False)
    st.caption("JSON Lines in the papers' schema, or any format that Pools and import reads.")
    _import()
if len(chosen) == 1:
    with st.expander("The whole task", expanded=False):
        reader.in_place((("Instruction", chosen[0].instruction),), f"seed-{chosen[0].id}")
        for instance in chosen[0].instances:
            reader.in_place((("Input", instance.input), ("Output", instance.output)), f"seed-{instance.id}")
