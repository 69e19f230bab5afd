"""A question of step 2 that was not answered: unknown, asked again, never taken for a no."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from core.database import Database
from core.pool import tasks
from core.records import Origin, RunState, State
from core.runs import runner as runs
from core.runs.rows import runs as run_store
from core.selfinstruct.loop import TIMES_ASKED
from tests.fake_openai import FakeOpenAI
from tests.fake_replies import self_instruct_reply
from tests.selfinstruct.growing import PAPER, chat, grow

Answer = Callable[[Mapping[str, Any], str], str]


def is_question(prompt: str) -> bool:
    return "small set of labels" in prompt


def evading(says: Callable[[int, str], str]) -> tuple[Answer, Counter[str]]:
    """A model whose answers to step 2 are `says(how often it was asked before, the instruction)`."""
    asked: Counter[str] = Counter()

    def answer(body: Mapping[str, Any], prompt: str) -> str:
        if not is_question(prompt):
            return self_instruct_reply(body, prompt)
        instruction = prompt.rsplit("Task: ", 1)[1].split("\n")[0]
        asked[instruction] += 1
        return says(asked[instruction] - 1, instruction)

    return answer, asked


@pytest.mark.parametrize(("settings", "evasion"), [(chat(), "It depends."), (chat(), ""), (PAPER, "\n")])
def test_a_question_that_was_not_answered_is_asked_again(database: Database, settings: Any, evasion: str) -> None:
    answer, asked = evading(lambda before, _: " Yes" if before else evasion)
    with FakeOpenAI(answer=answer) as server:
        assert grow(database, server.url, batches=1, settings=settings).state is RunState.DONE
        bodies = [one.body for one in server.requests if is_question(one.prompt)]
    assert set(asked.values()) == {2}
    again = [body for body in bodies if body["max_tokens"] == 64]
    assert len(again) == len(asked), "the second question leaves room for reasons"
    assert not any("\n" in body.get("stop", ()) for body in again)
    with database.read() as c:
        made = tasks.page(c, 1, origin=Origin.SELF_INSTRUCT, states=(State.ACCEPTED,), limit=1000)
    assert made and all(task.is_classification for task in made)


def test_a_task_whose_kind_stays_unknown_is_no_task_without_labels_and_resume_asks_again(database: Database) -> None:
    sure = {"now": False}
    answer, asked = evading(lambda before, _: "Yes" if sure["now"] else "It depends on the reader.")
    with FakeOpenAI(answer=answer) as server:
        run = grow(database, server.url, batches=1, settings=chat())
        assert run.state is RunState.STOPPED and "neither yes nor no" in run.message
        assert set(asked.values()) == {TIMES_ASKED}
        with database.read() as c:
            made = tasks.page(c, 1, origin=Origin.SELF_INSTRUCT, states=(State.ACCEPTED,), limit=1000)
        assert made and all(task.is_classification is None and not task.instances for task in made)
        sure["now"] = True
        with database.write() as c:
            assert run_store.resume(c, run.id)
        assert runs.work_here(database, run.id).state is RunState.DONE
        assert set(asked.values()) == {TIMES_ASKED + 1}, "stored replies are not paid for again"
    with database.read() as c:
        made = tasks.page(c, 1, origin=Origin.SELF_INSTRUCT, states=(State.ACCEPTED,), limit=1000)
    assert all(task.is_classification and task.instances for task in made)
