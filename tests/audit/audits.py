"""A small pool to audit, and reviewers who answer by a rule."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from core.audit import audit as audits_of
from core.audit import judging
from core.audit.frozen import Audit, FrozenItem
from core.audit.rows import audit_answers, audits
from core.database import Database
from core.pool import arrivals, pools
from core.pool.arrivals import NewInstance, NewTask
from core.pool.judgement import Judgement
from core.records import Grade, Origin

GOOD = Judgement(Grade.A, None, True, True, True)
BAD = Judgement(Grade.D, None, False, False, False)


def pool_of(database: Database, n: int, name: str = "things", instances: int = 1) -> int:
    """A pool of n accepted tasks, every third a classification, with so many instances each, after one seed."""
    with database.write() as c:
        pool = pools.create(c, name)
        seed = NewTask(Origin.SEED, "A seed.", instances=(NewInstance("", "seed output"),))
        grown = [
            NewTask(
                Origin.SELF_INSTRUCT if k % 2 else Origin.IMPORT,
                f"Do thing {k}.",
                k % 3 == 0,
                tuple(NewInstance("" if k % 2 else f"input {k}", f"output {k}, {at}") for at in range(instances)),
            )
            for k in range(n)
        ]
        arrivals.add(c, pool.id, [seed, *grown])
    return pool.id


def judge(database: Database, audit: Audit, reviewer: str, said: Callable[[FrozenItem], Judgement | None]) -> None:
    """Let a reviewer answer every item by a rule; None leaves an item open."""
    with database.write() as c:
        for item in audits.every_item(c, audit):
            word = said(item)
            if word is not None:
                audit_answers.rate(c, audit, item.position, reviewer, word)


def draw(database: Database, pool_id: int, **how: object) -> Audit:
    return audits_of.new(database, pool_id, **how)


def drawn(database: Database, audit: Audit) -> list[tuple[int, int, str]]:
    with database.read() as c:
        return [(item.task_id, item.instance_id, item.text_hash) for item in audits.every_item(c, audit)]


def judge_next(database: Database, audit: Audit, reviewer: str, said: Judgement = GOOD) -> int:
    """Judge whatever is next for a reviewer; return its place."""
    turn = judging.turn(database, audit, reviewer)
    judging.hand_in(database, audit, turn, reviewer, said)
    return turn.item.position


def ids_at(c: sa.Connection, made: Audit, position: int) -> tuple[int, int]:
    item = audits.item(c, made, position)
    return item.task_id, item.instance_id
