"""Many candidates at once, as a file brings them: the decisions that the gate makes one by one, in the same order.

They are measured together, outside the write lock, which takes seconds. Others go on working meanwhile: another import,
a generating run, a person who rescues. So each part is stored in a transaction that first asks what the pool has got
since: a few newcomers are compared there and then; more of them, or one that changes what was decided, and the
transaction is left, everything is measured again outside, and the part tried anew (`Behind`). What is written is always
what the gate says of the pool as it is at that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from core.crews import Crew
from core.database import Database
from core.gate.admission import tokeniser_of, too_close
from core.gate.deciding import Deciding
from core.gate.rows import newcomers
from core.gate.rows.newcomers import Moment, Newcomer
from core.novelty import NoveltyIndex
from core.novelty.on_disk import Joined, TextsOnDisk
from core.pool import tasks
from core.records import Discard, Origin, Pool, State

INSIDE = 100_000  # pairs that are compared under the write lock: some milliseconds
PATIENCE = 8  # who was too late again and again may compare so many times more there
OUTSIDE = 5_000  # newcomers that are compared part by part; from there on all is measured again


NearestByPlace = dict[int, tuple[int, float]]  # by place in a part: the closest text's key, and how close it is


class Behind(Exception):
    """The pool has changed by more than can be looked at under the lock; catch up outside, and try again."""


class Arrival(NamedTuple):  # a dataclass takes four times as long to make, and files bring a million
    """What the gate does with one of many candidates: `discard` None where it lets it in.

    `nearest_id`, `nearest_score`: what it is too close to. Where that one is stored in the same call `nearest_id` is
    None and `earlier` its place among the candidates.
    """

    discard: Discard | None = None
    nearest_id: int | None = None
    nearest_score: float | None = None
    earlier: int | None = None
    seed_id: int | None = None
    seed_score: float | None = None


class ArrivingTexts:
    """Texts of one pool on their way through its gate, in order; each place is decided once and then `stored`."""

    def __init__(
        self,
        database: Database,
        pool: Pool,
        texts: Sequence[str],
        threshold: float,
        on_progress: Callable[[int, int], None] | None = None,
        crew: Crew | None = None,
    ) -> None:
        """`crew`: who compares them, None for this process."""
        self._database, self._pool, self._texts, self._threshold = database, pool, texts, threshold
        self._on_progress, self._crew = on_progress, crew
        self._tokeniser = tokeniser_of(pool)
        self._ids: NDArray[np.int64] = np.zeros(len(texts), np.int64)  # of what is stored, or stands in for it
        self._deciding: Deciding | None = None
        self._late = 0
        self._moment = self._stored_at = Moment()
        self._near: NearestByPlace = {}  # to the part that comes next, of what came in since
        self._came: Sequence[Newcomer] = ()
        self._first = 0
        self._has_decided = False
        if texts:
            self._measure(0)

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def n_dropped(self) -> int:
        """How many of the texts are too close to the pool or to each other, as of the latest measurement."""
        if self._deciding is None:
            return 0
        self._ready(len(self._texts))
        return int((~self._deciding.kept).sum())

    def leave(self) -> None:
        """No candidate comes any more; work on their decisions ends."""
        if self._deciding is not None:
            self._deciding.leave()

    def is_at(self, place: int, text: str) -> bool:
        """Whether this is the candidate at a place; where there is none it is not."""
        if place >= len(self._texts):
            return False
        return self._texts.is_at(place, text) if isinstance(self._texts, TextsOnDisk) else self._texts[place] == text

    def catch_up(self, places: range) -> None:
        """Compare what others have put into the pool with these candidates, outside any lock."""
        if not places:
            return
        with self._database.read() as c:
            turned = newcomers.has_turned(c, self._pool.id, self._moment)
            came = newcomers.since(c, self._pool.id, self._moment, OUTSIDE + 1)
            now = newcomers.moment(c)
        if turned or len(came) + len(self._others) > OUTSIDE or any(one.is_seed for one in came):
            self._measure(places.start)
            self._ready(places.stop)
            return
        self._take_in(came)
        self._moment = now
        self._near = _nearest(self._others, self._texts[places.start : places.stop]) if len(self._others) else {}
        self._ready(len(self._texts) if self._near else places.stop)
        if self._breaks(places, self._near):
            self._measure(places.start)
            self._ready(places.stop)

    def decide(self, c: sa.Connection, places: range, there: Mapping[int, tuple[int, bool]]) -> list[Arrival | None]:
        """What the gate does with these candidates, now: inside the transaction that stores them.

        `there`: candidates that the pool has got by now: their task's id, and whether it is in. Those that are in are
        not decided: None. Raises Behind; then nothing may be written.
        """
        self._has_decided = bool(places)
        if not places:
            return []
        self._late += 1
        pairs = INSIDE * min(self._late, PATIENCE)
        if newcomers.has_turned(c, self._pool.id, self._moment):
            raise Behind
        came = newcomers.since(c, self._pool.id, self._moment, pairs // len(places) + 1)
        if len(came) * len(places) > pairs or any(one.is_seed for one in came):
            raise Behind
        is_in = {place for place, (_, its_in) in there.items() if its_in}
        near = _merged(self._near, self._compared(came, places))
        if self._breaks(places, near, is_in):
            raise Behind
        for place, (task_id, _) in there.items():
            self._ids[place] = task_id
        self._came = came
        return [
            None if place in is_in else self._arrival(place, near.get(place - places.start, (0, 0.0)))
            for place in places
        ]

    def stored(self, c: sa.Connection, ids: Mapping[int, int]) -> None:
        """Note under which ids candidates were stored, in the transaction that stored them, when all is written."""
        for place, task_id in ids.items():
            self._ids[place] = task_id
        self._stored_at = newcomers.moment(c)

    def committed(self) -> None:
        """What was stored last is in the pool for certain: it is no newcomer to those that follow."""
        if self._has_decided:
            self._take_in(self._came)
            self._moment, self._near, self._came, self._late = self._stored_at, {}, (), 0

    def _measure(self, first: int) -> None:
        """Decide on all candidates from this place on, by the pool as it is now."""
        self.leave()
        with self._database.read() as c:
            self._moment = self._stored_at = newcomers.moment(c)
            known = tasks.instructions(c, self._pool.id, states=(State.ACCEPTED, State.REJECTED))
            seeds = tasks.instructions(c, self._pool.id, origins=(Origin.SEED,))
        self._first = first
        self._known = np.array([key for key, _ in known], np.int64)
        self._others = NoveltyIndex(self._tokeniser)  # what came in since, and is no part of the decisions below
        self._other_texts: dict[int, str] = {}
        self._near, self._came = {}, ()
        self._deciding = Deciding(
            [text for _, text in known],
            Joined((), self._texts, first),
            seeds,
            self._threshold,
            self._tokeniser,
            self._crew,
            self._on_progress,
        )

    def _ready(self, stop: int) -> None:
        """Wait until the candidates before this place are decided."""
        if self._deciding is not None:
            self._deciding.ready(stop - self._first)

    def _take_in(self, came: Sequence[Newcomer]) -> None:
        for one in came:
            self._others.add(one.id, one.instruction)
            self._other_texts[one.id] = one.instruction

    def _compared(self, came: Sequence[Newcomer], places: range) -> NearestByPlace:
        if not came:
            return {}
        index = NoveltyIndex(self._tokeniser)
        for one in came:
            index.add(one.id, one.instruction)
            self._other_texts[one.id] = one.instruction
        return _nearest(index, self._texts[places.start : places.stop])

    def _breaks(self, places: range, near: NearestByPlace, there: Collection[int] = ()) -> bool:
        """Whether a candidate was to get in, cannot, and others were dropped for its sake: they are to be asked anew.

        Where what keeps it out is the same text, token for token, that one stands in for it, and nothing changes. While
        not all are decided nobody knows whether others were: they may have been.
        """
        decided = self._deciding
        assert decided is not None
        for place in places if near else ():
            at = place - self._first
            if not decided.kept[at] or place in there or (decided.is_whole and not decided.depended_on[at]):
                continue
            score = near.get(place - places.start, (0, 0.0))[1]
            if self._threshold < score < 1.0:
                return True
        return False

    def _arrival(self, place: int, near: tuple[int, float]) -> Arrival:
        decided, at = self._deciding, place - self._first
        assert decided is not None
        seed_id, seed_score = int(decided.seed_id[at]) or None, float(decided.seed_score[at])
        seed = (seed_id, seed_score if seed_id else None)
        newcomer, score = near
        if decided.kept[at]:
            if score <= self._threshold:
                return Arrival(seed_id=seed[0], seed_score=seed[1])
            if score == 1.0:
                self._ids[place] = newcomer  # it stands in for this one
            return self._dropped(newcomer, score, seed)
        nearest, own = int(decided.nearest[at]), float(decided.score[at])
        if nearest < decided.before:
            if score > own:
                return self._dropped(newcomer, score, seed)
            return self._dropped(int(self._known[nearest]), own, seed, decided.evidence[nearest])
        earlier = nearest - decided.before + self._first
        its_id = int(self._ids[earlier])
        if score > own or (score == own and newcomer and (not its_id or newcomer < its_id)):
            return self._dropped(newcomer, score, seed)
        text = self._texts[earlier]
        if its_id:
            return self._dropped(its_id, own, seed, text)
        discard = too_close(self._threshold, [(0, own, text)])
        return Arrival(discard, None, own, earlier, *seed)

    def _dropped(
        self, its_id: int, score: float, seed: tuple[int | None, float | None], text: str | None = None
    ) -> Arrival:
        shown = text if text is not None else self._other_texts[its_id]
        return Arrival(too_close(self._threshold, [(its_id, score, shown)]), its_id, score, None, *seed)


def _nearest(index: NoveltyIndex, texts: Sequence[str]) -> NearestByPlace:
    """For each text by its place: the closest of the index, the earliest of equals, and how close (ROUGE-L F1)."""
    return {place: (near.key, near.score) for place, near in enumerate(index.nearest_of_each(texts))}


def _merged(first: NearestByPlace, second: NearestByPlace) -> NearestByPlace:
    """The closer of two; where they are equal the first, which came earlier."""
    merged = dict(first)
    for place, near in second.items():
        if near[1] > merged.get(place, (0, 0.0))[1]:
            merged[place] = near
    return merged
