"""The verb about models: which there are at an address, and what one of them takes of each step's request."""

from __future__ import annotations

import argparse
import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from core.cli import connection
from core.cli.console import Console, Subparsers, database, verb
from core.records import Refused
from core.words import number_of, spent

if TYPE_CHECKING:
    from core.llm.trial import Trial


def register(verbs: Subparsers) -> None:
    """Add the verb."""
    told = "list a server's models; with --model, try each step's request and say what the model takes"
    parser = verb(verbs, "models", try_models, told)
    connection.add_options(parser)
    parser.add_argument(
        "--long", action=argparse.BooleanOptionalAction, help="also send 6,000 words (by default only to this machine)"
    )


def lines(found: Trial) -> list[str]:
    """A trial for a person: the sentence, the table, and what it took."""
    shown = [found.sentence]
    if found.rows:
        width = max(len(row.step) for row in found.rows)
        shown += [
            f"  {row.step:{width}}  {row.parameter:20}  {row.verdict:18}  {row.detail[:90]}" for row in found.rows
        ]
    elif found.models:
        shown += [f"  {name}" for name in found.models]
    if found.requests:
        paid = spent(found.requests, found.prompt_tokens + found.completion_tokens, found.usd)
        context = f"context {number_of(found.context, 'token')}" if found.context else "context length not told"
        ends = f"shut down on {found.shutdown}, " if found.shutdown else ""
        thinks = "it thinks" if found.thoughts else "no thoughts seen"
        shown.append(f"  {thinks}, {context}, {ends}{paid}")
    return shown


def try_models(chosen: argparse.Namespace, console: Console) -> int | None:
    """Ask a server for its models, or try one of them with each step's request."""
    found = tried(chosen)
    if not chosen.model and not found.models:
        raise Refused(found.sentence)
    console.result(found.as_mapping(), lambda: lines(found))
    return 0 if found.ok or (not chosen.model and found.models) else 1


def tried(chosen: argparse.Namespace) -> Trial:
    """What came of asking; without a model (and none is the demo's) only the list is asked for."""
    from core.trying import try_target

    db = database()
    # A list may be asked for without a model; the options' check wants one.
    named = copy.copy(chosen)
    named.model = chosen.model or "?"
    target = connection.target(named, db)
    if chosen.model is None:
        target = replace(target, model="demo" if target.resolved().is_demo else "")
    return try_target(db, target, long=chosen.long)
