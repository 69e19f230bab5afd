"""What is asked of models here: answers to a set's tasks, and judgements of two answers. Stored whole with the run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any

from core.evaluation.words import EvaluationTask
from core.llm.body import request_body
from core.llm.sampling import Sampling
from core.llm.target import Target, stored_form, target_of
from core.records import Endpoint, Refused, Request

RESPOND, JUDGE = "respond", "evaluation-judge"
_LAYOUTS = {
    # On a completion endpoint the layout of the published predictions; a chat model gets the task as one message.
    Endpoint.COMPLETIONS: ("{instruction}\n\nInput: {input}\nOutput:", "{instruction}\nOutput:"),
    Endpoint.CHAT: ("{instruction}\n\n{input}", "{instruction}"),
}
JUDGE_PROMPT = """\
You compare two answers to the same task. Weigh whether each does what the task asks, whether what it says is right, \
and whether it leaves out what matters. Do not favour an answer for its length, its style or its place.

Task:
{instruction}

{input}

Answer 1:
{first}

Answer 2:
{second}

Which answer is better? Reply with exactly one word: 1, 2 or tie."""


@dataclass(frozen=True, slots=True)
class ReplySampling:
    """How replies are drawn: the evaluation row of Self-Instruct's table of parameters, temperature 0 and 1,024 tokens.

    At temperature 0 no top_p is sent, for it changes nothing and some servers refuse 0; penalties of 0 neither.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 1024
    stop: tuple[str, ...] = ()

    def as_asked(self) -> Sampling:
        """The same as every request is made of."""
        return Sampling(self.temperature, self.top_p, None, None, self.max_tokens, self.stop)

    def as_body(self) -> dict[str, Any]:
        """The request's parameters."""
        return self.as_asked().parameters()


@dataclass(frozen=True, slots=True)
class RespondPlan:
    """Which set a model answers, under which name, and how it is asked. Empty templates mean the endpoint's own."""

    set_name: str
    name: str
    target: Target
    system: str = ""
    with_input: str = ""
    without_input: str = ""
    sampling: ReplySampling = field(default_factory=ReplySampling)

    def __post_init__(self) -> None:
        for template in filter(None, (self.with_input, self.without_input)):
            if "{instruction}" not in template:
                raise Refused("A template must contain {instruction}; put it where the task belongs.")
        if self.with_input and "{input}" not in self.with_input:
            raise Refused("The template of tasks with an input must contain {input}; put it where that belongs.")

    @property
    def templates(self) -> tuple[str, str]:
        """The templates in use, of tasks with an input and of those without."""
        given, none = _LAYOUTS[self.target.endpoint]
        return self.with_input or given, self.without_input or none

    def request(self, task: EvaluationTask) -> Request:
        """The request for a task's answer."""
        given, none = self.templates
        prompt = filled(given if task.input.strip() else none, instruction=task.instruction, input=task.input)
        return _request(self.target, RESPOND, f"{RESPOND}/{task.id}", prompt, self.system, self.sampling)

    def as_mapping(self) -> dict[str, Any]:
        return {**_stored(self), "sampling": asdict(self.sampling)}


@dataclass(frozen=True, slots=True)
class JudgePlan:
    """A judge that compares a model with a baseline on a set, in both orders. `prompt` must name all four texts."""

    set_name: str
    model: str
    baseline: str
    target: Target
    prompt: str = JUDGE_PROMPT
    system: str = ""
    sampling: ReplySampling = field(default_factory=lambda: ReplySampling(max_tokens=256))

    def __post_init__(self) -> None:
        missing = [name for name in ("instruction", "input", "first", "second") if "{" + name + "}" not in self.prompt]
        if missing:
            raise Refused(f"The judge's prompt must contain {{{missing[0]}}}; put it where that text belongs.")
        if self.model == self.baseline:
            raise Refused("A judge compares two models; choose another baseline.")

    @property
    def prompt_hash(self) -> str:
        """What tells this prompt, system message and sampling from others."""
        said = repr((self.prompt, self.system, sorted(self.sampling.as_body().items(), key=str)))
        return sha256(said.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def annotator(self) -> str:
        """The judge's name here: its model and the beginning of its prompt's hash."""
        return f"{self.target.model} #{self.prompt_hash[:6]}"

    @property
    def warning(self) -> str:
        """What is to be said of a judge that judges itself, "" else."""
        if self.target.model in (self.model, self.baseline):
            return f"{self.target.model} judges its own answers here; judges prefer their own."
        return ""

    def request(self, task: EvaluationTask, model_text: str, baseline_text: str, model_first: bool) -> Request:
        """The request for one judgement in one order."""
        first, second = (model_text, baseline_text) if model_first else (baseline_text, model_text)
        prompt = filled(self.prompt, instruction=task.instruction, input=task.input, first=first, second=second)
        key = f"{JUDGE}/{task.id}/{int(model_first)}"
        return _request(self.target, JUDGE, key, prompt, self.system, self.sampling)

    def as_mapping(self) -> dict[str, Any]:
        return {**_stored(self), "sampling": asdict(self.sampling)}


def respond_plan_of(stored: Mapping[str, Any]) -> RespondPlan:
    """The plan that `as_mapping` wrote."""
    return RespondPlan(**_read(stored))


def judge_plan_of(stored: Mapping[str, Any]) -> JudgePlan:
    """The plan that `as_mapping` wrote."""
    return JudgePlan(**_read(stored))


def filled(template: str, **texts: str) -> str:
    """A template with its names filled in, all at once, so that braces inside the texts stay what they are."""
    marks = "|".join(re.escape("{" + name + "}") for name in texts)
    return re.sub(marks, lambda found: texts[found[0][1:-1]], template)


def _request(target: Target, step: str, key: str, prompt: str, system: str, sampling: ReplySampling) -> Request:
    if target.endpoint is Endpoint.COMPLETIONS and system:
        prompt, system = f"{system}\n\n{prompt}", ""
    asked = request_body(
        target.endpoint, target.model, prompt, sampling.as_asked(), system=system, extra=target.extra_body
    )
    return Request(key, step, target.endpoint, target.model, asked)


def _stored(plan: RespondPlan | JudgePlan) -> dict[str, Any]:
    told = {name: getattr(plan, name) for name in type(plan).__slots__}
    return {**told, "target": stored_form(plan.target)}


def _read(stored: Mapping[str, Any]) -> dict[str, Any]:
    sampling = dict(stored["sampling"])
    sampling["stop"] = tuple(sampling["stop"])
    return {**stored, "target": target_of(stored["target"]), "sampling": ReplySampling(**sampling)}
