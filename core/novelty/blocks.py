"""Blocks: a pool of many millions goes through the gate in the hands of a crew, with the decisions that `admit` makes.

The texts are cut into blocks. Each is compared with every block before it as soon as it is known what of that one got
in (`look`), and then, when it has looked at all of them, decided in order (`decide`); so blocks wait for each other
only one after the next, and most of the work, which grows with their number squared, is done side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.crews import Call, CallKey, Crew
from core.novelty import flat
from core.novelty.arrays import ClosestSoFar, Offsets, TextArrays
from core.novelty.arrival import Admissions, MeasuringStopped, OnProgress, ShouldStop
from core.novelty.flat import Flattened
from core.novelty.index import NoveltyIndex
from core.novelty.passing import halves_for, limits_of, pass_all
from core.novelty.tokens import Tokeniser

BLOCK = 500_000  # texts that are decided by one call
SLICE = 20_000  # texts that one call compares with the seeds
BEFORE = 0  # the place, among a block's texts, that stands for all blocks before it
LOOK, DECIDE = 0, 1


def admit_by(
    crew: Crew,
    texts: Sequence[str],
    threshold: float,
    tokeniser: Tokeniser,
    *,
    fixed: int = 0,
    block: int | None = None,
    on_progress: OnProgress | None = None,
    should_stop: ShouldStop | None = None,
) -> Admissions:
    """Return what `gate.admit` returns, worked out by a crew in blocks of so many texts (by default BLOCK).

    Here wait 8 bytes a token and the vocabulary, and then 12 bytes a text; each worker has two blocks. Raises
    MeasuringStopped when asked to stop, and CallFailed.
    """
    if not len(texts):
        return Admissions.undecided(0)
    return _Blocks(crew, texts, threshold, fixed, block or BLOCK, on_progress, should_stop or (lambda: False)).decided(
        tokeniser
    )


def nearest_by(crew: Crew, index: NoveltyIndex, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the key of the closest member of an index for each text, and their ROUGE-L F1, worked out by a crew."""
    keys, scores = np.zeros(len(texts), np.int64), np.zeros(len(texts))
    shared = crew.share(index)
    calls = (Call((at,), _nearest, (shared, texts[at : at + SLICE])) for at in range(0, len(texts), SLICE))
    for (at,), (its_keys, its_scores) in crew.results(more=calls):
        keys[at : at + SLICE], scores[at : at + SLICE] = its_keys, its_scores
    return keys, scores


class _Blocks:
    def __init__(
        self,
        crew: Crew,
        texts: Sequence[str],
        threshold: float,
        fixed: int,
        block: int,
        on_progress: OnProgress | None,
        stop: Callable[[], bool],
    ) -> None:
        self._crew, self._texts, self._threshold = crew, texts, threshold
        self._starts = range(0, len(texts), block)
        self._size, self._fixed = block, fixed
        self._on_progress, self._stop = on_progress, stop
        n = len(self._starts)
        self._n_whole = fixed // block  # blocks that are let in without a question
        self._done, self._calls = 0, 2 * n + sum(at + 1 for at in range(self._n_whole, n))
        self._closest = ClosestSoFar.none(len(texts))
        self._looked = [0] * n  # by block: at how many of those before it

    def decided(self, tokeniser: Tokeniser) -> Admissions:
        """Decide on all of them."""
        self._tell(0)
        self._shared = self._laid(tokeniser)
        for at in range(self._n_whole):
            self._settle(at, ClosestSoFar.none(self._size))
        if not self._n_whole:
            self._on(0)
        for key, found in self._results():
            later, kind = key[0], key[1]
            if kind == LOOK:
                self._take(later, key[2], found)
            else:
                self._settle(later, found)
        self._tell(self._calls)
        return Admissions.of(self._closest)

    def _laid(self, tokeniser: Tokeniser) -> list[object]:
        """What stands for each block's texts in a call, flattened by the rank of their words in all blocks."""
        numbers: dict[str, int] = {}
        numbered: dict[int, tuple[NDArray[np.int32], Offsets, NDArray[np.int32]]] = {}
        counts: list[tuple[NDArray[np.int32], NDArray[np.int64]]] = []
        cut = (
            Call((at,), _number, (self._texts[start : start + self._size], tokeniser))
            for at, start in enumerate(self._starts)
        )
        for (at,), ((tokens, offsets, words), count) in self._results(cut):
            ids = np.array([numbers.setdefault(word, len(numbers)) for word in words], dtype=np.int32)
            numbered[at] = (tokens, offsets, ids)
            counts.append((ids, count))
        frequency = np.zeros(len(numbers), np.int64)
        for ids, count in counts:
            frequency[ids] += count
        rank, vocabulary = flat.rarest_first(frequency), len(numbers)
        numbers.clear()

        def ranked() -> Iterator[Call]:
            for at in range(len(self._starts)):
                tokens, offsets, ids = numbered.pop(at)
                yield Call((at,), _lay, (tokens, offsets, rank[ids], vocabulary))

        shared: list[object] = [None] * len(self._starts)
        for (at,), flattened in self._results(ranked()):
            shared[at] = self._crew.share(flattened)
        return shared

    def _results(self, more: Iterable[Call] = ()) -> Iterator[tuple[CallKey, Any]]:
        for key, result in self._crew.results(self._stop, more):
            yield key, result
            self._tell(self._done + 1)
        if self._stop():
            raise MeasuringStopped

    def _tell(self, done: int) -> None:
        self._done = done
        if self._on_progress:
            self._on_progress(len(self._texts) * done // self._calls, len(self._texts))

    def _own(self, at: int) -> slice:
        return slice(self._starts[at], min(self._starts[at] + self._size, len(self._texts)))

    def _fixed_of(self, at: int) -> int:
        own = self._own(at)
        return int(min(max(self._fixed - own.start, 0), own.stop - own.start))

    def _on(self, at: int) -> None:
        """Have a block decided that has looked at all before it."""
        own = ClosestSoFar(*(array[self._own(at)] for array in self._closest))
        found = ClosestSoFar(np.where(own.place >= 0, BEFORE, -1).astype(np.int32), own.lcs, own.total)
        given = (self._shared[at], self._fixed_of(at), found, self._threshold)
        self._crew.call(Call((at, DECIDE), decide, given))

    def _settle(self, at: int, decided: ClosestSoFar) -> None:
        """Note what became of a block; those after it may look at it now."""
        own = self._own(at)
        here = decided.place > BEFORE
        self._closest.place[own][here] = decided.place[here] - 1 + own.start
        self._closest.lcs[own], self._closest.total[own] = decided.lcs, decided.total
        kept = self._crew.share(self._closest.place[own] < 0)
        for later in range(max(at + 1, self._n_whole), len(self._starts)):
            given = (self._shared[at], kept, self._shared[later], self._fixed_of(later), self._threshold)
            self._crew.call(Call((later, LOOK, at), look, given))

    def _take(self, later: int, earlier: int, found: ClosestSoFar) -> None:
        """Note what a block saw in one before it: the closest of all, the earliest of equals."""
        own = ClosestSoFar(*(array[self._own(later)] for array in self._closest))
        place = np.where(found.place >= 0, found.place + self._starts[earlier], -1)
        lead = found.lcs.astype(np.int64) * own.total - own.lcs.astype(np.int64) * found.total
        closer = (own.place < 0) | (lead > 0) | ((lead == 0) & (place < own.place))
        closer &= place >= 0
        own.place[closer], own.lcs[closer], own.total[closer] = place[closer], found.lcs[closer], found.total[closer]
        self._looked[later] += 1
        if self._looked[later] == later:
            self._on(later)


def look(earlier: Flattened, kept: NDArray[np.bool_], later: Flattened, first: int, threshold: float) -> ClosestSoFar:
    """Return the closest of what got in of an earlier block for each text of a later one, from its `first` on, by its
    place in the earlier block."""
    from core.novelty import kernels, posting

    both, n = _joined(earlier.texts, later.texts), len(kept)
    end = int(both.offsets[n])
    texts = Flattened(both, max(earlier.longest, later.longest), earlier.vocabulary)
    before = TextArrays(both.tokens[:end], both.offsets[: n + 1], both.signature[:n])
    limits = limits_of(texts, threshold)
    halves = halves_for(texts, threshold)
    postings = flat.empty_postings(Flattened(before, texts.longest, texts.vocabulary), limits, halves)
    posting.post_all(np.where(kept, np.arange(n), -1).astype(np.int32), before, limits, postings)
    closest = ClosestSoFar.none(len(both.signature))
    kernels.look_back(n + first, len(both.signature), both, limits, postings, flat.scratch(texts), closest)
    return ClosestSoFar(*(array[n:] for array in closest))


def decide(block: Flattened, fixed: int, before: ClosestSoFar, threshold: float) -> ClosestSoFar:
    """Return what keeps each text of a block out: its place in the block counted from 1, BEFORE for what `before`
    says, -1 for nothing. The first `fixed` texts are in without a question."""
    stand_in = TextArrays(np.empty(0, np.int32), np.zeros(2, np.int32), np.zeros((1, 2), np.uint64))  # has no tokens
    own = _joined(stand_in, block.texts)
    closest = ClosestSoFar(*(np.concatenate(pair) for pair in zip(ClosestSoFar.none(1), before, strict=True)))
    for _ in pass_all(Flattened(own, block.longest, block.vocabulary), threshold, fixed + 1, closest, threads=1):
        pass
    return ClosestSoFar(*(array[1:] for array in closest))


def _joined(first: TextArrays, second: TextArrays) -> TextArrays:
    width = flat.room_for(len(first.tokens) + len(second.tokens))
    offsets = np.concatenate([first.offsets.astype(width), second.offsets[1:].astype(width) + first.offsets[-1]])
    return TextArrays(
        np.concatenate([first.tokens, second.tokens]), offsets, np.concatenate([first.signature, second.signature])
    )


def _number(texts: Sequence[str], tokeniser: Tokeniser) -> tuple[flat.NumberedTexts, NDArray[np.int64]]:
    numbered = flat.number(texts, tokeniser)
    return numbered, flat.counted(numbered.tokens, len(numbered.words))


def _lay(tokens: NDArray[np.int32], offsets: Offsets, rank: NDArray[np.int32], vocabulary: int) -> Flattened:
    return flat.lay(tokens.copy(), offsets.copy(), rank, vocabulary)  # what comes from others may not be written to


def _nearest(index: NoveltyIndex, texts: Sequence[str]) -> tuple[list[int], list[float]]:
    found = index.nearest_of_each(texts)
    return [one.key for one in found], [one.score for one in found]
