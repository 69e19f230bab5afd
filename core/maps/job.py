"""Making a pool's map as a run: words, vectors, layout in a process of its own, with progress and a stop.

A resume begins anew: it takes a minute or two for 50,000 tasks. Until a map is whole the pool keeps the one it had.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from core.database import Database
from core.maps.recipe import LEAST_TEXTS, METHOD, MapRecipe, recipe_of
from core.maps.rows import maps
from core.records import Refused, Run, RunState, WinnowError
from core.runs import control, runner
from core.runs.aside import Aside
from core.runs.runner import Job, Outcome

SAY_S, POLL_S = 0.5, 0.1
LONGEST = 8_000  # characters of an instruction that count


class MapFailed(WinnowError):
    """The map's process could not start or died; the map that the pool had is as it was."""


def latest(database: Database, pool_id: int) -> Run | None:
    """The pool's newest run that makes its map, as it stands."""
    return next(iter(control.of_pool(database, pool_id, METHOD, limit=1)), None)


def begin(database: Database, pool_id: int, recipe: MapRecipe, *, here: bool = False) -> Run:
    """Queue a run that makes the pool's map. Refused while one works, and where there is too little to place."""
    recipe_of(recipe.as_mapping())
    with database.read() as c:
        n = len(maps.texts(c, pool_id))
    if n < LEAST_TEXTS:
        raise Refused(_too_few(n))
    return control.start(database, pool_id, METHOD, recipe.as_mapping(), here=here)


def make_here(
    database: Database, pool_id: int, recipe: MapRecipe, on_progress: Callable[[Mapping[str, Any]], None]
) -> Run:
    """Make the pool's map before returning (the command line's way); return the run as it ended."""
    return runner.work_here(database, begin(database, pool_id, recipe, here=True).id, on_progress)


def work(job: Job) -> Outcome:
    """Make the map that the run's settings describe, of the texts that the pool has now."""
    began, recipe = time.monotonic(), recipe_of(job.run.settings)
    with job.database.read() as c:
        found = maps.texts(c, job.run.pool_id)
    hashes, texts = [key for key, _ in found], [text[:LONGEST] for _, text in found]
    if len(texts) < LEAST_TEXTS:
        raise Refused(_too_few(len(texts)))
    job.report(texts=len(texts), stage="words", done=0, of=0)
    made = _made(job, {"texts": texts, "recipe": recipe.as_mapping()})
    if made is None:
        return job.put_down("Stopped; the map that was there stays. Resume makes the new one from its beginning.")
    seconds = time.monotonic() - began
    with job.write() as c:
        maps.keep(c, job.run.pool_id, job.run.id, recipe.as_mapping(), made, hashes, seconds)
        job.report(c, stage="done", done=len(texts), of=len(texts))
    return Outcome(RunState.DONE, f"{len(texts):,} instructions placed in {seconds:,.0f} seconds.")


def _made(job: Job, asked: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What the map's process answers; None where the run was asked to end."""
    said = 0.0
    with Aside("core.maps.worker", [asked]) as process:
        while True:
            if job.asked:
                return None
            reply = process.reply(POLL_S)
            if reply is None:
                continue
            if "gone" in reply:
                raise MapFailed(
                    f"The process that makes the map ended ({reply['gone']}); resume tries again, and doctor tells "
                    "whether the packages are whole."
                )
            if "x" in reply:
                return reply
            if reply["stage"] != job.counts.get("stage") or time.monotonic() - said >= SAY_S:
                said = time.monotonic()
                job.report(**reply)


def _too_few(n: int) -> str:
    return f"The pool has {n} different instructions, and a map needs at least {LEAST_TEXTS}; grow the pool, or import."
