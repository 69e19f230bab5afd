"""A whole corpus selected: shards sifted by an engine, resumed where they were left, and merged into one selection."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.corpus.atomic import UNFINISHED, whole_file
from core.corpus.engines import engine as engine_named
from core.corpus.funnel import SelectionFunnel
from core.corpus.job import SelectionJob, SelectionSettings, write_job
from core.corpus.merge import Merged, merge
from core.corpus.shards import Shard, plan_shards
from core.corpus.sift import sifted
from core.corpus.verbs import Verbs, own_verbs


@dataclass(frozen=True, slots=True)
class SelectionProgress:
    """How far a selection is: shards done of all, and the counts of those done."""

    shards_done: int
    shards: int
    funnel: SelectionFunnel


@dataclass(frozen=True, slots=True)
class CorpusSelection:
    """What was selected, with its counts. The files lie in `folder`; `merged` is None when the work was stopped.

    `selected.jsonl`: the texts, a JSON line each with source, line, hash, text and url, in the corpus's order.
    `misses.jsonl`: drawn texts that failed exactly one rule. `unread.jsonl`: what could not be read, by file and line.
    `decisions.jsonl`, when asked for: source, line, kept, rules; for a dropped duplicate also which text it repeats.
    """

    folder: Path
    shards: int
    funnel: SelectionFunnel
    merged: Merged | None

    def to_json(self) -> dict[str, Any]:
        """Return the counts as a JSON object: the funnel, then duplicates and the number selected."""
        survivors = [{"rule": rule, "left": left} for rule, left in self.funnel.survivors()]
        merged = {"complete": self.merged is not None} | (asdict(self.merged) if self.merged else {})
        return {"shards": self.shards} | self.funnel.to_json() | {"survivors": survivors} | merged


def select_corpus(
    places: Sequence[str],
    folder: Path,
    settings: SelectionSettings,
    *,
    root: Path | None = None,
    verbs: Verbs | None = None,
    engine: str = "local",
    workers: int | None = None,
    progress: Callable[[SelectionProgress], None] = lambda progress: None,
    stop: Callable[[], bool] = lambda: False,
) -> CorpusSelection:
    """Select from the files, globs and folders named and return the counts; the texts are in `folder`.

    Relative names start at `root`, by default the working directory, and texts name their files so.
    Started again with the same folder it reads only the shards that are not done. The result depends on the texts and
    settings alone, not on the engine, the number of workers or how often the work was broken off. Raises `NotFound`
    and `Refused` for places that hold no texts, `ShardFailed` when a shard fails again and again.
    """
    run = engine_named(engine)
    root = root or Path.cwd()
    job = SelectionJob(folder.resolve(), root, settings, verbs or own_verbs(), tuple(plan_shards(list(places), root)))
    (job.folder / "shards").mkdir(parents=True, exist_ok=True)
    _sweep(job.folder)
    counts = {shard: funnel for shard in job.shards if (funnel := sifted(job, shard)) is not None}
    left = [shard for shard in job.shards if shard not in counts]

    def done(shard: Shard) -> None:
        funnel = sifted(job, shard)
        if funnel is not None:  # None: the file changed while it was read; the next selection reads it again
            counts[shard] = funnel
        progress(SelectionProgress(len(counts), len(job.shards), _total(job, counts)))

    if left:
        progress(SelectionProgress(len(counts), len(job.shards), _total(job, counts)))
        try:
            run(write_job(job), left, workers or os.cpu_count() or 1, done, stop)
        finally:
            _sweep(job.folder)  # what killed workers left
    finished = len(counts) == len(job.shards)
    selection = CorpusSelection(folder, len(job.shards), _total(job, counts), merge(job) if finished else None)
    with whole_file(job.folder / "selection.json") as stream:
        stream.write(json.dumps(selection.to_json(), indent=2).encode())
    return selection


def _total(job: SelectionJob, counts: dict[Shard, SelectionFunnel]) -> SelectionFunnel:
    return sum(counts.values(), SelectionFunnel(each={} if job.settings.decisions else None))


def _sweep(folder: Path) -> None:
    for pattern in (f"*{UNFINISHED}", f"shards/*{UNFINISHED}", "job-*.json"):
        for file in folder.glob(pattern):
            file.unlink(missing_ok=True)
