"""Verb and noun of each instruction, kept by text and parser: a pool is parsed once, and then only what is new."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from core.database.engine import upsert
from core.database.schema import parses, tasks
from core.records import Origin, State

PARSED = (State.ACCEPTED.value, State.REJECTED.value)  # what a filter dropped is not looked at


def waiting(c: sa.Connection, pool_id: int, parser: str) -> list[tuple[str, str]]:
    """(hash, instruction) of a pool's tasks that this parser has not read, each text once, in order of arrival."""
    first = sa.func.min(tasks.c.id).label("first")
    chosen = (
        sa.select(first)
        .outerjoin(parses, (parses.c.parser == parser) & (parses.c.text_hash == tasks.c.instruction_hash))
        .where(tasks.c.pool_id == pool_id, tasks.c.state.in_(PARSED), parses.c.text_hash.is_(None))
        .group_by(tasks.c.instruction_hash)
        .subquery()
    )
    query = sa.select(tasks.c.instruction_hash, tasks.c.instruction).join(chosen, chosen.c.first == tasks.c.id)
    return list(c.execute(query.order_by(tasks.c.id)).tuples())


def is_waiting(c: sa.Connection, pool_id: int, parser: str) -> bool:
    """Whether this parser has something of the pool to read."""
    read = sa.exists().where(parses.c.parser == parser, parses.c.text_hash == tasks.c.instruction_hash)
    query = sa.select(tasks.c.id).where(tasks.c.pool_id == pool_id, tasks.c.state.in_(PARSED), ~read)
    return c.execute(query.limit(1)).first() is not None


def keep(c: sa.Connection, parser: str, hashes: Sequence[str], pairs: Sequence[tuple[str | None, str | None]]) -> None:
    """Keep the (verb, noun) of these texts; one that is there already stays."""
    rows = [
        {"parser": parser, "text_hash": key, "verb": verb, "noun": noun}
        for key, (verb, noun) in zip(hashes, pairs, strict=True)
    ]
    if rows:
        c.execute(upsert(c, parses).on_conflict_do_nothing(), rows)


def count(c: sa.Connection, parser: str) -> int:
    """How many texts this parser has read, of all pools."""
    return int(c.execute(sa.select(sa.func.count()).where(parses.c.parser == parser)).scalar_one())


def machine_verbs(c: sa.Connection, pool_id: int, parser: str) -> dict[int, str]:
    """The root verb of each accepted task that no person wrote, in order of arrival; those without one are left out."""
    query = (
        sa.select(tasks.c.id, parses.c.verb)
        .join(parses, (parses.c.parser == parser) & (parses.c.text_hash == tasks.c.instruction_hash))
        .where(tasks.c.pool_id == pool_id, tasks.c.state == State.ACCEPTED.value)
        .where(tasks.c.origin != Origin.SEED.value, parses.c.verb.is_not(None))
    )
    return dict(c.execute(query.order_by(tasks.c.id)).tuples().all())
