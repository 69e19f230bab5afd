"""From a pool's own tasks to the requests of steps 1 to 3 (Self-Instruct section 3.2 and appendix A.2)."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace

from core.llm.body import request_body
from core.llm.sampling import Sampling
from core.llm.target import Target
from core.records import Endpoint, Instance, Request, Task
from core.selfinstruct import templates
from core.selfinstruct.settings import SelfInstructSettings
from core.selfinstruct.templates import fill
from core.words import number_of

MOST_EXAMPLES, MOST_LABELS = 3, 8  # that a prompt shows of one seed
FEW = 3  # seeds with several labels that still need the others beside them
AGAIN_TOKENS = 64  # room for a few words before the answer

INSTRUCTIONS, CLASSIFICATION, INSTANCES = "instructions", "classification", "instances"


def draw(settings: SelfInstructSettings, batch: int, seeds: Sequence[int], generated: Sequence[int]) -> list[list[int]]:
    """Draw the task ids that each prompt of a batch shows: seeds, and machine-made ones as soon as there are enough.

    The same settings, batch number and ids give the same draw on any machine.
    """
    shown = settings.seeds_per_prompt + settings.generated_per_prompt
    drawn = []
    for prompt in range(settings.prompts_per_batch):
        chance = random.Random(f"{settings.seed}/{batch}/{prompt}")
        machine = chance.sample(generated, min(settings.generated_per_prompt, len(generated)))
        human = chance.sample(seeds, min(shown - len(machine), len(seeds)))
        examples = [*human, *machine]
        chance.shuffle(examples)
        drawn.append(examples)
    return drawn


def instructions_prompt(settings: SelfInstructSettings, examples: Sequence[str]) -> str:
    """Step 1: a numbered list of instructions that breaks off where the model is to go on."""
    template = settings.classification_only_template if settings.classification_only else settings.instructions_template
    lines = [f"{n}. {_one_line(text)}" for n, text in enumerate(examples, 1)]
    following = len(lines) + 1
    return fill(template, examples="\n".join(lines), next=str(following), last=str(following + 7))


class Shots:
    """The seeds shown in steps 2 and 3: drawn once a run, so that a Chinese or a medical pool shows its own."""

    def __init__(self, settings: SelfInstructSettings, seeds: Sequence[Task]) -> None:
        chance = random.Random(f"{settings.seed}/shots")
        labelled = [seed for seed in seeds if seed.is_classification]
        other = [seed for seed in seeds if not seed.is_classification]
        # A template that brings examples of its own needs no seeds for them.
        self.can_ask = bool(labelled) or "{examples}" not in settings.classification_template
        question = [
            *chance.sample(labelled, min(settings.classification_shots, len(labelled))),
            *chance.sample(other, min(settings.other_shots, len(other))),
        ]
        chance.shuffle(question)
        self.question = "\n\n".join(_question(seed, settings) for seed in question)
        worked = _mixed(chance, other, settings.instance_shots)
        self.input_first = "\n\n".join(_input_first(seed) for seed in worked)
        self._labelling = _with_their_labels(chance, labelled, settings.instance_shots)
        self.output_first = "\n\n".join(_output_first(seed) for seed in self._labelling)

    @property
    def labels_in_words(self) -> str:
        """What the output-first prompt shows, in a sentence: it exists so that no label of a task is left out."""
        shown = [len(_one_of_each_label(seed)) for seed in self._labelling]
        if not shown:
            return ""
        told = f"The output-first prompt shows {number_of(sum(shown), 'label')} of {number_of(len(shown), 'task')}."
        if max(shown) == 1:
            told += (
                " One label a task teaches a model to give one: import seeds whose classification tasks have an "
                "instance for each of their labels; the built-in ones of a new pool do."
            )
        return told


def classification_prompt(
    settings: SelfInstructSettings, shots: Shots, instruction: str, *, again: bool = False
) -> str:
    """Step 2: is this a classification task? Asked `again`, a chat model is told what it left out."""
    prompt = fill(settings.classification_template, examples=shots.question, instruction=instruction)
    return f"{prompt}\n\n{templates.AGAIN}" if again and settings.endpoint is not Endpoint.COMPLETIONS else prompt


def more_room(sampling: Sampling) -> Sampling:
    """The same sampling for a second question of step 2: a reply that began with a line break or with reasons fits."""
    stop = tuple(mark for mark in sampling.stop or () if mark.strip())
    most = sampling.max_tokens and max(AGAIN_TOKENS, sampling.max_tokens)
    return replace(sampling, max_tokens=most, stop=stop)


def instances_prompt(settings: SelfInstructSettings, shots: Shots, instruction: str, is_classification: bool) -> str:
    """Step 3: input first, or for classification the label first, which avoids a bias to one label."""
    if is_classification:
        return fill(settings.output_first_template, examples=shots.output_first, instruction=instruction)
    return fill(settings.input_first_template, examples=shots.input_first, instruction=instruction)


def request(
    settings: SelfInstructSettings,
    target: Target,
    step: str,
    key: str,
    prompt: str,
    sampling: Sampling,
    *,
    batch: int | None = None,
    task_id: int | None = None,
    ordinal: int | None = None,
) -> Request:
    """The request of a prompt, for the target's endpoint."""
    endpoint, system = target.endpoint_for(settings.endpoint), settings.system_message
    asked = request_body(endpoint, target.model, prompt, sampling, system=system, extra=target.extra_body)
    return Request(key, step, endpoint, target.model, asked, batch=batch, task_id=task_id, ordinal=ordinal)


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().rstrip(":")


def _question(seed: Task, settings: SelfInstructSettings) -> str:
    label = "Yes" if seed.is_classification else "No"
    ask = "Answered with a label?" if settings.endpoint is Endpoint.COMPLETIONS else "Answer:"
    return f"Task: {_one_line(seed.instruction)}\n{ask} {label}"


def _mixed(chance: random.Random, seeds: Sequence[Task], shots: int) -> list[Task]:
    """Seeds to show, a good third of them with a second example where the pool has such seeds."""
    several = _short([seed for seed in seeds if len(seed.instances) > 1], shots)
    single = _short([seed for seed in seeds if len(seed.instances) == 1], shots)
    of_several = min(len(several), max((shots + 1) // 3, shots - len(single)))
    drawn = chance.sample(several, of_several)
    drawn += chance.sample(single, min(shots - of_several, len(single)))
    if of_several:
        chance.shuffle(drawn)
    return drawn


def _with_their_labels(chance: random.Random, seeds: Sequence[Task], shots: int) -> list[Task]:
    """Classification seeds to show: those with instances of several labels, others beside them where they are few."""
    several = [seed for seed in seeds if len(_one_of_each_label(seed)) > 1]
    single = _short([seed for seed in seeds if len(_one_of_each_label(seed)) == 1], shots)
    drawn_from = _short(several, shots)
    drawn = chance.sample(drawn_from, min(shots, len(drawn_from)))
    if len(several) < FEW:
        drawn += chance.sample(single, min(shots - len(drawn), len(single)))
    return drawn


def _short(seeds: list[Task], shots: int) -> list[Task]:
    """The shorter two thirds: the prompt must leave room for the reply."""
    by_length = sorted(
        seeds, key=lambda seed: sum(len(i.input) + len(i.output) for i in seed.instances[:MOST_EXAMPLES])
    )
    return by_length[: max(shots, len(by_length) * 2 // 3)]


def _size(seed: Task) -> int:
    return sum(len(shown.input) + len(shown.output) for shown in seed.instances[:MOST_EXAMPLES])


def _one_of_each_label(seed: Task) -> list[Instance]:
    first: dict[str, Instance] = {}
    for instance in seed.instances:
        first.setdefault(instance.output.strip(), instance)
    return list(first.values())[:MOST_LABELS]


def _input_first(seed: Task) -> str:
    if len(seed.instances) == 1 and not seed.instances[0].input:
        return f"Task: {_one_line(seed.instruction)}\nOutput: {seed.instances[0].output}"
    blocks = [
        f"Example {n}\n" + (f"Input: {shown.input}\n" if shown.input else "") + f"Output: {shown.output}"
        for n, shown in enumerate(seed.instances[:MOST_EXAMPLES], 1)
    ]
    return f"Task: {_one_line(seed.instruction)}\n" + "\n\n".join(blocks)


def _output_first(seed: Task) -> str:
    blocks = [
        f"Class label: {shown.output}" + (f"\n{shown.input}" if shown.input else "")
        for shown in _one_of_each_label(seed)
    ]
    return f"Task: {_one_line(seed.instruction)}\n" + "\n\n".join(blocks)
