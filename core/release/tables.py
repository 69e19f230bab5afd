"""The second pass: every format and the lineage, filled together, row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from core.records import Origin
from core.release.files import TableFile, WrittenFile, opened
from core.release.formats import Format
from core.release.lineage import LineageFile
from core.release.manifest import LINEAGE
from core.release.options import ReleaseOptions
from core.release.row import ReleaseRow, RowSource, mended
from core.release.split import Split
from core.release.staging import ReleaseFailed
from core.release.survey import Digest, Survey

Table = tuple[Format, Split]


def write_tables(
    source: RowSource,
    folder: Path,
    survey: Survey,
    forms: Sequence[Format],
    options: ReleaseOptions,
    on_row: Callable[[int], None],
) -> tuple[dict[Table, WrittenFile], WrittenFile]:
    """Write one table a format and side, and the lineage; return what was written.

    Line n of a side is the same row in every plain format, and the same in every training format; the shuffled format
    has its own order, which the lineage tells. Raises ReleaseFailed when the rows are no longer those of the survey.
    """
    with ExitStack() as unfinished:
        sides = [side for side in Split if survey.rows_of_side.get(side)]
        tables: dict[Table, TableFile] = {}
        for form in forms:
            (folder / form.name).mkdir()
            for side in sides:
                table = opened(folder / form.name / f"{side}.{form.shape}", form, options.seed)
                unfinished.callback(table.abandon)
                tables[form, side] = table
        lineage = LineageFile(folder / LINEAGE)
        unfinished.callback(lineage.abandon)
        _fill(source, survey, tables, lineage, options, on_row)
        written = {place: table.close() for place, table in tables.items()}
        shuffled = {side: file.lines for (_, side), file in written.items() if file.lines is not None}
        return written, lineage.close(shuffled)


def _fill(
    source: RowSource,
    survey: Survey,
    tables: dict[Table, TableFile],
    lineage: LineageFile,
    options: ReleaseOptions,
    on_row: Callable[[int], None],
) -> None:
    plain = {side: [place for place in tables if place[1] is side and not place[0].for_training] for side in Split}
    training = {side: [place for place in tables if place[1] is side and place[0].for_training] for side in Split}
    plain_lines, training_lines = dict.fromkeys(Split, 0), dict.fromkeys(Split, 0)
    digest = Digest()
    for count, given in enumerate(source(), start=1):
        digest.add(given)
        row, exact = mended(given)
        side = survey.side_of.get(row.task)
        if side is None:
            break
        for place in plain[side]:
            tables[place].add(place[0].record(row, options.seed, 0))
        taught = _styled(row, options)
        copies = options.style.seed_weight if row.origin is Origin.SEED and side is Split.TRAIN else 1
        for copy in range(copies):
            for place in training[side]:
                tables[place].add(place[0].record(taught, options.seed, copy))
        lineage.add(row, exact, side, plain_lines[side], training_lines[side], copies)
        plain_lines[side] += 1
        training_lines[side] += copies
        on_row(count)
    if digest.value() != survey.digest:
        raise ReleaseFailed("The pool changed while the release was written; nothing was left behind; try again.")


def _styled(row: ReleaseRow, options: ReleaseOptions) -> ReleaseRow:
    suffix = options.style.seed_suffix if row.origin is Origin.SEED else options.style.other_suffix
    return replace(row, instruction=row.instruction + suffix) if suffix else row
