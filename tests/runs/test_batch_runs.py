"""Runs whose requests go as batches: the same decisions, half the price, nothing sent or paid twice."""

from __future__ import annotations

import json
import threading
from collections import Counter
from typing import Any

import pytest

from core.database import Database, open_database
from core.llm import book
from core.llm.parcels import lines
from core.llm.parcels.words import Delivery, Parcel, ParcelRow
from core.llm.prices import Price
from core.llm.rows.parcels import ParcelBook
from core.llm.target import set_prices, use_key
from core.records import Budget, Run, RunState
from core.runs import control
from core.runs import runner as runs
from tests import databases
from tests.fake_batches import AZURE_KEY, FakeAzureBatches, FakeBatches
from tests.fake_openai import FakeOpenAI
from tests.reinstruct import reversing
from tests.selfinstruct import growing

pytestmark = pytest.mark.usefixtures("quick_batches", "no_long_waits")
BATCH = {"delivery": Delivery.BATCH}


def again(database: Database, run: Run) -> Run:
    control.resume(database, run.id, here=True)
    return runs.work_here(database, run.id)


def asked_once(server: FakeOpenAI) -> None:
    """Every prompt was run, and so paid for, exactly once."""
    assert {n for _, n in Counter(sent.prompt for sent in server.requests).items()} == {1}


def test_decisions_are_those_of_requests_one_by_one_at_half_the_price(another: Any) -> None:
    alone, together = another(), another()
    for database in (alone, together):
        set_prices(database, {"fake": Price(1.0, 2.0)})
    with FakeOpenAI() as server:
        first = growing.grow(alone, server.url, batches=2)
        prompts = Counter(sent.prompt for sent in server.requests)
    with FakeBatches() as server:
        second = growing.grow(together, server.url, batches=2, **BATCH)
        assert Counter(sent.prompt for sent in server.requests) == prompts
        made = len(server.batches)
    assert second.state is RunState.DONE, second.message
    assert growing.picture(together) == growing.picture(alone)
    assert first.counts["usd"] and second.counts["usd"] == pytest.approx(first.counts["usd"] / 2)
    assert second.counts["requests"] == first.counts["requests"]
    assert made < 10, "independent requests go together"


def test_reinstruct_decides_the_same_in_batches(another: Any) -> None:
    texts = reversing.some_texts(24)
    pictures = []
    for kind, way in ((FakeOpenAI, Delivery.DIRECT), (FakeBatches, Delivery.BATCH)):
        database = another()
        pool = reversing.with_texts(database, texts)
        with kind(answer=reversing.reply) as server:
            run = reversing.reverse(database, pool, server.url, delivery=way)
            assert run.state is RunState.DONE, run.message
            asked_once(server)
        pictures.append(reversing.picture(database, pool))
    assert pictures[0] == pictures[1]


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What a run of one batch decides whose requests go one by one."""
    database = open_database(databases.address(tmp_path_factory.mktemp("calm")))
    with FakeOpenAI() as server:
        growing.grow(database, server.url, batches=1)
    found = growing.picture(database)
    database.close()
    return found


def test_what_a_batch_leaves_unanswered_is_asked_again_and_nothing_else(database: Database, calm: list[Any]) -> None:
    with FakeBatches(ends=["expired:2", "doubled", "missing:2", "stray", "zero:2"]) as server:
        run = growing.grow(database, server.url, batches=1, **BATCH)
        assert run.state is RunState.DONE, run.message
        assert server.ends == []
        asked_once(server)
    assert growing.picture(database) == calm


def test_a_batch_that_somebody_cancelled_at_the_server_stops_the_run_and_resume_asks_the_rest(
    database: Database,
) -> None:
    with FakeBatches(ends=["cancelled:1"]) as server:
        run = growing.grow(database, server.url, batches=1, **BATCH)
        assert run.state is RunState.FAILED and "cancelled at the server" in run.message
        assert len(server.requests) == 1
        assert again(database, run).state is RunState.DONE
        asked_once(server)


def test_a_refusal_of_one_request_is_learnt_from_as_if_it_had_been_asked_alone(database: Database) -> None:
    with FakeBatches(like="grok") as server:
        run = growing.grow(database, server.url, batches=1, **BATCH)
    assert run.state is RunState.DONE, run.message
    assert run.counts["not_taken"]["instructions"]["stop"]


def test_a_line_that_fails_the_whole_file_is_that_requests_alone_and_the_others_go_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the server finds the second request's line wrong; a batch that failed was run, and paid for, nowhere."""
    whole = lines.request_line

    def half(parcel: Parcel, row: ParcelRow, url: str) -> str:
        line = whole(parcel, row, url)
        return line[:-1] if row.key == "0/instructions/1" else line

    monkeypatch.setattr(lines, "request_line", half)
    with FakeBatches() as server:
        run = growing.grow(database, server.url, batches=1, **BATCH)
        assert run.state is RunState.FAILED and "not parseable" in run.message
        assert [(batch.status, len(batch.rows)) for batch in server.batches.values()] == [
            ("failed", 2),
            ("completed", 2),
        ]
        monkeypatch.setattr(lines, "request_line", whole)
        assert again(database, run).state is RunState.DONE
        asked_once(server)
    failed = book.exchanges(database, [2])[0]
    assert failed.reply is not None and "parseable" in failed.errors[0]


def asks_once(database: Database, server: FakeBatches, act: Any) -> threading.Event:
    """A person asks this of run 1 when its first batch is at work; the batch stays there until the event is set."""
    free, asked = threading.Event(), threading.Event()

    def on(call: str, when: str) -> None:
        batch = server.batches.get("batch_1")
        if call != "look_batch" or when != "after" or batch is None or free.is_set() or batch.end != "completed":
            return
        batch.status = "validating"
        if not asked.is_set():
            asked.set()
            act(database, 1)

    server.on = on
    return free


def test_pause_leaves_the_batch_where_it_is_and_resume_fetches_it(database: Database) -> None:
    with FakeBatches() as server:
        free = asks_once(database, server, control.pause)
        run = growing.grow(database, server.url, batches=1, **BATCH)
        assert run.state is RunState.PAUSED
        assert "batch_1" in run.message and "a resume fetches it" in run.message
        free.set()
        assert again(database, run).state is RunState.DONE
        assert server.calls.count("cancel") == 0
        asked_once(server)


def test_stop_cancels_the_batch_and_resume_fetches_what_it_had_and_asks_the_rest(database: Database) -> None:
    with FakeBatches() as server:
        asks_once(database, server, control.stop)
        run = growing.grow(database, server.url, batches=1, **BATCH)
        assert run.state is RunState.STOPPED and "being cancelled" in run.message
        assert again(database, run).state is RunState.DONE
        assert server.batches["batch_1"].status == "cancelled"
        asked_once(server)


def test_a_budget_holds_at_the_half_price(database: Database) -> None:
    set_prices(database, {"fake": Price(10.0, 20.0)})
    with FakeBatches() as server:
        run = growing.grow(database, server.url, batches=1, budget=Budget(usd=0.000001), **BATCH)
        assert run.state is RunState.STOPPED and "budget" in run.message
        assert server.requests == [] and server.calls == []


def test_a_queue_that_is_too_short_takes_the_requests_in_parts(database: Database, calm: list[Any]) -> None:
    with FakeBatches(queue=5) as server:
        run = growing.grow(database, server.url, batches=1, **BATCH)
        assert run.state is RunState.DONE, run.message
        asked_once(server)
    assert growing.picture(database) == calm


def test_a_file_is_never_larger_than_the_server_takes(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.llm.parcels.courier.MOST_ROWS", 2)
    with FakeBatches(most_rows=2) as server:
        assert growing.grow(database, server.url, batches=1, **BATCH).state is RunState.DONE
        assert max(len(batch.rows) for batch in server.batches.values()) <= 2
        asked_once(server)


def test_a_server_that_fails_for_a_while_is_waited_for(database: Database) -> None:
    with FakeBatches(scripted=dict.fromkeys(("upload", "create", "look_batch", "content"), (500, 503, 429))) as server:
        run = growing.grow(database, server.url, batches=1, **BATCH)
        assert run.state is RunState.DONE, run.message
        asked_once(server)


def test_a_server_without_batches_says_so_before_anything_is_paid(database: Database) -> None:
    with FakeBatches(has_batches=False) as server:
        run = growing.grow(database, server.url, batches=1, **BATCH)
    assert run.state is RunState.FAILED
    assert "no batch endpoints" in run.message and "--batch-file" in run.message


def test_azures_batches_live_their_whole_life_with_its_key_its_paths_and_files_that_are_taken_in_late(
    database: Database, calm: list[Any]
) -> None:
    with FakeAzureBatches(ends=["expired:2", "missing:1"]) as server:
        use_key(server.url, AZURE_KEY)
        run = growing.grow(database, server.url, batches=1, provider="azure", **BATCH)
        assert run.state is RunState.DONE, run.message
        asked_once(server)
        assert {batch.endpoint for batch in server.batches.values()} == {"/completions"}
        assert server.calls.index("create") > server.calls.index("look_file"), "a file is looked at before it is used"
        assert {row["body"]["model"] for batch in server.batches.values() for row in batch.rows} == {"fake"}
    assert growing.picture(database) == calm


def test_azures_batch_is_cancelled_by_a_stop_and_fetched_by_a_resume(database: Database) -> None:
    with FakeAzureBatches() as server:
        use_key(server.url, AZURE_KEY)
        asks_once(database, server, control.stop)
        run = growing.grow(database, server.url, batches=1, provider="azure", **BATCH)
        assert run.state is RunState.STOPPED and "being cancelled" in run.message
        assert again(database, run).state is RunState.DONE
        assert server.batches["batch_1"].status == "cancelled"
        asked_once(server)


def test_whether_a_batch_was_created_is_looked_up_before_it_is_created_again(database: Database) -> None:
    """The answer to `create` is lost on the line after it took effect."""
    with FakeBatches() as server:
        answers = iter([True])

        def lose(call: str, when: str) -> None:
            if call == "create" and when == "after" and next(answers, False):
                raise ConnectionAbortedError

        server.on = lose
        run = growing.grow(database, server.url, batches=1, **BATCH)
        assert run.state is RunState.DONE, run.message
        asked_once(server)
        names = [json.dumps(batch.metadata) for batch in server.batches.values()]
        assert len(set(names)) == len(names), "no batch was created twice"


def test_a_server_that_does_not_list_its_batches_leaves_a_doubtful_one_to_a_person(database: Database) -> None:
    with FakeBatches(lists=False, scripted={"create": [500]}) as server:
        run = growing.grow(database, server.url, batches=1, **BATCH)
        assert run.state is RunState.FAILED and f"winnow batch drop {run.id}" in run.message
        assert server.requests == []


def test_a_batch_whose_answers_came_half_way_is_fetched_again_and_counted_once(
    database: Database, calm: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program dies when the answers are stored and the parcel isn't closed yet."""
    home = ParcelBook.home

    def dies(*_: Any) -> None:
        monkeypatch.setattr(ParcelBook, "home", home)
        raise RuntimeError("the power went")

    with FakeBatches() as server:
        monkeypatch.setattr(ParcelBook, "home", dies)
        run = growing.grow(database, server.url, batches=1, **BATCH)
        assert run.state is RunState.FAILED and "the power went" in run.message
        ended = again(database, run)
        assert ended.state is RunState.DONE and ended.counts["requests"] == len(server.requests)
        asked_once(server)
    assert growing.picture(database) == calm
