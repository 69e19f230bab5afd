"""What came of a set as a document to share; `report_forms` writes it down.

Models' names, raters' names and the set's come from people: here they are still as they came.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.database import Database
from core.evaluation import results, winning
from core.evaluation.judge_sheet import JudgeSheet, judge_sheet
from core.evaluation.paper import HUMAN, SUPERNI
from core.evaluation.resampling import Interval
from core.evaluation.results import GradeSheet, ScoreSheet
from core.evaluation.winning import PEOPLE, WinSheet
from core.evaluation.winrates import VARIANT
from core.evaluation.words import StillRating, reasons
from core.records import Grade
from core.words import number_of

HeadAndRows = tuple[Sequence[str], Sequence[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report: a heading of ours, sentences, a table, and for grades the bars that go with it."""

    title: str
    sentences: tuple[str, ...] = ()
    table: HeadAndRows | None = None
    bars: tuple[tuple[str, Mapping[Grade, int]], ...] = ()


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """The whole document; every text in it that is not ours is still as it came."""

    set_name: str
    made_at: float
    sections: tuple[Section, ...]


def report(database: Database, set_name: str, reader: str) -> EvaluationReport | StillRating:
    """Return what is known of a set's models; StillRating while the reader owes judgements."""
    sheet = results.grades(database, set_name, reader)
    if isinstance(sheet, StillRating):
        return sheet
    scores = results.scores(database, set_name, reader)
    first = winning.win_rates(database, set_name, reader)
    if isinstance(scores, StillRating):
        return scores
    if isinstance(first, StillRating):
        return first
    sections = [*_grades(sheet), *_scores(scores)]
    for by in first.sources:
        wins = winning.win_rates(database, set_name, reader, by=by)
        if isinstance(wins, WinSheet):
            sections += _wins(wins)
        judge = judge_sheet(database, set_name, by, reader) if by != PEOPLE else None
        if isinstance(judge, JudgeSheet):
            sections.append(_judge(judge))
    return EvaluationReport(set_name, time.time(), tuple(sections))


def _grades(sheet: GradeSheet) -> list[Section]:
    if not sheet.models:
        return [Section("Grades by people", ("Nobody has graded a response of this set.",))]
    late = tuple(
        f"{number_of(n, 'judgement')} by {name} were given after they had seen results."
        for name, n in sheet.late.items()
    )
    rows = [
        [each.model, *(str(each.counts[grade]) for grade in Grade), str(each.n), str(each.ratings), _share(each.valid)]
        for each in sheet.models
    ]
    paper = [
        [
            f"{row.model} (paper)",
            *(str(row.counts[grade]) for grade in Grade),
            str(row.n),
            "",
            f"{row.valid_percent:.1f}%",
        ]
        for row in reversed(HUMAN)
    ]
    bars = [(each.model, each.counts) for each in sheet.models] + [
        (f"{row.model} (paper)", row.counts) for row in reversed(HUMAN)
    ]
    sections = [
        Section(
            "Grades by people, blind",
            (
                f"{number_of(len(sheet.raters), 'rater')}: {', '.join(sheet.raters)}. A response that several "
                f"graded counts once, "
                "with the last word or the median grade, the stricter of two. A and B are valid; Wilson's intervals.",
                f"{number_of(sheet.variants, 'model', 'were')} ever rated blind in this database.",
                *late,
            ),
            (("model", *(g.value for g in Grade), "n", "ratings", "A+B"), [*rows, *paper]),
            tuple(bars),
        )
    ]
    if sheet.differences:
        sections.append(
            Section(
                "Differences on the same tasks",
                ("McNemar's exact test for A+B, Wilcoxon's for grades, Holm over pairs; intervals resample tasks.",),
                (
                    ("pair", "tasks", "A+B, points", "p", "p, Holm", "grade steps", "p, Holm", "said plainly"),
                    [
                        [
                            f"{each.a} − {each.b}",
                            str(each.n),
                            _interval(each.valid, signed=True),
                            _p(each.valid_p),
                            _p(each.valid_holm),
                            _interval(each.grade, 2, signed=True),
                            _p(each.grade_holm),
                            each.meaning,
                        ]
                        for each in sheet.differences
                    ],
                ),
            )
        )
    if sheet.ranking.strengths:
        rows = [[each.model, _interval(each.percent)] for each in sheet.ranking.strengths]
        told = "Bradley-Terry over all comparisons, a tie half a win: the chance to beat the average model, in percent."
        sections.append(Section("Strength", (told,), (("model", "beats the average, %"), rows)))
    if sheet.agreement:
        rows = [
            [f.name, "undefined" if f.value is None else f"{f.value:.2f}", str(f.n), f.meaning]
            for f in sheet.agreement.figures
        ]
        sections.append(Section("Agreement of the raters", (), (("figure", "value", "n", "what it says"), rows)))
    return sections


def _scores(sheet: ScoreSheet) -> list[Section]:
    rows = [
        [
            name,
            str(each.overall.n),
            _interval(each.overall.rouge_l),
            _number(each.overall.exact_match),
            reasons(each.why_empty),
        ]
        for name, each in sheet.models.items()
    ]
    paper = [[f"{name} (paper, SuperNI)", "11,900", f"{value:.1f}", "", ""] for name, value in reversed(SUPERNI)]
    told = "rouge-score's ROUGE-L with its stemmer, 0 to 100, the best over the references; 95% intervals over tasks."
    head = ("model", "n", "ROUGE-L", "exact match, %", "without an answer")
    return [Section("Reference scores", (told,), (head, [*rows, *paper]))] if rows else []


def _wins(sheet: WinSheet) -> list[Section]:
    rows = [
        [
            name,
            str(each.n),
            f"{each.wins}–{each.losses}–{each.draws}",
            _interval(each.interval) + (", tied" if each.is_tied else ""),
            _number(each.length_controlled),
            _number(each.length, 0),
        ]
        for name, each in sheet.models.items()
    ]
    against = sheet.baseline or "all others together"
    head = ("model", "n", "won–lost–drawn", "win rate, %", "length-controlled, %", "mean characters")
    told = f"Judged by {sheet.by} against {against}; a draw counts half. Length-controlled: {VARIANT}."
    return [Section("Win rates", (told,), (head, rows))]


def _judge(sheet: JudgeSheet) -> Section:
    rows = [
        ["judgements", str(sheet.judgements)],
        ["without a verdict", str(sheet.unparsed)],
        ["alike in both orders, %", f"{_interval(sheet.consistent)} of {sheet.both_orders}"],
        ["prefers the first, %", _interval(sheet.prefers_first)],
        ["prefers the longer, %", _interval(sheet.prefers_longer)],
        ["agrees with people, %", f"{_interval(sheet.agrees)} of {number_of(sheet.shared, 'shared pair')}"],
        [
            "people's win rate of all, estimated, %",
            _interval(sheet.estimate) if not sheet.estimate_because else sheet.estimate_because,
        ],
        ["judged between", f"{day(sheet.since)} and {day(sheet.until)}"],
        ["prompt", ", ".join(hash_[:12] for hash_ in sheet.prompt_hashes) or "not known"],
    ]
    warning = (sheet.warning,) if sheet.warning else ()
    return Section(
        "The judge's sheet", (f"{sheet.annotator}: {sheet.model} against {sheet.baseline}.", *warning), (("", ""), rows)
    )


def _share(its: object) -> str:
    percent, low, high = (getattr(its, name) for name in ("percent", "low", "high"))
    return "–" if percent is None else f"{percent:.1f}% [{low:.1f}, {high:.1f}]"


def _interval(its: Interval, digits: int = 1, *, signed: bool = False) -> str:
    if its.value is None:
        return "–"
    value = f"{its.value:+.{digits}f}" if signed else f"{its.value:.{digits}f}"
    return value if its.low is None else f"{value} [{its.low:.{digits}f}, {its.high:.{digits}f}]"


def _number(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _p(value: float | None) -> str:
    return "–" if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"


def day(at: float) -> str:
    """A moment as a day in words."""
    return time.strftime("%d %B %Y", time.gmtime(at))
