"""Who works on a run: one owner at a time, on this machine or another, and a dead owner's run is free."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from core import methods, pools
from core.database import Database, schema
from core.llm.rows.requests import RunLedger
from core.llm.target import DEMO
from core.methods import Method
from core.records import Budget, Control, Endpoint, NotFound, Refused, Request, Run, RunState
from core.runs import control, owners
from core.runs import runner as runs
from core.runs.rows import runs as store
from core.runs.runner import Job, Outcome, Runner
from core.runs.until import Until
from core.selfinstruct.loop import SelfInstructPlan
from core.selfinstruct.settings import SelfInstructSettings


class FakeMethod:
    """A method whose work a test can hold and watch."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.go_on = threading.Event()

    def work(self, job: Job) -> Outcome:
        self.jobs.append(job)
        while not self.go_on.wait(0.01):
            if job.asked:
                return Outcome(RunState.PAUSED, "Paused.")
        return Outcome(RunState.DONE, "All done.")


@pytest.fixture
def method(monkeypatch: pytest.MonkeyPatch) -> FakeMethod:
    fake = FakeMethod()
    monkeypatch.setattr(methods, "every", lambda: {"fake": Method("fake", "Fake", "fake_method_of_a_test", "is at it")})
    monkeypatch.setitem(sys.modules, "fake_method_of_a_test", fake)  # type: ignore[arg-type]
    monkeypatch.setattr(runs, "BEAT_S", 0.02)
    return fake


@pytest.fixture
def pool_id(database: Database) -> int:
    return pools.make(database, "a pool", own_seeds=[]).id


def state(database: Database, run: Run) -> RunState:
    with database.read() as c:
        return store.get(c, run.id).state


def wait_for(database: Database, run: Run, wanted: RunState) -> None:
    deadline = time.monotonic() + 120
    while state(database, run) is not wanted:
        assert time.monotonic() < deadline, state(database, run)
        time.sleep(0.01)


def dead_owner() -> str:
    """An owner whose process has ended."""
    code = "from core.runs import owners; print(owners.new())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_a_queued_run_has_one_owner_however_many_want_it(database: Database, pool_id: int) -> None:
    run = control.start(database, pool_id, "fake", {})
    taken: list[str] = []

    def want(owner: str) -> None:
        with database.write() as c:
            if store.claim(c, owner, run.id):
                taken.append(owner)

    wanting = [threading.Thread(target=want, args=(f"owner {n}",)) for n in range(8)]
    for one in wanting:
        one.start()
    for one in wanting:
        one.join()
    assert len(taken) == 1


def test_a_runner_takes_up_what_is_queued_and_stores_how_it_ended(
    database: Database, pool_id: int, method: FakeMethod
) -> None:
    runner = Runner(database)
    run = control.start(database, pool_id, "fake", {"some": "setting"})
    runner.wake()
    wait_for(database, run, RunState.RUNNING)
    method.go_on.set()
    wait_for(database, run, RunState.DONE)
    runner.close()
    with database.read() as c:
        assert (store.get(c, run.id).message, store.get(c, run.id).owner) == ("All done.", None)


def test_a_runner_leaves_the_command_lines_own_run_to_it(database: Database, pool_id: int, method: FakeMethod) -> None:
    runner = Runner(database)
    run = control.start(database, pool_id, "fake", {}, here=True)
    runner.wake()
    time.sleep(0.2)
    assert (state(database, run), method.jobs) == (RunState.QUEUED, [])
    method.go_on.set()
    assert runs.work_here(database, run.id).state is RunState.DONE
    runner.close()


def test_what_was_asked_reaches_the_work_within_a_moment(database: Database, pool_id: int, method: FakeMethod) -> None:
    run = control.start(database, pool_id, "fake", {}, here=True)
    working = threading.Thread(target=runs.work_here, args=(database, run.id))
    working.start()
    wait_for(database, run, RunState.RUNNING)
    with database.write() as c:
        store.ask(c, run.id, Control.PAUSE)
    working.join(120)
    assert state(database, run) is RunState.PAUSED


def test_a_run_that_nobody_works_on_is_put_down_at_once(database: Database, pool_id: int) -> None:
    run = control.start(database, pool_id, "fake", {})
    with database.write() as c:
        store.ask(c, run.id, Control.STOP)
    assert state(database, run) is RunState.STOPPED


def test_the_run_of_a_program_that_was_killed_is_free_at_once_and_that_of_a_living_one_is_not(
    database: Database, pool_id: int
) -> None:
    for owner, expected in ((dead_owner(), RunState.INTERRUPTED), (owners.new(), RunState.RUNNING)):
        run = control.start(database, pool_id, "fake", {})
        with database.write() as c:
            store.claim(c, owner, run.id)
            store.mark_interrupted(c, owners.has_ended)
        assert state(database, run) is expected


def test_an_owner_on_another_machine_is_trusted_until_its_lease_runs_out(
    database: Database, pool_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = control.start(database, pool_id, "fake", {})
    elsewhere = "another-machine:1/1/abc"
    assert not owners.has_ended(elsewhere)
    with database.write() as c:
        store.claim(c, elsewhere, run.id)
        store.mark_interrupted(c, owners.has_ended)
    assert state(database, run) is RunState.RUNNING
    later = time.time() + store.LEASE_S + 1
    monkeypatch.setattr("core.runs.rows.runs.time.time", lambda: later)
    with database.write() as c:
        store.mark_interrupted(c, owners.has_ended)
    assert state(database, run) is RunState.INTERRUPTED
    with database.read() as c:
        assert not store.owns(c, run.id, elsewhere)
        assert store.get(c, run.id).message.startswith("The program that ran this ended before the run did.")


def test_a_lease_that_a_sleep_or_a_clock_let_run_out_is_renewed_before_anybody_takes_the_run(
    database: Database, pool_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = control.start(database, pool_id, "fake", {}, here=True)
    runner = Runner(database)
    runner.close()
    with database.write() as c:
        assert store.claim(c, owners.HERE, run.id) is not None
        c.execute(schema.runs.update().values(lease_until=time.time() - 3600))
    runner._take()
    assert state(database, run) is RunState.RUNNING
    with database.write() as c:
        assert store.beat(c, run.id, owners.HERE) == ""
    runner._take()
    with database.write() as c:
        c.execute(schema.runs.update().values(lease_until=0))
    later = time.monotonic() + runs.MISSED_S + 1
    monkeypatch.setattr("core.runs.runner.time.monotonic", lambda: later)
    runner._take()
    assert state(database, run) is RunState.RUNNING, "it was renewed in between"
    later += runs.MISSED_S + 1
    runner._take()
    assert state(database, run) is RunState.INTERRUPTED


def test_the_same_settings_go_on_with_the_interrupted_run_and_others_begin_a_new_one(
    database: Database, pool_id: int
) -> None:
    run = control.start(database, pool_id, "fake", {"a": (1, 2)})
    with database.write() as c:
        store.claim(c, dead_owner(), run.id)
    assert control.resume_same(database, pool_id, "fake", {"a": [1, 3]}) is None
    again = control.resume_same(database, pool_id, "fake", {"a": [1, 2]}, Budget(requests=5))
    assert again is not None and again.id == run.id
    with database.read() as c:
        assert store.get(c, run.id).budget == Budget(requests=5)
    assert state(database, run) is RunState.QUEUED


def test_a_run_at_work_is_not_begun_a_second_time(database: Database, pool_id: int) -> None:
    run = control.start(database, pool_id, "fake", {})
    with database.write() as c:
        store.claim(c, owners.new(), run.id)
    with pytest.raises(Refused, match="at work"):
        control.resume_same(database, pool_id, "fake", {})


def test_a_run_that_is_done_is_not_resumed(database: Database, pool_id: int, method: FakeMethod) -> None:
    method.go_on.set()
    run = runs.work_here(database, control.start(database, pool_id, "fake", {}, here=True).id)
    assert run.state is RunState.DONE
    with database.write() as c:
        assert not store.resume(c, run.id)
    assert control.resume_same(database, pool_id, "fake", {}) is None


def test_a_fault_of_the_program_ends_a_run_in_a_sentence(
    database: Database, pool_id: int, monkeypatch: pytest.MonkeyPatch, method: FakeMethod
) -> None:
    monkeypatch.setattr(method, "work", lambda job: 1 / 0)
    run = runs.work_here(database, control.start(database, pool_id, "fake", {}, here=True).id)
    assert run.state is RunState.FAILED and run.state.is_resumable
    assert "ZeroDivisionError" in run.message and "\n" not in run.message


def test_a_ghost_can_neither_write_nor_report(database: Database, pool_id: int) -> None:
    run = control.start(database, pool_id, "fake", {})
    with database.write() as c:
        store.claim(c, "a ghost", run.id)
    job = Job(database, run, "a ghost", lambda counts: None)
    job.report(accepted=1)
    with database.write() as c:
        c.exec_driver_sql("UPDATE runs SET owner = 'another'")
    with pytest.raises(runs.Lost):
        job.report(accepted=2)
    with pytest.raises(runs.Lost):
        _ = job.asked
    with database.read() as c:
        assert store.get(c, run.id).counts == {"accepted": 1}


def test_a_second_run_of_a_method_does_not_begin_while_the_first_waits_or_works(
    database: Database, pool_id: int
) -> None:
    first = control.start(database, pool_id, "fake", {})
    with pytest.raises(Refused, match=f"Run {first.id} of this pool waits to begin"):
        control.start(database, pool_id, "fake", {"other": "settings"})
    with database.write() as c:
        store.claim(c, owners.new(), first.id)
    with pytest.raises(Refused, match=f"run stop {first.id}"):
        control.start(database, pool_id, "fake", {})
    other_pool = pools.make(database, "another pool", own_seeds=[]).id
    control.start(database, other_pool, "fake", {})
    control.start(database, pool_id, "another kind", {})
    assert [(one.run.pool_id, one.run.method) for one in control.at_work(database)] == [
        (pool_id, "fake"),
        (other_pool, "fake"),
        (pool_id, "another kind"),
    ]


def test_of_many_that_start_at_once_one_begins(database: Database, pool_id: int) -> None:
    begun, refused = [], []

    def begin() -> None:
        try:
            begun.append(control.start(database, pool_id, "fake", {}))
        except Refused as error:
            refused.append(error)

    starting = [threading.Thread(target=begin) for _ in range(8)]
    for one in starting:
        one.start()
    for one in starting:
        one.join()
    assert (len(begun), len(refused)) == (1, 7)


def test_a_run_is_not_resumed_beside_its_successor(database: Database, pool_id: int) -> None:
    first = control.start(database, pool_id, "fake", {})
    assert control.pause(database, first.id).state is RunState.PAUSED
    second = control.start(database, pool_id, "fake", {})
    with pytest.raises(Refused, match=f"Run {second.id}"):
        control.resume(database, first.id)
    assert control.stop(database, second.id).state is RunState.STOPPED
    assert control.resume(database, first.id).state is RunState.QUEUED
    shown = control.shown(database, pool_id, "fake")
    assert shown is not None and shown.id == first.id, "what spends is shown before what is newest"


def test_a_run_that_a_dead_program_kept_for_itself_waits_for_nobody(database: Database, pool_id: int) -> None:
    run = control.start(database, pool_id, "fake", {})
    with database.write() as c:
        store.reserve(c, run.id, dead_owner())
    control.start(database, pool_id, "fake", {"other": "settings"})
    assert state(database, run) is RunState.INTERRUPTED


def test_a_run_that_does_not_exist_or_is_at_work_is_not_resumed(database: Database, pool_id: int) -> None:
    with pytest.raises(NotFound, match="no run 77"):
        control.stop(database, 77)
    done = control.start(database, pool_id, "fake", {})
    with database.write() as c:
        store.claim(c, owners.new(), done.id)
        store.end(c, done.id, store.get(c, done.id).owner or "", RunState.DONE, "All done.")
    with pytest.raises(Refused, match="is done"):
        control.resume(database, done.id)


def test_settings_that_an_older_winnow_did_not_store_do_not_make_another_run(database: Database, pool_id: int) -> None:
    plan = SelfInstructPlan(SelfInstructSettings(), DEMO, Until(batches=3)).as_mapping()
    older = json.loads(json.dumps(plan))
    del older["settings"]["patience"], older["until"]["pool"]
    run = control.start(database, pool_id, "self-instruct", older)
    control.pause(database, run.id)
    again = control.resume_same(database, pool_id, "self-instruct", plan)
    assert again is not None and again.id == run.id
    control.pause(database, run.id)
    other = SelfInstructPlan(SelfInstructSettings(), DEMO, Until(batches=4)).as_mapping()
    assert control.resume_same(database, pool_id, "self-instruct", other) is None


def test_a_ghosts_replies_are_not_stored_beside_its_successors(database: Database, pool_id: int) -> None:
    run = control.start(database, pool_id, "fake", {})
    with database.write() as c:
        store.claim(c, "a ghost", run.id)
    job = Job(database, run, "a ghost", lambda counts: None)
    ledger = RunLedger(database, run.id, "custom", "http://x", write=job.write)
    body = {"model": "m", "prompt": "p"}
    request_id = ledger.record(Request("0/a/0", "a", Endpoint.COMPLETIONS, "m", body))
    reply: dict[str, Any] = {"attempt": 1, "text": "t", "finish_reason": "stop", "prompt_tokens": 1}
    reply |= {"completion_tokens": 1, "usd": None, "seconds": 0.1, "body": {}}
    ledger.record_reply(request_id, **reply)
    with database.write() as c:
        store.mark_interrupted(c, lambda owner: True)
        store.resume(c, run.id)
        store.claim(c, "its successor", run.id)
    with pytest.raises(runs.Lost):
        ledger.record_reply(request_id, **reply)
    with pytest.raises(runs.Lost):
        ledger.record_failure(request_id, attempt=2, error="late", seconds=1.0)
    assert ledger.usage().requests == 1
