"""From a reply's text to instructions, a yes or no, and instances.

For `completions` these are the released code's readings to the letter; a chat reply is read by `chat`, which knows how
chat models dress the same layout. No text makes a parser fail.
"""

from __future__ import annotations

import re

from core.records import Endpoint
from core.selfinstruct import chat, chat_examples

NUMBERED = re.compile(r"\n\d+\s?\. ")
EXAMPLE = re.compile(r"Example\s?\d*\.?")
OUTPUT = re.compile(r"Output\s*\d*\s*:")
INPUT = re.compile(r"Input\s*\d*\s*:")
LABEL = "Class label:"


def instructions(text: str, endpoint: Endpoint = Endpoint.COMPLETIONS) -> list[str]:
    """The instructions of a step 1 reply, white space folded, first letter in upper case, none empty."""
    found = NUMBERED.split(text) if endpoint is Endpoint.COMPLETIONS else chat.instructions(text)
    folded = (re.sub(r"\s+", " ", part).strip() for part in found)
    return [part[0].upper() + part[1:] for part in folded if part]


def is_classification(text: str, endpoint: Endpoint = Endpoint.COMPLETIONS) -> bool | None:
    """The answer of step 2; None where there is none, which is not a no.

    The released code takes nothing but a bare yes for one; a chat model may say more, and may say neither.
    """
    if endpoint is not Endpoint.COMPLETIONS:
        return chat.is_classification(text)
    # What the paper's stop leaves of a reply: its first line. An empty one is no answer.
    first = text.strip().partition("\n")[0].strip()
    return first in ("Yes", "yes", "YES") if first else None


def instances(text: str, of_classification: bool, endpoint: Endpoint = Endpoint.COMPLETIONS) -> list[tuple[str, str]]:
    """(input, output) pairs of a step 3 reply, in its order; empty where the layout cannot be read."""
    if endpoint is not Endpoint.COMPLETIONS:
        return chat_examples.labelled(text) if of_classification else chat_examples.worked(text)
    return _label_first(text) if of_classification else _input_first(text)


def _input_first(text: str) -> list[tuple[str, str]]:
    text = text.strip()
    if EXAMPLE.search(text):
        return [_pair(block.strip()) for block in EXAMPLE.split(text) if block.strip()]
    return [_pair(text)] if OUTPUT.search(text) else []


def _pair(block: str) -> tuple[str, str]:
    before, *after = OUTPUT.split(block)
    given, answer = (before.strip(), after[0].strip()) if after else ("", block.strip())
    answer = INPUT.split(answer)[0].strip()  # a second pair that the model ran on into
    opening = INPUT.match(given)
    return (given[opening.end() :].strip() if opening else given), answer


def _label_first(text: str) -> list[tuple[str, str]]:
    pairs = []
    for block in text.split(LABEL)[1:]:
        label, _, given = block.strip().partition("\n")
        pairs.append((given.strip(), label.strip()))
    return pairs
