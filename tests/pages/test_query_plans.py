"""No page reads a whole table of texts: what each page asks the database has a key or an index that answers it.

A statement's plan follows from the schema alone (nothing gathers statistics), so that a small pool tells what a million
instances would cost. What reads a whole table all the same is named below, with the reason.
"""

from __future__ import annotations

import random
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from core.audit import audit as audits
from core.audit.rows.audits import runs_with_tasks
from core.database import Database
from core.diversity import job
from core.diversity.parser import LEXICON
from core.diversity.rows import looks
from core.diversity.selection import TaskSelection
from core.gate.rows import discards
from core.maps import job as placing
from core.maps import view
from core.maps.recipe import MapRecipe
from core.maps.rows import maps
from core.near import job as near
from core.near import kept
from core.near.rows import nearness
from core.pool import arrivals, filters, search
from core.pool import pools as pool_store
from core.pool import tasks as task_store
from core.pool.arrivals import NewInstance, NewTask
from core.pool.filters import Filter
from core.pool.queue_items import QueueOrder
from core.records import Budget, Decided, Discard, Origin, Pool
from core.reinstruct.rows import groundings
from core.reinstruct.rows.groundings import Sifting
from core.review import filling, progress
from core.review.rows import queues
from core.runs.rows import runs
from core.seeds.seeds import of_pool
from pages.shared import contents
from tests.diversity.looked_at import lexicon
from tests.pages.conftest import first_start
from tests.release.release_pools import random_pool
from tests.review.pool_of_texts import pool_of

Page = Callable[..., AppTest]
Asked = dict[str, Any]  # statement by statement: the values of its first time

PAGES = [entry.address for entries in contents.SECTIONS.values() for entry in entries]
# Tables that grow with the instances, the candidates or the replies.
LARGE = {
    *("tasks", "instances", "decisions", "edits", "similar", "ratings", "standings", "claims", "queue_items", "beside"),
    *(
        "members",
        "requests",
        "replies",
        "batches",
        "audit_items",
        "parses",
        "corpus_texts",
        "corpus_misses",
        "groundings",
        "map_points",
        "embeddings",
        "nearness_parts",
    ),
}
# A whole table is read all the same: (a part of the statement, the table): why.
ALLOWED: dict[tuple[str, str], str] = {
    ("(SELECT count(*) AS count_1 FROM parses", "parses"): "how many there are, once a look; no text is in it",
    ("SELECT edits.actor, min(edits.id)", "edits"): "what people changed by hand; asked by a release's card",
    ("decisions.undoes IS NULL ORDER BY decisions.id DESC LIMIT", "decisions"): "newest first, up to a hundred",
    ("UPDATE claims SET expires_at", "claims"): "it holds what reviewers have before them: a row or two for each",
}


@contextmanager
def asked(database: Database) -> Iterator[Asked]:
    """What is asked of any database until the block ends."""
    found: Asked = {}

    def hear(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> None:
        if sql.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE", "DELETE", "INSERT")):
            found.setdefault(sql, values[0] if many and values else values)

    sa.event.listen(sa.Engine, "before_cursor_execute", hear)
    try:
        yield found
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", hear)


def scanned(database: Database, sql: str, values: Any) -> set[str]:
    """The large tables that the database would read whole for a statement."""
    with database.read() as c:
        if database.is_sqlite:
            rows = c.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()
            steps = [str(row[-1]) for row in rows]
            names = {name: name for name in LARGE} | _aliases(sql)
            whole = [re.match(r"SCAN (\w+)(?! USING COVERING INDEX)\b", step) for step in steps]
            whole += [_as_good_as_whole(sql, step) for step in steps]
            return {names[found[1]] for found in whole if found and found[1] in names}
        c.exec_driver_sql("SET LOCAL enable_seqscan = off")  # then it reads whole only what no index can answer
        rows = c.exec_driver_sql(f"EXPLAIN {sql}", values).all()
        whole = (re.search(r"Seq Scan on (\w+)", str(row[0])) for row in rows)
        return {found[1] for found in whole if found and found[1] in LARGE}


def _as_good_as_whole(sql: str, step: str) -> re.Match[str] | None:
    """An index is read of which nearly every row is asked for: what has no value, or a pool's where a run is named."""
    found = re.match(r"SEARCH (\w+) USING (?:COVERING )?INDEX \w+ \((\w+)=\?", step)
    if found is None:
        return None
    table, column = found.groups()
    of_no_value = step.endswith(f"({column}=?)") and f"{table}.{column} IS NULL" in sql
    of_no_run = column == "pool_id" and re.search(rf"\b{table}\.run_id = ", sql)
    return found if of_no_value or of_no_run else None


def _aliases(sql: str) -> dict[str, str]:
    return {alias: table for table, alias in re.findall(r"\b(\w+) AS (\w+)\b", sql) if table in LARGE}


@pytest.fixture(scope="module")
def made_once() -> Iterator[sqlite3.Connection]:
    """Where the first test leaves the database that it made, for the others to copy."""
    kept = sqlite3.connect(":memory:")
    yield kept
    kept.close()


@pytest.fixture
def pool(page: Page, database: Database, made_once: sqlite3.Connection) -> Pool:
    """A pool to which everything has happened, with discards, a parser's reading and an audit."""
    first_start()
    if made_once.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        with closing(sqlite3.connect(str(database.path))) as file:
            made_once.backup(file)
    else:
        happened(database)
        if database.is_sqlite:
            with closing(sqlite3.connect(str(database.path))) as file:
                file.backup(made_once)
    with database.read() as c:
        return pool_store.every(c)[-1]


def happened(database: Database) -> None:
    made = random_pool(database, random.Random(11))
    near = {"task": 1, "score": 0.83, "instruction": "Write a poem about the ocean."}
    with database.write() as c:
        dropped = Discard("too-close", {"score": 0.83, "threshold": 0.7, "closest": [near]})
        texts = [f"Name the {n} highest mountains of the world." for n in range(4)]
        kept = [NewTask(Origin.IMPORT, text, True, (NewInstance("", "Everest"),), completed=True) for text in texts]
        arrivals.add(c, made.id, [*kept, NewTask(Origin.IMPORT, "Write a poem about the sea.", discard=dropped)])
        made = pool_store.configure(c, made.id, parser=LEXICON)
    job.parse_here(database, made, lexicon(), lambda counts: None)
    audits.new(database, made.id, size=3, seed=1, name="first")


@pytest.mark.parametrize("address", PAGES)
def test_a_page_reads_no_table_of_texts_whole(page: Page, database: Database, pool: Pool, address: str) -> None:
    with asked(database) as found:
        page(address, pool=pool.name)
    assert found
    nothing_is_read_whole(database, found)


def nothing_is_read_whole(database: Database, found: Asked) -> None:
    wrong = [
        f"{', '.join(sorted(whole))}: {' '.join(sql.split())[:600]}"
        for sql, values in found.items()
        if (whole := {table for table in scanned(database, sql, values) if not allowed(sql, table)})
    ]
    assert not wrong, "\n\n".join(wrong)


def test_what_a_large_pool_s_pages_ask_is_answered_by_keys(database: Database, pool: Pool) -> None:
    """What runs have left there: a map, and what was kept of a comparison; and whether there is enough for either."""
    with database.write() as c:
        run = runs.queue(c, pool.id, near.METHOD, {}, Budget(), {})
        kept_id = nearness.begin(c, pool.id, run.id, [0, 0, 0, "paper"], 0, 0)
        nearness.put(c, kept_id, "ids", nearness.BEGUN, 0, zlib.compress(b""))
        nearness.reach(c, kept_id, 1, 0, 0, 0.0, True)
        made = {"x": [0.5], "y": [0.5], "density": [1.0], "titles": [], "made_with": {}, "trust": 1.0, "trusted": 1}
        map_id = maps.begin(c, pool.id, run.id, MapRecipe().as_mapping(), made, 1, 1.0)
        maps.add(c, map_id, [("hash", 0.5, 0.5, 1.0)])
        maps.settle(c, map_id)
    with asked(database) as found:
        its = kept.newest(database, pool.id)
        assert its is not None and list(its.ids) == []
        kept.since(database, pool)
        near.is_large(database, pool)
        near.latest(database, pool.id)
        placing.too_few(database, pool.id)
        assert view.newest(database, pool.id) is not None
        view.moment(database, pool.id, "")
    nothing_is_read_whole(database, found)


def test_what_is_asked_of_one_run_or_a_few_tasks_does_not_read_their_pool(database: Database, pool: Pool) -> None:
    """At a million instances, half of them made by runs: 0.3 to 0.5 s for each, and 1.8 s for the page Audit."""
    with asked(database) as found, database.read() as c:
        filters.count(c, pool.id, Filter(run_id=1))
        list(filters.matching(c, pool.id, Filter(run_id=1)))
        of_run = TaskSelection(run_id=1)
        list(looks.instructions(c, pool.id, of_run))
        list(looks.instance_texts(c, pool.id, of_run))
        list(looks.arrivals(c, pool.id, of_run, LEXICON))
        looks.seed_score_counts(c, pool.id, of_run)
        task_store.page(c, pool.id, run_id=1)
        task_store.evidence(c, [1, 2, 3])
        discards.last_decision(c, Decided.DISCARD, 1, None)
        runs_with_tasks(c, pool.id)
        groundings.task_ids(c, pool.id, Sifting(run_id=1))
    nothing_is_read_whole(database, found)


def test_what_a_queue_holds_is_looked_up_by_instance_while_it_is_filled(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL had last counted it when it was empty: a part took ten seconds under the lock at 200,000 instances."""
    monkeypatch.setattr(queues, "PART", 40)
    monkeypatch.setattr(filling, "MANY", 50)
    pool_id = pool_of(database, 120)
    with database.write() as c:
        queues.create(c, pool_id, "full")
        of_orders = [queues.create(c, pool_id, order, order=order, fill=False) for order in QueueOrder]
        c.exec_driver_sql("ANALYZE queue_items")
    with asked(database) as found:
        for queue_id in of_orders:
            assert filling.fill(database, queue_id) == 120
            assert filling.refresh(database, queue_id) == 0
        if not database.is_sqlite:  # nobody else has it counted here
            with database.read() as c:
                known = c.exec_driver_sql("SELECT reltuples FROM pg_class WHERE relname = 'queue_items'").scalar_one()
            assert known >= 120 * len(of_orders), "who judges right afterwards finds it counted"
    those = {sql: values for sql, values in found.items() if "EXISTS" in sql and "queue_items" in sql}
    assert len(those) >= 2, "of orders that the database places by itself, and of others"
    for sql, values in those.items():
        with database.read() as c:
            if database.is_sqlite:
                plan = [str(row[-1]) for row in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
                assert any("queue_items" in step and "instance_id=?" in step for step in plan), plan
                continue
            c.exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = [str(row[0]) for row in c.exec_driver_sql(f"EXPLAIN {sql}", values)]
            at = next(n for n, step in enumerate(plan) if re.search(r"Scan .*on queue_items", step))
            assert re.search(r"(Index|Recheck) Cond: .*instance_id", plan[at + 1]), "\n".join(plan)
            # Of a part only what the queue holds among its ids: with 3,000 items, the first part, the second took 4 s.
            assert "instances.id >=" not in sql or "instance_id >=" in plan[at + 1], "\n".join(plan)


def test_words_are_found_by_their_index(database: Database, pool: Pool) -> None:
    with asked(database) as found, database.read() as c:
        assert filters.count(c, pool.id, Filter(search="mountains everest")) == 4
    of_words = {sql: values for sql, values in found.items() if " @@ " in sql or " MATCH " in sql}
    plans = set()
    for sql, values in of_words.items():
        with database.read() as c:
            if database.is_sqlite:
                plans |= {str(row[-1]) for row in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)}
            else:
                c.execute(search._planned("off", "off"))  # as the search itself does before it asks
                plans |= {str(row[0]) for row in c.exec_driver_sql(f"EXPLAIN {sql}", values)}
    indexes = ("VIRTUAL TABLE INDEX",) if database.is_sqlite else ("ix_tasks_words", "ix_instances_words")
    assert all(any(index in step for step in plans) for index in indexes), plans


def allowed(sql: str, table: str) -> bool:
    plain = " ".join(sql.split())
    return any(part in plain and its == table for part, its in ALLOWED)


def test_what_reviewers_agree_on_is_found_from_the_texts_that_several_rated(database: Database, pool: Pool) -> None:
    """All ratings of a pool were read four times, with their texts of notes: nine seconds for 100,000."""
    if not database.is_sqlite:
        pytest.skip("a server plans by what it has counted")
    with asked(database) as found, database.read() as c:
        progress.of_reviewers(c, pool.id)
        progress.pool_agreement(c, pool.id)
    whole = [sql for sql in found if "ratings.note" in sql and "standings.round IN" in sql]
    assert len(whole) == 1, "known answers and repeats, by their rounds"
    shared = next(sql for sql in found if "instances.rated >=" in sql)
    with database.read() as c:
        plan = [str(row[-1]) for row in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {shared}", found[shared])]
    assert "(pool_id=? AND is_seed=? AND state=? AND rated>?)" in plan[0], plan


def test_a_hundred_seeds_are_not_looked_for_in_all_tasks_of_a_pool(database: Database, pool: Pool) -> None:
    if not database.is_sqlite:
        pytest.skip("a server plans by what it has counted")
    with asked(database) as found:
        assert of_pool(database, pool.id, switched_off=True)
    of_seeds = {sql: values for sql, values in found.items() if "tasks.origin" in sql and "FROM tasks" in sql}
    assert of_seeds
    with database.read() as c:
        for sql, values in of_seeds.items():
            plan = [str(row[-1]) for row in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
            assert "(pool_id=? AND state=? AND origin=?)" in plan[0], plan
