"""How close each task is to its nearest seed: kept at admission, found here where it is not known (any more)."""

from __future__ import annotations

import time
from collections.abc import Sequence

import sqlalchemy as sa

from core.database import Database
from core.diversity.rows import looks
from core.gate.admission import tokeniser_of
from core.novelty import NoveltyIndex, Tokeniser
from core.pool import pools, tasks
from core.pool.measured import epoch, keep_seeds, promotions
from core.records import Origin, Pool

AT_ONCE = 1_000  # tasks that are read, measured and kept together
_BREATH_S = 0.1  # at the most between two of them


def measure(database: Database, pool: Pool) -> int:
    """Find and keep the nearest seed of every task that has none; return how many were measured.

    A seed that was promoted from a task is not that task's nearest: it is its copy, not what it was grown from.
    Nothing is kept where the seeds or the tokeniser changed meanwhile: the next call measures by the new ones.

    It rests between parts as long as a part took, for pages are drawn by the same program: a server's rows are read by
    a driver that is written in Python, and whoever asks for a page would wait for it at every statement.
    """
    with database.read() as c:
        began, pool = epoch(c, pool.id), pools.by_id(c, pool.id)
        missing = looks.unmeasured(c, pool.id, 0, AT_ONCE)
        if not missing:
            return 0
        seeds = tasks.instructions(c, pool.id, origins=(Origin.SEED,))
        promoted = promotions(c, pool.id)
    if not seeds:
        return 0
    index = NoveltyIndex(tokeniser_of(pool))
    for key, text in seeds:
        index.add(key, text)
    own = {task_id: seed_id for seed_id, task_id in promoted.items()}
    n_measured = 0
    while missing:
        since = time.monotonic()
        nearest = index.nearest_of_each([text for _, text in missing])
        found: dict[int, tuple[int | None, float]] = {
            task_id: (near.key, near.score) for (task_id, _), near in zip(missing, nearest, strict=True)
        }
        for task_id, text in missing:
            if task_id in own:
                found[task_id] = _nearest_other(seeds, own[task_id], text, tokeniser_of(pool))
        with database.write() as c:
            if epoch(c, pool.id) != began:
                return n_measured
            keep_seeds(c, pool.id, found)
        n_measured += len(missing)
        if len(missing) < AT_ONCE:
            break
        time.sleep(min(time.monotonic() - since, _BREATH_S))
        with database.read() as c:
            missing = looks.unmeasured(c, pool.id, missing[-1][0], AT_ONCE)
    return n_measured


def nearest(c: sa.Connection, pool_id: int, texts: Sequence[str]) -> list[tuple[int | None, str | None, float | None]]:
    """(seed, its instruction, ROUGE-L F1) nearest to each of these texts among a pool's seeds; kept nowhere."""
    seeds = tasks.instructions(c, pool_id, origins=(Origin.SEED,)) if texts else []
    if not seeds:
        return [(None, None, None)] * len(texts)
    index = NoveltyIndex(tokeniser_of(pools.by_id(c, pool_id)))
    for key, text in seeds:
        index.add(key, text)
    words = dict(seeds)
    return [(near.key, words.get(near.key), near.score) for near in index.nearest_of_each(texts)]


def _nearest_other(seeds: list[tuple[int, str]], own: int, text: str, tokeniser: Tokeniser) -> tuple[int | None, float]:
    index = NoveltyIndex(tokeniser)
    for key, seed in seeds:
        if key != own:
            index.add(key, seed)
    near = index.nearest(text)
    return (near.key, near.score) if near else (None, 0.0)
