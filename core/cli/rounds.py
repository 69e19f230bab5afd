"""Verbs about blind rounds of evaluation: sets, draw, see how far, close, and what to fix."""

from __future__ import annotations

import argparse
from typing import Any

from core.cli.bar import table
from core.cli.console import Console, Subparsers, database, verb, who
from core.records import Refused
from core.words import number_of


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    verb(verbs, "evaluate-sets", _sets, "list the sealed evaluation sets")
    draw = verb(verbs, "evaluate-draw", _draw, "draw a blind round over models' responses, for people to judge")
    rounds = verb(verbs, "evaluate-rounds", _rounds, "a set's blind rounds, and how far each is")
    fix = verb(verbs, "evaluate-fix", _fix, "queue the pool's tasks that are most like what a model failed")
    for each in (draw, rounds, fix):
        each.add_argument("name", help="the evaluation set")
        each.add_argument("--reviewer", default="", help="who asks (default: WINNOW_REVIEWER, else me)")
    draw.add_argument("--model", action="append", default=[], help="only this one's; may be repeated (default all)")
    draw.add_argument("--kind", choices=("grade", "choose"), default="grade")
    draw.add_argument("--side", type=int, default=1, help="responses on screen at once")
    draw.add_argument("--tasks", type=int, help="so many of the set (default all)")
    draw.add_argument("--overlap", type=float, help="raters an item, such as 1.3 (default: everybody rates all)")
    draw.add_argument("--seed", type=int)
    draw.add_argument("--title", default="", help="how the round is called")
    fix.add_argument("model")
    fix.add_argument("pool")
    close = verb(verbs, "evaluate-close", _close, "end a round for everybody: what was said counts")
    close.add_argument("round", type=int)


def _sets(chosen: argparse.Namespace, console: Console) -> int:
    from core.evaluation.models import every_set

    rows: list[dict[str, Any]] = [
        {"set": one.set.name, "tasks": one.tasks, "responses": one.responses, "rounds": one.rounds,
         "open_in": list(one.opened_in), "demo": one.set.demo}
        for one in every_set(database())
    ]  # fmt: skip
    console.result(
        {"sets": rows},
        lambda: (
            table(
                ("set", "tasks", "responses", "rounds", "open in"),
                [(r["set"], r["tasks"], r["responses"], r["rounds"], ", ".join(r["open_in"])) for r in rows],
            )
            if rows
            else ["No evaluation set is here; `winnow evaluate import NAME FILE --as set` seals one."]
        ),
    )
    return 0


def _draw(chosen: argparse.Namespace, console: Console) -> int:
    from core.evaluation.drawing import draw
    from core.evaluation.words import RoundKind

    made = draw(
        database(),
        chosen.name,
        models=chosen.model,
        kind=RoundKind(chosen.kind),
        side=chosen.side,
        tasks=chosen.tasks,
        overlap=chosen.overlap,
        seed=chosen.seed,
        name=chosen.title,
        actor=who(chosen.reviewer),
    )
    console.result(
        {"round": made.id, "name": made.name, "items": made.items, "seed": made.seed},
        lambda: [
            f"Round {made.id}, {made.name}: {number_of(made.items, 'item')}, one after the other on the page "
            f"Evaluate or by "
            f"`winnow evaluate next {made.id}`."
        ],
    )
    return 0


def _rounds(chosen: argparse.Namespace, console: Console) -> int:
    from core.evaluation.rating import of_set

    rows: list[dict[str, Any]] = [
        {"round": one.round.id, "name": one.round.name, "kind": one.round.kind.value, "items": one.round.items,
         "judged": one.judged, "owed": one.owed, "raters": dict(one.raters), "closed": one.round.closed_at is not None}
        for one in of_set(database(), chosen.name, who(chosen.reviewer))
    ]  # fmt: skip
    console.result(
        {"set": chosen.name, "rounds": rows},
        lambda: (
            table(
                ("round", "name", "kind", "items", "judged by you", "you owe", "closed"),
                [(r["round"], r["name"], r["kind"], r["items"], r["judged"], r["owed"], r["closed"]) for r in rows],
            )
            if rows
            else [f"No round of {chosen.name} was drawn; `winnow evaluate draw {chosen.name}` draws one."]
        ),
    )
    return 0


def _close(chosen: argparse.Namespace, console: Console) -> int:
    from core.evaluation.rating import close

    close(database(), chosen.round)
    console.result({"round": chosen.round, "closed": True}, lambda: [f"Round {chosen.round} is closed."])
    return 0


def _fix(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.evaluation.fixing import queue_like_failures
    from core.evaluation.words import StillRating

    db = database()
    pool = pools.named(db, chosen.pool)
    made = queue_like_failures(db, pool.id, chosen.name, chosen.model, who(chosen.reviewer))
    if isinstance(made, StillRating):
        raise Refused(str(made))
    console.result(
        {"pool": pool.name, "queue": made.queue_id, "failed": made.failed, "tasks": made.tasks},
        lambda: [f"Queue {made.queue_id}: {number_of(made.tasks, 'task')} like the {made.failed:,} that it failed."],
    )
    return 0
