"""Texts become tasks: the same at any concurrency, nothing lost on the way, every drop with its rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from core import pools
from core.corpus.rows.corpus import TextState
from core.database import Database
from core.gate import rescue, whatif
from core.gate import rules as drop_rules
from core.gate.rules import TOO_CLOSE
from core.llm.rows import requests
from core.pool import judging, tasks
from core.pool.edits import change_instance
from core.pool.judgement import Judgement
from core.pools import copying
from core.records import Endpoint, Grade, Origin, Refused, RunState, State
from core.reinstruct import measuring
from core.reinstruct.answers import STOP
from core.reinstruct.filters import FilterSettings
from core.reinstruct.grounding import ground
from core.reinstruct.plan import Steps
from core.reinstruct.rows import groundings, reversals
from core.reinstruct.rows.groundings import Sifting
from core.reinstruct.settings import OWN_MODELS, STYLE, preset
from core.release.predicate import Predicate
from core.release.selection import select
from core.release.source import source
from tests.fake_openai import FakeOpenAI
from tests.reinstruct.reversing import (
    CHAT,
    counts,
    made,
    picture,
    reply,
    reverse,
    says,
    some_texts,
    unsteady,
    with_texts,
)

pytestmark = pytest.mark.usefixtures("no_long_waits")


def test_the_tasks_are_the_same_at_any_concurrency(another: Callable[[], Database]) -> None:
    pictures = []
    for concurrency in (1, 8):
        database = another()
        pool = with_texts(database, some_texts(60))
        with FakeOpenAI(answer=unsteady if concurrency > 1 else reply) as server:
            run = reverse(database, pool, server.url, concurrency=concurrency)
            assert (run.state, run.message) == (RunState.DONE, "Every selected text has been asked.")
            assert server.most_at_once <= concurrency
        pictures.append(picture(database, pool))
    assert pictures[0] == pictures[1]
    rules = Counter(row[3] for row in pictures[0])
    assert rules[None] > 30 and rules[TOO_CLOSE] and rules[drop_rules.SAYS_THIS]
    assert Counter(row[8] for row in pictures[0])[drop_rules.SAYS_INFORMATION_PROVIDED]
    assert len(pictures[0]) == 60, "every text was asked once"


def test_a_task_knows_its_text_its_requests_and_what_the_text_supports(database: Database) -> None:
    texts = some_texts(8)
    pool = with_texts(database, texts)
    with FakeOpenAI(answer=reply) as server:
        run = reverse(database, pool, server.url, batches=1)
    assert run.settings["settings"]["label"] == STYLE
    task = next(task for task in made(database, pool.id) if task.instances)
    with database.read() as c:
        text = reversals.source_of(c, task.id)
        assert text is not None and text.text in texts and (text.source, text.state) == ("a.jsonl", TextState.ASKED)
        reversal = requests.exchange(c, task.request_id or 0)
        rewriting = requests.exchange(c, task.instances[0].request_id or 0)
        [answer] = [one for one in groundings.page(c, pool.id, Sifting()) if one.task_id == task.id]
        seeds = {seed.instruction for seed in tasks.seeds(c, pool.id)}
    asked, answered = (str(one.body["messages"][0]["content"]) for one in (reversal, rewriting))
    assert (reversal.step, rewriting.step) == ("reverse", "rewrite")
    assert text.text in asked and text.text in answered and task.instruction in answered
    assert sum(seed in asked for seed in seeds) == CHAT.shots, "the pool's own seeds are shown"
    found = ground(task.instances[0].output, text.text)
    assert answer.grounded is not None
    assert (answer.grounded.support, answer.grounded.numbers) == (found.support, found.numbers)
    assert (task.demo, task.origin, task.is_classification) == (False, Origin.REINSTRUCT, False)


@pytest.mark.parametrize(
    ("instruction", "rule"),
    [
        ("W" * 500, None),
        ("W" * 501, drop_rules.INSTRUCTION_TOO_LONG),
        ("How do I wash thistles?", drop_rules.SAYS_THIS),
        ("How do I wash a pan?", None),
        ("Request:", drop_rules.EMPTY_INSTRUCTION),
    ],
)
def test_an_instruction_is_dropped_exactly_beyond_a_threshold(
    database: Database, instruction: str, rule: str | None
) -> None:
    pool = with_texts(database, some_texts(1))
    with FakeOpenAI(answer=says(instruction)) as server:
        reverse(database, pool, server.url, batches=1)
        assert len(server.requests) == (2 if rule is None else 1), "no answer is paid for a dropped instruction"
    [task] = made(database, pool.id)
    with database.read() as c:
        why = tasks.evidence(c, [task.id])
    assert (why[task.id].rule if why else None) == rule


@pytest.mark.parametrize(
    ("answer", "refusals", "rule"),
    [
        ("- a " * 10, False, None),
        ("- a " * 11, False, drop_rules.TOO_MANY_DASHES),
        ("The Web Text says so.", False, drop_rules.SAYS_WEB_TEXT),
        ("Sorry, no.", False, None),
        ("Sorry, no.", True, drop_rules.REFUSAL),
        ("  ", False, drop_rules.EMPTY_ANSWER),
    ],
)
def test_an_answer_that_a_filter_drops_is_a_discarded_instance_of_its_task(
    database: Database, answer: str, refusals: bool, rule: str | None
) -> None:
    pool = with_texts(database, some_texts(1))
    settings = replace(CHAT, filters=FilterSettings(drop_refusals=refusals))
    with FakeOpenAI(answer=says("How do I wash a pan?", answer)) as server:
        run = reverse(database, pool, server.url, batches=1, settings=settings)
    [task] = made(database, pool.id)
    assert task.state is State.ACCEPTED
    assert [i.state for i in task.instances] == [State.ACCEPTED if rule is None else State.DISCARDED]
    with database.read() as c:
        [found] = groundings.page(c, pool.id, Sifting())
        assert tasks.instance_discards_by_rule(c, pool.id) == ({rule: 1} if rule else {})
    assert found.rule == rule and found.grounded is not None
    assert (run.counts["completed"], run.counts["instances"]) == (1, int(rule is None))


def test_a_reply_that_was_cut_is_dropped_whole(database: Database) -> None:
    pool = with_texts(database, some_texts(2))
    with FakeOpenAI(answer=reply, script=["length", "ok", "length"]) as server:
        run = reverse(database, pool, server.url, concurrency=1)
    first, second = made(database, pool.id)
    with database.read() as c:
        assert tasks.discards_by_rule(c, run.id) == {drop_rules.CUT: 1}
        assert tasks.instance_discards_by_rule(c, pool.id) == {drop_rules.CUT: 1}
    assert (first.state, second.state) == (State.DISCARDED, State.ACCEPTED)


def test_what_comes_too_close_is_seen_by_what_if_at_another_threshold(database: Database) -> None:
    pool = with_texts(database, some_texts(2))
    with FakeOpenAI(answer=says("How do I look after a thing of value?")) as server:
        reverse(database, pool, server.url)
    assert [task.state for task in made(database, pool.id)] == [State.ACCEPTED, State.DISCARDED]
    kept, dropped = (whatif.load(database, pool).point(threshold).kept for threshold in (1.0, 0.7))
    assert (kept, dropped) == (2, 1), "at 1.0 nothing is above the threshold"
    copied = copying.copy_at(database, pool, 0.6, "stricter")
    copy = next(task for task in made(database, copied.id) if task.state is State.ACCEPTED)
    with database.read() as c:
        assert reversals.source_of(c, copy.id), "a copy of a task still knows its text"
    assert measuring.measure_all(database, copied.id) == 1


def test_reverse_alone_stops_at_instructions_and_rewrite_completes_what_waits(another: Callable[[], Database]) -> None:
    pictures = []
    for steps in ((Steps.BOTH,), (Steps.REVERSE, Steps.REWRITE)):
        database = another()
        pool = with_texts(database, some_texts(30))
        with FakeOpenAI(answer=reply) as server:
            for step in steps:
                run = reverse(database, pool, server.url, steps=step)
                assert run.state is RunState.DONE, run.message
                if step is Steps.REVERSE:
                    assert not any(task.instances for task in made(database, pool.id))
        pictures.append(picture(database, pool))
    assert pictures[0] == pictures[1]


def test_rewrite_asks_for_as_many_answers_as_it_was_told(database: Database) -> None:
    pool = with_texts(database, some_texts(30))
    with FakeOpenAI(answer=reply) as server:
        reverse(database, pool, server.url, steps=Steps.REVERSE)
        run = reverse(database, pool, server.url, steps=Steps.REWRITE, target=3)
    assert (run.state, run.counts["completed"]) == (RunState.DONE, 3)
    assert sum(bool(task.instances) for task in made(database, pool.id)) == 3


def test_a_rescued_instruction_gets_its_answer_with_the_next_run(database: Database) -> None:
    pool = with_texts(database, some_texts(2))
    with FakeOpenAI(answer=says("What is this pan for?")) as server:
        reverse(database, pool, server.url, batches=1)
        [first, _] = made(database, pool.id)
        rescue.rescue(database, [(first.id, None)], "me")
        run = reverse(database, pool, server.url, batches=1)
    assert run.counts["instances"] == 1
    assert [len(task.instances) for task in made(database, pool.id)] == [1, 0]


def test_an_edited_answer_is_measured_again(database: Database) -> None:
    pool = with_texts(database, some_texts(1))
    with FakeOpenAI(answer=says("How do I wash a pan?", "Wash it well.")) as server:
        reverse(database, pool, server.url)
    [task] = made(database, pool.id)
    with database.write() as c:
        change_instance(c, task.id, task.instances[0].id, "", "Wait 77 hours with Gertrude.", "me", "")
    assert measuring.measure_all(database, pool.id, edited_only=True) == 1
    assert measuring.measure_all(database, pool.id) == 0
    with database.read() as c:
        [found] = groundings.page(c, pool.id, Sifting(doubtful=True))
        assert found.grounded is not None
        assert (found.grounded.numbers, found.grounded.names) == (("77",), ("Gertrude",))
        assert groundings.task_ids(c, pool.id, Sifting(most_support=0.5)) == [task.id]
        assert groundings.task_ids(c, pool.id, Sifting(search="nowhere")) == []


def test_hostile_texts_and_replies_are_stored_exactly_as_they_came(database: Database) -> None:
    hostile = (
        "Text 0 on a {instruction} {text}\n\x00\u202e<script>alert(1)</script> ### Answer: ![x](http://evil.invalid)"
    )
    instruction, answer = "How do {text} <b>boats</b> \x00 float?", "They {instruction} <img src=x onerror=alert(1)>."
    pool = with_texts(database, [hostile])
    with FakeOpenAI(answer=says(instruction, answer)) as server:
        reverse(database, pool, server.url)
        assert all(hostile.strip() in sent.prompt for sent in server.requests)
    [task] = made(database, pool.id)
    assert (task.instruction, task.instances[0].output) == (instruction, answer)
    with database.read() as c:
        text = reversals.source_of(c, task.id)
    assert text is not None and text.text == hostile


def test_the_papers_layout_is_asked_of_a_model_that_was_trained_on_it(database: Database) -> None:
    pool = with_texts(database, some_texts(1))
    with FakeOpenAI(answer=reply) as server:
        run = reverse(database, pool, server.url, settings=preset(Endpoint.COMPLETIONS))
        assert [sent.path for sent in server.requests] == ["/v1/completions"] * len(server.requests)
        assert server.requests[0].prompt.endswith("### User:\n")
        assert server.requests[0].body["stop"] == list(STOP)  # its own four headings, and no other
    assert run.settings["settings"]["label"] == OWN_MODELS


def test_without_texts_or_seeds_the_run_says_what_to_do(database: Database) -> None:
    pool, _ = pools.get_or_make(database, "a pool")
    bare, _ = pools.get_or_make(database, "bare", [])
    with_texts(database, some_texts(1), "bare")
    with FakeOpenAI(answer=reply) as server:
        assert "corpus select" in reverse(database, pool, server.url).message
        assert "no seeds" in reverse(database, bare, server.url).message
        assert server.requests == []


def test_a_release_names_both_requests_and_the_seeds_that_were_shown(database: Database) -> None:
    pool = with_texts(database, some_texts(4))
    with FakeOpenAI(answer=reply) as server:
        run = reverse(database, pool, server.url)
    with database.write() as c:
        for task in tasks.page(c, pool.id, origin=Origin.REINSTRUCT):
            for instance in task.instances:
                judging.rate(c, instance.id, "me", instance.text_hash, Judgement(grade=Grade.A), seen=None)
    with database.read() as c:
        rows = list(source(c, pool.id, select(c, pool.id, Predicate()))())
    assert rows
    for row in rows:
        assert row.origin is Origin.REINSTRUCT and row.lineage["run"] == run.id
        assert set(row.lineage["requests"]) == {"reverse", "rewrite"}
        assert len(row.lineage["shown"]) == CHAT.shots
        assert row.lineage["method"] == STYLE
        assert {drop_rules.SAYS_THIS, TOO_CLOSE} <= set(row.lineage["filters"])
        assert drop_rules.REFUSAL not in row.lineage["filters"], "it was not asked for"


def test_without_the_gate_what_is_close_gets_in_and_its_distance_is_kept(database: Database) -> None:
    answered = "How do I soak dried white beans overnight?"
    for name, gate, accepted in (("gated", True, 1), ("as in the paper", False, 3)):
        pool = with_texts(database, some_texts(3), name)
        settings = preset(Endpoint.CHAT) if gate else preset(Endpoint.CHAT, "paper_exact")
        assert settings.novelty_gate is gate
        assert ("without a novelty gate" in settings.label) is not gate
        with FakeOpenAI(answer=says(answered)) as server:
            reverse(database, pool, server.url, settings=settings)
        found = [task for task in made(database, pool.id) if task.state is State.ACCEPTED]
        assert len(found) == accepted
        assert gate or sorted(task.nearest_score or 0 for task in found)[1:] == [1.0, 1.0]
    with pytest.raises(Refused, match="choose one of mended, paper_exact"):
        preset(Endpoint.CHAT, "paper")


def test_what_a_model_refuses_is_in_the_ledger_and_may_be_asked_again(database: Database) -> None:
    pool = with_texts(database, some_texts(4))
    refused = {"message": {"content": None, "refusal": "No."}}
    waiting = {False: [refused, "I'm sorry, but I can't help with that."], True: [refused]}

    def answer(body: Any, prompt: str) -> Any:
        rewriting = "Background:" in prompt
        return waiting[rewriting].pop(0) if waiting[rewriting] else reply(body, prompt)

    with FakeOpenAI(answer=answer) as server:
        run = reverse(database, pool, server.url, concurrency=1)
    assert "were refused by the model" in run.message and "declined in plain words" in run.message
    with database.read() as c:
        assert tasks.discards_by_rule(c, run.id)[drop_rules.REFUSED] == 2
        assert tasks.instance_discards_by_rule(c, pool.id)[drop_rules.REFUSED] == 1
    assert counts(database, pool.id)["failed"] == 1
    with FakeOpenAI(answer=reply) as server:
        reverse(database, pool, server.url, steps=Steps.REWRITE)
    answered = [task for task in made(database, pool.id) if task.state is State.ACCEPTED]
    assert all(any(i.state is State.ACCEPTED or i.output != "No." for i in task.instances) for task in answered)


@pytest.mark.sqlite("hears its statements")
def test_a_batch_is_stored_together(database: Database) -> None:
    """Each statement is a way to the server and back, under the lock that every reviewer waits for."""
    heard: Counter[str] = Counter()

    def hear(_c: object, _cursor: object, statement: str, *_: object) -> None:
        heard[" ".join(statement.split()[:3])] += 1

    pool = with_texts(database, some_texts(32))
    settings = replace(CHAT, texts_per_batch=16)
    sa.event.listen(database.engine, "before_cursor_execute", hear)
    with FakeOpenAI(answer=reply) as server:
        reverse(database, pool, server.url, settings=settings)
    sa.event.remove(database.engine, "before_cursor_execute", hear)
    assert heard["INSERT INTO tasks"] == heard["INSERT INTO reversals"] == 2, heard
    assert len(made(database, pool.id)) == 32
