"""From selected texts to tasks: batch after batch, instruction by reversal, gate, then the answer by rewriting.

A batch takes its texts and draws their examples in one transaction, before anything is sent; a reply is stored before
it is read; a batch's instructions pass filters and gate in the order of their texts, in one transaction. A resume
finds the plan and the replies that were paid for and goes on. Answers follow task by task while the next batch is
already under way: an instruction depends on its text and the seeds alone, so concurrency changes nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.corpus import lending
from core.corpus.texts_kept import CorpusText
from core.gate import rules
from core.gate.admission import PoolGate
from core.gate.rules import TOO_CLOSE
from core.llm import fates
from core.llm.errors import ModelError, NoAnswer
from core.llm.eventloop import finished
from core.pool import arrivals, pools, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.records import Discard, Origin, Reply, RunState, State, Task
from core.reinstruct import filters, measuring
from core.reinstruct.answers import parse_answer, parse_instruction
from core.reinstruct.plan import METHOD as METHOD
from core.reinstruct.plan import REVERSE, REWRITE, Steps, plan_of, reverse_request, rewrite_request
from core.reinstruct.prompts import InstructionPair, draw_examples, seed_pairs
from core.reinstruct.rows import reversals
from core.runs.campaign import Batch, Campaign, all_replies
from core.runs.runner import Job, Outcome
from core.words import number_of

NOTHING_NEW = "The discards say why; another model, wording or threshold may find more."
NO_SEEDS = "The pool has no seeds that are switched on; a chat model is shown some. Add them on the page Seeds."
NO_TEXTS = "The pool's corpus has no texts; select some first, on the page Corpus or with `winnow corpus select`."


def work(job: Job) -> Outcome:
    """Turn texts into tasks until the plan's end, the budget's, or a person's word."""
    return finished(_Reversal(job).go())


class _Reversal:
    def __init__(self, job: Job) -> None:
        self._job, self._plan = job, plan_of(job.run.settings)
        self._settings = self._plan.settings
        with job.database.read() as c:
            pool = pools.by_id(c, job.run.pool_id)
            self._gate = PoolGate(c, pool, self._settings.novelty_threshold, is_open=not self._settings.novelty_gate)
            self._has_texts = lending.any_texts(c, pool.id)
        with job.looking() as c:
            self._pairs = seed_pairs(tasks.seeds(c, pool.id))
        self._pool_id = pool.id
        counts = {"texts": 0, "candidates": 0, "completed": 0, "instances": 0}
        self._campaign = Campaign(job, self._plan.target, self._plan.until, counts)
        self._counts = self._campaign.counts
        if self._plan.steps is Steps.REWRITE:  # what this run brings are answers, for its progress too
            brought = self._counts["instances"]
            self._counts |= {"target": self._answers_wanted, "accepted": brought, "began_with": brought}

    @property
    def _answers_wanted(self) -> int | None:
        """For `rewrite`: how many answers are to be asked for; None for all that wait."""
        until = self._plan.until
        return until.tasks or (until.batches * self._settings.texts_per_batch if until.batches else None)

    async def go(self) -> Outcome:
        """Take, ask, admit, until something says enough; then let what is in flight come home."""
        rewrites = self._plan.steps is Steps.REWRITE
        if not rewrites and not self._has_texts:
            return Outcome(RunState.FAILED, NO_TEXTS)
        if not rewrites and self._settings.shots and not self._pairs:
            return Outcome(RunState.FAILED, NO_SEEDS)
        ending = await self._campaign.carry_out(self._rewrite_waiting() if rewrites else self._reverse())
        return Outcome(ending.state, ending.message + self._campaign.left("task", "got no answer"))

    async def _reverse(self) -> Outcome:
        if self._plan.steps is Steps.BOTH:
            with self._job.database.read() as c:
                unanswered = reversals.unanswered(c, self._pool_id, self._job.run.id, limit=100_000)
            for task_id in unanswered:
                self._campaign.follow(self._answer(task_id))
        for number in itertools.count():
            if self._campaign.waits(number):
                ending = await self._campaign.enough(number, self._settings.patience, NOTHING_NEW)
                if ending is not None:
                    return ending
                batch = self._campaign.batches.get(number) or self._take(number)
                if batch is None:
                    return Outcome(RunState.DONE, "Every selected text has been asked.")
                await self._ask(number, batch)
        raise AssertionError("batches don't end by themselves")

    def _take(self, number: int) -> Batch | None:
        """Take a batch's texts, draw the examples shown with each, and store both, before anything is sent."""
        self._job.bring_back(number)
        with self._job.write() as c:
            ids = lending.take(c, self._pool_id, self._job.run.id, self._settings.texts_per_batch)
            if not ids:
                return None
            drawn = [[pair.task_id for pair in self._draw(text)] for text in lending.held(c, self._job.run.id, ids)]
            return self._campaign.plan(c, number, {"texts": ids, "examples": drawn})

    def _draw(self, text: CorpusText) -> list[InstructionPair]:
        settings = self._settings
        return draw_examples(self._pairs, text.text_hash, settings.seed, settings.shots, settings.longest_example)

    async def _ask(self, number: int, batch: Batch) -> None:
        """Ask for the instructions of a batch's texts, admit them in order, and let their answers follow."""
        ids: list[int] = batch.plan["texts"]
        shown = dict(zip(ids, batch.plan["examples"], strict=True))
        with self._job.database.read() as c:
            texts = lending.held(c, self._job.run.id, ids)
            seeds = tasks.by_ids(c, sorted({task_id for drawn in shown.values() for task_id in drawn}))
        pairs = {pair.task_id: pair for pair in seed_pairs(seeds)}
        asks = []
        for text in texts:
            examples = [pairs[task_id] for task_id in shown[text.id] if task_id in pairs]
            asks.append(self._reply(number, ids.index(text.id), text, examples))
        came = await all_replies(asks)
        useless = [one for one in came if isinstance(one, ModelError)]
        if useless and len(useless) == len(came) and not self._counts["candidates"]:
            raise useless[0]  # a server or model that can't do it at all: the texts stay as they were
        for task in self._admit(number, texts, came):
            if self._plan.steps is Steps.BOTH:
                self._campaign.follow(self._answer(task.id))

    async def _reply(self, number: int, place: int, text: CorpusText, examples: Sequence[InstructionPair]) -> Reply:
        request = reverse_request(self._plan, f"{number}/{REVERSE}/{place}", text.text, examples, batch=number)
        return await self._campaign.answer(request, priority=0, source=text.text_hash)

    def _admit(self, number: int, texts: Sequence[CorpusText], came: Sequence[Reply | ModelError]) -> list[Task]:
        """Put a batch's instructions through the filters and the gate, in order, in one transaction."""
        asked = [parse_instruction(one.text, self._settings.endpoint) for one in came if isinstance(one, Reply)]
        self._job.bring_back(number, admitted=True)
        while True:
            with self._job.database.read() as c:
                self._gate.foresee(c, asked)
            with self._job.write() as c:
                if self._gate.is_behind(c):
                    continue
                return self._store(c, number, texts, came)

    def _store(
        self, c: sa.Connection, number: int, texts: Sequence[CorpusText], came: Sequence[Reply | ModelError]
    ) -> list[Task]:
        self._gate.catch_up(c)
        held = {text.id for text in lending.held(c, self._job.run.id, [text.id for text in texts])}
        ours = [(text, reply) for text, reply in zip(texts, came, strict=True) if text.id in held]
        brings = [reply for _, reply in ours if isinstance(reply, Reply | NoAnswer)]
        # Stored together, for each statement is a way to the server and back; the gate knows them by their ids before.
        ids = arrivals.ids_of_next(c, len(brings))
        arrived: list[NewTask] = []
        accepted: list[int] = []
        asked: list[tuple[int, int]] = []  # request and text
        for text, reply in ours:
            if isinstance(reply, ModelError):
                if isinstance(reply, NoAnswer):
                    why = Discard(rules.NO_ANSWER[reply.reply.fate])
                    arrived.append(self._new(reply.reply.text, number, reply.reply, why))
                lending.failed(c, text.id, str(reply))
                continue
            asked.append((reply.request_id, text.id))
            new, task_id = self._judge(number, reply), ids[len(arrived)]
            arrived.append(new)
            if new.discard is None:
                self._gate.accept(task_id, new.instruction)
                accepted.append(task_id)
            elif new.discard.rule == TOO_CLOSE:
                self._gate.drop(task_id, new.instruction)
        arrivals.add(c, self._pool_id, arrived, ids)
        reversals.link(c, asked)
        lending.asked(c, [text_id for _, text_id in asked])
        self._counts["texts"] += len(ours)
        failed = len(ours) - len(asked)
        self._campaign.admit(c, number, candidates=len(arrived), accepted=len(accepted), failed=failed)
        return [tasks.get(c, task_id) for task_id in accepted]

    def _judge(self, number: int, reply: Reply) -> NewTask:
        instruction = parse_instruction(reply.text, self._settings.endpoint)
        was_cut = reply.finish_reason == "length"
        discard = filters.unfit_instruction(instruction, self._settings.filters, was_cut=was_cut)
        if fates.declines(reply.text):
            self._counts["declined"] = (self._counts.get("declined") or 0) + 1
            discard = Discard(rules.REFUSED)
        if discard is not None:
            return self._new(instruction or reply.text, number, reply, discard)
        measured = self._gate.measure(instruction)
        return self._new(instruction, number, reply, measured.discard, **measured.as_fields())

    def _new(self, text: str, number: int, reply: Reply, discard: Discard | None, **measured: Any) -> NewTask:
        return NewTask(
            Origin.REINSTRUCT,
            text,
            discard=discard,
            run_id=self._job.run.id,
            request_id=reply.request_id,
            batch=number,
            demo=self._campaign.client.provider.is_demo,
            **measured,
        )

    async def _rewrite_waiting(self) -> Outcome | None:
        """Ask for the answers of every accepted task that has none, in order of arrival."""
        begun, after, goal = self._counts["completed"], 0, self._answers_wanted
        while True:
            with self._job.database.read() as c:
                waiting = reversals.unanswered(c, self._pool_id, after_id=after)
            for task_id in waiting:
                if goal is not None and begun >= goal:
                    return Outcome(RunState.DONE, f"{number_of(goal, 'instruction')} asked for an answer.")
                await self._campaign.room()
                if self._campaign.is_over:
                    return None
                self._campaign.follow(self._answer(task_id))
                begun, after = begun + 1, task_id
            if not waiting:
                return Outcome(RunState.DONE, "Every accepted instruction has been asked for an answer.")

    async def _answer(self, task_id: int) -> None:
        """Ask for the answer to a task's instruction, judge it, measure its grounding, and store all of it."""
        with self._job.database.read() as c:
            task, text = tasks.get(c, task_id), reversals.source_of(c, task_id)
        if text is None or task.state is not State.ACCEPTED:
            return  # a person took it out meanwhile
        key = f"{task.batch}/{REWRITE}/{task.id}"
        request = rewrite_request(self._plan, key, text.text, task.instruction, task.batch, task.id)
        try:
            reply = await self._campaign.answer(request, priority=1, source=text.text_hash)
        except NoAnswer as none:
            with self._job.write() as c:
                why = Discard(rules.NO_ANSWER[none.reply.fate])
                arrivals.note_unanswered(c, task.id, none.reply.text, why, none.reply.request_id)
            raise
        answer = parse_answer(reply.text, self._settings.endpoint)
        discard = filters.unfit_answer(answer, self._settings.filters, was_cut=reply.finish_reason == "length")
        with self._job.write() as c:
            arrivals.complete(c, task.id, False, [NewInstance("", answer or reply.text, discard)], reply.request_id)
            measuring.measure(c, self._pool_id, task.id)
            self._counts["completed"] += 1
            self._counts["instances"] += discard is None
            if self._plan.steps is Steps.REWRITE:
                self._counts["accepted"] = self._counts["instances"]
            self._campaign.report(c)
