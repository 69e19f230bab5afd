"""Bounding: which pairs of a large pool need not be compared, since nothing that is kept of them could change by it.

Read `condense` first: it says what is kept. Of a pair its ceiling is known before it is compared, a score that it does
not exceed: from the lengths, the places of the rarest common token, and 128 bits a text. The candidates of a text are
taken with the highest ceilings first, and one is let go where, at a score up to its ceiling,

- it decides nothing: at every threshold below, the earlier text is out, or this one is by a closer text;
- it is neither one's nearest: both have a nearer one;
- it joins nothing: both hang together already by pairs that are at least as near.

What other threads change meanwhile only says of more pairs that they are not needed: an older look at it is safe.
Importing this module loads numba; import it inside the function that needs it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.novelty.arrays import PLACES, Bounds, MachineWords, Postings, Scratch, TextArrays
from core.novelty.compiling import compiled, ones
from core.novelty.kernels import lcs_long, lcs_short, mark, same_as_first, unmark, write_hits
from core.novelty.posting import bucket_from, first_from, kind_of, rarest_of
from core.novelty.reducing import NONE, below

ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
STEPS = 64  # of ceilings from the floor up, the highest first
GROUPS = 3  # with which a text is known to hang together, at each level


class KnownByNow(NamedTuple):
    """What is known of the pool's texts by now (see `condense`); others go on changing it."""

    grid: NDArray[np.float64]
    kept: MachineWords
    stands: NDArray[np.int32]
    closest: NDArray[np.float64]
    levels: NDArray[np.float64]
    groups: NDArray[np.int32]


class Chained(NamedTuple):
    """Working memory of one thread: the candidates of a text, chained by step, and what its pairs have shown so far."""

    position: NDArray[np.int32]
    ceiling: NDArray[np.int32]  # the longest common subsequence that there can be
    following: NDArray[np.int32]
    first: NDArray[np.int32]  # by step, -1 for none
    out: MachineWords  # by step of a score: where the text is out for a text that is so close
    beside: NDArray[np.int32]  # (levels, GROUPS): shown texts that it hangs together with there, -1 for none


def chained_room(count: int, levels: int) -> Chained:
    """Return working memory for a pool of so many texts."""
    position, ceiling, following = (np.empty(count, np.int32) for _ in range(3))
    steps = np.full(STEPS + 1, -1, np.int32)
    return Chained(
        position, ceiling, following, steps, np.zeros(STEPS + 2, np.uint64), np.full((levels, GROUPS), -1, np.int32)
    )


@compiled
def step_of(score: float) -> int:
    """Return the step of a score from 0.5 to 1: all scores of a later one are larger."""
    return min(STEPS, max(0, int((score - 0.5) * (2 * STEPS))))


@compiled
def root(member: int, parent: NDArray[np.int32]) -> int:
    """Return what stands for a text's group, and change nothing: others may be joining groups."""
    while parent[member] != member:
        member = parent[member]
    return int(member)


@compiled
def gather(i: int, texts: TextArrays, bounds: Bounds, postings: Postings, scratch: Scratch, chained: Chained) -> int:
    """Chain all texts before i that may pass with it by their ceilings; return how many. As `kernels.search` looks."""
    begin, end = texts.offsets[i], texts.offsets[i + 1]
    m = end - begin
    near, far = texts.signature[i, 0], texts.signature[i, 1]
    count = 0
    longest = bounds.longest[m]
    rarest = rarest_of(i, texts, bounds, scratch.rarest)
    for p in range(len(rarest)):
        token = rarest[p]
        if p > 0 and token == rarest[p - 1]:
            continue
        while bounds.needed[m + longest] > m - p:
            longest -= 1
        for b in range(bucket_from(kind_of(bounds.shortest[m], 0), token, postings), postings.start[token + 1]):
            kind = postings.kind[b]
            n = kind // PLACES
            if n > longest:
                break
            rest = n - kind % PLACES
            if postings.filled[b] == 0 or rest < bounds.needed[m + n]:
                continue
            low = postings.room[b]
            high = low + postings.filled[b]
            if postings.position[high - 1] >= i:
                high = first_from(i, low, high, postings)
            spare = m + n - 2 * bounds.needed[m + n]
            most = min(m - p, rest)
            for e in range(low, high):
                apart = np.int64(ones(near ^ postings.signature[e, 0]) + ones(far ^ postings.signature[e, 1]))
                if apart <= spare:
                    other = postings.position[e]
                    if scratch.seen[other] != i:
                        scratch.seen[other] = i
                        ceiling = min(most, (m + n - apart) >> 1)
                        step = step_of(2.0 * ceiling / (m + n))
                        chained.position[count], chained.ceiling[count] = other, ceiling
                        chained.following[count] = chained.first[step]
                        chained.first[step] = count
                        count += 1
    return count


@compiled
def compare_needed(
    i: int,
    done: int,
    fixed: int,
    texts: TextArrays,
    bounds: Bounds,
    scratch: Scratch,
    chained: Chained,
    known: KnownByNow,
) -> int:
    """Compare text i with those of its candidates that are needed; put those that pass into `scratch.hit`, and return
    how many. What the gate does with texts before `done` is known for good."""
    begin, end = texts.offsets[i], texts.offsets[i + 1]
    m = end - begin
    mine = known.stands[i]
    kept = ALL if i >= fixed else NONE
    closest = known.closest[mine] if mine >= 0 else 0.0
    found = 0
    chained.out[:] = NONE
    chained.beside[:] = -1
    if m <= 64:
        mark(begin, end, texts, scratch.mask)
    for step in range(STEPS, -1, -1):
        kept &= ~chained.out[step + 1]  # these texts are closer than all that follow
        e = chained.first[step]
        chained.first[step] = -1
        thresholds = below(0.5 + (step + 1) / (2.0 * STEPS), known.grid)
        while e >= 0:
            other = chained.position[e]
            n = texts.offsets[other + 1] - texts.offsets[other]
            ceiling = 2.0 * chained.ceiling[e] / (m + n)
            its = known.stands[other] if mine >= 0 else -1
            is_needed = kept & known.kept[other] & thresholds != NONE
            if not is_needed and its >= 0 and its != mine:
                is_needed = ceiling >= closest or ceiling >= known.closest[its]
                is_needed = is_needed or not hangs_together(its, ceiling, chained, known)
            e = chained.following[e]
            if not is_needed:
                continue
            lcs = lcs_short(other, texts, scratch.mask) if m <= 64 else lcs_long(i, other, texts, scratch)
            if lcs < bounds.needed[m + n]:
                continue
            scratch.hit[found], scratch.hit_lcs[found] = other, lcs
            found += 1
            score = 2.0 * lcs / (m + n)
            if other < done:
                chained.out[step_of(score)] |= below(score, known.grid) & known.kept[other]
            if its >= 0 and its != mine:
                closest = max(closest, score)
                note_beside(its, score, chained, known)
    if m <= 64:
        unmark(begin, end, texts, scratch.mask)
    return found


@compiled
def hangs_together(its: int, score: float, chained: Chained, known: KnownByNow) -> bool:
    """Whether the text in hand is known to hang together with another one by pairs of at least this score."""
    at = 0
    while at < len(known.levels) and known.levels[at] < score:
        at += 1
    if at == len(known.levels) or chained.beside[at, 0] < 0:
        return False
    its_root = root(its, known.groups[at])
    for g in range(GROUPS):
        one = chained.beside[at, g]
        if one >= 0 and root(one, known.groups[at]) == its_root:
            return True
    return False


@compiled
def note_beside(its: int, score: float, chained: Chained, known: KnownByNow) -> None:
    """Note a shown text that the one in hand is as near to, at each level up to the score, in a group of its own."""
    for at in range(len(known.levels)):
        if known.levels[at] > score:
            break
        its_root = root(its, known.groups[at])
        for g in range(GROUPS):
            one = chained.beside[at, g]
            if one < 0:
                chained.beside[at, g] = its
            if one < 0 or root(one, known.groups[at]) == its_root:
                break


@compiled
def join_needed(
    start: int,
    stop: int,
    done: int,
    fixed: int,
    first: NDArray[np.int32],
    texts: TextArrays,
    bounds: Bounds,
    postings: Postings,
    scratch: Scratch,
    chained: Chained,
    known: KnownByNow,
    later: NDArray[np.int32],
    earlier: NDArray[np.int32],
    lcs: NDArray[np.int32],
) -> tuple[int, int]:
    """Write the pairs of texts start..stop with earlier ones that are needed; as `kernels.join_range`."""
    written = 0
    for i in range(start, stop):
        count = 0
        found = same_as_first(i, first, texts, scratch)
        if found == 0:
            count = gather(i, texts, bounds, postings, scratch, chained)
            found = compare_needed(i, done, fixed, texts, bounds, scratch, chained, known)
        if written + found > len(later):
            for e in range(count):  # the text is compared again when its turn comes back
                scratch.seen[chained.position[e]] = -1
            return i, written
        written = write_hits(i, found, written, scratch, later, earlier, lcs)
    return stop, written
