"""Verbs about evaluation: bring sets, responses, annotations and grades in; ask a model; what came of it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.cli import evaluate_asking
from core.cli.console import Console, Subparsers, database, reads, verb, writes
from core.records import Refused
from core.replacing import LINES, may_write, put
from core.words import number_of

_FORMS = """\
winnow evaluate import NAME FILE --as set                 seal an evaluation set
winnow evaluate import NAME FILE --as responses --model M a model's answers
winnow evaluate open NAME POOL                            let a pool hold its texts
winnow evaluate respond NAME --model M                    ask a model
winnow evaluate judge NAME MODEL BASELINE --model JUDGE   let a model compare two
winnow evaluate score NAME                                ROUGE-L and exact match
winnow evaluate grades NAME                               what people's blind grades say
winnow evaluate winrate NAME                              win rates, by people or a judge
winnow evaluate pairs NAME OUT                            what raters preferred, as trl-dpo pairs
winnow evaluate report NAME OUT                           HTML and Markdown
winnow evaluate check POOL                                is a set's text in a pool, or in a release?
"""


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    from core.evaluation.importing import What
    from core.evaluation.schemas import INSTANCES_A_TASK

    whole = verbs.add_parser(
        "evaluate",
        help="does a model trained on this data do better? import, score, grades, winrate",
        description="Sealed evaluation sets, blind ratings and honest figures (Self-Instruct, section 4).",
        epilog=_FORMS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = whole.add_subparsers(dest="action", required=True, metavar="ACTION")

    bring = verb(actions, "import", _import, "bring in a set, responses, annotations or grades")
    bring.add_argument("name", help="the evaluation set")
    reads(
        bring,
        "file",
        help="JSON, JSON Lines, CSV or Parquet; for SuperNI a task file or a folder",
    )
    bring.add_argument("--as", dest="what", required=True, choices=[what.value for what in What])
    bring.add_argument("--model", default="", help="whose responses they are, where the file does not say")
    bring.add_argument("--release", help="the release that the model learned from: its number, or its folder")
    bring.add_argument("--data", help="else, in words, what it learned from")
    bring.add_argument("--size", type=int, help="how many training instances")
    bring.add_argument("--quality", help="the line that the model belongs to on a curve")
    bring.add_argument(
        "--instances",
        type=int,
        default=INSTANCES_A_TASK,
        help=f"of each SuperNI task, drawn by the seed (default {INSTANCES_A_TASK}; 0 takes all)",
    )
    bring.add_argument("--seed", type=int, default=0)

    opened = verb(actions, "open", _open, "let a pool hold a sealed set's texts, or no longer")
    opened.add_argument("name")
    opened.add_argument("pool")
    opened.add_argument("--close", action="store_true", help="seal it against this pool again")

    check = verb(actions, "check", _check, "is a set's text in a pool, or in a written release?")
    check.add_argument("pool", help="a pool, or the path of a release (folder, .zip or file)")
    score = verb(actions, "score", _score, "ROUGE-L and exact match of every model")
    score.add_argument("name")
    score.add_argument("--model", action="append", default=[], help="only this one; may be repeated")
    _reader(score)
    grades = verb(actions, "grades", _grades, "A to D by people, blind: shares, differences, agreement")
    grades.add_argument("name")
    _reader(grades)
    rates = verb(actions, "winrate", _winrate, "win rates with intervals, length-controlled too")
    rates.add_argument("name")
    rates.add_argument("--by", default="", help="people, or an annotator (default: the newest annotator, else people)")
    rates.add_argument("--against", default="", metavar="MODEL", help="the baseline")
    _reader(rates)

    evaluate_asking.register(actions)
    paired = verb(actions, "pairs", _pairs, "what raters preferred as trl-dpo pairs, of a set that was opened")
    paired.add_argument("name")
    writes(paired, "out", help="a .jsonl file")
    paired.add_argument("--least-margin", type=float, default=0.0, help="only leads above it, 0 to below 1")
    _reader(paired)
    report = verb(actions, "report", _report, "write what is known of a set's models")
    report.add_argument("name")
    writes(report, "out", ending=".md", help="a .html or .md file, or a folder for both")
    _reader(report)


def _reader(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reviewer", default="", help="who asks; whoever is still rating blind sees no result")


def reader_of(chosen: argparse.Namespace) -> str:
    """Who asks: as named, else the environment's reviewer, else the one that the pages take."""
    from core import settings

    return chosen.reviewer or settings.load().reviewer or "me"


def _import(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.evaluation import models
    from core.evaluation.importing import What, import_file

    what = What(chosen.what)
    described = any(value is not None for value in (chosen.release, chosen.data, chosen.size, chosen.quality))
    if described and what is not What.RESPONSES:
        raise Refused("--release, --data, --size and --quality describe a model; give them with --as responses.")
    models.check(chosen.model or "any", chosen.size)
    if chosen.instances < 0:
        raise Refused("--instances is at least 0, which takes all.")
    opened = database()
    done = import_file(
        opened,
        chosen.name,
        chosen.file,
        what,
        model=chosen.model,
        instances=chosen.instances or None,
        seed=chosen.seed,
    )
    if described:
        for name in done.models:
            models.register(
                opened,
                name,
                release_id=models.release_number(opened, chosen.release) if chosen.release else None,
                data=chosen.data,
                size=chosen.size,
                quality=chosen.quality,
            )
    for line, reason in done.faults:
        console.note(f"line {line}: {reason}")

    def told() -> list[str]:
        lines = [f"{done.added:,} {done.kind} added to {done.set_name}, {done.known:,} were there."]
        lines += [f"{number_of(done.unmatched, 'row', 'are')} of no task of the set."] if done.unmatched else []
        lines += [f"{done.differs:,} differ from what is stored, which stays."] if done.differs else []
        lines += (
            [f"{number_of(done.left_out, 'further instance')} of its tasks were left out."] if done.left_out else []
        )
        lines += [f"{number_of(len(done.faults), 'row')} could not be used."] if done.faults else []
        return [*lines, "models: " + ", ".join(done.models)] if done.models else lines

    console.result(done.as_json(), told)
    return 0


def _open(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.evaluation import models

    models.open_for(database(), chosen.pool, chosen.name, not chosen.close)
    state = "sealed" if chosen.close else "open"
    found = {"set": chosen.name, "pool": chosen.pool, "state": state}
    console.result(found, lambda: [f"{chosen.name} is {state} for the pool {chosen.pool}."])
    return 0


def _check(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.evaluation import checking

    opened = database()
    is_path = ("/" in chosen.pool or chosen.pool.endswith(".zip")) and Path(chosen.pool).exists()
    found = checking.check_release(opened, Path(chosen.pool)) if is_path else checking.check_pool(opened, chosen.pool)

    def told() -> list[str]:
        lines = [
            f"  {m.how.value} {m.score:.2f}  row {m.key}  {m.set_name} task {m.position}  {m.evidence[:80]}"
            for m in found.matches[:20]
        ]
        return [found.sentence, *lines]

    console.result(found.as_json(), told)
    return 0


def _score(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.evaluation import results

    found = results.scores(database(), chosen.name, reader_of(chosen), chosen.model)
    return shown(console, found, _score_lines)


def _grades(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.evaluation import results

    return shown(console, results.grades(database(), chosen.name, reader_of(chosen)), _grade_lines)


def _winrate(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.evaluation import winning
    from core.evaluation.judge_sheet import judge_sheet
    from core.evaluation.judge_words import rows_of_sheet
    from core.evaluation.words import StillRating

    db, reader = database(), reader_of(chosen)
    found = winning.win_rates(db, chosen.name, reader, by=chosen.by, baseline=chosen.against)
    if isinstance(found, StillRating) or found.by == winning.PEOPLE:
        return shown(console, found, _win_lines)
    sheet = judge_sheet(db, chosen.name, found.by, reader)
    if isinstance(sheet, StillRating):
        raise Refused(str(sheet))
    habits = [f"{name}: {value}" for name, value in rows_of_sheet(sheet)]
    console.result(
        {**found.as_json(), "judge": sheet.as_json()},
        lambda: [*_win_lines(found), "", "This judge", *filter(None, [sheet.warning]), *habits],
    )
    return 0


def _report(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.evaluation import report, report_forms
    from core.evaluation.words import StillRating

    made = report.report(database(), chosen.name, reader_of(chosen))
    if isinstance(made, StillRating):
        raise Refused(str(made))
    written = [str(path) for path in report_forms.write(made, chosen.out)]
    console.result({"set": chosen.name, "files": written}, lambda: [f"{path} written." for path in written])
    return 0


def _pairs(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.evaluation import pairs
    from core.evaluation.words import StillRating
    from core.records import StorageFailed

    made = pairs.preference_pairs(database(), chosen.name, reader_of(chosen), least_margin=chosen.least_margin)
    if isinstance(made, StillRating):
        raise Refused(str(made))
    if not made.pairs:
        raise Refused(f"{made.sentence} There is nothing to write; compare answers under Evaluate, Rate.")
    may_write(chosen.out, LINES)
    try:
        put(chosen.out, made.as_lines())
    except OSError as error:
        raise StorageFailed(f"The pairs cannot be written to {chosen.out} ({error.strerror}).") from error
    told = {"set": made.set_name, "file": str(chosen.out), "pairs": len(made.pairs), "tied": made.tied}
    console.result({**told, "alike": made.alike}, lambda: [made.sentence, f"{chosen.out} written."])
    return 0


def shown(console: Console, found: Any, lines: Callable[[Any], list[str]]) -> int:
    """Print a result, or refuse while its reader still rates blind."""
    from core.evaluation.words import StillRating

    if isinstance(found, StillRating):
        raise Refused(str(found))
    console.result(found.as_json(), lambda: lines(found))
    return 0


def _score_lines(found: Any) -> list[str]:
    from core.evaluation.words import reasons

    lines = [f"{'model':32}{'n':>7}{'ROUGE-L':>9}{'95%':>16}{'exact':>8}{'empty':>7}"]
    for name, each in found.models.items():
        row = each.overall
        lines.append(
            f"{name:32}{row.n:>7,}{_number(row.rouge_l.value):>9}{_bounds(row.rouge_l):>16}"
            f"{_number(row.exact_match):>8}{row.empty:>7,}" + (f"  {reasons(each.why_empty)}" if each.why_empty else "")
        )
    return lines


def _grade_lines(found: Any) -> list[str]:
    lines = [f"{'model':32}{'n':>6}{'A':>6}{'B':>6}{'C':>6}{'D':>6}   A+B"]
    for each in found.models:
        counts = "".join(f"{count:>6}" for count in each.counts.values())
        valid = each.valid
        lines.append(f"{each.model:32}{each.n:>6}{counts}   {valid.percent:.1f}% [{valid.low:.1f}, {valid.high:.1f}]")
    lines += [f"{each.a} and {each.b}: {each.meaning}" for each in found.differences]
    if found.agreement:
        for figure in found.agreement.figures:
            value = "undefined" if figure.value is None else f"{figure.value:.2f}"
            lines.append(f"{figure.name}: {value}, n={figure.n}. {figure.meaning}")
    lines.append(
        f"{number_of(found.variants, 'model', 'were')} rated blind in this database so far; the best of many "
        f"flatters itself."
    )
    return lines


def _win_lines(found: Any) -> list[str]:
    against = found.baseline or "all others"
    lines = [f"by {found.by}, against {against}"]
    lines.append(
        f"{'model':32}{'n':>6}{'wins':>7}{'losses':>8}{'draws':>7}{'rate':>8}{'95%':>16}{'LC':>8}{'length':>8}"
    )
    for name, each in found.models.items():
        length = "–" if each.length is None else f"{each.length:,.0f}"
        lines.append(
            f"{name:32}{each.n:>6}{each.wins:>7}{each.losses:>8}{each.draws:>7}{_number(each.win_rate):>8}"
            f"{_bounds(each.interval):>16}{_number(each.length_controlled):>8}{length:>8}"
            + ("  tied" if each.is_tied else "")
        )
    return lines


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _bounds(interval: Any) -> str:
    return "none" if interval.low is None else f"[{interval.low:.1f}, {interval.high:.1f}]"
