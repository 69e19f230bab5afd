"""Which instances somebody means: a filter that can be saved, told in words and turned into a query.

Only the criteria below exist; none of them becomes SQL other than by name and bound value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from math import isfinite
from typing import Any

import sqlalchemy as sa

from core.database.parts import by_no_index, in_parts
from core.database.schema import decisions, edits, flagged, instances, parses, standings, tasks
from core.pool import beside, measured, members, search, tallies
from core.records import Grade, Origin, Refused, State

LONGEST = 2_000  # characters of what is looked for: SQLite takes patterns of 50,000 bytes
LARGEST = 2**63 - 1
_PRIMES = (1_000_003, 999_983)  # small enough that a database's whole numbers hold the sum over millions


@dataclass(frozen=True, slots=True)
class Filter:
    """Criteria that must all hold; empty ones ask for nothing. Scores are ROUGE-L F1, lengths are in characters.

    `verb`: the instruction's root verb, where a parser has read it. `rated`: "unrated", "rated", "stale" (rated, then
    edited), "skipped". `search`: words, as `core.pool.search` reads them; `contains`: these very characters; both in
    the field `within` where one is named. `column`, `value`: a column of the imported row that was kept beside its
    texts, and the very value that it has to have. `in_release`, `not_in_release`: the number of a release that held it,
    or did not, whatever its text is by now. `task_ids`: only these tasks; `instance_ids`: only these instances, such as
    those that a rule lets out.
    """

    origin: str = ""
    run_id: int | None = None
    verb: str = ""
    seed_from: float | None = None
    seed_to: float | None = None
    nearest_from: float | None = None
    nearest_to: float | None = None
    length_from: int | None = None
    length_to: int | None = None
    grades: tuple[str, ...] = ()
    valid: bool | None = None
    disagreement: bool = False
    flag: str = ""
    search: str = ""
    contains: str = ""
    within: str = ""  # instruction, input or output; "" for all three
    is_classification: bool | None = None
    has_input: bool | None = None
    demo: bool | None = None
    rated: str = ""
    column: str = ""
    value: str = ""
    in_release: int | None = None
    not_in_release: int | None = None
    task_ids: tuple[int, ...] | None = None
    instance_ids: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        """Raise Refused for what no row can fit: a filter is saved with a queue, where it would go on failing."""
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            if isinstance(value, str) and name != "value" and len(value) > LONGEST:
                raise Refused(f"What a filter looks for has at most {LONGEST:,} characters; look for a part of it.")
            if isinstance(value, float) and not isfinite(value):
                raise Refused("A bound of a filter is a number, such as 0.5.")
            whole = value if isinstance(value, tuple) else (value,)
            if any(isinstance(one, int) and abs(one) > LARGEST for one in whole):
                raise Refused("A filter's number is larger than any that is stored here, so nothing has it.")
        if self.origin not in ("", *(one.value for one in Origin)) or not set(self.grades) <= {g.value for g in Grade}:
            raise Refused("A filter's origin or grade is none that there is; leave it out.")

    @classmethod
    def of(cls, saved: Mapping[str, Any]) -> Filter:
        """The filter that was saved; Refused where it names a criterion that does not exist."""
        unknown = set(saved) - {field.name for field in fields(cls)}
        if unknown:
            raise Refused(f"A filter has no criterion {', '.join(sorted(unknown))}; leave it out.")
        criteria: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in saved.items()
        }
        return cls(**criteria)

    def as_saved(self) -> dict[str, Any]:
        """The criteria that ask for something."""
        plain = Filter()
        return {key: value for key, value in asdict(self).items() if value != getattr(plain, key)}

    @property
    def moves(self) -> bool:
        """Whether it looks at what changes by itself as people work: what they said, verbs read, scores measured."""
        said = self.grades or self.disagreement or self.flag or self.rated or self.valid is not None
        scores = (self.seed_from, self.seed_to, self.nearest_from, self.nearest_to)
        return bool(said or self.verb) or any(score is not None for score in scores)


def matching(
    c: sa.Connection,
    pool_id: int,
    wanted: Filter,
    among: range | None = None,
    also: Sequence[sa.ColumnElement[bool]] = (),
) -> list[sa.Row[Any]]:
    """(id, task_id, position, rated) of the accepted instances that a filter means, in order of arrival.

    `among`: only instances of these ids, at the price of those; `also`: further conditions on `instances`.
    """
    found: list[sa.Row[Any]] = []
    for query in queries(c, pool_id, wanted, among):
        found += c.execute(query.where(*also))
    by_ids = wanted.task_ids is not None or wanted.instance_ids is not None
    return sorted(found, key=lambda row: (row.task_id, row.position)) if by_ids else found


def count(c: sa.Connection, pool_id: int, wanted: Filter) -> int:
    """How many instances a filter means."""
    if wanted == Filter():  # no row need be read
        return tallies.up_for_review(c, pool_id)
    return sum(
        int(c.execute(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())).scalar_one())
        for query in queries(c, pool_id, wanted)
    )


def count_and_sum(c: sa.Connection, pool_id: int, wanted: Filter) -> tuple[int, int]:
    """How many instances a filter means, and the sum of their `share_of_sum`: other instances have another."""
    if wanted != Filter():
        return _counted_and_summed(c, pool_id, wanted)
    newest = (sa.select(sa.func.max(table.c.id)).scalar_subquery() for table in (instances, decisions, edits))
    moment = (*c.execute(sa.select(*newest)).one(), tallies.up_for_review(c, pool_id))
    return tallies.kept(c, ("all", pool_id), moment, lambda: _counted_and_summed(c, pool_id, wanted))


def _counted_and_summed(c: sa.Connection, pool_id: int, wanted: Filter) -> tuple[int, int]:
    n = total = 0
    for query in queries(c, pool_id, wanted):
        ids = sa.cast(query.order_by(None).subquery().c.id, sa.BigInteger)
        part = (ids % _PRIMES[0]) * (ids % _PRIMES[1])
        of_these, sum_of_these = c.execute(sa.select(sa.func.count(ids), sa.func.sum(part))).one()
        n, total = n + int(of_these), total + int(sum_of_these or 0)
    return n, total


def share_of_sum(instance_id: int) -> int:
    """What one instance adds to the sum that tells sets of instances apart."""
    return (instance_id % _PRIMES[0]) * (instance_id % _PRIMES[1])


def try_out(c: sa.Connection, pool_id: int, wanted: Filter) -> None:
    """Raise Refused or NotFound for a filter that cannot be asked; no row is looked at."""
    for query in queries(c, pool_id, wanted):
        c.execute(query.limit(0))


def flags(c: sa.Connection, pool_id: int) -> dict[str, int]:
    """The flags that are raised in a pool, with how many instances carry each."""
    n = sa.func.count(sa.distinct(flagged.c.instance_id))
    query = sa.select(flagged.c.flag, n).where(flagged.c.pool_id == pool_id).group_by(flagged.c.flag)
    return dict(c.execute(query.order_by(n.desc(), flagged.c.flag)).tuples().all())


def differ() -> sa.ColumnElement[bool]:
    """Whether current ratings of an instance differ in grade or in valid or not, and nobody has settled it, as part of
    a query."""
    its = (
        sa.select(standings.c.instance_id)
        .where(standings.c.instance_id == instances.c.id, standings.c.round == "", standings.c.kind == "rate")
        .where(standings.c.text_hash == instances.c.text_hash)
        .group_by(standings.c.instance_id)
        .having(
            (sa.func.count(sa.distinct(standings.c.grade)) > 1) | (sa.func.count(sa.distinct(standings.c.valid)) > 1)
        )
    )
    settled = sa.exists().where(
        standings.c.instance_id == instances.c.id,
        standings.c.round == "final",
        standings.c.kind == "rate",
        standings.c.text_hash == instances.c.text_hash,
    )
    return its.exists() & ~settled


def where(c: sa.Connection, pool_id: int, wanted: Filter, among: range | None = None) -> list[sa.ColumnElement[bool]]:
    """The conditions of a filter on `instances` joined with `tasks`, save those on ids; `among`: of these ids alone."""
    found: list[sa.ColumnElement[bool]] = [
        # By its ids, by its run or else by its pool.
        *((instances.c.id >= among.start, instances.c.id < among.stop) if among is not None else ()),
        (instances.c.pool_id if among is None and wanted.run_id is None else by_no_index(instances.c.pool_id))
        == pool_id,
        instances.c.is_seed.is_(False),
        instances.c.state == State.ACCEPTED.value,
    ]
    if wanted.origin:
        found.append(tasks.c.origin == Origin(wanted.origin).value)
    if wanted.verb:
        # One look at the parses: their index does not begin with the text.
        with_verb = sa.select(parses.c.text_hash).where(parses.c.verb == wanted.verb)
        found.append(tasks.c.instruction_hash.in_(with_verb))
    if wanted.run_id is not None:
        found.append((tasks.c.run_id if among is None else by_no_index(tasks.c.run_id)) == wanted.run_id)
    for column, low, high in (
        (measured.seed_score(pool_id), wanted.seed_from, wanted.seed_to),
        (tasks.c.nearest_score, wanted.nearest_from, wanted.nearest_to),
        (_length(), wanted.length_from, wanted.length_to),
    ):
        found += [column >= low] if low is not None else []
        found += [column <= high] if high is not None else []
    for column, is_so in (
        (tasks.c.is_classification, wanted.is_classification),
        (instances.c.has_input, wanted.has_input),
        (tasks.c.demo, wanted.demo),
        (instances.c.valid, wanted.valid),
    ):
        found += [column.is_(is_so)] if is_so is not None else []
    if wanted.column:
        found.append(beside.has(wanted.column, wanted.value, instances.c.id))
    if wanted.in_release is not None:
        found.append(members.in_release(members.known(c, pool_id, wanted.in_release).release_id))
    if wanted.not_in_release is not None:
        found.append(~members.in_release(members.known(c, pool_id, wanted.not_in_release).release_id))
    of_few = among is not None or wanted.task_ids is not None or wanted.instance_ids is not None
    return [*found, *_judged(wanted), *_texts(c, wanted, of_few)]


def queries(c: sa.Connection, pool_id: int, wanted: Filter, among: range | None = None) -> Iterator[sa.Select[Any]]:
    """(id, task_id, position, rated) of what a filter means as queries, in as many parts as a database can take."""
    query = (
        sa.select(instances.c.id, instances.c.task_id, instances.c.position, instances.c.rated)
        .join(tasks, tasks.c.id == instances.c.task_id)
        .where(*where(c, pool_id, wanted, among))
        .order_by(instances.c.task_id, instances.c.position)
    )
    yield from by_ids(query, wanted)


def by_ids(query: sa.Select[Any], wanted: Filter) -> Iterator[sa.Select[Any]]:
    """A query of `instances` narrowed to a filter's ids, in as many parts as a database can take."""
    for ids in _parts(wanted.task_ids):
        of_tasks = query if ids is None else query.where(instances.c.task_id.in_(ids))
        for some in _parts(wanted.instance_ids):
            yield of_tasks if some is None else of_tasks.where(instances.c.id.in_(some))


def _parts(ids: tuple[int, ...] | None) -> Iterator[Sequence[int] | None]:
    """Ids in parts; one None where none are asked for."""
    if ids is None:
        yield None
        return
    yield from in_parts(sorted(set(ids)))


def _judged(wanted: Filter) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.grades or wanted.valid is not None:
        yield instances.c.rated > 0  # as all that is graded is: their index leads to these, a few of a million
    if wanted.grades:
        yield instances.c.grade.in_([Grade(grade).value for grade in wanted.grades])
    if wanted.disagreement:
        yield instances.c.rated > 1
        yield differ()
    if wanted.flag:
        yield sa.exists().where(flagged.c.instance_id == instances.c.id, flagged.c.flag == wanted.flag)
    stood = sa.exists().where(standings.c.instance_id == instances.c.id, standings.c.round == "")
    match wanted.rated:
        case "":
            pass
        case "unrated":
            yield instances.c.rated == 0
        case "rated":
            yield instances.c.rated > 0
        case "stale":
            yield instances.c.rated == 0
            yield stood.where(standings.c.kind == "rate", standings.c.text_hash != instances.c.text_hash)
        case "skipped":
            yield stood.where(standings.c.kind == "skip", standings.c.text_hash == instances.c.text_hash)
        case other:
            raise Refused(f'"{other}" is no rated state; choose unrated, rated, stale or skipped.')


def _texts(c: sa.Connection, wanted: Filter, of_few: bool) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.contains:
        yield search.as_written(wanted.contains, wanted.within)
    yield from search.conditions(c, wanted.search, wanted.within, of_few)


def _length() -> sa.ColumnElement[int]:
    long = sa.func.length
    return long(tasks.c.instruction) + long(instances.c.input) + long(instances.c.output)
