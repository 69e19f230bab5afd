"""The verb diversity: verbs and nouns, ROUGE-L to the seeds, lengths, Table 1, one side or two."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli import filtering
from core.cli.bar import table
from core.cli.console import Console, Subparsers, database, verb, who, writes
from core.cli.empty import no_tasks
from core.replacing import PAGE, may_write
from core.words import number_of

if TYPE_CHECKING:
    from core.database import Database
    from core.diversity.job import ParserChoice
    from core.diversity.selection import TaskSelection
    from core.diversity.verbnoun import VerbNoun
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
    diversity.add_argument(
        "--release", default="", help="what this release held, with its texts: a number, name or last"
    )
    diversity.add_argument("--against", metavar="POOL", help="side by side with this pool")
    diversity.add_argument(
        "--against-release", default="", metavar="RELEASE", help="or with a release, of it or of POOL"
    )
    diversity.add_argument("--classification", choices=("yes", "no"), help="only classification tasks, or the others")
    diversity.add_argument(
        "--verbs", type=int, default=20, help="verbs in the sunburst (default %(default)s, the paper's)"
    )
    diversity.add_argument(
        "--nouns", type=int, default=4, help="objects of each verb in the sunburst (default %(default)s, the paper's)"
    )
    diversity.add_argument(
        "--by-valid", action="store_true", help="each verb and object with its share valid; --html is coloured by it"
    )
    diversity.add_argument("--parser", help="read with this parser, now and in this pool's charts from here on")
    diversity.add_argument(
        "--tasks", action="store_true", help="list every task with verb, noun and ROUGE-L to its seed"
    )
    writes(diversity, "--html", ending=".html", metavar="FILE", help="write the charts as one self-contained page")
    diversity.add_argument("--theme", choices=("light", "dark"), default="light", help="of that page")


def _diversity(chosen: argparse.Namespace, console: Console) -> int | None:
    from core import pools
    from core.diversity import job
    from core.diversity.axes import length_histograms
    from core.diversity.beside import names_beside
    from core.diversity.numbers import as_mapping, rows_beside
    from core.diversity.selection import TaskSelection
    from core.diversity.view import judged_pairs, listed
    from core.records import Refused

    db = database()
    pool = pools.named(db, chosen.pool)
    if chosen.verbs < 1 or chosen.nouns < 1:
        raise Refused("The sunburst shows at least one verb and one object; give numbers from 1 up.")
    if chosen.parser:
        pool = job.choose(db, pool.id, chosen.parser)
    left = _side(console, db, pool, replace(_selection(chosen), release_id=_release(db, pool, chosen.release)))
    sides = [left]
    if chosen.against or chosen.against_release:
        other = pools.named(db, chosen.against) if chosen.against else pool
        wanted = replace(_selection(chosen), run_id=None, release_id=_release(db, other, chosen.against_release))
        sides.append(_side(console, db, other, wanted))
    lengths = length_histograms([side.figures for side in sides])
    told = [
        {**side.as_json(), **as_mapping(side.figures, chosen.verbs, chosen.nouns, its)}
        for side, its in zip(sides, lengths, strict=True)
    ]
    summary: dict[str, Any] = told[0]
    if len(sides) > 1:
        summary["against"] = told[1]
        summary["side_by_side"] = rows_beside(sides[0].figures, sides[1].figures)
        summary["names"] = names_beside([side.name for side in sides])
    judged: list[Mapping[VerbNoun, tuple[int, int]] | None] = [None for _ in sides]
    if chosen.by_valid:
        for place, (side, its) in enumerate(zip(sides, told, strict=True)):
            judged[place] = shares = judged_pairs(db, side.pool.id, side.wanted, side.choice.key, who())
            _add_shares(its, shares)
    if chosen.tasks:
        summary["tasks"] = [
            {"id": t.task_id, "instruction": t.instruction, "verb": t.verb, "noun": t.noun}
            | {"seed_score": t.seed_score, "seed": t.seed}
            for t in listed(db, pool.id, left.wanted, left.choice.key)
        ]
    if chosen.html:
        summary["html"] = str(_write_html(chosen, sides, judged))
    why = [no_tasks(pool.name)] if not summary["counts"]["tasks"] and left.wanted == TaskSelection() else []
    console.result(summary, lambda: _beside(summary) if len(sides) > 1 else why + _lines(summary))
    return 0


@dataclass(frozen=True, slots=True)
class _Side:
    """A pool's selection that was looked at."""

    pool: Pool
    wanted: TaskSelection
    choice: ParserChoice
    figures: DiversityFigures

    @property
    def name(self) -> str:
        its = self.wanted.release_id
        return self.pool.name if its is None else f"{self.pool.name}, release {its}"

    def as_json(self) -> dict[str, Any]:
        named = self.choice.parser
        return {
            "pool": self.pool.name,
            "release": self.wanted.release_id,
            "selection": asdict(self.wanted),
            "parser": {"name": named.name, "label": named.label, "key": named.key} if named else None,
            "no_parser": self.choice.reason,
            "told": self.figures.told,
        }


def _side(console: Console, db: Database, pool: Pool, wanted: TaskSelection) -> _Side:
    """A selection read and measured as far as it wasn't, and looked at."""
    from core.diversity import job, seedscores
    from core.diversity.view import look
    from core.records import RunState

    choice = job.choice(db, pool)
    if choice.parser:
        run = job.parse_here(db, pool, choice.parser, _progress(console))
        if run is not None and run.state is not RunState.DONE:
            console.note(run.message)
    else:
        console.note(choice.reason)
    seedscores.measure(db, pool)
    return _Side(pool, wanted, choice, look(db, pool.id, wanted, choice.key))


def _release(db: Database, pool: Pool, named: str) -> int | None:
    return filtering.release(db, pool.id, named)


def _beside(summary: dict[str, Any]) -> list[str]:
    """Two sides in one table: what each holds, then the pairs of the largest share."""
    sides = (summary, summary["against"])

    def row(name: str, value: Callable[[dict[str, Any]], Any]) -> tuple[str, ...]:
        return (name, *("-" if (found := value(side)) is None else str(found) for side in sides))

    def percent(share: float | None) -> str:
        return "-" if share is None else f"{share:.1%}"

    head = [
        row("tasks", lambda side: f"{side['counts']['tasks']:,}"),
        row("parsed", lambda side: f"{side['counts']['parsed']:,}"),
        row("with a verb-noun pair", lambda side: f"{side['counts']['with_pair']:,}"),
        row("different pairs", lambda side: f"{side['counts']['distinct_pairs']:,}"),
        row("share that the sunburst covers", lambda side: percent(side["coverage"]["share"])),
        row("ROUGE-L to seeds, n", lambda side: f"{side['rouge']['n']:,}"),
        row("ROUGE-L to seeds, median", lambda side: side["rouge"]["n"] and f"{side['rouge']['median']:.2f}"),
    ]
    for text in ("instruction", "input", "output"):
        means = [side["lengths"][text]["mean"] if side["lengths"][text]["n"] else None for side in sides]
        told = ["-" if mean is None else f"{mean:.1f}" for mean in means]
        head.append((f"{text}, mean {summary['lengths']['unit']}", *told))
    pairs = [
        (f"{one['verb']} {one['noun']}", f"{one['left']:,} ({percent(one['left_share'])})",
         f"{one['right']:,} ({percent(one['right_share'])})")
        for one in summary["side_by_side"][:20]
    ]  # fmt: skip
    notes = [f"{name}: {side['told']}" for name, side in zip(summary["names"], sides, strict=True) if side["told"]]
    return [
        *table(("", *summary["names"]), head),
        *table(("pair", *summary["names"]), pairs),
        *notes,
        *_written(summary),
    ]


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
            console.progress(f"{counts['parsed']:,} of {number_of(counts['to_parse'], 'instruction')} parsed")

    return tell


def _add_shares(summary: dict[str, Any], judged: Mapping[VerbNoun, tuple[int, int]]) -> None:
    """Add to each verb and object how many of its instances are rated and valid, with 95% intervals in percent."""
    from core.diversity.verbnoun import VerbNoun
    from core.statistics.estimates import proportion

    for sector in summary["coverage"]["sectors"]:
        rated, valid = judged.get(VerbNoun(sector["verb"], sector["noun"]), (0, 0))
        share = proportion(valid, rated)
        sector |= {"rated": rated, "valid": valid}
        sector["percent_valid"] = {"value": share.percent, "low": share.low, "high": share.high}


def _write_html(
    chosen: argparse.Namespace, sides: Sequence[_Side], judged: Sequence[Mapping[VerbNoun, tuple[int, int]] | None]
) -> Path:
    from core.diversity.report import ReportSide, html_report
    from core.diversity.theme import theme_named
    from core.diversity.words import in_words
    from core.records import StorageFailed

    page = html_report(
        [
            ReportSide(
                side.name,
                f"{side.pool.name}: {in_words(side.wanted)}, n = {side.figures.tasks:,}",
                side.figures,
                side.choice.parser.label if side.choice.parser else "",
                side.choice.reason,
                its,
            )
            for side, its in zip(sides, judged, strict=True)
        ],
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
        f"{number_of(counts['tasks'], 'task')}, {counts['parsed']:,} of them parsed ({parser})",
        f"{counts['with_pair']:,} have a verb-noun pair (paper: 26,559 of 52,445), {counts['distinct_pairs']:,} are "
        f"different",
        f"{coverage['verbs']} verbs x {coverage['nouns']} objects cover {share} of the whole set (paper: 14%)",
    ]
    lines += [f"  {s['count']:>6,}  {s['verb']} {s['noun']}{_valid(s)}" for s in coverage["sectors"][:20]]
    if rouge["n"]:
        lines.append(f"ROUGE-L to the nearest seed: median {rouge['median']:.2f}, mean {rouge['mean']:.2f}")
    for text in ("instruction", "input", "output"):
        one = summary["lengths"][text]
        if one["n"]:
            lines.append(f"{text}: mean {one['mean']:.1f} {summary['lengths']['unit']} (n = {one['n']:,})")
    for task in summary.get("tasks", ()):
        lines.append(f"{task['id']}  {task['verb'] or '-'} {task['noun'] or '-'}  {task['instruction']}")
    if summary["told"]:
        lines.append(summary["told"])
    return [*lines, *_written(summary)]


def _written(summary: dict[str, Any]) -> list[str]:
    return [f"The charts are in {summary['html']}."] if "html" in summary else []


def _valid(sector: dict[str, Any]) -> str:
    """The share valid of a verb and object, where it was asked for."""
    if "percent_valid" not in sector:
        return ""
    if not sector["rated"]:
        return "  (not rated)"
    its = sector["percent_valid"]
    return f"  (valid: {sector['valid']:,} of {sector['rated']:,}, {its['low']:.0f}% to {its['high']:.0f}%)"
