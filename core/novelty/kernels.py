"""Kernels: the inner loops of gate and join, compiled by numba.

Importing this module loads numba; import it inside the function that needs it. Bounds that never lose a pair stand
before each exact comparison: lengths, a shared rare token and its place in both texts, and 128 bits a text.
"""

import numpy as np
from numpy.typing import NDArray

from core.novelty.arrays import PLACES, Bounds, ClosestSoFar, MachineWords, Postings, Recent, Scratch, TextArrays
from core.novelty.compiling import compiled, ones
from core.novelty.posting import bucket_from, first_from, kind_of, note_recent, post, rarest_of

ONE = np.uint64(1)
NONE = np.uint64(0)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
LOW_BITS = np.uint64(63)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_A = np.uint64(0xBF58476D1CE4E5B9)
MIX_B = np.uint64(0x94D049BB133111EB)


@compiled
def mix(number: np.uint64) -> np.uint64:
    """Return 64 well-spread bits of a number (the finaliser of splitmix64)."""
    number = (number ^ (number >> np.uint64(30))) * MIX_A
    number = (number ^ (number >> np.uint64(27))) * MIX_B
    return number ^ (number >> np.uint64(31))


@compiled
def sketch(texts: TextArrays) -> None:
    """Fill `texts.signature`.

    The k-th occurrence of a token is a symbol of its own, so that a text is a set of symbols and two texts share
    exactly as many as they share tokens counted with repeats. Each symbol flips one bit of the signature: two
    signatures differ in at most m + n - 2·shared bits, and in no more where their halves are laid over each other.
    """
    for i in range(len(texts.offsets) - 1):
        start, stop = texts.offsets[i], texts.offsets[i + 1]
        ordered = np.sort(texts.tokens[start:stop])
        repeat = np.uint64(0)
        for p in range(stop - start):
            repeat = repeat + ONE if p > 0 and ordered[p] == ordered[p - 1] else NONE
            bit = mix(np.uint64(ordered[p]) * GOLDEN + mix(repeat)) & np.uint64(127)
            texts.signature[i, np.int64(bit >> np.uint64(6))] ^= ONE << (bit & LOW_BITS)


@compiled
def read_whole(texts: TextArrays, fingerprint: MachineWords) -> None:
    """Fill one fingerprint a text: of its tokens in reading order."""
    for i in range(len(texts.offsets) - 1):
        reading = NONE
        for p in range(texts.offsets[i], texts.offsets[i + 1]):
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
def search(i: int, texts: TextArrays, bounds: Bounds, postings: Postings, scratch: Scratch) -> int:
    """Put all posted texts before text i that pass with it into `scratch.hit`; return how many.

    Where the first common token of two texts is the p-th of one and the q-th of the other, counted from 0 and rarest
    first, they share at most min(m - p, n - q) tokens: most buckets are passed over for that alone.
    """
    begin, end = texts.offsets[i], texts.offsets[i + 1]
    m = end - begin
    near, far = texts.signature[i, 0], texts.signature[i, 1]
    is_whole = postings.signature.shape[1] == 2
    if not is_whole:
        near ^= far
    found = 0
    if m <= 64:
        mark(begin, end, texts, scratch.mask)
    longest = bounds.longest[m]
    rarest = rarest_of(i, texts, bounds, scratch.rarest)
    for p in range(len(rarest)):
        token = rarest[p]
        if p > 0 and token == rarest[p - 1]:
            continue
        while bounds.needed[m + longest] > m - p:  # the further on, the shorter must the other be
            longest -= 1
        last = postings.start[token + 1]
        for b in range(bucket_from(kind_of(bounds.shortest[m], 0), token, postings), last):
            kind = postings.kind[b]
            n = kind // PLACES
            if n > longest:
                break
            if postings.filled[b] == 0 or n - kind % PLACES < bounds.needed[m + n]:
                continue
            low = postings.room[b]
            high = low + postings.filled[b]
            if postings.position[high - 1] >= i:
                high = first_from(i, low, high, postings)
            spare = m + n - 2 * bounds.needed[m + n]
            for e in range(low, high):
                apart = ones(near ^ postings.signature[e, 0])
                if is_whole:
                    apart += ones(far ^ postings.signature[e, 1])
                if np.int64(apart) <= spare:
                    found = compare(i, postings.position[e], found, texts, bounds, scratch)
    if m <= 64:
        unmark(begin, end, texts, scratch.mask)
    return found


@compiled
def search_recent(
    i: int, rarest: NDArray[np.int32], texts: TextArrays, bounds: Bounds, recent: Recent, scratch: Scratch
) -> int:
    """As `search`, among the texts that were noted as recent."""
    begin, end = texts.offsets[i], texts.offsets[i + 1]
    m = end - begin
    found = 0
    if m <= 64:
        mark(begin, end, texts, scratch.mask)
    for p in range(len(rarest)):
        token = rarest[p]
        if p > 0 and token == rarest[p - 1]:
            continue
        e = recent.newest[token]
        while e >= 0:
            other = recent.position[e]
            n = texts.offsets[other + 1] - texts.offsets[other]
            if bounds.shortest[m] <= n <= bounds.longest[m]:
                found = compare(i, other, found, texts, bounds, scratch)
            e = recent.before[e]
    if m <= 64:
        unmark(begin, end, texts, scratch.mask)
    return found


@compiled
def compare(i: int, other: int, found: int, texts: TextArrays, bounds: Bounds, scratch: Scratch) -> int:
    """Put a text into `scratch.hit` where it passes with text i and was not compared with it; return how many are."""
    if scratch.seen[other] == i:
        return found
    scratch.seen[other] = i
    m, n = texts.offsets[i + 1] - texts.offsets[i], texts.offsets[other + 1] - texts.offsets[other]
    needed = bounds.needed[m + n]
    apart = ones(texts.signature[i, 0] ^ texts.signature[other, 0])
    apart += ones(texts.signature[i, 1] ^ texts.signature[other, 1])
    if np.int64(apart) > m + n - 2 * needed:
        return found
    lcs = lcs_short(other, texts, scratch.mask) if m <= 64 else lcs_long(i, other, texts, scratch)
    if lcs < needed:
        return found
    scratch.hit[found] = other
    scratch.hit_lcs[found] = lcs
    return found + 1


@compiled
def take_closest(i: int, found: int, texts: TextArrays, scratch: Scratch, closest: ClosestSoFar) -> None:
    """Put the closest of the hits of text i into `closest`, the earliest of equals, unless one there is as close."""
    m = texts.offsets[i + 1] - texts.offsets[i]
    for h in range(found):
        other, lcs = scratch.hit[h], np.int64(scratch.hit_lcs[h])
        total = m + texts.offsets[other + 1] - texts.offsets[other]
        lead = np.int64(1)
        if closest.place[i] >= 0:
            lead = lcs * np.int64(closest.total[i]) - np.int64(closest.lcs[i]) * total
        if lead > 0 or (lead == 0 and other < closest.place[i]):
            closest.place[i], closest.lcs[i], closest.total[i] = other, lcs, total


@compiled
def look_back(
    start: int,
    stop: int,
    texts: TextArrays,
    bounds: Bounds,
    postings: Postings,
    scratch: Scratch,
    closest: ClosestSoFar,
) -> None:
    """Compare texts start..stop with all that is posted, which nobody may add to meanwhile. Several threads may."""
    for i in range(start, stop):
        found = search(i, texts, bounds, postings, scratch)
        take_closest(i, found, texts, scratch, closest)


@compiled
def admit_range(
    start: int,
    stop: int,
    fixed: int,
    texts: TextArrays,
    bounds: Bounds,
    postings: Postings,
    recent: Recent,
    scratch: Scratch,
    closest: ClosestSoFar,
) -> None:
    """Pass texts start..stop, which have looked back, through the gate in order: post those that get in."""
    count = 0
    for i in range(start, stop):
        rarest = rarest_of(i, texts, bounds, scratch.rarest)
        if i >= fixed:
            found = search_recent(i, rarest, texts, bounds, recent, scratch)
            take_closest(i, found, texts, scratch, closest)
        if closest.place[i] < 0:
            post(i, rarest, texts, postings)
            count = note_recent(i, count, rarest, recent)
    for p in range(texts.offsets[start], texts.offsets[stop]):
        recent.newest[texts.tokens[p]] = -1


@compiled
def same_as_first(i: int, first: NDArray[np.int32], texts: TextArrays, scratch: Scratch) -> int:
    """Put the first text that reads the same into `scratch.hit`, and return 1; 0 where text i is itself the first."""
    if first[i] == i:
        return 0
    scratch.hit[0] = first[i]
    scratch.hit_lcs[0] = texts.offsets[i + 1] - texts.offsets[i]
    return 1


@compiled
def write_hits(
    i: int,
    found: int,
    written: int,
    scratch: Scratch,
    later: NDArray[np.int32],
    earlier: NDArray[np.int32],
    lcs: NDArray[np.int32],
) -> int:
    """Write the pairs of text i with what lies in `scratch.hit` behind those written; return how many there are."""
    for h in range(found):
        later[written], earlier[written], lcs[written] = i, scratch.hit[h], scratch.hit_lcs[h]
        written += 1
    return written


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
        found = same_as_first(i, first, texts, scratch)
        if found == 0:
            found = search(i, texts, bounds, postings, scratch)
        if written + found > len(later):
            for h in range(found):  # the text is compared again when its turn comes back
                scratch.seen[scratch.hit[h]] = -1
            return i, written
        written = write_hits(i, found, written, scratch, later, earlier, lcs)
    return stop, written
