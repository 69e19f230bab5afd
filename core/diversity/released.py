"""What a release held as it went out: tasks that were edited since are looked at with the text of then."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from core.diversity import seedscores
from core.diversity.rows import looks
from core.diversity.selection import Looked, TaskSelection
from core.pool import former
from core.pool.tasks import instruction_hash

ParsedPair = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class ReleasedTexts:
    """Of a selection of a release what is another text today. `today`: its tasks as they are, `then`: as they went out,
    in the same order; `unread`: those of them whose former instruction no parser has read.

    `texts`: (input, output) that went out, by instance; `unknown`: instances of which no former text has the hash that
    went out, so that today's stands for it.
    """

    today: tuple[Looked, ...] = ()
    then: tuple[Looked, ...] = ()
    unread: frozenset[int] = frozenset()
    texts: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    unknown: int = 0

    @property
    def instructions(self) -> dict[int, str]:
        return {one.task_id: one.instruction for one in self.then}

    def instead(self, found: Sequence[Looked], fits: Callable[[Looked], bool]) -> list[Looked]:
        """What a query found of today's texts, as it is with those that went out; `fits`: what it asked for."""
        changed = self.instructions
        kept = [one for one in found if one.task_id not in changed]
        return sorted([*kept, *filter(fits, self.then)], key=lambda one: one.task_id)


def texts(c: sa.Connection, pool_id: int, wanted: TaskSelection, parser: str) -> ReleasedTexts:
    """What was edited since the selection's release; nothing where it is of no release."""
    if wanted.release_id is None:
        return ReleasedTexts()
    found = former.as_released(c, wanted.release_id)
    known = [one for one in found if one.is_known]
    former_of = {one.task_id: one.instruction for one in known}
    today = [
        one
        for one in looks.listed_of(c, pool_id, wanted, parser, list(former_of))
        if one.instruction != former_of[one.task_id]
    ]
    words = [former_of[one.task_id] for one in today]
    pairs = looks.pairs_of(c, parser, [instruction_hash(text) for text in words])
    near = seedscores.nearest(c, pool_id, words)
    seeds = looks.seeds_among(c, [one.task_id for one in today])
    then, unread = [], set()
    for one, text, (seed_id, seed, score) in zip(today, words, near, strict=True):
        pair = pairs.get(instruction_hash(text))
        if pair is None:
            unread.add(one.task_id)
        verb, noun = pair or (None, None)
        measured = (seed_id, seed, score) if one.task_id not in seeds else (None, None, None)
        then.append(Looked(one.task_id, text, verb, noun, *measured))
    return ReleasedTexts(
        tuple(today),
        tuple(then),
        frozenset(unread),
        {one.instance_id: (one.input, one.output) for one in known},
        len(found) - len(known),
    )


def pair_counts(
    counts: Mapping[ParsedPair, int], waiting: int, its: ReleasedTexts, read_today: frozenset[int]
) -> tuple[dict[ParsedPair, int], int]:
    """How many tasks have each pair, and how many wait for the parser, with the texts that went out."""
    found = dict(counts)
    for one in its.today:
        if one.task_id in read_today:
            found[one.verb, one.noun] -= 1
        else:
            waiting -= 1
    for one in its.then:
        if one.task_id in its.unread:
            waiting += 1
        else:
            found[one.verb, one.noun] = found.get((one.verb, one.noun), 0) + 1
    return {pair: n for pair, n in found.items() if n}, waiting
