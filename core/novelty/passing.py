"""Passing: a whole pool's flattened texts go through the gate, in order of arrival and by several threads."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

from core.novelty import flat
from core.novelty.arrays import Bounds, ClosestSoFar, Scratch
from core.novelty.score import least_lcs

# From this threshold on, and up to so many tokens a text on average, half a signature tells as much: as fast at 18, a
# sixth to a half slower at 35 and more.
HALF_FROM, HALF_UP_TO = 0.7, 20
STRIDE, SPAN = 2048, 256  # texts between two looks at who wants to stop; texts that a thread takes at once


def pass_all(
    flattened: flat.Flattened, threshold: float, fixed: int, closest: ClosestSoFar, threads: int
) -> Iterator[int]:
    """Pass texts through the gate, the first `fixed` of them without a question; yield where each stretch begins,
    before it is passed, and leave in `closest` what keeps a text out.

    What `closest` names before is in already and comes before all that is equal: such a text is kept out whatever is
    found here. Any number of threads gives the same decisions and evidence.
    """
    from core.novelty import kernels

    count, texts = len(closest.place), flattened.texts
    limits = limits_of(flattened, threshold)
    postings = flat.empty_postings(flattened, limits, halves_for(flattened, threshold))
    recent = flat.no_recent(flattened, STRIDE)
    own = flat.scratch(flattened)
    idle: SimpleQueue[Scratch] = SimpleQueue()
    for one in (own, *(flat.scratch(flattened) for _ in range(threads - 1))):
        idle.put(one)

    def look_back(span: tuple[int, int]) -> None:
        scratch = idle.get()
        try:
            kernels.look_back(*span, texts, limits, postings, scratch, closest)
        finally:
            idle.put(scratch)

    # A stretch of texts is compared with all that was in before it by several threads, and then, in order, with what
    # of the stretch itself got in.
    with ThreadPoolExecutor(threads, thread_name_prefix="gate") as pool:
        for start in range(0, count, STRIDE):
            yield start
            stop = min(start + STRIDE, count)
            list(pool.map(look_back, _spans(max(start, fixed), stop)))
            kernels.admit_range(start, stop, fixed, texts, limits, postings, recent, own, closest)


def limits_of(flattened: flat.Flattened, threshold: float) -> Bounds:
    """Return the bounds of all pairs of these texts that score above the threshold."""
    return flat.bounds(least_lcs(threshold, 2 * flattened.longest, inclusive=False), flattened.longest)


def halves_for(flattened: flat.Flattened, threshold: float) -> int:
    """Return how much of each signature the postings keep (see `flat.empty_postings`)."""
    is_short = len(flattened.texts.tokens) <= HALF_UP_TO * len(flattened.texts.signature)
    return 1 if threshold >= HALF_FROM and is_short else 2


def _spans(start: int, stop: int) -> list[tuple[int, int]]:
    return [(at, min(at + SPAN, stop)) for at in range(start, stop, SPAN)]
