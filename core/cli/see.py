"""Verbs that look into a pool: discards and the novelty curve. The diversity verbs are in their own module."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from core.cli.console import Console, Subparsers, database, verb


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    discards = verb(verbs, "discards", _discards, "what the filters dropped: survival by rule, and the ledger")
    discards.add_argument("pool")
    discards.add_argument("--rule", help="only this rule, such as too-close")
    discards.add_argument("--instances", action="store_true", help="discarded instances instead of candidates")
    discards.add_argument("--search", default="", help="only those that contain this text")
    discards.add_argument("--limit", type=int, default=20, help="newest first; 0 for all")
    discards.add_argument(
        "--rescue", type=int, nargs="+", metavar="TASK", help="accept these discarded tasks after all"
    )
    discards.add_argument("--put-back", type=int, nargs="+", metavar="TASK", help="undo the rescue of these tasks")


def _discards(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.gate import rescue
    from core.gate.rows import discards
    from core.pool import pools
    from core.selfinstruct.filters import RULES

    db = database()
    with db.read() as c:
        pool = pools.get(c, chosen.pool)
    changed: dict[str, int] = {}
    if chosen.rescue:
        changed["rescued"] = rescue.rescue(db, [(task_id, None) for task_id in chosen.rescue], "command line")
    if chosen.put_back:
        changed["put_back"] = rescue.put_back(db, [(task_id, None) for task_id in chosen.put_back], "command line")
    with db.read() as c:
        found = discards.page(
            c,
            pool.id,
            rule=chosen.rule,
            of_instances=chosen.instances,
            search=chosen.search,
            limit=chosen.limit or 10_000_000,
        )
        survival = discards.survival(c, pool.id)
        arrived = discards.arrived(c, pool.id)
    summary: dict[str, Any] = {
        "pool": pool.name,
        "candidates": arrived,
        "by_rule": survival,
        "passed": arrived - sum(survival.values()),
        "discards": [{**asdict(one), "state": one.state.value} for one in found],
        **changed,
    }
    console.result(
        summary,
        lambda: [
            f"{arrived:,} candidates",
            *(f"  -{survival[rule]:,}  {RULES[rule]}" for rule in RULES if rule in survival),
            f"  {summary['passed']:,} passed",
            *(f"{one.task_id}  {one.rule}  {one.instruction}" for one in found),
        ],
    )
    return 0
