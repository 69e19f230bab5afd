"""A pool's decisions and judgements as counts and fingerprints: what a project's file states and a replay compares."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

import sqlalchemy as sa

from core.database.parts import by_no_index
from core.database.schema import decisions, imports, ratings, tasks
from core.pool import then
from core.records import Decided, Origin, State


def decisions_by_rule(c: sa.Connection, pool_id: int) -> dict[str, dict[str, int]]:
    """How many decisions of each kind were made by each rule: {"discard": {"too-close": 40, ...}, ...}."""
    query = (
        sa.select(decisions.c.kind, decisions.c.rule, sa.func.count())
        .where(decisions.c.pool_id == pool_id)
        .group_by(decisions.c.kind, decisions.c.rule)  # by the plain column: to PostgreSQL two bound "" are two
    )
    found: dict[str, dict[str, int]] = {}
    # Sorted here: databases have orders of their own, and the file is read by people.
    for kind, rule, n in sorted((kind, rule or "", n) for kind, rule, n in c.execute(query).tuples()):
        # Reasons of people are their words, not rules: they are counted together.
        name = rule if kind == Decided.DISCARD.value else "by people"
        found.setdefault(kind, {})[name] = found.get(kind, {}).get(name, 0) + n
    return found


def ratings_given(c: sa.Connection, pool_id: int) -> dict[str, int]:
    """How many ratings, skips and undoings were stored."""
    query = sa.select(ratings.c.kind, sa.func.count()).where(ratings.c.pool_id == pool_id).group_by(ratings.c.kind)
    return dict(c.execute(query.order_by(ratings.c.kind)).tuples().all())


def arrived(c: sa.Connection, run_id: int) -> tuple[int, str]:
    """How many candidates a run brought, and a fingerprint of their texts and fates at arrival, in their order."""
    dropped = (
        sa.select(decisions.c.task_id, sa.func.min(decisions.c.id).label("first"))
        .where(decisions.c.kind == Decided.DISCARD.value, decisions.c.instance_id.is_(None))
        .group_by(decisions.c.task_id)
        .subquery()
    )
    first = decisions.alias("first_decision")
    query = (
        sa.select(tasks.c.id, tasks.c.instruction, sa.func.coalesce(first.c.rule, "").label("dropped_by"))
        .select_from(tasks)
        .join(dropped, dropped.c.task_id == tasks.c.id, isouter=True)
        .join(first, first.c.id == dropped.c.first, isouter=True)
        .where(tasks.c.run_id == run_id, tasks.c.origin != Origin.SEED.value)  # one of them may be a seed as well now
        .order_by(tasks.c.id)
    )
    rows = c.execute(query).all()
    as_it_came = then.arrived_as(c, [row.id for row in rows])
    return fingerprint(f"{as_it_came.get(row.id, row.instruction)}\x00{row.dropped_by}" for row in rows)


def let_in(c: sa.Connection, run_id: int) -> int:
    """How many candidates of a run the filters and the gate let in when they came, whatever people did since."""
    dropped = sa.exists().where(
        decisions.c.task_id == tasks.c.id,
        by_no_index(decisions.c.instance_id).is_(None),
        decisions.c.kind == Decided.DISCARD.value,
    )
    its_own = (tasks.c.run_id == run_id) & (tasks.c.origin != Origin.SEED.value)
    query = sa.select(sa.func.count()).select_from(tasks).where(its_own, ~dropped)
    return int(c.execute(query).scalar_one())


def of_other_origins(c: sa.Connection, pool_id: int) -> dict[str, int]:
    """How many tasks came into a pool otherwise than as seeds or by Self-Instruct."""
    query = (
        sa.select(tasks.c.origin, sa.func.count())
        .where(tasks.c.pool_id == pool_id, tasks.c.origin.not_in([Origin.SEED.value, Origin.SELF_INSTRUCT.value]))
        .group_by(tasks.c.origin)
    )
    return dict(c.execute(query).tuples().all())


def accepted(c: sa.Connection, pool_id: int) -> tuple[int, str]:
    """How many tasks beside the seeds are accepted, and a fingerprint of their instructions in order."""
    query = sa.select(tasks.c.instruction).where(
        tasks.c.pool_id == pool_id, tasks.c.state == State.ACCEPTED.value, tasks.c.origin != Origin.SEED.value
    )
    return fingerprint(c.execute(query.order_by(tasks.c.id)).scalars())


def files(c: sa.Connection, pool_id: int) -> list[dict[str, object]]:
    """What was imported: file, hash, format."""
    query = sa.select(imports).where(imports.c.pool_id == pool_id).order_by(imports.c.id)
    return [{"file": row.file_name, "sha256": row.sha256, "format": row.format} for row in c.execute(query)]


def fingerprint(texts: Iterable[str]) -> tuple[int, str]:
    """How many texts there are, and a SHA-256 (hex) of them in their order."""
    n, digest = 0, sha256()
    for n, text in enumerate(texts, 1):  # noqa: B007  the last number is how many
        whole = text.encode("utf-8", "surrogatepass")
        digest.update(f"{len(whole)}:".encode() + whole)
    return n, digest.hexdigest()
