"""A small pool to audit, and reviewers who answer by a rule."""

from __future__ import annotations

from collections.abc import Callable

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
