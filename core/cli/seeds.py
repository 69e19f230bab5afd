"""Verbs about a pool's seeds: list, add, edit, switch, promote. Writing them to a file is in `pool`."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from core.cli.bar import table
from core.cli.console import Console, Subparsers, database, reads, verb, who, writes
from core.records import NotFound, Refused, State
from core.replacing import TABLE, may_write
from core.words import number_of


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    actions = verbs.add_parser("seed", help="a pool's seeds").add_subparsers(dest="action", required=True)
    listed = verb(actions, "list", _list, "list a pool's seeds")
    add = verb(actions, "add", _add, "add one seed by its texts, or those of a file")
    edit = verb(actions, "edit", _edit, "change a seed's text; what it was stays in the history")
    on = verb(actions, "on", _switch, "switch seeds on")
    off = verb(actions, "off", _switch, "switch seeds off: they prompt nothing, novelty is not measured against them")
    brought = verb(actions, "yield", _yield, "what each seed brings: accepted and approved tasks of its prompts")
    brought.add_argument("pool")
    writes(brought, "--csv", ending=".csv", metavar="FILE", help="write a row a seed")
    promote = verb(actions, "promote", _promote, "copy an approved task into its pool's seeds")
    for each in (listed, add, edit, on, off):
        each.add_argument("pool")
    listed.add_argument("--all", action="store_true", help="also those that are switched off")
    listed.add_argument("--search", default="", help="only those that contain this text")
    reads(
        add,
        "file",
        nargs="?",
        help="any kind that import takes; without it one seed by --instruction and --output",
    )
    edit.add_argument("task", type=int)
    for each in (add, edit):
        each.add_argument("--instruction")
        each.add_argument("--input")
        each.add_argument("--output")
        each.add_argument("--classification", choices=("yes", "no"))
    for each, state in ((on, True), (off, False)):
        each.add_argument("task", type=int, nargs="+")
        each.set_defaults(on=state)
    promote.add_argument("task", type=int)


def _list(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.seeds import seeds

    db = database()
    pool = pools.named(db, chosen.pool)
    found = [
        one
        for one in seeds.of_pool(db, pool.id, switched_off=chosen.all)
        if chosen.search.casefold() in one.instruction.casefold()
    ]
    rows = [{**asdict(one), "origin": one.origin.value, "state": one.state.value} for one in found]
    console.result(
        {"pool": pool.name, "seeds": rows},
        lambda: (
            table(
                ("task", "on", "classification", "instances", "instruction"),
                [
                    (
                        one.id,
                        one.state is not State.OFF,
                        bool(one.is_classification),
                        len(one.instances),
                        one.instruction,
                    )
                    for one in found
                ],
            )
            if found
            else [
                f"No seed of {pool.name} is on that fits; --all lists those that are off, `winnow seeds add` adds one."
            ]
        ),
    )
    return 0


def _yield(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.records import StorageFailed
    from core.release.spreadsheet import as_csv
    from core.selfinstruct import descendants

    db = database()
    pool = pools.named(db, chosen.pool)
    rows = descendants.as_rows(descendants.of_seeds(db, pool.id))
    if chosen.csv:
        try:
            may_write(chosen.csv, TABLE)
            chosen.csv.write_bytes(as_csv(rows))
        except OSError as error:
            raise StorageFailed(f"{chosen.csv} cannot be written ({error.strerror}); choose another place.") from error
    console.result(
        {"pool": pool.name, "seeds": rows},
        lambda: (
            table(tuple(rows[0]), [tuple(row.values()) for row in rows]) if rows else [f"{pool.name} has no seeds."]
        ),
    )
    return 0


def _add(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.importing.importer import import_seeds, unseen_of
    from core.importing.report import ImportReport
    from core.seeds import seeds

    db = database()
    pool = pools.named(db, chosen.pool)
    if chosen.file is not None:
        report = import_seeds(db, pool.id, chosen.file)
    elif chosen.instruction and chosen.output:
        texts = ((chosen.input or "", chosen.output),)
        one = seeds.Seed("", chosen.instruction, texts, chosen.classification == "yes")
        report = ImportReport(added=seeds.add(db, pool.id, [one]))
        report.known = 1 - len(report.added)
        report.unseen = unseen_of(db, pool.id, [one])
    else:
        raise Refused("Name a file, or give the seed by --instruction and --output.")
    bad = [asdict(fault) for fault in report.faults]
    found = {"pool": pool.name, "added": report.added, "bad": bad, "not_kept": dict(report.not_kept)}
    if report.of_seeds:
        found["warning"] = " ".join(report.of_seeds)
    for warning in report.of_seeds:
        console.note(f"WARNING: {warning}")
    console.result(
        found,
        lambda: [
            f"{number_of(len(report.added), 'seed')} added to {pool.name}, {report.known:,} were there.",
            *(f"line {fault.line}: {fault.reason}" for fault in report.faults[:20]),
        ],
    )
    return 0


def _edit(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.seeds import seeds

    db = database()
    pool = pools.named(db, chosen.pool)
    found = next((one for one in seeds.of_pool(db, pool.id, switched_off=True) if one.id == chosen.task), None)
    if found is None:
        raise NotFound(f"{pool.name} has no seed {chosen.task}; `winnow seeds list` lists them.")
    pairs: list[tuple[str, str]] = [(one.input, one.output) for one in found.instances] or [("", "")]
    first = (
        pairs[0][0] if chosen.input is None else chosen.input,
        pairs[0][1] if chosen.output is None else chosen.output,
    )
    classification = bool(found.is_classification) if chosen.classification is None else chosen.classification == "yes"
    new = seeds.Seed(found.name or "", chosen.instruction or found.instruction, (first, *pairs[1:]), classification)
    seeds.edit(db, found.id, new, who(), "at the command line")
    console.result({"pool": pool.name, "seed": found.id}, lambda: [f"Seed {found.id} is changed."])
    return 0


def _switch(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.seeds import seeds

    db = database()
    pool = pools.named(db, chosen.pool)
    n = seeds.switch(db, chosen.task, chosen.on, who(), pool_id=pool.id)
    state = "on" if chosen.on else "off"
    told: dict[str, Any] = {"pool": pool.name, "switched": n, "on": chosen.on}
    console.result(told, lambda: [f"{number_of(n, 'seed')} switched {state}."])
    return 0


def _promote(chosen: argparse.Namespace, console: Console) -> int:
    from core.seeds.promotion import promote

    seed = promote(database(), chosen.task, who())
    console.result({"task": chosen.task, "seed": seed}, lambda: [f"Task {chosen.task} is seed {seed} now."])
    return 0
