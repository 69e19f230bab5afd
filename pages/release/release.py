"""Release: the rule, what it lets out and leaves behind, the files, and where they went."""

from __future__ import annotations

import streamlit as st

from core.importing.kept import columns_kept
from core.records import WinnowError
from core.release import past
from core.release.formats import every
from core.release.options import PLAIN, REINSTRUCT_STYLE
from core.release.order import ReleaseOrder
from core.release.reasons import Reason
from core.release.split import Shares
from core.words import brief, number_of
from pages.release import appendix as release_appendix
from pages.release import card as release_card
from pages.release import onward as release_onward
from pages.release import past as release_past
from pages.release import preview as release_preview
from pages.release import rule as release_rule
from pages.release import write as release_write
from pages.shared import links, session
from pages.shared.plain import sendable

pool, database = session.pool(), session.database()
if (given := st.session_state.pop("rule-next", None)) is not None:
    release_rule.put(pool, given)

st.title("Release", anchor=False)
in_words = st.container()
with st.expander("Edit the rule"):
    release_rule.editor(pool)
rule = release_rule.current(pool)
in_words.text(" · ".join(rule.in_words()))

preview = None
try:
    counting = release_preview.shown(pool, rule)
    preview = counting.value
    if not counting.is_fresh:
        release_preview.until_shown(pool, rule)
except WinnowError as error:
    st.text(brief(str(error)))
found = preview.selection if preview else None

if found is not None and not found.of:
    st.info("This pool has no accepted instance yet. Generate or import some, rate them, and release them here.")
    links.grow_or_import()
    st.stop()


def _include_demo() -> None:
    release_rule.change(pool, include_demo=st.session_state[f"demo-{pool.id}"])


if found is not None and (Reason.DEMO in found.excluded or found.demo or rule.include_demo):
    st.session_state[f"demo-{pool.id}"] = rule.include_demo
    with st.container(horizontal=True, vertical_alignment="center"):
        st.checkbox(
            "Include demo rows",
            key=f"demo-{pool.id}",
            on_change=_include_demo,
            help="They show how Winnow works; the manifest and the card mark them, and they are not for training.",
        )
        if rule.include_demo:
            st.caption(
                f"{found.demo:,} of the rows that go out were replayed from recordings; manifest and card say so."
            )
        else:
            n = len(found.excluded[Reason.DEMO])
            st.caption(
                f"{n:,} of {number_of(found.of, 'instance', 'were')} replayed from recordings and stay behind unless "
                "this is ticked."
            )

with st.container(key="release-columns"):
    left, right = st.columns([5, 4], gap="large")
reason = None
with right:
    if found is not None:
        reason = release_preview.left_out(pool, found)
        release_preview.cost(pool)
with left:
    if preview is not None:
        release_preview.figures(preview)
    formats = st.pills(
        "Formats",
        list(every()),
        selection_mode="multi",
        default=["jsonl", "alpaca", "openai-chat"],
        key=f"formats-{pool.id}",
        wrap=True,
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        train = st.number_input("Train %", 1, 100, 100, 5, key="share-train", width=100)
        validation = st.number_input("Validation %", 0, 99, 0, 5, key="share-validation", width=100)
        test = st.number_input("Test %", 0, 99, 0, 5, key="share-test", width=100)
        seed = st.number_input("Seed", 0, 2**31, 1, key="release-seed", width=100)
    with_columns: list[str] = []
    if columns := columns_kept(database, pool.id):
        with_columns = st.multiselect(
            "Columns of imported rows that go with them",
            columns,
            key=f"release-fields-{pool.id}",
            format_func=sendable,
            placeholder="none",
            help="In jsonl, csv and parquet, as imported_NAME; an empty text where a row has none.",
        )
    order = None
    try:
        shares = Shares(train / 100, validation / 100, test / 100)
        style = REINSTRUCT_STYLE if st.session_state.get("release-style") else PLAIN
        order = ReleaseOrder(
            tuple(formats),
            rule,
            shares,
            seed,
            style,
            thoughts=bool(st.session_state.get("release-thoughts")),
            fields=tuple(with_columns),
        )
        order = release_card.edited(pool, order)
    except WinnowError as error:
        st.text(brief(str(error)))
    if preview is not None and preview.selection.admitted:
        release_card.against_last(pool, preview)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        release_write.write_button(pool, order, found)
        st.checkbox(
            "REInstruct style",
            key="release-style",
            help="In every format, instructions end with the paper's kind of style suffix, and seeds stand twice.",
        )
        st.checkbox(
            "Thoughts",
            key="release-thoughts",
            help="What reasoning models wrote before their outputs goes out with them; OpenAI's and preference formats "
            "have no place for it.",
        )


@st.fragment(run_every=1)
def _written() -> None:
    release_write.progress(pool)
    now = past.newest_id(database, pool.id)
    known = st.session_state.get(f"newest-release-{pool.id}")
    if known is not None and known != now:
        st.session_state[f"newest-release-{pool.id}"] = st.session_state["release-next"] = now
        st.rerun()
    st.session_state[f"newest-release-{pool.id}"] = now


_written()

if found is not None and reason is not None:
    release_preview.rows_behind(found, reason)
elif preview is not None:
    release_preview.samples(pool, preview, list(formats))

release_appendix.draw(pool)
made = past.every(database, pool.id)
st.subheader("Past releases", anchor=False)
if not made:
    st.caption("None yet. What is written stays in the data folder, with its rule, its counts and its hashes.")
    st.stop()
release_past.table(made)
with st.container(horizontal=True, vertical_alignment="center"):
    one = release_past.choose(made)
    release_past.actions(pool, one)
files, hub, tune = st.tabs(["What is in it", "To the Hugging Face Hub", "To fine-tuning"])
with files:
    release_past.held(pool, one)
    release_past.details(one)
with hub:
    release_onward.push(one)
with tune:
    release_onward.fine_tune(pool, one)
