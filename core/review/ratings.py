"""Ratings as JSON Lines: a backup of every label, and the way in for ratings that were made elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import sqlalchemy as sa

from core.database import Database
from core.database.parts import in_parts
from core.moments import exact_moment
from core.pool import beside
from core.pool.journal import Noted, note
from core.pool.judgement import columns
from core.records import Fault, Rating
from core.review.rating_file import BadRow, RatingImport, rating_row
from core.review.rows import rating_history, rating_import
from core.review.rows.rating_import import IncomingRating

T = TypeVar("T")
_Read = tuple[int, IncomingRating] | Fault  # a row with its line, or why it holds no rating
_AT_ONCE = 100  # rows in one transaction, a fifth of a second: others can write between
_LOOKED_FOR = 10_000  # rows whose texts are looked for together where the file has hashes alone


def export(c: sa.Connection, pool_id: int, closed: Mapping[int, str] | None = None) -> Iterator[str]:
    """Every standing rating of every round as a line of JSON; a stale one names the hash of the text it judged.

    `closed`: audits of which only one reviewer's answers may go out, by number.
    """
    before = beside.contexts_in_pool(c, pool_id)
    for kept in rating_history.kept(c, pool_id, closed or {}):
        row = as_row(kept.rating, kept.round)
        row |= {"context": before[kept.rating.instance_id]} if kept.rating.instance_id in before else {}
        texts = {"instruction": kept.instruction, "input": kept.input, "output": kept.output}
        if not kept.is_stale and all(_is_whole(text) for text in texts.values()):
            row |= texts
        yield json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass").decode("utf-8", "replace") + "\n"


def read(
    database: Database,
    pool_id: int,
    rows: Iterable[tuple[int, Mapping[str, Any]] | Fault],
    on_progress: Callable[[int], None] | None = None,
) -> RatingImport:
    """Take in the ratings of a file's rows, each with its line and in its round; what is there already is left alone.

    Rows that hold no rating of this pool are reported and the others kept.
    """
    added = known = 0
    faults: list[Fault] = []
    for many in _in_parts(map(_rating, rows), _LOOKED_FOR):
        with database.read() as c:
            looked_for = rating_import.look_for(c, pool_id, [row for _, row in _ratings(many)])
        for some in in_parts(many, _AT_ONCE):
            with database.write() as c:
                having = rating_import.having(c, pool_id, [row for _, row in _ratings(some)], looked_for)
                faults += [row for row in some if isinstance(row, Fault)]
                for line, row in _ratings(some):
                    placed = rating_import.place(c, pool_id, row, having)
                    if isinstance(placed, str):
                        faults.append(Fault(line, placed))
                    elif rating_import.add(c, pool_id, placed):
                        added += 1
                    else:
                        known += 1
            if on_progress:
                on_progress(added + known + len(faults))
    faults.sort(key=lambda fault: fault.line)
    if added:
        with database.write() as c:
            note(c, pool_id, Noted.TOOK_RATINGS, detail=f"{added:,} into the pool")
    return RatingImport(added, known, tuple(faults))


def as_row(rating: Rating, round: str = "") -> dict[str, Any]:
    """A rating in the columns of the file; one of the desk names no round."""
    return {
        **({"round": round} if round else {}),
        "instance": rating.instance_id,
        "text_hash": rating.text_hash,
        "reviewer": rating.reviewer,
        **{name: value for name, value in columns(rating).items() if name != "seconds"},
        "at": exact_moment(rating.at),
    }


def _rating(row: tuple[int, Mapping[str, Any]] | Fault) -> _Read:
    if isinstance(row, Fault):
        return row
    line, fields = row
    try:
        read = rating_row(fields)
    except BadRow as bad:
        return Fault(line, str(bad))
    what = (read.instance_id, read.text_hash, read.at, read.round, read.context, read.instruction_hash)
    return line, IncomingRating(read.reviewer, read.said, *what)


def _ratings(rows: Iterable[_Read]) -> Iterator[tuple[int, IncomingRating]]:
    return (row for row in rows if not isinstance(row, Fault))


def _is_whole(text: str) -> bool:
    """Whether a file can hold the text as it is: half a surrogate pair would come back as another text."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _in_parts(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    part: list[T] = []
    for row in rows:
        part.append(row)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
