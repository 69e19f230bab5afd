"""Verbs about pools and the database: pools, seeds, backup, doctor."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import knobs
from core.bounded_file import WRITTEN, text
from core.cli.bar import table
from core.cli.console import Console, Subparsers, by_name, database, reads, verb, who, writes
from core.gate.rules import sentence
from core.moments import local, moment
from core.pool.pool_settings import PoolSettings
from core.words import number_of, spent

if TYPE_CHECKING:
    from core.database import Database
    from core.records import Pool

NOT_BY_HAND = ("opened_sets", "from_pool", "threshold")  # `evaluate open` opens a set; a copy says where it is from

COUNTED = ("seeds", "candidates", "accepted", "instances", "reviewed", "approved")  # of a pool, in a list of pools


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    pools = verb(verbs, "pools", _pools, "list the pools and where they stand")
    pools.add_argument("--archived", action="store_true", help="those put away instead")
    pool = verb(verbs, "pool", _pool, "make, show, rename, archive or restore a pool, or change its settings")
    pool.add_argument("action", choices=("make", "rename", "archive", "restore", "set", "show"))
    pool.add_argument("pool")
    pool.add_argument("name", nargs="?", help="the new name, for rename")
    pool.add_argument(
        "--without-seeds", action="store_true", help="for make: without the built-in seeds, to bring seeds of one's own"
    )
    knobs.add_flags(pool, PoolSettings, leave_out=NOT_BY_HAND, of="the pool, for make and set")
    rules = "for set: the pool's own rules for reviewers"
    reads(pool, "--guidelines", metavar="FILE", help=rules)
    delete = verb(verbs, "pool-delete", _delete, "delete a pool for good; without --confirm say what would go")
    delete.add_argument("pool")
    delete.add_argument("--confirm", metavar="NAME", help="the pool's very name: do it")
    delete.add_argument("--reason", default="", help="for the tombstone")
    by_name(
        *(delete, "--export"),
        only="the file must be on the disk before anything is deleted",
        metavar="FILE",
        help="first write the whole project there",
    )
    delete.add_argument("--reviewer", default="", help="who deletes it (default: WINNOW_REVIEWER, else me)")
    seeds = verb(verbs, "seeds", _seeds, "write a pool's seeds to a JSON Lines file")
    seeds.add_argument("pool")
    writes(seeds, "file")
    seeds.add_argument("--one-instance", action="store_true", help="the first of each seed, as in the released file")
    backup = verb(verbs, "backup", _backup, "copy the database while others go on working")
    told = "by default a dated file beside the database"
    writes(backup, "file", ending=".db", nargs="?", help=told)
    restore = verb(verbs, "restore", _restore, "put a backup in the place of the database, which is kept aside")
    by_name(
        *(restore, "file"),
        only="the history says by its name which backup was put in place",
        nargs="?",
        help="a backup; without it, list those beside the database",
    )
    doctor = verb(verbs, "doctor", _doctor, "check the installation, the database and the model's endpoint")
    told = "write what a maintainer needs there, without texts, names or keys"
    writes(doctor, "--report", ending=".json", metavar="FILE", help=told)
    doctor.add_argument("--connect", action="store_true", help="also try the chosen model with each step's request")


def _pools(chosen: argparse.Namespace, console: Console) -> int | None:
    from core import pools

    db = database()
    rows = []
    for pool in pools.every(db, archived=chosen.archived):
        at = pools.funnel(db, pool.id)
        rows.append(
            {
                "name": pool.name,
                "seeds": at.seeds,
                "candidates": at.candidates.arrived,
                "accepted": at.candidates.accepted,
                "instances": at.instances,
                "reviewed": at.reviewed,
                "approved": at.approved,
            }
        )
    console.result(
        {"pools": rows},
        lambda: (
            table(("pool", *COUNTED), [(row["name"], *(row[name] for name in COUNTED)) for row in rows])
            if rows
            else [_no_pool(db, chosen.archived)]
        ),
    )
    return 0


def _no_pool(db: Database, archived: bool) -> str:
    """Why the list of pools is empty, and the nearest act."""
    from core import pools

    if archived:
        return "No pool is put away; `winnow pool archive NAME` puts one away."
    if pools.every(db, archived=True):
        return "Every pool is put away: --archived lists them, and `winnow pool restore NAME` takes one out."
    return "There is no pool yet; `winnow pool make NAME` makes one, `winnow pool import` one from a file."


def _pool(chosen: argparse.Namespace, console: Console) -> int | None:
    from core import pools
    from core.records import Refused

    db, given = database(), knobs.given_flags(chosen, PoolSettings, leave_out=(*NOT_BY_HAND, "guidelines"))
    if chosen.guidelines:
        given["guidelines"] = text(chosen.guidelines, WRITTEN, "a text for reviewers").strip()
    if chosen.without_seeds and chosen.action != "make":
        raise Refused("--without-seeds goes with `pool make`; the seeds of a pool are switched by `winnow seeds off`.")
    if chosen.name and chosen.action != "rename":
        raise Refused(f"`pool {chosen.action}` takes one name; a name with spaces goes in quotes.")
    if given and chosen.action not in ("make", "set"):
        raise Refused("Settings go with `pool make` and `pool set`; leave them out here.")
    if chosen.action == "make":
        made = pools.make(db, chosen.pool, [] if chosen.without_seeds else None, **given)
        told = "without seeds: `winnow seeds add` brings them in" if chosen.without_seeds else "with the built-in seeds"
        console.result({"pool": made.name, "id": made.id}, lambda: [f"The pool {made.name} is made, {told}."])
        return 0
    pool = pools.named(db, chosen.pool)
    name = pool.name
    if chosen.action == "show":
        return _show(db, pool, console)
    if chosen.action == "rename":
        if not chosen.name:
            raise Refused("Rename needs the new name: `winnow pool rename OLD NEW`.")
        name = pools.rename(db, pool.id, chosen.name).name
    elif chosen.action == "set":
        if not given:
            raise Refused("Name a setting to change: `winnow pool set POOL --tokeniser unicode`.")
        pools.change(db, pool.id, given)
    else:
        pools.archive(db, pool.id, chosen.action == "archive")
    said = {
        "rename": f"{pool.name} is called {name} now.",
        "set": f"{name}: {', '.join(given)} changed.",
        "archive": f'{name} is put away; nothing in it changes. `winnow pool restore "{name}"` takes it out again.',
        "restore": f"{name} is back among the pools.",
    }
    console.result({"pool": name, "action": chosen.action}, lambda: [said[chosen.action]])
    return 0


def _show(db: Database, pool: Pool, console: Console) -> int:
    from core import pools

    at, paid = pools.funnel(db, pool.id), pools.spent(db, pool.id)
    of_each = f"; {paid.of_each}" if paid.of_each else ""
    told: dict[str, Any] = {
        "pool": pool.name,
        "id": pool.id,
        "created_at": moment(pool.created_at),
        "archived_at": moment(pool.archived_at),
        "settings": dict(pool.settings),
        "seeds": at.seeds,
        "candidates": at.candidates.arrived,
        "dropped": dict(at.candidates.dropped),
        "accepted": at.candidates.accepted,
        "instances": at.instances,
        "reviewed": at.reviewed,
        "approved": at.approved,
        "released": at.released,
        "grades": dict(at.grades),
        "usage": {**asdict(at.usage), "tokens": at.usage.tokens},
        "approved_of_runs": paid.approved,
    }
    away = f", put away {local(pool.archived_at)}" if pool.archived_at else ""
    console.result(
        told,
        lambda: [
            f"{pool.name}: made {local(pool.created_at)}{away}",
            f"  {number_of(at.seeds, 'seed')}, {number_of(at.candidates.arrived, 'candidate')}",
            *(f"  -{n:,}  {sentence(rule)}" for rule, n in at.candidates.dropped.items()),
            f"  {at.candidates.accepted:,} accepted, {number_of(at.instances, 'instance')}",
            f"  {at.reviewed:,} reviewed, {at.approved:,} approved, {at.released:,} in the newest release",
            f"  spent: {spent(at.usage.requests, at.usage.tokens, at.usage.usd, at.usage.usd_known)}{of_each}",
        ],
    )
    return 0


def _delete(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.project import export

    db = database()
    pool = pools.named(db, chosen.pool)
    if chosen.export:
        export.write(db, pool, chosen.export, who(chosen.reviewer))
        console.note(f"Written first: {chosen.export}")
    if chosen.confirm is None:
        at = pools.funnel(db, pool.id)
        told = {"pool": pool.name, "deleted": False, "candidates": at.candidates.arrived, "instances": at.instances,
                "reviewed": at.reviewed, "stays": pools.STAYS}  # fmt: skip
        console.result(
            told,
            lambda: [
                f"{pool.name} with {number_of(at.candidates.arrived, 'candidate')}, "
                f"{number_of(at.instances, 'instance')} and all that "
                f"people said of {at.reviewed:,} would be gone for good; nothing was deleted.",
                pools.STAYS,
                f'To keep a copy add --export FILE; to do it add --confirm "{pool.name}".',
            ],
        )
        return 0
    stone = pools.delete(db, pool.id, chosen.confirm, who(chosen.reviewer), chosen.reason)
    console.result(
        {"pool": stone.name, "deleted": True, "at": moment(stone.at), "by": stone.actor, "rows": dict(stone.counts)},
        lambda: [f"{stone.name} was deleted for good by {stone.actor}, {local(stone.at)}.", pools.STAYS],
    )
    return 0


def _seeds(chosen: argparse.Namespace, console: Console) -> int | None:
    from core import pools
    from core.seeds import seeds

    db = database()
    pool = pools.named(db, chosen.pool)
    n = seeds.write(db, pool.id, chosen.file, one_instance=chosen.one_instance)
    console.result(
        {"pool": pool.name, "seeds": n, "file": str(chosen.file)},
        lambda: [f"{number_of(n, 'seed')} written to {chosen.file}."],
    )
    return 0


def _backup(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.history import backups

    written = backups.back_up(database(), chosen.file, called=console.renamed.get(str(chosen.file), ""))
    size = written.stat().st_size
    console.result({"file": str(written), "bytes": size}, lambda: [f"{written} written, {size:,} bytes."])
    return 0


def _copies(there: Sequence[Path]) -> list[str]:
    if not there:
        return ["No backup lies beside the database; `winnow backup` writes one."]
    return [
        f"{number_of(len(there), 'copy', 'lie')} beside the database, the newest first. Nothing was restored: "
        "`winnow restore FILE` does that.",
        *(f"  {path}" for path in there),
    ]


def _restore(chosen: argparse.Namespace, console: Console) -> int | None:
    from core import settings
    from core.database import restoring
    from core.history import backups

    url = settings.load().url
    if chosen.file is None:
        restoring.file_of(url)  # a database that is no file has no copies beside it
        there = restoring.backups(url)
        console.result({"backups": [str(path) for path in there]}, lambda: _copies(there))
        return 0
    done = backups.restore(url, chosen.file)
    told = {"restored": str(done.source), "revision": done.revision, "kept": str(done.kept) if done.kept else None}
    console.result(
        told,
        lambda: [
            f"{done.source} is the database now.",
            *([f"What was there before lies at {done.kept}."] if done.kept else []),
        ],
    )
    return 0


def _doctor(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.health import examine
    from core.health_report import write

    started = time.monotonic()
    found = write(chosen.report) if chosen.report else examine()
    console.note(f"checked in {time.monotonic() - started:.1f} s")
    summary: dict[str, Any] = {
        "ok": all(check.ok for check in found),
        "checks": [{"name": check.name, "ok": check.ok, "finding": check.finding} for check in found],
    }
    if chosen.report:
        summary["report"] = str(chosen.report)
        console.note(f"{chosen.report} written: read it, then send it; it holds no text, name or key.")
    shown = table(("", "check", "finding"), [("ok" if c.ok else "BAD", c.name, c.finding) for c in found], 10_000)
    if chosen.connect:
        from core.cli.models import lines
        from core.llm.target import default_target, environment_target
        from core.trying import try_target

        db = database()
        trial = try_target(db, environment_target() or default_target(db))
        summary |= {"ok": summary["ok"] and trial.ok, "connection": trial.as_mapping()}
        told, *steps = lines(trial)
        shown += [f"{'ok ' if trial.ok else 'BAD'}  connection: {told}", *steps]
    console.result(summary, lambda: shown)
    return 0 if summary["ok"] else 1
