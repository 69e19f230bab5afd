"""Ratings that were made elsewhere: found a place by instance or by text, and added once."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from core.database.parts import is_hash
from core.database.schema import audit_items, audits, instances, ratings
from core.pool import beside, edits, items, judging, standing
from core.pool.judgement import OPEN_DESK, Judgement, rating
from core.records import text_hash


@dataclass(frozen=True, slots=True)
class IncomingRating:
    """A rating from a file. `text_hash` names the judged text; it and `at` are None where the file does not say.

    `round`: the desk's, a round of the pool, or one of an audit, whose frozen text it is then of. `context`: the digest
    of what was read before the text, None where the file does not say.
    """

    reviewer: str
    said: Judgement
    instance_id: int | None
    text_hash: str | None
    at: float | None
    round: str = OPEN_DESK
    context: str | None = None


def place(c: sa.Connection, pool_id: int, row: IncomingRating) -> IncomingRating | str:
    """The same rating with its instance and text settled, or the reason why it has none in this pool."""
    if row.round.startswith("audit:"):
        return _place_in_audit(c, pool_id, row)
    found = _by_id(c, pool_id, row) if row.instance_id is not None else None
    fits = found is not None and row.context in (None, beside.contexts(c, [found.id]).get(found.id, ""))
    if found is not None and fits and row.text_hash in (None, found.text_hash):
        return replace(row, instance_id=found.id, text_hash=found.text_hash)
    if row.text_hash is not None:
        if found is not None and fits and _was_its_text(c, found.id, row.text_hash):
            return replace(row, instance_id=found.id)  # of an earlier text: it stays on record, stale
        same = sa.select(instances.c.id).where(
            instances.c.pool_id == pool_id,
            is_hash(instances.c.text_hash, row.text_hash),
            instances.c.is_seed.is_(False),
        )
        return _by_text(c, row, list(c.execute(same.order_by(instances.c.id)).scalars()))
    return f"there is no instance {row.instance_id} in this pool"


def add(c: sa.Connection, pool_id: int, row: IncomingRating) -> bool:
    """Store a rating that has been placed; False where this reviewer's very same one is there and not taken back."""
    assert row.instance_id is not None and row.text_hash is not None
    if _is_known(c, row):
        return False
    at = time.time() if row.at is None else row.at
    its = (row.instance_id, row.reviewer, row.text_hash, row.said, at, row.round)
    judging.add_from_elsewhere(c, pool_id, *its)
    return True


def _by_id(c: sa.Connection, pool_id: int, row: IncomingRating) -> Any:
    query = sa.select(instances.c.id, instances.c.text_hash).where(
        instances.c.id == row.instance_id, instances.c.pool_id == pool_id, instances.c.is_seed.is_(False)
    )
    return c.execute(query).first()


def _is_known(c: sa.Connection, row: IncomingRating) -> bool:
    query = standing.not_undone().where(
        ratings.c.instance_id == row.instance_id,
        ratings.c.reviewer == row.reviewer,
        ratings.c.round == row.round,
        ratings.c.kind == "rate",
        ratings.c.text_hash == row.text_hash,
    )
    return any(
        rating(one).said.meaning == row.said.meaning and (row.at is None or abs(one.at - row.at) < 1e-3)
        for one in c.execute(query)
    )


def _by_text(c: sa.Connection, row: IncomingRating, ids: list[int]) -> IncomingRating | str:
    """The first instance with this text after the same conversation."""
    if not ids:
        return "no instance of this pool has this text"
    before = beside.contexts(c, ids)
    if row.context is None and len({before.get(one, "") for one in ids}) > 1:
        return "several instances have this text, each after another conversation; give context or instance"
    for one in ids:
        if row.context in (None, before.get(one, "")):
            return replace(row, instance_id=one)
    return "no instance of this pool has this text after the same system prompt and turns"


def _was_its_text(c: sa.Connection, instance_id: int, hashed: str) -> bool:
    """Whether the instance had that text once: somebody rated it here, or its changes lead back to it."""
    query = sa.select(ratings.c.id).where(ratings.c.instance_id == instance_id, ratings.c.text_hash == hashed)
    if c.execute(query.limit(1)).first() is not None:
        return True
    item = items.get(c, instance_id)
    text = {"instruction": item.instruction, "input": item.input, "output": item.output}
    for change in reversed(edits.history(c, item.task_id, instance_id)):
        if change.field in text:
            text[change.field] = str(change.before)
            if text_hash(**text) == hashed:
                return True
    return False


def _place_in_audit(c: sa.Connection, pool_id: int, row: IncomingRating) -> IncomingRating | str:
    audit_id = int(row.round.split(":")[1])
    here = sa.select(audits.c.id).where(audits.c.id == audit_id, audits.c.pool_id == pool_id, audits.c.whole)
    if c.execute(here).first() is None:
        return f"it was given in audit {audit_id}, and this pool has no audit of that number"
    frozen = sa.select(audit_items.c.instance_id, audit_items.c.text_hash).where(audit_items.c.audit_id == audit_id)
    item = c.execute(frozen.where(audit_items.c.instance_id == row.instance_id)).first()
    if item is not None and row.text_hash in (None, item.text_hash):
        return replace(row, text_hash=item.text_hash)
    if row.text_hash is None:
        return f"instance {row.instance_id} is no item of audit {audit_id}"
    same = c.execute(frozen.where(audit_items.c.text_hash == row.text_hash).limit(2)).all()
    if len(same) == 1:
        return replace(row, instance_id=same[0].instance_id)
    return f"its text is {'in several items' if same else 'not one that was frozen for an item'} of audit {audit_id}"
