"""Flat: a pool's texts as plain arrays of numbers, the form in which compiled code reads them."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.novelty.arrays import Bounds, MachineWords, Offsets, Postings, Recent, Scratch, TextArrays
from core.novelty.score import Numbers
from core.novelty.tokens import Tokeniser, tokenise

AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Flattened:
    """A pool's texts as arrays, and what else is known about them."""

    texts: TextArrays
    longest: int
    vocabulary: int

    def lengths_of(self, places: NDArray[Any]) -> NDArray[np.int32]:
        """Return how many tokens the texts at these places have."""
        return np.asarray(self.texts.offsets[places + 1] - self.texts.offsets[places], dtype=np.int32)


class NumberedTexts(NamedTuple):
    """Texts as numbers of their words, and the words by number."""

    tokens: NDArray[np.int32]
    offsets: Offsets  # text i is [offsets[i], offsets[i + 1])
    words: list[str]


def flatten(texts: Sequence[str], tokeniser: Tokeniser) -> Flattened:
    """Return `texts` as arrays of about 4 bytes a token."""
    tokens, offsets, words = number(texts, tokeniser)
    rank = rarest_first(counted(tokens, len(words)))
    del words
    return lay(tokens, offsets, rank, len(rank))


def number(texts: Iterable[str], tokeniser: Tokeniser) -> NumberedTexts:
    """Return the words of `texts`, numbered in the order in which they appear."""
    numbers: dict[str, int] = {}
    tokens = array("i")
    offsets = array("q", [0])
    for text in texts:
        tokens.extend([numbers.setdefault(token, len(numbers)) for token in tokenise(text, tokeniser)])
        offsets.append(len(tokens))
    wide: Offsets = np.array(offsets, dtype=room_for(len(tokens)))
    return NumberedTexts(np.frombuffer(tokens, dtype=np.int32), wide, list(numbers))


def counted(tokens: NDArray[np.int32], vocabulary: int) -> NDArray[np.int64]:
    """Return how often each word appears."""
    frequency = np.zeros(vocabulary, dtype=np.int64)
    for start in range(0, len(tokens), AT_ONCE):  # counting makes a copy of twice the size
        frequency += np.bincount(tokens[start : start + AT_ONCE], minlength=vocabulary)
    return frequency


def rarest_first(frequency: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return each word's rank: 0 for the rarest, the first of equals."""
    rank = np.empty(len(frequency), dtype=np.int32)
    rank[np.argsort(frequency, kind="stable")] = np.arange(len(frequency), dtype=np.int32)
    return rank


def lay(tokens: NDArray[np.int32], offsets: Offsets, rank: NDArray[np.int32], vocabulary: int) -> Flattened:
    """Return numbered texts as arrays, by the rank of each of their words in a pool of so many; `tokens` is used up."""
    from core.novelty import kernels

    np.take(rank, tokens, out=tokens, mode="clip")  # in place
    signature = np.zeros((len(offsets) - 1, 2), dtype=np.uint64)
    laid = TextArrays(tokens, offsets, signature)
    kernels.sketch(laid)
    return Flattened(laid, int(np.diff(offsets).max(initial=0)), vocabulary)


def bounds(needed: Numbers, longest: int) -> Bounds:
    """Return the length and prefix bounds that follow from the least LCS that passes, for lengths up to `longest`.

    A partner of length n can pass only while needed(m + n) <= min(m, n), which holds for one stretch of lengths. All of
    them need at least needed(m + shortest) common tokens, so that with tokens in one order (rarest first) two texts
    that pass share one of the first m - needed(m + shortest) + 1 of each.
    """
    shortest = np.zeros(longest + 1, dtype=np.int64)
    farthest = np.zeros(longest + 1, dtype=np.int64)
    prefix = np.zeros(longest + 1, dtype=np.int64)
    low = high = 1
    for m in range(1, longest + 1):
        if needed[2 * m] > m:
            continue
        while needed[m + low] > low:
            low += 1
        high = max(high, m)
        while high < longest and needed[m + high + 1] <= m:
            high += 1
        shortest[m], farthest[m], prefix[m] = low, high, m - needed[m + low] + 1
    return Bounds(needed, shortest, farthest, prefix)


def empty_postings(flattened: Flattened, limits: Bounds, halves: int = 2) -> Postings:
    """Return postings with room for every text of the pool and none in it. `halves`: of the signatures, 1 where they
    are laid over each other: an entry takes 12 bytes for 20, and more texts that do not pass are compared."""
    from core.novelty import posting

    count = np.zeros(flattened.vocabulary + 1, dtype=np.int64)
    posting.count_postings(flattened.texts, limits, count)
    np.cumsum(count, out=count)
    entries = int(count[-1])
    position = np.empty(entries, dtype=np.int32)  # holds each entry's kind until the buckets are known
    start = np.zeros_like(count)
    buckets = posting.count_buckets(flattened.texts, limits, count, position, start)
    kind = np.empty(buckets, dtype=np.int32)
    room = np.zeros(buckets + 1, dtype=room_for(entries))
    posting.lay_out(count, position, kind, room)
    filled, signature = np.zeros(buckets, dtype=np.int32), np.empty((entries, halves), dtype=np.uint64)
    return Postings(start, kind, room, filled, position, signature)


def no_recent(flattened: Flattened, stretch: int) -> Recent:
    """Return a place for what gets in of a stretch of that many texts."""
    ends = np.append(flattened.texts.offsets[:-1:stretch], flattened.texts.offsets[-1])
    most = int(np.diff(ends).max(initial=0))
    newest = np.full(flattened.vocabulary, -1, dtype=np.int32)
    return Recent(newest, np.empty(most, dtype=np.int32), np.empty(most, dtype=np.int32))


def scratch(flattened: Flattened) -> Scratch:
    """Return working memory for one thread."""
    count = len(flattened.texts.offsets) - 1
    return Scratch(
        np.zeros(flattened.vocabulary, dtype=np.uint64),
        np.full(count, -1, dtype=np.int32),
        np.zeros(flattened.longest, dtype=np.uint64),
        np.empty(flattened.longest, dtype=np.int32),
        np.empty(count, dtype=np.int32),
        np.empty(count, dtype=np.int32),
    )


def room_for(largest: int) -> type[np.int32 | np.int64]:
    """Return the smaller of two kinds of whole numbers that holds this one."""
    return np.int32 if largest < 1 << 31 else np.int64


def first_twins(fingerprint: MachineWords) -> NDArray[np.int32]:
    """Return for each text the first one of the same fingerprint: itself for most."""
    _, first, group = np.unique(fingerprint, return_index=True, return_inverse=True)
    return np.asarray(first[group], dtype=np.int32)
