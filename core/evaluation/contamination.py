"""Is an evaluation set's text in training data? Three looks: the same instruction, one much like it, words in a row.

The same: instructions equal but for case, punctuation and spacing. Much like: ROUGE-L F1 of instructions above a
threshold, exactly. In a row: thirteen words of a set's task (instruction, input, references) that a row has in the same
order (instruction, input, output), as the n-gram checks of model reports have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from core import novelty  # the name alone: it loads numpy, which a pool without sealed texts needs not, when asked
from core.evaluation.words import SealedText
from core.gate.rules import THRESHOLD
from core.pool.sealed import seal_of
from core.records import Tokeniser

WORDS_IN_A_ROW = 13
_WORD = re.compile(r"\w+")


class FoundBy(StrEnum):
    """Which look found it; the first that does is told."""

    EXACT = "exact"
    ROUGE_L = "rouge-l"
    NGRAM = "13-gram"


@dataclass(frozen=True, slots=True)
class Checked:
    """A row to check; `key` is the caller's."""

    key: int
    instruction: str
    input: str
    output: str


@dataclass(frozen=True, slots=True)
class Match:
    """A row that is too near to a task of a set. `score`: ROUGE-L F1, else 1; `evidence`: the text that both have."""

    key: int
    set_name: str
    position: int
    how: FoundBy
    score: float
    evidence: str


def matches(sealed: Sequence[SealedText], rows: Iterable[Checked], threshold: float = THRESHOLD) -> list[Match]:
    """Return the rows that are near to a sealed task, each once, in order; 50,000 rows take seconds."""
    checked = list(rows)
    if not sealed or not checked:
        return []
    same = {seal: text for text in reversed(sealed) if (seal := seal_of(text.instruction))}
    near = _near(sealed, checked, threshold)
    grams = _Grams(sealed)
    found = []
    for row in checked:
        twin = same.get(seal_of(row.instruction))
        if twin is not None:
            found.append(Match(row.key, twin.set_name, twin.position, FoundBy.EXACT, 1.0, twin.instruction))
        elif row.instruction in near:
            text, score = near[row.instruction]
            found.append(Match(row.key, text.set_name, text.position, FoundBy.ROUGE_L, score, text.instruction))
        else:
            hit = grams.shared(f"{row.instruction}\n{row.input}\n{row.output}")
            if hit is not None:
                found.append(Match(row.key, hit[0].set_name, hit[0].position, FoundBy.NGRAM, 1.0, hit[1]))
    return found


def _near(
    sealed: Sequence[SealedText], rows: Sequence[Checked], threshold: float
) -> dict[str, tuple[SealedText, float]]:
    """The instructions above the threshold, each with the closest sealed one."""
    index = novelty.NoveltyIndex(Tokeniser.UNICODE)
    first: dict[str, int] = {}
    for at, text in enumerate(sealed):
        if text.instruction not in first:
            first[text.instruction] = at
            index.add(at, text.instruction)
    distinct = list(dict.fromkeys(row.instruction for row in rows))
    closest = index.nearest_of_each(distinct)
    return {
        instruction: (sealed[near.key], near.score)
        for instruction, near in zip(distinct, closest, strict=True)
        if near.score > threshold
    }


class _Grams:
    """Every thirteen words in a row of the sealed texts; the first two of each say whether to look further."""

    def __init__(self, sealed: Sequence[SealedText]) -> None:
        self._grams: dict[tuple[str, ...], SealedText] = {}
        for text in sealed:
            words = _words(text.whole)
            for start in range(len(words) - WORDS_IN_A_ROW + 1):
                self._grams.setdefault(tuple(words[start : start + WORDS_IN_A_ROW]), text)
        self._begin = {gram[:2] for gram in self._grams}

    def shared(self, text: str) -> tuple[SealedText, str] | None:
        """Return the first sealed text that shares thirteen words in a row, and those words; None where none does."""
        words = _words(text)
        for start, pair in enumerate(pairwise(words[: 2 - WORDS_IN_A_ROW])):
            if pair in self._begin:
                gram = tuple(words[start : start + WORDS_IN_A_ROW])
                found = self._grams.get(gram)
                if found is not None:
                    return found, " ".join(gram)
        return None


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
