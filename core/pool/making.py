"""Making a pool, and where it stands on the way from seeds to release."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.database import Database
from core.gate.admission import tokeniser_of
from core.llm.rows import requests
from core.pool import pools as store
from core.pool import reviews
from core.pool import tasks as task_store
from core.records import NotFound, Origin, Pool, State, Usage
from core.release.rows import releases
from core.seeds import seeds
from core.seeds.seeds import Seed

BLIND = 0.1  # the share of unseen letters from which novelty is no longer judged on the text


@dataclass(frozen=True, slots=True)
class Funnel:
    """Counts of a pool on its way; discards by rule id, grades of current ratings by letter.

    `released`: instances in the newest release.
    """

    seeds: int
    candidates: int
    accepted: int
    discarded: int
    instances: int
    reviewed: int
    approved: int
    released: int
    discards: Mapping[str, int]
    instance_discards: Mapping[str, int]
    grades: Mapping[str, int]
    usage: Usage


def make(database: Database, name: str, own_seeds: Iterable[Seed] | None = None, **settings: object) -> Pool:
    """Make a pool with the built-in seeds, or with `own_seeds` (an empty list makes a pool without any)."""
    given = tuple(seeds.built_in() if own_seeds is None else own_seeds)
    with database.write() as c:
        pool = store.create(c, name, {"tokeniser": fitting_tokeniser(seed.instruction for seed in given), **settings})
        seeds.add(c, pool.id, given)
    return pool


def get_or_make(
    database: Database, name: str, own_seeds: Iterable[Seed] | None = None, **settings: object
) -> tuple[Pool, bool]:
    """The pool of that name and whether it was made now, because there was none."""
    try:
        with database.read() as c:
            return store.get(c, name), False
    except NotFound:
        return make(database, name, own_seeds, **settings), True


def switch_off_built_in(database: Database, pool_id: int, except_for: Iterable[Seed], actor: str = "") -> int:
    """Switch off the seeds that came with Winnow, so that a pool's own take their place; return how many."""
    keep = {seed.instruction for seed in except_for}
    built_in = {seed.instruction for seed in seeds.built_in()} - keep
    with database.read() as c:
        off = [task.id for task in seeds.of_pool(c, pool_id) if task.instruction in built_in]
    for task_id in off:
        seeds.switch(database, task_id, False, actor)
    return len(off)


def fitting_tokeniser(texts: Iterable[str]) -> str:
    """`unicode` where more than a tenth of the letters are ones that the paper's tokeniser can't see, else `paper`."""
    letters = [character for text in texts for character in text if character.isalpha()]
    unseen = sum(not character.isascii() for character in letters)
    return "unicode" if unseen > BLIND * len(letters) else "paper"


def unseen_letters(database: Database, pool: Pool) -> float:
    """The share of the letters in a pool's seeds and newest tasks that its tokeniser can't see, 0 to 1."""
    from core.novelty import unseen_share

    with database.read() as c:
        texts = [task.instruction for task in seeds.of_pool(c, pool.id)]
        texts += task_store.newest_texts(c, pool.id, 200)
    return unseen_share(texts, tokeniser_of(pool))


def blindness(database: Database, pool: Pool) -> str:
    """What a person must know where the pool's tokeniser can't see a good part of its text, "" where it can."""
    share = unseen_letters(database, pool)
    if share <= BLIND:
        return ""
    return (
        f"The tokeniser of this pool ({tokeniser_of(pool)}) can't see {share:.0%} of the letters in its tasks, so that "
        "repetitions pass as new; choose the tokeniser unicode on the page Pools and import."
    )


def funnel(database: Database, pool_id: int) -> Funnel:
    """Where a pool stands. Counts only; no text is read."""
    with database.read() as c:
        by_origin = task_store.counts(c, pool_id)
        seeds_on = by_origin.pop(Origin.SEED.value, {}).get(State.ACCEPTED.value, 0)
        states = {s: sum(by_state.get(s.value, 0) for by_state in by_origin.values()) for s in State}
        judged = reviews.standing_counts(c, pool_id)
        return Funnel(
            seeds=seeds_on,
            candidates=sum(states.values()),
            accepted=states[State.ACCEPTED],
            discarded=states[State.DISCARDED],
            instances=judged.instances,
            reviewed=judged.reviewed,
            approved=judged.approved,
            released=releases.rows_of_latest(c, pool_id),
            discards=task_store.discards_by_rule(c, pool_id),
            instance_discards=task_store.instance_discards_by_rule(c, pool_id),
            grades=judged.grades,
            usage=requests.usage(c, pool_id=pool_id),
        )
