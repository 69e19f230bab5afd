"""Ratings that were made elsewhere: found a place by instance or by text, and added once."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from core.database.parts import one_of
from core.database.schema import audit_items, audits, instances, ratings
from core.pool import beside, edits, items, judging, standing
from core.pool.items import of_texts, texts
from core.pool.judgement import OPEN_DESK, Judgement, rating
from core.records import text_hash

_AUDIT = "audit:"  # how the name of an audit's round begins
_HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class IncomingRating:
    """A rating from a file. `text_hash` names the judged text; it and `at` are None where the file does not say.

    `round`: the desk's, a round of the pool, or one of an audit, whose frozen text it is then of. `context`: the digest
    of what was read before the text, `instruction_hash` that of its instruction; None where the file does not say.
    """

    reviewer: str
    said: Judgement
    instance_id: int | None
    text_hash: str | None
    at: float | None
    round: str = OPEN_DESK
    context: str | None = None
    instruction_hash: str | None = None


Having = Mapping[str, Sequence[int]]  # by the hash of a text: the ids of the instances that have it, in order


def look_for(c: sa.Connection, pool_id: int, rows: Sequence[IncomingRating]) -> Having:
    """The instances of a pool whose texts these ratings name by hashes alone: made in another database, as a rule.

    No index leads from such a hash to an instance: the whole pool is gone through, once for all of the rows, which is
    seconds at a million. So it is done before the write lock is taken, and what was found is looked at again under it.
    """
    alone = [row for row in rows if row.instruction_hash is None and not row.round.startswith(_AUDIT)]
    of_own = _hashes(c, pool_id, sorted({row.instance_id for row in alone if row.instance_id is not None}))
    hashes = {
        row.text_hash for row in alone if row.context is not None or row.text_hash != of_own.get(row.instance_id or 0)
    }
    wanted = sorted(one for one in hashes if one is not None and _HASH.fullmatch(one))
    if not wanted:
        return {}
    if c.dialect.name == "sqlite":
        listed = sa.select(sa.func.json_each(sa.literal(json.dumps(wanted), sa.Text)).table_valued("value").c.value)
    else:  # joined by their hashes, where a list that is bound would be gone through for each instance
        listed = sa.select(sa.func.unnest(sa.literal(wanted, sa.ARRAY(sa.Text))))
    return _together(_pairs(c, pool_id, instances.c.text_hash.in_(listed)))


def having(c: sa.Connection, pool_id: int, rows: Sequence[IncomingRating], looked_for: Having) -> Having:
    """The instances that have the texts of these ratings now; `looked_for`: what was found of hashes alone before."""
    ids = {one for row in rows for one in looked_for.get(row.text_hash or "", ())}
    found = _together((now, one) for one, now in _hashes(c, pool_id, sorted(ids)).items())
    known = {(row.instruction_hash, row.text_hash) for row in rows if row.instruction_hash and row.text_hash}
    if known:
        dialect = c.dialect.name
        its = sa.select(instances.c.text_hash, instances.c.id).select_from(of_texts(dialect))
        its = its.where(instances.c.is_seed.is_(False))
        found |= _together(c.execute(its, texts(dialect, pool_id, known)).tuples())
    return found


def place(c: sa.Connection, pool_id: int, row: IncomingRating, having: Having) -> IncomingRating | str:
    """The same rating with its instance and text settled, or the reason why it has none in this pool."""
    if row.round.startswith(_AUDIT):
        return _place_in_audit(c, pool_id, row)
    found = _by_id(c, pool_id, row) if row.instance_id is not None else None
    fits = found is not None and row.context in (None, beside.contexts(c, [found.id]).get(found.id, ""))
    if found is not None and fits and row.text_hash in (None, found.text_hash):
        return replace(row, instance_id=found.id, text_hash=found.text_hash)
    if row.text_hash is not None:
        if found is not None and fits and _was_its_text(c, found.id, row.text_hash):
            return replace(row, instance_id=found.id)  # of an earlier text: it stays on record, stale
        return _by_text(c, row, having.get(row.text_hash, ()))
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


def _hashes(c: sa.Connection, pool_id: int, ids: Sequence[int]) -> dict[int, str]:
    """The hashes of the texts that these instances have now, by their ids; of those alone that can be rated here."""
    return {one: text for text, one in _pairs(c, pool_id, one_of(c, instances.c.id, ids))} if ids else {}


def _pairs(c: sa.Connection, pool_id: int, which: sa.ColumnElement[bool]) -> Iterable[tuple[str, int]]:
    query = sa.select(instances.c.text_hash, instances.c.id)
    query = query.where(instances.c.pool_id == pool_id, instances.c.is_seed.is_(False), which)
    return c.execute(query).tuples()


def _together(pairs: Iterable[tuple[str, int]]) -> dict[str, Sequence[int]]:
    return {text: [one for _, one in its] for text, its in groupby(sorted(pairs), key=itemgetter(0))}


def _by_text(c: sa.Connection, row: IncomingRating, ids: Sequence[int]) -> IncomingRating | str:
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
