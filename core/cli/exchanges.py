"""The verb that shows one request as it was sent, and all that came back."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from core.cli.console import Console, Subparsers, database, verb


def register(verbs: Subparsers) -> None:
    """Add the verb."""
    parser = verb(verbs, "run-request", _request, "one request as it was sent, and all that came back; never a key")
    parser.add_argument("request", type=int, help="its number, as `winnow task show` names it")


def _request(chosen: argparse.Namespace, console: Console) -> int:
    from core.llm import book

    found = book.exchange(database(), chosen.request)
    told: dict[str, Any] = {
        **asdict(found),
        "endpoint": found.endpoint.value,
        "errors": list(found.errors),
        "reply": asdict(found.reply) if found.reply else None,
    }
    console.result(
        told,
        lambda: [
            f"Request {found.id} of run {found.run_id}, {found.step}: {found.model} at {found.base_url or 'the demo'}",
            *(str(error) for error in found.errors),
            found.reply.text if found.reply else "No reply came yet.",
        ],
    )
    return 0
