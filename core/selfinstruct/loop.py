"""The bootstrap: batch after batch, from prompts to admitted tasks and their instances (Self-Instruct section 3.2).

A batch's prompts are drawn together from what earlier batches admitted, and its candidates are admitted together in
their order, so that concurrency changes nothing. What was drawn is stored before it is sent; a reply is stored before
it is read; candidates are stored in one transaction a batch, instances in one a task. A resume therefore draws the same
prompts, finds the replies that were paid for, and goes on. While the instances of one batch are still asked for, the
next batch's instructions are already on their way: they depend on admitted instructions alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.gate.admission import PoolGate, word_counter
from core.llm import closing
from core.llm.client import Client
from core.llm.errors import ABOUT_ONE_REQUEST, BudgetExceeded, ModelError, NoAnswer, Stopped
from core.llm.fates import answered
from core.llm.rows import requests
from core.llm.target import Target, connect, speaks_to, stored_form, target_of
from core.pool import arrivals, pools, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.records import Discard, Origin, Reply, Request, RunState, Task
from core.runs.rows import runs
from core.runs.rows.runs import Batch
from core.runs.runner import Job, Lost, Outcome
from core.selfinstruct import filters, parsing, prompts, steering
from core.selfinstruct.prompts import CLASSIFICATION, INSTANCES, INSTRUCTIONS, Shots
from core.selfinstruct.settings import SelfInstructSettings, Until, from_mapping

METHOD = "self-instruct"
NO_USE = 10  # tasks left without instances, and none with, before the run gives up
MOST_ITEMS = 64  # tasks that are read from one reply; it is asked for eight, and the gate holds the write lock
ASKED_AGAIN = 1  # times that a yes-or-no without an answer is asked once more
AHEAD = 3  # unfinished tasks a place of concurrency, before the next batch is drawn


@dataclass(frozen=True, slots=True)
class Plan:
    """A Self-Instruct run as it is stored: settings, where its requests go, when it is done."""

    settings: SelfInstructSettings
    target: Target
    until: Until

    def as_mapping(self) -> dict[str, Any]:
        return {
            "settings": self.settings.as_mapping(),
            "target": stored_form(self.target),
            "until": asdict(self.until),
        }


def plan_of(stored: Any) -> Plan:
    """The plan that `as_mapping` wrote."""
    return Plan(from_mapping(stored["settings"]), target_of(stored["target"]), Until(**stored["until"]))


def work(job: Job) -> Outcome:
    """Grow the pool until the plan's end, the budget's, or a person's word."""
    return asyncio.run(_Growth(job).grow())


class _Growth:
    def __init__(self, job: Job) -> None:
        self._job, self._plan = job, plan_of(job.run.settings)
        self._settings = self._plan.settings
        with job.database.read() as c:
            self._pool = pools.by_id(c, job.run.pool_id)
            self._gate = PoolGate(c, self._pool, self._settings.novelty_threshold)
            self._seeds = tasks.seeds(c, self._pool.id)
            self._batches = {batch.number: batch for batch in runs.batches_of(c, job.run.id)}
            self._unfinished = tasks.without_instances(c, self._pool.id, job.run.id)
            accepted = len(tasks.of_run(c, job.run.id))
        self._count_words = word_counter(self._pool)
        self._shots = Shots(self._settings, self._seeds)
        self._client: Client = connect(job, self._plan.target)
        self._open: set[asyncio.Task[None]] = set()
        self._trouble: ModelError | None = None  # why no more is asked of the model
        self._fault: BaseException | None = None  # a lost lease, a full disk, a fault of the program
        self._left_out = 0
        self._counts = {"candidates": 0, "completed": 0, "instances": 0, **job.counts, "accepted": accepted}
        self._counts["speaks_to"] = speaks_to(self._plan.target)
        self._counts |= {"target": self._plan.until.tasks, "began_at": time.time(), "began_with": accepted}

    async def grow(self) -> Outcome:
        """Draw, ask, admit, until something says enough; then let what is in flight come home."""
        if not self._seeds:
            return Outcome(RunState.FAILED, "The pool has no seeds that are switched on; add some on the page Seeds.")
        self._report()  # which server and model, before anything is sent
        listening = asyncio.create_task(self._listen())
        try:
            outcome = await self._grow()
        except BaseException:
            self._client.close_to_new()  # nothing more is paid for
            raise
        finally:
            while self._open:
                await asyncio.wait(self._open)
            listening.cancel()
            await self._client.close()
        if self._fault is not None:
            raise self._fault
        self._report()
        ending = self._closing(outcome)
        note = f"{self._left_out} tasks got no instances: the model's replies to them could not be used."
        notes = [note if self._left_out else "", closing.notes(self._counts)]
        return Outcome(ending.state, " ".join(filter(None, [ending.message, *notes])))

    async def _grow(self) -> Outcome | None:
        for task in self._unfinished:
            self._follow(task)
        number = 0
        while True:
            batch = self._batches.get(number)
            if batch is None or batch.admitted_at is None:
                ending = await self._enough(number)
                if ending is not None:
                    return ending if self._trouble is None else None
                try:
                    await self._batch(number, batch or await self._draw(number))
                except ModelError as error:
                    self._give_up(error)
                    return None
            number += 1

    async def _enough(self, number: int) -> Outcome | None:
        """Why no further batch is drawn, or None. Waits while there is enough under way."""
        while len(self._open) > AHEAD * self._plan.target.concurrency:
            await asyncio.wait(self._open, return_when=asyncio.FIRST_COMPLETED)
        until, counts = self._plan.until, self._counts
        if self._trouble is not None or self._fault is not None or self._job.asked:
            return Outcome(RunState.FAILED)
        if until.tasks is not None and counts["accepted"] >= until.tasks:
            return Outcome(RunState.DONE, f"{counts['accepted']:,} tasks accepted.")
        if until.batches is not None and number >= until.batches:
            return Outcome(RunState.DONE, f"{until.batches} batch{'es' if until.batches > 1 else ''} done.")
        recent = [self._batches[n].counts for n in range(max(0, number - self._settings.patience), number)]
        if len(recent) >= self._settings.patience and not any(seen and seen.get("accepted") for seen in recent):
            advice = " Other seeds, a higher temperature or a higher threshold may find more."
            advice = "" if closing.explain(self._counts) else advice
            return Outcome(
                RunState.STOPPED,
                f"{self._settings.patience} batches in a row brought no new task, so the run stopped.{advice}",
            )
        return None

    async def _draw(self, number: int) -> Batch:
        """Draw a batch's examples and store them, before anything is sent."""
        await asyncio.to_thread(steering.read_verbs, self._job, self._pool.id, self._settings)
        with self._job.write() as c:
            machine = steering.machine_examples(c, self._pool.id, self._settings)
            seeds = steering.seed_examples(self._seeds, self._settings)
            drawn = {
                "examples": prompts.draw(self._settings, number, seeds, machine),
                "ordinal": requests.count_of_step(c, self._pool.id, INSTRUCTIONS),
            }
            return runs.plan(c, self._job.run.id, number, drawn)

    async def _batch(self, number: int, batch: Batch) -> None:
        """Ask for a batch's instructions, admit them in order, and send the accepted ones on their way."""
        with self._job.database.read() as c:
            texts = tasks.texts(c, {task_id for shown in batch.plan["examples"] for task_id in shown})
        asks = []
        for place, shown in enumerate(batch.plan["examples"]):
            prompt = prompts.instructions_prompt(self._settings, [texts[task_id] for task_id in shown])
            request = prompts.request(
                self._settings,
                self._plan.target,
                INSTRUCTIONS,
                f"{number}/{INSTRUCTIONS}/{place}",
                prompt,
                self._settings.instructions,
                batch=number,
                ordinal=batch.plan["ordinal"] + place,
            )
            asks.append(self._answer(request, priority=0))
        came = await _all(asks)
        useless = [one for one in came if isinstance(one, ModelError)]
        if len(useless) == len(came) and not self._counts["candidates"]:
            raise useless[0]  # a server or model that can't do it at all
        for task in self._admit(number, [one for one in came if isinstance(one, Reply)]):
            self._follow(task)

    def _admit(self, number: int, replies: Sequence[Reply]) -> list[Task]:
        """Put a batch's candidates through the filters and the gate, in order, in one transaction."""
        accepted: list[int] = []
        n = 0
        read = [(reply, parsing.instructions(reply.text, self._settings.endpoint)) for reply in replies]
        self._counts["surplus"] = self._counts.get("surplus", 0) + sum(
            max(0, len(items) - MOST_ITEMS) for _, items in read
        )
        with self._job.write() as c:
            self._gate.catch_up(c)
            for reply, items in read:
                was_cut = reply.finish_reason == "length"
                for instruction in items[:MOST_ITEMS]:
                    n += 1
                    new = self._judge(instruction, was_cut, number, reply)
                    task_id = arrivals.add(c, self._pool.id, [new])[0]
                    if new.discard is None:
                        self._gate.accept(task_id, instruction)
                        accepted.append(task_id)
                    elif new.discard.rule == filters.TOO_CLOSE:
                        self._gate.drop(task_id, instruction)
            counts = {"candidates": n, "accepted": len(accepted)}
            runs.admit(c, self._job.run.id, number, counts)
            self._counts["candidates"] += n
            self._counts["accepted"] += len(accepted)
            self._counts["batches"] = number + 1
            self._report(c)
            found = [tasks.get(c, task_id) for task_id in accepted]
        self._batches[number] = Batch(self._job.run.id, number, {}, counts, time.time())
        return found

    def _judge(self, instruction: str, was_cut: bool, number: int, reply: Reply) -> NewTask:
        discard = (
            Discard(filters.CUT)
            if was_cut
            else filters.unfit_instruction(instruction, self._settings, self._count_words)
        )
        lineage: dict[str, Any] = {
            "run_id": self._job.run.id,
            "request_id": reply.request_id,
            "batch": number,
            "demo": self._client.provider.is_demo,
        }
        if discard is not None:
            return NewTask(Origin.SELF_INSTRUCT, instruction, discard=discard, **lineage)
        measured = self._gate.measure(instruction)
        return NewTask(Origin.SELF_INSTRUCT, instruction, discard=measured.discard, **lineage, **measured.as_fields())

    def _follow(self, task: Task) -> None:
        """Ask for a task's kind and instances beside everything else that is under way."""
        under_way = asyncio.create_task(self._complete(task))
        self._open.add(under_way)
        under_way.add_done_callback(self._came_home)

    def _came_home(self, under_way: asyncio.Task[None]) -> None:
        self._open.discard(under_way)
        error = under_way.exception()
        if error is not None and self._fault is None:
            self._fault = error
            self._client.close_to_new()

    async def _complete(self, task: Task) -> None:
        try:
            labelled = await self._is_classification(task)
            reply = await self._answer(self._instances_request(task, labelled), priority=1)
        except ABOUT_ONE_REQUEST as error:
            self._left_out += 1
            if self._left_out >= NO_USE and not self._counts["completed"]:
                self._give_up(error)
            return
        except ModelError as error:
            self._give_up(error)
            return
        found = self._instances(reply, labelled)
        with self._job.write() as c:
            arrivals.complete(c, task.id, labelled, found, reply.request_id)
            self._counts["completed"] += 1
            self._counts["instances"] += sum(one.discard is None for one in found)
            self._report(c)

    async def _is_classification(self, task: Task) -> bool:
        if self._settings.classification_only:
            return True
        if not self._shots.can_ask:
            return False
        prompt = prompts.classification_prompt(self._settings, self._shots, task.instruction)
        request = self._request(task, CLASSIFICATION, prompt)
        for again in range(ASKED_AGAIN + 1):
            key = f"again{again}:{request.key}" if again else request.key
            reply = await self._answer(replace(request, key=key), priority=1)
            labelled = parsing.is_classification(reply.text, self._settings.endpoint) if reply.text.strip() else None
            if labelled is not None:
                return labelled
        raise NoAnswer(f"Whether task {task.id} is a classification task was asked twice and not answered.")

    async def _answer(self, request: Request, priority: int) -> Reply:
        """The reply to a request, if it holds an answer."""
        return answered(await self._client.ask(request, priority=priority))

    def _instances_request(self, task: Task, labelled: bool) -> Any:
        prompt = prompts.instances_prompt(self._settings, self._shots, task.instruction, labelled)
        return self._request(task, INSTANCES, prompt, labelled)

    def _request(self, task: Task, step: str, prompt: str, labelled: bool = False) -> Any:
        settings = self._settings
        sampling = settings.classification
        if step == INSTANCES:
            sampling = settings.instances_of_classification if labelled else settings.instances
        key = f"{task.batch}/{step}/{task.id}"
        return prompts.request(
            settings, self._plan.target, step, key, prompt, sampling, batch=task.batch, task_id=task.id
        )

    def _instances(self, reply: Reply, labelled: bool) -> list[NewInstance]:
        pairs = parsing.instances(reply.text, labelled, self._settings.endpoint)
        if not pairs:
            return [NewInstance("", reply.text, Discard(filters.UNPARSED))]
        return filters.judge_instances(pairs, reply.finish_reason == "length", self._settings)

    async def _listen(self) -> None:
        """Hear a person's pause or stop while replies are awaited."""
        with suppress(Lost):  # the next write says so too
            while not self._job.asked and self._trouble is None:
                await asyncio.sleep(0.2)
        self._client.close_to_new()

    def _give_up(self, error: ModelError) -> None:
        if self._trouble is None or isinstance(self._trouble, Stopped):
            self._trouble = error
        self._client.close_to_new()

    def _report(self, c: Any = None) -> None:
        self._counts |= self._client.figures()
        self._job.report(c, **self._counts)

    def _closing(self, outcome: Outcome | None) -> Outcome:
        """How the run ended, in a sentence, once everything in flight has come home."""
        if self._job.asked == "pause":
            return Outcome(RunState.PAUSED, "Paused; resume goes on from here.")
        if self._job.asked == "stop":
            return Outcome(RunState.STOPPED, "Stopped by hand; resume goes on from here.")
        if isinstance(self._trouble, BudgetExceeded):
            return Outcome(RunState.STOPPED, str(self._trouble))
        if self._trouble is not None:
            return Outcome(RunState.FAILED, str(self._trouble))
        return outcome or Outcome(RunState.DONE)


async def _all(asks: Sequence[Any]) -> list[Reply | ModelError]:
    """Every reply, or the error that is about it alone, in order.

    Where one fails otherwise the others still come home (and are stored) before its error is raised.
    """
    came = await asyncio.gather(*asks, return_exceptions=True)
    for one in came:
        if isinstance(one, BaseException) and not isinstance(one, ABOUT_ONE_REQUEST):
            raise one
    return [one for one in came if isinstance(one, Reply | ModelError)]
