"""Pauses, crashes, budgets and refusals: what was paid is paid once, and the texts that wait go on waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core.corpus.rows import corpus
from core.corpus.rows.corpus import TextState
from core.database import Database
from core.llm import target as models
from core.llm.prices import Price
from core.records import Budget, Control, Endpoint, RunState, State
from core.reinstruct.plan import Steps
from core.reinstruct.settings import preset
from core.runs import control
from core.runs import runner as runs
from core.runs.rows import runs as run_store
from tests.fake_openai import FakeOpenAI
from tests.reinstruct.reversing import (
    CHAT,
    counts,
    made,
    picture,
    reply,
    reverse,
    says,
    some_texts,
    start,
    with_texts,
)
from tests.selfinstruct.growing import wait_until_heard

pytestmark = pytest.mark.usefixtures("no_long_waits")


def test_a_run_ends_with_the_batch_that_brings_its_target(database: Database) -> None:
    pool = with_texts(database, some_texts(40))
    with FakeOpenAI(answer=reply) as server:
        run = reverse(database, pool, server.url, target=10)
    assert run.state is RunState.DONE and 10 <= run.counts["accepted"] < 10 + CHAT.texts_per_batch
    assert counts(database, pool.id) == {"waiting": 40 - run.counts["texts"], "asked": run.counts["texts"]}
    assert all(task.instances for task in made(database, pool.id) if task.state is State.ACCEPTED)


def test_a_paused_run_goes_on_and_ends_as_if_nothing_had_happened(another: Callable[[], Database]) -> None:
    calm, paused = another(), another()
    texts = some_texts(40)
    with FakeOpenAI(answer=reply) as server:
        undisturbed = with_texts(calm, texts)
        reverse(calm, undisturbed, server.url)
        needed = len(server.requests)
    pool, heard = with_texts(paused, texts), threading.Event()

    def half(body: Any, prompt: str) -> str:
        """Half of the replies; the others wait until the pause is heard."""
        if len(server.requests) > needed // 2:
            heard.wait(120)
        return reply(body, prompt)

    with FakeOpenAI(answer=half) as server:
        run = start(paused, pool, server.url)
        worker = threading.Thread(target=runs.work_here, args=(paused, run.id))
        worker.start()
        while len(server.requests) < needed // 2:
            time.sleep(0.005)
        with paused.write() as c:
            run_store.ask(c, run.id, Control.PAUSE)
        wait_until_heard(paused, run.id)
        heard.set()
        worker.join(120)
        with paused.read() as c:
            assert run_store.get(c, run.id).state is RunState.PAUSED
        with paused.write() as c:
            assert run_store.resume(c, run.id)
        assert runs.work_here(paused, run.id).state is RunState.DONE
        assert len({sent.prompt for sent in server.requests}) == len(server.requests) == needed
    assert picture(paused, pool) == picture(calm, undisturbed)


@pytest.mark.parametrize("at", ["core.runs.rows.runs.admit", "core.pool.arrivals.complete"])
def test_a_crash_before_a_reply_is_read_pays_nothing_twice(another: Callable[[], Database], at: str) -> None:
    calm, crashed = another(), another()
    texts = some_texts(12)
    with FakeOpenAI(answer=reply) as server:
        undisturbed = with_texts(calm, texts)
        reverse(calm, undisturbed, server.url)
    pool = with_texts(crashed, texts)
    with FakeOpenAI(answer=reply) as server, pytest.MonkeyPatch.context() as broken:
        broken.setattr(at, lambda *_, **__: 1 / 0)
        run = reverse(crashed, pool, server.url)
        assert run.state is RunState.FAILED and "ZeroDivisionError" in run.message
        broken.undo()
        with crashed.write() as c:
            run_store.resume(c, run.id)
        assert runs.work_here(crashed, run.id).state is RunState.DONE
        assert len({sent.prompt for sent in server.requests}) == len(server.requests)
    assert picture(crashed, pool) == picture(calm, undisturbed)


def test_the_budget_is_kept_and_a_larger_one_goes_on(database: Database) -> None:
    models.set_prices(database, {"fake": Price(1.0, 1.0)})
    pool = with_texts(database, some_texts(20))
    with FakeOpenAI(answer=reply) as server:
        run = reverse(database, pool, server.url, budget=Budget(requests=12))
        assert run.state is RunState.STOPPED and "12" in run.message
        assert len(server.requests) == 12
        with database.write() as c:
            run_store.resume(c, run.id, Budget())
        assert runs.work_here(database, run.id).state is RunState.DONE
        assert len({sent.prompt for sent in server.requests}) == len(server.requests)


def test_a_text_that_the_model_refuses_is_set_aside_with_the_reason_and_may_wait_again(database: Database) -> None:
    pool = with_texts(database, some_texts(3))
    with FakeOpenAI(answer=reply, script=["ok", "400"]) as server:
        run = reverse(database, pool, server.url, concurrency=1, steps=Steps.REVERSE)
        assert run.state is RunState.DONE, run.message
        assert counts(database, pool.id) == {"asked": 2, "failed": 1}
        with database.write() as c:
            [failed] = corpus.page(c, pool.id, states=[TextState.FAILED])
            assert "400" in failed.note
            assert corpus.set_aside(c, pool.id, [failed.id], off=False) == 1
        reverse(database, pool, server.url)
    assert counts(database, pool.id) == {"asked": 3}


def test_a_server_that_refuses_everything_leaves_the_texts_as_they_were(database: Database) -> None:
    pool = with_texts(database, some_texts(3))
    with FakeOpenAI(answer=reply, script=["400"] * 3) as server:
        run = reverse(database, pool, server.url)
        assert run.state is RunState.FAILED and "400" in run.message
        assert made(database, pool.id) == []
        other = reverse(database, pool, server.url)  # takes over what the failed run held
        assert (other.state, other.counts["texts"]) == (RunState.DONE, 3)
        with database.write() as c:
            run_store.resume(c, run.id)
        sent = len(server.requests)
        assert runs.work_here(database, run.id).state is RunState.DONE
        assert len(server.requests) == sent, "another run has gone on with its texts"
    assert len(made(database, pool.id)) == 3


def test_the_demo_says_that_it_does_not_know_a_text_of_ones_own(database: Database) -> None:
    pool = with_texts(database, some_texts(3))
    settings = preset(Endpoint.CHAT)
    run = control.start(
        database,
        pool.id,
        "reinstruct",
        {
            "settings": settings.as_mapping(),
            "target": {**models.stored_form(models.DEMO), "endpoint": "chat"},
            "until": {"tasks": None, "batches": 1},
            "steps": "both",
        },
        here=True,
    )
    ended = runs.work_here(database, run.id)
    assert ended.state is RunState.FAILED and "no recorded reply" in ended.message


def test_five_batches_without_a_new_task_end_the_run(database: Database) -> None:
    pool = with_texts(database, some_texts(20))
    with FakeOpenAI(answer=says("What is this?")) as server:
        run = reverse(database, pool, server.url, settings=replace(CHAT, texts_per_batch=2))
    assert run.state is RunState.STOPPED and "no new task" in run.message
    assert run.counts["texts"] == 10
