"""Making a pool."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from core.database import Database
from core.gate.sight import fitting_tokeniser
from core.pool import pools as store
from core.pool.journal import Noted, note
from core.records import NotFound, Pool
from core.seeds import seeds
from core.seeds.seeds import Seed
from core.words import number_of


def make(database: Database, name: str, own_seeds: Iterable[Seed] | None = None, **settings: object) -> Pool:
    """Make a pool with the built-in seeds, or with `own_seeds` (an empty list makes a pool without any)."""
    with database.write() as c:
        return _make(c, name, own_seeds, settings)


def get_or_make(
    database: Database, name: str, own_seeds: Iterable[Seed] | None = None, **settings: object
) -> tuple[Pool, bool]:
    """The pool of that name and whether it was made now, because there was none. Of two at once one makes it."""
    try:
        with database.read() as c:
            return store.get(c, name), False
    except NotFound:
        with database.write() as c:
            try:
                return store.get(c, name), False  # somebody was faster
            except NotFound:
                return _make(c, name, own_seeds, settings), True


def switch_off_built_in(database: Database, pool_id: int, except_for: Iterable[Seed], actor: str = "") -> int:
    """Switch off the seeds that came with Winnow, so that a pool's own take their place; return how many."""
    keep = {seed.instruction for seed in except_for}
    built_in = {seed.instruction for seed in seeds.built_in()} - keep
    off = [task.id for task in seeds.of_pool(database, pool_id) if task.instruction in built_in]
    seeds.switch(database, off, False, actor)
    return len(off)


def _make(c: sa.Connection, name: str, own_seeds: Iterable[Seed] | None, settings: Mapping[str, object]) -> Pool:
    given = tuple(seeds.built_in() if own_seeds is None else own_seeds)
    pool = store.create(c, name, {"tokeniser": fitting_tokeniser(seed.instruction for seed in given), **settings})
    seeds.put(c, pool.id, given)
    note(c, pool.id, Noted.MADE, detail=f"with {number_of(len(given), 'seed')}")
    return pool
