"""Nothing slow under the write lock: what one transaction does does not grow with what there is to do.

Measured in steps of SQLite's own machine between the taking of the lock and its end, so that no clock is asked.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core import pools
from core.audit import audit
from core.database import Database
from core.diversity import job, seedscores
from core.evaluation.drawing import draw
from core.evaluation.importing import What, import_file
from core.gate import rescue, whatif
from core.importing import importer
from core.novelty import NoveltyIndex
from core.pool import judging
from core.pool.filters import Filter
from core.pool.judgement import Judgement
from core.pool.queue_items import QueueOrder
from core.pools import changing, copying
from core.records import Grade, Pool
from core.review import bulk, desk, editing, queues, ratings
from core.seeds import promotion, seeds
from tests.diversity.looked_at import lexicon
from tests.fake_openai import FakeOpenAI
from tests.fake_replies import self_instruct_reply, step_of
from tests.review.pool_of_texts import pool_of
from tests.selfinstruct.growing import grow

pytestmark = pytest.mark.sqlite("counts its steps")
STEP = 100


@contextmanager
def holds(database: Database) -> Iterator[list[int]]:
    """For each write transaction until the block ends, the steps that it took under the lock."""
    found: list[int] = []

    def counted(connection: sa.Connection, count: Callable[[], int] | None) -> None:
        raw: Any = connection.connection.driver_connection
        raw.set_progress_handler(count, STEP)

    def begin(connection: sa.Connection) -> None:
        if not connection.get_execution_options().get("writes"):
            return
        found.append(0)

        def count() -> int:
            found[-1] += STEP
            return 0

        counted(connection, count)

    def end(connection: sa.Connection) -> None:
        counted(connection, None)

    heard = (("begin", begin), ("commit", end), ("rollback", end))
    for event, hear in heard:
        sa.event.listen(database.engine, event, hear)
    try:
        yield found
    finally:
        for event, hear in heard:
            sa.event.remove(database.engine, event, hear)


def filled(database: Database, n: int) -> Pool:
    return pools.with_id(database, pool_of(database, n))


def make_a_queue(database: Database, pool: Pool, n: int, tmp_path: Path) -> None:
    queues.make(database, pool.id, "all")
    queues.make(database, pool.id, "in any order", order=QueueOrder.RANDOM)
    queues.make(database, pool.id, "with an input", Filter(has_input=True))


def open_a_queue_of_what_moves(database: Database, pool: Pool, n: int, tmp_path: Path) -> None:
    queue = queues.make(database, pool.id, "near", Filter(seed_from=0.95))
    with database.engine.begin() as c:
        c.execute(sa.text("UPDATE tasks SET seed_score = 1.0"))
    _ = desk.open_queue(database, queue.id, "ann"), queues.report(database, pool.id)


def find_pairs(database: Database, pool: Pool, n: int, tmp_path: Path) -> None:
    whatif.load(database, pool)


def measure_seeds(database: Database, pool: Pool, n: int, tmp_path: Path) -> None:
    with database.engine.begin() as c:
        c.execute(sa.text("UPDATE tasks SET seed_score = NULL"))
    seedscores.measure(database, pool)


def parse(database: Database, pool: Pool, n: int, tmp_path: Path) -> None:
    job.parse_here(database, pool, lexicon(), lambda counts: None)


def bring_a_file(database: Database, pool: Pool, n: int, tmp_path: Path) -> None:
    file = tmp_path / f"{n}.jsonl"
    rows = ({"instruction": f"Name the river number {k} of the land", "output": f"{k}"} for k in range(n))
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    importer.import_tasks(database, pool, file, filtered=False)


def bring_ratings(database: Database, pool: Pool, n: int, tmp_path: Path) -> None:
    with database.read() as c:
        ids = list(c.execute(sa.text("SELECT id FROM instances WHERE NOT is_seed")).scalars())
    ratings.read(database, pool.id, ((k, {"instance": i, "reviewer": "ann", "grade": "A"}) for k, i in enumerate(ids)))


def change_the_seeds(database: Database, pool: Pool, n: int, tmp_path: Path) -> None:
    with database.engine.begin() as c:
        c.execute(sa.text("UPDATE tasks SET paired = true, seed_score = 0.5 WHERE origin <> 'seed'"))
        last = c.execute(sa.text("SELECT id, task_id, text_hash FROM instances ORDER BY id DESC LIMIT 1")).one()
    new = seeds.Seed("", "Name a lake.", (("", "Balaton"),), False)
    [added] = seeds.add(database, pool.id, [new])
    seeds.edit(database, added, replace(new, instruction="Name a deep lake."))
    assert seeds.switch(database, [added], on=False) == seeds.switch(database, [added], on=True) == 1
    with database.write() as c:
        judging.rate(c, last.id, "ann", last.text_hash, Judgement(Grade.A))
    promotion.promote(database, last.task_id)
    changing.change(database, pool.id, {"tokeniser": "unicode"})


def rescue_and_put_back(database: Database, pool: Pool, n: int, tmp_path: Path) -> None:
    with database.engine.begin() as c:
        c.execute(sa.text("UPDATE tasks SET state = 'discarded', rule = 'too-close' WHERE origin <> 'seed'"))
        c.execute(sa.text("UPDATE instances SET state = 'discarded', rule = 'task' WHERE NOT is_seed"))
        ids = list(c.execute(sa.text("SELECT id FROM tasks WHERE state = 'discarded'")).scalars())
        c.execute(
            sa.text(
                "INSERT INTO decisions (pool_id, task_id, kind, rule, evidence, at)"
                " SELECT pool_id, id, 'discard', 'too-close', '{}', 0 FROM tasks WHERE state = 'discarded'"
            )
        )
    every = [(task_id, None) for task_id in ids[:: len(ids) // (n // 5)]]
    assert rescue.rescue(database, every, "ann") == rescue.put_back(database, every, "ann") == len(every)


def copy_at_another_threshold(database: Database, pool: Pool, n: int, tmp_path: Path) -> None:
    copying.copy_at(database, pool, 0.9, "copy")


def draw_an_audit(database: Database, pool: Pool, n: int, tmp_path: Path) -> None:
    assert audit.new(database, pool.id, size=n).drawn == n


def delete_for_good(database: Database, pool: Pool, n: int, tmp_path: Path) -> None:
    whatif.load(database, pool)
    queues.make(database, pool.id, "all")
    assert pools.delete(database, pool.id, pool.name, "ann").counts["instances"] > n


def act_on_many_and_undo_it(database: Database, pool: Pool, n: int, tmp_path: Path) -> None:
    wanted = Filter(length_to=1000)
    flag = bulk.flag(database, bulk.fitting(database, pool.id, wanted), "look", "ann")
    event = bulk.reject(database, bulk.fitting(database, pool.id, wanted), "no", "ann")
    assert (flag.n, event.n) == (n, n)
    assert editing.undo(database, event.id, "ann") == editing.undo(database, flag.id, "ann") == n


@pytest.mark.parametrize(
    "act",
    [
        *(make_a_queue, open_a_queue_of_what_moves, find_pairs, measure_seeds, parse, bring_a_file, bring_ratings),
        *(act_on_many_and_undo_it, change_the_seeds, rescue_and_put_back, copy_at_another_threshold),
        *(draw_an_audit, delete_for_good),
    ],
    ids=lambda act: act.__name__,
)
def test_no_act_holds_the_lock_longer_for_having_more_to_do(
    another: Callable[[], Database], act: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for portion in (
        *("core.review.rows.queues.PART", "core.review.filling.AT_ONCE", "core.importing.importer.CHUNK"),
        *("core.review.ratings._AT_ONCE", "core.gate.whatif.WRITTEN_AT_ONCE", "core.diversity.seedscores.AT_ONCE"),
        *("core.diversity.parsing.FIRST_CHUNK", "core.diversity.parsing.CHUNK", "core.review.rows.parts.PART"),
        *("core.gate.rescue.AT_ONCE", "core.pools.copying.COPIED_AT_ONCE", "core.pools.deleting.AT_ONCE"),
        "core.database.wholes.AT_ONCE",
    ):
        monkeypatch.setattr(portion, 40)
    longest = []
    for n in (
        (60, 240) if act in (find_pairs, copy_at_another_threshold, delete_for_good) else (150, 600)
    ):  # pairs grow with the square
        database = another()
        pool = filled(database, n)
        with holds(database) as found:
            act(database, pool, n, tmp_path)
        longest.append(max(found, default=0))
    assert longest[1] <= 1.5 * longest[0] + 20 * STEP, longest


def test_sets_responses_annotations_grades_and_rounds_come_in_parts(
    another: Callable[[], Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for portion in ("core.evaluation.importing.AT_ONCE", "core.database.wholes.AT_ONCE"):
        monkeypatch.setattr(portion, 20)
    longest = []
    for n in (60, 240):
        database, texts = another(), [f"Name the mountain number {k} of the land" for k in range(n)]
        judged = {"annotator": "judge", "output_1": "a", "output_2": "b", "generator_1": "theirs", "preference": 2.0}
        files = {
            What.SET: [{"instruction": text, "output": "one"} for text in texts],
            What.RESPONSES: [{"model": "ours", "instruction": text, "response": "b"} for text in texts],
            What.ANNOTATIONS: [{**judged, "generator_2": "ours", "instruction": text} for text in texts],
            What.GRADES: [{"reviewer": "ann", "model": "ours", "instruction": text, "grade": "A"} for text in texts],
        }
        found: list[int] = []
        for what, rows in files.items():
            file = tmp_path / f"{what}-{n}.jsonl"
            file.write_text("".join(json.dumps(row) + "\n" for row in rows))
            with holds(database) as held:
                assert import_file(database, "set", file, what).added == n
            found += held
        with holds(database) as held:
            assert draw(database, "set").items == 2 * n  # of two models
        found += held
        longest.append(max(found))
    assert longest[1] <= 1.5 * longest[0] + 20 * STEP, longest


def test_a_reply_of_thousands_of_items_is_compared_before_the_lock_is_taken(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under it, candidates meet those of their own batch and nothing else, however large the pool is."""
    under_the_lock: set[int] = set()  # the threads that are: another one stores answers meanwhile
    compared = {True: 0, False: 0}
    plain = NoveltyIndex._ceilings

    def ceilings(index: NoveltyIndex, coded: str, since: int = 0) -> Any:
        compared[threading.get_ident() in under_the_lock] += len(index) - since
        return plain(index, coded, since)

    def begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("writes"):
            under_the_lock.add(threading.get_ident())

    def end(_connection: sa.Connection) -> None:
        under_the_lock.discard(threading.get_ident())

    def answer(body: Any, prompt: str) -> Any:
        if step_of(body, prompt) != "instructions":
            return self_instruct_reply(body, prompt)
        return "\n".join(f"{k}. Describe place {k} of land {len(prompt)} in words" for k in range(9, 5_000))

    pool_of(database, 500)
    monkeypatch.setattr(NoveltyIndex, "_ceilings", ceilings)
    heard = (("begin", begin), ("commit", end), ("rollback", end))
    for event, hear in heard:
        sa.event.listen(database.engine, event, hear)
    with FakeOpenAI(answer=answer) as server:
        grow(database, server.url, name="texts", batches=1)
    for event, hear in heard:
        sa.event.remove(database.engine, event, hear)
    with database.read() as c:
        n = c.execute(sa.text("SELECT count(*) FROM tasks WHERE run_id IS NOT NULL")).scalar_one()
    assert n >= 16 and compared[False] >= 500 * n
    assert compared[True] <= 2 * n * (n + 2), compared
