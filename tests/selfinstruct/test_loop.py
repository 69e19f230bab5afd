"""A run grows the same pool whatever happens on its way: another concurrency, a bad server, a pause, a budget."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rouge_score.rouge_scorer import RougeScorer

from core import pools
from core.database import Database, open_database
from core.gate.replay import replay
from core.gate.rules import TOO_CLOSE
from core.llm import target as models
from core.llm.prices import Price
from core.llm.rows import requests
from core.llm.rows.spent import of_run
from core.pool import pools as pool_store
from core.pool import tasks
from core.records import Budget, Control, Origin, Refused, RunState, State
from core.runs import control
from core.runs import runner as runs
from core.runs.rows import runs as run_store
from core.runs.until import Until
from core.seeds.seeds import Seed
from core.selfinstruct.loop import METHOD
from core.settings import PROJECT
from tests import databases
from tests.fake_openai import FakeOpenAI
from tests.fake_replies import self_instruct_reply
from tests.ports import free_port
from tests.selfinstruct.growing import PAPER, chat, grow, picture, plan, start, wait_until_heard

pytestmark = pytest.mark.usefixtures("no_long_waits")


def unsteady(body: Any, prompt: str) -> str:
    """The usual reply, after a while that differs from time to time."""
    time.sleep(random.random() * 0.02)
    return self_instruct_reply(body, prompt)


@pytest.mark.parametrize("settings", [PAPER, chat()], ids=["completions", "chat"])
def test_the_pool_is_the_same_at_any_concurrency(another: Callable[[], Database], settings: Any) -> None:
    pictures = []
    for concurrency in (1, 4, 16):
        database = another()
        with FakeOpenAI(answer=unsteady if concurrency > 1 else self_instruct_reply) as server:
            run = grow(database, server.url, settings=settings, concurrency=concurrency)
            assert run.state is RunState.DONE, run.message
            assert server.most_at_once <= concurrency
            assert concurrency == 1 or server.most_at_once > 1
        pictures.append(picture(database))
    assert pictures[0] == pictures[1] == pictures[2]
    rules = Counter(rule for _, _, rule, *_ in pictures[0][:-1])
    assert rules[None] > 20 and len(rules) > 1
    assert sum(len(task[-1]) for task in pictures[0][:-1]) > 30


def test_another_seed_grows_another_pool(another: Callable[[], Database]) -> None:
    with FakeOpenAI() as server:
        one, other = another(), another()
        grow(one, server.url)
        grow(other, server.url, settings=replace(PAPER, seed=43))
    assert picture(one) != picture(other)


def test_every_task_and_instance_names_the_request_that_its_text_is_in(database: Database) -> None:
    with FakeOpenAI() as server:
        run = grow(database, server.url, batches=1)
    with database.read() as c:
        made = [task for task in tasks.page(c, 1, limit=1000) if task.origin is not Origin.SEED]
        for task in made:
            assert task.run_id == run.id
            asked = requests.exchange(c, task.request_id or 0)
            assert asked.reply is not None
            assert task.instruction.lower() in asked.reply.text.lower()
            assert (asked.step, asked.run_id, asked.model) == ("instructions", run.id, "fake")
            for instance in task.instances:
                asked = requests.exchange(c, instance.request_id or 0)
                assert asked.reply is not None
                assert instance.output in asked.reply.text
                assert task.instruction in str(asked.body["prompt"])
    assert len(made) > 10


def test_what_was_written_down_once_is_never_changed(database: Database) -> None:
    history = ("requests", "replies", "decisions")

    def rows() -> dict[str, list[Any]]:
        with database.read() as c:
            return {name: c.exec_driver_sql(f"SELECT * FROM {name} ORDER BY id").all() for name in history}  # noqa: S608

    with FakeOpenAI(every=9, faults=["500"]) as server:
        grow(database, server.url, batches=2)
        before = rows()
        grow(database, server.url, batches=2)
    after = rows()
    for name in history:
        assert before[name] and after[name][: len(before[name])] == before[name]
        assert len(after[name]) > len(before[name])


FAULTS = ["500", "429:0.01", "cut", "malformed", "cut-body", "empty", "503"]


def test_a_server_that_fails_now_and_then_changes_nothing_of_the_pool(another: Callable[[], Database]) -> None:
    calm, stormy = another(), another()
    with FakeOpenAI() as server:
        assert grow(calm, server.url).state is RunState.DONE
    with FakeOpenAI(every=4, faults=FAULTS) as server:
        run = grow(stormy, server.url)
        assert run.state is RunState.DONE, run.message
        assert len(server.requests) > 1.2 * run.counts["requests"]
    assert picture(stormy) == picture(calm)


def test_a_reply_cut_by_length_gives_no_task_and_loses_its_last_instance(database: Database) -> None:
    with FakeOpenAI(every=2, faults=["length"]) as server:
        assert grow(database, server.url, batches=1, concurrency=1).state is RunState.DONE
    with database.read() as c:
        for task in tasks.page(c, 1, limit=1000):
            if task.origin is Origin.SEED:
                continue
            reply = requests.exchange(c, task.request_id or 0).reply
            assert reply is not None
            was_cut = reply.finish_reason == "length"
            assert (tasks.evidence(c, [task.id]).get(task.id) is not None) >= was_cut
            if task.instances:
                worked = requests.exchange(c, task.instances[0].request_id or 0).reply
                assert worked is not None
                if worked.finish_reason == "length":
                    assert task.instances[-1].state is State.DISCARDED
    assert pools.funnel(database, 1).candidates.dropped["cut"] > 0
    assert pools.funnel(database, 1).answers.dropped["cut"] > 0


@contextmanager
def server_of_its_own(journal: Path, port: int, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The fake server as a program, so that it can really go away."""
    command = [sys.executable, "-m", "tests.fake_openai", "--latency", "0.02", "--journal", str(journal), "--port"]
    with subprocess.Popen([*command, str(port), *more], stdout=subprocess.PIPE, text=True, cwd=PROJECT) as program:
        assert program.stdout is not None
        try:
            yield program, program.stdout.readline().strip()
        finally:
            program.kill()


def test_a_server_that_goes_away_ends_the_run_in_a_sentence_and_it_goes_on_when_the_server_is_back(
    another: Callable[[], Database], tmp_path: Path
) -> None:
    calm, broken = another(), another()
    with FakeOpenAI() as server:
        grow(calm, server.url)
    journal = tmp_path / "journal"

    def go_away_after(program: subprocess.Popen[str], requests: int) -> None:
        while not journal.exists() or journal.read_bytes().count(b"path") < requests:
            time.sleep(0.005)
        program.kill()

    answered = 20
    hang = ["--script", ",".join([*["ok"] * answered, *["hang:60"] * 100])]  # it does not end before the server does
    with server_of_its_own(journal, port := free_port(), *hang) as (program, url):
        gone = threading.Thread(target=go_away_after, args=(program, answered))
        gone.start()
        run = grow(broken, url)
        gone.join()
    assert run.state is RunState.FAILED
    assert "Nothing answers at" in run.message and "\n" not in run.message
    with server_of_its_own(journal, port):
        with broken.write() as c:
            assert run_store.resume(c, run.id)
        assert runs.work_here(broken, run.id).state is RunState.DONE
    assert picture(broken) == picture(calm)


def after(server: FakeOpenAI, requests: int) -> None:
    """Wait until the server has got so many requests."""
    while len(server.requests) < requests:
        time.sleep(0.002)


def held_after(requests: int) -> tuple[Callable[[Any, str], str], threading.Event]:
    """The usual replies, of which those after so many wait until the event is set: a run is at work until then."""
    number, go_on = itertools.count(1), threading.Event()

    def answer(body: Any, prompt: str) -> str:
        assert next(number) <= requests or go_on.wait(60)
        return self_instruct_reply(body, prompt)

    return answer, go_on


@pytest.mark.parametrize(("what", "state"), [("pause", RunState.PAUSED), ("stop", RunState.STOPPED)])
def test_anybody_can_pause_or_stop_a_run_and_it_goes_on_where_it_was(
    another: Callable[[], Database], what: str, state: RunState
) -> None:
    calm, held = another(), another()
    with FakeOpenAI() as server:
        grow(calm, server.url)
    with FakeOpenAI() as server:
        pool, _ = pools.get_or_make(held, "a pool")
        run = start(held, pool, server.url, concurrency=4)
        for at in (8, 60):
            server.answer, go_on = held_after(at - len(server.requests))
            working = threading.Thread(target=runs.work_here, args=(held, run.id))
            working.start()
            after(server, at)
            other_session = open_database(str(held.engine.url))
            with other_session.write() as c:
                run_store.ask(c, run.id, Control(what))
            other_session.close()
            wait_until_heard(held, run.id)
            go_on.set()
            working.join(120)
            with held.read() as c:
                assert run_store.get(c, run.id).state is state
            so_far = len(server.requests)
            time.sleep(0.1)
            assert len(server.requests) == so_far
            with held.write() as c:
                assert run_store.resume(c, run.id)
        assert runs.work_here(held, run.id).state is RunState.DONE
        assert max(Counter(sent.prompt for sent in server.requests).values()) == 1
    assert picture(held) == picture(calm)


def test_a_budget_of_requests_is_kept_and_can_be_raised(another: Callable[[], Database]) -> None:
    calm, short = another(), another()
    with FakeOpenAI() as server:
        grow(calm, server.url)
    with FakeOpenAI() as server:
        run = grow(short, server.url, concurrency=16, budget=Budget(requests=20))
        assert len(server.requests) == 20
        assert run.state is RunState.STOPPED and "20 requests" in run.message
        with short.write() as c:
            run_store.resume(c, run.id, Budget(requests=10_000))
        assert runs.work_here(short, run.id).state is RunState.DONE
        assert max(Counter(sent.prompt for sent in server.requests).values()) == 1
    assert picture(short) == picture(calm)


@pytest.mark.parametrize("kind", ["tokens", "usd"])
def test_a_budget_of_tokens_or_dollars_is_never_exceeded(database: Database, kind: str) -> None:
    models.set_prices(database, {"fake": Price(10.0, 10.0)})
    most = 60_000
    budget = Budget(tokens=most) if kind == "tokens" else Budget(usd=most * 10 / 1e6)
    with FakeOpenAI() as server:
        run = grow(database, server.url, concurrency=16, budget=budget, batches=20)
    assert run.state is RunState.STOPPED and "raise it to go on" in run.message
    with database.read() as c:
        spent = of_run(c, run.id)
    assert 0.5 * most < spent.tokens <= most
    assert spent.usd == pytest.approx(spent.tokens * 10 / 1e6)


def test_dollars_cannot_be_counted_without_a_price_and_that_is_said_before_anything_is_sent(
    database: Database,
) -> None:
    with FakeOpenAI() as server:
        run = grow(database, server.url, budget=Budget(usd=1.0))
        assert server.requests == []
    assert run.state in (RunState.FAILED, RunState.STOPPED)
    assert 'The price of "fake" isn\'t known' in run.message


def test_a_run_that_gets_nowhere_stops_and_says_so(database: Database) -> None:
    def the_same(body: Any, prompt: str) -> str:
        return " Name a river in Europe.\n10. Name a lake in Asia."

    with FakeOpenAI(answer=the_same) as server:
        run = grow(database, server.url, batches=50, settings=replace(PAPER, patience=3))
    assert run.state is RunState.STOPPED
    assert run.message.startswith("3 batches in a row brought no new task")
    assert run.counts["batches"] <= 4


def test_a_target_is_reached_by_whole_batches_and_then_the_run_is_done(database: Database) -> None:
    with FakeOpenAI() as server:
        run = grow(database, server.url, batches=None, target=30)
    assert run.state is RunState.DONE
    with database.read() as c:
        accepted = tasks.counts(c, 1)["self-instruct"]["accepted"]
    assert run.counts["accepted"] == accepted >= 30
    assert pools.funnel(database, 1).instances > 30


def test_a_run_that_lost_its_lease_writes_nothing_more(another: Callable[[], Database]) -> None:
    """Another program takes the run over while the first one is stuck in the middle of it."""
    calm, torn = another(), another()
    with FakeOpenAI() as server:
        grow(calm, server.url)
    usual, go_on = held_after(30)
    with FakeOpenAI(answer=usual) as server:
        pool, _ = pools.get_or_make(torn, "a pool")
        run = start(torn, pool, server.url, concurrency=4)
        ghost = threading.Thread(target=lambda: runs.work_here(torn, run.id))
        ghost.start()
        after(server, 30)
        with torn.write() as c:  # as when the lease has run out and somebody resumes
            c.exec_driver_sql("UPDATE runs SET lease_until = 1, state = 'interrupted', owner = NULL")
            run_store.resume(c, run.id)
            taken = run_store.claim(c, "the other program", run.id)
        with torn.read() as c:
            before = tasks.counts(c, pool.id), pools.funnel(torn, pool.id).instances
        go_on.set()
        ghost.join(120)
        assert not ghost.is_alive()
        sent = len(server.requests)
        with torn.read() as c:
            assert (tasks.counts(c, pool.id), pools.funnel(torn, pool.id).instances) == before
            assert run_store.get(c, run.id).owner == "the other program"
        time.sleep(0.2)
        assert len(server.requests) == sent  # nor does it ask for more
        assert taken is not None
        runs._work(runs.Job(torn, taken, "the other program", lambda counts: None))
        with torn.read() as c:
            assert run_store.get(c, run.id).state is RunState.DONE
    assert picture(torn) == picture(calm)


def test_two_runs_of_one_pool_see_what_the_other_has_admitted(database: Database) -> None:
    def few_words(body: Any, prompt: str) -> str:
        if "\n\n" not in body.get("stop", ()):
            return " No" if body["max_tokens"] == 3 else "Output: It is so."
        chance = random.Random(prompt)
        colours = ["red", "green", "blue", "white", "black", "yellow"]
        return "".join(
            f"\n9. Say what the {chance.choice(colours)} {chance.choice(colours)} thing is" for _ in range(6)
        )

    pool = pools.make(database, "a pool")
    settings = [replace(PAPER, seed=seed, patience=50) for seed in (1, 2)]
    with FakeOpenAI(answer=few_words, latency=0.01) as server:
        plans = [plan(server.url, Until(batches=6), settings=one) for one in settings]
        with database.write() as c:  # as an older Winnow on the same database would begin a second one
            started = [run_store.queue(c, pool.id, METHOD, stored, Budget(), {}) for stored in plans]
        working = [threading.Thread(target=runs.work_here, args=(database, run.id)) for run in started]
        for one in working:
            one.start()
        for one in working:
            one.join()
    with database.read() as c:
        accepted = tasks.counts(c, pool.id)["self-instruct"]["accepted"]
        by_both = {task.run_id for task in tasks.page(c, pool.id, limit=10_000) if task.state is State.ACCEPTED}
    assert len(replay(database, pool, 0.7).kept) == accepted
    assert len(by_both) >= 2


def plain_gate(seeds: list[str], arrived: list[str], threshold: float) -> list[bool]:
    """The released program's loop: every candidate against all that is there, by the reference implementation."""
    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    there, decided = list(seeds), []
    for text in arrived:
        keep = max((scorer.score(text, other)["rougeL"].fmeasure for other in there), default=0) <= threshold
        decided.append(keep)
        if keep:
            there.append(text)
    return decided


def test_the_runs_novelty_decisions_are_those_of_the_reference_program(database: Database) -> None:
    def repeating(body: Any, prompt: str) -> str:
        """Much the same things again and again, in other words or not."""
        if "\n\n" not in body.get("stop", ()):
            return self_instruct_reply(body, prompt)
        chance = random.Random(prompt)
        words = ["a", "the", "small", "river", "old", "town", "near"]
        exact = [f"Explain ten words where seven are kept {end}" for end in ("and not dropped", "in or out")]
        drawn = [f"Explain {' '.join(chance.choices(words, k=chance.randint(3, 7)))}" for _ in range(8)]
        return "".join(f"\n9. {text}" for text in [*exact, *drawn])

    own = [Seed(f"s{n}", f"Explain the small river near town {n}", (("", "Out."),), n % 3 == 0) for n in range(12)]
    with FakeOpenAI(answer=repeating) as server:
        grow(database, server.url, seeds=own, batches=4)
    pool = pool_of(database)
    with database.read() as c:
        reached = tasks.reached_gate(c, pool.id, TOO_CLOSE)
        kept = {key for key, _ in tasks.instructions(c, pool.id)}
    decided = plain_gate([seed.instruction for seed in own], [text for _, text in reached], 0.7)
    assert [key in kept for key, _ in reached] == decided
    assert 10 < sum(decided) < len(decided) - 10
    for threshold in (0.4, 0.55, 0.7, 0.9, 1.0):
        again = replay(database, pool, threshold)
        wanted = plain_gate([seed.instruction for seed in own], [text for _, text in reached], threshold)
        assert set(again.kept) == {key for (key, _), keep in zip(reached, wanted, strict=True) if keep}


def pool_of(database: Database, name: str = "a pool") -> Any:
    with database.read() as c:
        return pool_store.get(c, name)


CHINESE = [
    *(
        "写一首关于秋天的诗",
        "把下面的句子翻译成英文",
        "解释什么是光合作用",
        "列出三种健康的早餐",
        "给新同事写一封欢迎邮件",
    ),
    *(
        "判断这条评论是好评还是差评",
        "判断这个句子有没有语病",
        "推荐一本适合孩子的书",
        "计算这个长方形的面积",
        "总结这段新闻的大意",
    ),
]
LINES = [
    *(
        "写一首关于秋天的诗歌",
        "设计一次三天的北京旅行",
        "比较咖啡和茶的优点",
        "为小店想一个响亮的名字",
        "说明怎样给自行车换胎",
    ),
    *(
        "写一封道歉信给邻居",
        "判断下面的邮件是不是垃圾邮件",
        "用简单的话解释通货膨胀",
        "列出学习吉他的五个步骤",
        "说明怎样给自行车换轮胎",
    ),
]


def chinese(body: Any, prompt: str) -> str:
    if body["max_tokens"] <= 8:
        return "Yes" if prompt.count("判断") > 2 and "判断" in prompt[-60:] else "No"
    if "numbered" in prompt[-80:]:
        return "好的：\n" + "\n".join(f"{n}、{text}" for n, text in enumerate(LINES, 9))
    if "Class label" in prompt:
        return "Class label：好评\n这家店很好。\nClass label：差评\n菜凉了。"
    return "Example 1\nInput：春天来了\nOutput：好的，这是答案。"


def test_a_chinese_pool_grows_in_chinese_and_knows_repetitions(database: Database) -> None:
    own = [Seed(f"种子{n}", text, (("", "答案"),), "判断" in text) for n, text in enumerate(CHINESE)]
    with FakeOpenAI(answer=chinese) as server:
        run = grow(database, server.url, seeds=own, settings=chat(prompts_per_batch=1), batches=1)
    assert run.state is RunState.DONE, run.message
    assert pool_of(database).settings["tokeniser"] == "unicode"
    with database.read() as c:
        made = [task for task in tasks.page(c, 1, limit=100) if task.origin is Origin.SELF_INSTRUCT]
    assert [task.instruction for task in made] == LINES
    dropped = [task.instruction for task in made if task.state is State.DISCARDED]
    assert dropped == ["写一首关于秋天的诗歌", "说明怎样给自行车换轮胎"]
    shown = {task.instruction: [(i.input, i.output) for i in task.instances] for task in made}
    assert shown["比较咖啡和茶的优点"] == [("春天来了", "好的，这是答案。")]
    assert shown["判断下面的邮件是不是垃圾邮件"] == [("这家店很好。", "好评"), ("菜凉了。", "差评")]
    assert pools.blindness(database, pool_of(database)) == ""


def test_a_pool_is_told_when_its_tokeniser_cannot_see_its_text(database: Database) -> None:
    own = [Seed(f"种子{n}", text, (("", "答案"),), "判断" in text) for n, text in enumerate(CHINESE)]
    pools.make(database, "a pool", own, tokeniser="paper")
    with FakeOpenAI(answer=chinese) as server:
        grow(database, server.url, settings=chat(prompts_per_batch=1, min_words=0), batches=1)
    assert pools.funnel(database, 1).candidates.dropped == {}  # blind: even a repeated seed passes
    assert "can't see 100% of the letters" in pools.blindness(database, pool_of(database))
    assert pools.blindness(database, pools.make(database, "an English one")) == ""


def test_a_pool_without_seeds_says_what_to_do(database: Database) -> None:
    with FakeOpenAI() as server:
        run = grow(database, server.url, seeds=[])
        assert (run.state, server.requests) == (RunState.FAILED, [])
    assert "page Seeds" in run.message


KEY = "sk-never-to-be-seen-4711"


def test_the_key_is_nowhere_but_in_the_requests_header(
    database: Database, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level("DEBUG")
    with FakeOpenAI(key=KEY) as server:
        models.use_key(server.url, KEY)
        done = grow(database, server.url, batches=1)
        assert done.state is RunState.DONE
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    with FakeOpenAI(key="another") as server:  # refuses, and repeats the key that it got
        models.use_key(server.url, KEY)
        failed = grow(database, server.url, batches=1)
        assert failed.state is RunState.FAILED and "key" in failed.message
    assert KEY not in repr(done) + repr(failed) + caplog.text
    assert KEY.encode() not in databases.written(tmp_path / "data")


@pytest.mark.sqlite("a limit on its file")
def test_a_full_disk_ends_the_run_in_a_sentence_and_it_goes_on_when_there_is_room(
    another: Callable[[], Database],
) -> None:
    import sqlalchemy as sa

    calm, full = another(), another()
    with FakeOpenAI() as server:
        grow(calm, server.url)
        pool = pools.make(full, "a pool")
        run = start(full, pool, server.url)
        with full.read() as c:
            pages = c.exec_driver_sql("PRAGMA page_count").scalar_one()

        def no_more(connection: Any, *_: object) -> None:
            connection.execute(f"PRAGMA max_page_count={pages + 90}")

        full.engine.dispose()
        sa.event.listen(full.engine, "connect", no_more)
        try:
            ended = runs.work_here(full, run.id)
            assert (ended.state, ended.message[:17]) == (RunState.FAILED, "The disk is full:")
        finally:
            sa.event.remove(full.engine, "connect", no_more)
            full.engine.dispose()
        with full.write() as c:
            assert run_store.resume(c, run.id)
        assert runs.work_here(full, run.id).state is RunState.DONE
    assert picture(full) == picture(calm)


def test_until_the_pool_has_so_many_tasks_counts_those_that_were_there(database: Database) -> None:
    with FakeOpenAI() as server:
        first = grow(database, server.url, batches=2)
        there = first.counts["accepted"]
        pool, _ = pools.get_or_make(database, "a pool")
        settings = plan(server.url, Until(pool=there + 1))
        second = runs.work_here(database, control.start(database, pool.id, METHOD, settings, here=True).id)
        brought = second.counts["accepted"]
        assert second.state is RunState.DONE and second.counts["batches"] == 1
        assert second.message.startswith(
            f"The pool has {there + brought:,} tasks; this run brought {brought:,} of them."
        )
        assert control.progress(second) == (there + brought, there + 1)
        sent = len(server.requests)
        third = runs.work_here(database, control.start(database, pool.id, METHOD, settings, here=True).id)
        assert third.state is RunState.DONE and len(server.requests) == sent, "it has them already: nothing is asked"


def test_an_end_of_nothing_is_refused() -> None:
    with pytest.raises(Refused, match="at least 1"):
        Until(pool=0)
