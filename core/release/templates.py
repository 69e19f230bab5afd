"""The variety of prompts of the Self-Instruct fine-tuning set (Wang et al., section 2.3), in our own words.

Thirteen layouts, seven for a task with an input and six for one without: with or without a label for the task, the
input and the output, one or two line breaks between them. Each row draws its own layout and clean-up from a hash of
its text, so that neither order nor parallel work changes a file.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import NamedTuple


class PromptLayout(NamedTuple):
    """A prompt with places for {instruction} and {input}; the completion follows it directly."""

    prompt: str

    @property
    def lead(self) -> str:
        """What stands between the prompt and the output: a space after a label, nothing after a line break."""
        return " " if self.prompt.endswith(":") else ""


WITH_INPUT = (
    PromptLayout("{instruction}\nGiven: {input}\nAnswer:"),
    PromptLayout("{instruction}\n\nGiven: {input}\n\nAnswer:"),
    PromptLayout("To do: {instruction}\nGiven: {input}\nAnswer:"),
    PromptLayout("To do: {instruction}\n\nGiven: {input}\n\nAnswer:"),
    PromptLayout("{instruction}\n{input}\n\nAnswer:"),
    PromptLayout("{instruction}\n\n{input}\n\n"),
    PromptLayout("To do: {instruction}\n\n{input}\n\n"),
)
WITHOUT_INPUT = (
    PromptLayout("{instruction}\nAnswer:"),
    PromptLayout("{instruction}\n\nAnswer:"),
    PromptLayout("To do: {instruction}\nAnswer:"),
    PromptLayout("To do: {instruction}\n\nAnswer:"),
    PromptLayout("{instruction}\n\n"),
    PromptLayout("To do: {instruction}\n\n"),
)

# With and without an input: the labels that the paper's own prompts have (section 2.3), always the same.
PAPER = (
    PromptLayout("Task: {instruction}\nInput: {input}\nOutput:"),
    PromptLayout("Task: {instruction}\nOutput:"),
)

# A field name is up to four words before a colon and a space ("Email text: ..." yes; "12:30", "http://" no).
_NAME = r"[^\W\d_][\w'-]*(?: [\w'-]+){0,3} ?:"
FIELD_NAME = re.compile(rf"\A\s*{_NAME}\s+(?=\S)")
ANY_FIELD_NAME = re.compile(rf"^[ \t]*{_NAME}(?=\s)", re.MULTILINE)
BLANK_LINES = re.compile(r"\n\s*\n+")


def prompt_and_completion(
    instruction: str, input: str, output: str, *, seed: int, copy: int = 0, clean: bool = True
) -> tuple[str, str]:
    """Return a prompt and its completion; prompt + completion reads as one text.

    The draw depends on the three texts and `seed` alone; each `copy` (0 for the first) has the layout after the one
    before it, so that copies differ and are not taken for duplicates. With `clean`, half of the rows
    lose a single field name before ":" in the input, and blank lines of the input are folded.
    """
    draw = _draw(instruction, input, output, seed)
    if clean and draw & 1:
        input = cleaned(input)
    layouts = WITH_INPUT if input.strip() else WITHOUT_INPUT
    layout = layouts[((draw >> 1) + copy) % len(layouts)]
    return layout.prompt.format(instruction=instruction, input=input), layout.lead + output


def cleaned(input: str) -> str:
    """Return the input without its only field name, and with blank lines folded into line breaks."""
    if len(ANY_FIELD_NAME.findall(input)) <= 1:
        input = FIELD_NAME.sub("", input, count=1)
    return BLANK_LINES.sub("\n", input)


def _draw(instruction: str, input: str, output: str, seed: int) -> int:
    text = f"{seed}\x000\x00{len(instruction)}\x00{len(input)}\x00{instruction}\x00{input}\x00{output}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
