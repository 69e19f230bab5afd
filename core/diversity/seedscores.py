"""How close each task is to its nearest seed: kept at admission, found here where it is not known (any more)."""

from __future__ import annotations

from core.database import Database
from core.diversity.rows import looks
from core.gate.admission import tokeniser_of
from core.novelty import NoveltyIndex
from core.pool import tasks
from core.records import Origin, Pool

CHUNK = 5_000


def measure(database: Database, pool: Pool) -> int:
    """Find and keep the nearest seed of every task that has none; return how many were measured.

    Nothing is kept where the seeds changed meanwhile: the next call measures against the new ones.
    """
    with database.read() as c:
        missing = looks.unmeasured(c, pool.id)
        seeds = tasks.instructions(c, pool.id, origins=(Origin.SEED,))
    if not missing or not seeds:
        return 0
    index = NoveltyIndex(tokeniser_of(pool))
    for key, text in seeds:
        index.add(key, text)
    measured = 0
    for start in range(0, len(missing), CHUNK):
        chunk = missing[start : start + CHUNK]
        nearest = index.nearest_of_each([text for _, text in chunk])
        found = {task_id: (near.key, near.score) for (task_id, _), near in zip(chunk, nearest, strict=True)}
        with database.write() as c:
            if tasks.instructions(c, pool.id, origins=(Origin.SEED,)) != seeds:
                return measured
            looks.keep_seed_scores(c, found)
        measured += len(chunk)
    return measured
