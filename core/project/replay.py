"""A project's file replayed: every run of both methods is done again in a database of its own over the stored replies,
nothing is sent, and each number that comes out otherwise is named (`again` does it).

What the file says of seeds, decisions, ratings, audits and releases is counted again in the database as it is now.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.database import Database, open_database
from core.methods import makes_tasks
from core.pool import tally
from core.pools import named
from core.project import export
from core.project.again import Done, DoneAgain, cannot
from core.records import Pool, RunState
from core.runs import control

AS_OF_NOW = ("seeds", "imports", "accepted", "funnel", "decisions", "ratings", "audits", "releases")
COUNTED = ("instances", "completed")


@dataclass(frozen=True, slots=True)
class OtherNumber:
    """One number that came out otherwise: where it stands in the file, what the file says, and what came out."""

    where: str
    file: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Reproduced:
    """What a replay found. `replayed`: runs done again; `left`: sentences on what could not be done again."""

    pool: str
    replayed: tuple[int, ...]
    left: tuple[str, ...]
    differences: tuple[OtherNumber, ...]

    @property
    def is_same(self) -> bool:
        """Whether everything was done again and came out as the file says."""
        return not self.left and not self.differences


def reproduce(
    database: Database, path: Path, reader: str, tell: Callable[[str], None] = lambda line: None
) -> Reproduced:
    """Reproduced a project's file over this database's replies. Raises Refused for no project, NotFound for no pool."""
    told = export.read(path)
    pool = named(database, str(told["pool"]["name"]))
    found = list(_now(told, export.project(database, pool, reader)))
    replayed, left, differ = _runs(database, pool, told, tell)
    return Reproduced(pool.name, tuple(replayed), tuple(left), (*found, *differ))


def _now(told: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[OtherNumber]:
    """What is counted again in the database as it is."""
    for part in AS_OF_NOW:
        yield from _unlike(part, told.get(part), now[part])
    runs = {one["run"]: one for one in now["runs"]}
    for one in told["runs"]:
        again = runs.get(one["run"])
        if again is None:
            yield OtherNumber(f"runs.{one['run']}", "there", "gone")
        else:
            yield from _unlike(f"runs.{one['run']}", one, again)


def _unlike(where: str, one: Any, other: Any) -> Iterator[OtherNumber]:
    """Where two readings of the same differ, to the single number. Floats are compared as they are written."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for name in dict.fromkeys([*one, *other]):
            yield from _unlike(f"{where}.{name}", one.get(name), other.get(name))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _unlike(f"{where}[{place}]", left, right)
    elif json.dumps(one, sort_keys=True, default=list) != json.dumps(other, sort_keys=True, default=list):
        yield OtherNumber(where, one, other)


def _runs(
    database: Database, pool: Pool, told: Mapping[str, Any], tell: Callable[[str], None]
) -> tuple[list[int], list[str], list[OtherNumber]]:
    replayed: list[int] = []
    left: list[str] = []
    differ: list[OtherNumber] = []
    growing = [one for one in told["runs"] if makes_tasks(one["method"])]
    there = {run.id: run for run in control.of_pool(database, pool.id, limit=100_000)}
    with TemporaryDirectory(prefix="winnow-replay-") as folder:
        other = open_database(f"sqlite:///{Path(folder) / 'replay.db'}")
        try:
            again = DoneAgain(database, other, pool)
            for number, one in enumerate(growing, 1):
                run = there.get(one["run"])
                if why := cannot(one, run):
                    left.append(why)
                    continue
                assert run is not None
                tell(f"run {one['run']}, {number} of {len(growing)}, is done again")
                done = again.run(run, one)
                its = list(_compared(database, other, done, one))
                differ += its
                if its and done.unknown:
                    left.append(done.unknown)
                elif its and done.run.state is RunState.FAILED:
                    left.append(f"Run {one['run']} failed when it was done again: {done.run.message}")
                replayed.append(one["run"])
        finally:
            other.close()
    return replayed, left, differ


def _compared(database: Database, other: Database, done: Done, told: Mapping[str, Any]) -> Iterator[OtherNumber]:
    """Where a run that was done again differs from what the file says of it."""
    where = f"replay of run {told['run']}"
    with other.read() as c:
        n, digest = tally.arrived(c, done.run.id)
        let_in = tally.let_in(c, done.run.id)
    with database.read() as c:  # a run's own count is taken anew at a resume, and lacks what people took out by then
        was_let_in = tally.let_in(c, told["run"])
    yield from _unlike(f"{where}: candidates", told["candidates"], {"n": n, "sha256": digest})
    yield from _unlike(f"{where}: accepted", was_let_in, let_in)
    for name in COUNTED:
        if name in told["counts"]:
            yield from _unlike(f"{where}: {name}", told["counts"][name], done.run.counts.get(name))
    if done.unanswered:
        yield OtherNumber(f"{where}: prompts without a stored reply", 0, done.unanswered)
