"""A REInstruct run as it is stored, and the two requests of a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from core.llm.body import request_body
from core.llm.sampling import Sampling
from core.llm.target import Target, stored_form, target_of
from core.records import Request
from core.reinstruct.prompts import InstructionPair, reverse_prompt, rewrite_prompt
from core.reinstruct.settings import ReinstructSettings, from_mapping
from core.runs.until import Until

METHOD = "reinstruct"
REVERSE, REWRITE = "reverse", "rewrite"


class Steps(StrEnum):
    """What a run does: instructions for texts, answers to instructions that wait for one, or both in turn."""

    BOTH = "both"
    REVERSE = REVERSE
    REWRITE = REWRITE


@dataclass(frozen=True, slots=True)
class ReinstructPlan:
    """Settings, where the requests go, when the run is done (for `rewrite`, tasks are answers), and its steps."""

    settings: ReinstructSettings
    target: Target
    until: Until
    steps: Steps = Steps.BOTH

    def as_mapping(self) -> dict[str, Any]:
        return {
            "settings": self.settings.as_mapping(),
            "target": stored_form(self.target),
            "until": asdict(self.until),
            "steps": self.steps.value,
        }


def plan_of(stored: Mapping[str, Any]) -> ReinstructPlan:
    """The plan that `as_mapping` wrote."""
    return ReinstructPlan(
        from_mapping(stored["settings"]),
        target_of(stored["target"]),
        Until(**stored["until"]),
        Steps(stored["steps"]),
    )


def reverse_request(
    plan: ReinstructPlan, key: str, text: str, examples: Sequence[InstructionPair], batch: int | None = None
) -> Request:
    """The request for the instruction that a text answers."""
    settings = plan.settings
    prompt = reverse_prompt(text, examples, settings.endpoint, settings.prompts)
    return _request(plan, REVERSE, key, prompt, settings.reverse, batch, None)


def rewrite_request(
    plan: ReinstructPlan, key: str, text: str, instruction: str, batch: int | None = None, task_id: int | None = None
) -> Request:
    """The request for a clean answer to an instruction from what the text says."""
    settings = plan.settings
    prompt = rewrite_prompt(text, instruction, settings.endpoint, settings.prompts)
    return _request(plan, REWRITE, key, prompt, settings.rewrite, batch, task_id)


def _request(
    plan: ReinstructPlan, step: str, key: str, prompt: str, sampling: Sampling, batch: int | None, task_id: int | None
) -> Request:
    endpoint, system = plan.target.endpoint_for(plan.settings.endpoint), plan.settings.system_message
    asked = request_body(endpoint, plan.target.model, prompt, sampling, system=system, extra=plan.target.extra_body)
    return Request(key, step, endpoint, plan.target.model, asked, batch=batch, task_id=task_id)
