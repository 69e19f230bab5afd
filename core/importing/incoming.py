"""Rows on their way in, in parts: what is known of each without asking the pool, whoever reads the file.

A part crosses from one process to another as JSON (`as_json`, `part_of`) and is the same there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from core.importing.examples import Example, ImportedInstance, RowReader, Unreadable
from core.importing.roles import Role
from core.importing.trees import rows_of_trees
from core.pool import beside
from core.pool.judgement import judgement
from core.pool.tasks import instruction_hash
from core.records import Beside, Fault, Turn, text_hash

RowKey = tuple[str, str]  # an instance: the hash of its texts, and the digest of what was said before


class RowIdentity(NamedTuple):
    """By what it is known whether a pool has a row: the hash of its instruction, and its instances."""

    instruction: str
    instances: tuple[RowKey, ...]


def identity(one: Example) -> RowIdentity:
    """By what a row is found again."""
    text = one.instruction
    its = tuple((text_hash(text, shown.input, shown.output), _context(shown)) for shown in one.instances)
    return RowIdentity(instruction_hash(text), its)


class IncomingRow(NamedTuple):
    """A row on its way in, with the line of the file on which it stands."""

    line: int
    example: Example
    identity: RowIdentity


@dataclass(slots=True)
class FilePart:
    """Some rows of a file in order, and what stood between them that is none.

    `format`: what the file is by its rows so far. `without_output`: rows that came without an answer; `negative`: rows
    of which the file says that they are not good; `rejected`: answers that were held for worse than the output.
    """

    rows: list[IncomingRow]
    faults: list[Fault]
    format: str = ""
    without_output: int = 0
    negative: int = 0
    rejected: int = 0


class Columns(NamedTuple):
    """What the columns of a file became that became something; those kept beside, with their rows (see `RowReader`)."""

    fields: Mapping[str, Role] = {}
    unused: Mapping[str, int] = {}


def examples(path: Path, reader: RowReader) -> Iterator[tuple[int, Example] | Fault]:
    """The file's rows that hold an example, with their lines, and those that do not, with why."""
    for row in rows_of_trees(path):
        if isinstance(row, Fault):
            yield row
            continue
        line, fields = row
        try:
            found = reader.read(fields)
        except Unreadable as reason:
            yield Fault(line, str(reason))
            continue
        for one in found:
            yield line, one


def parts_of(path: Path, reader: RowReader, at_once: int) -> Iterator[FilePart]:
    """The file's rows, so many in a part; one may have none, but faults."""
    found = examples(path, reader)
    while some := list(islice(found, at_once)):
        rows = [one for one in some if not isinstance(one, Fault)]
        yield _part(rows, [one for one in some if isinstance(one, Fault)], reader.format)


def instructions_of(path: Path, reader: RowReader, at_once: int) -> Iterator[list[str]]:
    """The instructions of the file's rows in order, so many together."""
    found = (one[1].instruction for one in examples(path, reader) if not isinstance(one, Fault))
    while some := list(islice(found, at_once)):
        yield some


def _part(rows: Sequence[tuple[int, Example]], faults: list[Fault], format: str) -> FilePart:
    part = FilePart([IncomingRow(line, one, identity(one)) for line, one in rows], faults, format)
    for _, one in rows:
        part.without_output += not one.is_answered
        part.negative += one.is_negative
        part.rejected += sum(len(shown.beside.rejected) for shown in one.instances if shown.beside)
    return part


def as_json(part: FilePart) -> dict[str, Any]:
    """A part as JSON has it: see `part_of`."""
    return {
        "rows": [
            (
                *(row.line, row.identity.instruction, row.example.instruction, row.example.is_classification),
                *(row.example.name, _beside(row.example.beside)),
                [
                    (shown.input, shown.output, *key, _beside(shown.beside), shown.said and shown.said.as_mapping())
                    for key, shown in zip(row.identity.instances, row.example.instances, strict=True)
                ],
            )
            for row in part.rows
        ],
        "faults": [(fault.line, fault.reason) for fault in part.faults],
        "counts": (part.format, part.without_output, part.negative, part.rejected),
    }


def part_of(told: Mapping[str, Any]) -> FilePart:
    """The part of which `as_json` says this."""
    rows = []
    for line, key, instruction, is_classification, name, its, instances in told["rows"]:
        shown = tuple(
            ImportedInstance(given, output, _of_beside(inner), judgement(said) if said else None)
            for given, output, _, _, inner, said in instances
        )
        keys = tuple((hashed, context) for _, _, hashed, context, _, _ in instances)
        example = Example(instruction, shown, is_classification, name, _of_beside(its))
        rows.append(IncomingRow(line, example, RowIdentity(key, keys)))
    return FilePart(rows, [Fault(line, reason) for line, reason in told["faults"]], *told["counts"])


def _beside(its: Beside | None) -> tuple[Any, ...] | None:
    if its is None:
        return None
    return its.system, [(turn.role, turn.text) for turn in its.turns], its.thoughts, its.rejected, its.extra


def _of_beside(told: Sequence[Any] | None) -> Beside | None:
    if told is None:
        return None
    system, turns, thoughts, rejected, extra = told
    return Beside(system, tuple(Turn(role, text) for role, text in turns), thoughts, tuple(rejected), extra)


def _context(shown: ImportedInstance) -> str:
    return beside.context(shown.beside) if shown.beside else ""
