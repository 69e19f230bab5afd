"""A run that asks a model, batch after batch: what is under way, what it has spent, and why it stops.

Both methods work through one. A batch's plan is stored before anything of it is sent; work on what a batch brought goes
on beside the next one; a person's word, the budget, a server's trouble or a fault ends it, and what is in flight then
still comes home.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from core.llm import closing
from core.llm.errors import ABOUT_ONE_REQUEST, AwaitsFile, BudgetExceeded, ModelError, NoAnswer, Stopped
from core.llm.fates import answered
from core.llm.parcels.words import Delivery
from core.llm.target import Target, connect, speaks_to
from core.pool import tasks
from core.records import Reply, Request, RunState
from core.runs.rows import runs
from core.runs.rows.runs import Batch as Batch
from core.runs.runner import Job, Lost, Outcome
from core.runs.until import Until
from core.words import number_of

LISTEN_S = 0.2
AHEAD = 3  # pieces of work a place of concurrency that are under way, before the next batch is begun
AHEAD_TOGETHER = 50_000  # where requests go together: as many as one parcel holds
NO_USE = 10  # replies that could not be used, and none that could, before the run gives up


class Campaign:
    """One run's work at a model. `counts` are the run's figures, kept with it by `report`."""

    def __init__(self, job: Job, target: Target, until: Until, counts: Mapping[str, Any]) -> None:
        """`counts` are the method's own, as they begin; those of an earlier start go on."""
        self._job, self._target, self._until = job, target, until
        with job.database.read() as c:
            self.batches = {batch.number: batch for batch in runs.batches_of(c, job.run.id)}
            accepted = len(tasks.of_run(c, job.run.id))
            in_pool = tasks.accepted_count(c, job.run.pool_id)
        self.counts: dict[str, Any] = {**counts, **job.counts, "accepted": accepted, "in_pool": in_pool}
        self.counts |= {"target": until.tasks, "pool_target": until.pool, "speaks_to": speaks_to(target)}
        self.counts |= {"began_at": time.time(), "began_with": accepted}
        self.client = connect(job, target)
        self.left_out = 0  # pieces of work whose replies could not be used
        self._why_left_out = ""  # of the first of them for which no fate says it
        self._open: set[asyncio.Task[None]] = set()
        self._trouble: ModelError | None = None  # why no more is asked of the model
        self._fault: BaseException | None = None  # a lost lease, a full disk, a fault of the program

    @property
    def is_over(self) -> bool:
        """Whether nothing new should be begun. Raises Lost where the run is no longer ours."""
        return self._trouble is not None or self._fault is not None or bool(self._job.asked)

    async def carry_out(self, work: Coroutine[None, None, Outcome | None]) -> Outcome:
        """Do the work, hearing a person's pause or stop meanwhile; return how it ended, in a sentence.

        What is in flight comes home first, whatever ended it. Raises the fault, if there was one.
        """
        self.report()  # which server and model, before anything is sent
        listening = asyncio.create_task(self._listen())
        working = asyncio.create_task(work)
        try:
            outcome = await asyncio.shield(working)
        except ModelError as error:
            self.give_up(error)
            outcome = None
        except BaseException:
            self.client.close_to_new()  # nothing more is paid for
            # After Ctrl-C (which cancels this, not the work) what is in flight comes home; the waiting are refused.
            await asyncio.gather(working, return_exceptions=True)
            raise
        finally:
            while self._open:
                await asyncio.wait(self._open)
            listening.cancel()
            await self._put_down()
        if self._fault is not None:
            raise self._fault
        self.counts["note"], self.counts["awaits_file"] = self.client.note, isinstance(self._trouble, AwaitsFile)
        self.report()
        ending = self._closing(outcome)
        said = [ending.message, self.counts["note"], closing.notes(self.counts, recorded=self.client.provider.is_demo)]
        return Outcome(ending.state, " ".join(filter(None, said)))

    async def _put_down(self) -> None:
        """Hang up; a person's stop also takes back what is on its way with others, and what came is kept."""
        self.client.close_to_new()
        try:
            if self._fault is None:
                if self._job.asked == "stop":
                    await self.client.withdraw()
                await self.client.settle()
        finally:
            await self.client.close()

    async def answer(self, request: Request, priority: int, *, source: str | None = None) -> Reply:
        """The reply to a request, asked for where none is stored. Raises NoAnswer for one that holds no answer."""
        return answered(await self.client.ask(request, priority, source=source))

    async def enough(self, number: int, patience: int, advice: str) -> Outcome | None:
        """Why batch `number` is not begun, or None. Waits while there is enough under way.

        After `patience` batches without a new task the run stops, with this advice.
        """
        await self.room()
        if self.is_over:
            return Outcome(RunState.FAILED)  # `carry_out` knows why
        if self._job.again and self._job.again.put_down_before(number):
            return Outcome(RunState.PAUSED)
        end = self._until.reached(brought=self.counts["accepted"], in_pool=self.counts["in_pool"], batches=number)
        if end:
            return Outcome(RunState.DONE, end)
        if self.client.is_used_up:
            patience, advice = 1, ""
        recent = [self.batches[n].counts for n in range(max(0, number - patience), number)]
        if len(recent) >= patience and not any(seen and seen.get("accepted") for seen in recent):
            told = f"{number_of(patience, 'batch')} in a row" if patience > 1 else "A batch"
            told += " brought no new task, so the run stopped."
            if advice and not closing.explain(self.counts):  # else the replies themselves say why
                told += f" {advice}"
            return Outcome(RunState.STOPPED, told)
        return None

    def waits(self, number: int) -> bool:
        """Whether a batch is still to be admitted."""
        batch = self.batches.get(number)
        return batch is None or batch.admitted_at is None

    def plan(self, c: sa.Connection, number: int, drawn: Mapping[str, Any]) -> Batch:
        """Store what was drawn for a batch, before any of it is sent."""
        return runs.plan(c, self._job.run.id, number, drawn)

    def admit(self, c: sa.Connection, number: int, *, candidates: int, accepted: int, **other: int) -> None:
        """Mark a batch as admitted, in the transaction that stores its candidates, with the counts of what came."""
        came = {"candidates": candidates, "accepted": accepted, **other}
        runs.admit(c, self._job.run.id, number, came)
        self.counts["candidates"] += candidates
        self.counts["accepted"] += accepted
        self.counts["batches"] = number + 1
        self.counts["in_pool"] = tasks.accepted_count(c, self._job.run.pool_id)
        self.report(c)
        self.batches[number] = Batch(self._job.run.id, number, {}, came, time.time())

    def report(self, c: sa.Connection | None = None) -> None:
        """Keep the run's figures, with what was spent."""
        self.counts |= self.client.figures()
        self._job.report(c, **self.counts)

    def follow(self, work: Coroutine[None, None, None]) -> None:
        """Let this go on beside everything else that is under way."""
        under_way = asyncio.create_task(self._alone(work))
        self._open.add(under_way)
        under_way.add_done_callback(self._came_home)

    async def room(self) -> None:
        """Wait while there is enough under way."""
        together = self._target.delivery is not Delivery.DIRECT
        while len(self._open) > (AHEAD_TOGETHER if together else AHEAD * self._target.concurrency):
            await asyncio.wait(self._open, return_when=asyncio.FIRST_COMPLETED)

    def give_up(self, error: ModelError) -> None:
        """Ask nothing more; what is in flight still comes home."""
        if self._trouble is None or isinstance(self._trouble, Stopped):
            self._trouble = error
        self.client.close_to_new()

    def left(self, noun: str, what: str) -> str:
        """The sentence for the work that was left out: how many `noun`s, and `what` they lack; "" where nothing was."""
        if not self.left_out:
            return ""
        why = f". The first of these: {self._why_left_out}" if self._why_left_out else ", as said above."
        return f" {number_of(self.left_out, noun)} {what}{why}"

    async def _alone(self, work: Coroutine[None, None, None]) -> None:
        """One piece of work: an error about its request alone leaves it out, any other ends the run."""
        try:
            await work
        except ABOUT_ONE_REQUEST as error:
            self.left_out += 1
            if not self._why_left_out and not isinstance(error, NoAnswer):
                self._why_left_out = str(error)
            if self.left_out >= NO_USE and not self.counts["completed"]:
                self.give_up(error)
        except ModelError as error:
            self.give_up(error)

    def _came_home(self, under_way: asyncio.Task[None]) -> None:
        self._open.discard(under_way)
        error = under_way.exception()
        if error is not None and self._fault is None:
            self._fault = error
            self.client.close_to_new()

    async def _listen(self) -> None:
        with suppress(Lost):  # the next write says so too
            while not self._job.asked and self._trouble is None:
                await asyncio.sleep(LISTEN_S)
                if self.client.note != self.counts.get("note", ""):
                    self.counts["note"] = self.client.note
                    self.report()
        self.client.close_to_new()

    def _closing(self, outcome: Outcome | None) -> Outcome:
        if self._job.asked:
            return self._job.put_down()
        if isinstance(self._trouble, AwaitsFile):
            return Outcome(RunState.PAUSED, str(self._trouble))
        if isinstance(self._trouble, BudgetExceeded):
            return Outcome(RunState.STOPPED, str(self._trouble))
        if self._trouble is not None:
            return Outcome(RunState.FAILED, str(self._trouble))
        return outcome or Outcome(RunState.DONE)


async def all_replies(asks: Sequence[Coroutine[Any, Any, Reply]]) -> list[Reply | ModelError]:
    """Every reply in order, or the error that is about this request alone.

    Where another error ends the run, the others still come home (and are stored) before it is raised.
    """
    came = await asyncio.gather(*asks, return_exceptions=True)
    for one in came:
        if isinstance(one, BaseException) and not isinstance(one, ABOUT_ONE_REQUEST):
            raise one
    return [one for one in came if isinstance(one, Reply | ModelError)]
