"""The reverse and rewrite questions, what is read from the replies, and the training rows made of them."""

from __future__ import annotations

import pytest

from core.records import Endpoint, Refused
from core.reinstruct.answers import STOP, parse_answer, parse_instruction
from core.reinstruct.prompts import (
    InstructionPair,
    ReinstructPrompts,
    draw_examples,
    reverse_prompt,
    rewrite_prompt,
)
from core.reinstruct.settings import preset
from core.reinstruct.training_data import Rewriting, reverse_rows, rewrite_rows

PROMPTS = ReinstructPrompts()
PAIRS = [InstructionPair(f"Ask {number}", "word " * number) for number in range(1, 40)]


def test_the_chat_question_shows_examples_output_first() -> None:
    prompt = reverse_prompt("Soak {the} peas.", PAIRS[:2], Endpoint.CHAT, PROMPTS)
    places = [prompt.index(part) for part in ("word\n", "Ask 1", "word word\n", "Ask 2", "Soak {the} peas.")]
    assert places == sorted(places)


def test_the_papers_layout_ends_where_the_model_goes_on() -> None:
    prompt = reverse_prompt("Soak the peas.\n", (), Endpoint.COMPLETIONS, PROMPTS)
    assert prompt.endswith("\n### Assistant:\nSoak the peas.\n### User:\n")
    prompt = rewrite_prompt("Soak the peas.", "How?", Endpoint.COMPLETIONS, PROMPTS)
    assert prompt.endswith("\n### Web text:\nSoak the peas.\n### Question:\nHow?\n### Answer:\n")


def test_a_text_that_holds_a_place_is_not_filled_in_again() -> None:
    prompt = rewrite_prompt("A {instruction} here", "A {text} there", Endpoint.CHAT, PROMPTS)
    assert "A {instruction} here" in prompt and "A {text} there" in prompt


def test_a_wording_without_its_places_is_refused() -> None:
    assert reverse_prompt("soup", (), Endpoint.COMPLETIONS, ReinstructPrompts(reverse_layout="<{text}>")) == "<soup>"
    with pytest.raises(Refused, match=r"rewrite_chat must contain \{instruction\}"):
        ReinstructPrompts(rewrite_chat="Answer from {text}")


def test_examples_are_drawn_anew_for_each_text_and_the_same_each_time() -> None:
    drawn = draw_examples(PAIRS, "abc", seed=1, shots=4)
    assert drawn == draw_examples(PAIRS, "abc", seed=1, shots=4)
    assert len(set(drawn)) == 4
    assert drawn != draw_examples(PAIRS, "abd", seed=1, shots=4)
    assert all(len(pair.output) <= 100 for pair in draw_examples(PAIRS, "abc", seed=1, shots=9, longest=100))
    assert min(len(pair.output) for pair in drawn) >= 5 * 20, "the longer half"
    assert len(draw_examples(PAIRS[:2], "abc", seed=1, shots=4)) == 2
    assert draw_examples([], "abc", seed=1, shots=4) == []


@pytest.mark.parametrize(
    ("reply", "instruction"),
    [
        (" How do I soak peas?\n", "How do I soak peas?"),
        ("Request: How do I soak peas?", "How do I soak peas?"),
        ("**Instruction:** How do I soak peas?", "How do I soak peas?"),
        ("“How do I soak peas?”", "How do I soak peas?"),
        ('"Peas" or "beans"', '"Peas" or "beans"'),
        ("How do I soak peas?\n### Assistant:\nIn water.", "How do I soak peas?"),
        ("How do I soak peas?\nAnswer in verse.", "How do I soak peas?\nAnswer in verse."),
        ('"', '"'),
        ("", ""),
    ],
)
def test_the_instruction_is_read_from_a_reply(reply: str, instruction: str) -> None:
    assert parse_instruction(reply) == instruction


def test_the_answer_is_read_from_a_reply_with_its_own_headings() -> None:
    reply = "Answer: Soak them.\n### Then\nCook.\n### Question:\nWhy?"
    assert parse_answer(reply) == "Soak them.\n### Then\nCook."


def test_training_rows_ask_as_the_model_will_be_asked() -> None:
    [row] = reverse_rows([InstructionPair("How?", "Soak.")], PROMPTS)
    assert row.prompt == reverse_prompt("Soak.", (), Endpoint.COMPLETIONS, PROMPTS)
    assert row.as_prompt_completion() == {"prompt": row.prompt, "completion": "How?"}
    [row] = rewrite_rows([Rewriting("Peas want soaking.", "How?", "Soak.")], PROMPTS)
    assert row.prompt == rewrite_prompt("Peas want soaking.", "How?", Endpoint.COMPLETIONS, PROMPTS)
    assert [message["content"] for message in row.as_messages()["messages"]] == [row.prompt, "Soak."]


@pytest.mark.parametrize("heading", ["User", "Assistant", "Web text", "Question"])
def test_a_completion_stops_at_the_layouts_own_headings_and_at_no_other(heading: str) -> None:
    assert f"\n### {heading}:" in STOP
    assert parse_answer(f"Soak them.\n\n### Then\nCook.\n### {heading}:\nmore") == "Soak them.\n\n### Then\nCook."
    stops = preset(Endpoint.COMPLETIONS)
    assert stops.reverse.stop == stops.rewrite.stop == STOP
    assert len(STOP) <= 4, "servers refuse more"
    assert not any(stop in "\n### Then\n" for stop in STOP)


def test_a_heading_that_is_said_again_is_no_empty_reply() -> None:
    assert parse_answer("### Answer:\nSoak them.") == "Soak them."
    assert parse_answer("\n### Answer:\n### Answer:\nSoak them.\n### Answer:\nAgain.") == "Soak them."
    assert parse_instruction("### User:\nHow do I soak peas?\n### Assistant:\nIn water.") == "How do I soak peas?"
