"""Step 4: the rules that drop an instruction or an instance, each with its id (Self-Instruct section 3.2).

A rule's evidence is what a reader needs to disagree with it. The rules run in the released code's order.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence
from functools import cache

from core.pool.arrivals import NewInstance
from core.records import Discard
from core.selfinstruct.settings import SelfInstructSettings

CUT = "cut"
TOO_SHORT = "too-short"
TOO_LONG = "too-long"
UNFIT_WORD = "unfit-word"
FORBIDDEN_OPENING = "forbidden-opening"
PUNCTUATION_START = "punctuation-start"
NON_ASCII_START = "non-ascii-start"
TOO_CLOSE = "too-close"

UNPARSED = "unparsed"
EMPTY_OUTPUT = "empty-output"
SAME_AS_INPUT = "same-as-input"
ENDS_WITH_COLON = "ends-with-colon"
CONFLICTING_OUTPUTS = "conflicting-outputs"
DUPLICATE = "duplicate"
OVER_LIMIT = "over-limit"

RULES = {
    CUT: "the reply was cut by its length limit",
    TOO_SHORT: "too few words",
    TOO_LONG: "too many words",
    UNFIT_WORD: "asks for what a language model cannot do",
    FORBIDDEN_OPENING: "begins with an opening that is not wanted",
    PUNCTUATION_START: "begins with punctuation",
    NON_ASCII_START: "begins with a non-ASCII character",
    TOO_CLOSE: "too close to a task that is there",
    UNPARSED: "no input and output could be read from the reply",
    EMPTY_OUTPUT: "the output is empty",
    SAME_AS_INPUT: "the output repeats the input",
    ENDS_WITH_COLON: "the input or output ends with a colon",
    CONFLICTING_OUTPUTS: "one input has two different outputs",
    DUPLICATE: "the same instance is there already",
    OVER_LIMIT: "more instances than a task may have",
}


def words_by_space(text: str) -> int:
    return len(text.split())


def unfit_instruction(
    instruction: str, settings: SelfInstructSettings, count_words: Callable[[str], int] = words_by_space
) -> Discard | None:
    """Why an instruction is unfit whatever else the pool holds; None where it is fit."""
    words = count_words(instruction)
    if words < settings.min_words:
        return Discard(TOO_SHORT, {"words": words, "at least": settings.min_words})
    if words > settings.max_words:
        return Discard(TOO_LONG, {"words": words, "at most": settings.max_words})
    unfit = _any_word(settings.unfit_words).search(instruction)
    if unfit:
        return Discard(UNFIT_WORD, {"word": unfit[0].lower()})
    for opening in settings.forbidden_openings:
        # The released code looks after lower-casing all but the first letter, which comes to ignoring case.
        if instruction.casefold().startswith(opening.casefold()):
            return Discard(FORBIDDEN_OPENING, {"opening": opening})
    if settings.drop_punctuation_start and instruction[0] in string.punctuation:
        return Discard(PUNCTUATION_START, {"character": instruction[0]})
    if settings.drop_non_ascii_start and not instruction[0].isascii():
        return Discard(NON_ASCII_START, {"character": instruction[0]})
    return None


def unfit_instance(given: str, answer: str) -> Discard | None:
    """Why an instance is unfit by itself; None where it is fit."""
    if not answer:
        return Discard(EMPTY_OUTPUT, {})
    if given == answer:
        return Discard(SAME_AS_INPUT, {})
    if given.strip().endswith(":") or answer.strip().endswith(":"):
        return Discard(ENDS_WITH_COLON, {"field": "input" if given.strip().endswith(":") else "output"})
    return None


def judge_instances(
    pairs: Sequence[tuple[str, str]], was_cut: bool, settings: SelfInstructSettings
) -> list[NewInstance]:
    """Every (input, output) of one task with the rule that drops it, if any; order kept."""
    discards: list[Discard | None] = [unfit_instance(given, answer) for given, answer in pairs]
    if was_cut and pairs:
        discards[-1] = Discard(CUT, {})
    left = [n for n, discard in enumerate(discards) if discard is None]
    outputs: dict[str, set[str]] = {}
    for n in left:
        outputs.setdefault(pairs[n][0], set()).add(pairs[n][1])
    torn = next((given for given, answers in outputs.items() if given and len(answers) > 1), None)
    seen: set[tuple[str, str]] = set()
    for n in left:
        if torn is not None:
            discards[n] = Discard(CONFLICTING_OUTPUTS, {"input": torn, "outputs": sorted(outputs[torn])})
        elif pairs[n] in seen:
            discards[n] = Discard(DUPLICATE, {})
        elif len(seen) >= settings.max_instances:
            discards[n] = Discard(OVER_LIMIT, {"at most": settings.max_instances})
        seen.add(pairs[n])
    return [NewInstance(given, answer, discard) for (given, answer), discard in zip(pairs, discards, strict=True)]


@cache
def _any_word(words: tuple[str, ...]) -> re.Pattern[str]:
    if not words:
        return re.compile(r"(?!)")
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b", re.IGNORECASE)
