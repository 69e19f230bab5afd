"""Bringing a file in: a look first, what each column becomes, then the import and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import streamlit as st

from core import pools
from core.crews import LOCAL, has_ray
from core.gate.admission import tokeniser_of
from core.gate.rules import sentence
from core.importing import report, uploads
from core.importing.look import FileLook, as_stored, look
from core.importing.roles import NAMED, Role
from core.importing.uploads import LaidFile
from core.novelty import Tokeniser
from core.pools.bringing import Brought, Wishes
from core.records import Pool, WinnowError
from core.words import number_of
from pages.pools.work import Work
from pages.shared import clicked, engines, session, tables
from pages.shared.plain import block, cells, label, sendable
from pages.shared.uploading import Sent, sent

BESIDE = "keep beside"
BECOMES = {role: BESIDE if role is Role.BESIDE else role.value for role in Role}
WORK, OUTCOME, LOOKS, ROUND = "import-work", "import-outcome", "import-looks", "import-round"
HELD = "import-held"
TOKENISER = "import-tokeniser"


def draw(pool: Pool) -> None:
    """The part of the page that imports."""
    st.subheader("Import tasks", anchor=False)
    work: Work | None = st.session_state.get(WORK)
    if work is not None:
        _follow(work)
    upload = sent(
        st.file_uploader(
            "A file of tasks: JSON Lines, JSON, CSV, TSV, YAML, Parquet or Arrow, also as .gz or .zst",
            key=f"task-file-{st.session_state.get(ROUND, 0)}",
        )
    )
    if upload is not None and upload.size > uploads.LARGE:
        _hold(upload)
    held: LaidFile | None = st.session_state.get(HELD)
    if upload is None and held is not None and st.button(label(f"Put {held.name} aside"), key="import-aside"):
        held.close()
        del st.session_state[HELD]
        st.rerun()
    if upload is None and held is None:
        _outcome()
        if OUTCOME not in st.session_state:
            st.caption(
                "Instructions, conversations, preference pairs and records of annotation tools are understood by what "
                "their columns are called. You see what each column becomes before anything is stored."
            )
        return
    try:
        _looked(pool, upload or cast(LaidFile, held))
    except WinnowError as error:
        st.error("This file cannot be imported.")
        st.text(sendable(str(error)))


def _hold(upload: Sent) -> None:
    """Let a large file wait on disk until it is imported or put aside, and have Streamlit forget it."""
    try:
        st.session_state[HELD] = _laid(upload)
    except OSError as error:
        st.error("The upload could not be written; make room on the disk and try again.")
        st.text(str(error.strerror))
        st.stop()
    _forget(upload)
    st.rerun()


def _laid(upload: Sent | LaidFile) -> LaidFile:
    return upload if isinstance(upload, LaidFile) else upload.laid()


def _forget(upload: Sent | LaidFile) -> None:
    """An empty field for the next file, and nothing of this one in memory."""
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
    session.let_go(upload)


def _looked(pool: Pool, upload: Sent | LaidFile) -> None:
    seen = _look(pool, upload, {})
    size = f"{'' if seen.is_all else 'more than '}{number_of(seen.rows, 'row')}"
    st.text(sendable(f"{upload.name}  ·  {size}  ·  read as {seen.kind_name}, {seen.format}"))
    mapped = _columns(upload, seen)
    if mapped:
        seen = _look(pool, upload, mapped)
    if seen.without_output:
        st.warning(report.without_output(seen.without_output, seen.rows), icon=":material/warning:")
    st.text(_expectation(seen))
    with st.expander("First rows as they would be stored"):
        for one in seen.first:
            block(_cut(json.dumps(as_stored(one), ensure_ascii=False, indent=1, default=str)))
    if seen.faults:
        with st.expander(f"{number_of(seen.bad, 'row')} that cannot be read"):
            tables.show(cells({"line": f.line, "reason": f.reason} for f in seen.faults))
    filtered = st.checkbox("Pass them through the filters and the novelty gate", True, key="import-filtered")
    tokeniser = _tokeniser(pool, seen) if filtered else tokeniser_of(pool)
    engine, workers = _engine() if filtered and not seen.is_all else (LOCAL, None)
    is_here = seen.known == seen.rows
    if is_here:
        st.info(_all_here(seen))
        _onward("here")
    if st.button(
        _act(seen),
        type="secondary" if is_here else "primary",
        key="import-go",
        disabled=tokeniser is None,
        help="Choose a tokeniser first." if tokeniser is None else "The same file again adds nothing.",
    ):
        work = Work(session.database(), pool.name, upload.name, lambda: _laid(upload))
        st.session_state[WORK] = work
        work.start(Wishes(filtered, tokeniser=tokeniser, mapped=mapped, engine=engine, workers=workers))
        _forget(upload)
        st.session_state.pop(HELD, None)
        st.session_state.pop(LOOKS, None)
        st.rerun()


def _engine() -> tuple[str, int | None]:
    """Who works out the gate for a file that is too large to be looked through, where there is a choice."""
    if not has_ray():
        return LOCAL, None
    with st.expander("Who compares the instructions"):
        first, second = st.columns(2)
        with first:
            engine = engines.engine("import-engine")
        if engine == LOCAL:
            return LOCAL, None
        with second:
            return engine, engines.workers("import-workers")


def _act(seen: FileLook) -> str:
    """What the button does with this file."""
    if seen.known == seen.rows:
        return "Import it all the same"
    if seen.known:
        return f"Import {number_of(seen.rows - seen.known, 'new row')}"
    return f"Import {'' if seen.is_all else 'more than '}{number_of(seen.rows, 'row')}"


def _all_here(seen: FileLook) -> str:
    """That there is nothing new in this file, and what importing it could change all the same."""
    told = f"Every row of it is in this pool already ({number_of(seen.rows, 'row')})"
    if seen.asked_again:
        were = "was" if seen.asked_again == 1 else "were"
        return f"{told}; {seen.asked_again:,} of them {were} dropped by an earlier import and would be asked again."
    return f"{told}: only columns that are kept beside the texts could be new."


def _onward(where: str) -> None:
    """What is here now is looked at, then judged."""
    with st.container(horizontal=True, key=f"import-onward-{where}"):
        st.page_link("pages/diversity/diversity.py", label="See what they are", icon=":material/donut_large:")
        st.page_link("pages/review/review.py", label="Review", icon=":material/rate_review:")


def _look(pool: Pool, upload: Sent | LaidFile, mapped: Mapping[str, Role]) -> FileLook:
    """The look at this upload with this mapping; the latest few are remembered."""
    chosen = st.session_state.get(TOKENISER)  # what the look before offered, and a person has just said
    tokeniser = Tokeniser(chosen) if chosen else tokeniser_of(pool)
    key = (upload.file_id, tuple(sorted(mapped.items())), pool.id, tokeniser)
    looks: dict[Any, FileLook] = st.session_state.setdefault(LOOKS, {})
    if key not in looks:
        with st.spinner("Looking…"):
            laid = _laid(upload)
            try:
                found = look(laid.path, mapped, session.database(), pool, tokeniser=tokeniser)
            finally:
                if laid is not upload:
                    laid.close()
        for old in list(looks)[:-3]:
            del looks[old]
        looks[key] = found
    return looks[key]


def _columns(upload: Sent | LaidFile, seen: FileLook) -> dict[str, Role]:
    """Show what each column becomes and let a person change it; return what they changed."""
    rows = [{"column": one.name, "becomes": BECOMES[one.role], "example": one.example} for one in seen.columns]
    edited = st.data_editor(
        cells(rows),
        placeholder="",
        key=f"import-columns-{upload.file_id}",
        hide_index=True,
        width="stretch",
        height=min(36 + 33 * len(rows), 300),
        disabled=("column", "example"),
        column_config={
            "becomes": st.column_config.SelectboxColumn(
                "becomes", options=[BECOMES[role] for role in NAMED], required=True, width=130
            ),
            "column": st.column_config.TextColumn("column", width=110),
            "example": st.column_config.TextColumn("example", width="large"),
        },
    )
    roles = {BECOMES[role]: role for role in NAMED}
    return {
        one.name: roles[row["becomes"]]
        for one, row in zip(seen.columns, clicked.entered(edited, "becomes"), strict=False)
        if row["becomes"] in roles and row["becomes"] != BECOMES[one.role]
    }


def _expectation(seen: FileLook) -> str:
    parts = [f"there already: {seen.known:,}"] if seen.known else []
    parts += [f"without an output: {seen.without_output:,}", f"not good by their label: {seen.negative:,}"]
    if seen.drops is not None:
        parts.append(f"too close to what is here: {seen.drops.get('too-close', 0):,}")
        parts += [f"{_rule(rule)}: {n:,}" for rule, n in seen.drops.items() if rule != "too-close"]
    parts.append(f"unreadable: {seen.bad:,}")
    return "  ·  ".join(parts)


def _tokeniser(pool: Pool, seen: FileLook) -> Tokeniser | None:
    """The tokeniser to import with; None while a person has to choose."""
    stands = tokeniser_of(pool)
    if stands is not Tokeniser.PAPER or seen.unseen <= pools.BLIND:
        return stands
    st.warning(
        f"This file is written in {seen.script}. The tokeniser of this pool (paper) can't see {seen.unseen:.0%} of its "
        "letters: its rules would drop most rows. Nothing is dropped until you have chosen.",
        icon=":material/translate:",
    )
    chosen = st.segmented_control(
        "Tokeniser of this pool from now on", [Tokeniser.UNICODE.value, Tokeniser.PAPER.value], key=TOKENISER
    )
    return Tokeniser(chosen) if chosen else None


def _follow(work: Work) -> None:
    """Show how far the import is until it has ended; it goes on where the page is left."""
    with st.status(label(f"Importing {work.name} into {work.pool_name}"), expanded=True):
        told = st.empty()
        while work.is_alive:
            told.text(work.doing)
            work.wait(0.3)
    del st.session_state[WORK]
    st.session_state[OUTCOME] = work
    st.rerun()


def _outcome() -> None:
    """What came of the latest import: green where all of it worked, amber where a person must look."""
    work: Work | None = st.session_state.get(OUTCOME)
    if work is None:
        return
    if work.brought is None:
        st.error("Nothing more was imported.")
        st.text(sendable(work.refused or "The import ended without a word; the log has the details."))
        return
    _report(work.name, work.brought)


def _report(name: str, brought: Brought) -> None:
    did = brought.report
    sentence = (
        f"{number_of(did.rows, 'row')}: {did.accepted:,} of {number_of(did.tasks, 'new task')} accepted, "
        f"{number_of(did.instances, 'instance')}, {number_of(did.known, 'row', 'were')} there already, {did.bad:,} "
        f"unreadable."
    )
    if brought.is_whole:
        st.success(sentence, icon=":material/check:")
    else:
        st.warning(sentence, icon=":material/warning:")
    st.text(sendable(f"{name} into {brought.pool.name}"))
    for warning in brought.warnings:
        st.text(sendable(warning))
    told = {
        "accepted now, dropped by an earlier import": did.mended,
        "not good by their label, rated so by the reviewer imported": did.negative,
        "rejected answers, kept for pairs": did.rejected,
    }
    for what, n in told.items():
        if n:
            st.text(f"{n:,} {what}")
    if did.unused:
        st.text(sendable(f"kept beside the texts: {', '.join(did.unused)}"))
        st.caption("Queues and the table in Review, and the rule on Release, filter by them; a release can hold them.")
    if did.discards:
        tables.show([{"why it was discarded": _rule(rule), "n": n} for rule, n in did.discards.most_common()])
    if did.accepted or did.instances or did.known:
        _onward("after")
    if did.faults:
        faults = cells({"line": fault.line, "reason": fault.reason} for fault in did.faults)
        tables.show(faults, at_most=220)


def _rule(name: str) -> str:
    """A rule as a sentence says it; of an instance, where it dropped that alone."""
    whose, _, rule = name.rpartition(": ")
    return f"{whose}: {sentence(rule)}" if whose else sentence(rule)


def _cut(text: str, at: int = 3000) -> str:
    return text if len(text) <= at else f"{text[:at]}… ({len(text) - at:,} more characters)"
