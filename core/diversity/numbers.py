"""The numbers behind the charts as rows with named columns, for files, the command line and other programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from core.diversity.axes import length_histograms
from core.diversity.beside import pairs_beside
from core.diversity.statistics import (
    PAPER_COVERAGE,
    PAPER_INSTRUCTIONS,
    PAPER_WITH_PAIR,
    TOP_NOUNS,
    TOP_VERBS,
    Histogram,
    VerbNounTable,
)
from core.diversity.table1 import BETWEEN_SPACES, MEANS, PAPER
from core.diversity.view import DiversityFigures

Rows = list[dict[str, Any]]
THIS = "this selection"  # the name of a table's column where there is but one


def behind_charts(look: DiversityFigures, verbs: int = TOP_VERBS, nouns: int = TOP_NOUNS) -> dict[str, Rows]:
    """The rows behind each chart, by its name."""
    return {
        "verb-noun": pair_rows(look, look.table(verbs, nouns)),
        "rouge-to-seed": _bars(look.rouge()),
        "lengths": [{"text": text, **bar} for text, one in length_histograms([look])[0].items() for bar in _bars(one)],
        "coverage-over-time": [asdict(step) | {"acceptance": step.acceptance} for step in look.growth],
        "table-1": table1_rows(look),
    }


def pair_rows(look: DiversityFigures, table: VerbNounTable) -> Rows:
    """Every verb-noun pair with its count, most frequent first; `in_chart` says whether the sunburst shows it."""
    in_chart = {(sector.verb, sector.noun) for sector in table.sectors}
    found = [(pair.verb, pair.noun, n) for pair, n in look.pairs.items() if pair.is_pair]
    return [
        {"verb": verb, "noun": noun, "count": n, "share": n / table.total, "in_chart": (verb, noun) in in_chart}
        for verb, noun, n in sorted(found, key=lambda row: (-row[2], row[0], row[1]))
    ]


def table1_rows(look: DiversityFigures) -> Rows:
    """Table 1: each statistic of this selection beside the paper's."""
    papers = dict(PAPER.rows()) | dict(zip(BETWEEN_SPACES, (getattr(PAPER, name) for name in MEANS), strict=True))
    return [{"statistic": label, "this": value, "paper": papers[label]} for label, value in look.texts.table1.rows()]


def table1_beside(looks: Sequence[DiversityFigures], names: Sequence[str]) -> Rows:
    """Table 1 of every look under its name, the paper's last; None where a look has no such row."""
    columns = [{row["statistic"]: row for row in table1_rows(look)} for look in looks]
    longest = max(columns, key=len)  # a text without spaces between its words has rows more
    return [
        {
            "statistic": label,
            **{
                name: column[label]["this"] if label in column else None
                for name, column in zip(names, columns, strict=True)
            },
            "paper": row["paper"],
        }
        for label, row in longest.items()
    ]


def as_mapping(
    look: DiversityFigures,
    verbs: int = TOP_VERBS,
    nouns: int = TOP_NOUNS,
    lengths: Mapping[str, Histogram] | None = None,
) -> dict[str, Any]:
    """A look as one JSON object: counts, pairs, coverage, ROUGE-L bins, lengths, Table 1, growth.

    `lengths`: in bars that it shares with another look; else in its own.
    """
    table, rouge = look.table(verbs, nouns), look.rouge()
    lengths = lengths or length_histograms([look])[0]
    return {
        "counts": {
            "tasks": look.tasks,
            "parsed": look.parsed,
            "with_pair": table.with_pair,
            "distinct_pairs": table.distinct_pairs,
            "measured_to_seed": rouge.n,
            "kind_unknown": look.texts.unknown_kind,
            "edited_since_release": look.former,
            "released_text_unknown": look.unknown_former,
        },
        "pairs": [{key: row[key] for key in ("verb", "noun", "count")} for row in pair_rows(look, table)],
        "coverage": {
            "verbs": verbs,
            "nouns": nouns,
            "shown": table.shown,
            "share": table.coverage,
            "sectors": [asdict(sector) for sector in table.sectors],
            "paper": {"with_pair": PAPER_WITH_PAIR, "instructions": PAPER_INSTRUCTIONS, "share": PAPER_COVERAGE},
        },
        "rouge": _histogram(rouge),
        "lengths": {"unit": look.texts.unit, **{text: _histogram(one) for text, one in lengths.items()}},
        "table1": {"this": asdict(look.texts.table1), "paper": asdict(PAPER)},
        "growth": [asdict(step) for step in look.growth],
    }


def rows_beside(left: DiversityFigures, right: DiversityFigures) -> Rows:
    """Every verb-noun pair of two looks with count and share on each side, and the difference in points."""
    return [asdict(one) | {"points": one.points} for one in pairs_beside(left, right)]


def _histogram(one: Histogram) -> Mapping[str, Any]:
    return {"n": one.n, "mean": one.mean, "median": one.median, "bins": _bars(one)}


def _bars(one: Histogram) -> Rows:
    return [
        {"from": bar.low, "to": bar.high, "count": bar.count, "share": bar.count / one.n if one.n else None}
        for bar in one.bins
    ]
