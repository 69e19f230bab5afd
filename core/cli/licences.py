"""The verb licences: what Winnow stands on, under which licences, and with which known faults."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from core.cli.console import Console, Subparsers, verb
from core.words import number_of


def register(verbs: Subparsers) -> None:
    """Add the verb."""
    parser = verb(verbs, "licences", _licences, "list the packages that Winnow needs, with their licences")
    parser.add_argument("--faults", action="store_true", help="look up known faults, over the network, by pip-audit")


def _licences(chosen: argparse.Namespace, console: Console) -> int | None:
    from core import licences

    those = licences.packages()
    faults = licences.known_faults(those) if chosen.faults else None
    look = [one.name for one in those if one.needs_a_look]
    found = {
        "packages": [asdict(one) for one in those],
        "need_a_look": look,
        "known_faults": None if faults is None else [asdict(one) for one in faults],
    }

    def lines() -> list[str]:
        width = max(len(one.name) for one in those)
        told = [f"{one.name:{width}}  {one.version:14}  {one.licence}" for one in those]
        told.append(f"{number_of(len(those), 'package')}; to look at by hand: {', '.join(look) or 'none'}.")
        if faults is None:
            told.append("Known faults were not looked up: --faults asks for them over the network.")
        else:
            told += [f"{one.package} {one.version}: {one.id}, mended in {one.mended_in}" for one in faults]
            told.append(f"{number_of(len(faults), 'known fault')}.")
        return told

    console.result(found, lines)
    return 1 if faults else 0
