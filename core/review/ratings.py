"""Ratings as JSON Lines: a backup of every label, and the way in for ratings that were made elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.records import Rating
from core.review.guidelines import QUESTIONS
from core.review.rating_rows import BadRow as NotARating
from core.review.rating_rows import rating_row
from core.store import Database, rating_history, rating_import
from core.store.rating_import import Incoming

_AT_ONCE = 500  # rows in one transaction: others can write between


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line of a file that was left out, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import: ratings that are new, ratings that were there before, lines left out."""

    added: int
    known: int
    bad: tuple[BadRow, ...]


def export(c: sa.Connection, pool_id: int) -> Iterator[str]:
    """Every standing rating of the open desk as a line of JSON; a stale one names the hash of the text it judged."""
    for kept in rating_history.kept(c, pool_id):
        row = as_row(kept.rating)
        if not kept.is_stale:
            row |= {"instruction": kept.instruction, "input": kept.input, "output": kept.output}
        yield json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass").decode("utf-8", "replace") + "\n"


def write(database: Database, pool_id: int, path: Path) -> int:
    """Write a pool's ratings to a file, whole or not at all; return how many."""
    partial = path.with_name(path.name + ".partial")
    n = 0
    with database.read() as c, partial.open("w", encoding="utf-8") as file:
        for line in export(c, pool_id):
            file.write(line)
            n += 1
    partial.replace(path)
    return n


def read(
    database: Database, pool_id: int, lines: Iterable[str], on_progress: Callable[[int], None] | None = None
) -> Imported:
    """Take in ratings; what is there already is left alone, a line that cannot be placed is told with its reason."""
    added = known = 0
    bad: list[BadRow] = []
    for some in _in_parts(enumerate(lines, 1), _AT_ONCE):
        with database.write() as c:
            for number, line in some:
                if not line.strip():
                    continue
                row = _row(line)
                placed = rating_import.place(c, pool_id, row) if isinstance(row, Incoming) else row
                if isinstance(placed, str):
                    bad.append(BadRow(number, placed))
                elif rating_import.add(c, pool_id, placed):
                    added += 1
                else:
                    known += 1
        if on_progress and some:
            on_progress(some[-1][0])
    return Imported(added, known, tuple(bad))


def as_row(rating: Rating) -> dict[str, Any]:
    """A rating in the columns of the file."""
    return {
        "instance": rating.instance_id,
        "text_hash": rating.text_hash,
        "reviewer": rating.reviewer,
        "grade": rating.grade.value if rating.grade else None,
        "valid": rating.valid,
        **{question.key: getattr(rating, question.key) for question in QUESTIONS},
        "flags": list(rating.flags),
        "note": rating.note,
        "at": rating.at,
    }


def _row(line: str) -> Incoming | str:
    try:
        row = json.loads(line)
        if not isinstance(row, Mapping):
            return "not a JSON object"
        read = rating_row(row)
    except json.JSONDecodeError as error:
        return f"not JSON ({error.msg})"
    except RecursionError:
        return "not JSON that can be read (nested too deep)"
    except NotARating as error:
        return str(error)
    return Incoming(read.reviewer, read.said, read.instance_id, read.text_hash, read.at)


def _in_parts(lines: Iterable[tuple[int, str]], size: int) -> Iterator[list[tuple[int, str]]]:
    part: list[tuple[int, str]] = []
    for numbered in lines:
        part.append(numbered)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
