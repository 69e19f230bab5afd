"""Posting: which texts have a token among their rarest, in compiled code (see `kernels`)."""

import numpy as np
from numpy.typing import NDArray

from core.novelty.arrays import PLACES, Bounds, Offsets, Postings, Recent, TextArrays
from core.novelty.compiling import compiled


@compiled
def kind_of(length: int, place: int) -> int:
    """Return the kind of bucket for texts of that length which have the token at that place among their rarest."""
    return int(length * PLACES + min(place, PLACES - 1))


@compiled
def rarest_of(i: int, texts: TextArrays, bounds: Bounds, room: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the tokens of text i of which one must be common with whatever passes, rarest first, in `room`."""
    begin = texts.offsets[i]
    length = texts.offsets[i + 1] - begin
    ordered = room[:length]
    ordered[:] = texts.tokens[begin : begin + length]
    ordered.sort()
    return ordered[: bounds.prefix[length]]


@compiled
def count_postings(texts: TextArrays, bounds: Bounds, start: NDArray[np.int64]) -> None:
    """Count in `start[token + 1]` the texts that have the token among their rarest."""
    room = np.empty(len(bounds.prefix), np.int32)
    for i in range(len(texts.offsets) - 1):
        rarest = rarest_of(i, texts, bounds, room)
        for p in range(len(rarest)):
            if p == 0 or rarest[p] != rarest[p - 1]:
                start[rarest[p] + 1] += 1


@compiled
def count_buckets(
    texts: TextArrays, bounds: Bounds, count: NDArray[np.int64], kinds: NDArray[np.int32], start: NDArray[np.int64]
) -> int:
    """Put the kind of every entry that there can be into `kinds`, a token's together (`count` says where) and rising;
    put the first bucket of each token into `start`. Return how many buckets there are."""
    filled = np.zeros(len(count) - 1, np.int32)
    room = np.empty(len(bounds.prefix), np.int32)
    for i in range(len(texts.offsets) - 1):
        length = texts.offsets[i + 1] - texts.offsets[i]
        rarest = rarest_of(i, texts, bounds, room)
        for p in range(len(rarest)):
            token = rarest[p]
            if p == 0 or token != rarest[p - 1]:
                kinds[count[token] + filled[token]] = kind_of(length, p)
                filled[token] += 1
    buckets = 0
    for token in range(len(count) - 1):
        start[token] = buckets
        its = kinds[count[token] : count[token + 1]]
        its.sort()
        for e in range(len(its)):
            buckets += e == 0 or its[e] != its[e - 1]
    start[len(count) - 1] = buckets
    return int(buckets)


@compiled
def lay_out(count: NDArray[np.int64], kinds: NDArray[np.int32], kind: NDArray[np.int32], room: Offsets) -> None:
    """Fill the buckets' `kind`, and with `room` where the entries of each begin, from what `count_buckets` sorted."""
    b = 0
    for token in range(len(count) - 1):
        for e in range(count[token], count[token + 1]):
            if e == count[token] or kinds[e] != kinds[e - 1]:
                kind[b], room[b] = kinds[e], e
                b += 1
    room[b] = len(kinds)


@compiled
def bucket_from(kind: int, token: int, postings: Postings) -> int:
    """Return the first bucket of a token that is of this kind or a later one."""
    low, high = postings.start[token], postings.start[token + 1]
    while low < high:
        middle = (low + high) // 2
        if postings.kind[middle] < kind:
            low = middle + 1
        else:
            high = middle
    return int(low)


@compiled
def first_from(i: int, low: int, high: int, postings: Postings) -> int:
    """Return the first of these entries, which are in order of arrival, that is of text i or a later one."""
    while low < high:
        middle = (low + high) // 2
        if postings.position[middle] < i:
            low = middle + 1
        else:
            high = middle
    return int(low)


@compiled
def post(i: int, rarest: NDArray[np.int32], texts: TextArrays, postings: Postings) -> None:
    """Enter text i under each of its rarest tokens, once where one repeats.

    Repeats sort together, so that two texts that share a later occurrence among their rarest share the first as well.
    """
    length = texts.offsets[i + 1] - texts.offsets[i]
    near, far = texts.signature[i, 0], texts.signature[i, 1]
    for p in range(len(rarest)):
        token = rarest[p]
        if p == 0 or token != rarest[p - 1]:
            b = bucket_from(kind_of(length, p), token, postings)
            e = postings.room[b] + postings.filled[b]
            postings.filled[b] += 1
            postings.position[e] = i
            if postings.signature.shape[1] == 2:
                postings.signature[e, 0], postings.signature[e, 1] = near, far
            else:
                postings.signature[e, 0] = near ^ far


@compiled
def post_all(first: NDArray[np.int32], texts: TextArrays, bounds: Bounds, postings: Postings) -> None:
    """Enter all texts except those that repeat an earlier one."""
    room = np.empty(len(bounds.prefix), np.int32)
    for i in range(len(first)):
        if first[i] == i:
            post(i, rarest_of(i, texts, bounds, room), texts, postings)


@compiled
def note_recent(i: int, count: int, rarest: NDArray[np.int32], recent: Recent) -> int:
    """Note text i as recent, under each of its rarest tokens; return how many entries there are then."""
    for p in range(len(rarest)):
        token = rarest[p]
        if p == 0 or token != rarest[p - 1]:
            recent.position[count], recent.before[count] = i, recent.newest[token]
            recent.newest[token] = count
            count += 1
    return count
