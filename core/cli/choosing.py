"""Verbs about the server and model that new runs speak to, and about prices."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from core.cli import connection
from core.cli.bar import table
from core.cli.console import Console, Subparsers, database, verb
from core.records import Refused


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    listed = verb(verbs, "model-list", _list, "list a server's models")
    choose = verb(verbs, "model-choose", _choose, "make a server and model the ones that new runs speak to")
    for each in (listed, choose):
        connection.add_options(each)
    price = verb(verbs, "model-price", _price, "list the prices entered, or enter one; dollars for a million tokens")
    price.add_argument("model", nargs="?")
    price.add_argument("prompt", nargs="?", type=float, help="for a million prompt tokens")
    price.add_argument("completion", nargs="?", type=float, help="for a million completion tokens")
    price.add_argument("--as-of", default="", metavar="YYYY-MM-DD", help="the day on which that was true")
    price.add_argument("--forget", action="store_true", help="forget the model's price instead")


def _list(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.cli.models import lines, tried

    chosen.model, chosen.long = None, None
    found = tried(chosen)
    if not found.models:  # nothing to list: a refusal, where refusals are told
        raise Refused(found.sentence)
    console.result(found.as_mapping(), lambda: lines(found))
    return 0


def _choose(chosen: argparse.Namespace, console: Console) -> int:
    from core.llm import target as models

    db = database()
    target = connection.target(chosen, db)
    models.choose_target(db, target)
    console.result(
        {"speaks_to": models.speaks_to(target), "model": target.model, "endpoint": target.endpoint.value},
        lambda: [f"New runs speak to: {models.speaks_to(target)}"],
    )
    return 0


def _price(chosen: argparse.Namespace, console: Console) -> int:
    from core.llm import target as models
    from core.llm.prices import Price

    db = database()
    kept = dict(models.own_prices(db))
    if chosen.forget:
        if chosen.model not in kept:
            raise Refused("Name a model whose price was entered; `winnow model price` lists them.")
        del kept[chosen.model]
        models.set_prices(db, kept)
    elif chosen.model:
        if chosen.prompt is None or chosen.completion is None:
            raise Refused("A price is MODEL PROMPT COMPLETION, in dollars for a million tokens.")
        kept[chosen.model] = Price(chosen.prompt, chosen.completion, chosen.as_of)
        models.set_prices(db, kept)
    console.result(
        {"prices": {name: asdict(one) for name, one in kept.items()}},
        lambda: (
            table(
                ("model", "prompt $", "completion $", "as of"),
                [(name, one.prompt, one.completion, one.as_of) for name, one in kept.items()],
            )
            if kept
            else ["No price was entered; `winnow model price MODEL PROMPT COMPLETION` enters one."]
        ),
    )
    return 0
