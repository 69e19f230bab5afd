"""A pool with corpus texts, a fake model that reverses and rewrites them, and a picture of what came of it."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from core import pools
from core.corpus.rows import corpus
from core.database import Database
from core.llm.parcels.words import Delivery
from core.llm.target import Target
from core.pool import tasks
from core.records import Budget, Control, Endpoint, Origin, Pool, Run, Task
from core.reinstruct.plan import METHOD, ReinstructPlan, Steps
from core.reinstruct.rows import groundings, reversals
from core.reinstruct.rows.groundings import Sifting
from core.reinstruct.settings import ReinstructSettings, preset
from core.runs import control
from core.runs import runner as runs
from core.runs.rows import runs as run_store
from core.runs.until import Until
from tests.fake_replies import KINDS, READERS, THINGS, TURNS, VERBS

CHAT = preset(Endpoint.CHAT)


def some_texts(n: int) -> list[str]:
    """Texts that have nothing in common but their form; the first line names each."""
    texts = []
    for number in range(n):
        chance = random.Random(f"text {number}")
        lines = [f"Text {number} on a {chance.choice(KINDS)} {chance.choice(THINGS)}"]
        for _ in range(4):
            lines.append(f"{chance.choice(VERBS)} the {chance.choice(THINGS)} {chance.choice(TURNS)}.".capitalize())
        texts.append("\n".join(lines))
    return texts


def reply(body: Mapping[str, Any], prompt: str) -> str:
    """What the fake model says of a text: most instructions are new and fit, some fall to each filter."""
    about = re.findall(r"Text \d+ on a (.*)", prompt)[-1]
    rewriting = "Background:" in prompt or "### Web text:" in prompt
    chance = random.Random(f"{about} {rewriting}")
    kind = chance.random()
    if rewriting:
        if kind < 0.1:
            return f"Based on the information provided, the {about} is simple."
        number = f" It takes {chance.randint(3, 99)} minutes." if kind < 0.3 else ""
        return f"Answer: The {about} needs care. {chance.choice(TURNS).capitalize()}.{number}"
    if kind < 0.08:
        return f"What does this say of the {about}?"
    if kind < 0.2:
        return "Request: How do I look after a thing of value?"
    return f"{chance.choice(VERBS).capitalize()} a {about} for {chance.choice(READERS)} {chance.choice(TURNS)}."


def with_texts(database: Database, texts: Sequence[str], name: str = "a pool") -> Pool:
    """The pool of that name with these texts in its corpus, as a selection would have left them."""
    pool, _ = pools.get_or_make(database, name)
    with database.write() as c:
        selection = run_store.queue(c, pool.id, "corpus", {}, Budget(), {})
        run_store.ask(c, selection.id, Control.STOP)
        corpus.load(c, pool.id, selection.id, entries(texts))
    return pool


def entries(texts: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"source": "a.jsonl", "line": line, "hash": sha256(text.encode()).hexdigest(), "text": text}
        for line, text in enumerate(texts, 1)
    ]


def start(
    database: Database,
    pool: Pool,
    url: str,
    *,
    steps: Steps = Steps.BOTH,
    batches: int | None = None,
    target: int | None = None,
    concurrency: int = 8,
    settings: ReinstructSettings = CHAT,
    budget: Budget | None = None,
    delivery: Delivery = Delivery.DIRECT,
) -> Run:
    to = Target("custom", url, "fake", settings.endpoint, concurrency, 20.0, delivery=delivery)
    plan = ReinstructPlan(settings, to, Until(target, batches), steps)
    return control.start(database, pool.id, METHOD, plan.as_mapping(), budget, here=True)


def reverse(database: Database, pool: Pool, url: str, **how: Any) -> Run:
    """Do a run here and now and return it as it ended."""
    return runs.work_here(database, start(database, pool, url, **how).id)


def picture(database: Database, pool: Pool) -> list[Any]:
    """All that a run decided, text by text: instruction, rule, nearest, answer, its rule and grounding."""
    with database.read() as c:
        made = tasks.page(c, pool.id, origin=Origin.REINSTRUCT, limit=100_000)
        why = tasks.evidence(c, [task.id for task in made])
        sources = reversals.sources_of(c, [task.id for task in made])
        answers = {one.task_id: one for one in groundings.page(c, pool.id, Sifting(), limit=100_000)}
        near = tasks.texts(c, {task.nearest_id for task in made if task.nearest_id})
    return [
        (
            sources[task.id].text,
            task.instruction,
            task.state,
            why[task.id].rule if task.id in why else None,
            task.batch,
            near.get(task.nearest_id or 0),
            task.nearest_score,
            [(i.output, i.state) for i in task.instances],
            answers[task.id].rule,
            answers[task.id].grounded,
        )
        for task in made
    ]


def made(database: Database, pool_id: int) -> list[Task]:
    with database.read() as c:
        return tasks.page(c, pool_id, origin=Origin.REINSTRUCT, limit=1000)


def counts(database: Database, pool_id: int) -> dict[str, int]:
    with database.read() as c:
        return {state.value: n for state, n in corpus.counts(c, pool_id).items() if n}


def unsteady(body: Any, prompt: str) -> str:
    time.sleep(random.random() * 0.02)
    return reply(body, prompt)


def says(instruction: str, answer: str = "Wash it well.") -> Callable[[Any, str], str]:
    """A model that always says the same."""
    return lambda body, prompt: answer if "Background:" in prompt else instruction
