"""What a rule makes of a pool, before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from core.audit import headline
from core.database import Database
from core.evaluation import checking
from core.pool import pool_settings, pools
from core.release.estimate import quality
from core.release.predicate import Predicate
from core.release.reasons import Reason
from core.release.row import ReleaseRow
from core.release.rows import release_rows
from core.release.selection import ReleaseSelection, select
from core.release.source import source

SAMPLES = 5


@dataclass(frozen=True, slots=True)
class ReleasePreview:
    """What a rule makes of a pool: the selection, what an audit says of its quality, some rows of it.

    `quality` is "" without a finished audit, and says when it opens to who must not see it yet. `near_sets`: what the
    check against evaluation sets found, in a sentence; "" where there is no set.
    """

    selection: ReleaseSelection
    quality: str
    samples: tuple[ReleaseRow, ...]
    near_sets: str = ""


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """An instance that does not go out, with its texts."""

    id: str
    instruction: str
    input: str
    output: str


def state(database: Database, pool_id: int, reader: str) -> tuple[object, ...]:
    """What differs as soon as anything was said, done, made, opened or sealed since: a preview may be kept by it."""
    with database.read() as c:
        is_closed = headline.closed(c, pool_id, reader) is not None
        opened = tuple(sorted(pool_settings.of(pools.by_id(c, pool_id)).opened_sets))
        return (*release_rows.state_of_everything(c), opened, is_closed)


def preview(database: Database, pool_id: int, rule: Predicate, reader: str) -> ReleasePreview:
    """What the rule makes of the pool now. Raises Refused where the rule needs what the pool does not have."""
    with database.read() as c:
        found = select(c, pool_id, rule)
        # Spread evenly over the release, so that the same selection shows the same ones.
        step = max(1, len(found.admitted) // SAMPLES)
        few = source(c, pool_id, replace(found, admitted=found.admitted[::step][:SAMPLES]))
        near = checking.told_of(
            c, pools.by_id(c, pool_id), list(found.excluded.get(Reason.CONTAMINATED, ())), len(found.admitted)
        )
        return ReleasePreview(found, _quality(c, pool_id, found, reader), tuple(few()), near)


def _quality(c: sa.Connection, pool_id: int, found: ReleaseSelection, reader: str) -> str:
    if not found.admitted:
        return ""
    if headline.closed(c, pool_id, reader) is not None:
        return "Estimated valid: opens when you have judged your part of the audit, or have looked at its result."
    estimate = quality(c, pool_id, found)
    return estimate.sentence if estimate else ""


def left_behind(database: Database, instance_ids: Sequence[int]) -> list[LeftBehind]:
    """The texts of these instances, in their order."""
    with database.read() as c:
        return [
            LeftBehind(f"i{row.instance_id}", row.instruction, row.input, row.output)
            for row in release_rows.rows(c, instance_ids)
        ]


def runs(database: Database, pool_id: int) -> list[int]:
    """The numbers of the runs of a pool, by which a rule may choose."""
    with database.read() as c:
        return release_rows.run_ids(c, pool_id)
