"""What releases held: which instances, and which exact text of each. Every room that asks it asks here.

A release's members are known whole or not at all: `releases.members` says how many there are once all of them are
stored. Those of a release that was made before they were kept are not known until its files have been read.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from core.database.engine import insert_new
from core.database.schema import flagged, instances, members, ratings, releases
from core.pool.judgement import FINAL, OPEN_DESK
from core.records import NotFound, Refused, State
from core.words import number_of

MemberText = tuple[int, bytes]
"""An instance and the SHA-256 of the text that went out."""


def called(release_id: int, name: str) -> str:
    """What a release is called everywhere: by its number, which acts take, and by a name of its own, if it has one."""
    return f"release {release_id}" if name == f"release-{release_id}" else f"release {release_id}, {name}"


@dataclass(frozen=True, slots=True)
class Holding:
    """A release and what is known of what it held: `n` instances, None where that is not known."""

    release_id: int
    pool_id: int
    name: str
    made_at: float
    n: int | None

    @property
    def label(self) -> str:
        """What it is called in a list."""
        return called(self.release_id, self.name)

    @property
    def unknown(self) -> str:
        """Why nothing can be said of its members, in a sentence; "" where they are known."""
        if self.n is not None:
            return ""
        return (
            f"What release {self.release_id} held is not in the database; `winnow release members` or the page Release "
            "reads it from its files, where they still lie as written."
        )


@dataclass(frozen=True, slots=True)
class Held:
    """A release that held an instance, and whether with the text that the instance has now."""

    release_id: int
    name: str
    made_at: float
    as_it_is: bool

    @property
    def in_words(self) -> str:
        """Which release, and whether the text was another."""
        return called(self.release_id, self.name) + ("" if self.as_it_is else " (with another text than now)")


def store(c: sa.Connection, release_id: int, part: Sequence[MemberText]) -> None:
    """Store some of a release's members; those that are there stay. NotFound where the release is gone."""
    if c.execute(sa.select(releases.c.id).where(releases.c.id == release_id)).first() is None:
        raise NotFound(f"Release {release_id} is no longer in the database: its pool was deleted meanwhile.")
    names = ("release_id", "instance_id", "text_hash")
    insert_new(c, members, names, [(release_id, instance_id, digest) for instance_id, digest in part])


def settle(c: sa.Connection, release_id: int, n: int) -> None:
    """Say that all `n` members are stored. Refused where others are there: then they are not of these files."""
    its = members.c.release_id == release_id
    there = int(c.execute(sa.select(sa.func.count()).select_from(members).where(its)).scalar_one())
    if there != n:
        raise Refused(
            f"Release {release_id} has {number_of(n, 'row')} and {there:,} members were stored; nothing of it is used."
        )
    c.execute(releases.update().where(releases.c.id == release_id).values(members=n))


def holdings(c: sa.Connection, pool_id: int | None = None) -> list[Holding]:
    """The releases of a pool, or of every pool, newest first."""
    query = _holdings.order_by(releases.c.id.desc())
    return [
        Holding(*row) for row in c.execute(query if pool_id is None else query.where(releases.c.pool_id == pool_id))
    ]


def holding(c: sa.Connection, pool_id: int, release_id: int) -> Holding:
    """What is known of a pool's release. NotFound where the pool has none of that number."""
    row = c.execute(_holdings.where(releases.c.id == release_id, releases.c.pool_id == pool_id)).first()
    if row is None:
        raise NotFound(f"This pool has no release {release_id}; `winnow release list` lists them.")
    return Holding(*row)


def known(c: sa.Connection, pool_id: int, release_id: int) -> Holding:
    """A pool's release whose members are known. Refused in a sentence where they are not."""
    found = holding(c, pool_id, release_id)
    if found.unknown:
        raise Refused(found.unknown)
    return found


def of_instance(c: sa.Connection, instance_id: int) -> list[Held]:
    """The releases that are known to have held an instance, the oldest first."""
    query = (
        sa.select(releases.c.id, releases.c.name, releases.c.created_at, is_as_released(c))
        .join(members, members.c.release_id == releases.c.id)
        .join(instances, instances.c.id == members.c.instance_id)
        .where(members.c.instance_id == instance_id, releases.c.members.is_not(None))
    )
    found = c.execute(query.order_by(releases.c.id)).tuples()
    return [Held(number, name, made_at, bool(same)) for number, name, made_at, same in found]


def held_one(instance_id: int | None, task_id: int | None) -> sa.ColumnElement[bool]:
    """Whether a release is known to have held this instance, or one of this task, as part of a query of `releases`."""
    its = sa.select(instances.c.id).where(instances.c.task_id == task_id)
    one = members.c.instance_id == instance_id if instance_id is not None else members.c.instance_id.in_(its)
    return releases.c.members.is_not(None) & sa.exists().where(members.c.release_id == releases.c.id, one)


def in_release(release_id: int) -> sa.ColumnElement[bool]:
    """Whether a release held an instance, as part of a query of `instances`."""
    return _holds(release_id, instances.c.id)


def task_in_release(release_id: int, task_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Whether a release held an instance of a task, as part of a query."""
    its = instances.alias("held")
    joined = (members.c.instance_id == its.c.id) & (members.c.release_id == release_id)
    return sa.exists().where(its.c.task_id == task_id, joined)


def is_as_released(c: sa.Connection) -> sa.ColumnElement[bool]:
    """Whether an instance has the text that went out, as part of a query of `members` joined with `instances`."""
    if c.dialect.name == "sqlite":
        return sa.func.hex(members.c.text_hash) == sa.func.upper(instances.c.text_hash)
    return sa.func.encode(members.c.text_hash, sa.literal_column("'hex'")) == instances.c.text_hash


def ids(c: sa.Connection, release_id: int) -> array[int]:
    """The instances of a release, in the order of their ids."""
    query = sa.select(members.c.instance_id).where(members.c.release_id == release_id)
    return _ids(c, query.order_by(members.c.instance_id))


def task_ids(c: sa.Connection, release_id: int) -> set[int]:
    """The tasks of which a release held an instance."""
    query = sa.select(instances.c.task_id).join(members, members.c.instance_id == instances.c.id)
    return set(c.execute(query.where(members.c.release_id == release_id)).scalars())


def edited(c: sa.Connection, release_id: int) -> array[int]:
    """Those of a release whose text is another by now."""
    return _ids(c, _with_instances(release_id).where(~is_as_released(c)))


def outside(c: sa.Connection, release_id: int) -> array[int]:
    """Those of a release that are no longer in the pool: rejected, or discarded again."""
    return _ids(c, _with_instances(release_id).where(instances.c.state != State.ACCEPTED.value))


def with_flag(c: sa.Connection, pool_id: int, release_id: int) -> array[int]:
    """Those of a pool's release on which a flag is open now."""
    query = sa.select(flagged.c.instance_id).distinct().where(flagged.c.pool_id == pool_id)
    return _ids(c, query.where(_holds(release_id, flagged.c.instance_id)).order_by(flagged.c.instance_id))


def rated_since(c: sa.Connection, pool_id: int, release_id: int, at: float) -> array[int]:
    """Those of a pool's release that somebody rated since that time, or took a rating of back."""
    query = sa.select(ratings.c.instance_id).distinct().where(ratings.c.pool_id == pool_id, ratings.c.at > at)
    query = query.where(ratings.c.round.in_((OPEN_DESK, FINAL)), ratings.c.kind != "skip")
    return _ids(c, query.where(_holds(release_id, ratings.c.instance_id)).order_by(ratings.c.instance_id))


def without(c: sa.Connection, release_id: int, other_id: int) -> array[int]:
    """Those of a release that another one did not hold."""
    query = sa.select(members.c.instance_id).where(members.c.release_id == release_id)
    its = members.alias("others")
    other = sa.exists().where(its.c.release_id == other_id, its.c.instance_id == members.c.instance_id)
    return _ids(c, query.where(~other).order_by(members.c.instance_id))


def with_other_text(c: sa.Connection, release_id: int, other_id: int) -> array[int]:
    """Those that two releases held with different texts."""
    its = members.alias("others")
    same = (its.c.release_id == other_id) & (its.c.instance_id == members.c.instance_id)
    query = sa.select(members.c.instance_id).join(its, same).where(members.c.release_id == release_id)
    return _ids(c, query.where(its.c.text_hash != members.c.text_hash).order_by(members.c.instance_id))


def _with_instances(release_id: int) -> sa.Select[int]:
    joined = members.join(instances, instances.c.id == members.c.instance_id)
    its = sa.select(members.c.instance_id).select_from(joined).where(members.c.release_id == release_id)
    return its.order_by(members.c.instance_id)


def _holds(release_id: int, instance_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    return sa.exists().where(members.c.release_id == release_id, members.c.instance_id == instance_id)


def _ids(c: sa.Connection, query: sa.Select[int]) -> array[int]:
    return array("q", c.execute(query, execution_options={"yield_per": 5000}).scalars())


def hashes(c: sa.Connection, release_id: int) -> Iterator[tuple[int, str]]:
    """(instance, hash of the text that went out) of a release's members, in the order of their ids, streamed."""
    query = sa.select(members.c.instance_id, members.c.text_hash).where(members.c.release_id == release_id)
    yield from c.execute(query.order_by(members.c.instance_id), execution_options={"yield_per": 5000}).tuples()


_holdings = sa.select(releases.c.id, releases.c.pool_id, releases.c.name, releases.c.created_at, releases.c.members)
