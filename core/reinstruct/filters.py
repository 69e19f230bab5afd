"""What drops a reversed instruction or a rewritten answer, each rule with its id (papers, section 2, Filter).

Evidence is what a reader needs to disagree. "this" is looked for in any case and inside words too, as the released
code does: an instruction that says "this" mostly speaks of a text that the reader will not have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from core import knobs
from core.gate import rules
from core.knobs import Knob
from core.records import Discard


@dataclass(frozen=True, slots=True)
class FilterSettings:
    """The thresholds of the filters; the defaults are the released code's."""

    longest_instruction: Annotated[int, Knob("most characters of an instruction", least=1)] = 500
    most_dashes: Annotated[
        int, Knob("most “- ” in an answer", "Times that a dash followed by a space may stand in it.", least=0)
    ] = 10
    drop_refusals: Annotated[
        bool, Knob("drop answers that refuse", "Those that contain one of the strings that mark a refusal.")
    ] = False
    refusals: Annotated[tuple[str, ...], Knob("strings that mark a refusal", "In any case.")] = ("sorry", "i apologize")

    def __post_init__(self) -> None:
        knobs.check(self)


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
