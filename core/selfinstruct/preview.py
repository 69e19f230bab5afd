"""Before anything is sent: the exact requests of the next batch, and what a run will probably take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.database import Database
from core.llm import target as models
from core.llm.prices import Estimate, estimate
from core.pool import tasks
from core.records import Origin, Request
from core.selfinstruct import prompts, steering
from core.selfinstruct.loop import SelfInstructPlan
from core.selfinstruct.prompts import CLASSIFICATION, INSTANCES, INSTRUCTIONS, Shots

TASKS_A_PROMPT = 5.5  # accepted tasks that a prompt brings, until the pool knows better


@dataclass(frozen=True, slots=True)
class SelfInstructPreview:
    """The next batch's instruction requests, and for the first example task the requests of steps 2 and 3.

    `examples` says what the prompts show by origin, `labels` what the output-first prompt shows of its tasks' labels.
    """

    instructions: tuple[Request, ...]
    classification: Request | None
    instances: Request
    tasks_a_batch: float
    batch: Estimate
    examples: str
    labels: str


def preview(database: Database, pool_id: int, plan: SelfInstructPlan) -> SelfInstructPreview | None:
    """What a run of this plan would send first; None while the pool has no seeds that are switched on."""
    settings, target = plan.settings, plan.target
    with database.read() as c:
        seeds = tasks.seeds(c, pool_id)
        if not seeds:
            return None
        drawn = steering.drawn(c, pool_id, settings, 0, seeds)
        texts = tasks.texts(c, {task_id for shown in drawn for task_id in shown})
        examples = steering.in_words(steering.shown_by_origin(c, drawn), settings)
        made = tasks.counts(c, pool_id).get(Origin.SELF_INSTRUCT.value, {})
    shots, sample = Shots(settings, seeds), texts[drawn[0][0]]
    asked = tuple(
        prompts.request(
            settings,
            target,
            INSTRUCTIONS,
            f"0/{INSTRUCTIONS}/{place}",
            prompts.instructions_prompt(settings, [texts[task_id] for task_id in shown]),
            settings.instructions,
        )
        for place, shown in enumerate(drawn)
    )
    question = None
    if shots.can_ask:
        text = prompts.classification_prompt(settings, shots, sample)
        question = prompts.request(settings, target, CLASSIFICATION, "", text, settings.classification)
    text = prompts.instances_prompt(settings, shots, sample, settings.classification_only)
    worked = prompts.request(settings, target, INSTANCES, "", text, settings.instances)
    share = made.get("accepted", 0) / sum(made.values()) if sum(made.values()) > 50 else TASKS_A_PROMPT / 7
    expected = 7 * share * settings.prompts_per_batch
    known = models.prices_at(database, plan.target)
    per_task = [estimate(request, known) for request in (question, worked) if request]
    total = _sum([estimate(request, known) for request in asked] + [_scaled(one, expected) for one in per_task])
    return SelfInstructPreview(asked, question, worked, expected, total, examples, shots.labels_in_words)


def _scaled(one: Estimate, by: float) -> Estimate:
    return one.times(max(1, round(by)))


def _sum(parts: Sequence[Estimate]) -> Estimate:
    usd = [part.usd for part in parts]
    most = [part.most_usd for part in parts]
    return Estimate(
        sum(part.prompt_tokens for part in parts),
        sum(part.completion_tokens for part in parts),
        None if None in usd else sum(value for value in usd if value is not None),
        sum(part.most_prompt_tokens for part in parts),
        sum(part.most_completion_tokens for part in parts),
        None if None in most else sum(value for value in most if value is not None),
    )
