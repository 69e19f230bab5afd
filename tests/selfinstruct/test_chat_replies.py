"""What chat models really write, shape by shape, and values that stay as they were written in any dress."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.records import Endpoint
from core.reinstruct.answers import parse_answer, parse_instruction
from core.selfinstruct import parsing

SHAPES = [
    json.loads(line) for line in (Path(__file__).parent / "chat_shapes.jsonl").read_text("utf-8").splitlines() if line
]
CHAT = Endpoint.CHAT
STEPS = ("instructions", "classification", "input-first", "output-first", "reverse", "rewrite")
MARKS = ("**" * 5_000, "> " * 5_000, "9. " * 5_000, "Input: " * 5_000, "_ " * 5_000, "\n \n" * 5_000, "none " * 5_000)


def read(step: str, reply: str) -> Any:
    match step:
        case "instructions":
            return parsing.instructions(reply, CHAT)
        case "classification":
            return parsing.is_classification(reply, CHAT)
        case "input-first" | "output-first":
            return [list(pair) for pair in parsing.instances(reply, step == "output-first", CHAT)]
        case "reverse":
            return parse_instruction(reply, CHAT)
        case "rewrite":
            return parse_answer(reply, CHAT)
    raise AssertionError(step)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"{shape['step']}: {shape['shape']}")
def test_a_shape_that_chat_models_write_is_read_as_it_is_meant(shape: dict[str, Any]) -> None:
    assert read(shape["step"], shape["reply"]) == shape["expected"]


def test_the_shapes_are_many_and_of_every_step() -> None:
    assert len(SHAPES) >= 60
    assert len({(shape["step"], shape["reply"]) for shape in SHAPES}) == len(SHAPES)
    assert {shape["step"] for shape in SHAPES} == {
        *("instructions", "classification", "input-first", "output-first", "reverse", "rewrite")
    }


# What a model may write as a value: words, bold at its head, lists, code, more than one paragraph.
WORD = st.sampled_from(
    ["river", "**Cats** are", "_soft_", "42", "“quoted”", "猫", "a*b", "__init__", "50%", "?", "e.g."]
)
LINE = st.lists(WORD, min_size=1, max_size=5).map(" ".join)
MORE = st.sampled_from(
    ["", "", "\n- one\n- two", "\n1. one\n2. two", "\n\nA second paragraph.", "\n```\nInput: x\n```"]
)
VALUE = st.builds(lambda line, more: f"{line} end{more}", LINE, MORE)
DRESS = st.sampled_from(
    [
        "{}: ",
        "{}:\n",
        "**{}:** ",
        "**{}**: ",
        "**{}:**\n",
        "### {}:\n",
        "### {}\n",
        "**{}**\n",
        "- **{}:** ",
        "- {}: ",
        "{}：",
    ]
)
EXAMPLE_HEAD = st.sampled_from(
    [
        "Example {}",
        "Example {}:",
        "**Example {}**",
        "**Example {}:**",
        "### Example {}",
        "## Example {}: A title",
        "{}. Example {}",
    ]
)
BEFORE = st.sampled_from(["", "Sure! Here are the examples:\n\n", "Certainly!\n\n", "Task: Do it.\n\n", "---\n"])
AFTER = st.sampled_from(["", "\n", "\n\n---", "\n\nLet me know if you need more examples!"])


@given(st.lists(st.tuples(VALUE, VALUE), min_size=1, max_size=4), DRESS, DRESS, EXAMPLE_HEAD, BEFORE, AFTER)
def test_values_come_out_of_any_dress_as_they_were_written(
    pairs: list[tuple[str, str]], given_as: str, answer_as: str, head: str, before: str, after: str
) -> None:
    blocks = [
        f"{head.format(n, n)}\n{given_as.format('Input')}{given}\n{answer_as.format('Output')}{answer}"
        for n, (given, answer) in enumerate(pairs, 1)
    ]
    assert parsing.instances(before + "\n\n".join(blocks) + after, False, CHAT) == pairs


@given(st.lists(st.tuples(VALUE, LINE), min_size=1, max_size=4), DRESS, BEFORE, AFTER)
def test_labels_and_their_inputs_come_out_of_any_dress(
    pairs: list[tuple[str, str]], label_as: str, before: str, after: str
) -> None:
    blocks = [f"{label_as.format('Class label')}{label} end\n{given}" for given, label in pairs]
    expected = [(given, f"{label} end") for given, label in pairs]
    assert parsing.instances(before + "\n\n".join(blocks) + after, True, CHAT) == expected


ITEM = st.builds(
    lambda words, more: f"Say {words}{more}",
    st.lists(st.sampled_from(["river", "**cats**", "42", "SQL", "猫", "3.5 km", "a - b"]), min_size=1, max_size=6).map(
        " ".join
    ),
    st.sampled_from(
        ["", "", ":\n   1. one\n   2. two", ":\n1. one\n2. two", " with\n- this\n- that", ':\n\n"Good day"']
    ),
)
ITEM_HEAD = st.sampled_from(
    [
        "{}. ",
        "{}) ",
        "**{}.** ",
        "**{}**. ",
        "### {}. ",
        "### {}.\n",
        "Task {}: ",
        "**Task {}:** ",
        "**Task {}**\n",
        "- {}. ",
        "{}. - ",
        "{}、",
    ]
)


@given(st.lists(ITEM, min_size=2, max_size=8), ITEM_HEAD, st.integers(2, 30), st.sampled_from(["\n", "\n\n"]))
def test_items_come_out_of_any_list_whole_with_the_lists_inside_them(
    items: list[str], head: str, first: int, between: str
) -> None:
    reply = "Here are more tasks:\n\n" + between.join(head.format(n) + item for n, item in enumerate(items, first))
    assert parsing.instructions(reply, CHAT) == [" ".join(item.split()) for item in items]


PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            ["**", "__", "*", "`", "```", "\n", "\n\n", "#", "###", "- ", ">", ":", "：", "1.", "9)", "10. "]
        ),
        st.sampled_from(
            ["Example", "Example 1", "Input", "Output", "Class label", "Task", "Answer", "Label", "yes", "none", "---"]
        ),
        st.text(max_size=4),
    ),
    max_size=30,
).map("".join)


@given(PIECES)
def test_no_reply_however_broken_makes_a_reader_of_chat_fail_or_drag(text: str) -> None:
    for step in STEPS:
        read(step, text)


@pytest.mark.parametrize("text", MARKS)
def test_a_long_reply_of_one_mark_is_read_by_every_step(text: str) -> None:
    """How the work grows with the length is measured by `bench_replies`."""
    for step in STEPS:
        read(step, text)
