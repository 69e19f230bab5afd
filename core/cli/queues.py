"""Verbs about queues: make one, list them with who is how far, take in what is new, close one."""

from __future__ import annotations

import argparse
from typing import Any

from core.cli import filtering
from core.cli.bar import duration, table
from core.cli.console import Console, Subparsers, database, verb, who
from core.missing import no_such_name
from core.words import number_of


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    actions = verbs.add_parser("queue", help="what waits for reviewers").add_subparsers(dest="action", required=True)
    make = verb(actions, "make", _make, "make a queue over what a filter means; --look only says what it would ask")
    make.add_argument("pool")
    make.add_argument("name")
    make.add_argument("--order", choices=("oldest", "random", "least-reviewed", "most-uncertain"), default="oldest")
    make.add_argument("--seed-of-order", type=int, default=0, metavar="SEED", help="of a random order")
    make.add_argument("--ratings", type=int, default=1, help="that each item needs")
    make.add_argument("--together", action="store_true", help="several reviewers may hold an item at once")
    make.add_argument("--repeats", type=float, default=0.0, metavar="SHARE", help="of hidden repeats, 0 to 0.5")
    make.add_argument("--gold", type=float, default=0.0, metavar="SHARE", help="of items with a known answer, 0 to 0.5")
    make.add_argument("--look", action="store_true", help="say how much work it would be, and make nothing")
    filtering.add_options(make)
    listed = verb(actions, "list", _list, "list a pool's queues, how far they and their reviewers are")
    listed.add_argument("pool")
    close = verb(actions, "close", _close, "put a queue away; the ratings given in it stay")
    refresh = verb(actions, "refresh", _refresh, "take in what fits by now")
    for each in (close, refresh):
        each.add_argument("pool")
        each.add_argument("queue", help="its name or number")


def _make(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.review import queues

    db = database()
    pool = pools.named(db, chosen.pool)
    wanted = filtering.wanted(chosen, db, pool.id)
    if chosen.look:
        asked = queues.workload(db, pool.id, wanted, chosen.ratings, chosen.repeats)
        console.result(
            {"pool": pool.name, "items": asked.items, "ratings": asked.ratings, "repeats": asked.extra,
             "seconds": asked.seconds, "is_guess": asked.is_guess},
            lambda: [
                f"{number_of(asked.items, 'item')}, {number_of(asked.ratings, 'rating')} and about {asked.extra:,} "
                f"repeats: "
                f"{duration(asked.seconds)} for one reviewer{' (a guess)' if asked.is_guess else ''}."
            ],
        )  # fmt: skip
        return 0
    made = queues.make(
        db,
        pool.id,
        chosen.name,
        wanted,
        order=queues.QueueOrder(chosen.order),
        seed=chosen.seed_of_order,
        wanted=chosen.ratings,
        overlap=chosen.together,
        repeat_share=chosen.repeats,
        gold_share=chosen.gold,
        actor=who(),
    )
    console.result(
        {"pool": pool.name, "queue": made.id, "name": made.name, "waiting": made.waiting},
        lambda: [f"Queue {made.id}, {made.name}: {number_of(made.waiting, 'item', 'wait')} on the page Review."],
    )
    return 0


def _list(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.review import queues

    db = database()
    pool = pools.named(db, chosen.pool)
    names = queues.names(db, pool.id, who())
    found = queues.report(db, pool.id, next(iter(names), None))
    rows = [
        {"queue": one.id, "name": one.name, "order": one.order.value, "wanted": one.wanted, "waiting": one.waiting,
         "done": one.done, "given": found.given.get(one.id, 0), "filter": one.filter.as_saved()}
        for one in found.queues
    ]  # fmt: skip
    people: list[dict[str, Any]] = [
        {"reviewer": one.reviewer, "rated": one.rated, "per_hour": one.per_hour} for one in found.reviewers
    ]
    console.result(
        {"pool": pool.name, "queues": rows, "reviewers": people, "known_answers": found.known_answers},
        lambda: [
            *table(
                ("queue", "name", "order", "ratings", "waiting", "done"),
                [(r["queue"], r["name"], r["order"], r["wanted"], r["waiting"], r["done"]) for r in rows],
            ),
            *(
                table(
                    ("reviewer", "rated", "an hour"),
                    [(p["reviewer"], p["rated"], p["per_hour"] and round(p["per_hour"])) for p in people],
                )
                if people
                else ["Nobody has rated here yet; the page Review, or `winnow rating give`, begins."]
            ),
        ],
    )
    return 0


def _close(chosen: argparse.Namespace, console: Console) -> int:
    from core.review import queues

    db = database()
    number, name = _named(db, chosen)
    queues.archive(db, number)
    console.result({"queue": number, "name": name}, lambda: [f"{name} is put away; its ratings stay."])
    return 0


def _refresh(chosen: argparse.Namespace, console: Console) -> int:
    from core.review import queues

    db = database()
    number, name = _named(db, chosen)
    new = queues.refresh(db, number)
    console.result(
        {"queue": number, "name": name, "new": new}, lambda: [f"{number_of(new, 'item', 'are')} new to {name}."]
    )
    return 0


def _named(db: Any, chosen: argparse.Namespace) -> tuple[int, str]:
    from core import pools
    from core.review import queues

    pool = pools.named(db, chosen.pool)
    there = queues.names(db, pool.id, who())
    for number, name in there.items():
        if chosen.queue in (name, str(number)):
            return number, name
    raise no_such_name(f"queue of {pool.name}", chosen.queue, there.values(), "`winnow queue make` makes one")
