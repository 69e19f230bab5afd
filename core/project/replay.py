"""A project's file replayed: every Self-Instruct run is done again in a database of its own over the stored replies,
nothing is sent, and each number that comes out otherwise is named.

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
from core.llm import book
from core.llm.stored import StoredReplies, answering
from core.methods import makes_tasks
from core.pool import tally
from core.pools import make, named
from core.project import export
from core.records import Pool, Run
from core.runs import control, runner
from core.seeds import seeds
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
    if told["tasks_of_other_origins"]:
        others = ", ".join(f"{n:,} by {origin}" for origin, n in told["tasks_of_other_origins"].items())
        left.append(
            f"Tasks came otherwise than by Self-Instruct ({others}); its runs drew examples from them, so they are not "
            "done again."
        )
        return replayed, left, differ
    with TemporaryDirectory(prefix="winnow-replay-") as folder:
        other = open_database(f"sqlite:///{Path(folder) / 'replay.db'}")
        try:
            own = [one for one in seeds.read(seeds.export(database, pool.id)) if isinstance(one, seeds.Seed)]
            fresh = make(other, pool.name, own, **dict(pool.settings))
            for one in growing:
                tell(f"run {one['run']} of {len(growing)} is done again")
                differ += _again(database, other, fresh, one)
                replayed.append(one["run"])
        finally:
            other.close()
    return replayed, left, differ


def _again(database: Database, other: Database, fresh: Pool, told: Mapping[str, Any]) -> Iterator[OtherNumber]:
    where = f"replay of run {told['run']}"
    plan = {**told["settings"], "until": {"batches": max(1, told["batches"]), "tasks": None, "pool": None}}
    stored = StoredReplies(book.of_run(database, told["run"]))
    with answering(stored):
        run = control.start(other, fresh.id, METHOD, plan, here=True)
        run = runner.work_here(other, run.id)
    yield from _compared(other, run, told, where)
    if stored.missing:
        yield OtherNumber(f"{where}: prompts without a stored reply", 0, len(stored.missing))


def _compared(other: Database, run: Run, told: Mapping[str, Any], where: str) -> Iterator[OtherNumber]:
    with other.read() as c:
        n, digest = tally.arrived(c, run.id)
    yield from _unlike(f"{where}: candidates", told["candidates"], {"n": n, "sha256": digest})
    for name in ("accepted", "instances", "completed"):
        if name in told["counts"]:
            yield from _unlike(f"{where}: {name}", told["counts"][name], run.counts.get(name))
