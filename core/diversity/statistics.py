"""What a pool's charts count: verb-noun pairs, lengths, ROUGE-L to the seeds (Self-Instruct section 4.2)."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeVar

from core.diversity.verbnoun import VerbNoun

Number = TypeVar("Number", int, float)

PAPER_WITH_PAIR, PAPER_INSTRUCTIONS = 26_559, 52_445
PAPER_COVERAGE = 0.14
"""The share of the paper's instructions that its sunburst of 20 verbs x 4 nouns shows."""

TOP_VERBS, TOP_NOUNS = 20, 4
ROUGE_BINS = 20
MAX_LENGTH_BINS = 40


@dataclass(frozen=True, slots=True)
class Sector:
    """One verb with one of its objects, and how many instructions have both."""

    verb: str
    noun: str
    count: int


@dataclass(frozen=True, slots=True)
class VerbNounTable:
    """The sunburst's numbers.

    `sectors` holds the top verbs' top nouns, verbs by frequency; `total` all instructions, `with_pair` those with a
    verb and a noun, `distinct_pairs` the different pairs among these, `shown` the instructions that the sectors cover.
    """

    sectors: tuple[Sector, ...]
    total: int
    with_pair: int
    distinct_pairs: int
    shown: int

    @property
    def coverage(self) -> float | None:
        """The share of the whole set that the sectors cover; None for an empty set."""
        return self.shown / self.total if self.total else None

    @property
    def sentence(self) -> str:
        """How many instructions have a pair, as a sentence's beginning for a caption."""
        return f"{self.with_pair:,} of {self.total:,} have a verb-noun pair"

    def verb_counts(self) -> dict[str, int]:
        """Each shown verb with the sum of its shown sectors."""
        counts: Counter[str] = Counter()
        for sector in self.sectors:
            counts[sector.verb] += sector.count
        return dict(counts)


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar: values from `low` up to but not including `high` (the last bar includes it), and how many there are."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Bars of equal width over n values, with their mean and median (None when there are no values)."""

    bins: tuple[Bin, ...]
    n: int
    mean: float | None
    median: float | None


def verb_noun_table(
    counts: Mapping[VerbNoun, int], top_verbs: int = TOP_VERBS, top_nouns: int = TOP_NOUNS
) -> VerbNounTable:
    """The most frequent verbs and, of each, the most frequent objects.

    A verb's frequency is that of its pairs, as in the paper's plot. Ties go by the alphabet, so that a chart is the
    same on every machine.
    """
    by_verb: dict[str, Counter[str]] = {}
    for pair, count in counts.items():
        if pair.verb and pair.noun:
            by_verb.setdefault(pair.verb, Counter())[pair.noun] += count
    verbs = sorted(by_verb, key=lambda verb: (-by_verb[verb].total(), verb))[:top_verbs]
    sectors = tuple(
        Sector(verb, noun, count)
        for verb in verbs
        for noun, count in sorted(by_verb[verb].items(), key=lambda entry: (-entry[1], entry[0]))[:top_nouns]
    )
    return VerbNounTable(
        sectors=sectors,
        total=sum(counts.values()),
        with_pair=sum(nouns.total() for nouns in by_verb.values()),
        distinct_pairs=sum(len(nouns) for nouns in by_verb.values()),
        shown=sum(sector.count for sector in sectors),
    )


FAR = 5  # times as long as nearly all others


def rouge_histogram(scores: Iterable[float], bins: int = ROUGE_BINS) -> Histogram:
    """Each instruction's highest ROUGE-L to a seed, in bars over 0 to 1. Raises ValueError for a score outside."""
    known = Counter(scores)
    if known and not (min(known) >= 0 and max(known) <= 1):
        raise ValueError("a ROUGE-L score lies between 0 and 1")
    counts: Counter[int] = Counter()
    for score, many in known.items():
        counts[min(_bar(score, bins), bins - 1)] += many
    bars = tuple(Bin(n / bins, (n + 1) / bins, counts[n]) for n in range(bins))
    return _histogram(bars, known)


def in_bar(score: float, low: float, high: float) -> bool:
    """Whether a score is in the bar from `low` up to `high`, as `rouge_histogram` has it; the last has its 1 too."""
    return score >= low - 1e-9 and (score <= high if high >= 1 else score < high - 1e-9)


def length_histogram(lengths: Iterable[int] | Mapping[int, int], max_bins: int = MAX_LENGTH_BINS) -> Histogram:
    """Lengths, one by one or how many there are of each, in bars of a round width, from 0 to the longest.

    The longest hundredth share the last bar, or the longest twentieth where they are far longer than all others: one
    text would press the rest into one bar.
    """
    known = +Counter(lengths)  # of some there may be none
    if not known:
        return Histogram((), 0, None, None)
    usual, most = _at(known, [math.ceil(known.total() * share) - 1 for share in (0.99, 0.95)])
    usual = most if usual > FAR * max(most, 1) else usual
    width = _round_width(usual + 1, max_bins)
    bars = usual // width + 1
    counts: Counter[int] = Counter()
    for length, many in known.items():
        counts[min(length // width, bars - 1)] += many
    last = max(bars * width, max(known) + 1)
    edges = [n * width for n in range(bars)] + [last]
    return _histogram(tuple(Bin(edges[n], edges[n + 1], counts[n]) for n in range(bars)), known)


def _bar(score: float, bins: int) -> int:
    """The bar of a score; a score that is a bar's lower edge belongs to it, whatever floating point makes of it."""
    return math.floor(score * bins + 1e-9)


def _round_width(span: int, max_bins: int) -> int:
    """The least of 1, 2, 5, 10, 20, 50 ... that covers the span with at most `max_bins` bars."""
    scale = 1
    while True:
        for step in (1, 2, 5):
            if step * scale * max_bins >= span:
                return step * scale
        scale *= 10


def middle(known: Mapping[Number, int]) -> float:
    """The median of numbers of which it is known how many there are of each: a million need not be laid out."""
    n = sum(known.values())
    return sum(_at(known, [(n - 1) // 2, n // 2])) / 2


def _at(known: Mapping[Number, int], places: Sequence[int]) -> list[Number]:
    """The numbers at these places, were all of them laid out in order."""
    ordered = sorted(known)
    below = list(accumulate(known[one] for one in ordered))
    return [ordered[bisect_right(below, place)] for place in places]


def _histogram(bins: tuple[Bin, ...], known: Counter[Number]) -> Histogram:
    if not known:
        return Histogram(bins, 0, None, None)
    n = known.total()
    return Histogram(bins, n, math.fsum(one * many for one, many in known.items()) / n, middle(known))
