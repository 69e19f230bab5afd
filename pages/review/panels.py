"""The sides of an item: its texts, its editing, where it came from, what is near it, and the guidelines."""

from __future__ import annotations

import json
from dataclasses import replace

import streamlit as st

from core.llm import book
from core.pool import guidelines
from core.pool.items import Item, Near
from core.records import Grade, Origin, Rating
from core.review import differences, flags, history
from core.review.desk import Shown, View
from core.review.editing import Text
from pages.corpus import source as corpus_source
from pages.review import acts as desk_acts
from pages.review import changes, forms
from pages.review import state as desk_state
from pages.review.state import Desk
from pages.shared import beside, keys, marked, plain, reader, reading, rules, session
from pages.shared.kinds import parts_of
from pages.shared.plain import sendable
from pages.shared.running import ago

_RULES_HEIGHT = 250  # pixels; flags and note keep their place below


def draw(state: Desk, shown: Shown, view: View, height: int) -> None:
    """The left panel in the desk's mode; always of the same height."""
    if state.mode == "read":
        _read(view, height, desk_state.suffix(shown))
        return
    with st.container(border=True, height=height, gap="small"):
        {
            "edit": forms.edit,
            "reject": forms.reject,
            "made": _made,
            "split": forms.split,
            "merge": forms.merge,
            "changes": _changes,
            "more": _more,
        }[state.mode](state, shown, view)


def context(state: Desk, shown: Shown, view: View) -> None:
    """What is near the item and where it came from, or the guidelines in their place; flags and note."""
    if reading.likes().guidelines:
        with st.container(height=_RULES_HEIGHT, border=False, gap="xsmall", key="desk-rules"):
            rules.draw(guidelines.guidelines(guidelines.own_rules(session.pool())))
    else:
        _near(view)
    _flags_and_note(state, shown, view)  # above what not every item has: they never jump
    _siblings(state, shown, view)
    _said(view)


def _near(view: View) -> None:
    item = view.item
    beside.draw(item.beside, own_judgement_first=view.mine is None)
    made = {Origin.SELF_INSTRUCT: "Self-Instruct", Origin.REINSTRUCT: "REInstruct", Origin.IMPORT: "import"}
    told = [made.get(item.origin, item.origin.value)]
    told += [f"run {item.run_id}"] if item.run_id else []
    told += [f"request {request}"] if (request := item.request_id or item.task_request_id) else []
    plain.fields(
        (
            _told_near("Nearest task", *_nearest(item)),
            _told_near("Nearest seed", *_told_or_measured(item, item.seed, seeds=True)),
            ("  ·  ".join(told), None),
        )
    )


def _told_near(name: str, near: Near | None, without: str) -> tuple[str, str]:
    if near is None:
        return f"{name}: {without}", ""
    return f"{name}  ROUGE-L {near.score:.2f}", " ".join(near.instruction.split())


def _flags_and_note(state: Desk, shown: Shown, view: View) -> None:
    key = desk_state.suffix(shown)
    st.pills(
        "Flags",
        list(dict.fromkeys((*state.flags, *view.begun.flags))),
        selection_mode="multi",
        wrap=True,
        default=list(view.begun.flags),
        format_func=desk_state.label,
        key=f"flags-{key}",
        on_change=desk_state.write_down,
        args=(shown,),
        label_visibility="collapsed",
    )
    if view.item.flags:
        st.text("also flagged: " + ", ".join(view.item.flags))
    with st.container(key="desk-note"):
        st.text_area(
            "Note",
            view.begun.note,
            height=74,
            key=f"note-{key}",
            on_change="ignore",
            placeholder=f"Note: {keys.NOTE.name} goes in, Esc out",
            label_visibility="collapsed",
            max_chars=4000,
        )


def _nearest(item: Item) -> tuple[Near | None, str]:
    """The closest accepted task, or why there is none: as on arrival, else measured now."""
    return _told_or_measured(item, None if item.edited else item.nearest)


def _told_or_measured(item: Item, near: Near | None, *, seeds: bool = False) -> tuple[Near | None, str]:
    """What is on record as closest, else what is now, or why nothing is."""
    without = "none in this pool"
    if near is None:
        look = session.nearby().look(session.pool(), item.task_id, item.instruction, seeds=seeds)
        near, without = look.near, without if look.is_ready else "being measured"
    return (near, without) if near is None or near.score else (None, "none shares a word")


def _read(view: View, height: int, key: str) -> None:
    """The three texts; their keys are the item's, so that each begins at its top."""
    item = view.item
    kind = {True: "classification", False: "", None: ""}[item.is_classification]
    marks = [mark for mark in (kind, "demo" if item.demo else "", "edited" if item.edited else "") if mark]
    label = "  ·  ".join(["Instruction", *marks])
    source = corpus_source.of(item) if not item.input and _is_prose(item.output) else None
    if source is not None:  # a rewritten answer is judged by what it was made from
        # They stand side by side: each is about twice as high as it would be alone.
        longer = max(source.text, item.output, key=len)
        high = reader.heights((item.instruction, f"{longer}\n{longer}"), height)[0]
        reader.draw(((label, item.instruction),), high, key)
        with st.container(border=True, height=height - high, gap=None, key=f"read-grounded-{key}"):
            absent = corpus_source.not_in_it(item.output, source)
            told = f"Source ({source.source}, line {source.line}), and the answer: point at a sentence"
            st.caption(desk_state.label(f"{told}  ·  not in the source: {absent}" if absent else told))
            marked.grounded(source.text, item.output, height - high - 60)
        return
    texts = ((label, item.instruction), ("Input", item.input), ("Output", item.output))
    reader.draw(texts, height, key)


def _is_prose(text: str) -> bool:
    return all(part.language is None for part in parts_of(text))


def _made(state: Desk, shown: Shown, view: View) -> None:
    """Where an item comes from and where it went: its releases, prompt and raw reply as stored, the source text."""
    asked = list(dict.fromkeys(one for one in (view.item.request_id, view.item.task_request_id) if one is not None))
    if view.item.origin is Origin.REINSTRUCT:
        corpus_source.draw(view.item)
    held = history.releases(session.database(), view.item.instance_id, session.reviewer())
    if held is None:
        st.caption("Which releases held it is told once you have rated it: what went out was approved by somebody.")
    for one in held or ():
        st.text(sendable(f"It went out in {one.in_words}."))
    if not asked:
        st.text("No model was asked for this one: it was imported or written.")
    for exchange in book.exchanges(session.database(), asked):
        st.caption(f"request {exchange.id}  ·  run {exchange.run_id}  ·  {exchange.step}")
        st.text(f"{exchange.model} at {exchange.base_url or exchange.provider}")
        body = dict(exchange.body)
        prompt = body.pop("prompt", None)
        if prompt is None:
            prompt = "\n\n".join(
                f"[{m.get('role')}] {m.get('content')}" for m in body.pop("messages", body.pop("input", []))
            )
        st.caption("Prompt")
        st.code(sendable(str(prompt)), language=None, wrap_lines=True)
        st.caption("Raw reply")
        st.code(
            sendable(exchange.reply.text) if exchange.reply else "No reply is stored.", language=None, wrap_lines=True
        )
        if exchange.reply and exchange.reply.thoughts:
            with st.expander("What the model thought before it answered"):
                st.code(sendable(exchange.reply.thoughts), language=None, wrap_lines=True)
        st.caption("Parameters")
        st.code(sendable(json.dumps(body, ensure_ascii=False)), language=None, wrap_lines=True)


def _changes(state: Desk, shown: Shown, view: View) -> None:
    """What was changed, by whom, word by word."""
    found = history.changes(session.database(), shown.instance_id)
    texts = {name: getattr(view.item, name) for name in ("instruction", "input", "output")}
    for change in reversed(found):
        st.caption(f"{change.field}, {ago(change.at)}")
        st.text(f"by {change.actor or 'unknown'}" + (f": {change.reason}" if change.reason else ""))
        marked.change(str(change.before), str(change.after), monospace=reading.likes().monospace)
        if change.field in texts and texts[change.field] != change.before:
            st.button(
                "Bring the former text back",
                key=f"revert-{change.id}-{desk_state.suffix(shown)}",
                on_click=changes.bring_back,
                args=(shown, replace(Text(**texts), **{change.field: change.before})),
            )
    st.button("Close", key="changes-close", on_click=desk_acts.turn, args=("changes",))


def _siblings(state: Desk, shown: Shown, view: View) -> None:
    item = view.item
    if len(item.siblings) < 2:
        return
    place = item.siblings.index(item.instance_id) if item.instance_id in item.siblings else 0
    first = max(0, min(place - 2, len(item.siblings) - 5))  # five of them, this one in the middle
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="desk-siblings"):
        st.caption(f"Instance {place + 1} of {len(item.siblings)}")
        for number, other in enumerate(item.siblings[first : first + 5], first + 1):
            if other != item.instance_id:
                name = f"sibling-{other}-{desk_state.suffix(shown)}"
                st.button(str(number), key=name, type="tertiary", on_click=desk_acts.open_item, args=(other,))


def _more(state: Desk, shown: Shown, view: View) -> None:
    """What is done to an item now and then."""
    key = desk_state.suffix(shown)
    field = f"new-flag-{key}"
    st.text_input(
        "New flag", key=field, max_chars=40, on_change=desk_acts.new_flag, args=(shown, _learn_flag), width=300
    )
    with st.container(horizontal=True, gap="small"):
        for text, mode in (
            ("Split in two", "split"),
            ("Merge with siblings", "merge"),
            ("What was changed", "changes"),
        ):
            off = (mode == "merge" and len(view.item.siblings) < 2) or (mode == "changes" and not view.item.edited)
            st.button(text, key=f"{mode}-{key}", on_click=desk_acts.turn, args=(mode,), disabled=off)
    st.caption("An approved task can become a seed of this pool: a copy, which remembers where it came from.")
    st.button("Promote to seed", key=f"promote-{key}", on_click=changes.promote, args=(shown,))
    st.caption("A known answer makes this text a gold item, which queues can mix in to compare reviewers with it.")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        known = differences.known(session.database(), shown.instance_id, state.reviewer)
        seen = known.id if known else None
        for grade in Grade:
            name = f"gold-{grade}-{key}"
            st.button(f"The answer is {grade.value}", key=name, on_click=changes.mark_gold, args=(shown, grade, seen))
        if known is not None and known.said.grade is not None:
            text = f"Take your {known.said.grade.value} back"
            st.button(text, key=f"gold-undo-{key}", on_click=changes.unmark_gold, args=(shown, known))
    st.button("Close", key=f"more-close-{key}", on_click=desk_acts.turn, args=("more",))


def _said(view: View) -> None:
    """The reviewer's own rating, and others' once they may be seen."""
    if view.mine is not None:
        st.caption(f"You said {_word(view.mine)}, {ago(view.mine.at)}. A new grade replaces it; both stay on record.")
    if view.stale is not None:
        st.caption(f"You said {_word(view.stale)} of an earlier text, {ago(view.stale.at)}; this one is not rated.")
    for other in view.others:
        st.text(f"{other.reviewer}: {_word(other)}" + (f"  {other.note}" if other.note else ""))


def _word(rating: Rating) -> str:
    return rating.grade.value if rating.grade else "valid" if rating.valid else "invalid"


def _learn_flag(text: str) -> str:
    name, desk_state.here().flags = flags.learn(session.database(), session.pool().id, text)
    return name
