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
from dataclasses import asdict, dataclass
from typing import Any

from core.gate import rules
from core.gate.admission import PoolGate, word_counter
from core.llm import book
from core.llm.client import Client
from core.llm.errors import BadReply, BudgetExceeded, ContextTooLong, ModelError, RequestRefused, Stopped
from core.llm.target import Target, connect, stored_form, target_of
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
TIMES_ASKED = 3  # the question of step 2, while the model answers neither yes nor no
NO_USE = 10  # tasks left without instances, and none with, before the run gives up
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
        self._left_out = self._unanswered = 0
        self._counts = {"candidates": 0, "completed": 0, "instances": 0, **job.counts, "accepted": accepted}
        self._counts |= {"target": self._plan.until.tasks, "began_at": time.time(), "began_with": accepted}

    async def grow(self) -> Outcome:
        """Draw, ask, admit, until something says enough; then let what is in flight come home."""
        if not self._seeds:
            return Outcome(RunState.FAILED, "The pool has no seeds that are switched on; add some on the page Seeds.")
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
        return self._closing(outcome)

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
            return Outcome(
                RunState.STOPPED,
                f"{self._settings.patience} batches in a row brought no new task, so the run stopped. Other seeds, a "
                "higher temperature or a higher threshold may find more.",
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
                "ordinal": book.asked_so_far(c, self._pool.id, INSTRUCTIONS),
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
                self._plan.target.model,
                INSTRUCTIONS,
                f"{number}/{INSTRUCTIONS}/{place}",
                prompt,
                self._settings.instructions,
                batch=number,
                ordinal=batch.plan["ordinal"] + place,
            )
            asks.append(self._client.ask(request, priority=0))
        replies = await _all(asks)
        for task in self._admit(number, replies):
            self._follow(task)

    def _admit(self, number: int, replies: Sequence[Reply]) -> list[Task]:
        """Put a batch's candidates through the filters and the gate, in order, in one transaction."""
        accepted: list[int] = []
        n = 0
        with self._job.write() as c:
            self._gate.catch_up(c)
            for reply in replies:
                was_cut = reply.finish_reason == "length"
                for instruction in parsing.instructions(reply.text, self._settings.endpoint):
                    n += 1
                    new = self._judge(instruction, was_cut, number, reply)
                    task_id = arrivals.add(c, self._pool.id, [new])[0]
                    if new.discard is None:
                        self._gate.accept(task_id, instruction)
                        accepted.append(task_id)
                    elif new.discard.rule == rules.TOO_CLOSE:
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
            Discard(rules.CUT) if was_cut else filters.unfit_instruction(instruction, self._settings, self._count_words)
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
            if labelled is None:
                self._unanswered += 1
                return
            reply = await self._client.ask(self._instances_request(task, labelled), priority=1)
        except (ContextTooLong, BadReply, RequestRefused) as error:
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

    async def _is_classification(self, task: Task) -> bool | None:
        """Whether it is one, as the model says; None where it says neither, however often it is asked."""
        if self._settings.classification_only:
            return True
        if not self._shots.can_ask:
            return False
        fresh, again = 0, 0
        while fresh < TIMES_ASKED:
            request = self._kind_request(task, again)
            fresh += not self._client.has_reply(request.key)
            reply = await self._client.ask(request, priority=1)
            answer = parsing.is_classification(reply.text, self._settings.endpoint)
            if answer is not None:
                return answer
            again += 1
        return None

    def _kind_request(self, task: Task, again: int) -> Request:
        """The question of step 2; asked again it says what is wanted and leaves room for it."""
        settings = self._settings
        prompt = prompts.classification_prompt(settings, self._shots, task.instruction, again=bool(again))
        sampling = prompts.more_room(settings.classification) if again else settings.classification
        key = f"{task.batch}/{CLASSIFICATION}/{task.id}" + (f"/{again}" if again else "")
        return prompts.request(
            settings, self._plan.target.model, CLASSIFICATION, key, prompt, sampling, batch=task.batch, task_id=task.id
        )

    def _instances_request(self, task: Task, labelled: bool) -> Request:
        settings = self._settings
        prompt = prompts.instances_prompt(settings, self._shots, task.instruction, labelled)
        sampling = settings.instances_of_classification if labelled else settings.instances
        key = f"{task.batch}/{INSTANCES}/{task.id}"
        return prompts.request(
            settings, self._plan.target.model, INSTANCES, key, prompt, sampling, batch=task.batch, task_id=task.id
        )

    def _instances(self, reply: Reply, labelled: bool) -> list[NewInstance]:
        pairs = parsing.instances(reply.text, labelled, self._settings.endpoint)
        if not pairs:
            return [NewInstance("", reply.text, Discard(rules.UNPARSED))]
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
        used = self._client.live.usage
        self._counts["requests"], self._counts["usd"] = used.requests, used.usd
        self._counts["prompt_tokens"], self._counts["completion_tokens"] = used.prompt_tokens, used.completion_tokens
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
        ending = outcome or Outcome(RunState.DONE)
        notes = ""
        if self._left_out:
            notes = f" {self._left_out} tasks got no instances: the model's replies to them could not be used."
        if self._unanswered:
            notes += (
                f" {self._unanswered} tasks wait for their kind: asked {TIMES_ASKED} times whether they are "
                "classification tasks, the model said neither yes nor no. Resume asks again; another model may answer."
            )
        if notes:
            # What is done can't be resumed, and these wait for that.
            state = RunState.STOPPED if self._unanswered and ending.state is RunState.DONE else ending.state
            return Outcome(state, ending.message + notes)
        return ending


async def _all(asks: Sequence[Any]) -> list[Reply]:
    """Every reply, in order; where one fails the others still come home (and are stored) before its error is raised."""
    came = await asyncio.gather(*asks, return_exceptions=True)
    for one in came:
        if isinstance(one, BaseException):
            raise one
    return [one for one in came if isinstance(one, Reply)]
