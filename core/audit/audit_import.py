"""Ratings of an audit that were made elsewhere and come in by file."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from core.audit.frozen import Audit, FrozenItem
from core.audit.rows import audit_answers, audits
from core.database import Database
from core.database.parts import in_parts
from core.pool.guidelines import QUESTIONS
from core.pool.journal import Noted, note
from core.pool.judgement import Judgement
from core.records import Fault, Rating
from core.review.rating_file import BadRow, RatingImport, RatingRow, rating_row

_AT_ONCE = 500


def import_ratings(
    database: Database, audit_id: int, rows: Iterable[tuple[int, Mapping[str, Any]] | Fault]
) -> RatingImport:
    """Add the ratings in a file's rows, each with its line, to an audit; a second time it adds nothing.

    A row names an item by its instance, by its exact text, or by both. Bad rows are reported and the others kept.
    Raises NotFound for the audit.
    """
    with database.read() as c:
        audit = audits.get(c, audit_id)
        places = _Places(audits.every_item(c, audit))
        known = {_as_key(rating) for rating in audit_answers.history(c, audit)}
    known |= {key[:-1] for key in known}  # a row without a time is known whenever it was said
    faults: list[Fault] = []
    new: list[tuple[int, RatingRow]] = []
    there = 0
    for row in rows:
        if isinstance(row, Fault):
            faults.append(row)
            continue
        line, fields = row
        try:
            read = rating_row(fields)
            position, instance_id = places.of(read, audit)
        except BadRow as bad:
            faults.append(Fault(line, str(bad)))
            continue
        key = _key(instance_id, read.reviewer, read.said)
        if (key if read.at is None else (*key, read.at)) in known:
            there += 1
            continue
        known |= {key, (*key, read.at)}
        new.append((position, read))
    for some in in_parts(new, _AT_ONCE):
        with database.write() as c:
            for position, read in some:
                at = time.time() if read.at is None else read.at
                audit_answers.add_from_elsewhere(c, audit, position, read.reviewer, read.said, at)
    if new:
        with database.write() as c:
            note(c, audit.pool_id, Noted.TOOK_RATINGS, detail=f"{len(new):,} into audit {audit.id}")
    return RatingImport(len(new), there, tuple(faults))


def items_to_judge(database: Database, audit: Audit) -> str:
    """An audit's items as JSON Lines that a reviewer can fill in elsewhere and bring back; nobody's answers in it."""
    with database.read() as c:
        frozen = audits.every_item(c, audit)
    return "".join(
        json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass").decode("utf-8", "replace") + "\n"
        for row in blank_rows(frozen, audit)
    )


def blank_rows(items: Iterable[FrozenItem], audit: Audit) -> Iterator[dict[str, Any]]:
    """An audit's items as rows that a reviewer can fill in elsewhere and bring back."""
    for item in items:
        texts = {"instruction": item.instruction, "input": item.input, "output": item.output}
        unsaid = dict.fromkeys(("reviewer", "grade", *(question.key for question in QUESTIONS)))
        yield {
            "audit": audit.id,
            "instance": item.instance_id,
            "text_hash": item.text_hash,
            **texts,
            **unsaid,
            "note": "",
        }


class _Places:
    """Where the items of an audit are, by instance and by text."""

    def __init__(self, items: list[FrozenItem]) -> None:
        self._by_instance = {item.instance_id: item for item in items}
        self._by_text: dict[str, list[FrozenItem]] = {}
        for item in items:
            self._by_text.setdefault(item.text_hash, []).append(item)

    def of(self, row: RatingRow, audit: Audit) -> tuple[int, int]:
        if row.audit_id not in (None, audit.id):
            raise BadRow(f"it belongs to audit {row.audit_id}, not to {audit.id}")
        if row.round not in ("", audit.round):
            raise BadRow(
                f"it was given in the round {row.round}; bring it into the pool, where every round has its place"
            )
        if row.instance_id is None:
            found = self._by_text.get(row.text_hash or "", [])
            if len(found) != 1:
                raise BadRow("its text is in no item" if not found else "its text is in several items; give instance")
            return found[0].position, found[0].instance_id
        item = self._by_instance.get(row.instance_id)
        if item is None:
            raise BadRow(f"instance {row.instance_id} is no item of this audit")
        if row.text_hash not in (None, item.text_hash):
            raise BadRow(f"its text is not the one that was drawn for instance {row.instance_id}")
        return item.position, item.instance_id


def _as_key(rating: Rating) -> tuple[object, ...]:
    return (*_key(rating.instance_id, rating.reviewer, rating.said), rating.at)


def _key(instance_id: int, reviewer: str, said: Judgement) -> tuple[object, ...]:
    return (instance_id, reviewer, said.meaning)
