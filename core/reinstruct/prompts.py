"""The two questions put to a model: which instruction does this text answer, and how would one answer it directly.

The wording is ours and editable; named places in braces are filled in. For chat models the reverse question shows
seeds as examples. For `completions` there is the paper's layout (section 2): a model that a user trained on the rows of
`training_data` goes on after the last heading.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from core import knobs
from core.knobs import Knob
from core.records import Endpoint, Task
from core.selfinstruct.templates import fill

REVERSE_CHAT = """\
Each example below is an answer, followed by the request that somebody could have made to get it.

{examples}

Write the request for one more answer. It must be complete in itself: whoever reads it has not seen the answer, so \
name the subject and do not point at a text. Ask for what the answer as a whole gives, in one or two sentences. Reply \
with the request alone.

Answer:
{text}

Request:"""

REVERSE_LAYOUT = """\
An assistant's answer, and after it the user's request that it answers.
### Assistant:
{text}
### User:
"""

REWRITE_CHAT = """\
Here is some background reading and a request.

Background:
{text}

Request:
{instruction}

Answer the request in full, in a friendly and orderly way. Use what the background says and add no facts of your own. \
Leave out advertising, greetings and whatever does not serve the request. Speak as one who simply knows: the reader \
has not seen the background and must not notice that there is one. Reply with the answer alone."""

REWRITE_LAYOUT = """\
A request, answered fully and politely from the text that is given, without a word about the text.
### Web text:
{text}
### Question:
{instruction}
### Answer:
"""


@dataclass(frozen=True, slots=True)
class InstructionPair:
    """An instruction and the output that answers it; `task_id` where a task of a pool holds them."""

    instruction: str
    output: str
    task_id: int | None = None


@dataclass(frozen=True, slots=True)
class ReinstructPrompts:
    """The wording of a run. `Refused` when a template lacks a place that its question cannot do without."""

    reverse_chat: Annotated[str, Knob(places=("examples", "text"), lines=8)] = REVERSE_CHAT
    reverse_layout: Annotated[str, Knob(places=("text",), lines=8)] = REVERSE_LAYOUT
    rewrite_chat: Annotated[str, Knob(places=("text", "instruction"), lines=8)] = REWRITE_CHAT
    rewrite_layout: Annotated[str, Knob(places=("text", "instruction"), lines=8)] = REWRITE_LAYOUT

    def __post_init__(self) -> None:
        knobs.check(self)


def seed_pairs(seeds: Sequence[Task]) -> list[InstructionPair]:
    """Return the seeds as pairs: those that need no input, or where there are none, all with their inputs."""
    first = [(seed, seed.instances[0]) for seed in seeds if seed.instances]
    bare = [
        InstructionPair(seed.instruction, instance.output, seed.id) for seed, instance in first if not instance.input
    ]
    return bare or [InstructionPair(f"{seed.instruction}\n\n{one.input}", one.output, seed.id) for seed, one in first]


def draw_examples(
    pairs: Sequence[InstructionPair], text_hash: str, seed: int, shots: int, longest: int = 1500
) -> list[InstructionPair]:
    """Return up to `shots` pairs to show for a text, longest outputs first left out; the draw is the text's own.

    A corpus text is long, so outputs of some length are the better examples: of the pairs whose output has at most
    `longest` characters, the longer half takes part.
    """
    fitting = sorted((pair for pair in pairs if len(pair.output) <= longest), key=lambda pair: -len(pair.output))
    drawn_from = fitting[: max(shots, len(fitting) // 2)]
    return random.Random(f"{seed}/{text_hash}").sample(drawn_from, min(shots, len(drawn_from)))


def reverse_prompt(
    text: str, examples: Sequence[InstructionPair], endpoint: Endpoint, prompts: ReinstructPrompts
) -> str:
    """Return the question for the instruction that a text answers; examples are shown to chat models only."""
    if endpoint is Endpoint.COMPLETIONS:
        return fill(prompts.reverse_layout, text=text.strip())
    shown = "\n\n".join(f"Answer:\n{pair.output.strip()}\n\nRequest: {pair.instruction.strip()}" for pair in examples)
    return fill(prompts.reverse_chat, examples=shown, text=text.strip())


def rewrite_prompt(text: str, instruction: str, endpoint: Endpoint, prompts: ReinstructPrompts) -> str:
    """Return the question for a clean answer to the instruction from what the text says."""
    template = prompts.rewrite_layout if endpoint is Endpoint.COMPLETIONS else prompts.rewrite_chat
    return fill(template, text=text.strip(), instruction=instruction.strip())
