"""Reducing: what is kept of millions of similar pairs as they are found, compiled by numba.

Importing this module loads numba; import it inside the function that needs it. Read `condense` first: it says what is
kept, and why it suffices.
"""

import numpy as np
from numpy.typing import NDArray

from core.novelty.arrays import MachineWords
from core.novelty.compiling import compiled

NONE = np.uint64(0)
ONE = np.uint64(1)


@compiled
def below(score: float, grid: NDArray[np.float64]) -> np.uint64:
    """Return a bit for each threshold that this score is above, the lowest first."""
    count = max(0, int((score - grid[0]) * 100.0) - 1)  # hundredths: a step or two before the place
    while count < len(grid) and grid[count] < score:
        count += 1
    return (ONE << np.uint64(count)) - ONE


@compiled
def root_of(member: int, parent: NDArray[np.int32]) -> int:
    """Return what stands for a text's group, and shorten the way there."""
    while parent[member] != member:
        parent[member] = parent[parent[member]]
        member = parent[member]
    return int(member)


@compiled
def unite(one: int, other: int, score: float, levels: NDArray[np.float64], groups: NDArray[np.int32]) -> bool:
    """Join two texts in the groups of every level up to their score; False where they hung together as closely before.

    They are known to where a way of pairs that are at least as near leads from one to the other: then this pair joins
    nothing at any threshold. Ways between two levels are not known, so that True may be said of a pair too many.
    """
    at = 0
    while at < len(levels) and levels[at] < score:
        at += 1
    if at < len(levels) and root_of(one, groups[at]) == root_of(other, groups[at]):
        return False
    if at < len(levels) and levels[at] == score:
        at += 1
    for level in range(at):
        mine, its = root_of(one, groups[level]), root_of(other, groups[level])
        groups[level, max(mine, its)] = min(mine, its)
    return True


@compiled
def unite_all(
    one: NDArray[np.int32],
    other: NDArray[np.int32],
    score: NDArray[np.float64],
    levels: NDArray[np.float64],
    groups: NDArray[np.int32],
) -> None:
    """Join many."""
    for e in range(len(one)):
        unite(one[e], other[e], score[e], levels, groups)


@compiled
def decide(
    i: int,
    start: int,
    stop: int,
    earlier: NDArray[np.int32],
    score: NDArray[np.float64],
    grid: NDArray[np.float64],
    kept: MachineWords,
    deciding: NDArray[np.int64],
    count: int,
) -> int:
    """Find where text i is in, and put the pairs that decide, the closest first, into `deciding`; return how many."""
    if score[start] == 1.0:  # the same tokens as an earlier text: where that one is out, what kept it out does so again
        kept[i] = NONE
        deciding[count] = start
        return count + 1
    while kept[i] != NONE:
        best = -1
        for p in range(start, stop):
            is_closer = best < 0 or score[p] > score[best] or (score[p] == score[best] and earlier[p] < earlier[best])
            if is_closer and kept[i] & kept[earlier[p]] & below(score[p], grid) != NONE:
                best = p
        if best < 0:
            break
        kept[i] &= ~(below(score[best], grid) & kept[earlier[best]])
        deciding[count] = best
        count += 1
    return count


@compiled
def take(
    start: int,
    later: NDArray[np.int32],
    earlier: NDArray[np.int32],
    score: NDArray[np.float64],
    fixed: int,
    grid: NDArray[np.float64],
    kept: MachineWords,
    stands: NDArray[np.int32],
    nearest: NDArray[np.int32],
    closest: NDArray[np.float64],
    levels: NDArray[np.float64],
    groups: NDArray[np.int32],
    edge_one: NDArray[np.int32],
    edge_other: NDArray[np.int32],
    edge_score: NDArray[np.float64],
    edges: int,
    deciding: NDArray[np.int64],
    count: int,
) -> tuple[int, int, int]:
    """Take in pairs from `start` on, a later text's together; put those that decide into `deciding`.

    Returns (where to go on, how many edges there are, how many pairs decide): before the end where there may be no room
    for a text's edges.
    """
    at = start
    while at < len(later):
        i = later[at]
        stop = at
        while stop < len(later) and later[stop] == i:
            stop += 1
        if edges + stop - at > len(edge_one):
            break
        if i >= fixed:
            count = decide(i, at, stop, earlier, score, grid, kept, deciding, count)
        a = stands[i]
        for p in range(at, stop if a >= 0 else at):
            b = stands[earlier[p]]
            if b < 0 or a == b:
                continue
            if score[p] > closest[a] or (score[p] == closest[a] and b < nearest[a]):
                nearest[a], closest[a] = b, score[p]
            if score[p] > closest[b] or (score[p] == closest[b] and a < nearest[b]):
                nearest[b], closest[b] = a, score[p]
            if unite(a, b, score[p], levels, groups):
                edge_one[edges], edge_other[edges], edge_score[edges] = a, b, score[p]
                edges += 1
        at = stop
    return at, edges, count


@compiled
def thin(
    order: NDArray[np.int64], one: NDArray[np.int32], other: NDArray[np.int32], parent: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Return which of the edges, the nearest first in `order`, join what was apart: a forest (Kruskal 1956)."""
    found = np.empty(len(order), np.int64)
    count = 0
    for e in order:
        mine, its = root_of(one[e], parent), root_of(other[e], parent)
        if mine != its:
            parent[max(mine, its)] = min(mine, its)
            found[count] = e
            count += 1
    return found[:count]
