"""From a reply's text to instructions, a yes or no, and instances. One parser for base and chat models.

For `completions` these are the released code's readings to the letter; a chat reply first loses its list number,
preamble and bold marks. No text makes a parser fail.
"""

from __future__ import annotations

import re

from core.records import Endpoint

NUMBERED = re.compile(r"\n\d+\s?\. ")
EXAMPLE = re.compile(r"Example\s?\d*\.?")
OUTPUT = re.compile(r"Output\s*\d*\s*:")
INPUT = re.compile(r"Input\s*\d*\s*:")
LABEL = "Class label:"

# Chinese and Japanese lists number with wide marks that need no space after them.
_CHAT_NUMBER = re.compile(r"\n[ \t]*(\d+)(?:[ \t]?[.)][ \t]+|[、．）][ \t]*)")
_CHAT_BOLD = re.compile(r"^(\*\*|__)(.+?)\1", re.DOTALL)
_BEFORE, _BOLD, _COLON = r"(?m)^[ \t#>]*", r"(?:\*\*|__)?", "[:：]"
_CHAT_FIELD = re.compile(
    rf"{_BEFORE}{_BOLD}((?:Input|Output)[ \t]*\d*|Class label)[ \t]*(?:{_COLON}[ \t]*{_BOLD}|(?:\*\*|__){_COLON})"
)
# The layout asks for headings with a number, so that "For Example" in a sentence parts nothing; a title goes with it.
_CHAT_EXAMPLE = re.compile(
    rf"{_BEFORE}{_BOLD}Example[ \t]*\d+\b(?:[^\n]*?(?=(?:Input|Output)[ \t]*\d*{_COLON})|[^\n]*)"
)


def instructions(text: str, endpoint: Endpoint = Endpoint.COMPLETIONS) -> list[str]:
    """The instructions of a step 1 reply, white space folded, first letter in upper case, none empty."""
    if endpoint is Endpoint.CHAT:
        parts = _CHAT_NUMBER.split("\n" + text)
        found = [_CHAT_BOLD.sub(r"\2", part.strip()) for part in parts[2::2]] if len(parts) > 1 else text.splitlines()
    else:
        found = NUMBERED.split(text)
    folded = (re.sub(r"\s+", " ", part).strip() for part in found)
    return [part[0].upper() + part[1:] for part in folded if part]


def is_classification(text: str, endpoint: Endpoint = Endpoint.COMPLETIONS) -> bool:
    """The answer of step 2. The released code takes nothing but a bare yes; a chat model may say more."""
    if endpoint is Endpoint.CHAT:
        return re.match(r"\W*yes\b", text, re.IGNORECASE) is not None
    return text.strip() in ("Yes", "yes", "YES")


def instances(text: str, of_classification: bool, endpoint: Endpoint = Endpoint.COMPLETIONS) -> list[tuple[str, str]]:
    """(input, output) pairs of a step 3 reply, in its order; empty where the layout cannot be read."""
    if endpoint is Endpoint.CHAT:
        text = _CHAT_FIELD.sub(r"\1: ", text)
    return _label_first(text) if of_classification else _input_first(text, endpoint)


def _input_first(text: str, endpoint: Endpoint) -> list[tuple[str, str]]:
    text = text.strip()
    example = _CHAT_EXAMPLE if endpoint is Endpoint.CHAT else EXAMPLE
    if example.search(text):
        before, *blocks = example.split(text)
        if endpoint is Endpoint.COMPLETIONS or OUTPUT.search(before):  # a chat model's greeting is no example
            blocks.insert(0, before)
        return [_pair(block.strip()) for block in blocks if block.strip()]
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
