"""Selection into a pool as a run: shards gone through, the kept texts loaded in short transactions, counts live.

Killed at any point it goes on where it was: shards that are done have their markers, and a text that is in the pool is
not added again.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from core.corpus.findings import why_nothing
from core.corpus.merge import SELECTED
from core.corpus.rows import corpus
from core.corpus.selection import CorpusSelection, SelectionProgress, select_corpus
from core.corpus.selection_plan import METHOD as METHOD
from core.corpus.selection_plan import check, folder_of, kept_verbs, plan_of
from core.corpus.sift import MISSES, UNREAD
from core.records import RunState
from core.runs import control
from core.runs.runner import Job, Lost, Outcome
from core.words import number_of

PIECE = 200  # texts in one transaction
EVERY_S = 0.5  # between two reports
UNREAD_SHOWN = 20


def work(job: Job) -> Outcome:
    """Select as the run's plan says, and load what is kept into the pool."""
    plan = plan_of(job.run.settings)
    check(plan)
    folder = folder_of(job.run.id)
    if not folder.exists():
        _take_over(job, folder)
    selection = select_corpus(
        plan.places,
        folder,
        plan.settings,
        root=Path(plan.root),
        verbs=kept_verbs(plan.verbs),
        engine=plan.engine,
        workers=plan.workers,
        progress=_reporter(job),
        stop=lambda: _is_over(job),
    )
    job.report(shards_done=selection.shards, **selection.to_json(), unread_first=_first(folder / UNREAD))
    if selection.merged is not None:
        _load(job, selection)
    return _outcome(job, selection)


def _take_over(job: Job, folder: Path) -> None:
    """Begin with the shards that the pool's last selection from the same places has finished.

    Their markers say with which settings and of which files; what doesn't fit is read again.
    """
    plan = plan_of(job.run.settings)
    earlier = [run for run in control.of_pool(job.database, job.run.pool_id, METHOD) if run.id < job.run.id]
    same = next((run for run in earlier if plan_of(run.settings).reads_the_same(plan)), None)
    if same is None or same.state is RunState.RUNNING:
        return
    shards = folder / "shards"
    shards.mkdir(parents=True)
    # Markers last: a marker must never be there without its shard's files.
    files = sorted((folder_of(same.id) / "shards").glob("*"), key=lambda file: file.name.endswith("done.json"))
    for file in files:
        try:
            os.link(file, shards / file.name)
        except OSError:
            shutil.copyfile(file, shards / file.name)


def _reporter(job: Job) -> Any:
    last = [0.0]

    def report(progress: SelectionProgress) -> None:
        if time.monotonic() - last[0] >= EVERY_S or progress.shards_done == progress.shards:
            last[0] = time.monotonic()
            with suppress(Lost):  # asked again right after, where it ends the work
                survivors = [{"rule": rule, "left": left} for rule, left in progress.funnel.survivors()]
                counts = progress.funnel.to_json() | {"survivors": survivors}
                job.report(shards_done=progress.shards_done, shards=progress.shards, **counts)

    return report


def _is_over(job: Job) -> bool:
    try:
        return bool(job.asked)
    except Lost:
        return True


def _load(job: Job, selection: CorpusSelection) -> None:
    """Put the selected texts into the pool, a piece at a time, and the single-rule misses beside them."""
    loaded = 0
    with (selection.folder / SELECTED).open("rb") as lines:
        while (piece := [orjson.loads(line) for line in islice(lines, PIECE)]) and not job.asked:
            with job.write() as c:
                corpus.load(c, job.run.pool_id, job.run.id, piece)
                loaded += len(piece)
                job.report(c, loaded=loaded)
    if not job.asked:
        with job.write() as c:
            corpus.keep_misses(c, job.run.id, _lines(selection.folder / MISSES))
            job.report(c, new=corpus.brought(c, job.run.id))


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open("rb") as lines:
        for line in lines:
            yield orjson.loads(line)


def _first(unread: Path) -> list[dict[str, Any]]:
    return list(islice(_lines(unread), UNREAD_SHOWN)) if unread.exists() else []


def _outcome(job: Job, selection: CorpusSelection) -> Outcome:
    if job.asked:
        return job.put_down()
    if selection.merged is None:
        return Outcome(RunState.FAILED, "A file changed while it was read; start the selection again to read it anew.")
    if selection.merged.selected == 0:
        return Outcome(RunState.DONE, why_nothing(selection.funnel, plan_of(job.run.settings).settings.rules))
    left = (
        f"{number_of(selection.funnel.texts, 'text')} read, {selection.merged.selected:,} selected, "
        f"{job.counts['new']:,} new."
    )
    unread = f" {selection.funnel.unread:,} could not be read." if selection.funnel.unread else ""
    return Outcome(RunState.DONE, left + unread)
