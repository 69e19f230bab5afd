"""Writing a release as a run: outside any page, with progress, stopped and begun again like any other long work."""

from __future__ import annotations

import time
from pathlib import Path

from core.pool import pools
from core.records import RunState
from core.release import filling
from core.release.making import make
from core.release.order import order_of
from core.release.rows import releases
from core.release.staging import ReleaseStopped
from core.release.verify import verify
from core.runs.runner import Job, Outcome
from core.words import number_of

METHOD = "release"
SAY_S = 0.5


def work(job: Job) -> Outcome:
    """Write the release that the run's settings order: {"order", "path", "actor"}; the path is absolute."""
    asked = job.run.settings
    target = Path(asked["path"])
    with job.database.read() as c:
        pool = pools.by_id(c, job.run.pool_id)
        known = releases.at_path(c, str(target))
    if known is not None and verify(target).ok:  # the program ended after the release was kept, before the run was
        if known.members is None:
            filling.fill(job.database, pool.id, known.id)
        return Outcome(RunState.DONE, _done(known.rows, known.name))
    said = [0.0]

    def progress(stage: str, done: int, total: int) -> None:
        if time.monotonic() - said[0] >= SAY_S:
            said[0] = time.monotonic()
            job.report(stage=stage, done=done, total=total)

    try:
        made = make(
            job.database,
            pool,
            order_of(asked["order"]),
            target,
            actor=asked["actor"],
            progress=progress,
            should_stop=lambda: bool(job.asked),
        )
    except ReleaseStopped as stopped:
        return job.put_down(str(stopped))
    job.report(stage="done", done=made.rows, total=made.rows, release=made.id)
    return Outcome(RunState.DONE, _done(made.rows, made.name))


def _done(rows: int, name: str) -> str:
    return f"{number_of(rows, 'row')} written to {name}, read back and checked."
