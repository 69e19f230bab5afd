"""Pools for the release tests, and a plain reading of what a rule admits from the history alone."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rouge_score.rouge_scorer import RougeScorer

from core import pools
from core.database import Database, open_database
from core.database.schema import instances as instance_table
from core.database.schema import ratings as rating_table
from core.database.schema import tasks as task_table
from core.pool import arrivals, edits, judging, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.pool.judgement import FINAL, OPEN_DESK, Judgement
from core.records import Grade, Origin, Pool, text_hash
from core.release.predicate import Disagreement, Predicate
from core.review.rows import acts
from core.seeds import seeds
from tests import databases

PEOPLE = ("ann", "bob", "cleo")
WORDS = (
    "write",
    "list",
    "name",
    "explain",
    "describe",
    "sort",
    "a",
    "the",
    "of",
    "river",
    "city",
    "tree",
    "song",
    "word",
)


def opened(folder: Path) -> Database:
    return open_database(databases.address(folder))


def rated_pool(database: Database, name: str = "kind", grades: str = "AABBCD", n: int = 12, demo: bool = False) -> Pool:
    """Return a pool of `n` one-instance tasks; the first have these grades from ann, the others are not rated."""
    pool = pools.make(database, name, own_seeds=[seeds.Seed("s", "Name a river.", (("", "Danube"),), False)])
    with database.write() as c:
        new = [
            NewTask(
                Origin.SELF_INSTRUCT,
                f"Describe the colour number {k} in one sentence.",
                k % 3 == 0,
                (NewInstance(f"input {k}", f"output {k}"),),
                demo=demo,
                completed=True,
            )
            for k in range(n)
        ]
        found = tasks.by_ids(c, arrivals.add(c, pool.id, new))
        for task, grade in zip(found, grades, strict=False):
            its = task.instances[0]
            judging.rate(c, its.id, "ann", its.text_hash, Judgement(Grade(grade), note="a private note"))
    return pool


def random_pool(database: Database, draw: random.Random) -> Pool:
    """Return a pool to which everything that can happen to a pool has happened at random."""
    own = [seeds.Seed(f"s{k}", _sentence(draw), (("", "x"), ("y", "z")), draw.random() < 0.5) for k in range(2)]
    pool = pools.make(database, f"pool {draw.getrandbits(60)}", own_seeds=own)
    with database.write() as c:
        new = [
            NewTask(
                draw.choice([Origin.SELF_INSTRUCT, Origin.REINSTRUCT, Origin.IMPORT]),
                _sentence(draw),
                draw.choice([True, False, None]),
                tuple(
                    NewInstance(f"in {k}.{i}" if i else "", draw.choice(["", " \u00a0\n", "ok", f"out {k}.{i}"]))
                    for i in range(draw.randrange(1, 4))
                ),
                demo=draw.random() < 0.3,
                completed=True,
            )
            for k in range(draw.randrange(1, 9))
        ]
        task_ids = arrivals.add(c, pool.id, new)
        its = [one.id for task in tasks.by_ids(c, task_ids) for one in task.instances]
        for _ in range(draw.randrange(3 * len(its))):
            _happen(c, pool, draw, draw.choice(its), task_ids)
    return pool


def _happen(c: sa.Connection, pool: Pool, draw: random.Random, instance_id: int, task_ids: list[int]) -> None:
    now = tasks.instance(c, instance_id)
    person, round = draw.choice(PEOPLE), draw.choice([OPEN_DESK, OPEN_DESK, OPEN_DESK, FINAL, "again", "audit:1"])
    match draw.randrange(10):
        case 0:
            edits.change_instance(c, now.task_id, instance_id, now.input, draw.choice(["ok", "new", " "]), person)
        case 1:
            last = judging.latest(c, pool.id, person, (round,))
            _ = last and judging.take_back(c, pool.id, person, last)
        case 2:
            judging.skip(c, instance_id, person, now.text_hash, round)
        case 3:
            acts.flag(c, pool.id, [instance_id], "look", "ann", draw.random() < 0.5)
        case 4 if draw.random() < 0.3:
            acts.reject(c, pool.id, [instance_id], "bad", "ann")
        case 5:
            task = tasks.get(c, draw.choice(task_ids))
            edits.change_task(c, task, draw.choice([task.instruction, _sentence(draw)]), task.is_classification, person)
        case _:
            grade = draw.choice([*Grade, None])
            said = Judgement(grade, draw.choice([None, True, False]) if grade else draw.random() < 0.5)
            flagged = ("odd",) if draw.random() < 0.1 else ()
            judging.rate(c, instance_id, person, now.text_hash, Judgement(said.grade, said.valid, flags=flagged), round)


def random_rule(draw: random.Random) -> Predicate:
    """Return a rule with some of its fields set."""

    def maybe(value: Any, otherwise: Any = None) -> Any:
        return value if draw.random() < 0.25 else otherwise

    return Predicate(
        origins=maybe((Origin.SELF_INSTRUCT, Origin.IMPORT), ()),
        min_ratings=draw.choice([0, 0, 1, 1, 2]),
        valid=draw.random() < 0.5,
        min_grade=draw.choice([None, None, Grade.A, Grade.B, Grade.C]),
        disagreement=draw.choice(list(Disagreement)),
        no_open_flags=draw.random() < 0.5,
        max_per_task=maybe(1),
        max_classification=maybe(draw.randrange(4)),
        max_classification_share=maybe(draw.choice([0.0, 0.25, 0.5, 1.0])),
        novelty=maybe(draw.choice([0.3, 0.5, 0.7])),
        away_from=maybe(("describe the river of a city",), ()),
        away_threshold=0.4,
        include_seeds=draw.random() < 0.3,
        include_demo=draw.random() < 0.5,
    )


def plainly_admitted(c: sa.Connection, pool: Pool, rule: Predicate) -> list[int]:
    """Return the instance ids that a rule admits, read plainly: from the texts, and the ratings nobody took back."""
    its_tasks = {row.id: row for row in c.execute(sa.select(task_table).where(task_table.c.pool_id == pool.id))}
    every = [row for row in c.execute(sa.select(instance_table)) if row.pool_id == pool.id]
    every.sort(key=lambda row: (not row.is_seed, row.task_id, row.position))
    said = list(c.execute(sa.select(rating_table).where(rating_table.c.pool_id == pool.id).order_by(rating_table.c.id)))
    flags = {row[0] for row in c.execute(sa.text("SELECT instance_id FROM flagged"))}
    out = [
        row
        for row in every
        if row.state == "accepted" == its_tasks[row.task_id].state
        and (rule.include_seeds or not row.is_seed)
        and _alone(row, its_tasks[row.task_id], said, flags, rule)
    ]
    scorer: Any = RougeScorer(["rougeL"])

    def near(one: str, other: str) -> float:
        return float(scorer.score(other, one)["rougeL"].fmeasure)

    far = {
        task_id: all(near(its_tasks[task_id].instruction, text) <= rule.away_threshold for text in rule.away_from)
        for task_id in {row.task_id for row in out}
    }
    out = [row for row in out if far[row.task_id]]
    if rule.novelty is not None:
        kept: list[int] = []
        for task_id in dict.fromkeys(row.task_id for row in out):
            text = its_tasks[task_id].instruction
            if all(near(text, its_tasks[other].instruction) <= rule.novelty for other in kept):
                kept.append(task_id)
        out = [row for row in out if row.task_id in kept]
    if rule.max_per_task is not None:
        seen: Counter[int] = Counter()
        out = [row for row in out if not seen.update([row.task_id]) and seen[row.task_id] <= rule.max_per_task]
    while not _balanced(out, its_tasks, rule):
        last = max(place for place, row in enumerate(out) if its_tasks[row.task_id].is_classification)
        del out[last]
    return [row.id for row in out]


def _alone(row: Any, task: Any, said: list[Any], flags: set[int], rule: Predicate) -> bool:
    if (task.demo and not rule.include_demo) or not row.output.strip():
        return False
    if rule.no_open_flags and row.id in flags:
        return False
    if row.is_seed:
        return True
    if rule.origins and task.origin not in rule.origins:
        return False
    standing: dict[tuple[str, str], Any] = {}
    undone = {one.undoes for one in said if one.kind == "undo"}
    for one in said:
        if one.instance_id == row.id and one.kind != "undo" and one.id not in undone and one.round in ("", "final"):
            before = standing.get((one.reviewer, one.round))
            if before is None or not one.from_file or one.at > before.at:
                standing[one.reviewer, one.round] = one
    now = text_hash(task.instruction, row.input, row.output)
    current = [one for one in standing.values() if one.kind == "rate" and one.text_hash == now]
    rated = [one for one in current if one.round == ""]
    if len({one.reviewer for one in rated}) < rule.min_ratings:
        return False
    final = [one for one in current if one.round == "final"]
    heard = ([max(final, key=lambda one: one.id)] if final else rated) if rated else []
    return not heard or _passes(heard, bool(final), rule)


def _passes(heard: list[Any], settled: bool, rule: Predicate) -> bool:
    def ok(grade: str, valid: bool) -> bool:
        return (valid or not rule.valid) and (rule.min_grade is None or grade <= rule.min_grade)

    valid = [bool(one.valid) for one in heard]
    grades = [one.grade or ("B" if is_valid else "D") for one, is_valid in zip(heard, valid, strict=True)]
    each = [ok(*pair) for pair in zip(grades, valid, strict=True)]
    match rule.disagreement:
        case "majority":
            return sum(each) > len(each) / 2
        case "median":
            return ok(sorted(grades)[len(grades) // 2], sum(valid) > len(valid) / 2)
        case "adjudicated":
            differ = len({one.grade for one in heard} - {None}) > 1 or len(set(valid)) > 1
            return all(each) and (settled or not differ)
        case _:
            return all(each)


def _balanced(out: list[Any], its_tasks: dict[int, Any], rule: Predicate) -> bool:
    n = sum(bool(its_tasks[row.task_id].is_classification) for row in out)
    if rule.max_classification is not None and n > rule.max_classification:
        return False
    return rule.max_classification_share is None or not n or n <= rule.max_classification_share * len(out)


def _sentence(draw: random.Random) -> str:
    return " ".join(draw.choices(WORDS, k=draw.randrange(4, 9)))
