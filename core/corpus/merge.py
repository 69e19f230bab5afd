"""The shards' files made one: duplicates dropped, a sample drawn, everything in the order of the corpus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from core.corpus.atomic import whole_file
from core.corpus.duplicates import Repeats, find_duplicates
from core.corpus.job import Duplicates, SelectionJob
from core.corpus.rules import RULE_IDS
from core.corpus.sampling import Sample
from core.corpus.sift import DECISIONS, KEPT, MISSES, SKETCHES, UNREAD

SELECTED = "selected.jsonl"


@dataclass(frozen=True, slots=True)
class Merged:
    """Counts of texts: dropped as exact and near duplicates of an earlier one, and selected in the end."""

    exact_duplicates: int
    near_duplicates: int
    selected: int


def merge(job: SelectionJob) -> Merged:
    """Write `selected.jsonl`, `misses.jsonl`, `unread.jsonl` and the decisions of all shards; return the counts."""
    exact, near = _duplicates(job)
    repeats = exact | near
    chosen = _chosen(job, repeats)
    selected = _write_selected(job, repeats, chosen)
    _write_misses(job)
    with whole_file(job.folder / UNREAD) as stream:
        stream.writelines(line for _, line in _lines(job, UNREAD))
    if job.settings.decisions:
        _write_decisions(job, repeats)
    else:
        (job.folder / DECISIONS).unlink(missing_ok=True)  # of an earlier selection with other settings
    return Merged(len(exact), len(near), selected)


def _files(job: SelectionJob, kind: str) -> list[Path]:
    return [job.shard_file(shard, kind) for shard in job.shards]


def _lines(job: SelectionJob, kind: str) -> Iterator[tuple[int, bytes]]:
    row = 0
    for file in _files(job, kind):
        with file.open("rb") as stream:
            for line in stream:
                yield row, line
                row += 1


def _permutations(job: SelectionJob) -> int:
    return job.settings.permutations if job.settings.duplicates is Duplicates.NEAR else 0


def _duplicates(job: SelectionJob) -> tuple[Repeats, Repeats]:
    if job.settings.duplicates is Duplicates.KEEP:
        return {}, {}
    return find_duplicates(_files(job, SKETCHES), _permutations(job), job.settings.near_threshold)


def _chosen(job: SelectionJob, repeats: Repeats) -> frozenset[int] | None:
    """The rows of the sample; None takes all."""
    if job.settings.sample is None:
        return None
    sample: Sample[int] = Sample(job.settings.sample, job.settings.seed)
    row = 0
    width = 32 + 4 * _permutations(job)
    for file in _files(job, SKETCHES):
        with file.open("rb") as stream:
            while sketch := stream.read(width):
                if row not in repeats:
                    sample.offer(sketch[:32].hex(), (0, row), row)
                row += 1
    return frozenset(sample.winners())


def _write_selected(job: SelectionJob, repeats: Repeats, chosen: frozenset[int] | None) -> int:
    selected = 0
    with whole_file(job.folder / SELECTED) as stream:
        for row, line in _lines(job, KEPT):
            if row not in repeats and (chosen is None or row in chosen):
                stream.write(line)
                selected += 1
    return selected


def _write_misses(job: SelectionJob) -> None:
    samples: dict[str, Sample[bytes]] = {rule: Sample(job.settings.near_misses, job.settings.seed) for rule in RULE_IDS}
    for row, line in _lines(job, MISSES):
        miss = orjson.loads(line)
        samples[miss["rule"]].offer(miss["hash"], (0, row), line)
    with whole_file(job.folder / MISSES) as stream:
        for sample in samples.values():
            stream.writelines(sample.winners())


def _write_decisions(job: SelectionJob, repeats: Repeats) -> None:
    originals = _places(job, frozenset(repeats.values()))
    kept_row = 0
    with whole_file(job.folder / DECISIONS) as stream:
        for _, line in _lines(job, DECISIONS):
            if b'"kept":true' in line:  # perhaps inside a file's name: settled by parsing
                decision = orjson.loads(line)
                if decision["kept"]:
                    if kept_row in repeats:
                        line = orjson.dumps(decision | {"repeats": originals[repeats[kept_row]]}) + b"\n"
                    kept_row += 1
            stream.write(line)


def _places(job: SelectionJob, rows: frozenset[int]) -> dict[int, dict[str, Any]]:
    places: dict[int, dict[str, Any]] = {}
    if rows:
        for row, line in _lines(job, KEPT):
            if row in rows:
                text = orjson.loads(line)
                places[row] = {"source": text["source"], "line": text["line"]}
    return places
