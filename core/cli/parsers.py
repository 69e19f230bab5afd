"""The verb parser: which parsers can run here, and the download of another."""

from __future__ import annotations

import argparse
import time
from typing import Any

from core.cli.console import Console, Subparsers, verb


def register(verbs: Subparsers) -> None:
    """Add the verb."""
    parser = verb(verbs, "parser", _parser, "list the parsers that can run here, or download one")
    parser.add_argument("action", choices=("list", "install"))
    parser.add_argument("name", nargs="?", help="for install: benepar_en3, benepar_en3_large or benepar_zh2")


def _parser(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.diversity.install import INSTALLABLE, install_parser
    from core.diversity.language import NAMES
    from core.diversity.parser import available_parsers
    from core.records import Refused

    if chosen.action == "install":
        if not chosen.name:
            raise Refused(f"Name the parser to install: one of {', '.join(INSTALLABLE)}.")
        install_parser(chosen.name, _download_progress(console))
    there = available_parsers()
    names = {parser.name for parser in there}
    summary: dict[str, Any] = {
        "parsers": [{"name": p.name, "label": p.label, "language": p.language} for p in there],
        "installable": {name: reads for name, reads in INSTALLABLE.items() if name not in names},
    }
    if chosen.action == "install":
        summary["installed"] = chosen.name
    console.result(
        summary,
        lambda: [
            *(f"{p.name}: {p.label}, reads {NAMES[p.language]}" for p in there),
            *(
                f"{name}: reads {NAMES[language]}; not here, `winnow diversity parser install {name}` downloads it"
                for name, language in summary["installable"].items()
            ),
        ],
    )
    return 0


def _download_progress(console: Console) -> Any:
    last = [0.0]

    def tell(done: int, total: int) -> None:
        if time.monotonic() - last[0] >= 1:
            last[0] = time.monotonic()
            of = f" of {total / 1e6:.0f}" if total else ""
            console.progress(f"{done / 1e6:.0f}{of} MB downloaded")

    return tell
