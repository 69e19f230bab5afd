"""The verb import: bring a file of tasks or seeds into a pool, or look at it first."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.console import Console, Subparsers, database, reads, verb
from core.crews import ENGINES, LOCAL
from core.gate.rules import THRESHOLD, sentence
from core.records import NotFound
from core.words import number_of

if TYPE_CHECKING:
    from core.novelty import Tokeniser


def register(verbs: Subparsers) -> None:
    """Add the verb."""
    parser = verb(verbs, "import", _import, "bring a file of tasks or seeds into a pool")
    parser.add_argument("pool", help="made where there is none")
    reads(
        parser,
        "file",
        help="JSON Lines, JSON, CSV, TSV, YAML, Parquet or Arrow, also as .gz or .zst; it is detected; - for standard "
        "input",
    )
    parser.add_argument("--as", dest="kind", choices=("tasks", "seeds"), default="tasks", help="what they become")
    parser.add_argument("--look", action="store_true", help="say what each column would become, and import nothing")
    parser.add_argument(
        "--map", default="", metavar="ROLE=COLUMN,...", help="what columns become, for example output=reply,beside=id"
    )
    parser.add_argument("--no-filter", action="store_true", help="keep every row that can be read")
    parser.add_argument(
        "--threshold", type=float, default=THRESHOLD, help="of the novelty gate (default %(default)s, paper 0.7)"
    )
    parser.add_argument("--engine", choices=ENGINES, default=LOCAL, help="who works out the gate, for many millions")
    parser.add_argument("--workers", type=int, help="of the engine ray, by default one a core")
    parser.add_argument("--tokeniser", choices=("paper", "unicode"), help="of the pool, from now on")


def _import(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.importing.pace import Pace
    from core.importing.roles import mapping
    from core.novelty import Tokeniser
    from core.pools.bringing import Wishes, bring_seeds, bring_tasks

    mapped = mapping(chosen.map)
    tokeniser = Tokeniser(chosen.tokeniser) if chosen.tokeniser else None
    if chosen.look:
        return _look(chosen, console, mapped, tokeniser)
    if chosen.kind == "seeds":
        brought = bring_seeds(database(), chosen.pool, chosen.file, tokeniser)
    else:
        wishes = Wishes(not chosen.no_filter, chosen.threshold, tokeniser, mapped, chosen.engine, chosen.workers)
        pace = Pace()
        brought = bring_tasks(
            database(),
            chosen.pool,
            chosen.file,
            wishes,
            lambda what, n, of: console.progress(pace.told(what, n, of)),
        )
    found = {"pool": brought.pool.name, "as": chosen.kind, **brought.report.as_mapping()}
    if brought.warnings:
        found["warning"] = " ".join(brought.warnings)
    if brought.switched_off:
        console.note(
            f"{number_of(brought.switched_off, 'built-in seed')} of the pool were switched off; "
            "the page Seeds switches them on again."
        )
    for warning in brought.warnings:
        console.note(f"WARNING: {warning}")
    console.result(found, lambda: _lines(found))
    return 1 if chosen.kind == "tasks" and brought.report.is_unanswered else 0


def _lines(found: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{number_of(found['rows'], 'row')} of {found['file']}{_form(found)} read into the pool {found['pool']}: "
        f"{found['tasks']:,} new {found['as']}, {found['accepted']:,} accepted, "
        f"{number_of(found['instances'], 'instance')}; "
        f"{number_of(found['already_there'], 'row', 'were')} there already, {found['bad_rows']:,} were bad."
    ]
    if found["fields"]:
        lines.append("  " + ", ".join(f"{column} became {role}" for column, role in found["fields"].items()))
    if found["unused"]:
        lines.append(f"  kept beside the texts: {', '.join(found['unused'])}")
    told = {
        "mended": "dropped by an earlier import, accepted now",
        "without_output": "without an output",
        "negative": "not good by their label, and rated so by the reviewer imported",
        "rejected_answers": "rejected answers, kept for pairs",
    }
    lines += [f"  {what}: {found[name]:,}" for name, what in told.items() if found[name]]
    lines += [f"  discarded {n:,}: {sentence(rule)}" for rule, n in found["discards"].items()]
    lines += [f"  line {bad['line']}: {bad['reason']}" for bad in found["report"][:20]]
    if found["bad_rows"] > 20:
        lines.append(f"  and {found['bad_rows'] - 20:,} more bad rows (--json lists the first thousand)")
    return lines


def _form(found: Mapping[str, Any]) -> str:
    return f" ({found['format']})" if found["format"] else ""


def _look(chosen: argparse.Namespace, console: Console, mapped: Mapping[str, Any], tokeniser: Tokeniser | None) -> int:
    from core import pools
    from core.importing.look import look

    db = database()
    try:
        pool = pools.named(db, chosen.pool)
    except NotFound:
        pool = None
    seen = look(chosen.file, mapped, db, pool, chosen.threshold, tokeniser)
    found = {"pool": chosen.pool, "look": True, **seen.as_mapping()}
    if seen.without_output == seen.rows:
        console.note("WARNING: no row has an output; map the column that holds it, --map output=COLUMN.")
    console.result(found, lambda: _look_lines(chosen.file, found))
    return 0


def _look_lines(file: Path, found: Mapping[str, Any]) -> list[str]:
    width = max((len(one["name"]) for one in found["columns"]), default=0)
    lines = [
        f"{file.name}: {'' if found['rows_are_all'] else 'more than '}{number_of(found['rows'], 'row')} of "
        f"{found['file']} "
        f"({found['format']}); nothing was imported.",
        *(
            f"  {one['name']:{width}}  {one['becomes']:14}  {' '.join(one['example'].split())[:80]}"
            for one in found["columns"]
        ),
        f"  rows without an output: {found['without_output']:,}, not good: {found['negative']:,}, "
        f"bad: {found['bad_rows']:,}",
    ]
    if found["already_there"]:
        again = f", {found['dropped_before']:,} of them dropped by an earlier import" if found["dropped_before"] else ""
        lines.append(f"  there already: {found['already_there']:,}{again}")
    if found["drops"]:
        dropped = ", ".join(f"{rule} {n:,}" for rule, n in found["drops"].items())
        lines.append(f"  the pool would drop: {dropped}")
    if found["tokeniser"] != "paper":
        lines.append(
            f"  written in {found['script']}: the tokeniser paper can't see {found['unseen_letters']:.0%} of the "
            "letters; --tokeniser unicode"
        )
    return lines + [f"  line {bad['line']}: {bad['reason']}" for bad in found["report"][:20]]
