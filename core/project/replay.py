"""A project's file replayed: every Self-Instruct run is done again in a database of its own over the stored replies,
nothing is sent, and each number that comes out otherwise is named.

A run is done again in the pool as it was when it began: the seeds that were on then, with their texts of then; what was
imported before; what people had taken out, rescued or edited. What the file says of seeds, decisions, ratings, audits
and releases is counted again in the database as it is now.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.database import Database, open_database
from core.llm import book
from core.llm.stored import StoredReplies, answering
from core.methods import makes_tasks
from core.pool import tally, tasks, then
from core.pools import make, named
from core.project import export
from core.records import Pool, Run
from core.runs import control, runner
from core.selfinstruct.loop import METHOD

AS_OF_NOW = ("seeds", "imports", "accepted", "funnel", "decisions", "ratings", "audits", "releases")


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
    with TemporaryDirectory(prefix="winnow-replay-") as folder:
        other = open_database(f"sqlite:///{Path(folder) / 'replay.db'}")
        try:
            again = _Again(database, other, pool)
            for number, one in enumerate(growing, 1):
                if why := _cannot(one):
                    left.append(why)
                    continue
                tell(f"run {one['run']}, {number} of {len(growing)}, is done again")
                differ += again.run(one)
                replayed.append(one["run"])
        finally:
            other.close()
    return replayed, left, differ


def _cannot(told: Mapping[str, Any]) -> str:
    """Why a run cannot be done again, "" where it can."""
    if told["method"] != METHOD:
        return f"Run {told['run']} is of {told['method']}: its tasks stand in the replay as they came."
    if told["settings"].get("settings", {}).get("approved_examples_only"):
        return (
            f"Run {told['run']} drew its examples by ratings, which a replay does not give again; it stands as it came."
        )
    return ""


class _Again:
    """A pool's runs done again one after the other, each in the pool as it was when the run began."""

    def __init__(self, database: Database, other: Database, pool: Pool) -> None:
        self._database, self._other, self._pool = database, other, pool
        self._fresh = make(other, pool.name, [], **dict(pool.settings))
        self._twins: dict[int, int] = {}  # tasks there by those here

    def run(self, told: Mapping[str, Any]) -> Iterator[OtherNumber]:
        where = f"replay of run {told['run']}"
        self._bring_to(control.get(self._database, told["run"]))
        plan = {**told["settings"], "until": {"batches": max(1, told["batches"]), "tasks": None, "pool": None}}
        stored = StoredReplies(book.of_run(self._database, told["run"]))
        with answering(stored):
            run = control.start(self._other, self._fresh.id, METHOD, plan, here=True)
            run = runner.work_here(self._other, run.id)
        self._pair(told["run"], run.id)
        yield from _compared(self._other, run, told, where)
        if stored.missing:
            yield OtherNumber(f"{where}: prompts without a stored reply", 0, len(stored.missing))

    def _bring_to(self, run: Run) -> None:
        """Bring the pool there to what the pool here was when a run began."""
        with self._database.read() as c:
            own = tasks.of_run(c, run.id)
            was = then.as_of(c, self._pool.id, run.started_at or run.created_at, min(own, default=None))
        with self._other.write() as c:
            for earlier in was:
                if earlier.id in self._twins:
                    then.bring(c, self._twins[earlier.id], earlier)
                else:
                    self._twins[earlier.id] = then.copy(c, self._fresh.id, earlier)

    def _pair(self, here: int, there: int) -> None:
        """Remember which task there is which here, where a run came out the same."""
        with self._database.read() as c:
            ours = tasks.of_run(c, here)
        with self._other.read() as c:
            theirs = tasks.of_run(c, there)
        if len(ours) == len(theirs):
            self._twins |= dict(zip(ours, theirs, strict=True))


def _compared(other: Database, run: Run, told: Mapping[str, Any], where: str) -> Iterator[OtherNumber]:
    with other.read() as c:
        n, digest = tally.arrived(c, run.id)
    yield from _unlike(f"{where}: candidates", told["candidates"], {"n": n, "sha256": digest})
    for name in ("accepted", "instances", "completed"):
        if name in told["counts"]:
            yield from _unlike(f"{where}: {name}", told["counts"][name], run.counts.get(name))
