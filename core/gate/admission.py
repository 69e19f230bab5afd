"""The one gate: Self-Instruct, REInstruct and imports pass the same novelty index of their pool.

What the gate compares with: every accepted task, the seeds among them, and what people rejected later (it was new when
it came). Candidates that were dropped as too close are remembered too: the similar pairs of all candidates are kept,
so that the gate can be replayed at another threshold without a model call. Of a large pool they are not, for they grow
with the square and a run finds what decides (`core/near`); and where a batch has very many, those of its last
candidates are left to be found when somebody asks for them (`whatif.load`), since others wait for the lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.gate.rows import newcomers
from core.gate.rules import LARGE, SIMILAR_FLOOR, TOO_CLOSE, words_by_space
from core.novelty import Gate, GateVerdict, Neighbour, NoveltyIndex, Tokeniser, released_f1, tokenise
from core.pool import pool_settings, tasks
from core.pool.sealed import Seals
from core.records import Discard, Origin, Pool, State
from core.words import count_words

SHOWN = 3  # neighbours in the evidence of a discard
PAIRS_AT_ONCE = 4_000  # that a batch's candidates are stored with: some milliseconds under the write lock


@dataclass(frozen=True, slots=True)
class Measured:
    """How close a candidate is to what the pool has; `discard` where it is too close; its pairs, if they are kept."""

    verdict: GateVerdict
    discard: Discard | None
    seed: Neighbour | None
    pairs: tuple[tuple[int, float], ...] | None

    def as_fields(self) -> Mapping[str, Any]:
        """The fields of a NewTask that tell how close it is."""
        nearest = self.verdict.nearest
        return {
            "nearest_id": nearest.key if nearest else None,
            "nearest_score": nearest.score if nearest else None,
            "seed_id": self.seed.key if self.seed else None,
            "seed_score": self.seed.score if self.seed else None,
            "similar": self.pairs,
        }


class PoolGate:
    """A pool's novelty gate, in memory: measure a candidate, then tell the gate what became of it.

    Too close is a ROUGE-L F1 above the threshold; exactly the threshold is kept, as the released code means to. With
    `strict_floats` what is exactly at it is decided by the released code's floating point, which drops over half of it.
    That is a setting of Self-Instruct's runs alone, since it repeats one program: REInstruct's paper has no gate, an
    import meets the pool by this house's rule, and what-if and replay ask what a threshold means of exact scores. So at
    a strict run's own threshold these two keep the ties that it dropped, each of which its discard names.
    An open gate measures, and drops nothing but what is sealed.
    """

    def __init__(
        self, c: sa.Connection, pool: Pool, threshold: float, *, strict_floats: bool = False, is_open: bool = False
    ) -> None:
        self._strict_floats, self._is_open = strict_floats, is_open
        self._tokeniser, self._threshold, self._pool_id = tokeniser_of(pool), threshold, pool.id
        self._seals = Seals(c, pool)
        self._moment = newcomers.moment(c)
        self._room = PAIRS_AT_ONCE
        self._read(c)

    def foresee(self, c: sa.Connection, instructions: Iterable[str]) -> None:
        """Catch up, and compare what is about to be measured with all of it. It takes long: outside the write lock."""
        self.catch_up(c)
        self._gate.foresee(instructions)

    def is_behind(self, c: sa.Connection) -> bool:
        """Whether catching up would take long, so that whoever holds the write lock lets go of it and foresees anew."""
        return newcomers.has_turned(c, self._pool_id, self._moment)

    def catch_up(self, c: sa.Connection) -> None:
        """Take in what other runs, imports and people have done to the pool since the last look.

        What came in is added. Where a discard was rescued, a seed switched or an instruction changed, all is read anew,
        which takes seconds in a large pool: not under the write lock (`is_behind`).
        """
        self._seals.catch_up(c)
        self._room = PAIRS_AT_ONCE
        now = newcomers.moment(c)
        if newcomers.has_turned(c, self._pool_id, self._moment):
            self._read(c)
        else:
            self._take_in(c)
        self._moment = now

    def _read(self, c: sa.Connection) -> None:
        self._gate = Gate(self._threshold, self._tokeniser, floor=SIMILAR_FLOOR)
        self._seeds = NoveltyIndex(self._tokeniser)
        self._texts: dict[int, str] = {}
        self._newest, self._newest_seed = 0, 0
        self._take_in(c)

    def _take_in(self, c: sa.Connection) -> None:
        for key, text in tasks.instructions(c, self._pool_id, origins=(Origin.SEED,), after_id=self._newest_seed):
            self._seeds.add(key, text)
            self._newest_seed = key
        after = self._newest
        let_in = dict(tasks.instructions(c, self._pool_id, states=(State.ACCEPTED, State.REJECTED), after_id=after))
        known = let_in | dict(tasks.dropped_by(c, self._pool_id, TOO_CLOSE, after_id=after))
        for key in sorted(known):  # the order of arrival decides between equals, after a resume as before it
            (self.accept if key in let_in else self.drop)(key, known[key])
        if len(self._gate) > LARGE:
            self._gate.floor = None

    def measure(self, instruction: str) -> Measured:
        """Compare with all that the pool has, and change nothing."""
        verdict = self._gate.judge(instruction)
        discard = None
        if self._is_open:
            pass
        elif not verdict.novel:
            closest = [(near.key, near.score, self._texts[near.key]) for near in verdict.closest[:SHOWN]]
            discard = too_close(self._gate.threshold, closest)
        elif self._strict_floats:
            discard = self._rounded_away(instruction, verdict.closest)
        # Sealed comes first: no threshold lets an evaluation set's text in.
        sealed, seed = self._seals.discard(instruction), self._seeds.nearest(instruction)
        return Measured(verdict, sealed or discard, seed, self._pairs(verdict))

    def _pairs(self, verdict: GateVerdict) -> tuple[tuple[int, float], ...] | None:
        """(task id, ROUGE-L F1) of what is similar; None where no more pairs are kept for now."""
        if self._gate.floor is None or len(verdict.similar) > self._room:
            return None
        self._room -= len(verdict.similar)
        return tuple((near.key, near.score) for near in verdict.similar)

    def _rounded_away(self, instruction: str, closest: Sequence[Neighbour]) -> Discard | None:
        """The discard of a candidate exactly at the threshold which the released arithmetic puts above it."""
        limit, tokens = self._gate.threshold, len(tokenise(instruction, self._tokeniser))
        for near in (near for near in closest if near.score == limit):
            text = self._texts[near.key]
            released = released_f1(near.score, tokens, len(tokenise(text, self._tokeniser)))
            if released > limit:
                discard = too_close(limit, [(near.key, near.score, text)])
                return Discard(discard.rule, {**discard.evidence, "in released floats": released})
        return None

    def accept(self, key: int, instruction: str) -> None:
        """Compare later candidates with this task."""
        self._gate.accept(key, instruction)
        self._texts[key] = instruction
        self._newest = max(self._newest, key)

    def drop(self, key: int, instruction: str) -> None:
        """Remember a candidate that was too close, for the pairs alone."""
        self._gate.discard(key, instruction)
        self._newest = max(self._newest, key)


def too_close(threshold: float, closest: Sequence[tuple[int, float, str]]) -> Discard:
    """The discard of a candidate, with its nearest neighbours (task id, ROUGE-L F1, instruction) as evidence."""
    near = [{"task": key, "score": score, "instruction": text} for key, score, text in closest]
    return Discard(TOO_CLOSE, {"score": closest[0][1], "threshold": threshold, "closest": near})


def tokeniser_of(pool: Pool) -> Tokeniser:
    """The tokeniser that a pool measures novelty with."""
    return pool_settings.of(pool).tokeniser


def word_counter(pool: Pool) -> Callable[[str], int]:
    """How a pool counts words: at white space as the paper's code does, or also where none stands between them."""
    return words_by_space if tokeniser_of(pool) is Tokeniser.PAPER else count_words
