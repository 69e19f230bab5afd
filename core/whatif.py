"""What would the pool be at another novelty threshold? Replayed from stored pairs, without one model call.

Pairs are written as candidates arrive; for imports, or after the seeds or the tokeniser changed, they are found once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from core import seeds
from core.admission import SIMILAR_FLOOR, tokeniser_of, too_close
from core.novelty import CurvePoint, Pairs, curve, stream_pairs
from core.novelty import replay as replay_pairs
from core.records import Origin, Pool, Refused, State
from core.replaying import candidates
from core.selfinstruct.filters import TOO_CLOSE
from core.store import Database, pairs, tasks
from core.store import pools as pool_store
from core.store.tasks import NewInstance, NewTask

THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Candidates:
    """A pool's candidates as the gate saw them: ids and texts in order of arrival, the seeds first, and their pairs."""

    ids: Sequence[int]
    texts: Sequence[str]
    seeds: int
    pairs: Pairs

    def curve(self, thresholds: Sequence[float] = THRESHOLDS) -> tuple[CurvePoint, ...]:
        """How many candidates are kept and dropped at each threshold."""
        return curve(self.pairs, len(self.ids), thresholds, fixed=self.seeds)

    def kept(self, threshold: float) -> dict[int, Verdict]:
        """What becomes of each candidate at a threshold, by task id."""
        outcome = replay_pairs(self.pairs, len(self.ids), threshold, fixed=self.seeds)
        found = {}
        for place in range(self.seeds, len(self.ids)):
            near = int(outcome.nearest[place])
            found[self.ids[place]] = Verdict(
                bool(outcome.kept[place]),
                self.ids[near] if near >= 0 else None,
                self.texts[near] if near >= 0 else "",
                float(outcome.score[place]),
            )
        return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """Kept or not; if not, the task or seed that it is too close to, and how close (ROUGE-L F1)."""

    kept: bool
    nearest_id: int | None
    nearest: str
    score: float


@dataclass(frozen=True, slots=True)
class Change:
    """A candidate whose fate differs between two thresholds."""

    task_id: int
    instruction: str
    nearest: str
    score: float


def state_of(database: Database, pool: Pool) -> tuple[int, int, str]:
    """What the candidates depend on (last id, how many, the seeds and the tokeniser), for a page that keeps them."""
    with database.read() as c:
        fixed, arrived = candidates(c, pool.id)
    known = sha256(repr((fixed, tokeniser_of(pool).value)).encode("utf-8", "surrogatepass")).hexdigest()
    return (arrived[-1][0] if arrived else 0, len(arrived), known)


def load(database: Database, pool: Pool, on_progress: OnProgress | None = None) -> Candidates:
    """The pool's candidates with all their pairs; finds and stores the pairs that are missing."""
    with database.read() as c:
        missing = set(pairs.unpaired(c, pool.id, TOO_CLOSE))
        fixed, arrived = candidates(c, pool.id)
    every = fixed + arrived
    ids, texts = [task_id for task_id, _ in every], [text for _, text in every]
    if missing:
        _find(database, pool, ids, texts, missing, on_progress)
    with database.read() as c:
        later, earlier, score = pairs.of_pool(c, pool.id)
    return Candidates(ids, texts, len(fixed), Pairs.of_keys(ids, later, earlier, score, SIMILAR_FLOOR))


def differences(found: Candidates, before: float, after: float) -> tuple[list[Change], list[Change]]:
    """(those that would go, those that would come) between two thresholds, with the neighbour that decides."""
    then, now = found.kept(before), found.kept(after)
    texts = dict(zip(found.ids, found.texts, strict=True))
    goes = [Change(t, texts[t], now[t].nearest, now[t].score) for t in now if then[t].kept and not now[t].kept]
    comes = [Change(t, texts[t], then[t].nearest, then[t].score) for t in now if now[t].kept and not then[t].kept]
    return goes, comes


def apply(database: Database, pool: Pool, threshold: float, name: str) -> Pool:
    """Make a new pool as if the gate had used `threshold`; the old one stays as it is.

    Tasks keep their run and request. One that comes in only now may have no instances yet. Ratings stay behind.
    """
    if threshold < SIMILAR_FLOOR:
        raise Refused(f"Pairs are kept from {SIMILAR_FLOOR} up; choose a threshold from there.")
    verdicts = load(database, pool).kept(threshold)
    with database.write() as c:
        made = pool_store.create(c, name, {**pool.settings, "from_pool": pool.name, "threshold": threshold})
        seed_tasks = seeds.of_pool(c, pool.id)
        new_seeds = tasks.add(c, made.id, [seeds.as_new(task) for task in seed_tasks])
        ids = dict(zip((task.id for task in seed_tasks), new_seeds, strict=True))
        for start in range(0, len(verdicts), 500):
            for task in tasks.by_ids(c, list(verdicts)[start : start + 500]):
                verdict = verdicts[task.id]
                kept = [
                    NewInstance(i.input, i.output) for i in task.instances if i.state is State.ACCEPTED or i.with_task
                ]
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
                if not verdict.kept:
                    near = ids[verdict.nearest_id or 0]
                    why = too_close(threshold, [(near, verdict.score, verdict.nearest)])
                    new = replace(new, discard=why, nearest_id=near, nearest_score=verdict.score)
                ids[task.id] = tasks.add(c, made.id, [new])[0]
    return made


def _find(
    database: Database,
    pool: Pool,
    ids: Sequence[int],
    texts: Sequence[str],
    missing: set[int],
    on_progress: OnProgress | None,
) -> None:
    """Find and store the pairs from the first candidate on that has none; in chunks, so that nobody waits long."""
    since = next(place for place, task_id in enumerate(ids) if task_id in missing)
    with database.write() as c:
        pairs.forget(c, ids[since:])
    for chunk in stream_pairs(texts, tokeniser_of(pool), SIMILAR_FLOOR, since=since, on_progress=on_progress):
        rows = zip(chunk.later.tolist(), chunk.earlier.tolist(), chunk.score.tolist(), strict=True)
        with database.write() as c:
            pairs.keep(c, [(ids[later], ids[earlier], score) for later, earlier, score in rows])
    with database.write() as c:
        pairs.mark(c, ids[since:])
