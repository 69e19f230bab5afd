"""Long work: taken up, reported, ended. A run lives here and in the database, never in a page.

A method (Self-Instruct, REInstruct, parsing) is a function of a `Job`. The database holds who owns the run until when;
every write of a job is fenced by that lease, so a ghost thread or a second program can't write into it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core import foreign, methods
from core.database import Database
from core.moments import exact_moment
from core.records import Control, Run, RunState, StorageFailed, WinnowError
from core.runs import owners
from core.runs.rows import runs as store

log = logging.getLogger(__name__)

BEAT_S = 1.0
MISSED_S = 5 * BEAT_S
AT_ONCE = 3


class Lost(Exception):
    """The run belongs to somebody else now; stop without writing anything more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a method's work ended, with the sentence that a person is told."""

    state: RunState
    message: str = ""


@dataclass(frozen=True, slots=True)
class Again:
    """What a run that is done again is told of the first time.

    `bring_back(c, batch, admitted)` brings the pool to what it was when that batch was drawn, or admitted;
    `approved(batch)`: the tasks that stood as rated A or B when it was drawn; `put_down_before(batch)`: whether the run
    was put down, and taken up anew, before it was.
    """

    bring_back: Callable[[sa.Connection, int, bool], None]
    approved: Callable[[int], Set[int]]
    put_down_before: Callable[[int], bool]


class Job:
    """One run in the hands of its owner: what a method gets to work with. `again`: it is done again, for comparison."""

    def __init__(
        self,
        database: Database,
        run: Run,
        owner: str,
        on_progress: Callable[[Mapping[str, Any]], None],
        again: Again | None = None,
    ) -> None:
        self.database, self.run, self.owner, self.again = database, run, owner, again
        self._on_progress = on_progress
        self._asked: Control | None = None
        self._lost = False
        self._ended = threading.Event()
        self.counts: dict[str, Any] = dict(run.counts)

    @contextmanager
    def looking(self) -> Iterator[sa.Connection]:
        """A transaction in which a method reads the seeds that it will know until it is put down. Nothing changes
        between the look and its moment, which the run keeps, so that a replay knows what was known."""
        with self.write() as c:
            self.counts["looked"] = [*self.counts.get("looked", ()), exact_moment(time.time())]
            store.count(c, self.run.id, self.counts)
            yield c

    @property
    def asked(self) -> Control | None:
        """What a person has asked of this run, if anything. Raises Lost where it is no longer ours."""
        if self._lost:
            raise Lost
        return self._asked

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that is only kept while the run is ours."""
        with self.database.write() as c:
            if not store.owns(c, self.run.id, self.owner):
                self._lost = True
                raise Lost
            yield c

    def report(self, c: sa.Connection | None = None, **counts: Any) -> None:
        """Keep the run's figures for every page that shows them; in the caller's transaction, if given."""
        self.counts.update(counts)
        if c is not None:
            store.count(c, self.run.id, self.counts)
        else:
            with self.write() as own:
                store.count(own, self.run.id, self.counts)
        self._on_progress(self.counts)

    def bring_back(self, batch: int, *, admitted: bool = False) -> None:
        """Where the run is done again: bring the pool to what it was when this batch was drawn, or admitted."""
        if self.again is not None:
            with self.write() as c:
                self.again.bring_back(c, batch, admitted)

    def keep_alive(self) -> None:
        """Renew the lease and hear what was asked, until the work has ended. Runs beside it in a thread."""
        while not self._ended.wait(BEAT_S):
            try:
                with self.database.write() as c:
                    asked = store.beat(c, self.run.id, self.owner)
            except StorageFailed as error:
                log.warning("run %s: %s", self.run.id, error)
                continue
            if asked is None:
                self._lost = True
                return
            self._asked = Control(asked) if asked else None

    def put_down(self, message: str = "") -> Outcome:
        """How a run ends of which something was asked."""
        asked = self.asked or Control.STOP
        return Outcome(asked.state, message or f"{asked.told}; resume goes on from here.")

    def end(self) -> None:
        self._ended.set()


def work_here(
    database: Database,
    run_id: int,
    on_progress: Callable[[Mapping[str, Any]], None] = lambda counts: None,
    again: Again | None = None,
) -> Run:
    """Do a queued run in this thread (the command line's way) and return it as it ended; `again` for a replay.

    Raises StorageFailed where its end could not be stored; resuming goes on from what was.
    """
    with database.write() as c:
        run = store.claim(c, owners.HERE, run_id)
    if run is not None:
        _work(Job(database, run, owners.HERE, on_progress, again))
    with database.read() as c:
        return store.get(c, run_id)


class Runner:
    """Takes up queued runs in threads of this program, until closed. One for each program and database."""

    def __init__(self, database: Database) -> None:
        self._database, self._owner = database, owners.new()
        self._wake, self._closed = threading.Event(), threading.Event()
        self._workers: list[threading.Thread] = []
        self._missed: dict[tuple[int, str], float] = {}  # since when a lease is seen to have run out
        self._thread = threading.Thread(target=self._watch, name="runner", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look for queued runs now."""
        self._wake.set()

    def close(self) -> None:
        """Take up no more runs; those at work end with the program, and can be resumed."""
        self._closed.set()
        self._wake.set()

    def _watch(self) -> None:
        while not self._closed.is_set():
            with suppress(StorageFailed):  # the next look tells; a page shows the same trouble to its user
                self._take()
            self._wake.wait(1.0)
            self._wake.clear()

    def _gone(self, lost: Sequence[tuple[int, str]]) -> set[tuple[int, str]]:
        """Those of them whose owner has ended or let some beats go by: where a machine was asleep, or its clock was
        put forward, every lease has run out at once, and the owners, who live, are about to renew them."""
        now = time.monotonic()
        self._missed = {one: self._missed.get(one, now) for one in lost}
        return {one for one, since in self._missed.items() if now - since > MISSED_S or owners.has_ended(one[1])}

    def _take(self) -> None:
        with self._database.read() as c:
            lost, waiting = store.lost(c, owners.has_ended), [r for r in store.active(c) if r.state is RunState.QUEUED]
        if gone := self._gone(lost):
            with self._database.write() as c:
                store.mark_interrupted(c, owners.has_ended, gone)
        self._workers = [worker for worker in self._workers if worker.is_alive()]
        for run in waiting[: AT_ONCE - len(self._workers)]:
            with self._database.write() as c:
                mine = store.claim(c, self._owner, run.id)
            if mine:
                job = Job(self._database, mine, self._owner, lambda counts: None)
                worker = threading.Thread(target=_work_aside, args=(job,), name=f"run-{mine.id}", daemon=True)
                worker.start()
                self._workers.append(worker)


def _work_aside(job: Job) -> None:
    try:
        _work(job)
    except StorageFailed as error:  # the lease runs out, and then the run counts as interrupted
        log.warning("run %s: %s", job.run.id, error)


def _work(job: Job) -> None:
    """Do a job's method and store how it ended; every way it can end is a sentence."""
    heart = threading.Thread(target=job.keep_alive, name=f"heart-{job.run.id}", daemon=True)
    heart.start()
    try:
        outcome = methods.named(job.run.method).work(job)
    except Lost:
        return
    except WinnowError as error:
        outcome = Outcome(RunState.FAILED, str(error))
    except KeyboardInterrupt:
        _end(job, Outcome(RunState.STOPPED, "Stopped by hand; resume goes on from here."))
        raise
    except Exception as error:
        log.exception("run %s failed", job.run.id)
        outcome = Outcome(
            RunState.FAILED,
            "The disk is full: what the run had is kept. Free some space, then resume."
            if foreign.is_full(error)
            else f"The run met a fault of the program ({type(error).__name__}: {foreign.told(error)}); what it had is "
            "kept, and resuming goes on from there. The log has the details.",
        )
    finally:
        job.end()
    _end(job, outcome)


def _end(job: Job, outcome: Outcome) -> None:
    for pause in (0.5, 1.0, 2.0, None):
        try:
            with job.database.write() as c:
                store.end(c, job.run.id, job.owner, outcome.state, outcome.message)
            return
        except StorageFailed as error:
            log.warning("run %s ended, not yet stored: %s", job.run.id, error)
            if pause is None:
                why = outcome.message if outcome.state is RunState.FAILED else str(error)
                raise StorageFailed(why) from error
            time.sleep(pause)
