"""How good a parser is: labelled brackets as the PARSEVAL measures count them, and tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.diversity.training.model import labelled_spans
from core.diversity.tree import Node

_PUNCTUATION = frozenset(("``", "''", ".", ",", ":", "-LRB-", "-RRB-"))


@dataclass(frozen=True, slots=True)
class ParserScore:
    """Labelled recall, precision and F1, share of tags right and of trees without a fault, all in percent, over n."""

    recall: float
    precision: float
    f1: float
    tags: float
    exact: float
    n: int

    def __str__(self) -> str:
        parts = f"recall {self.recall:.2f}, precision {self.precision:.2f}"
        return f"F1 {self.f1:.2f} ({parts}), tags {self.tags:.2f}, exact {self.exact:.1f}, n {self.n}"


def score(gold: Sequence[Node], found: Iterable[Node]) -> ParserScore:
    """Compare trees over the same words. Punctuation is left out of the spans, TOP is not counted, PRT is ADVP."""
    wanted = got = both = exact = right_tags = words = 0
    for right, guess in zip(gold, found, strict=True):
        tags = [word.label for word in right.words()]
        ours, theirs = _brackets(guess, tags), _brackets(right, tags)
        wanted += theirs.total()
        got += ours.total()
        both += (ours & theirs).total()
        exact += ours == theirs
        right_tags += sum(word.label == tag for word, tag in zip(guess.words(), tags, strict=True))
        words += len(tags)
    recall, precision = _percent(both, wanted), _percent(both, got)
    f1 = 2 * recall * precision / (recall + precision) if both else 0.0
    return ParserScore(recall, precision, f1, _percent(right_tags, words), _percent(exact, len(gold)), len(gold))


def _brackets(tree: Node, gold_tags: Sequence[str]) -> Counter[tuple[int, int, str]]:
    before = [0]
    for tag in gold_tags:
        before.append(before[-1] + (tag not in _PUNCTUATION))
    found: Counter[tuple[int, int, str]] = Counter()
    for first, last, chain in labelled_spans(tree):
        start, end = before[first], before[last + 1]
        if start < end:
            found.update((start, end, "ADVP" if label == "PRT" else label) for label in chain.split("::"))
    return found


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0
