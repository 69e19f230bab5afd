"""The paper's variety of prompts."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from core.release.templates import WITH_INPUT, WITHOUT_INPUT, cleaned, prompt_and_completion


def drawn(number: int, input: str, **changes: object) -> tuple[str, str]:
    return prompt_and_completion(f"Count to {number}", input, "done", seed=1, **changes)  # type: ignore[arg-type]


def test_there_are_seven_layouts_with_an_input_and_six_without_and_all_are_drawn() -> None:
    assert (len(set(WITH_INPUT)), len(set(WITHOUT_INPUT))) == (7, 6)
    with_input = {drawn(n, "here")[0].replace(str(n), "N") for n in range(300)}
    without = {drawn(n, "")[0].replace(str(n), "N") for n in range(300)}
    assert (len(with_input), len(without)) == (7, 6)


def test_a_row_draws_the_same_layout_wherever_it_stands_and_another_with_another_seed() -> None:
    assert [drawn(n, "x") for n in range(50)] == [drawn(n, "x") for n in reversed(range(50))][::-1]
    other = [prompt_and_completion(f"Count to {n}", "x", "done", seed=2) for n in range(50)]
    assert other != [drawn(n, "x") for n in range(50)]


def test_half_of_the_inputs_lose_their_only_field_name_and_their_blank_lines() -> None:
    kept = Counter("Sentence: birds" in drawn(n, "Sentence: birds\n\n\nsing")[0] for n in range(1_000))
    assert 440 <= kept[True] <= 560
    assert cleaned("Sentence: birds\n\n\nsing") == "birds\nsing"


def test_a_clean_up_leaves_two_fields_times_and_addresses_alone() -> None:
    for input in ("Name: Ann\nAge: 7", "12:30", "https://example.org", "no field here", "Text:"):
        assert cleaned(input) == input


def test_the_openai_variant_never_touches_the_input() -> None:
    assert all("Sentence: birds" in drawn(n, "Sentence: birds", clean=False)[0] for n in range(100))


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_prompt_and_completion_hold_the_texts_whole(instruction: str, input: str, output: str) -> None:
    prompt, completion = prompt_and_completion(instruction, input, output, seed=3, clean=False)
    assert instruction in prompt
    assert input in prompt or not input.strip()
    assert completion in (output, " " + output)
    assert (prompt + completion).endswith(": " + output) or prompt.endswith("\n")
