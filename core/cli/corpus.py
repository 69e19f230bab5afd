"""Verbs of the corpus room: select texts into a pool, write training files for one's own two models."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli import corpus_asking
from core.cli.console import Console, Subparsers, by_name, database, reads, verb, writes
from core.cli.working import carry_out
from core.crews import ENGINES, LOCAL, check
from core.knobs import named
from core.records import Refused, RunState
from core.replacing import LINES, may_write
from core.words import number_of

if TYPE_CHECKING:
    from core.corpus.selection_plan import SelectionPlan


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    about = "from unlabeled texts to tasks (REInstruct)"
    room = verbs.add_parser("corpus", help=about, description=about).add_subparsers(
        dest="step", required=True, metavar="STEP"
    )
    _register_select(room)
    corpus_asking.register(room)
    about = "for those who train REInstruct's two models themselves"
    own = verbs.add_parser("reinstruct", help=about, description=about).add_subparsers(
        dest="step", required=True, metavar="STEP"
    )
    training = verb(own, "training-data", _training_data, "write the reverse and rewrite models' training files")
    training.add_argument("pool")
    by_name(training, "folder", only="it is a folder", help="made where there is none")


def _register_select(room: Subparsers) -> None:
    parser = verb(room, "select", _select, "select texts into a pool; interrupted it goes on, twice it adds nothing")
    parser.add_argument("pool", help="made with the built-in seeds where there is none")
    by_name(
        *(parser, "places"),
        only="texts are read again where an interrupted selection goes on, and shown beside their tasks",
        type=str,
        nargs="+",
        metavar="PATH",
        help="files, globs or folders; or the word demo",
    )
    parser.add_argument("--preset", choices=("paper_exact", "mended"), default="mended")
    reads(parser, "--verbs", help="a list of [base, ..., -ing] rows, JSON or text")
    parser.add_argument("--engine", choices=ENGINES, default=LOCAL)
    parser.add_argument("--workers", type=int, help="by default one a core")
    parser.add_argument("--sample", type=int, help="take only so many of the selected texts, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument(
        "--duplicates", choices=("near", "exact", "keep"), help="which are dropped: near, with paper_exact none"
    )
    parser.add_argument("--text-field", default="text", help="the JSON field or column that holds the text")
    writes(parser, "--decisions", help="write a JSON line a text: source, line, kept, failed rules")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="another threshold of a rule (shortest=900)"
    )


def _select(chosen: argparse.Namespace, console: Console) -> int | None:
    from core import pools
    from core.corpus.selection_plan import METHOD, check, folder_of

    plan = _selection_plan(chosen)
    check(plan)
    if chosen.decisions:
        may_write(chosen.decisions, LINES)
    db = database()
    pool, _ = pools.get_or_make(db, chosen.pool)
    run = carry_out(db, pool.id, METHOD, plan.as_mapping(), console, _selection_progress)
    if chosen.decisions and run.state is RunState.DONE:
        shutil.copyfile(folder_of(run.id) / "decisions.jsonl", chosen.decisions)
    found = {"pool": pool.name, "run": run.id, "state": run.state.value, "message": run.message, **run.counts}
    console.result(found, lambda: _selection_lines(found))
    return 0 if run.state is RunState.DONE else 1


def _selection_plan(chosen: argparse.Namespace) -> SelectionPlan:
    from core.corpus.job import Duplicates, begun
    from core.corpus.select_settings import settings_from_json, settings_to_json
    from core.corpus.selection_plan import SelectionPlan, demo_plan, keep_verbs
    from core.corpus.verbs import read_verbs

    if chosen.sample is not None and chosen.sample < 1:
        raise Refused("A sample has at least 1 text.")
    check(chosen.engine, chosen.workers)
    plain = begun(chosen.preset)
    settings = replace(
        plain,
        rules=settings_from_json({**settings_to_json(plain.rules), **named(chosen.set)}),
        text_field=chosen.text_field,
        decisions=chosen.decisions is not None,
        duplicates=Duplicates(chosen.duplicates) if chosen.duplicates else plain.duplicates,
        sample=chosen.sample,
        seed=chosen.seed,
    )
    plan = SelectionPlan(tuple(chosen.places), str(Path.cwd()), settings)
    if chosen.places == ["demo"] and not Path("demo").exists():
        plan = demo_plan(settings)
    verbs = keep_verbs(read_verbs(chosen.verbs)) if chosen.verbs else ""
    return replace(plan, verbs=verbs, engine=chosen.engine, workers=chosen.workers)


def _selection_progress(counts: Mapping[str, Any]) -> str:
    read = f"{number_of(counts.get('texts', 0), 'text')}, {counts.get('kept', 0):,} pass"
    return f"{counts.get('shards_done', 0):,} of {number_of(counts.get('shards', 0), 'shard')}, {read}" + (
        f", {counts['loaded']:,} in the pool" if "loaded" in counts else ""
    )


def _selection_lines(found: Mapping[str, Any]) -> list[str]:
    from core.corpus.rules import RULES

    lines = [f"Selection {found['run']} into the pool {found['pool']}: {found['message']}"]
    if "survivors" in found:
        asks = {rule.id: rule.asks for rule in RULES}
        lines.append(f"{found['texts']:>12,}  texts")
        lines += [
            f"{step['left']:>12,}  left after {step['rule']} ({asks[step['rule']]}); "
            f"{found['failed_alone'][step['rule']]:,} failed this rule alone"
            for step in found["survivors"]
        ]
    if found.get("complete"):
        repeats = f"{found['exact_duplicates']:,} exact, {found['near_duplicates']:,} near duplicates left out"
        lines.append(f"{found['selected']:>12,}  selected; {repeats}; {found['new']:,} are new to the pool")
    unread = found.get("unread_first", [])
    lines += [f"  {one['source']}, line {one['line']}: {one['reason']}" for one in unread]
    if found.get("unread", 0) > len(unread):
        lines.append(f"  and {found['unread'] - len(unread):,} more that could not be read")
    return lines


def _training_data(chosen: argparse.Namespace, console: Console) -> int | None:
    from core import pools
    from core.reinstruct.training_files import write_training_files

    db = database()
    pool = pools.named(db, chosen.pool)
    written = write_training_files(db, pool.id, chosen.folder)
    found = {"pool": pool.name, "files": [asdict(file) for file in written]}
    console.result(
        found, lambda: [f"{file.path}: {number_of(file.rows, 'row')} for the {file.model} model" for file in written]
    )
    if not any(file.rows for file in written if file.model == "rewrite"):
        console.note("No rewriting is approved yet: the rewrite model learns from answers that reviewers found good.")
    return 0
