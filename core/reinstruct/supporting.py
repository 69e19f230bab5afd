"""Which sentence of the source stands behind each sentence of an answer: a place to look, not a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.reinstruct.grounding import sentences, tokens_of

MOST = 200  # sentences of each side that are compared; a source has a few dozen


@dataclass(frozen=True, slots=True)
class Supported:
    """A sentence of the answer and the source's sentence that shares most with it, both as places in their texts.

    `share`: of the answer's sentence's tokens that stand in that sentence in the same order, 0 to 1; without any in
    common `source` is None.
    """

    answer: tuple[int, int]
    source: tuple[int, int] | None
    share: float


def supporting(answer: str, source: str) -> list[Supported]:
    """The sentences of an answer in order, each with the one of the source that supports it best."""
    from rapidfuzz.distance import LCSseq

    theirs = [(place, tokens_of(source[slice(*place)])) for place in _first(source)]
    found = []
    for place in _first(answer):
        tokens = tokens_of(answer[slice(*place)])
        if not tokens:
            continue
        scores = [LCSseq.similarity(tokens, other) for _, other in theirs]
        best = max(range(len(scores)), key=scores.__getitem__, default=None)
        if best is None or not scores[best]:
            found.append(Supported(place, None, 0.0))
        else:
            found.append(Supported(place, theirs[best][0], scores[best] / len(tokens)))
    return found


def _first(text: str) -> Sequence[tuple[int, int]]:
    return [place for place in sentences(text) if place[1] > place[0]][:MOST]
