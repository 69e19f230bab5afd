"""Join: all similar pairs of a pool that came at once, as `Gate` finds them for candidates that come one by one."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from core.novelty.arrays import Bounds, Postings
from core.novelty.arrival import MeasuringStopped, OnProgress, Pairs, ShouldStop
from core.novelty.flat import Flattened, bounds, empty_postings, first_twins, flatten, scratch
from core.novelty.gate import SMALL
from core.novelty.index import workers
from core.novelty.score import least_lcs, rouge_l
from core.novelty.tokens import Tokeniser, Vocabulary, tokenise

STRIDE = 512
BUFFER = 1 << 18

Found = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]
Search = Callable[[int, int, Found], tuple[int, int]]
"""Writes the pairs of texts start..stop (later, earlier, LCS); returns where to go on and how many there are."""


def similar_pairs(
    texts: Sequence[str],
    tokeniser: Tokeniser = Tokeniser.PAPER,
    floor: float = 0.5,
    *,
    since: int = 0,
    on_progress: OnProgress | None = None,
    should_stop: ShouldStop | None = None,
) -> Pairs:
    """Return every pair of `texts` that scores at least `floor`, by later and then earlier position (see `Pairs`).

    `texts` are in order of arrival. With `since`, only pairs whose later text is at that position or after: what new
    texts add to a pool whose pairs are known. Raises MeasuringStopped when asked to stop.
    """
    chunks = stream_pairs(texts, tokeniser, floor, since=since, on_progress=on_progress, should_stop=should_stop)
    return Pairs.joined(list(chunks), floor)


def stream_pairs(
    texts: Sequence[str],
    tokeniser: Tokeniser = Tokeniser.PAPER,
    floor: float = 0.5,
    *,
    since: int = 0,
    on_progress: OnProgress | None = None,
    should_stop: ShouldStop | None = None,
) -> Iterator[Pairs]:
    """Yield what `similar_pairs` returns in chunks of the same order, so that memory does not grow with the pairs."""
    if not 0 < floor <= 1:
        raise ValueError(f"The floor is {floor}, but similar pairs need one above 0 and at most 1.")
    find = _blocks if len(texts) < SMALL else _compiled
    for done, (later, earlier, lcs, total) in find(texts, tokeniser, floor, since):
        if should_stop and should_stop():
            raise MeasuringStopped
        order = np.lexsort((earlier, later))
        yield Pairs(later[order], earlier[order], rouge_l(lcs[order], total[order]), floor)
        if on_progress:
            on_progress(done - since, len(texts) - since)


Chunks = Iterator[tuple[int, tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]]]


def _blocks(texts: Sequence[str], tokeniser: Tokeniser, floor: float, since: int) -> Chunks:
    """Compare everything with everything: for a small pool faster than loading compiled code."""
    from rapidfuzz.distance import LCSseq
    from rapidfuzz.process import cdist

    vocabulary = Vocabulary()
    coded = [vocabulary.add(tokenise(text, tokeniser)) for text in texts]
    lengths = np.array([len(text) for text in coded], dtype=np.int32)
    first = np.array(_first_twins(coded), dtype=np.int32)
    needed = least_lcs(floor, 2 * int(lengths.max(initial=0)), inclusive=True)
    for start in range(since, len(texts), STRIDE):
        stop = min(start + STRIDE, len(texts))
        lcs = cdist(coded[start:stop], coded[:stop], scorer=LCSseq.similarity, dtype=np.int32, workers=workers())
        later = np.arange(start, stop)[:, None]
        earlier = np.arange(stop)[None, :]
        twin = first[later]
        known = np.where(twin < later, earlier == twin, (earlier < later) & (first[earlier] == earlier))
        rows, columns = np.nonzero(known & (lcs >= needed[lengths[later] + lengths[earlier]]))
        later_at, earlier_at = (rows + start).astype(np.int32), columns.astype(np.int32)
        yield stop, (later_at, earlier_at, lcs[rows, columns], lengths[later_at] + lengths[earlier_at])


def _first_twins(coded: list[str]) -> list[int]:
    first: dict[str, int] = {}
    return [first.setdefault(text, position) if text else position for position, text in enumerate(coded)]


@dataclass(frozen=True, slots=True)
class Flat:
    """Texts as compiled code joins them; `first`: for each the first one with the same tokens."""

    texts: Flattened
    first: NDArray[np.int32]
    limits: Bounds
    postings: Postings
    join_range: Callable[..., tuple[int, int]]  # of `kernels`, which loads numba


def lay_flat(texts: Sequence[str], tokeniser: Tokeniser, floor: float) -> Flat:
    """Return texts with what finds their pairs of at least `floor`: some 26 bytes a token; the texts are let go."""
    from core.novelty import kernels, posting

    flattened = flatten(texts, tokeniser)
    limits = bounds(least_lcs(floor, 2 * flattened.longest, inclusive=True), flattened.longest)
    fingerprint = np.zeros(len(texts), dtype=np.uint64)
    kernels.read_whole(flattened.texts, fingerprint)
    first = first_twins(fingerprint)
    kernels.part_false_twins(flattened.texts, first)
    postings = empty_postings(flattened, limits)
    posting.post_all(first, flattened.texts, limits, postings)
    return Flat(flattened, first, limits, postings, kernels.join_range)


def for_all(flat: Flat) -> Search:
    """A thread's search for all pairs."""
    room = scratch(flat.texts)

    def search(start: int, stop: int, buffers: Found) -> tuple[int, int]:
        texts = (flat.first, flat.texts.texts, flat.limits, flat.postings)
        return flat.join_range(start, stop, *texts, room, *buffers)

    return search


def flattened_pairs(
    flat: Flat, since: int, stride: int = STRIDE, search_for: Callable[[Flat], Search] = for_all
) -> Iterator[tuple[int, list[Found]]]:
    """Yield (how far it is, the pairs of the texts up to there as later, earlier, LCS), `stride` texts at a time.

    `search_for` makes each thread's search.
    """
    count, threads = len(flat.first), workers()
    idle: SimpleQueue[tuple[Search, Found]] = SimpleQueue()
    room = max(BUFFER, count)
    for _ in range(threads):
        buffers = (np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32))
        idle.put((search_for(flat), buffers))

    def pairs_of(start: int, stop: int) -> list[Found]:
        search, buffers = idle.get()
        found = []
        while start < stop:
            start, n = search(start, stop, buffers)
            later, earlier, lcs = (buffer[:n].copy() for buffer in buffers)
            found.append((later, earlier, lcs))
        idle.put((search, buffers))
        return found

    spans = [(start, min(start + stride, count)) for start in range(since, count, stride)]
    yield from _in_order(pairs_of, spans, threads)


def _compiled(texts: Sequence[str], tokeniser: Tokeniser, floor: float, since: int) -> Chunks:
    flat = lay_flat(texts, tokeniser, floor)
    for stop, chunks in flattened_pairs(flat, since):
        for later, earlier, lcs in chunks:
            yield stop, (later, earlier, lcs, flat.texts.lengths_of(later) + flat.texts.lengths_of(earlier))


def _in_order(
    pairs_of: Callable[[int, int], list[Found]], spans: list[tuple[int, int]], threads: int
) -> Iterator[tuple[int, list[Found]]]:
    """Yield the pairs of each span in order, a few spans ahead of the reader and no more."""
    with ThreadPoolExecutor(threads, thread_name_prefix="join") as pool:
        ahead: deque[tuple[int, Future[list[Found]]]] = deque()
        for start, stop in spans:
            ahead.append((stop, pool.submit(pairs_of, start, stop)))
            if len(ahead) > 2 * threads:
                done, future = ahead.popleft()
                yield done, future.result()
        while ahead:
            done, future = ahead.popleft()
            yield done, future.result()
