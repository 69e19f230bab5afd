"""Writing a release: counted in one pass, written in the next, read back, described, hashed, and only then placed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from core.release.answers import WHOLE
from core.release.archive import zipped
from core.release.card import card
from core.release.clients import WAIT_SECONDS, datasets_differences, difference, opens_with_datasets
from core.release.croissant import CROISSANT, croissant
from core.release.files import WrittenFile
from core.release.formats import chosen
from core.release.hashed import HashedFile
from core.release.manifest import CARD, LINEAGE, MANIFEST, SUMS, counts, manifest, sums
from core.release.notes import notes as notes_of
from core.release.options import OnTable, Release, ReleasedFile, ReleaseOptions
from core.release.reading import records
from core.release.row import RowSource
from core.release.spool import Spool
from core.release.staging import ReleaseFailed, ReleaseStopped, placed, staged
from core.release.survey import surveyed
from core.release.tables import TableOfSplit, write_tables
from core.release.trainers import trainer_files
from core.release.verify import verify

REPORT_EVERY = 500


def write_release(
    source: RowSource,
    target: Path,
    options: ReleaseOptions,
    *,
    predicate: Mapping[str, Any] | None = None,
    progress: OnTable = lambda stage, done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Release:
    """Write, check and place a release: a folder, or one archive where `target` ends with ".zip".

    `source` is read once and never held: between the passes its rows lie on disk, and memory grows by some tens of
    bytes a row. `predicate` is the rule that admitted the rows, kept word for word in the manifest. `progress` hears
    the stage, what is done and of how much.
    The same rows and options give the same bytes.

    Raises Refused (nothing to release, target exists, only formats that these rows cannot fill), ReleaseFailed (full
    disk, a file that does not read back as written) and ReleaseStopped; after each of them nothing is on disk.
    """
    target = target.absolute()
    work = _Work(progress, should_stop)
    forms = chosen(options.formats)
    with staged(target) as stage:
        folder, marks = stage / "release", stage / "marks"
        for made in (folder, marks):
            made.mkdir()
        with closing(Spool(stage)) as spool:
            survey = surveyed(source, options.shares, options.seed, work.rows("counting rows"), spool.add)
            on_row = work.rows("writing rows", survey.rows + survey.judged)
            written = write_tables(spool, folder, marks, survey, forms, options, on_row)
        notes = notes_of(survey, forms, options, written)
        tables, lineage = written.files, written.lineage
        readers = _read_back(tables, work)
        paths = {(form.name, side): f"{form.name}/{file.path.name}" for (form, side), file in tables.items()}
        texts = {CARD: card(survey, options, paths, notes, _columns(tables)), **trainer_files(options.title, paths)}
        files = [_table(place, file, readers[place]) for place, file in tables.items()]
        files.append(ReleasedFile(LINEAGE, lineage.bytes, lineage.sha256, lineage.rows))
        files += [_text(folder / name, text.encode()) for name, text in texts.items()]
        described = croissant(folder, survey, options, predicate or {}, files, notes)
        files.append(_text(folder / CROISSANT, described.encode()))
        files.append(_text(folder / MANIFEST, manifest(survey, options, predicate or {}, files, notes)))
        promise = files[-1].sha256
        files.append(_text(folder / SUMS, sums({file.path: file.sha256 for file in files})))
        made = folder
        if target.suffix == ".zip":
            made = stage / "release.zip"
            zipped(folder, sorted(file.path for file in files), made, work.names("packing", len(files)))
        _verified(made, work)
        work.say("putting in place", 0, 1)
        placed(made, target)
    return Release(target, survey.rows, tuple(files), counts(survey), tuple(notes), promise)


def _columns(tables: Mapping[TableOfSplit, WrittenFile]) -> list[str]:
    """Those of the format that holds a row whole; none where it was not written."""
    whole = (records(file.path, form.shape) for (form, _), file in tables.items() if form.name == WHOLE)
    return list(next(next(whole, iter(())), {}))


@dataclass(frozen=True, slots=True)
class _Work:
    """Says how far the work is, and ends it when asked."""

    progress: OnTable
    should_stop: Callable[[], bool]

    def say(self, stage: str, done: int, total: int) -> None:
        if self.should_stop():
            raise ReleaseStopped("The release was stopped, and nothing was left behind.")
        self.progress(stage, done, total)

    def rows(self, stage: str, total: int = 0) -> Callable[[int], None]:
        def count(done: int) -> None:
            if done % REPORT_EVERY == 0 or done == total:
                self.say(stage, done, total)

        return count

    def names(self, stage: str, total: int) -> Callable[[int, str], None]:
        return lambda done, name: self.say(f"{stage} {name}", done, total)


def _read_back(tables: Mapping[TableOfSplit, WrittenFile], work: _Work) -> dict[TableOfSplit, str]:
    """Read every table back row by row and return by which client; raises ReleaseFailed at the first difference."""
    readers: dict[TableOfSplit, str] = {}
    by_datasets = {place: file for place, file in tables.items() if opens_with_datasets(place[0], file)}
    with _beside(list(by_datasets.values())) as their_faults:  # in a process of its own, while the rest is read here
        for (form, side), file in tables.items():
            on_row = work.rows(f"reading back {form.name} {side}", file.rows)
            _agree(file.path, difference(form, file, on_row))
            readers[form, side] = "json" if form.reader == "datasets" else form.reader
        total = sum(file.rows for file in by_datasets.values())
        for path, fault in their_faults(lambda: work.say("loading with datasets", 0, total)).items():
            _agree(Path(path), fault)
    return readers | dict.fromkeys(by_datasets, "datasets")


Faults = Callable[[Callable[[], None]], Mapping[str, str]]
"""Waits for what `datasets` reads differently, by path; calls what it is given twice a second."""


@contextmanager
def _beside(files: Sequence[WrittenFile]) -> Iterator[Faults]:
    """Let `datasets` read files while the block does something else; leaving the block ends it."""
    ended = Event()

    def going_on() -> None:
        if ended.is_set():
            raise ReleaseStopped("Nobody waits for the files any more.")

    def faults(on_wait: Callable[[], None]) -> Mapping[str, str]:
        while reading is not None and not wait([reading], WAIT_SECONDS).done:
            on_wait()
        return reading.result() if reading is not None else {}

    with ThreadPoolExecutor(1, "release-check") as thread:
        reading = thread.submit(datasets_differences, files, going_on) if files else None
        try:
            yield faults
        finally:
            ended.set()


def _agree(path: Path, fault: str | None) -> None:
    if fault is not None:
        raise ReleaseFailed(
            f"{path.parent.name}/{path.name} was written but {fault}; nothing was left behind; try again, or leave "
            "out that format or row."
        )


def _verified(made: Path, work: _Work) -> None:
    work.say("checking every byte", 0, 1)
    found = verify(made)
    if not found.ok:
        raise ReleaseFailed(f"What was written is not on the disk as written: {found.problems[0]}")


def _table(place: TableOfSplit, file: WrittenFile, read_by: str) -> ReleasedFile:
    form, side = place
    path = f"{form.name}/{file.path.name}"
    return ReleasedFile(path, file.bytes, file.sha256, file.rows, form.name, side, read_by)


def _text(path: Path, text: bytes) -> ReleasedFile:
    file = HashedFile(path)
    try:
        file.write(text)
        return ReleasedFile(path.name, len(text), file.close())
    finally:
        file.abandon()
