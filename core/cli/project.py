"""Verbs about a whole project: write it to one readable file, and check that its numbers come out again."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from core.cli.console import Console, Subparsers, database, reads, verb, who, writes
from core.words import brief, number_of


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    export = verb(verbs, "project-export", _export, "write a project to one readable file, without a text in it")
    export.add_argument("pool")
    writes(export, "out", metavar="FILE")
    again = verb(verbs, "reproduce", _reproduce, "replay a project's file over the stored replies; nothing is sent")
    reads(again, "file", help="what `winnow project export` wrote")
    for each in (export, again):
        each.add_argument("--reviewer", default="", help="who asks: audits that they still judge stay closed")


def _export(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.project.export import write

    db = database()
    pool = pools.named(db, chosen.pool)
    whole = write(db, pool, chosen.out, who(chosen.reviewer))
    console.result(
        {"pool": pool.name, "file": str(chosen.out), "runs": len(whole["runs"]), "audits": len(whole["audits"]),
         "releases": len(whole["releases"]), "seeds_sha256": whole["seeds"]["sha256"]},
        lambda: [f"{chosen.out} written; `winnow reproduce {chosen.out}` checks that its numbers come out again."],
    )  # fmt: skip
    return 0


def _reproduce(chosen: argparse.Namespace, console: Console) -> int:
    from core.project.replay import reproduce

    found = reproduce(database(), chosen.file, who(chosen.reviewer), console.progress)
    console.result(
        {"pool": found.pool, "same": found.is_same, "replayed": list(found.replayed), "left": list(found.left),
         "differences": [asdict(one) for one in found.differences]},
        lambda: [
            f"{_runs(len(found.replayed))} of {found.pool} done again over the stored replies; nothing was sent.",
            *(f"  not done again: {sentence}" for sentence in found.left),
            *(
                f"  differs: {one.where}: the file says {brief(str(one.file))}, now {brief(str(one.now))}"
                for one in found.differences
            ),
            *(["Every number came out as the file says."] if found.is_same else []),
        ],
    )  # fmt: skip
    return 0 if found.is_same else 1


def _runs(n: int) -> str:
    return "1 run" if n == 1 else f"{number_of(n, 'run')}"
