"""Which accepted tasks say nearly the same: the nearest other task of each, and groups of near duplicates.

Read from the similar pairs that the gate keeps, so it needs no seeds and no comparison anew; seeds are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.asked import MadeWhenAsked
from core.database import Database
from core.gate import whatif
from core.gate.rules import SIMILAR_FLOOR
from core.gate.stored_texts import StoredTexts, texts_at
from core.gate.whatif import Candidates, OnProgress
from core.novelty import Pairs
from core.pool import tasks
from core.records import Pool, State

BAR = 0.05  # ROUGE-L F1 that a bar is wide


@dataclass(frozen=True, slots=True)
class NearTask:
    """An accepted task and the accepted task that is nearest to it (ROUGE-L F1)."""

    task_id: int
    instruction: str
    nearest_id: int
    nearest: str
    score: float


@dataclass(frozen=True, slots=True)
class NearBar:
    """Tasks whose nearest other task is from `low` up to `high`, the last bar with 1 itself."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class NearGroup:
    """Tasks that hang together: each is near one of the others. In order of arrival; `closest`: the nearest two."""

    task_ids: Sequence[int]
    instructions: Sequence[str]
    closest: float

    def __len__(self) -> int:
        return len(self.task_ids)


class NearTasks(MadeWhenAsked[NearTask]):
    """Tasks beside the ones that are nearest to them; each is made when it is asked for."""

    def __init__(self, found: NearDuplicates, places: NDArray[np.int64]) -> None:
        self._found, self._places = found, places

    def __len__(self) -> int:
        return len(self._places)

    @property
    def task_ids(self) -> list[int]:
        """Which they are."""
        return [self._found.task_ids[place] for place in self._places.tolist()]

    def several(self, places: Sequence[int]) -> list[NearTask]:
        """The tasks at these places."""
        found, at = self._found, self._places[np.asarray(places, np.int64)].tolist()
        others = found.nearest[at].tolist()
        texts, ids = texts_at(found.instructions, [*at, *others]), found.task_ids
        return [
            NearTask(ids[place], text, ids[other], its_text, float(found.score[place]))
            for place, other, text, its_text in zip(at, others, texts, texts[len(at) :], strict=False)
        ]


class NearGroups(MadeWhenAsked[NearGroup]):
    """Groups, the largest first; `inside`: how many tasks they hold. Each is made when it is asked for."""

    def __init__(
        self, found: NearDuplicates, order: NDArray[np.int64], begins: NDArray[np.int64], sizes: NDArray[np.int64],
        closest: NDArray[np.float64],
    ) -> None:  # fmt: skip
        """`order`: places, a group's together from its `begins` on."""
        self._found, self._order, self._begins, self._sizes, self._closest = found, order, begins, sizes, closest
        self.inside = int(sizes.sum())

    def __len__(self) -> int:
        return len(self._sizes)

    @property
    def task_ids(self) -> list[int]:
        """The tasks of all groups, group by group."""
        groups = zip(self._begins.tolist(), self._sizes.tolist(), strict=True)
        return [self._found.task_ids[place] for at, n in groups for place in self._order[at : at + n].tolist()]

    def several(self, places: Sequence[int]) -> list[NearGroup]:
        """The groups at these places of their order."""
        return [self._group(at) for at in places]

    def _group(self, at: int) -> NearGroup:
        begin = int(self._begins[at])
        places = self._order[begin : begin + int(self._sizes[at])].tolist()
        ids, texts = tuple(self._found.task_ids[place] for place in places), self._found.instructions
        its = texts.of(ids) if isinstance(texts, StoredTexts) else tuple(texts[place] for place in places)
        return NearGroup(ids, its, float(self._closest[at]))


@dataclass(frozen=True)
class NearDuplicates:
    """The accepted tasks of a pool, its seeds aside, in order of arrival, with the nearest other one of each.

    `nearest` is a place among them, -1 (and `score` 0) where none is as near as 0.5. `links`: the pairs among them, or
    of them those that join at each threshold what all join.
    """

    task_ids: Sequence[int]
    instructions: Sequence[str]
    nearest: NDArray[np.int64]
    score: NDArray[np.float64]
    links: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.task_ids)

    @property
    def alone(self) -> int:
        """How many have no other task as near as the least score that is kept."""
        return int((self.nearest < 0).sum())

    def bars(self) -> tuple[NearBar, ...]:
        """How near the nearest other task is, from the least score that is kept up to 1."""
        n = round((1 - SIMILAR_FLOOR) / BAR)
        at = np.minimum(np.floor((self.score[self.nearest >= 0] - SIMILAR_FLOOR) / BAR + 1e-9), n - 1).astype(int)
        counts = np.bincount(at, minlength=n).tolist()
        edges = [round(SIMILAR_FLOOR + BAR * one, 2) for one in range(n + 1)]
        return tuple(NearBar(edges[one], edges[one + 1], counts[one]) for one in range(n))

    def between(self, low: float, high: float) -> NearTasks:
        """The tasks of a bar, the nearest first."""
        below = self.score <= high if high >= 1 else self.score < high - 1e-9
        here = np.flatnonzero((self.nearest >= 0) & (self.score >= low - 1e-9) & below)
        return NearTasks(self, here[np.argsort(-self.score[here], kind="stable")])

    def every(self) -> NearTasks:
        """All that have another one near, in order of arrival."""
        return NearTasks(self, np.flatnonzero(self.nearest >= 0))

    def groups(self, threshold: float) -> NearGroups:
        """Tasks joined by pairs of at least `threshold`, the largest groups first. Raises ValueError below 0.5."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        if threshold < SIMILAR_FLOOR:
            raise ValueError(f"Pairs are kept from {SIMILAR_FLOOR} up; choose a threshold from there.")
        near = self.links[2] >= threshold - 1e-9
        one, other, score = (column[near] for column in self.links)
        joined = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(len(self), len(self)))
        n, group_of = connected_components(joined, directed=False)
        closest = np.zeros(n)
        np.maximum.at(closest, group_of[one], score)
        order, sizes = np.argsort(group_of, kind="stable"), np.bincount(group_of, minlength=n)
        begins = np.cumsum(sizes) - sizes
        found = np.flatnonzero(sizes > 1)
        found = found[np.lexsort((order[begins[found]], -sizes[found]))]
        return NearGroups(self, order, begins[found], sizes[found], closest[found])


def load(database: Database, pool: Pool, on_progress: OnProgress | None = None) -> NearDuplicates:
    """The near duplicates of a pool; finds and stores the pairs that are missing, as What if does."""
    found = whatif.load(database, pool, on_progress)
    with database.read() as c:
        accepted = {key for key, _ in tasks.instructions(c, pool.id, states=(State.ACCEPTED,))}
    return _of(found, [place for place in range(found.seeds, len(found.ids)) if found.ids[place] in accepted])


def member_by_member(groups: Sequence[NearGroup]) -> list[dict[str, Any]]:
    """Groups as rows of a file: a task each, with the number of its group, the largest first."""
    return [
        {"group": number, "of": len(group), "closest": round(group.closest, 4), "task": task_id, "instruction": text}
        for number, group in enumerate(groups, 1)
        for task_id, text in zip(group.task_ids, group.instructions, strict=True)
    ]


def _of(found: Candidates, shown: Sequence[int]) -> NearDuplicates:
    """The accepted ones (places among the candidates) and the pairs among them."""
    n = len(found.ids)
    root = _first_of_text(found.pairs, n)
    place_of = np.full(n, -1, np.int64)
    place_of[list(shown)] = np.arange(len(shown))
    members: dict[int, list[int]] = {}
    for place in shown:
        members.setdefault(int(root[place]), []).append(int(place_of[place]))
    one, other, score = _links(found.pairs, root, members)
    ends, others, scores = np.concatenate([one, other]), np.concatenate([other, one]), np.concatenate([score, score])
    nearest, best = np.full(len(shown), -1, np.int64), np.zeros(len(shown))
    order = np.lexsort((others, -scores, ends))
    ends, first = np.unique(ends[order], return_index=True)
    nearest[ends], best[ends] = others[order][first], scores[order][first]
    ids, texts = tuple(found.ids[place] for place in shown), tuple(found.texts[place] for place in shown)
    return NearDuplicates(ids, texts, nearest, best, (one, other, score))


def _first_of_text(pairs: Pairs, n: int) -> NDArray[np.int64]:
    """For each text the first one with the same tokens: that one's pairs are its own, and need not be kept twice."""
    first = np.arange(n, dtype=np.int64)
    same = pairs.score == 1.0
    np.minimum.at(first, pairs.later[same], pairs.earlier[same].astype(np.int64))
    return first


def _links(
    pairs: Pairs, root: NDArray[np.int64], members: dict[int, list[int]]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """The pairs among the shown, each once. Of tasks with the same tokens the first stands for all to the others."""
    stands = np.full(len(root), -1, np.int64)
    for first, own in members.items():
        stands[first] = own[0]
    same = [(own[0], twin) for own in members.values() for twin in own[1:]]
    one, other = stands[root[pairs.later]], stands[root[pairs.earlier]]
    kept = (one >= 0) & (other >= 0) & (one != other)
    low, high = np.minimum(one[kept], other[kept]), np.maximum(one[kept], other[kept])
    _, at = np.unique(low * max(len(root), 1) + high, return_index=True)
    twins = np.array(list(chain.from_iterable(same)), np.int64).reshape(-1, 2)
    return (
        np.concatenate([low[at], twins[:, 0]]),
        np.concatenate([high[at], twins[:, 1]]),
        np.concatenate([pairs.score[kept][at], np.ones(len(twins))]),
    )
