"""Writing a release from the page: a small one at once into the browser, a large one as a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core import settings
from core.database import Database
from core.importing.uploads import LaidFile
from core.records import Pool, Refused, Run, RunState, WinnowError
from core.release.archive import zipped
from core.release.job import METHOD
from core.release.making import free_name, make, place
from core.release.order import ReleaseOrder
from core.release.released import Released
from core.release.selection import ReleaseSelection
from core.runs import control
from core.words import number_of
from pages.shared import downloads, session
from pages.shared.running import is_at_work, stop_button

AT_ONCE = 2_000  # rows that are written and downloaded by one click; more become a run


@dataclass(slots=True)
class Notice:
    """What this session's latest release came to; written by the thread that makes a small one, `run_id` a large."""

    sentence: str = ""
    failed: bool = False
    run_id: int = 0


def notice() -> Notice:
    """This session's notice."""
    found: Notice = st.session_state.setdefault("release-notice", Notice())
    return found


def write_button(pool: Pool, order: ReleaseOrder | None, found: ReleaseSelection | None) -> None:
    """The one primary button of the page."""
    ready = order is not None and found is not None and bool(found.admitted)
    if order is None or found is None or not ready:
        is_none = found is not None and not found.admitted
        why = "By this rule nothing goes out; the table of what is left out says why." if is_none else None
        st.button("Write and download", type="primary", disabled=True, key="write-nothing", help=why)
        return
    if len(found.admitted) <= AT_ONCE:
        data_dir = settings.load().data_dir
        next_one = place(data_dir, pool, free_name(session.database(), data_dir, pool))
        downloads.button(
            "Write and download",
            _written_at_once(session.database(), pool, order, session.reviewer(), notice()),
            archive_name(next_one),
            "application/zip",
            kind="primary",
            key="write-now",
            help="Written to the data folder, read back and checked, then downloaded as one .zip.",
        )
        return
    st.button("Write release", type="primary", key="write-run", on_click=_start, args=(pool, order))


def progress(pool: Pool) -> None:
    """The release that is being written, with its stop, and how the latest one ended."""
    run = control.shown(session.database(), pool.id, METHOD)
    if run is not None and is_at_work(run):
        _under_way(run)
    elif run is not None and run.id == notice().run_id and run.message:
        notice().sentence, notice().failed = run.message, run.state is not RunState.DONE
    said = notice()
    if said.sentence:
        with st.container(border=True, gap="xsmall"):
            st.caption(
                ":material/error: Nothing was written."
                if said.failed
                else ":material/task_alt: Written, read back and checked."
            )
            st.text(said.sentence)


def archive_name(place: Path) -> str:
    """What the .zip of a release is called: one looks for it among others."""
    return f"{place.parent.name}-{place.name.removesuffix('.zip')}.zip"


def packed(made: Released) -> Path | LaidFile:
    """A written release as one archive, to be downloaded; one that is a file as it stands."""
    path = Path(made.path)
    if path.is_file():
        return path
    names = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
    if not names:
        raise Refused(f"Nothing is left of this release in {path}: put its files back there, or write it anew.")
    archive = LaidFile(settings.load().data_dir, archive_name(path), b"")
    try:
        archive.path.unlink()
        zipped(path, names, archive.path, lambda done, name: None)
    except BaseException:
        archive.close()
        raise
    return archive


def _written_at_once(
    database: Database, pool: Pool, order: ReleaseOrder, actor: str, said: Notice
) -> Callable[[], Path | LaidFile]:
    """What the download asks for; it runs outside the script, so that it takes everything with it."""

    def write() -> Path | LaidFile:
        data_dir = settings.load().data_dir
        try:
            target = place(data_dir, pool, free_name(database, data_dir, pool))
            made = make(database, pool, order, target, actor=actor)
        except WinnowError as error:
            said.sentence, said.failed = str(error), True
            raise
        said.sentence = "\n".join((f"{number_of(made.rows, 'row')} in {made.path}", *made.notes))
        said.failed = False
        return packed(made)

    return write


def _start(pool: Pool, order: ReleaseOrder) -> None:
    data_dir = settings.load().data_dir
    target = place(data_dir, pool, free_name(session.database(), data_dir, pool))
    asked = {"order": order.as_json(), "path": str(target), "actor": session.reviewer()}
    notice().sentence = ""
    try:
        notice().run_id = control.start(session.database(), pool.id, METHOD, asked).id
    except WinnowError as error:
        notice().sentence, notice().failed = str(error), True
    session.runner().wake()


def _under_way(run: Run) -> None:
    counts = run.counts
    stage, done, total = counts.get("stage", "waiting"), counts.get("done", 0), counts.get("total", 0)
    with st.container(horizontal=True, vertical_alignment="center"):
        far = f"{stage}: {done:,} of {total:,}" if total else str(stage)
        st.progress(min(1.0, done / total) if total else 0.0, far)
        stop_button(run, f"stop-{run.id}")
