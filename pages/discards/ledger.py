"""Discards: everything that a filter dropped, with its rule and evidence, and a way back."""

from __future__ import annotations

import json
from dataclasses import asdict

import streamlit as st

from core.gate import ledger, rescue
from core.gate.ledger import Discarded
from core.gate.rules import RULES, sentence
from core.llm import book
from core.records import Discard
from pages.shared import downloads, links, marked, opened, reader, session
from pages.shared.candidates import reason
from pages.shared.marked import PairRow
from pages.shared.opened import ListedRow
from pages.shared.plain import block, label, sendable
from pages.shared.survival import survival_chart

pool, database = session.pool(), session.database()
st.title("Discards", anchor=False)
survival = ledger.survival(database, pool.id)

if not survival.arrived:
    st.info(
        "No candidate has come yet. What a filter drops will be here, with its rule and its evidence. "
        "Grow the pool, or import a file."
    )
    links.grow_or_import()
    st.stop()

survival_chart(survival)

st.session_state.setdefault("discard-kind", "tasks")  # other pages choose too, so that no widget has a default here
st.session_state.setdefault("discard-state", "standing")
with st.container(horizontal=True, vertical_alignment="bottom"):
    what = st.segmented_control("What", ["tasks", "instances"], required=True, key="discard-kind")
    state = st.segmented_control("Which", ["standing", "rescued"], required=True, key="discard-state")
    rule = st.selectbox(
        "Rule",
        list(RULES),
        index=None,
        placeholder="every rule",
        format_func=sentence,
        key="discard-rule",
        bind="query-params",
        width=280,
    )
    search = st.text_input(
        "Search", key="discard-search", bind="query-params", placeholder="a part of the text", width=260
    )

PAGE, BEGINS = 50, 400  # rows drawn at once; characters of an input or output in a row, the whole of which opens
PLACE = "discard-"
shown_before: list[int] = st.session_state.setdefault(f"discard-keys-{pool.id}-{what}-{state}-{rule}-{search}", [])
found = ledger.page(
    database,
    pool.id,
    rule=rule,
    of_instances=what == "instances",
    search=search,
    rescued=state == "rescued",
    before_id=shown_before[-1] if shown_before else None,
    limit=PAGE,
)


def _told() -> None:
    """What the last act came to."""
    if told := st.session_state.pop("discard-told", None):
        st.caption(label(told))


if not found and not shown_before:
    if rule or search:
        st.info("Nothing was dropped so. Choose every rule, or search for less.")
    elif state == "rescued":
        st.info("Nothing of this kind was rescued yet. What is ticked among the discards can be.")
    else:
        st.info(
            "Nothing of this kind was dropped: all that came got in. What if shows what a lower threshold would drop."
        )
        st.page_link("pages/whatif/whatif.py", label="What if")
    _told()
    st.stop()


def _pair(one: Discarded) -> PairRow:
    """A discard beside what it is too close to, with its rule and where it came from."""
    text = one.instruction
    if what == "instances":
        text += "".join(f"\n{name}: {_begins(part)}" for name, part in (("Input", one.input), ("Output", one.output)))
    close = one.evidence.get("closest") or [{"instruction": ""}]
    batch = "" if one.batch is None else f", batch {one.batch + 1}"
    told = reason(Discard(one.rule, one.evidence)) + (f"\nrun {one.run_id}{batch}" if one.run_id else "")
    return PairRow(text, str(close[0]["instruction"]), told=told)


def _begins(text: str) -> str:
    return text if len(text) <= BEGINS else f"{text[:BEGINS]}…"


def _whole(decision_id: int) -> None:
    """A discard with its evidence, and the reply that it came from."""
    one = next(each for each in found if each.decision_id == decision_id)
    with st.container(border=True, key=f"whole-discard-{decision_id}"):
        left, right = st.columns(2, gap="large")
        with left:
            texts = (("Instruction", one.instruction), ("Input", one.input), ("Output", one.output))
            reader.in_place(texts if one.instance_id else texts[:1], f"discard-{one.decision_id}", highest=320)
            said = [f"{name}: {value}" for name, value in one.evidence.items() if name != "closest"]
            st.text(sendable("\n".join([f"task {one.task_id}", *said])))
            marked.pairs(
                [
                    PairRow(one.instruction, str(near["instruction"]), told=f"nearest, ROUGE-L {near['score']:.3f}")
                    for near in one.evidence.get("closest", [])
                ]
            )
        with right:
            _came_from(one)


def _came_from(one: Discarded) -> None:
    if not one.request_id:
        st.caption("It came by import; no request is behind it.")
        return
    asked = book.exchange(database, one.request_id)
    st.caption(f"Request {asked.id} of run {asked.run_id}")
    block(asked.reply.text if asked.reply else "No reply is stored.", 260)
    if asked.reply and asked.reply.thoughts:
        with st.expander("What the model thought before it answered"):
            block(asked.reply.thoughts, 260)


acts = st.container(horizontal=True, vertical_alignment="center", key="acts-beside-discards")
st.caption("A tick chooses for the buttons above; Open shows the evidence whole, and the reply that it came from.")
with st.container(key="discards", gap=None):
    picked = opened.choose([ListedRow(one.decision_id, _pair(one)) for one in found], PLACE, _whole)
chosen = [one for one in found if one.decision_id in picked]


def _rows(rows: list[Discarded]) -> str:
    return "".join(json.dumps({**asdict(row), "state": row.state.value}) + "\n" for row in rows)


def _change(keys: list[tuple[int, int | None]], back: bool) -> None:
    opened.tick([one.decision_id for one in found], PLACE, False)
    done = (rescue.put_back if back else rescue.rescue)(database, keys, session.reviewer())
    onward = "they wait at the desk" if what == "instances" else "the next run asks for their instances"
    st.session_state["discard-told"] = (
        f"{done:,} discarded again." if back else f"{done:,} accepted after all: {onward}. “rescued” takes it back."
    )


def _turn(older: bool) -> None:
    if older:
        shown_before.append(found[-1].decision_id)
    else:
        shown_before.pop()


keys = [(one.task_id, one.instance_id) for one in chosen]
with acts:
    if state == "standing":
        st.button(f"Rescue {len(keys) or ''}", type="primary", disabled=not keys, on_click=_change, args=(keys, False))
    else:
        st.button(f"Discard {len(keys) or ''} again", disabled=not keys, on_click=_change, args=(keys, True))
    opened.tick_all([one.decision_id for one in found], PLACE)
    st.button("Newer", disabled=not shown_before, on_click=_turn, args=(False,))
    st.button("Older", disabled=len(found) < PAGE, on_click=_turn, args=(True,))
    downloads.button(
        "Download these",
        lambda: _rows(found),
        f"{pool.name}-discards.jsonl",
        "application/jsonl",
    )
    _told()
