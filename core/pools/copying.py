"""Making a pool of another pool's candidates, as if its gate had used another threshold."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from core.database import Database
from core.gate.admission import too_close
from core.gate.rules import SIMILAR_FLOOR
from core.gate.stored_texts import texts_at
from core.gate.whatif import OnProgress, Replayable, load
from core.novelty import Admissions
from core.pool import arrivals, measured, tasks, unfinished
from core.pool import pools as pool_store
from core.pool.arrivals import NewInstance, NewTask
from core.pool.measured import FROM_TASK
from core.pools.deleting import sweep
from core.records import Decided, Discard, Origin, Pool, Refused, State, Task, WinnowError

COPIED_AT_ONCE = 100


def copy_at(
    database: Database,
    pool: Pool,
    threshold: float,
    name: str,
    on_progress: OnProgress = lambda done, of: None,
    found: Replayable | None = None,
) -> Pool:
    """Make a new pool as if the gate had used `threshold`; the old one stays as it is.

    `found`: its candidates, where they are at hand; those of a large pool have to be.

    Tasks keep their run and request. One that comes in only now may have no instances yet. Ratings stay behind. The
    copy is made in short transactions and appears under its name when it is whole. Where it fails nothing of it stays;
    what a kill has left of an earlier one goes first.
    """
    if not SIMILAR_FLOOR <= threshold <= 1:
        raise Refused(f"Pairs are kept from {SIMILAR_FLOOR} up; choose a threshold from there to 1.")
    with database.read() as c:
        pool_store.check_name(c, name)
    sweep(database)
    found = found or load(database, pool)
    with database.write() as c:
        pool_store.check_name(c, name)
        made = unfinished.begin(c, {**pool.settings, "from_pool": pool.name, "threshold": threshold})
    try:
        return _copied(database, pool, made, name, threshold, found, on_progress)
    except BaseException:
        with suppress(WinnowError):  # the database may be what failed: then the next copy takes it away
            with database.write() as c:
                unfinished.give_up(c, made)
            sweep(database)
        raise


def _copied(
    database: Database,
    pool: Pool,
    made: Pool,
    name: str,
    threshold: float,
    found: Replayable,
    on_progress: OnProgress,
) -> Pool:
    outcome = found.outcome(threshold)
    with database.write() as c:
        unfinished.go_on(c, made)
        seed_tasks = tasks.seeds(c, pool.id)
        copies = arrivals.add(c, made.id, [_seed(task) for task in seed_tasks])
        promoted = measured.promotions(c, pool.id)
    ids = dict(zip((task.id for task in seed_tasks), copies, strict=True))
    for start in range(found.seeds, len(found.ids), COPIED_AT_ONCE):
        places = range(start, min(start + COPIED_AT_ONCE, len(found.ids)))
        nearest = [one for one in outcome.nearest[places.start : places.stop].tolist() if one >= 0]
        evidence = dict(zip(nearest, texts_at(found.texts, nearest), strict=True))
        with database.read() as c:
            old = tasks.by_ids(c, [found.ids[place] for place in places])
        here = {task.id: at for at, task in enumerate(old)}
        new = [
            _copy(task, place, found, outcome, evidence, threshold, ids, here)
            for place, task in zip(places, old, strict=True)
        ]
        with database.write() as c:
            unfinished.go_on(c, made)
            ids.update(zip(here, arrivals.add(c, made.id, new), strict=True))
        on_progress(places.stop - found.seeds, len(found))
    with database.write() as c:
        for seed_id, task_id in promoted.items():
            if seed_id in ids and task_id in ids:  # the copy of a promoted seed is a promoted seed
                told = Discard(FROM_TASK, {"from": ids[task_id], "instances": []})
                tasks.decide(c, made.id, Decided.PROMOTE, told, task_id=ids[seed_id], actor="what if")
        return unfinished.end(c, made, name)


def _seed(task: Task) -> NewTask:
    """A seed as a new seed of another pool."""
    its = tuple(NewInstance(one.input, one.output) for one in task.instances)
    return NewTask(Origin.SEED, task.instruction, task.is_classification, its, name=task.name, completed=True)


def _copy(
    task: Task,
    place: int,
    found: Replayable,
    outcome: Admissions,
    evidence: Mapping[int, str],
    threshold: float,
    ids: Mapping[int, int],
    here: Mapping[int, int],
) -> NewTask:
    """A candidate as it comes into the new pool; `ids` are the new ids of those before, `here` places beside it."""
    kept = [NewInstance(i.input, i.output) for i in task.instances if i.state is State.ACCEPTED or i.with_task]
    new = NewTask(
        task.origin,
        task.instruction,
        task.is_classification,
        tuple(kept),
        state=State.REJECTED if task.state is State.REJECTED else State.ACCEPTED,
        run_id=task.run_id,
        request_id=task.request_id,
        batch=task.batch,
        demo=task.demo,
        completed=bool(kept) or task.origin is not Origin.SELF_INSTRUCT,
        seed_id=ids.get(task.seed_id or 0),
        seed_score=task.seed_score,
    )
    if outcome.kept[place]:
        return new
    near = int(outcome.nearest[place])
    score, near_id = float(outcome.score[place]), found.ids[near]
    why = too_close(threshold, [(ids.get(near_id, 0), score, evidence[near])])
    return new._replace(discard=why, nearest_id=ids.get(near_id), nearest_place=here.get(near_id), nearest_score=score)
