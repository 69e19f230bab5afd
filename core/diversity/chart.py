"""Span scores to the best tree: the CKY algorithm over one sentence's chart, compiled by numba."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from core.diversity.tree import Node, category

Span = tuple[int, int, str]
"""First word, word after the last, and label; "S::VP" for an S that holds one VP and nothing else."""


def tree_from_spans(words: Sequence[str], tags: Sequence[str], spans: Sequence[Span]) -> Node:
    """The tree of nested spans over tagged words, under one TOP node."""
    root: list[Node] = []
    open_phrases: list[tuple[int, str, list[Node]]] = [(len(words), "TOP", root)]
    waiting = sorted(spans, key=lambda span: (span[0], -span[1]), reverse=True)
    for at, (word, tag) in enumerate(zip(words, tags, strict=True)):
        while waiting and waiting[-1][0] == at:
            _, end, label = waiting.pop()
            open_phrases.append((end, label, []))
        open_phrases[-1][2].append(Node(tag, word=word))
        while len(open_phrases) > 1 and open_phrases[-1][0] == at + 1:
            _, label, children = open_phrases.pop()
            open_phrases[-1][2].append(_chain(label, children))
    return root[0] if len(root) == 1 and root[0].label == "TOP" else Node("TOP", tuple(root))


def _chain(label: str, children: list[Node]) -> Node:
    inner, *outer = _categories(label)
    node = Node(inner, tuple(children))
    for above in outer:
        node = Node(above, (node,))
    return node


@cache
def _categories(label: str) -> tuple[str, ...]:
    """The categories of a chain, the innermost first."""
    return tuple(category(part) for part in reversed(label.split("::")))


@cache
def best_spans() -> Callable[[Any, int], Any]:
    """The compiled decoder: (scores, n) -> mask of the chosen spans.

    `scores` holds the best label's score of every span of a sentence of n words as 64-bit floats, ordered by first
    word, then by last; the mask has the same order. A function that returns one, because numba takes a second to load.
    """
    import numba
    import numpy

    def decode(scores: Any, n: int) -> Any:
        offset = numpy.zeros(n, numpy.int64)
        for i in range(1, n):
            offset[i] = offset[i - 1] + (n - i + 1)
        total = numpy.zeros((n, n))
        split = numpy.zeros((n, n), numpy.int64)
        for length in range(n):
            for i in range(n - length):
                j = i + length
                own = scores[offset[i] + j - i]
                if length == 0:
                    total[i, j] = own
                    continue
                best = -1e300
                for k in range(i, j):
                    value = total[i, k] + total[k + 1, j]
                    if value > best:
                        best = value
                        split[i, j] = k
                total[i, j] = own + best
        chosen = numpy.zeros(len(scores), numpy.bool_)
        first = numpy.zeros(2 * n + 2, numpy.int64)
        last = numpy.zeros(2 * n + 2, numpy.int64)
        last[0] = n - 1
        waiting = 1
        while waiting > 0:
            waiting -= 1
            i, j = first[waiting], last[waiting]
            chosen[offset[i] + j - i] = True
            if i < j:
                k = split[i, j]
                first[waiting], last[waiting] = i, k
                first[waiting + 1], last[waiting + 1] = k + 1, j
                waiting += 2
        return chosen

    return numba.njit(cache=True, nogil=True)(decode)  # type: ignore[no-any-return]
