"""The second pass, over what the first one kept: every format and the lineage, filled together, row by row."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from core.records import Origin
from core.release.files import TableFile, WrittenFile, opened
from core.release.formats import Format, Needs
from core.release.lineage import LineageFile
from core.release.manifest import LINEAGE
from core.release.options import ReleaseOptions
from core.release.row import ReleaseRow, every_text
from core.release.split import Split
from core.release.spool import MendedRow
from core.release.survey import Survey

TableOfSplit = tuple[Format, Split]
SOON = 100_000  # characters: with all that stands around and in place of them, less than is looked at in one go


@dataclass(frozen=True, slots=True)
class Tables:
    """What was written. `too_few`: the formats that were left out, each with the training rows that it would have."""

    files: Mapping[TableOfSplit, WrittenFile]
    lineage: WrittenFile
    too_few: Mapping[Format, int]


def write_tables(
    rows: Iterable[MendedRow],
    folder: Path,
    marks: Path,
    survey: Survey,
    forms: Sequence[Format],
    options: ReleaseOptions,
    on_row: Callable[[int], None],
) -> Tables:
    """Write one table a format and side, and the lineage, into `folder`, and what they are checked by into `marks`.

    Line n of a side is the same row in every format that holds every row; the others have their own lines, which the
    lineage tells. A format with fewer training rows than its reader takes is taken out again, and so is an empty file.
    """
    with ExitStack() as unfinished:
        sides = [side for side in Split if survey.rows_of_side.get(side)]
        tables: dict[TableOfSplit, TableFile] = {}
        for form in forms:
            (folder / form.name).mkdir()
            for side in sides:
                path = folder / form.name / f"{side}.{form.shape}"
                table = opened(path, form, options.seed, marks / f"{form.name}-{side}")
                unfinished.callback(table.abandon)
                tables[form, side] = table
        lineage = LineageFile(folder / LINEAGE, [form.name for form in forms if _has_own_lines(form)])
        unfinished.callback(lineage.abandon)
        _fill(known_first(rows, survey), survey, tables, lineage, options, on_row)
        written = {place: table.close() for place, table in tables.items()}
        too_few = _too_few(written, forms)
        for form in too_few:
            shutil.rmtree(folder / form.name)
        kept = {place: file for place, file in written.items() if place[0] not in too_few}
        for place in [place for place, file in kept.items() if not file.rows]:
            kept.pop(place).path.unlink()
        shuffled = {(form.name, side): file.lines for (form, side), file in kept.items() if file.lines is not None}
        without = [form.name for form in too_few]
        return Tables(kept, lineage.close(without, shuffled), too_few)


def known_first(rows: Iterable[MendedRow], survey: Survey) -> Iterator[MendedRow]:
    """The rows in their order, save that a side whose first rows tell no kinds begins with the first one that does, and
    one that tells no verbs likewise.

    `datasets` takes the type of a column from the first megabytes of JSON lines. Where they say null, as an import does
    whose file knows no kinds, a truth or a text that follows is refused. `rows` can be gone through again.
    """
    first = _first_known(rows, survey)
    yield from first.values()
    for row, exact in rows:
        if row.id not in first:
            yield row, exact


def _first_known(rows: Iterable[MendedRow], survey: Survey) -> dict[str, MendedRow]:
    """By id, the rows that come first, where they would come late."""
    some_kinds = 0 < survey.rows - survey.kinds.get(None, 0) < survey.rows
    some_verbs = 0 < sum(survey.verbs.values()) < survey.rows
    missing = {
        (what, side)
        for what, is_mixed in (("kind", some_kinds), ("verb", some_verbs))
        for side, n in survey.rows_of_side.items()
        if is_mixed and n
    }
    late: dict[str, MendedRow] = {}
    before: Counter[Split] = Counter()  # characters
    for row, exact in rows if missing else ():
        if not row.admitted:
            continue
        side = survey.side_of[row.task]
        known = [what for what, value in (("kind", row.is_classification), ("verb", row.verb)) if value is not None]
        if new := missing & {(what, side) for what in known}:
            if before[side] > SOON:
                late[row.id] = (row, exact)
            missing -= new
            if not missing:
                break
        before[side] += sum(map(len, every_text(row)))
    return late


def _has_own_lines(form: Format) -> bool:
    return form.shuffled or form.needs is not Needs.NOTHING


def _too_few(written: Mapping[TableOfSplit, WrittenFile], forms: Sequence[Format]) -> dict[Format, int]:
    rows = {form: written[form, Split.TRAIN].rows if (form, Split.TRAIN) in written else 0 for form in forms}
    return {form: count for form, count in rows.items() if count < form.least_rows}


def _fill(
    rows: Iterable[MendedRow],
    survey: Survey,
    tables: Mapping[TableOfSplit, TableFile],
    lineage: LineageFile,
    options: ReleaseOptions,
    on_row: Callable[[int], None],
) -> None:
    forms = {side: [form for form, its in tables if its is side] for side in Split}
    lines: Counter[tuple[str, Split]] = Counter()  # by format, and under "" those of the files that hold every row
    for count, (given, exact) in enumerate(rows, start=1):
        side = survey.side_of[given.task]
        row = _styled(given, options)
        copies = options.style.seed_weight if row.origin is Origin.SEED and side is Split.TRAIN else 1
        own: Counter[str] = Counter()
        for form in forms[side]:
            for copy in range(copies if row.admitted or form.takes_judged else 0):
                records = form.records(row, options.seed, copy)
                own[form.name] += len(records)
                for record in records:
                    tables[form, side].add(record)
        whole = copies if row.admitted else 0
        lineage.add(
            row,
            exact,
            side,
            (lines["", side], whole),
            {form.name: (lines[form.name, side], own[form.name]) for form in forms[side]},
        )
        lines["", side] += whole
        for name, n in own.items():
            lines[name, side] += n
        on_row(count)


def _styled(row: ReleaseRow, options: ReleaseOptions) -> ReleaseRow:
    """A row as the options want it: with the suffix of its kind, and with thoughts only where they are asked for."""
    if row.thoughts and not options.thoughts:
        row = replace(row, thoughts="")
    suffix = options.style.seed_suffix if row.origin is Origin.SEED else options.style.other_suffix
    return replace(row, instruction=row.instruction + suffix) if suffix else row
