"""Verbs of the judge room: ratings in and out, and how far reviewers agree."""

from __future__ import annotations

import argparse
from pathlib import Path

from core import settings
from core.audit import ratings_file
from core.cli.bar import table
from core.cli.console import Console, Subparsers, database, verb, who
from core.importing.files import rows_of_file
from core.pools import choosing
from core.records import WinnowError
from core.review import progress, ratings, reviewers
from core.words import number_of

_SHOWN = 20


def register(verbs: Subparsers) -> None:
    """Add `ratings` and `agreement`."""
    parser = verb(verbs, "ratings", _ratings, "write a pool's ratings, of every round, to JSON Lines, or take some in")
    parser.add_argument("action", choices=("export", "import"))
    parser.add_argument("pool", metavar="POOL")
    file = parser.add_argument("file", metavar="FILE", type=Path, help="JSON Lines; - for standard input or output")
    file.stream = lambda chosen: "in" if chosen.action == "import" else "out"
    parser.add_argument(
        "--reviewer",
        default="",
        help="who takes the file: of an audit that they are in the middle of judging it holds their own answers alone, "
        "and of others it is noted that they have seen them (default: WINNOW_REVIEWER, else me)",
    )
    parser = verb(verbs, "agreement", _agreement, "how far the reviewers of a pool agree")
    parser.add_argument("pool", metavar="POOL")


def _ratings(options: argparse.Namespace, console: Console) -> int | None:
    opened = database()
    pool = choosing.named(opened, options.pool)
    try:
        if options.action == "export":
            reader = " ".join(options.reviewer.split()) or settings.load().reviewer or "me"
            out = ratings_file.write(opened, pool.id, options.file, reader)
            console.result(
                {
                    "pool": pool.name,
                    "ratings": out.ratings,
                    "file": str(options.file),
                    "closed": [still.audit.id for still in out.closed],
                },
                lambda: [f"{number_of(out.ratings, 'rating')} written.", *filter(None, [out.sentence])],
            )
            return None
        done = ratings.read(
            opened, pool.id, rows_of_file(options.file), lambda n: console.progress(f"{number_of(n, 'rating')} read")
        )
    except OSError as error:
        raise WinnowError(f"{options.file} cannot be opened ({error.strerror}); check its name and folder.") from error
    found = {
        "pool": pool.name,
        "added": done.added,
        "known": done.known,
        "bad": [{"line": row.line, "reason": row.reason} for row in done.faults],
    }
    told = [f"line {row.line}: {row.reason}" for row in done.faults[:_SHOWN]]
    more = [f"and {len(done.faults) - _SHOWN:,} more"] if len(done.faults) > _SHOWN else []
    console.result(
        found, lambda: [f"{done.added:,} added, {done.known:,} known, {len(done.faults):,} left out.", *told, *more]
    )
    return 1 if done.faults and not done.added and not done.known else None


def _agreement(options: argparse.Namespace, console: Console) -> None:
    opened = database()
    pool = choosing.named(opened, options.pool)
    measured, each = progress.agreement_of(opened, pool.id), progress.people_of(opened, pool.id)
    people = [
        {
            "reviewer": one.reviewer,
            "rated": one.rated,
            "grades": dict(one.grades),
            **{
                name: {"n": share.n, "same": share.same, "share": share.share}
                for name, share in (("others", one.with_others), ("gold", one.with_gold), ("self", one.with_self))
            },
        }
        for one in each
    ]
    both = [
        {"first": two.first, "second": two.second, "items": two.n, "same": two.same, "left_out": two.hidden}
        | {"cells": [{"first": cell.first, "second": cell.second, "items": cell.n} for cell in two.cells]}
        for two in reviewers.compared(opened, pool.id, who()).every_two()
    ]
    found = {"pool": pool.name, **measured.as_json(), "reviewers": people, "two_by_two": both}
    console.result(
        found,
        lambda: [
            f"{number_of(measured.n, 'item')} graded by two or more of "
            f"{number_of(len(measured.reviewers), 'reviewer')}",
            *table(
                ("measure", "value", "n", "meaning"),
                [
                    (
                        figure.name,
                        None if figure.value is None else f"{figure.value:.3f}",
                        figure.n,
                        f"undefined: {figure.undefined_because}" if figure.value is None else figure.meaning,
                    )
                    for figure in measured.figures
                ],
                120,
            ),
        ],
    )
