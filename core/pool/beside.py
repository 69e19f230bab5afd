"""What instances have beside instruction, input and output: the one owner of system prompts, earlier turns, thoughts,
rejected answers and the fields of imported rows that became nothing else.

A row of a file brings one `Beside` to an instance. Two rows that bring the same instance (the same texts after the same
system prompt and turns) leave theirs both; whoever asks gets them as one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from core.database.parts import by_no_index, in_parts
from core.database.schema import beside, tasks
from core.records import Beside, Refused, Turn

NOTHING = Beside()
TEXTS = {True: ("true", "1"), False: ("false", "0")}  # what databases make of JSON's two words


@dataclass(frozen=True, slots=True)
class NewBeside:
    """What is about to be kept: of which task, of which of its instances (None: of the task alone), from where."""

    task_id: int
    instance_id: int | None
    its: Beside
    import_id: int | None = None
    line: int | None = None


def add(c: sa.Connection, pool_id: int, new: Sequence[NewBeside]) -> None:
    """Keep what rows brought beside their texts; the very same for the same instance is kept once."""
    there = _digests(c, {one.task_id for one in new if one.its})
    rows = []
    for one in new:
        key = (one.task_id, one.instance_id, digest(one.its))
        if one.its and key not in there:
            there.add(key)
            rows.append(_row(pool_id, one, key[2]))
    if rows:
        c.execute(beside.insert(), rows)


def of(c: sa.Connection, instance_ids: Sequence[int]) -> dict[int, Beside]:
    """What these instances have beside; those that have nothing are left out."""
    found: dict[int, Beside] = {}
    for some in in_parts(instance_ids):
        for row in c.execute(_of_instances, {"its_ids": some}):
            found[row.instance_id] = _joined(found.get(row.instance_id), _record(row))
    return found


_of_instances = (
    sa.select(beside).where(beside.c.instance_id.in_(sa.bindparam("its_ids", expanding=True))).order_by(beside.c.id)
)


def of_instance(c: sa.Connection, instance_id: int) -> Beside:
    """What one instance has beside."""
    return of(c, [instance_id]).get(instance_id, NOTHING)


def of_task(c: sa.Connection, task_id: int) -> Beside:
    """What a row brought beside an instruction that came without an instance."""
    query = (
        sa.select(beside)
        .where(beside.c.task_id == task_id, by_no_index(beside.c.instance_id).is_(None))
        .order_by(beside.c.id)
    )
    found: Beside | None = None
    for row in c.execute(query):
        found = _joined(found, _record(row))
    return found or NOTHING


def columns(c: sa.Connection, pool_id: int) -> list[str]:
    """The names of the fields that rows brought into a pool beside their texts, in the order of the first rows."""
    looked_at = (
        sa.select(beside.c.extra)
        .join(tasks, tasks.c.id == beside.c.task_id)
        .where(tasks.c.pool_id == pool_id, tasks.c.import_id.is_not(None))
        .order_by(beside.c.id)
        .limit(1000)
    )
    return list(dict.fromkeys(name for (extra,) in c.execute(looked_at) for name in extra or ()))


def has(column: str, value: str, instance_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Whether an instance's row had this very value in a column, as part of a query; Refused for quotes in its name."""
    if '"' in column or "\\" in column:
        raise Refused(
            "A column whose name has a quote or a back slash cannot be filtered by; rename it and import again."
        )
    said = sa.cast(beside.c.extra[column].as_string(), sa.Text)
    words = next((words for words in TEXTS.values() if value.lower() == words[0]), (value,))
    return sa.exists().where(beside.c.instance_id == instance_id, said.in_(words))


def contexts(c: sa.Connection, instance_ids: Sequence[int]) -> dict[int, str]:
    """The digest of what is read before each of these instances; those that have nothing before them are left out.

    No act changes it: a row with another system prompt or other turns brings another instance. So an instance and its
    text hash name all that a reviewer read; where a file knows no instance, text hash and context do.
    """
    found: dict[int, str] = {}
    for some in in_parts(instance_ids):
        found |= dict(c.execute(_CONTEXTS.where(beside.c.instance_id.in_(some))).tuples().all())
    return found


def contexts_in_pool(c: sa.Connection, pool_id: int) -> dict[int, str]:
    """The same of all instances of a pool."""
    its = (beside.c.pool_id == pool_id) & beside.c.instance_id.is_not(None)
    return dict(c.execute(_CONTEXTS.where(its)).tuples().all())


def context(its: Beside) -> str:
    """A digest of what was read before the instruction, "" where nothing was: with the text hash it tells instances
    of a conversation apart."""
    return _digest([its.system, [[turn.role, turn.text] for turn in its.turns]]) if its.has_context else ""


def digest(its: Beside) -> str:
    """A digest of the whole."""
    turns = [[turn.role, turn.text] for turn in its.turns]
    return _digest([its.system, turns, its.thoughts, list(its.rejected), dict(its.extra)])


_CONTEXTS = sa.select(beside.c.instance_id, beside.c.context).where(beside.c.context != "")


def _digest(parts: list[Any]) -> str:
    text = json.dumps(parts, sort_keys=True, default=str)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _digests(c: sa.Connection, task_ids: Iterable[int]) -> set[tuple[int, int | None, str]]:
    found: set[tuple[int, int | None, str]] = set()
    kept = sa.select(beside.c.task_id, beside.c.instance_id, beside.c.digest)
    for some in in_parts(sorted(task_ids)):
        found |= set(c.execute(kept.where(beside.c.task_id.in_(some))).tuples())
    return found


def _row(pool_id: int, one: NewBeside, digest: str) -> dict[str, Any]:
    return {
        "pool_id": pool_id,
        "task_id": one.task_id,
        "instance_id": one.instance_id,
        "import_id": one.import_id,
        "line": one.line,
        "context": context(one.its),
        "digest": digest,
        "system": one.its.system,
        "turns": [[turn.role, turn.text] for turn in one.its.turns] or None,
        "thoughts": one.its.thoughts,
        "rejected": list(one.its.rejected) or None,
        "extra": dict(one.its.extra) or None,
    }


def _record(row: sa.Row[Any]) -> Beside:
    return Beside(
        row.system,
        tuple(Turn(role, text) for role, text in row.turns or ()),
        row.thoughts,
        tuple(row.rejected or ()),
        row.extra or {},
    )


def _joined(first: Beside | None, second: Beside) -> Beside:
    """What two rows brought to one instance; where they say different things of one field, the first is right."""
    if first is None:
        return second
    extra: Mapping[str, Any] = {**second.extra, **first.extra}
    rejected = tuple(dict.fromkeys((*first.rejected, *second.rejected)))
    return Beside(
        first.system or second.system, first.turns or second.turns, first.thoughts or second.thoughts, rejected, extra
    )
