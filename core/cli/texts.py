"""Verbs about the selected texts of a corpus: list them, leave some out."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from core.cli.bar import table
from core.cli.console import Console, Subparsers, database, limit, verb
from core.cli.empty import nothing_fits
from core.words import number_of


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    listed = verb(verbs, "corpus-texts", _list, "list or search the selected texts of a pool")
    listed.add_argument("pool")
    listed.add_argument(
        "--state", action="append", choices=("waiting", "taken", "asked", "failed", "off"), help="may be repeated"
    )
    listed.add_argument("--search", default="", help="part of the text or of its file's name")
    listed.add_argument("--after", type=int, default=0, metavar="TEXT")
    listed.add_argument("--limit", type=int, default=50)
    out = verb(verbs, "corpus-leave-out", _leave_out, "leave texts out that wait or failed")
    out.add_argument("pool")
    out.add_argument("text", type=int, nargs="+")
    out.add_argument("--back", action="store_true", help="let them wait again instead")


def _list(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.corpus import shelf
    from core.corpus.texts_kept import TextState

    db = database()
    pool = pools.named(db, chosen.pool)
    states = [TextState(name) for name in chosen.state] if chosen.state else list(TextState)
    found = shelf.page(db, pool.id, states=states, search=chosen.search, after_id=chosen.after, limit=limit(chosen))
    counts = {state.value: n for state, n in shelf.counts(db, pool.id).items()}
    console.result(
        {"pool": pool.name, "counts": counts, "texts": [{**asdict(one), "state": one.state.value} for one in found]},
        lambda: (
            table(
                ("text", "state", "file", "line", "begins"),
                [(one.id, one.state.value, one.source, one.line, one.text) for one in found],
            )
            if found
            else [f"No selected text of {pool.name} fits; `winnow corpus select {pool.name} PATH` selects some."]
        ),
    )
    return 0


def _leave_out(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.corpus import shelf

    db = database()
    pool = pools.named(db, chosen.pool)
    n = shelf.set_aside(db, pool.id, chosen.text, off=not chosen.back)
    console.result(
        {"pool": pool.name, "changed": n},
        lambda: [f"{number_of(n, 'text')} changed." if n else nothing_fits(pool.name, "corpus texts")],
    )
    return 0
