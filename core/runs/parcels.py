"""Acts on requests that travel together: what is under way, files out and answers in, cancelled, dropped."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from core.database import Database
from core.llm.parcels import by_hand
from core.llm.parcels.by_hand import Returned as Returned
from core.llm.parcels.words import Parcel as Parcel
from core.llm.target import target_of
from core.records import Refused, Run, RunState
from core.replacing import LINES, may_write
from core.runs.rows import runs


def under_way(database: Database, run_id: int | None = None) -> list[Parcel]:
    """The parcels of a run, or of all, that something may still come of, oldest first."""
    with database.read() as c:
        return by_hand.open_parcels(c, run_id)


def awaiting_file(database: Database) -> list[int]:
    """The runs that wait for a file of answers, in order."""
    return sorted({parcel.run_id for parcel in under_way(database) if parcel.delivery == "file"})


def file_of(database: Database, run_id: int) -> str:
    """The whole file of requests that a run waits for, as `vllm run-batch` reads it; "" where it waits for none."""
    return "".join(f"{line}\n" for line in by_hand.file_lines(database, run_id))


def write_file(database: Database, path: Path, run_id: int | None = None) -> tuple[int, int]:
    """Write the requests that a run waits for; return the run and how many. The file is there whole or not at all.

    Without a run the one that waits is meant. Raises Refused where none does, or several do.
    """
    if run_id is None:
        waiting = awaiting_file(database)
        if len(waiting) != 1:
            which = (
                f"runs {', '.join(map(str, waiting))} wait; say which by --run" if waiting else "no run waits for one"
            )
            raise Refused(f"Which file is to be written isn't clear: {which}.")
        run_id = waiting[0]
    with database.read() as c:
        runs.get(c, run_id)
    if path.is_dir():
        raise Refused(f"{path} is a folder; name the file that the requests go into.")
    may_write(path, LINES)
    n = 0
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="ascii"
    ) as file:
        for line in by_hand.file_lines(database, run_id):
            file.write(f"{line}\n")
            n += 1
    if not n:
        os.unlink(file.name)
        raise Refused(f"Run {run_id} waits for no file; `winnow batch list` says what is under way.")
    os.replace(file.name, path)
    return run_id, n


def bring(database: Database, files: Sequence[Sequence[str]]) -> Returned:
    """Keep the answers of these files' lines for their run; resume it to go on. All of them or none.

    Raises Refused where nobody waits for them, or the run is at work.
    """
    texts = [line for file in files for line in file if line.strip()]
    names = by_hand.names_in(texts)
    with database.write() as c:
        found = by_hand.bring(c, names, texts)
        _put_down(c, found.run_id)
        return found


def cancel(database: Database, run_id: int) -> list[str]:
    """Ask the server to cancel what it has of a run that nobody works on; return what became of it, in sentences."""
    with database.read() as c:
        run = _put_down(c, run_id)
    said = by_hand.cancel(database, run_id, target_of(run.settings["target"]))
    if not said:
        raise Refused(f"Run {run_id} has no batch at a server.")
    return said


def drop(database: Database, run_id: int) -> int:
    """Wait for nothing more of a run's batches and files; return how many requests are asked, and paid for, again."""
    with database.write() as c:
        _put_down(c, run_id)
        dropped = by_hand.drop(c, run_id)
    if not dropped:
        raise Refused(f"Run {run_id} has nothing under way that could be dropped.")
    return dropped


def _put_down(c: sa.Connection, run_id: int) -> Run:
    run = runs.get(c, run_id)
    if run.state is RunState.RUNNING:
        raise Refused(f"Run {run_id} is at work; pause or stop it first (`winnow run stop {run_id}`).")
    return run
