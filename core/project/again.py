"""A pool's runs done again one after the other, each in the pool as it was, batch by batch, the first time.

The pool is brought to what it was when the run began, when each batch was drawn and when it was admitted: the seeds
that were on then, with their texts of then; what had been imported; what people had taken out, rescued or edited; which
tasks were rated A or B. A run that was put down is put down again, and taken up in the pool as it was then: a run knows
the seeds that it read when it was taken up. Prompts are drawn anew, not read from the batches' plans, so that the draw
is proved too. Only the texts of a corpus that a batch took come from its plan: who set a text aside when is not kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.corpus import lending
from core.database import Database
from core.llm import book
from core.llm.parcels.words import Delivery
from core.llm.stored import StoredReplies, answering
from core.moments import seconds_of
from core.pool import approvals, journal, sealed, then
from core.pools import make
from core.records import Origin, Pool, Refused, Run
from core.reinstruct.plan import METHOD as REINSTRUCT
from core.reinstruct.plan import Steps
from core.runs import control, runner
from core.selfinstruct.loop import METHOD as SELF_INSTRUCT

METHODS = (SELF_INSTRUCT, REINSTRUCT)


@dataclass(frozen=True, slots=True)
class Done:
    """A run as it came out again; `unanswered`: prompts that were not sent the first time, beyond what was left."""

    run: Run
    unanswered: int
    unknown: str = ""  # why numbers that differ may be nobody's fault


UNKNOWN = (
    "Run {run} was {how} by a Winnow that did not keep when it read its seeds, and seeds changed while it grew: which "
    "of them its later prompts showed is not known, so its candidates, accepted tasks, instances and completed tasks "
    "cannot be checked."
)


def cannot(told: Mapping[str, Any], run: Run | None) -> str:
    """Why a run of a project's file cannot be done again, "" where it can."""
    name = f"Run {told['run']}"
    if run is None:
        return f"{name} is not in this database any more, and its replies went with it."
    if told["method"] not in METHODS:
        return (
            f"{name} is of {told['method']}, a method that another package brings, which may draw by chance; its tasks "
            "stand in the replay as they came."
        )
    if not told["requests"]:
        return f"{name} asked nothing, so there is nothing to do again."
    return ""


class DoneAgain:
    """Does runs again in another database, in the order given; `run` gives each as it came out."""

    def __init__(self, database: Database, other: Database, pool: Pool) -> None:
        self._database, self._other, self._pool = database, other, pool
        self._pools = 0
        self._until = 0.0  # when the last run that was done again had ended
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._pools += 1
        name = self._pool.name if self._pools == 1 else f"{self._pool.name} {self._pools}"
        self._fresh = make(self._other, name, [], **dict(self._pool.settings))
        self._twins: dict[int, int] = {}  # tasks there by those here
        self._stands: dict[int, then.Earlier] = {}  # how each was brought last

    def run(self, run: Run, told: Mapping[str, Any]) -> Done:
        """The run, done again as a project's file tells of it."""
        began = run.started_at or run.created_at
        if began < self._until:  # it worked beside the one before, and both were in each other's way: a pool for itself
            self._begin_anew()
        self._until = max(self._until, run.ended_at or float("inf"))
        exchanges = book.of_run(self._database, run.id)
        stored = StoredReplies(exchanges)
        with answering(stored):
            plan = _plan(run, told, len(control.batches(self._database, run.id)))
            again = control.start(self._other, self._fresh.id, run.method, plan, here=True)
            moments = _Moments(self, run, again, began)
            moments.begin()
            told_of = runner.Again(moments.bring_back, moments.approved, moments.put_down_before)
            again = runner.work_here(self._other, again.id, again=told_of)
            while again.state.is_resumable and moments.begin_again():
                stored.missing.clear()  # what was not asked before the run was put down is asked after it
                again = control.resume(self._other, again.id, here=True)
                again = runner.work_here(self._other, again.id, again=told_of)
        self.pair(run.id, again.id)
        left_undone = max(0, told["counts"].get("accepted", 0) - told["counts"].get("completed", 0))
        never_came = sum(one.reply is None and not one.withheld for one in exchanges)
        return Done(again, max(0, len(stored.missing) - left_undone - never_came), self._unknown(run, began))

    def _unknown(self, run: Run, began: float) -> str:
        """Why what a run knew when is not known, "" where it is."""
        with self._database.read() as c:
            was_noted, resumed = journal.taken_up(c, run.id)
            all_kept = len(run.counts.get("looked", ())) > len(resumed) and was_noted
            if all_kept or not then.seeds_changed(c, self._pool.id, began, run.ended_at or float("inf")):
                return ""
        return UNKNOWN.format(run=run.id, how="resumed" if was_noted else "begun, and perhaps resumed,")

    def bring_to(self, c: sa.Connection, at: float, of: Run, before: int | None = None) -> None:
        """Bring the pool there, by an open transaction, to what the pool here was at a time."""
        with self._database.read() as here:
            was = then.as_of(here, self._pool.id, at, before)
            sets = sealed.sealed_by(here, at)
        sealed.copy(c, sets)
        for earlier in was:
            if self._stands.get(earlier.id) == earlier:
                continue
            if earlier.id in self._twins:
                then.bring(c, self._twins[earlier.id], earlier)
            elif earlier.run_id != of.id or earlier.origin is Origin.SEED:
                self._twins[earlier.id] = then.copy(c, self._fresh.id, earlier)
            self._stands[earlier.id] = earlier

    def pair(self, here: int, there: int) -> None:
        """Remember which task there is which here, as far as a run has come."""
        with self._database.read() as c:
            ours = then.arrived_of(c, here)
        with self._other.read() as c:
            theirs = then.arrived_of(c, there)
        self._twins |= dict(zip(ours, theirs, strict=False))

    @property
    def here(self) -> Database:
        """The database whose runs are done again."""
        return self._database

    @property
    def there(self) -> Database:
        """The database in which they are."""
        return self._other

    def twins(self, of: Set[int]) -> Set[int]:
        """The tasks there of some here."""
        return {self._twins[task_id] for task_id in of if task_id in self._twins}


class _Moments:
    """The moments of one run: its beginning, and each batch's draw and admission."""

    def __init__(self, done: DoneAgain, run: Run, again: Run, began: float) -> None:
        self._done, self._run, self._again, self._brought_to = done, run, again, began
        self._batches: dict[int, control.Batch] = {one.number: one for one in control.batches(done.here, run.id)}
        with done.here.read() as c:
            _, resumed = journal.taken_up(c, run.id)
        kept = [seconds_of(at) for at in run.counts.get("looked", ())]
        # Where an earlier Winnow worked on it, its seeds were read a moment after it was resumed.
        self._later = kept[1:] if len(kept) > len(resumed) else resumed

    def begin(self) -> None:
        """Bring the pool there to what it was when the run began."""
        with self._done.here.read() as c:
            first = min(then.arrived_of(c, self._run.id), default=None)
        with self._done.there.write() as c:
            self._done.bring_to(c, self._brought_to, self._run, first)
            self._lend(c, 0)

    def put_down_before(self, number: int) -> bool:
        """Whether the run was put down, and taken up anew, before a batch was drawn."""
        batch = self._batches.get(number)
        return bool(self._later) and (batch is None or batch.planned_at >= self._later[0])

    def begin_again(self) -> bool:
        """Bring the pool there to what it was when the run was taken up the next time; False where it never was."""
        if not self._later:
            return False
        at = self._later.pop(0)
        self._done.pair(self._run.id, self._again.id)
        with self._done.there.write() as c:
            self._done.bring_to(c, at, self._run)
        self._brought_to = at
        return True

    def bring_back(self, c: sa.Connection, number: int, admitted: bool) -> None:
        """Bring the pool there to what it was when a batch was drawn, or admitted."""
        batch = self._batches.get(number)
        if batch is None:
            return
        at = (batch.admitted_at if admitted else batch.planned_at) or self._brought_to
        with self._done.here.read() as here:
            changed = then.changed(here, self._run.pool_id, self._run.id, self._brought_to, at)
        if changed:
            self._done.pair(self._run.id, self._again.id)
            self._done.bring_to(c, at, self._run)
        self._brought_to = at
        if not admitted:
            self._lend(c, number)

    def approved(self, number: int) -> Set[int]:
        """The tasks there that stood as rated A or B when a batch was drawn."""
        batch = self._batches.get(number)
        if batch is None:
            return frozenset()
        self._done.pair(self._run.id, self._again.id)
        with self._done.here.read() as c:
            newest = batch.plan.get("ratings_until")
            if newest is None:  # a run of an older Winnow
                newest = approvals.newest_by(c, self._run.pool_id, batch.planned_at)
            return self._done.twins(approvals.approved(c, self._run.pool_id, batch.planned_at, newest))

    def _lend(self, c: sa.Connection, number: int) -> None:
        batch = self._batches.get(number)
        if batch is not None and "texts" in batch.plan:
            with self._done.here.read() as here:
                texts = lending.named(here, batch.plan["texts"])
            lending.lend_exactly(c, self._again.pool_id, self._again.id, texts)


def _plan(run: Run, told: Mapping[str, Any], batches: int) -> dict[str, Any]:
    """A run's plan, to be done as far as it came; each request alone, however they went the first time.

    The file's settings of the method count, which are checked as anybody's are; where its requests go and what it is
    to do is the run's own, for nothing is sent, and nothing but what was stored can come.
    """
    given = told["settings"].get("settings")
    if not isinstance(given, Mapping):
        raise Refused(f"The file has no settings of run {run.id}; `winnow project export` writes them.")
    settings = {**run.settings, "settings": given}
    settings["target"] = {**settings["target"], "delivery": Delivery.DIRECT.value}
    if settings.get("steps") == Steps.REWRITE:
        until = {"batches": None, "tasks": told["requests"], "pool": None}
    else:
        until = {"batches": max(1, min(told["batches"], batches + 1)), "tasks": None, "pool": None}
    return {**settings, "until": until}
