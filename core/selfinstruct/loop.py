"""The bootstrap: batch after batch, from prompts to admitted tasks and their instances (Self-Instruct section 3.2).

A batch's prompts are drawn together from what earlier batches admitted, and its candidates are admitted together in
their order, so that concurrency changes nothing. What was drawn is stored before it is sent; a reply is stored before
it is read; candidates are stored in one transaction a batch, instances in one a task. A resume therefore draws the same
prompts, finds the replies that were paid for, and goes on. While the instances of one batch are still asked for, the
next batch's instructions are already on their way: they depend on admitted instructions alone.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from core.gate import rules
from core.gate.admission import PoolGate, word_counter
from core.llm import book, fates
from core.llm.errors import ErrorInReply, ModelError, NoAnswer
from core.llm.eventloop import finished
from core.llm.target import Target, stored_form, target_of
from core.pool import approvals, arrivals, pools, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.records import Discard, Origin, Reply, Request, RunState, Task
from core.runs.campaign import Batch, Campaign, all_replies
from core.runs.runner import Job, Outcome
from core.runs.until import Until
from core.selfinstruct import filters, parsing, prompts, steering
from core.selfinstruct.prompts import CLASSIFICATION, INSTANCES, INSTRUCTIONS, Shots
from core.selfinstruct.settings import METHOD as METHOD
from core.selfinstruct.settings import SelfInstructSettings, from_mapping
from core.words import number_of

MOST_ITEMS = 64  # tasks that are read from one reply: it is asked for eight, and the gate holds the write lock
TIMES_ASKED = 3  # the question of step 2, while the model answers neither yes nor no
SHOWN = "shown "  # with an origin: how many examples of it the prompts showed
NOTHING_NEW = "Other seeds, a higher temperature or a higher threshold may find more."


@dataclass(frozen=True, slots=True)
class SelfInstructPlan:
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


def plan_of(stored: Any) -> SelfInstructPlan:
    """The plan that `as_mapping` wrote."""
    return SelfInstructPlan(from_mapping(stored["settings"]), target_of(stored["target"]), Until(**stored["until"]))


def work(job: Job) -> Outcome:
    """Grow the pool until the plan's end, the budget's, or a person's word."""
    return finished(_Growth(job).grow())


class _Growth:
    def __init__(self, job: Job) -> None:
        self._job, self._plan = job, plan_of(job.run.settings)
        self._settings = self._plan.settings
        with job.database.read() as c:
            self._pool = pools.by_id(c, job.run.pool_id)
            self._gate = PoolGate(
                c, self._pool, self._settings.novelty_threshold, strict_floats=self._settings.strict_floats
            )
            self._unfinished = tasks.without_instances(c, self._pool.id, job.run.id)
        with job.looking() as c:
            self._seeds = tasks.seeds(c, self._pool.id)
        self._count_words = word_counter(self._pool)
        self._shots = Shots(self._settings, self._seeds)
        counts = {"candidates": 0, "completed": 0, "instances": 0, "surplus": 0}
        self._campaign = Campaign(job, self._plan.target, self._plan.until, counts)
        self._client = self._campaign.client
        self._unanswered = 0

    async def grow(self) -> Outcome:
        """Draw, ask, admit, until something says enough; then let what is in flight come home."""
        if not self._seeds:
            return Outcome(RunState.FAILED, "The pool has no seeds that are switched on; add some on the page Seeds.")
        return self._noted(await self._campaign.carry_out(self._grow()))

    async def _grow(self) -> Outcome:
        for task in self._unfinished:
            self._campaign.follow(self._complete(task))
        for number in itertools.count():
            if self._campaign.waits(number):
                ending = await self._campaign.enough(number, self._settings.patience, NOTHING_NEW)
                if ending is not None:
                    return ending
                await self._batch(number, self._campaign.batches.get(number) or await self._draw(number))
        raise AssertionError("batches don't end by themselves")

    async def _draw(self, number: int) -> Batch:
        """Draw a batch's examples and store them, before anything is sent."""
        self._job.bring_back(number)
        await asyncio.to_thread(steering.read_verbs, self._job, self._pool.id, self._settings)
        approved = self._job.again.approved(number) if self._job.again else None
        with self._job.write() as c:
            examples = steering.drawn(c, self._pool.id, self._settings, number, self._seeds, approved)
            for origin, n in steering.shown_by_origin(c, examples).items():
                self._campaign.counts[SHOWN + origin] = (self._campaign.counts.get(SHOWN + origin) or 0) + n
            drawn = {
                "examples": examples,
                "ordinal": book.asked_so_far(c, self._pool.id, INSTRUCTIONS),
                "ratings_until": approvals.newest_rating(c),  # so that a replay knows what was approved by then
            }
            return self._campaign.plan(c, number, drawn)

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
            asks.append(self._campaign.answer(request, priority=0))
        came = await all_replies(asks)
        useless = [one for one in came if isinstance(one, ModelError)]
        # A prompt that a filter or the model refuses brings nothing; a broken reply is paid for and must come again,
        # and where a server has nothing but errors to say no later prompt fares better.
        broken = len(came) == sum(isinstance(one, ErrorInReply) for one in came)
        trouble = next((one for one in useless if broken or not isinstance(one, NoAnswer)), None)
        if trouble is not None:
            raise trouble
        for task in self._admit(number, [one.reply if isinstance(one, NoAnswer) else one for one in came]):
            self._campaign.follow(self._complete(task))

    def _admit(self, number: int, came: Sequence[Reply | ModelError]) -> list[Task]:
        """Put a batch's candidates through the filters and the gate, in order, in one transaction."""
        read = [(reply, self._read(reply)) for reply in came if isinstance(reply, Reply)]
        self._campaign.counts["surplus"] += sum(max(0, len(items) - MOST_ITEMS) for _, items in read)
        read = [(reply, items[:MOST_ITEMS]) for reply, items in read]
        self._job.bring_back(number, admitted=True)
        while True:
            with self._job.database.read() as c:
                self._gate.foresee(c, (instruction for _, items in read for instruction in items))
            with self._job.write() as c:
                if self._gate.is_behind(c):
                    continue
                return self._store(c, number, read)

    def _store(self, c: sa.Connection, number: int, read: Sequence[tuple[Reply, Sequence[str]]]) -> list[Task]:
        self._gate.catch_up(c)
        accepted: list[int] = []
        unanswered = [self._unanswered_by(reply, items) for reply, items in read]
        # Stored together, for each statement is a way to the server and back; the gate knows them by their ids before.
        ids = arrivals.ids_of_next(
            c, sum(len(items) + (why is not None) for (_, items), why in zip(read, unanswered, strict=True))
        )
        came: list[NewTask] = []
        for (reply, items), why in zip(read, unanswered, strict=True):
            was_cut = reply.finish_reason == "length"
            if why is not None:
                came.append(self._new(reply.text, number, reply, why))
            for instruction in items:
                new, task_id = self._judge(instruction, was_cut, number, reply), ids[len(came)]
                came.append(new)
                if new.discard is None:
                    self._gate.accept(task_id, instruction)
                    accepted.append(task_id)
                elif new.discard.rule == rules.TOO_CLOSE:
                    self._gate.drop(task_id, instruction)
        arrivals.add(c, self._pool.id, came, ids)
        self._campaign.admit(c, number, candidates=len(came), accepted=len(accepted))
        return [tasks.get(c, task_id) for task_id in accepted]

    def _read(self, reply: Reply) -> list[str]:
        """The instructions in a reply of step 1; none where it holds no answer."""
        if reply.fate in rules.NO_ANSWER:
            return []
        return parsing.instructions(reply.text, self._settings.endpoint)

    def _unanswered_by(self, reply: Reply, items: Sequence[Any]) -> Discard | None:
        """Why a reply as a whole is dropped: it is no answer, or nothing was read of it and it declines."""
        if reply.fate in rules.NO_ANSWER:
            return Discard(rules.NO_ANSWER[reply.fate])
        if items or not fates.declines(reply.text):
            return None
        self._campaign.counts["declined"] = (self._campaign.counts.get("declined") or 0) + 1
        return Discard(rules.REFUSED)

    def _judge(self, instruction: str, was_cut: bool, number: int, reply: Reply) -> NewTask:
        discard = (
            Discard(rules.CUT) if was_cut else filters.unfit_instruction(instruction, self._settings, self._count_words)
        )
        if discard is not None:
            return self._new(instruction, number, reply, discard)
        measured = self._gate.measure(instruction)
        return self._new(instruction, number, reply, measured.discard, **measured.as_fields())

    def _new(self, text: str, number: int, reply: Reply, discard: Discard | None, **measured: Any) -> NewTask:
        return NewTask(
            Origin.SELF_INSTRUCT,
            text,
            discard=discard,
            run_id=self._job.run.id,
            request_id=reply.request_id,
            batch=number,
            demo=self._client.provider.is_demo,
            **measured,
        )

    async def _complete(self, task: Task) -> None:
        """Ask for a task's kind and instances beside everything else that is under way."""
        labelled = await self._is_classification(task)
        if labelled is None:
            self._unanswered += 1
            return
        try:
            reply = await self._campaign.answer(self._instances_request(task, labelled), priority=1)
        except NoAnswer as none:
            with self._job.write() as c:
                why = Discard(rules.NO_ANSWER[none.reply.fate])
                arrivals.note_unanswered(c, task.id, none.reply.text, why, none.reply.request_id)
            raise
        found = self._instances(reply, labelled, task.instruction)
        with self._job.write() as c:
            arrivals.complete(c, task.id, labelled, found, reply.request_id)
            self._campaign.counts["completed"] += 1
            self._campaign.counts["instances"] += sum(one.discard is None for one in found)
            self._campaign.report(c)

    async def _is_classification(self, task: Task) -> bool | None:
        """Whether it is one, as the model says; None where it says neither, however often it is asked."""
        if not self._shots.can_ask:
            return False
        fresh, again = 0, 0
        while fresh < TIMES_ASKED:
            request = self._kind_request(task, again)
            fresh += not self._client.has_reply(request.key)
            reply = await self._campaign.answer(request, priority=1)
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
            settings, self._plan.target, CLASSIFICATION, key, prompt, sampling, batch=task.batch, task_id=task.id
        )

    def _instances_request(self, task: Task, labelled: bool) -> Request:
        settings = self._settings
        prompt = prompts.instances_prompt(settings, self._shots, task.instruction, labelled)
        sampling = settings.instances_of_classification if labelled else settings.instances
        key = f"{task.batch}/{INSTANCES}/{task.id}"
        return prompts.request(
            settings, self._plan.target, INSTANCES, key, prompt, sampling, batch=task.batch, task_id=task.id
        )

    def _instances(self, reply: Reply, labelled: bool, instruction: str) -> list[NewInstance]:
        pairs = parsing.instances(reply.text, labelled, self._settings.endpoint)
        if not pairs:
            why = self._unanswered_by(reply, pairs) or Discard(rules.UNPARSED)
            return [NewInstance("", reply.text, why)]
        return filters.judge_instances(pairs, reply.finish_reason == "length", self._settings, instruction)

    def _noted(self, ending: Outcome) -> Outcome:
        """The run's end, with its examples by origin, and what became of tasks that have no instances."""
        shown = steering.in_words(examples_shown(self._campaign.counts), self._settings)
        state, told = ending.state, f"{ending.message} {shown}".strip()
        told += self._campaign.left("task", "got no instances")
        if self._unanswered:
            told += (
                f" {number_of(self._unanswered, 'task', 'wait')} for their kind: asked {TIMES_ASKED} times "
                f"whether they are "
                "classification tasks, the model said neither yes nor no. Resume asks again; another model may answer."
            )
            if state is RunState.DONE:
                state = RunState.STOPPED  # what is done can't be resumed, and these wait for that
        return Outcome(state, told)


def examples_shown(counts: Mapping[str, Any]) -> dict[str, int]:
    """A run's examples in prompts so far, by origin, from its counts."""
    return {name.removeprefix(SHOWN): n for name, n in counts.items() if name.startswith(SHOWN)}
