"""What the tiny model learns to recite: the questions of both methods as Winnow asks them, each with a valid reply.

Every question is made by the code that asks it in earnest, in both dresses (completions and chat), about tasks of the
fake model's grammar. Prompts are kept small by `SMALL` and `SMALL_REINSTRUCT`, which the runs use too.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.records import Endpoint, Instance, Origin, State, Task
from core.reinstruct import prompts as reinstruct
from core.reinstruct.prompts import InstructionPair, ReinstructPrompts
from core.selfinstruct import prompts
from core.selfinstruct.prompts import Shots
from core.selfinstruct.settings import CHAT, SelfInstructSettings
from tests.fake_replies import KINDS, LABELLING, LABELS, READERS, THINGS, TURNS, VERBS, instruction

SMALL = {
    "seeds_per_prompt": 3,
    "generated_per_prompt": 1,
    "classification_shots": 2,
    "other_shots": 2,
    "instance_shots": 2,
}
SHOTS, LISTED = 2, 6  # seeds that a reverse question shows; instructions that a reply of step 1 lists
SETTINGS = {
    Endpoint.COMPLETIONS: replace(SelfInstructSettings(), **SMALL),
    Endpoint.CHAT: replace(CHAT, system_message="", **SMALL),
}


@dataclass(frozen=True, slots=True)
class Lesson:
    """A question as it stands in a request, and what is to be said to it."""

    endpoint: Endpoint
    prompt: str
    reply: str


def seeds(count: int, chance: random.Random) -> list[Task]:
    """Tasks of the grammar, every third a classification task with an instance for each of two labels."""
    return [_seed(place, chance) for place in range(1, count + 1)]


def text(chance: random.Random) -> str:
    """A text for REInstruct's corpus: lines that begin with a verb, as an answer full of advice does."""
    lines = [f"{chance.choice(VERBS)} the {chance.choice(THINGS)} {chance.choice(TURNS)}." for _ in range(5)]
    return "\n".join(line.capitalize() for line in lines)


def lesson(chance: random.Random) -> Lesson:
    """One question of any step of either method, over either endpoint, and its reply."""
    endpoint = chance.choice((Endpoint.COMPLETIONS, Endpoint.CHAT))
    ask = chance.choices(_ASKED, weights=(4, 1, 2, 1, 1, 1))[0]
    return ask(chance, endpoint)


def _instructions(chance: random.Random, endpoint: Endpoint) -> Lesson:
    shown = [_proper(chance) for _ in range(chance.choice((3, 4)))]
    prompt = prompts.instructions_prompt(SETTINGS[endpoint], shown)
    first = len(shown) + 1
    listed = "\n".join(f"{n}. {_proper(chance)}" for n in range(first, first + LISTED))
    return Lesson(endpoint, prompt, listed if endpoint is Endpoint.CHAT else listed.removeprefix(f"{first}."))


def _classification(chance: random.Random, endpoint: Endpoint) -> Lesson:
    asked = _proper(chance)
    prompt = prompts.classification_prompt(SETTINGS[endpoint], _shots(chance, endpoint), asked)
    return Lesson(endpoint, prompt, " Yes" if asked.split()[0] in LABELLING else " No")


def _input_first(chance: random.Random, endpoint: Endpoint) -> Lesson:
    prompt = prompts.instances_prompt(SETTINGS[endpoint], _shots(chance, endpoint), _proper(chance), False)
    worked = [f"Example {n}\nInput: {_sentence(chance)}\nOutput: {_answer(chance)}" for n in (1, 2)]
    return Lesson(endpoint, prompt, "\n\n".join(worked))


def _output_first(chance: random.Random, endpoint: Endpoint) -> Lesson:
    prompt = prompts.instances_prompt(SETTINGS[endpoint], _shots(chance, endpoint), _proper(chance), True)
    blocks = [f"Class label: {label}\n{_sentence(chance)}" for label in chance.sample(LABELS, 2)]
    return Lesson(endpoint, prompt, "\n\n".join(blocks))


def _reverse(chance: random.Random, endpoint: Endpoint) -> Lesson:
    shown = [InstructionPair(_proper(chance), _sentence(chance)) for _ in range(SHOTS)]
    prompt = reinstruct.reverse_prompt(text(chance), shown, endpoint, ReinstructPrompts())
    return Lesson(endpoint, prompt, _proper(chance))


def _rewrite(chance: random.Random, endpoint: Endpoint) -> Lesson:
    prompt = reinstruct.rewrite_prompt(text(chance), _proper(chance), endpoint, ReinstructPrompts())
    return Lesson(endpoint, prompt, " ".join(_sentence(chance) for _ in range(2)))


_ASKED: Sequence[Callable[[random.Random, Endpoint], Lesson]] = (
    _instructions, _classification, _input_first, _output_first, _reverse, _rewrite,
)  # fmt: skip


def _proper(chance: random.Random) -> str:
    """An instruction that no filter drops."""
    while True:
        written = instruction(chance)
        if len(written.split()) > 3 and not written.startswith("Draw"):
            return written


def _shots(chance: random.Random, endpoint: Endpoint) -> Shots:
    return Shots(replace(SETTINGS[endpoint], seed=chance.randint(0, 999)), seeds(8, chance))


def _seed(number: int, chance: random.Random) -> Task:
    labelled = number % 3 == 0
    asked = _proper(chance)
    while (asked.split()[0] in LABELLING) is not labelled:
        asked = _proper(chance)
    answers = chance.sample(LABELS, 2) if labelled else [_answer(chance)]
    given = [_sentence(chance) if labelled or number % 2 else "" for _ in answers]
    instances = [
        Instance(number * 2 + place, number, place, before, after, State.ACCEPTED, "")
        for place, (before, after) in enumerate(zip(given, answers, strict=True))
    ]
    return Task(number, 1, Origin.SEED, State.ACCEPTED, asked, labelled, instances=tuple(instances))


def _answer(chance: random.Random) -> str:
    """An output, which is like no input even where the likeliest words are always taken."""
    return f"Most {chance.choice(READERS)} would call it {chance.choice(KINDS)} and {chance.choice(KINDS)}."


def _sentence(chance: random.Random) -> str:
    return (
        f"The {chance.choice(KINDS)} {chance.choice(THINGS)} that {chance.choice(READERS)} keep is "
        f"{chance.choice(KINDS)}, {chance.choice(TURNS)}."
    )
