"""Which texts to read and which to keep: a corpus, thresholds, one button, and the funnel as it fills."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from core import settings
from core.corpus import selection_plan
from core.corpus.atomic import whole_file
from core.corpus.job import Duplicates, SelectionSettings, begun
from core.corpus.select_settings import PRESETS
from core.corpus.selection_plan import METHOD, SelectionPlan
from core.corpus.texts import ENDINGS
from core.corpus.verbs import read_verbs
from core.importing.uploads import file_name
from core.records import Run, RunState
from core.runs import control
from core.words import number_of
from pages.corpus.rules import rules_form
from pages.shared import engines, running, session, tables
from pages.shared.running import MARKS, is_at_work
from pages.shared.uploading import Sent, all_sent, sent

DEMO, FOLDER, UPLOAD = "Demo corpus", "Folder on the server", "Upload"


def draw() -> None:
    """The whole view."""
    with st.container(key="corpus-select"):
        left, right = st.columns([1, 1.45], gap="large")
    with left:
        _form()
    with right:
        run = control.shown(session.database(), session.pool().id, METHOD)
        _live(is_at_work(run))


def _form() -> None:
    origin = st.segmented_control("Corpus", [DEMO, FOLDER, UPLOAD], default=DEMO, required=True, key="corpus-origin")
    uploads: list[Sent] = []
    places: list[str] = []
    if origin == FOLDER:
        places = _folder()
    elif origin == UPLOAD:
        uploads = all_sent(
            st.file_uploader("Files", accept_multiple_files=True, key="corpus-files", label_visibility="collapsed")
        )  # an ending such as .json.gz is more than the browser can check
        st.caption("Read: " + ", ".join(ENDINGS))
    else:
        st.caption("67 short texts that ship with Winnow, with recorded replies: the whole way without a key.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        preset = st.segmented_control(
            "Rules",
            list(PRESETS),
            default="mended",
            required=True,
            key="corpus-preset",
            help="paper_exact decides as the released code does, up to its list of verbs, which is not ours to ship: "
            "2020 and - count as words in capitals, a blank line between paragraphs as two line breaks, and repeated "
            "texts stay. mended counts only words with letters, a blank line as one, and drops near-duplicates.",
        )
        sample = st.number_input("Sample of", 1, value=None, placeholder="all", key="corpus-sample", width=130)
    with st.expander("Thresholds"):
        rules = rules_form(preset)
    with st.expander("Reading, duplicates, verbs"):
        chosen, verbs, engine, workers = _more(preset)
    chosen = replace(chosen, rules=rules, sample=sample)
    ready = origin == DEMO or bool(places) or bool(uploads)
    now = control.shown(session.database(), session.pool().id, METHOD)
    at_work = is_at_work(now)
    st.button(
        "Select",
        type="primary",
        key="corpus-go",
        disabled=not ready or at_work,
        on_click=_select,
        args=(session.pool().id, origin, places, uploads, chosen, verbs, engine, workers),
    )
    running.refusal()


def _folder() -> list[str]:
    root = settings.load().corpora_in
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        st.text(f"The folder {root} cannot be made ({error.strerror}).")
        return []
    there = selection_plan.offered(root)
    if not there:
        st.caption("Nothing to read yet. Put files or folders of texts here (WINNOW_CORPUS_ROOT names another folder):")
        st.text(str(root))
        return []
    return st.multiselect("Files and folders", there, key="corpus-places", placeholder="choose what to read")


def _more(preset: str) -> tuple[SelectionSettings, Sent | None, str, int]:
    first, second = st.columns(2)
    plain, each = begun(preset), [one.value for one in Duplicates]
    with first:
        field = st.text_input("JSON field or column", plain.text_field, key="corpus-field")
        duplicates = st.selectbox(
            "Repeated texts dropped", each, index=each.index(plain.duplicates.value), key=f"corpus-duplicates-{preset}"
        )
        engine = engines.engine("corpus-engine")
    with second:
        seed = st.number_input("Random seed", 0, value=plain.seed, key="corpus-seed")
        near = st.number_input("Near-duplicate from (Jaccard)", 0.1, 1.0, plain.near_threshold, 0.05, key="corpus-near")
        workers = engines.workers("corpus-workers")
    verbs = sent(
        st.file_uploader("A verb list of your own: rows of [base, ..., -ing], JSON or text", key="corpus-verbs")
    )
    chosen = SelectionSettings(
        text_field=field or plain.text_field,
        duplicates=Duplicates(duplicates),
        near_threshold=near,
        seed=seed,
    )
    return chosen, verbs, engine, workers


def _select(
    pool_id: int,
    origin: str,
    places: list[str],
    uploads: list[Sent],
    chosen: SelectionSettings,
    verbs: Sent | None,
    engine: str,
    workers: int,
) -> None:
    with running.telling():
        if origin == DEMO:
            plan = selection_plan.demo_plan(chosen)
        elif origin == FOLDER:
            root = str(settings.load().corpora_in.resolve())
            plan = SelectionPlan(tuple(places), root, chosen, engine=engine, workers=workers, confined=True)
        else:
            folder = selection_plan.upload_folder(one.getvalue() for one in uploads)
            kept = tuple(_kept(folder, one) for one in uploads)
            plan = SelectionPlan(kept, str(folder), chosen, engine=engine, workers=workers, confined=True)
        if verbs is not None:
            plan = replace(plan, verbs=_verbs(verbs))
        selection_plan.check(plan)
        running.start(pool_id, METHOD, plan.as_mapping())


def _kept(folder: Path, upload: Sent) -> str:
    """Keep an uploaded file; return its name, which is never more than a name."""
    name = file_name(upload.name)
    folder.mkdir(parents=True, exist_ok=True)
    with upload.on_disk() as path, path.open("rb") as sent_file, whole_file(folder / name) as stream:
        shutil.copyfileobj(sent_file, stream)
    return name


def _verbs(upload: Sent) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "verbs"
        file.write_bytes(upload.getvalue())
        return selection_plan.keep_verbs(read_verbs(file))


def _live(at_work: bool) -> None:
    @st.fragment(run_every=1 if at_work else None)
    def selection() -> None:
        run = control.shown(session.database(), session.pool().id, METHOD)
        if run is None:
            st.info("No selection yet. Each rule shows here how many texts it lets through.")
            return
        if at_work != is_at_work(run):
            st.rerun()  # the whole page, which looks again or stops looking
        _progress(run)

    selection()


def _progress(run: Run) -> None:
    counts = run.counts
    plan = selection_plan.plan_of(run.settings)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"Selection {run.id}: {MARKS[run.state]}", anchor=False, width="content")
        running.controls(run)
    st.text(run.message or f"reading, rules {plan.preset}")
    if is_at_work(run) and counts.get("shards"):
        st.progress(counts["shards_done"] / counts["shards"])
        st.caption(f"{counts['shards_done']:,} of {number_of(counts['shards'], 'shard')}")
    if "survivors" not in counts:
        return
    rows = funnel_rows(counts)
    tables.show(
        rows,
        height="content",
        key=f"corpus-funnel-{run.id}",
        column_config={
            "step": st.column_config.TextColumn("after the rule", width=150),
            "dropped": st.column_config.NumberColumn("dropped", format="localized", width=70),
            "alone": st.column_config.NumberColumn(
                "it alone", format="localized", width=70, help="failed this rule and no other"
            ),
            "left": st.column_config.NumberColumn("left", format="localized", width=70),
            "share left": st.column_config.ProgressColumn(
                "share left", min_value=0, max_value=100, format="%.0f%%", width=140
            ),
        },
    )
    if run.state is RunState.DONE:
        with st.container(horizontal=True):
            for label, view in (("Look at the texts", "Texts"), ("Reverse and rewrite", "Reverse and rewrite")):
                if st.button(label, key=f"corpus-to-{view}"):  # in a fragment, which would rerun alone
                    st.session_state["corpus-goto"] = view
                    st.rerun()
    if counts.get("unread"):
        with st.expander(f"{number_of(counts['unread'], 'line')} or files could not be read"):
            tables.show(counts.get("unread_first", []))


def funnel_rows(counts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The funnel as rows: what each rule dropped, alone or not, and what was left; then duplicates and the sample."""
    texts = counts["texts"]
    rows: list[dict[str, Any]] = [{"step": "all texts read", "dropped": None, "alone": None, "left": texts}]
    for step in counts["survivors"]:
        rule = step["rule"]
        dropped, alone = counts["failed_first"][rule], counts["failed_alone"][rule]
        rows.append({"step": rule.replace("-", " "), "dropped": dropped, "alone": alone, "left": step["left"]})
    if counts.get("complete"):
        repeats = counts["exact_duplicates"] + counts["near_duplicates"]
        rows.append({"step": "no earlier twin", "dropped": repeats, "alone": None, "left": counts["kept"] - repeats})
        drawn = counts["kept"] - repeats - counts["selected"]
        if drawn:
            rows.append({"step": "drawn for the sample", "dropped": drawn, "alone": None, "left": counts["selected"]})
    return [{**row, "share left": 100 * row["left"] / texts if texts else 0.0} for row in rows]
