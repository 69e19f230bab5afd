"""Parsing a pool as a run: once, in a process of its own, stopped and resumed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pytest

from core import pools
from core.database import Database
from core.diversity import job
from core.diversity.parser import BUILT_IN, LEXICON, ParserMissing, parser_named
from core.diversity.rows import parses
from core.diversity.selection import TaskSelection
from core.diversity.view import look
from core.pool import arrivals
from core.pool import pools as pool_store
from core.pool.arrivals import NewTask
from core.records import Control, Origin, Pool, RunState
from core.runs import runner as runs
from core.runs.rows import runs as run_store
from tests import databases
from tests.diversity.looked_at import PAIRS, lexicon, pool_to_look_at

PROJECT = Path(__file__).parents[2]


def parse(database: Database, pool: Pool) -> runs.Run | None:
    return job.parse_here(database, pool, lexicon(), lambda counts: None)


def test_a_pool_takes_no_parser_that_is_not_there(database: Database) -> None:
    pool = pools.make(database, "read", own_seeds=[])
    with pytest.raises(ParserMissing, match="There is no parser named <img src=x> here"):
        job.choose(database, pool.id, "<img src=x>")
    assert pools.named(database, "read") == pool


def add(database: Database, pool: Pool, *texts: str) -> None:
    with database.write() as c:
        arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, text) for text in texts])


def test_a_pool_is_parsed_once_and_then_only_what_is_new(database: Database) -> None:
    pool = pool_to_look_at(database, parsed=False)
    first = parse(database, pool)
    assert first is not None
    assert (first.state, first.counts["parsed"]) == (RunState.DONE, 8)  # six tasks and two seeds
    assert parse(database, pool) is None
    add(database, pool, "Name a tree.", "Write a poem about the sea.")
    second = parse(database, pool)
    assert second is not None
    assert second.id == first.id
    assert second.counts["parsed"] == 1
    assert look(database, pool.id, TaskSelection(), lexicon().key).waiting == 0


def test_what_a_pool_has_read_serves_another(database: Database) -> None:
    parse(database, pool_to_look_at(database, parsed=False))
    other = pools.make(database, "other", own_seeds=[])
    add(database, other, *PAIRS)
    assert parse(database, other) is None


def test_the_built_in_parser_reads_a_pool_as_it_reads_the_texts(database: Database) -> None:
    pool = pool_to_look_at(database, parsed=False)
    built_in = parser_named(BUILT_IN)
    job.parse_here(database, pool, built_in, lambda counts: None)
    found = look(database, pool.id, TaskSelection(), built_in.key).pairs
    assert {(pair.verb, pair.noun) for pair in found} >= {("write", "poem"), ("write", "essay"), ("sort", "list")}


def test_opening_the_page_begins_what_is_new_and_no_second_run(database: Database) -> None:
    pool = pool_to_look_at(database, parsed=False)
    begun = job.begin(database, pool, lexicon())
    again = job.begin(database, pool, lexicon())
    assert begun is not None
    assert again is not None
    assert begun.id == again.id
    assert again.state is RunState.QUEUED


def stop_when_begun(database: Database, run_id: int) -> None:
    while True:
        with database.read() as c:
            if run_store.get(c, run_id).counts.get("parsed"):
                break
        time.sleep(0.02)
    with database.write() as c:
        run_store.ask(c, run_id, Control.STOP)


def test_a_stop_keeps_what_is_parsed_and_resuming_reads_the_rest(database: Database) -> None:
    pool = pools.make(database, "long", own_seeds=[])
    add(database, pool, *(f"Write poem number {n} about the sea and the harbour." for n in range(60_000)))
    run = job.begin(database, pool, lexicon())
    assert run is not None
    asking = Thread(target=stop_when_begun, args=(database, run.id))
    asking.start()
    stopped = runs.work_here(database, run.id)
    asking.join()
    assert stopped.state is RunState.STOPPED
    kept = stopped.counts["parsed"]
    assert 0 < kept < 60_000
    assert job.begin(database, pool, lexicon()).state is RunState.STOPPED  # a person's word counts
    resumed = parse(database, pool)
    assert resumed is not None
    assert (resumed.state, resumed.counts["parsed"]) == (RunState.DONE, 60_000 - kept)


def test_a_run_that_was_killed_goes_on_where_it_was(database: Database) -> None:
    pool = pool_to_look_at(database, parsed=False)
    run = job.begin(database, pool, lexicon())
    assert run is not None
    with database.write() as c:
        run_store.claim(c, "a program that is gone", run.id)
        c.execute(run_store.runs.update().values(lease_until=0))
        run_store.mark_interrupted(c)
    begun = job.begin(database, pool, lexicon())
    assert begun is not None
    assert begun.state is RunState.QUEUED
    assert parse(database, pool).state is RunState.DONE


def test_a_parser_that_is_missing_is_said_in_a_sentence(database: Database) -> None:
    pool = pool_to_look_at(database)
    with database.write() as c:
        pool = pool_store.configure(c, pool.id, parser="benepar_en3")
    found = job.choice(database, pool)
    assert found.parser is None
    assert "benepar_en3" in found.reason
    assert found.key == ""


def test_a_pool_in_a_language_that_nobody_reads_says_so(database: Database) -> None:
    pool = pools.make(database, "auf Deutsch", own_seeds=[])
    add(database, pool, *(f"Schreibe ein Gedicht über das Meer und die Stadt Nummer {n}." for n in range(20)))
    found = job.choice(database, pool)
    assert found.parser is None
    assert "German" in found.reason


@pytest.mark.parametrize("name", [LEXICON, BUILT_IN])
def test_a_pool_keeps_the_parser_that_it_was_given(database: Database, name: str) -> None:
    pool = pool_to_look_at(database)
    with database.write() as c:
        pool = pool_store.configure(c, pool.id, parser=name)
    assert job.choice(database, pool).parser == parser_named(name)


def test_parsing_in_the_app_s_process_loads_no_torch(database: Database, tmp_path: Path) -> None:
    pool_to_look_at(database, parsed=False)
    code = (
        "import sys\n"
        "from core.diversity import job\n"
        "from core.diversity.parser import parser_named\n"
        "from core.database import open_database\nfrom core.pool import pools\n"
        f"database = open_database('{databases.address(tmp_path / 'data')}')\n"
        "with database.read() as c: pool = pools.get(c, 'looked at')\n"
        "run = job.parse_here(database, pool, parser_named('built-in small'), lambda counts: None)\n"
        "assert run.counts['parsed'] == 8, run\n"
        "print([name for name in ('torch', 'spacy', 'benepar', 'plotly') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_pairs_are_never_overwritten(database: Database) -> None:
    with database.write() as c:
        parses.keep(c, "p", ["h"], [("write", "poem")])
        parses.keep(c, "p", ["h"], [("sort", "list")])
        assert parses.count(c, "p") == 1
