"""Near duplicates and What if of a large pool, from what a run has kept: as they are of a small one."""

from __future__ import annotations

import numpy as np

from core.gate.near import NearDuplicates
from core.gate.stored_texts import StoredTexts
from core.gate.whatif import Replayable
from core.near.kept import ComparedPool
from core.novelty import Admissions, CurvePoint
from core.novelty.condense import GRID
from core.records import Refused

REMEMBERED = 4  # outcomes


class LargeCandidates(Replayable):
    """A large pool's candidates: exact at whole hundredths. `n_pairs`: those that decide.

    One that repeats a dropped one token for token is told with what kept that one out.
    """

    def __init__(self, kept: ComparedPool) -> None:
        self.ids, self.seeds, self.n_pairs = kept.ids, kept.seeds, kept.pairs
        self.texts = StoredTexts(kept.database, kept.ids)
        self._kept = kept
        self._known: dict[int, Admissions] = {}

    def point(self, threshold: float) -> CurvePoint:
        """How many candidates are kept and dropped at a threshold."""
        bit = _bit(threshold)
        let_in = self._kept.kept[self.seeds :] >> np.uint64(bit) & np.uint64(1)
        n = int(let_in.sum()) if bit < len(GRID) else len(self)
        return CurvePoint(threshold, n, len(self) - n)

    def outcome(self, threshold: float) -> Admissions:
        """What the gate does at a threshold; what was asked for lately is kept."""
        bit = _bit(threshold)
        if bit not in self._known:
            while len(self._known) >= REMEMBERED:
                self._known.pop(next(iter(self._known)), None)
            self._known[bit] = self._outcome(bit)
        return self._known[bit]

    def _outcome(self, bit: int) -> Admissions:
        found = Admissions.undecided(len(self.ids))
        if bit >= len(GRID):
            return found
        place = np.uint64(bit)
        found.kept[:] = (self._kept.kept >> place & np.uint64(1)).astype(bool)
        later, earlier, score = self._kept.deciding
        decides = np.flatnonzero((score > GRID[bit]) & found.kept[earlier])
        # A text's pairs stand together, the closest first: its first one that decides here is its evidence.
        dropped, first = np.unique(later[decides], return_index=True)
        found.nearest[dropped], found.score[dropped] = earlier[decides[first]], score[decides[first]]
        repeats = np.flatnonzero(score == 1.0)
        repeats = repeats[~found.kept[later[repeats]] & (found.nearest[later[repeats]] < 0)]
        found.nearest[later[repeats]] = found.nearest[earlier[repeats]]
        found.score[later[repeats]] = found.score[earlier[repeats]]
        return found


def near_duplicates(kept: ComparedPool) -> NearDuplicates:
    """The near duplicates of a large pool, of those that were accepted when they were compared."""
    places = np.flatnonzero(kept.shown)
    among = np.full(kept.texts, -1, np.int64)
    among[places] = np.arange(len(places))
    nearest, closest = kept.nearest
    nearest, closest = nearest[places], closest[places]
    one, other, score = kept.forest
    ids = [kept.ids[place] for place in places.tolist()]
    return NearDuplicates(
        ids,
        StoredTexts(kept.database, ids),
        np.where(nearest >= 0, among[nearest], -1),
        closest,
        (among[one], among[other], score),
    )


def _bit(threshold: float) -> int:
    """The place of a threshold among the hundredths that are known; Refused for others."""
    bit = round((threshold - GRID[0]) * 100)
    if not 0 <= bit <= len(GRID) or abs(threshold - GRID[0] - bit / 100) > 1e-9:
        raise Refused(
            f"In a pool of that size thresholds are whole hundredths from {GRID[0]} to 1; choose one beside "
            f"{threshold:g}, such as {min(max(round(threshold, 2), GRID[0]), 1.0):g}."
        )
    return bit
