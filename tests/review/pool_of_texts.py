"""A pool with a few machine-made tasks, in a real SQLite file."""

from __future__ import annotations

from pathlib import Path

from core import pools
from core.database import Database, open_database
from core.pool import arrivals
from core.pool.arrivals import NewInstance, NewTask
from core.records import Origin
from tests import databases


def open_at(folder: Path) -> Database:
    return open_database(databases.address(folder))


def pool_of(database: Database, n: int, instances: int = 1) -> int:
    """A pool with one seed and `n` tasks of so many instances; return its id."""
    pool = pools.make(database, "texts", own_seeds=[])
    with database.write() as c:
        seed = NewTask(Origin.SEED, "Name a river.", False, (NewInstance("", "Danube"),), completed=True)
        seed_id = arrivals.add(c, pool.id, [seed])[0]
        new = [
            NewTask(
                Origin.SELF_INSTRUCT,
                f"Describe colour number {k}.",
                k % 3 == 0,
                tuple(NewInstance(f"input {k}.{i}", f"output {k}.{i}") for i in range(instances)),
                demo=k % 2 == 0,
                nearest_id=seed_id,
                nearest_score=0.2,
                seed_id=seed_id,
                seed_score=(k % 10) / 10,
                completed=True,
            )
            for k in range(n)
        ]
        arrivals.add(c, pool.id, new)
    return pool.id
