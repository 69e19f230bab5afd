"""The verb that finds near duplicates."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from core.cli.comparing import add_again, compared
from core.cli.console import Console, Subparsers, database, throttled, verb, writes
from core.cli.empty import no_tasks
from core.gate.rules import SIMILAR_FLOOR, THRESHOLD
from core.replacing import TABLE, may_write
from core.words import number_of

SHOWN = 10


def register(verbs: Subparsers) -> None:
    """Add the verb."""
    near = verb(verbs, "diversity-near", _near, "ROUGE-L to the nearest other task, and groups of near duplicates")
    near.add_argument("pool")
    near.add_argument(
        "--threshold",
        type=float,
        default=THRESHOLD,
        help=f"ROUGE-L F1 from which two tasks are joined, {SIMILAR_FLOOR:g} to 1 (default %(default)s)",
    )
    add_again(near)
    writes(near, "--csv", ending=".csv", metavar="FILE", help="write the groups, a task a row")


def _near(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.gate import near
    from core.near.large import near_duplicates
    from core.records import Refused, StorageFailed
    from core.release.spreadsheet import as_csv

    if not SIMILAR_FLOOR <= chosen.threshold <= 1:
        raise Refused(f"Pairs are kept from {SIMILAR_FLOOR:g} up to 1; choose a threshold between.")
    db = database()
    pool = pools.named(db, chosen.pool)
    tell = throttled(console, lambda of, n: f"{n:,} of {of:,} compared")
    its = compared(db, pool, console, again=chosen.again)
    found = near_duplicates(its) if its else near.load(db, pool, lambda done, of: tell(of, done))
    groups = found.groups(chosen.threshold)
    if chosen.csv:
        try:
            may_write(chosen.csv, TABLE)
            chosen.csv.write_bytes(as_csv(near.member_by_member(groups)))
        except OSError as error:
            raise StorageFailed(f"{chosen.csv} cannot be written ({error.strerror}); choose another place.") from error
    summary = {
        "pool": pool.name,
        "tasks": len(found),
        "under_floor": found.alone,
        "floor": SIMILAR_FLOOR,
        "bars": [asdict(bar) for bar in found.bars()],
        "threshold": chosen.threshold,
        "groups": [
            {"task_ids": list(one.task_ids), "instructions": list(one.instructions), "closest": one.closest}
            for one in groups
        ],
        **({"csv": str(chosen.csv)} if chosen.csv else {}),
    }
    console.result(
        summary,
        lambda: [
            *([] if len(found) else [no_tasks(pool.name)]),
            f"{number_of(len(found), 'accepted task')} of {pool.name}; {len(found) - found.alone:,} have "
            f"another one at "
            f"{SIMILAR_FLOOR:g} or above",
            *(f"  {bar.low:.2f} to {bar.high:.2f}  {bar.count:>7,}" for bar in found.bars()),
            f"{number_of(len(groups), 'group')} at {chosen.threshold:g} hold {number_of(groups.inside, 'task')}",
            *(f"  {len(group):>4}  {group.instructions[0]}" for group in groups[:SHOWN]),
        ],
    )
    return 0
