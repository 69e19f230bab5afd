"""Verbs of the diversity room: diversity, parser."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.console import Console, Subparsers, database, verb
from core.cli.empty import no_tasks
from core.replacing import PAGE, may_write

if TYPE_CHECKING:
    from core.database import Database
    from core.diversity.selection import TaskSelection
    from core.diversity.view import DiversityFigures
    from core.records import Pool


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    diversity = verb(verbs, "diversity", _diversity, "verbs and nouns, ROUGE-L to the seeds, lengths, Table 1")
    diversity.add_argument("pool")
    diversity.add_argument("--run", dest="of_run", metavar="RUN", type=int, help="only the tasks of this run")
    diversity.add_argument(
        "--origin", choices=("self-instruct", "reinstruct", "import", "seed"), help="only tasks that came this way"
    )
    diversity.add_argument(
        "--state", default="accepted", help="accepted, unrated, rated, approved, refused or rejected"
    )
    diversity.add_argument("--classification", choices=("yes", "no"), help="only classification tasks, or the others")
    diversity.add_argument(
        "--verbs", type=int, default=20, help="verbs in the sunburst (default %(default)s, the paper's)"
    )
    diversity.add_argument(
        "--nouns", type=int, default=4, help="objects of each verb in the sunburst (default %(default)s, the paper's)"
    )
    diversity.add_argument("--parser", help="read with this parser, now and in this pool's charts from here on")
    diversity.add_argument(
        "--tasks", action="store_true", help="list every task with verb, noun and ROUGE-L to its seed"
    )
    diversity.add_argument("--html", type=Path, metavar="FILE", help="write the charts as one self-contained page")
    diversity.add_argument("--theme", choices=("light", "dark"), default="light", help="of that page")
    parser = verb(verbs, "parser", _parser, "list the parsers that can run here, or download one")
    parser.add_argument("action", choices=("list", "install"))
    parser.add_argument("name", nargs="?", help="for install: benepar_en3, benepar_en3_large or benepar_zh2")


def _diversity(chosen: argparse.Namespace, console: Console) -> int | None:
    from core import pools
    from core.diversity import job, seedscores
    from core.diversity.numbers import as_mapping
    from core.diversity.parser import parser_named
    from core.diversity.selection import TaskSelection
    from core.diversity.view import listed, look
    from core.records import Refused, RunState

    db = database()
    pool = pools.named(db, chosen.pool)
    if chosen.verbs < 1 or chosen.nouns < 1:
        raise Refused("The sunburst shows at least one verb and one object; give numbers from 1 up.")
    wanted = _selection(chosen)
    if chosen.parser:
        parser_named(chosen.parser)
        pool = job.choose(db, pool.id, chosen.parser)
    choice = job.choice(db, pool)
    if choice.parser:
        run = job.parse_here(db, pool, choice.parser, _progress(console))
        if run is not None and run.state is not RunState.DONE:
            console.note(run.message)
    else:
        console.note(choice.reason)
    seedscores.measure(db, pool)
    found = look(db, pool.id, wanted, choice.key)
    named = choice.parser
    summary: dict[str, Any] = {
        "pool": pool.name,
        "selection": asdict(wanted),
        "parser": {"name": named.name, "label": named.label, "key": named.key} if named else None,
        "no_parser": choice.reason,
        **as_mapping(found, chosen.verbs, chosen.nouns),
    }
    if chosen.tasks:
        summary["tasks"] = [
            {"id": t.task_id, "instruction": t.instruction, "verb": t.verb, "noun": t.noun}
            | {"seed_score": t.seed_score, "seed": t.seed}
            for t in listed(db, pool.id, wanted, choice.key)
        ]
    if chosen.html:
        summary["html"] = str(_write_html(chosen, db, pool, wanted, found, named.label if named else "", choice.reason))
    why = [no_tasks(pool.name)] if not summary["counts"]["tasks"] and wanted == TaskSelection() else []
    console.result(summary, lambda: why + _lines(summary))
    return 0


def _selection(chosen: argparse.Namespace) -> TaskSelection:
    from core.diversity.selection import STATES, TaskSelection
    from core.records import Refused

    if chosen.state not in STATES:
        raise Refused(f'There is no state "{chosen.state}"; choose one of {", ".join(STATES)}.')
    labelled = None if chosen.classification is None else chosen.classification == "yes"
    return TaskSelection(chosen.origin or "", chosen.of_run, labelled, chosen.state)


def _progress(console: Console) -> Any:
    last = [0.0]

    def tell(counts: Any) -> None:
        if "to_parse" in counts and time.monotonic() - last[0] >= 1:
            last[0] = time.monotonic()
            console.progress(f"{counts['parsed']:,} of {counts['to_parse']:,} instructions parsed")

    return tell


def _write_html(
    chosen: argparse.Namespace,
    db: Database,
    pool: Pool,
    wanted: TaskSelection,
    found: DiversityFigures,
    parser: str,
    reason: str,
) -> Path:
    from core.diversity.report import html_report
    from core.diversity.theme import theme_named
    from core.diversity.words import in_words
    from core.records import StorageFailed

    page = html_report(
        pool.name,
        f"{in_words(wanted)}, n = {found.tasks:,}",
        found,
        parser,
        reason,
        verbs=chosen.verbs,
        nouns=chosen.nouns,
        theme=theme_named(chosen.theme),
    )
    may_write(chosen.html, PAGE)
    try:
        chosen.html.write_text(page, encoding="utf-8", errors="replace")
    except OSError as error:
        raise StorageFailed(f"{chosen.html} cannot be written ({error.strerror}); choose another place.") from error
    return Path(chosen.html)


def _lines(summary: dict[str, Any]) -> list[str]:
    counts, coverage, rouge = summary["counts"], summary["coverage"], summary["rouge"]
    parser = summary["parser"]["label"] if summary["parser"] else f"no parser: {summary['no_parser']}"
    share = "-" if coverage["share"] is None else f"{coverage['share']:.1%}"
    lines = [
        f"{counts['tasks']:,} tasks, {counts['parsed']:,} of them parsed ({parser})",
        f"{counts['with_pair']:,} have a verb-noun pair (paper: 26,559 of 52,445), {counts['distinct_pairs']:,} are "
        f"different",
        f"{coverage['verbs']} verbs x {coverage['nouns']} objects cover {share} of the whole set (paper: 14%)",
    ]
    lines += [f"  {s['count']:>6,}  {s['verb']} {s['noun']}" for s in coverage["sectors"][:20]]
    if rouge["n"]:
        lines.append(f"ROUGE-L to the nearest seed: median {rouge['median']:.2f}, mean {rouge['mean']:.2f}")
    for text in ("instruction", "input", "output"):
        one = summary["lengths"][text]
        if one["n"]:
            lines.append(f"{text}: mean {one['mean']:.1f} {summary['lengths']['unit']} (n = {one['n']:,})")
    for task in summary.get("tasks", ()):
        lines.append(f"{task['id']}  {task['verb'] or '-'} {task['noun'] or '-'}  {task['instruction']}")
    if "html" in summary:
        lines.append(f"The charts are in {summary['html']}.")
    return lines


def _parser(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.diversity.install import INSTALLABLE, install_parser
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
        "installable": [name for name in INSTALLABLE if name not in names],
    }
    if chosen.action == "install":
        summary["installed"] = chosen.name
    console.result(
        summary,
        lambda: [
            *(f"{p.name}: {p.label}, language {p.language}" for p in there),
            *(f"{name}: not here; `winnow diversity parser install {name}`" for name in summary["installable"]),
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
