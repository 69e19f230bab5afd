"""The verb appendix: a paper's appendix from a pool or one of its releases."""

from __future__ import annotations

import argparse

from core.cli.console import Console, Subparsers, by_name, database, verb, who
from core.words import number_of


def register(verbs: Subparsers) -> None:
    """Add the verb."""
    parser = verb(
        verbs, "appendix", _appendix, "a paper's appendix: tables and charts as LaTeX, SVG, PDF, CSV, with the methods"
    )
    parser.add_argument("pool")
    by_name(parser, "folder", only="it is a folder", help="new or empty")
    parser.add_argument(
        "--release",
        default="",
        help="by name or number: Table 1, verbs, ROUGE-L and lengths of what it held, with the texts that went out",
    )
    parser.add_argument("--reviewer", default="", help="who asks: audits that they still judge stay closed")


def _appendix(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.appendix.appendix import write

    db = database()
    pool = pools.named(db, chosen.pool)
    made = write(db, pool, chosen.folder, who(chosen.reviewer), chosen.release)
    console.result(
        {"pool": pool.name, "folder": str(made.folder), "files": list(made.files), "missing": list(made.missing)},
        lambda: [
            f"{number_of(len(made.files), 'file')} in {made.folder}; begin with README.md.",
            *(f"  not shown: {sentence}" for sentence in made.missing),
        ],
    )
    return 0
