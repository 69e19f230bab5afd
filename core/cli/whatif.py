"""The verb that makes a pool as if its gate had used another threshold."""

from __future__ import annotations

import argparse

from core.cli.comparing import compared
from core.cli.console import Console, Subparsers, database, throttled, verb
from core.gate.rules import THRESHOLD


def register(verbs: Subparsers) -> None:
    """Add the verb."""
    parser = verb(verbs, "pool-branch", _branch, "make a new pool as if the gate had used a threshold; no model call")
    parser.add_argument("pool")
    parser.add_argument("name", help="of the new pool")
    parser.add_argument(
        "--threshold",
        type=float,
        default=THRESHOLD,
        help="ROUGE-L F1 above which one is dropped (default %(default)s, paper 0.7)",
    )


def _branch(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.near.large import LargeCandidates
    from core.pools.copying import copy_at

    db = database()
    pool = pools.named(db, chosen.pool)
    tell = throttled(console, lambda of, n: f"{n:,} of {of:,} copied")
    its = compared(db, pool, console, again=False)
    found = LargeCandidates(its) if its else None
    made = copy_at(db, pool, chosen.threshold, chosen.name, lambda done, of: tell(of, done), found)
    at = pools.funnel(db, made.id)
    console.result(
        {"pool": made.name, "of": pool.name, "threshold": chosen.threshold, "accepted": at.candidates.accepted},
        lambda: [f"{made.name}: {at.candidates.accepted:,} of {at.candidates.arrived:,} at {chosen.threshold:g}."],
    )
    return 0
