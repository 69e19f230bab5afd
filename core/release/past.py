"""What was released before."""

from __future__ import annotations

import sqlalchemy as sa

from core.database import Database
from core.missing import no_such_name
from core.pool import members
from core.pool.members import Holding
from core.records import NotFound
from core.release.order import ReleaseOrder, order_of
from core.release.released import Released
from core.release.rows import release_rows, releases


def rows_of_latest(c: sa.Connection, pool_id: int) -> int:
    """How many instances a pool's newest release holds; 0 without one."""
    return releases.rows_of_latest(c, pool_id)


def every(database: Database, pool_id: int) -> list[Released]:
    """A pool's releases, newest first."""
    with database.read() as c:
        return releases.of_pool(c, pool_id)


LAST = "last"  # how a verb names the newest release, where none is called so


def newest_id(database: Database, pool_id: int) -> int:
    """The number of a pool's newest release; 0 without one."""
    with database.read() as c:
        return releases.newest_id(c, pool_id)


def one(database: Database, pool_id: int, name: str) -> Released:
    """A pool's release by its number or name, the newest of that name, or its "last"; NotFound where there is none."""
    with database.read() as c:
        found = releases.named(c, pool_id, name)
        if found is None and name != LAST:
            known = [its.name for its in members.holdings(c, pool_id)]
            raise no_such_name("release", name, known, "`winnow release make` writes one", "winnow release list")
    return newest(database, pool_id) if found is None else found


def newest(database: Database, pool_id: int) -> Released:
    """A pool's newest release; NotFound where nothing was released."""
    with database.read() as c:
        found = releases.of_pool(c, pool_id, limit=1)
    if not found:
        raise NotFound("Nothing was released from this pool yet; `winnow release make` writes a release.")
    return found[0]


def order_of_newest(database: Database, pool_id: int) -> ReleaseOrder | None:
    """What a pool's newest release was ordered with, its card's words among it; None where nothing was released."""
    with database.read() as c:
        found = releases.of_pool(c, pool_id, limit=1)
    return order_of({**found[0].options, "predicate": found[0].predicate}) if found else None


def holdings(database: Database, pool_id: int | None = None) -> list[Holding]:
    """The releases of a pool, or of every pool, with what is known of what they held; newest first."""
    with database.read() as c:
        return members.holdings(c, pool_id)


def state(database: Database, pool_id: int) -> tuple[object, ...]:
    """What differs as soon as a pool's releases, or what became of what they held, may be others."""
    with database.read() as c:
        known = tuple((one.release_id, one.n) for one in members.holdings(c, pool_id))
        return (*release_rows.state_of_everything(c), known)
