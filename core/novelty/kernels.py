"""Kernels: the inner loops of gate and join, compiled by numba.

Importing this module loads numba; import it inside the function that needs it. Three bounds, none of which ever loses a
pair, stand before each exact comparison: lengths, a shared rare token, and 128 bits a text.
"""

from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, TypeVar

import numba
import numpy as np
from numba.extending import intrinsic
from numpy.typing import NDArray

from core.novelty.arrays import Bounds, MachineWords, Postings, Scratch, TextArrays

Function = TypeVar("Function", bound=Callable[..., Any])

UNREADABLE = (AttributeError, ImportError, EOFError, LookupError, TypeError, ValueError, UnpicklingError)

ONE = np.uint64(1)
NONE = np.uint64(0)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
LOW_BITS = np.uint64(63)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_A = np.uint64(0xBF58476D1CE4E5B9)
MIX_B = np.uint64(0x94D049BB133111EB)


def compiled(function: Function) -> Function:
    """Return `function` compiled; kept on disk for the next start wherever numba finds a folder it may write to."""
    try:
        built: Function = numba.njit(cache=True, nogil=True)(function)
        _forget_unreadable(built)
    except RuntimeError:  # numba's word for: neither the package's folder nor the user's cache can be written
        built = numba.njit(nogil=True)(function)
    return built


def _forget_unreadable(built: Any) -> None:
    """Remove compiled code on disk that cannot be read: an earlier version's may name types that are gone by now."""
    kept = built._cache._cache_file
    try:
        kept._load_index()
    except OSError:
        raise RuntimeError("the compiled code on disk cannot be reached") from None
    except UNREADABLE:
        Path(kept._index_path).unlink(missing_ok=True)


@intrinsic  # type: ignore[untyped-decorator]
def ones(_typing: Any, word: Any) -> Any:
    """Return how many bits of a word are set."""

    def emit(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return numba.types.uint64(numba.types.uint64), emit


@compiled
def mix(number: np.uint64) -> np.uint64:
    """Return 64 well-spread bits of a number (the finaliser of splitmix64)."""
    number = (number ^ (number >> np.uint64(30))) * MIX_A
    number = (number ^ (number >> np.uint64(27))) * MIX_B
    return number ^ (number >> np.uint64(31))


@compiled
def sketch(texts: TextArrays, fingerprint: MachineWords) -> None:
    """Fill `texts.rarest`, `texts.signature` and one fingerprint a text.

    The k-th occurrence of a token is a symbol of its own, so that a text is a set of symbols and two texts share
    exactly as many as they share tokens counted with repeats. Each symbol flips one bit of the signature: two
    signatures differ in at most m + n - 2·shared bits.
    """
    for i in range(len(texts.offsets) - 1):
        start, stop = texts.offsets[i], texts.offsets[i + 1]
        ordered = np.sort(texts.tokens[start:stop])
        texts.rarest[start:stop] = ordered
        repeat = np.uint64(0)
        for p in range(stop - start):
            repeat = repeat + ONE if p > 0 and ordered[p] == ordered[p - 1] else NONE
            bit = mix(np.uint64(ordered[p]) * GOLDEN + mix(repeat)) & np.uint64(127)
            texts.signature[i, np.int64(bit >> np.uint64(6))] ^= ONE << (bit & LOW_BITS)
        reading = NONE
        for p in range(start, stop):
            reading = mix(reading ^ (np.uint64(texts.tokens[p]) + GOLDEN)) + GOLDEN
        fingerprint[i] = reading


@compiled
def part_false_twins(texts: TextArrays, first: NDArray[np.int32]) -> None:
    """Undo in `first` what one fingerprint for two different texts brought together; an empty text is nobody's twin."""
    for i in range(len(first)):
        j = first[i]
        length = texts.offsets[i + 1] - texts.offsets[i]
        same = length > 0 and length == texts.offsets[j + 1] - texts.offsets[j]
        p = 0
        while same and p < length:
            same = texts.tokens[texts.offsets[i] + p] == texts.tokens[texts.offsets[j] + p]
            p += 1
        if not same:
            first[i] = i


@compiled
def count_postings(texts: TextArrays, bounds: Bounds, start: NDArray[np.int64]) -> None:
    """Count in `start[token + 1]` the texts that have the token among their rarest."""
    for i in range(len(texts.offsets) - 1):
        begin = texts.offsets[i]
        for p in range(begin, begin + bounds.prefix[texts.offsets[i + 1] - begin]):
            if p == begin or texts.rarest[p] != texts.rarest[p - 1]:
                start[texts.rarest[p] + 1] += 1


@compiled
def post(i: int, texts: TextArrays, bounds: Bounds, postings: Postings) -> None:
    """Enter text i under each of its rarest tokens, once where one repeats.

    Repeats sort together, so that two texts that share a later occurrence among their rarest share the first as well.
    """
    begin = texts.offsets[i]
    length = texts.offsets[i + 1] - begin
    for p in range(begin, begin + bounds.prefix[length]):
        token = texts.rarest[p]
        if p == begin or token != texts.rarest[p - 1]:
            e = postings.start[token] + postings.filled[token]
            postings.filled[token] += 1
            postings.position[e] = i
            postings.length[e] = length
            postings.signature[e] = texts.signature[i, 0]


@compiled
def lcs_short(other: int, texts: TextArrays, mask: MachineWords) -> int:
    """Return the LCS of text `other` with one of at most 64 tokens whose places are in `mask`.

    Bit-parallel after Hyyro (2004): a zero in the row is a step of the LCS.
    """
    row = ALL
    for p in range(texts.offsets[other], texts.offsets[other + 1]):
        match = row & mask[texts.tokens[p]]
        row = (row + match) | (row - match)
    return int(ones(~row))


@compiled
def lcs_long(i: int, other: int, texts: TextArrays, scratch: Scratch) -> int:
    """Return the LCS of two texts of any length: text i in stretches of 64 tokens, the carries handed on."""
    begin, end = texts.offsets[other], texts.offsets[other + 1]
    scratch.carry[: end - begin] = NONE
    found = 0
    for stretch in range(texts.offsets[i], texts.offsets[i + 1], 64):
        stop = min(stretch + 64, texts.offsets[i + 1])
        mark(stretch, stop, texts, scratch.mask)
        row = ALL
        for p in range(begin, end):
            match = row & scratch.mask[texts.tokens[p]]
            part = row + match
            total = part + scratch.carry[p - begin]
            scratch.carry[p - begin] = ONE if part < row or total < part else NONE
            row = total | (row - match)
        found += int(ones(~row))
        unmark(stretch, stop, texts, scratch.mask)
    return found


@compiled
def mark(start: int, stop: int, texts: TextArrays, mask: MachineWords) -> None:
    """Set in `mask` the places of at most 64 tokens."""
    for p in range(start, stop):
        mask[texts.tokens[p]] |= ONE << np.uint64(p - start)


@compiled
def unmark(start: int, stop: int, texts: TextArrays, mask: MachineWords) -> None:
    """Clear what `mark` set."""
    for p in range(start, stop):
        mask[texts.tokens[p]] = NONE


@compiled
def search(i: int, since: int, texts: TextArrays, bounds: Bounds, postings: Postings, scratch: Scratch) -> int:
    """Put all posted texts from `since` up to text i that pass with it into `scratch.hit`; return how many."""
    begin, end = texts.offsets[i], texts.offsets[i + 1]
    m = end - begin
    near, far = texts.signature[i, 0], texts.signature[i, 1]
    shortest, longest = bounds.shortest[m], bounds.longest[m]
    found = 0
    for n in range(shortest, longest + 1):
        scratch.spare[n] = m + n - 2 * bounds.needed[m + n]
    if m <= 64:
        mark(begin, end, texts, scratch.mask)
    for p in range(begin, begin + bounds.prefix[m]):
        token = texts.rarest[p]
        if p > begin and token == texts.rarest[p - 1]:
            continue
        first = postings.start[token]
        low = posted_before(since, token, postings) if since > 0 else 0
        for e in range(first + low, first + posted_before(i, token, postings)):
            spare = scratch.spare[postings.length[e]]
            apart = np.int64(ones(near ^ postings.signature[e]))
            if apart > spare:
                continue
            other = postings.position[e]
            if scratch.seen[other] == i:
                continue
            scratch.seen[other] = i
            if apart + np.int64(ones(far ^ texts.signature[other, 1])) > spare:
                continue
            lcs = lcs_short(other, texts, scratch.mask) if m <= 64 else lcs_long(i, other, texts, scratch)
            if lcs >= bounds.needed[m + texts.offsets[other + 1] - texts.offsets[other]]:
                scratch.hit[found] = other
                scratch.hit_lcs[found] = lcs
                found += 1
    scratch.spare[shortest : longest + 1] = -1
    if m <= 64:
        unmark(begin, end, texts, scratch.mask)
    return found


@compiled
def posted_before(i: int, token: int, postings: Postings) -> int:
    """Return how many of a token's postings are of texts before text i; they are in order of arrival."""
    first = postings.start[token]
    low, high = 0, postings.filled[token]
    while low < high:
        middle = (low + high) // 2
        if postings.position[first + middle] < i:
            low = middle + 1
        else:
            high = middle
    return int(low)


@compiled
def take_nearest(
    i: int, found: int, texts: TextArrays, scratch: Scratch, nearest: NDArray[np.int32], nearest_lcs: NDArray[np.int32]
) -> None:
    """Put the closest of the hits of text i into `nearest`, the earliest of equals, unless one there is as close."""
    m = texts.offsets[i + 1] - texts.offsets[i]
    best_total = np.int64(1)
    if nearest[i] >= 0:
        best_total = m + texts.offsets[nearest[i] + 1] - texts.offsets[nearest[i]]
    for h in range(found):
        other, lcs = scratch.hit[h], np.int64(scratch.hit_lcs[h])
        total = m + texts.offsets[other + 1] - texts.offsets[other]
        lead = lcs * best_total - np.int64(nearest_lcs[i]) * total
        if lead > 0 or (lead == 0 and other < nearest[i]):
            nearest[i], nearest_lcs[i], best_total = other, lcs, total


@compiled
def look_back(
    start: int,
    stop: int,
    texts: TextArrays,
    bounds: Bounds,
    postings: Postings,
    scratch: Scratch,
    nearest: NDArray[np.int32],
    nearest_lcs: NDArray[np.int32],
) -> None:
    """Compare texts start..stop with all that is posted, which nobody may add to meanwhile. Several threads may."""
    for i in range(start, stop):
        found = search(i, 0, texts, bounds, postings, scratch)
        take_nearest(i, found, texts, scratch, nearest, nearest_lcs)


@compiled
def admit_range(
    start: int,
    stop: int,
    fixed: int,
    texts: TextArrays,
    bounds: Bounds,
    postings: Postings,
    scratch: Scratch,
    nearest: NDArray[np.int32],
    nearest_lcs: NDArray[np.int32],
) -> None:
    """Pass texts start..stop, which have looked back, through the gate in order: post those that get in."""
    for i in range(start, stop):
        if i >= fixed:
            found = search(i, start, texts, bounds, postings, scratch)
            take_nearest(i, found, texts, scratch, nearest, nearest_lcs)
        if nearest[i] < 0:
            post(i, texts, bounds, postings)


@compiled
def post_all(first: NDArray[np.int32], texts: TextArrays, bounds: Bounds, postings: Postings) -> None:
    """Enter all texts except those that repeat an earlier one."""
    for i in range(len(first)):
        if first[i] == i:
            post(i, texts, bounds, postings)


@compiled
def join_range(
    start: int,
    stop: int,
    first: NDArray[np.int32],
    texts: TextArrays,
    bounds: Bounds,
    postings: Postings,
    scratch: Scratch,
    later: NDArray[np.int32],
    earlier: NDArray[np.int32],
    lcs: NDArray[np.int32],
) -> tuple[int, int]:
    """Write the pairs of texts start..stop with earlier ones; return where to go on and how many pairs there are.

    Goes on at `stop` unless the arrays, which hold at least one text's pairs, are full before.
    """
    written = 0
    for i in range(start, stop):
        if first[i] < i:
            found = 1
            scratch.hit[0] = first[i]
            scratch.hit_lcs[0] = texts.offsets[i + 1] - texts.offsets[i]
        else:
            found = search(i, 0, texts, bounds, postings, scratch)
        if written + found > len(later):
            for h in range(found):  # the text is compared again when its turn comes back
                scratch.seen[scratch.hit[h]] = -1
            return i, written
        for h in range(found):
            later[written] = i
            earlier[written] = scratch.hit[h]
            lcs[written] = scratch.hit_lcs[h]
            written += 1
    return stop, written
