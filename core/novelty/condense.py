"""Condense: of all similar pairs of a large pool, the few that answer for every threshold.

A million texts may have billions of pairs. What is asked of them needs few, which are kept while the rest is let go:

- What would the gate do at a threshold? A text is dropped by the nearest one that is in. Going through a text's pairs,
  the closest first, a pair *decides* where at some threshold the other text is in and no closer one is. A text has at
  most one deciding pair for each threshold, and mostly one or two in all; with them alone the gate decides as with all,
  since each decision asks for nothing but one pair that is above the threshold and whose other text is in. The
  thresholds are whole hundredths, so that where a text is in is one machine word.
- Which is the nearest other one? One pair a text.
- What hangs together at a threshold? A spanning forest of the nearest pairs: fewer pairs than texts, and at *every*
  threshold it joins what all pairs join.

The last two are asked of some of the texts only (`shown`). Memory grows with the texts, never with the pairs. What
could change none of it is not even compared (`bounding`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.novelty.arrays import MachineWords
from core.novelty.arrival import Positions, ScoreArray
from core.novelty.flat import scratch
from core.novelty.join import Flat, Found, Search, flattened_pairs, lay_flat
from core.novelty.score import rouge_l
from core.novelty.tokens import Tokeniser

GRID = tuple(round(hundredth / 100, 2) for hundredth in range(50, 100))  # at 1 nothing is dropped
EVERYWHERE = np.uint64((1 << len(GRID)) - 1)
# Between two levels it is not noticed at once that a pair joins nothing: they stand where scores are frequent.
LEVELS = (0.5, 8 / 15, 6 / 11, 4 / 7, 0.6, 8 / 13, 2 / 3, 0.75, 6 / 7, 1.0)
STRETCH = 128  # texts; of a large pool they may have a million pairs
EDGES = 1 << 19  # beside the forest, before it is made anew of both


@dataclass(slots=True)
class Condensed:
    """What is known of the first `done` texts; arrays by place, all of them changed in place as more come.

    `kept`: a bit for each threshold of `GRID`, the lowest first, at which the gate lets the text in. `nearest`,
    `closest`: the nearest other shown text, -1 and 0 where none is as near as 0.5. `forest`: pairs of shown texts (one,
    other, ROUGE-L F1) that join what all pairs of at least as much join.
    """

    done: int
    kept: MachineWords
    nearest: Positions
    closest: ScoreArray
    forest: tuple[Positions, Positions, ScoreArray]

    @classmethod
    def of_none(cls, count: int) -> Condensed:
        """Nothing is known yet of `count` texts."""
        nothing = np.empty(0, np.int32)
        return cls(
            0,
            np.full(count, EVERYWHERE, np.uint64),
            np.full(count, -1, np.int32),
            np.zeros(count),
            (nothing, nothing, np.empty(0)),
        )


@dataclass(frozen=True, slots=True)
class DecidingPairs:
    """The pairs that decide about the texts up to `stop`, from where the ones before ended (places; ROUGE-L F1).

    A text's pairs stand together, the closest first, of equals the one that came first.
    """

    stop: int
    later: Positions
    earlier: Positions
    score: ScoreArray


class Condensing:
    """Texts in order of arrival on their way into a `Condensed`, from its `done` on; the first `fixed` are let in."""

    def __init__(
        self,
        texts: Sequence[str],
        shown: NDArray[np.bool_],
        tokeniser: Tokeniser = Tokeniser.PAPER,
        *,
        fixed: int = 0,
        known: Condensed | None = None,
    ) -> None:
        from core.novelty import bounding, reducing

        self._bounding, self._reducing = bounding, reducing
        self.state = known if known is not None else Condensed.of_none(len(texts))
        self._fixed, self._count = fixed, len(texts)
        self._flat: Flat = lay_flat(texts, tokeniser, GRID[0])
        self._stands = self._first_shown(shown)
        self._levels = np.array(LEVELS)
        self._groups = np.tile(np.arange(len(texts), dtype=np.int32), (len(LEVELS), 1))
        self._grid = np.array(GRID)
        self._edges: list[Any] = [np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0)]
        self._n_edges = 0
        self._begin(shown)

    def pairs(self) -> Iterator[DecidingPairs]:
        """Yield what decides, stretch by stretch; `state` is of the texts up to a stretch's `stop` when it comes.

        Between two stretches is the moment to stop; the state and all stretches so far are enough to go on.
        """
        for stop, chunks in flattened_pairs(self._flat, self.state.done, STRETCH, self._search):
            found = [self._take(*chunk) for chunk in chunks]
            self.state.done = stop
            columns = [np.concatenate(column) for column in zip(*found, strict=True)]
            yield DecidingPairs(stop, *columns)

    def rest(self) -> Condensed:
        """The state with its forest made: of what is known so far."""
        self._thin()
        return self.state

    def _search(self, flat: Flat) -> Search:
        """A thread's search for the pairs that may change what is kept (see `bounding`)."""
        bounding = self._bounding
        state, room = self.state, scratch(flat.texts)
        mine = bounding.chained_room(self._count, len(self._levels))
        known = bounding.KnownByNow(self._grid, state.kept, self._stands, state.closest, self._levels, self._groups)

        def search(start: int, stop: int, buffers: Found) -> tuple[int, int]:
            texts = (flat.first, flat.texts.texts, flat.limits, flat.postings)
            found: tuple[int, int] = bounding.join_needed(
                start, stop, state.done, self._fixed, *texts, room, mine, known, *buffers
            )
            return found

        return search

    def _take(self, later: Positions, earlier: Positions, lcs: Positions) -> tuple[Positions, Positions, ScoreArray]:
        texts, state = self._flat.texts, self.state
        score = rouge_l(lcs, texts.lengths_of(later) + texts.lengths_of(earlier))
        deciding = np.empty(len(later), np.int64)
        at = count = 0
        while at < len(later):
            at, self._n_edges, count = self._reducing.take(
                *(at, later, earlier, score, self._fixed, self._grid, state.kept, self._stands),
                *(state.nearest, state.closest, self._levels, self._groups),
                *(*self._edges, self._n_edges, deciding, count),
            )
            if at < len(later):
                self._thin(int(np.searchsorted(later, later[at], "right")) - at)
        chosen = deciding[:count]
        return later[chosen], earlier[chosen], score[chosen]

    def _thin(self, room: int = 0) -> None:
        """Make the forest anew of itself and the edges since, and room for more."""
        one, other, score = (column[: self._n_edges] for column in self._edges)
        parent = np.arange(self._count, dtype=np.int32)
        needed = self._reducing.thin(np.argsort(-score, kind="stable"), one, other, parent)
        self.state.forest = (one[needed], other[needed], score[needed])
        self._make_room(room)

    def _make_room(self, room: int = 0) -> None:
        self._n_edges = len(self.state.forest[0])
        size = self._n_edges + max(room, min(EDGES, 64 * self._count))
        columns: list[NDArray[Any]] = list(self.state.forest)
        for at, column in enumerate(columns):
            self._edges[at] = np.empty(size, column.dtype)
            self._edges[at][: len(column)] = column

    def _first_shown(self, shown: NDArray[np.bool_]) -> Positions:
        """For each text that is the first of its tokens the first shown one of them, -1 for none and for all others."""
        places = np.flatnonzero(shown)
        first_of, at = np.unique(self._flat.first[places], return_index=True)
        stands = np.full(self._count, -1, np.int32)
        stands[first_of] = places[at]
        return stands

    def _begin(self, shown: NDArray[np.bool_]) -> None:
        """Join what has the same tokens, and what the forest joins already."""
        state = self.state
        if not state.done:
            twins = np.flatnonzero(shown & (self._stands[self._flat.first] != np.arange(self._count)))
            own = self._stands[self._flat.first[twins]]
            state.nearest[twins], state.closest[twins] = own, 1.0
            second, at = np.unique(own, return_index=True)
            state.nearest[second], state.closest[second] = twins[at], 1.0
            state.forest = (own.astype(np.int32), twins.astype(np.int32), np.ones(len(twins)))
        self._reducing.unite_all(*state.forest, self._levels, self._groups)
        self._make_room()
