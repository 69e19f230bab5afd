"""Ratings as JSON Lines: a backup of every label, and the way in for ratings that were made elsewhere."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.records import Grade, Rating, text_hash
from core.store import Database, rating_history, rating_import
from core.store.rating_import import Incoming
from core.store.reviews import Judgement

QUESTIONS = ("instruction_valid", "input_appropriate", "output_correct")
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
        **{question: getattr(rating, question) for question in QUESTIONS},
        "flags": list(rating.flags),
        "note": rating.note,
        "at": rating.at,
    }


def _row(line: str) -> Incoming | str:
    try:
        row = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        return f"not JSON ({error})" if isinstance(error, RecursionError) else f"not JSON ({error.msg})"
    if not isinstance(row, Mapping):
        return "not a JSON object"
    faults = [fault for fault in (_fault(row), _text_fault(row)) if fault]
    if faults:
        return faults[0]
    said = Judgement(
        Grade(row["grade"]) if row.get("grade") else None,
        row.get("valid"),
        row.get(QUESTIONS[0]),
        row.get(QUESTIONS[1]),
        row.get(QUESTIONS[2]),
        flags=tuple(row.get("flags") or ()),
        note=row.get("note") or "",
    )
    at = row.get("at")
    return Incoming(
        reviewer=row["reviewer"].strip(),
        said=said,
        instance_id=row.get("instance"),
        text_hash=_hash_of(row),
        at=float(at) if at is not None else None,
    )


def _hash_of(row: Mapping[str, Any]) -> str | None:
    if isinstance(row.get("instruction"), str):
        return text_hash(row["instruction"], row.get("input") or "", row.get("output") or "")
    return row.get("text_hash")


def _fault(row: Mapping[str, Any]) -> str | None:
    """What is wrong with the judgement of a row."""
    reviewer = row.get("reviewer")
    if not isinstance(reviewer, str) or not reviewer.strip() or len(reviewer) > 200 or not _is_storable(reviewer):
        return "the field reviewer is missing or is not a name"
    if row.get("grade") not in (None, "", *(grade.value for grade in Grade)):
        return "the field grade is not A, B, C or D"
    for name in ("valid", *QUESTIONS):
        if row.get(name) is not None and not isinstance(row[name], bool):
            return f"the field {name} is not true, false or null"
    flags = row.get("flags") or []
    if not isinstance(flags, list) or not all(
        isinstance(one, str) and one.strip() and _is_storable(one) for one in flags
    ):
        return "the field flags is not a list of names"
    if row.get("note") is not None and not isinstance(row["note"], str):
        return "the field note is not text"
    at = row.get("at")
    if at is not None and (
        isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at <= time.time() + 86400
    ):
        return "the field at is not a time in seconds since 1970"
    if not any(row.get(name) not in (None, "") for name in ("grade", "valid", *QUESTIONS, "note")) and not flags:
        return "it judges nothing: grade, valid, the questions, flags and note are all missing"
    return None


def _text_fault(row: Mapping[str, Any]) -> str | None:
    """What is wrong with how a row names its text."""
    instance = row.get("instance")
    if instance is not None and (isinstance(instance, bool) or not isinstance(instance, int) or abs(instance) >= 2**63):
        return "the field instance is not a number"
    if row.get("text_hash") is not None and not isinstance(row["text_hash"], str):
        return "the field text_hash is not text"
    if row.get("instruction") is None:
        return "it names neither an instance nor an instruction" if instance is None else None
    if not all(row.get(name) is None or isinstance(row[name], str) for name in ("instruction", "input", "output")):
        return "instruction, input or output is not text"
    return None


def _is_storable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" or character == "\x00" for character in text)


def _in_parts(lines: Iterable[tuple[int, str]], size: int) -> Iterator[list[tuple[int, str]]]:
    part: list[tuple[int, str]] = []
    for numbered in lines:
        part.append(numbered)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
