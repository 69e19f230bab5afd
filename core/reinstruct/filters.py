"""What drops a reversed instruction or a rewritten answer, each rule with its id (papers, section 2, Filter).

Evidence is what a reader needs to disagree. "this" is looked for in any case and inside words too, as the released
code does: an instruction that says "this" mostly speaks of a text that the reader will not have.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.gate import rules
from core.records import Discard


@dataclass(frozen=True, slots=True)
class FilterSettings:
    """The thresholds of the filters; the defaults are the released code's."""

    longest_instruction: int = 500
    """The most characters an instruction may have."""

    most_dashes: int = 10
    """The most times an answer may have a dash followed by a space."""

    drop_refusals: bool = False
    """Drop answers that contain one of the refusals."""

    refusals: tuple[str, ...] = ("sorry", "i apologize")
    """Strings that mark a refusal, in any case."""


def unfit_instruction(instruction: str, settings: FilterSettings, *, was_cut: bool = False) -> Discard | None:
    """Return why a reversed instruction is dropped, None where it is fit."""
    if was_cut:
        return Discard(rules.CUT)
    if not instruction.strip():
        return Discard(rules.EMPTY_INSTRUCTION)
    if len(instruction) > settings.longest_instruction:
        return Discard(
            rules.INSTRUCTION_TOO_LONG, {"characters": len(instruction), "at most": settings.longest_instruction}
        )
    return _saying(instruction, rules.SAYS_THIS, "this")


def unfit_answer(answer: str, settings: FilterSettings, *, was_cut: bool = False) -> Discard | None:
    """Return why a rewritten answer is dropped, None where it is fit."""
    if was_cut:
        return Discard(rules.CUT)
    if not answer.strip():
        return Discard(rules.EMPTY_ANSWER)
    dashes = answer.count("- ")
    if dashes > settings.most_dashes:
        return Discard(rules.TOO_MANY_DASHES, {"dashes": dashes, "at most": settings.most_dashes})
    said = _saying(answer, rules.SAYS_WEB_TEXT, "web text") or _saying(
        answer, rules.SAYS_INFORMATION_PROVIDED, "based on the information provided"
    )
    if said or not settings.drop_refusals:
        return said
    return next((hit for phrase in settings.refusals if (hit := _saying(answer, rules.REFUSAL, phrase))), None)


def _saying(text: str, rule: str, phrase: str) -> Discard | None:
    """The discard for a text that contains the phrase in any case, with the words around it."""
    at = text.lower().find(phrase.lower())
    if at < 0:
        return None
    return Discard(rule, {"phrase": phrase, "around": text[max(0, at - 40) : at + len(phrase) + 40]})
