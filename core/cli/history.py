"""The verb history: who did what, when, to which text; and undo."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta

from core.cli.bar import table
from core.cli.console import Console, Subparsers, database, limit, verb, who
from core.history.happened import UNKNOWN, Kind, Wanted
from core.moments import local
from core.records import Refused


def register(verbs: Subparsers) -> None:
    """Add the verb."""
    parser = verb(verbs, "history", _history, "who did what, when, to which text in a pool, newest first; or undo one")
    parser.add_argument("pool")
    parser.add_argument("--who", default="", help="only this person's acts")
    parser.add_argument("--kind", choices=[kind.value for kind in Kind])
    parser.add_argument("--task", type=int)
    parser.add_argument("--instance", type=int)
    parser.add_argument("--day", metavar="YYYY-MM-DD", help="of this machine's zone")
    parser.add_argument("--before", metavar="PLACE", help="go on from where a page ended")
    parser.add_argument("--limit", type=int, default=50)
    parser.add_argument("--undo", metavar="KEY", help="say what would follow from taking this act back")
    parser.add_argument("--confirm", action="store_true", help="with --undo: do it")
    parser.add_argument(
        "--reviewer", default="", help="who looks, or takes it back (default: WINNOW_REVIEWER, else me)"
    )


def day(text: str) -> tuple[float, float]:
    """The first moment of a day of this machine's zone, and that of the next."""
    try:
        begins = datetime.strptime(text, "%Y-%m-%d")
    except ValueError:
        raise Refused("A day is written YYYY-MM-DD, such as 2026-11-21.") from None
    return begins.astimezone().timestamp(), (begins + timedelta(days=1)).astimezone().timestamp()


def _history(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.history import history

    db = database()
    pool = pools.named(db, chosen.pool)
    if chosen.undo:
        back = history.way_back(db, pool.id, chosen.undo)
        n = history.undo(db, pool.id, chosen.undo, who(chosen.reviewer)) if chosen.confirm else 0
        console.result(
            {"pool": pool.name, "key": back.key, "follows": back.sentence, "undone": chosen.confirm, "n": n},
            lambda: (
                [back.sentence if not chosen.confirm else f"Done. {back.sentence}"]
                + ([] if chosen.confirm else ["Nothing was changed; add --confirm to do it."])
            ),
        )
        return 0
    since, until = day(chosen.day) if chosen.day else (None, None)
    wanted = Wanted(chosen.who, Kind(chosen.kind) if chosen.kind else None, chosen.task, chosen.instance, since, until)
    viewer = who(chosen.reviewer)
    found = history.page(db, pool.id, wanted, before=chosen.before, limit=limit(chosen), viewer=viewer)
    console.result(
        {"pool": pool.name, "acts": [one.as_json() for one in found.acts], "before": found.following},
        lambda: (
            [
                *table(
                    ("when", "who", "what", "detail", "instance", "key", "text"),
                    [
                        (local(one.at), one.who or UNKNOWN, one.kind.value + (" (undone)" if one.undone else ""),
                         one.told, one.instance_id, one.key if one.can_undo else "", one.text)
                        for one in found.acts
                    ],
                    40,
                ),
                *([f"More: --before {found.following}"] if found.following else []),
            ]
            if found.acts
            else [_why_empty(pool.name, wanted)]
        ),
    )  # fmt: skip
    return 0


def _why_empty(pool: str, wanted: Wanted) -> str:
    if wanted == Wanted():
        return f"Nobody has done anything in {pool} yet; `winnow run start` or `winnow pool import` begins."
    return "Nothing that happened fits; leave --who, --kind, --day or the item out."
