"""What drops an instruction or an answer, at each rule's boundary."""

from __future__ import annotations

import pytest

from core.gate.rules import REINSTRUCT as RULES
from core.reinstruct.filters import FilterSettings, unfit_answer, unfit_instruction

PAPER = FilterSettings()
REFUSALS = FilterSettings(drop_refusals=True)


def instruction_rule(instruction: str, **how: bool) -> str | None:
    dropped = unfit_instruction(instruction, PAPER, **how)
    return dropped.rule if dropped else None


def answer_rule(answer: str, settings: FilterSettings = PAPER, **how: bool) -> str | None:
    dropped = unfit_answer(answer, settings, **how)
    return dropped.rule if dropped else None


def test_an_instruction_has_at_most_500_characters() -> None:
    assert instruction_rule("x" * 500) is None
    assert instruction_rule("x" * 501) == "instruction-too-long"


@pytest.mark.parametrize("instruction", ["Summarise this.", "THIS text?", "Explain how thistles spread."])
def test_this_drops_an_instruction_in_any_case_and_inside_a_word(instruction: str) -> None:
    assert instruction_rule(instruction) == "says-this"


def test_an_answer_has_at_most_ten_dashes_with_a_space() -> None:
    assert answer_rule("- x\n" * 10) is None
    assert answer_rule("- x\n" * 11) == "too-many-dashes"
    assert answer_rule("-x\n" * 30) is None


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ("As the Web Text says, soak it.", "says-web-text"),
        ("Soak web texts.", "says-web-text"),
        ("Based on the information provided, soak it.", "says-information-provided"),
        ("Based on information provided, soak it.", None),
    ],
)
def test_an_answer_does_not_speak_of_its_source(answer: str, rule: str | None) -> None:
    assert answer_rule(answer) == rule


@pytest.mark.parametrize("answer", ["Sorry, no.", "I apologize for that."])
def test_refusals_are_dropped_only_when_asked_for(answer: str) -> None:
    assert answer_rule(answer) is None
    assert answer_rule(answer, REFUSALS) == "refusal"
    assert answer_rule("Soak it.", REFUSALS) is None


def test_cut_and_empty_replies_are_dropped() -> None:
    assert instruction_rule("Explain it.", was_cut=True) == answer_rule("Soak it.", was_cut=True) == "cut"
    assert instruction_rule(" \n") == "empty-instruction"
    assert answer_rule("") == "empty-answer"


def test_evidence_shows_the_words_around_what_was_found() -> None:
    dropped = unfit_instruction("Tell me more about this soup, please.", PAPER)
    assert dropped and dropped.evidence["around"] == "Tell me more about this soup, please."
    assert dropped.rule in RULES
