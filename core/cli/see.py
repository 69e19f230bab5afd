"""Verbs that look into a pool: discards and the novelty curve. The diversity verbs are in their own module."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from core.cli.bar import table
from core.cli.console import Console, Subparsers, database, limit, verb, who
from core.words import number_of


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
    from core import pools
    from core.gate import ledger, rescue
    from core.gate.rules import sentence

    db = database()
    pool = pools.named(db, chosen.pool)
    changed: dict[str, int] = {}
    if chosen.rescue:
        changed["rescued"] = rescue.rescue(db, [(task_id, None) for task_id in chosen.rescue], who())
    if chosen.put_back:
        changed["put_back"] = rescue.put_back(db, [(task_id, None) for task_id in chosen.put_back], who())
    found = ledger.page(
        db,
        pool.id,
        rule=chosen.rule,
        of_instances=chosen.instances,
        search=chosen.search,
        limit=limit(chosen, 0) or 10_000_000,
    )
    at = ledger.survival(db, pool.id)
    summary: dict[str, Any] = {
        "pool": pool.name,
        "candidates": at.arrived,
        "by_rule": at.dropped,
        "passed": at.arrived - sum(at.dropped.values()),
        "rescued_by_a_person": at.rescued,
        "taken_out_by_a_person": at.taken_out,
        "accepted": at.accepted,
        "discards": [{**asdict(one), "state": one.state.value} for one in found],
        **changed,
    }
    console.result(
        summary,
        lambda: [
            f"{number_of(at.arrived, 'candidate')}",
            *(f"  -{n:,}  {sentence(rule)}" for rule, n in at.dropped.items()),
            *([f"  +{at.rescued:,}  rescued by a person"] if at.rescued else []),
            *([f"  -{at.taken_out:,}  taken out by a person"] if at.taken_out else []),
            f"  {at.accepted:,} accepted",
            *(
                table(("task", "rule", "text"), [(one.task_id, one.rule, one.instruction) for one in found], 90)
                if found
                else [why_none(at.arrived, chosen)]
            ),
        ],
    )
    return 0


def why_none(arrived: int, chosen: argparse.Namespace) -> str:
    """Why the ledger shows nothing, and what would fill it."""
    if not arrived:
        return "Nothing has arrived yet; `winnow run start` grows the pool, `winnow pool import` fills it from a file."
    if chosen.rule or chosen.search:
        return "No discard fits; leave --rule or --search out to see all of them."
    return "The filters dropped nothing." if chosen.instances else "No candidate is dropped now."
