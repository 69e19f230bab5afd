"""What every verb that asks a model shares: options of the connection and the budget, and what is said first."""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core import knobs
from core.cli.console import Console
from core.database import Database
from core.records import Budget, Endpoint, Refused

if TYPE_CHECKING:
    from core.llm.target import Target


BY_OTHER_FLAGS = ("extra_body", "headers", "leave_out", "delivery")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a connection."""
    parser.set_defaults(delivery=None)  # where requests can't go together
    from core.llm.providers import PRESETS
    from core.llm.target import Target

    knobs.add_flags(parser, Target, leave_out=BY_OTHER_FLAGS, of=f"the connection; providers: {', '.join(PRESETS)}")
    parser.add_argument(
        "--extra-body",
        metavar="JSON",
        help='fields that go with every request, such as \'{"reasoning_effort": "none"}\'',
    )
    parser.add_argument(
        "--header", action="append", default=[], metavar="NAME=VALUE", help="goes with every request; never a key"
    )
    parser.add_argument(
        "--stop-at-refusal",
        action="store_true",
        help="stop where the model refuses a parameter, instead of leaving it out and saying so",
    )


def add_delivery(parser: argparse.ArgumentParser) -> None:
    """Add the options by which requests go together."""
    together = parser.add_mutually_exclusive_group()
    together.add_argument(
        "--batch-api",
        action="store_const",
        const="batch",
        dest="delivery",
        help="requests go as batches at the server: half the price, each within a day; stopped, a resume fetches them",
    )
    together.add_argument(
        "--batch-file",
        action="store_const",
        const="file",
        dest="delivery",
        help="requests go into files for `vllm run-batch` (`batch out`, `batch in`); the run waits for each",
    )


def add_budget(parser: argparse.ArgumentParser) -> None:
    """Add the options of a budget."""
    parser.add_argument("--budget-usd", type=float)
    parser.add_argument("--budget-tokens", type=int)
    parser.add_argument("--budget-requests", type=int)
    parser.add_argument("--budget-seconds", type=float)
    parser.add_argument("--yes", action="store_true", help="run without a budget where the price isn't known")


def budget(chosen: argparse.Namespace) -> Budget:
    """Return the budget that was asked for. Raises Refused for one that would never bind, or bind at once."""
    from core.runs.control import MOST_BUDGET

    for name in ("usd", "tokens", "requests", "seconds"):
        value = getattr(chosen, f"budget_{name}")
        if value is not None and not (math.isfinite(value) and 0 < value < MOST_BUDGET):
            raise Refused(f"The option --budget-{name} is a number above 0, such as 10.")
    return Budget(chosen.budget_usd, chosen.budget_tokens, chosen.budget_requests, chosen.budget_seconds)


def target(chosen: argparse.Namespace, db: Database, *, usual: Endpoint | None = None) -> Target:
    """Return where the options say that requests go, else the environment, else the page Models; checked.

    `usual` is the demo's endpoint where none is named.
    """
    from core.llm import target as models
    from core.llm.parcels.words import Delivery
    from core.llm.providers import provider
    from core.llm.target import Target

    found = models.environment_target() or models.default_target(db)
    if chosen.base_url or chosen.provider:
        server = provider(chosen.provider or "", chosen.base_url or "")
        same = (found.provider, found.base_url) == (server.name, server.base_url)
        model = "demo" if server.is_demo else found.model
        found = found if same else models.Target(server.name, server.base_url, model, server.endpoint)
        models.use_key_of_environment(server)
    if usual is not None and found.resolved().is_demo:
        found = replace(found, endpoint=usual)
    changes = knobs.given_flags(chosen, Target, leave_out=("provider", "base_url", *BY_OTHER_FLAGS))
    if chosen.delivery:
        changes["delivery"] = Delivery(chosen.delivery)
    if chosen.extra_body is not None:
        changes["extra_body"] = _object(chosen.extra_body)
    if chosen.header:
        changes["headers"] = dict(_header(one) for one in chosen.header)
    if chosen.stop_at_refusal:
        changes["leave_out"] = False
    return models.checked_target(knobs.changed(found, changes))


def say_first(console: Console, chosen: argparse.Namespace, db: Database, target: Target, budget: Budget) -> None:
    """Say which server and model a run speaks to and who chose them; ask where nobody knows what it will cost.

    Raises Refused where the price is unknown, no budget is set, and nobody is there to be asked or they say no.
    """
    from core.llm import target as models

    server = target.resolved()
    by = "as the options say" if chosen.base_url or chosen.provider else "as the environment says"
    if not (chosen.base_url or chosen.provider) and models.environment_target() is None:
        by = "as chosen last on the page Models" if models.is_chosen(db) else "as nothing else was chosen"
    console.note(f"Speaking to: {models.speaks_to(target)} ({by})")
    if not models.cost_unknown(db, target) or chosen.yes or budget != Budget():
        return
    told = f"What the model {target.model} costs at {server.label} isn't known, and no budget is set"
    if sys.stdin.isatty() and not console.as_json:
        console.note(f"{told}. Run all the same? [y/N]")
        if sys.stdin.readline().strip().lower() in ("y", "yes"):
            return
    raise Refused(
        f"{told}; set one (--budget-tokens, --budget-requests), enter the price on the page Models, or add --yes."
    )


def _object(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise Refused('The option --extra-body is a JSON object, such as {"reasoning_effort": "none"}.')
    return read


def _header(pair: str) -> tuple[str, str]:
    name, sign, value = pair.partition("=")
    if not sign:
        raise Refused("The option --header is NAME=VALUE, such as --header X-Team=annotators.")
    return name.strip(), value.strip()
