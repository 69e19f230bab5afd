"""Training rows for those who go the paper's own way and train the reverse and rewrite models themselves.

The prompts are the `completions` layout of `prompts`, so that a model trained on these rows is asked as it was taught.
Loss belongs on the completion only (papers, section 2, Train). The final model's own rows, with the paper's style
suffixes, are a release's (`core.release.options.REINSTRUCT_STYLE`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.records import Endpoint
from core.reinstruct.prompts import InstructionPair, ReinstructPrompts, reverse_prompt, rewrite_prompt


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """What the model sees and what it must say; prompt + completion is the whole text."""

    prompt: str
    completion: str

    def as_prompt_completion(self) -> dict[str, str]:
        """Return the row for trainers of base models (TRL, OpenAI completions)."""
        return {"prompt": self.prompt, "completion": self.completion}

    def as_messages(self) -> dict[str, list[dict[str, str]]]:
        """Return the row for trainers of chat models (OpenAI chat, TRL)."""
        user, assistant = {"role": "user", "content": self.prompt}, {"role": "assistant", "content": self.completion}
        return {"messages": [user, assistant]}


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A corpus text, the instruction it answers, and the answer that a reviewer found good."""

    text: str
    instruction: str
    answer: str


def reverse_rows(pairs: Iterable[InstructionPair], prompts: ReinstructPrompts) -> Iterator[TrainingRow]:
    """Yield the rows that teach the reverse model: seed pairs or reviewed pairs, turned round."""
    for pair in pairs:
        prompt = reverse_prompt(pair.output, (), Endpoint.COMPLETIONS, prompts)
        yield TrainingRow(prompt, pair.instruction.strip())


def rewrite_rows(rewritings: Iterable[Rewriting], prompts: ReinstructPrompts) -> Iterator[TrainingRow]:
    """Yield the rows that teach the rewrite model: text and instruction to answer."""
    for rewriting in rewritings:
        prompt = rewrite_prompt(rewriting.text, rewriting.instruction, Endpoint.COMPLETIONS, prompts)
        yield TrainingRow(prompt, rewriting.answer.strip())
