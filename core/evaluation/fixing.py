"""From a result back to the data: the tasks most like those on which a model failed, as a queue at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.database import Database
from core.diversity.lexicon import verb_noun_by_lexicon
from core.evaluation import grading
from core.evaluation.blindness import owing
from core.evaluation.judged import judgements
from core.evaluation.rows import sets
from core.evaluation.words import StillRating
from core.novelty import NoveltyIndex, Tokeniser
from core.pool import pools, tasks
from core.records import Origin, Refused
from core.review import queues

LIKE_EACH = 5
_MADE = tuple(origin for origin in Origin if origin is not Origin.SEED)


@dataclass(frozen=True, slots=True)
class ToFix:
    """A queue of what to look at next: `failed` tasks of the set led to `tasks` tasks of the pool."""

    queue_id: int
    failed: int
    tasks: int


def queue_like_failures(
    database: Database, pool_id: int, set_name: str, model: str, reader: str, like_each: int = LIKE_EACH
) -> ToFix | StillRating:
    """Make a queue over the pool's tasks that are most like those that people graded C or D for this model.

    For each failed task the `like_each` closest by ROUGE-L, and as many of those with the same root verb.
    StillRating while the reader owes judgements; Refused where nothing failed, or the pool has no task.
    """
    with database.read() as c:
        of = sets.get(c, set_name)
        owed = owing(c, of, reader)
        if owed is not None:
            return owed
        found = judgements(c, of)
        failed = grading.failed(found.graded, found.last_words, model)
        if not failed:
            raise Refused(f"Nobody has graded a response of {model} C or D on {set_name}, so there is nothing to fix.")
        asked = [sets.task(c, task).instruction for task in failed]
        pool = pools.by_id(c, pool_id)
        there = tasks.instructions(c, pool_id, origins=_MADE)
    if not there:
        raise Refused(f"The pool {pool.name} has no task to look at; generate or import some first.")
    chosen = like(asked, there, like_each)
    queue_id = queues.over_tasks(database, pool_id, f"like what {model} failed on {set_name}", chosen, reader)
    return ToFix(queue_id, len(failed), len(chosen))


def like(asked: Sequence[str], there: Sequence[tuple[int, str]], each: int = LIKE_EACH) -> list[int]:
    """Return the ids of the instructions most like those asked for, the likest first, each once."""
    index = NoveltyIndex(Tokeniser.UNICODE)
    by_verb: dict[str, list[int]] = {}
    for key, text in there:
        index.add(key, text)
        by_verb.setdefault(_verb(text), []).append(key)
    best: dict[int, float] = {}
    for instruction in asked:
        close = index.closest(instruction, max(each, 200))
        verb = _verb(instruction)
        same = set(by_verb.get(verb, ())) if verb else set()
        picked = [*close[:each], *[near for near in close if near.key in same][:each]]
        for near in picked:
            best[near.key] = max(best.get(near.key, 0.0), near.score)
    return sorted(best, key=lambda key: (-best[key], key))


def _verb(text: str) -> str:
    """The likely root verb, as the word list reads it: a parse would say a little more and cost minutes."""
    return verb_noun_by_lexicon(text).verb or ""
