"""Making a pool's map as a run: words or embeddings, then a layout in a process of its own, with progress and a stop.

A resume begins the layout anew, which takes a minute or two for 50,000 tasks; embeddings that were paid for are kept,
and never asked for again. Until a map is whole the pool keeps the one it had.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from core.aside import Aside
from core.database import Database
from core.database.parts import in_parts
from core.llm import target as models
from core.llm import vectors
from core.llm.eventloop import finished
from core.llm.target import Target, target_of
from core.maps import embedding
from core.maps.embedding import EmbeddingsAhead
from core.maps.recipe import LEAST_TEXTS, METHOD, MapRecipe, recipe_of
from core.maps.rows import maps
from core.records import Budget, Refused, Run, RunState, WinnowError
from core.runs import control, runner
from core.runs.runner import Job, Outcome
from core.words import number_of

SAY_S, POLL_S = 0.5, 0.1
LONGEST = 8_000  # characters of an instruction that count
PIECE = 1_000  # embeddings that are handed to the map's process together
AT_ONCE = 5_000  # points in one transaction: some tens of milliseconds under the write lock


class MapFailed(WinnowError):
    """The map's process could not start or died; the map that the pool had is as it was."""


def latest(database: Database, pool_id: int) -> Run | None:
    """The pool's newest run that makes its map, as it stands."""
    return next(iter(control.of_pool(database, pool_id, METHOD, limit=1)), None)


def too_few(database: Database, pool_id: int) -> str:
    """Why a pool has too little for a map, and what to do then; "" where it has enough."""
    with database.read() as c:
        n = maps.has_texts(c, pool_id, LEAST_TEXTS)
    return _too_few(n) if n < LEAST_TEXTS else ""


def whole(database: Database, recipe: MapRecipe) -> MapRecipe:
    """A recipe with the address of its embeddings in it, so that it says the same when another endpoint is chosen.

    Raises Refused where the recipe wants embeddings and its endpoint has none.
    """
    if not recipe.embeddings:
        return replace(recipe, address="", prefix="")
    return replace(recipe, address=embedding.target_for(database, recipe).resolved().shown_url)


def embeddings_ahead(database: Database, pool_id: int, recipe: MapRecipe, *, anew: bool = False) -> EmbeddingsAhead:
    """What the embeddings of a map would take, of the texts that the pool has now; nothing is sent.

    `anew`: as if none were kept. Raises Refused as `whole` does.
    """
    target = embedding.target_for(database, recipe)
    with database.read() as c:
        texts = _texts(maps.texts(c, pool_id))
    return embedding.ahead(database, pool_id, target, recipe, texts, anew=anew)


def begin(
    database: Database,
    pool_id: int,
    recipe: MapRecipe,
    budget: Budget | None = None,
    *,
    anew: bool = False,
    here: bool = False,
) -> Run:
    """Queue a run that makes the pool's map. Refused while one works, and where there is too little to place.

    `anew`: the embeddings that are kept are forgotten first, and all are asked and paid for again.
    """
    recipe = recipe_of(whole(database, recipe).as_mapping())
    if wanting := too_few(database, pool_id):
        raise Refused(wanting)
    settings: dict[str, Any] = recipe.as_mapping()
    if recipe.embeddings:
        target = models.checked_target(embedding.target_for(database, recipe))
        settings |= {"target": models.stored_form(target), "anew": anew}
    return control.start(database, pool_id, METHOD, settings, budget, here=here)


def make_here(
    database: Database,
    pool_id: int,
    recipe: MapRecipe,
    on_progress: Callable[[Mapping[str, Any]], None],
    budget: Budget | None = None,
    *,
    anew: bool = False,
) -> Run:
    """Make the pool's map before returning (the command line's way); return the run as it ended."""
    run = begin(database, pool_id, recipe, budget, anew=anew, here=True)
    return runner.work_here(database, run.id, on_progress)


def work(job: Job) -> Outcome:
    """Make the map that the run's settings describe, of the texts that the pool has now."""
    began, recipe = time.monotonic(), recipe_of(job.run.settings)
    target = target_of(job.run.settings["target"]) if recipe.embeddings else None
    with job.database.read() as c:
        texts = _texts(maps.texts(c, job.run.pool_id))
    if len(texts) < LEAST_TEXTS:
        raise Refused(_too_few(len(texts)))
    job.report(texts=len(texts), stage="words", done=0, of=0)
    left_out: set[str] = set()
    if target is not None:
        _forget_once(job, target, recipe)
        asking = embedding.Asking(job, target, recipe, texts)
        if ending := finished(asking.go()):
            return ending
        left_out = asking.left_out
        texts = {key: text for key, text in texts.items() if key not in left_out}
        if len(texts) < LEAST_TEXTS:
            raise Refused(f"{_no_embedding(len(left_out))}, which leaves too few to place; try another model.")
    made = _made(job, target, recipe, texts)
    if made is None:
        return job.put_down("Stopped; the map that was there stays. Resume makes the new one from its beginning.")
    seconds = time.monotonic() - began
    _keep(job, recipe, made, list(texts), seconds, sorted(left_out))
    told = f"{number_of(len(texts), 'instruction')} placed in {seconds:,.0f} seconds."
    return Outcome(RunState.DONE, " ".join([told, *_notes(job, target, recipe, texts, left_out)]))


def _keep(
    job: Job, recipe: MapRecipe, made: Mapping[str, Any], texts: Sequence[str], seconds: float, left_out: Sequence[str]
) -> None:
    """Keep the map in the place of the one that the pool had, in parts: that one is shown until this one is whole."""
    points = list(zip(texts, made["x"], made["y"], made["density"], strict=True))
    with job.write() as c:
        its = (job.run.pool_id, job.run.id, recipe.as_mapping(), made, len(texts), seconds)
        map_id = maps.begin(c, *its, left_out=left_out)
    for some in in_parts(points, AT_ONCE):
        with job.write() as c:
            maps.add(c, map_id, some)
    with job.write() as c:
        maps.settle(c, map_id)
        job.report(c, stage="done", done=len(texts), of=len(texts))
    with job.database.read() as c:
        former = maps.former(c, job.run.pool_id, map_id)
    for old in former:
        is_gone = False
        while not is_gone:
            with job.write() as c:
                is_gone = maps.drop(c, old, AT_ONCE)


def _texts(found: Sequence[tuple[str, str]]) -> dict[str, str]:
    return {key: text[:LONGEST] for key, text in found}


def _forget_once(job: Job, target: Target, recipe: MapRecipe) -> None:
    """Forget what is kept where that is wanted, when the run is begun and not when it is resumed."""
    if job.run.settings.get("anew") and not job.counts.get("forgot"):
        with job.write() as c:
            vectors.forget(c, job.run.pool_id, embedding.source_of(target, recipe))
            job.report(c, forgot=True)


def _notes(
    job: Job, target: Target | None, recipe: MapRecipe, texts: Mapping[str, str], left_out: set[str]
) -> Iterator[str]:
    """What is told of embeddings when the map is made: texts that have none, and those that were read in part."""
    if left_out:
        yield f"{_no_embedding(len(left_out))} and are not on the map."
    if target is not None:
        with job.database.read() as c:
            read_to = vectors.kept(c, job.run.pool_id, embedding.source_of(target, recipe))
        if cut := sum(read_to[key] is not None for key in texts):
            yield f"{cut:,} were too long for the model and are placed by their beginning."


def _made(job: Job, target: Target | None, recipe: MapRecipe, texts: Mapping[str, str]) -> Mapping[str, Any] | None:
    """What the map's process answers; None where the run was asked to end."""
    said = 0.0
    with Aside("core.maps.worker", _handed(job, target, recipe, texts)) as process:
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


def _handed(
    job: Job, target: Target | None, recipe: MapRecipe, texts: Mapping[str, str]
) -> Iterator[Mapping[str, Any]]:
    """What the map's process is handed: texts and recipe, and embeddings piece by piece."""
    asked = {"texts": list(texts.values()), "recipe": recipe.as_mapping()}
    if target is None:
        yield asked
        return
    pool_id, source = job.run.pool_id, embedding.source_of(target, recipe)
    with job.database.read() as c:
        yield {**asked, "dimensions": vectors.length(c, pool_id, source) // vectors.PACKED.itemsize}
        found = vectors.vectors(c, pool_id, source, list(texts))
        while piece := b"".join(islice(found, PIECE)):
            yield {"vectors": base64.b64encode(piece).decode()}


def _no_embedding(n: int) -> str:
    return f"{number_of(n, 'text', 'have')} no embedding, for the model gave none that is of use"


def _too_few(n: int) -> str:
    return (
        f"The pool has {number_of(n, 'different instruction')}, and a map needs at least {LEAST_TEXTS}; grow "
        f"the pool, or import."
    )
