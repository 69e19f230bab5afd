"""Gate: which candidates get in. One is dropped when its ROUGE-L to any seed or accepted text is above the threshold.

Self-Instruct, section 2.2 (filtering). Exactly the threshold still gets in: so says the released program, unlike the
paper's wording, though its floating point keeps out over half of what is exactly there (`score.released_f1`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from core.crews import Crew
from core.novelty.arrays import ClosestSoFar
from core.novelty.arrival import Admissions, MeasuringStopped, OnProgress, ShouldStop
from core.novelty.blocks import admit_by
from core.novelty.flat import flatten
from core.novelty.index import Neighbour, NoveltyIndex, workers
from core.novelty.passing import STRIDE, pass_all
from core.novelty.tokens import Tokeniser

# Below this many texts, asking the index one by one takes less than loading the compiled gate.
SMALL = 4000


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """The gate's answer about one text, with its evidence.

    `closest` are the nearest accepted texts, the closest first, and `similar` all texts at or above the floor, dropped
    ones too: the pairs from which `replay` answers for other thresholds; without a floor none are looked for. Where the
    text repeats an earlier one token for token, `similar` is the first such text alone, as `Pairs` allows.
    """

    novel: bool
    closest: tuple[Neighbour, ...]
    similar: tuple[Neighbour, ...]

    @property
    def nearest(self) -> Neighbour | None:
        """The closest accepted text, or None while nothing is accepted."""
        return self.closest[0] if self.closest else None


class Gate:
    """The gate of one pool, for candidates that come one at a time. Not for several threads at once."""

    def __init__(
        self,
        threshold: float = 0.7,
        tokeniser: Tokeniser = Tokeniser.PAPER,
        *,
        floor: float | None = 0.5,
        closest: int = 10,
    ) -> None:
        self.threshold = threshold
        self.floor = floor
        self._closest = max(closest, 1)
        self._index = NoveltyIndex(tokeniser)
        self._accepted: NDArray[np.bool_] = np.zeros(1024, dtype=np.bool_)
        self._foreseen: dict[str, GateVerdict] = {}
        self._foreseen_at = 0

    def __len__(self) -> int:
        """How many texts the gate knows, accepted or not."""
        return len(self._index)

    def accept(self, key: int, text: str) -> None:
        """Let `text` in without a question: a seed, a task of an earlier run, a discard that a person rescued."""
        self._remember(key, text, accepted=True)

    def discard(self, key: int, text: str) -> None:
        """Remember a text that was dropped: it keeps nothing out, and later texts are paired with it."""
        self._remember(key, text, accepted=False)

    def foresee(self, texts: Iterable[str]) -> None:
        """Compare texts that are about to be judged with all that is known by now.

        Judging them then takes as long as comparing with what is added from here on.
        """
        self._foreseen = {}
        self._foreseen = {text: self.judge(text) for text in texts}
        self._foreseen_at = len(self._index)

    def judge(self, text: str) -> GateVerdict:
        """Return what the gate would say to `text` now, and change nothing."""
        known = self._foreseen.get(text)
        since = self._foreseen_at if known else 0
        closest = self._index.closest(text, self._closest, among=self._accepted[: len(self._index)], since=since)
        similar = self._index.similar(text, self.floor, since=since) if self.floor is not None else ()
        if known:  # what was there before comes first among equals
            closest = tuple(sorted((*known.closest, *closest), key=_closeness)[: self._closest])
            similar = tuple(sorted((*known.similar, *similar), key=_closeness))
        if similar and similar[0].score == 1.0:
            similar = similar[:1]
        return GateVerdict(not closest or closest[0].score <= self.threshold, closest, similar)

    def admit(self, key: int, text: str) -> GateVerdict:
        """Judge `text`, let it in or remember it as dropped, and return the verdict."""
        verdict = self.judge(text)
        self._remember(key, text, accepted=verdict.novel)
        return verdict

    def _remember(self, key: int, text: str, *, accepted: bool) -> None:
        if len(self._index) == len(self._accepted):
            self._accepted = np.concatenate([self._accepted, np.zeros_like(self._accepted)])
        self._accepted[len(self._index)] = accepted
        self._index.add(key, text)


def _closeness(neighbour: Neighbour) -> float:
    return -neighbour.score


def admit(
    texts: Sequence[str],
    threshold: float = 0.7,
    tokeniser: Tokeniser = Tokeniser.PAPER,
    *,
    fixed: int = 0,
    crew: Crew | None = None,
    on_progress: OnProgress | None = None,
    should_stop: ShouldStop | None = None,
) -> Admissions:
    """Return what the gate does with `texts` in order of arrival, the first `fixed` of them let in without a question.

    The same decisions and evidence as a Gate asked one by one, for a whole pool at once: memory grows with the pool
    and never with the number of similar pairs. With a `crew` the same in its hands (see `blocks`). Raises
    MeasuringStopped when asked to stop.
    """
    if len(texts) < SMALL:
        return _one_by_one(texts, threshold, tokeniser, fixed, on_progress, should_stop)
    if crew is not None:
        return admit_by(
            crew, texts, threshold, tokeniser, fixed=fixed, on_progress=on_progress, should_stop=should_stop
        )
    closest = ClosestSoFar.none(len(texts))
    for start in pass_all(flatten(texts, tokeniser), threshold, fixed, closest, workers()):
        _pause(start, len(texts), on_progress, should_stop)
    _pause(len(texts), len(texts), on_progress, None)
    return Admissions.of(closest)


def admit_in_turn(
    texts: Sequence[str], threshold: float, tokeniser: Tokeniser, fixed: int, threads: int
) -> Iterator[tuple[int, Admissions]]:
    """The same, stretch by stretch: where each begins, and what the gate does with its texts, as soon as that is known.

    All texts are read before the first one is decided. For who acts upon the first ones meanwhile.
    """
    closest = ClosestSoFar.none(len(texts))
    done = 0
    for start in chain(pass_all(flatten(texts, tokeniser), threshold, fixed, closest, threads), [len(texts)]):
        if start > done:
            yield done, Admissions.of(ClosestSoFar(*(each[done:start] for each in closest)))
        done = start


def _one_by_one(
    texts: Sequence[str],
    threshold: float,
    tokeniser: Tokeniser,
    fixed: int,
    on_progress: OnProgress | None,
    should_stop: ShouldStop | None,
) -> Admissions:
    outcome = Admissions.undecided(len(texts))
    accepted = NoveltyIndex(tokeniser)
    for position, text in enumerate(texts):
        _pause(position, len(texts), on_progress, should_stop)
        nearest = accepted.nearest(text) if position >= fixed else None
        if nearest is None or nearest.score <= threshold:
            accepted.add(position, text)
        else:
            outcome.kept[position] = False
            outcome.nearest[position] = nearest.key
            outcome.score[position] = nearest.score
    _pause(len(texts), len(texts), on_progress, None)
    return outcome


def _pause(position: int, count: int, on_progress: OnProgress | None, should_stop: ShouldStop | None) -> None:
    if position % STRIDE and position != count:
        return
    if should_stop and should_stop():
        raise MeasuringStopped
    if on_progress:
        on_progress(position, count)
