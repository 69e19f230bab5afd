"""What a run has under way at a model, and why it stops: a person's word, the budget, a server's trouble, a fault."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress

from core.llm.client import Client
from core.llm.errors import BudgetExceeded, ModelError, Stopped
from core.records import RunState
from core.runs.runner import Job, Lost, Outcome

LISTEN_S = 0.2


class Asking:
    """Work that goes on beside the run, and the first thing that went wrong with it."""

    def __init__(self, job: Job, client: Client) -> None:
        self._job, self.client = job, client
        self._open: set[asyncio.Task[None]] = set()
        self._trouble: ModelError | None = None  # why no more is asked of the model
        self._fault: BaseException | None = None  # a lost lease, a full disk, a fault of the program

    @property
    def is_over(self) -> bool:
        """Whether nothing new should be begun. Raises Lost where the run is no longer ours."""
        return self._trouble is not None or self._fault is not None or bool(self._job.asked)

    def follow(self, work: Coroutine[None, None, None]) -> None:
        """Let this go on beside everything else that is under way."""
        under_way = asyncio.create_task(work)
        self._open.add(under_way)
        under_way.add_done_callback(self._came_home)

    async def room(self, most: int) -> None:
        """Wait while more than `most` are under way."""
        while len(self._open) > most:
            await asyncio.wait(self._open, return_when=asyncio.FIRST_COMPLETED)

    def give_up(self, error: ModelError) -> None:
        """Ask nothing more; what is in flight still comes home."""
        if self._trouble is None or isinstance(self._trouble, Stopped):
            self._trouble = error
        self.client.close_to_new()

    async def listen(self) -> None:
        """Hear a person's pause or stop while replies are awaited."""
        with suppress(Lost):  # the next write says so too
            while not self._job.asked and self._trouble is None:
                await asyncio.sleep(LISTEN_S)
        self.client.close_to_new()

    async def end(self) -> None:
        """Wait for what is in flight, and hang up."""
        while self._open:
            await asyncio.wait(self._open)
        await self.client.close()

    def closing(self, outcome: Outcome | None) -> Outcome:
        """How the run ended, in a sentence. Raises the fault, if there was one."""
        if self._fault is not None:
            raise self._fault
        if self._job.asked == "pause":
            return Outcome(RunState.PAUSED, "Paused; resume goes on from here.")
        if self._job.asked == "stop":
            return Outcome(RunState.STOPPED, "Stopped by hand; resume goes on from here.")
        if isinstance(self._trouble, BudgetExceeded):
            return Outcome(RunState.STOPPED, str(self._trouble))
        if self._trouble is not None:
            return Outcome(RunState.FAILED, str(self._trouble))
        return outcome or Outcome(RunState.DONE)

    def _came_home(self, under_way: asyncio.Task[None]) -> None:
        self._open.discard(under_way)
        error = under_way.exception()
        if error is not None and self._fault is None:
            self._fault = error
            self.client.close_to_new()
