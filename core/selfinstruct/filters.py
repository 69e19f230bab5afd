"""Step 4: the rules that drop an instruction or an instance, each with its id (Self-Instruct section 3.2).

A rule's evidence is what a reader needs to disagree with it. The rules run in the released code's order.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Sequence
from functools import cache

from core.gate import rules
from core.pool.arrivals import NewInstance
from core.records import Discard
from core.selfinstruct.settings import SelfInstructSettings


def unfit_instruction(
    instruction: str, settings: SelfInstructSettings, count_words: Callable[[str], int] = rules.words_by_space
) -> Discard | None:
    """Why an instruction is unfit whatever else the pool holds; None where it is fit."""
    words = count_words(instruction)
    if words < settings.min_words:
        return Discard(rules.TOO_SHORT, {"words": words, "at least": settings.min_words})
    if words > settings.max_words:
        return Discard(rules.TOO_LONG, {"words": words, "at most": settings.max_words})
    unfit = _unfit_word(instruction, settings.unfit_words)
    if unfit:
        return Discard(rules.UNFIT_WORD, {"word": unfit})
    for opening in settings.forbidden_openings:
        # The released code looks after lower-casing all but the first letter, which comes to ignoring case.
        if instruction.casefold().startswith(opening.casefold()):
            return Discard(rules.FORBIDDEN_OPENING, {"opening": opening})
    if settings.drop_punctuation_start and instruction[0] in string.punctuation:
        return Discard(rules.PUNCTUATION_START, {"character": instruction[0]})
    if settings.drop_non_ascii_start and not instruction[0].isascii():
        return Discard(rules.NON_ASCII_START, {"character": instruction[0]})
    return None


def unfit_instance(given: str, answer: str) -> Discard | None:
    """Why an instance is unfit by itself; None where it is fit."""
    if not answer:
        return Discard(rules.EMPTY_OUTPUT, {})
    if given == answer:
        return Discard(rules.SAME_AS_INPUT, {})
    if given.strip().endswith(":") or answer.strip().endswith(":"):
        return Discard(rules.ENDS_WITH_COLON, {"field": "input" if given.strip().endswith(":") else "output"})
    return None


def judge_instances(
    pairs: Sequence[tuple[str, str]], was_cut: bool, settings: SelfInstructSettings, drawn_for: str = ""
) -> list[NewInstance]:
    """Every (input, output) of one task with the rule that drops it, if any; order kept.

    Of more than a task may have, so many are drawn at random, as released: the first ones would be the easy ones. The
    draw is the run's seed's and the task's own (`drawn_for`, its instruction).
    """
    discards: list[Discard | None] = [unfit_instance(given, answer) for given, answer in pairs]
    if was_cut and pairs:
        discards[-1] = Discard(rules.CUT, {})
    left = [n for n, discard in enumerate(discards) if discard is None]
    outputs: dict[str, set[str]] = {}
    for n in left:
        outputs.setdefault(pairs[n][0], set()).add(pairs[n][1])
    torn = next((given for given, answers in outputs.items() if given and len(answers) > 1), None)
    seen: set[tuple[str, str]] = set()
    for n in left:
        if torn is not None:
            discards[n] = Discard(rules.CONFLICTING_OUTPUTS, {"input": torn, "outputs": sorted(outputs[torn])})
        elif pairs[n] in seen:
            discards[n] = Discard(rules.DUPLICATE, {})
        seen.add(pairs[n])
    fit = [n for n in left if discards[n] is None]
    if len(fit) > settings.max_instances:
        drawn = random.Random(f"{settings.seed}/instances/{drawn_for}").sample(fit, settings.max_instances)
        for n in set(fit) - set(drawn):
            discards[n] = Discard(rules.OVER_LIMIT, {"at most": settings.max_instances, "of": len(fit)})
    return [NewInstance(given, answer, discard) for (given, answer), discard in zip(pairs, discards, strict=True)]


def _unfit_word(instruction: str, words: tuple[str, ...]) -> str | None:
    """The first of these words in an instruction, in small letters."""
    spelt = _spelt(words)
    if spelt and instruction.isascii():
        small = instruction.lower()
        for word in spelt:  # the pattern takes seven times as long to find nothing
            if word in small:
                break
        else:
            return None
    found = _any_word(words).search(instruction)
    return found[0].lower() if found else None


@cache
def _spelt(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words in small letters; none where letters of other scripts could stand for those of an instruction."""
    return tuple(word.lower() for word in words) if all(word.isascii() for word in words) else ()


@cache
def _any_word(words: tuple[str, ...]) -> re.Pattern[str]:
    if not words:
        return re.compile(r"(?!)")
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b", re.IGNORECASE)
