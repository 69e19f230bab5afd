"""The verb about the answers that were written from texts: how far their source supports them, and to review."""

from __future__ import annotations

import argparse
from typing import Any

from core.cli.bar import table
from core.cli.console import Console, Subparsers, database, limit, verb, who
from core.cli.empty import nothing_fits
from core.records import Refused
from core.words import number_of


def register(verbs: Subparsers) -> None:
    """Add the verb."""
    parser = verb(verbs, "corpus-answers", _answers, "rewritten answers by how far their text supports them")
    parser.add_argument("pool")
    parser.add_argument("--support", type=float, metavar="PERCENT", help="only those with at most so much support")
    parser.add_argument("--doubtful", action="store_true", help="only those with numbers or names that the text lacks")
    parser.add_argument("--search", default="", help="part of the instruction or of the answer")
    parser.add_argument("--all", action="store_true", help="those that were dropped or are still to come, too")
    parser.add_argument("--limit", type=int, default=50)
    parser.add_argument("--queue", default="", metavar="NAME", help="make a queue of all that fit and stand")
    parser.add_argument("--reviewer", default="", help="who makes the queue (default: WINNOW_REVIEWER, else me)")


def _answers(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.reinstruct import looking, measuring
    from core.review import queues

    if chosen.support is not None and not 0 <= chosen.support <= 100:
        raise Refused("Support is a share from 0 to 100 percent.")
    db = database()
    pool = pools.named(db, chosen.pool)
    measuring.measure_all(db, pool.id)
    most = None if chosen.support is None else chosen.support / 100
    wanted = looking.Sifting(standing=not chosen.all, most_support=most, doubtful=chosen.doubtful, search=chosen.search)
    found = looking.sifted(db, pool.id, wanted, limit=limit(chosen))
    queue = waiting = None
    if chosen.queue:
        fitting = looking.task_ids(db, pool.id, wanted)
        if not fitting:
            raise Refused(nothing_fits(pool.name, "corpus answers"))
        queue, waiting = queues.over_tasks(db, pool.id, chosen.queue, fitting, who(chosen.reviewer)), len(fitting)
    rows: list[dict[str, Any]] = [
        {
            "task": one.task_id,
            "text": one.text_id,
            "instruction": one.instruction,
            "answer": one.answer,
            "state": one.answer_state.value if one.answer_state else None,
            "support": one.grounded.support if one.grounded else None,
            "not_in_the_text": [*one.grounded.numbers, *one.grounded.names] if one.grounded else [],
            "ratings": one.rated,
        }
        for one in found.answers
    ]
    console.result(
        {"pool": pool.name, "answers": rows, "queue": queue, "queued": waiting},
        lambda: [
            *(
                table(
                    ("task", "support", "not in the text", "instruction", "answer"),
                    [
                        (r["task"], "-" if r["support"] is None else f"{r['support']:.0%}",
                         ", ".join(r["not_in_the_text"]), r["instruction"], r["answer"])
                        for r in rows
                    ],
                    50,
                )
                if rows
                else [
                    f"No answer of {pool.name} fits; `winnow corpus run {pool.name}` writes some from selected texts."
                ]
            ),
            *([f"Queue {queue}, {chosen.queue}: {number_of(waiting or 0, 'task')}."] if queue else []),
        ],
    )  # fmt: skip
    return 0
