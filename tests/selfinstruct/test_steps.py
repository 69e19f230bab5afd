"""Steps 1 to 4, decision for decision against the plainest reading, and for replies of any shape."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core import pools
from core.database import Database
from core.gate import rules
from core.gate.admission import word_counter
from core.llm.body import ANSWERING
from core.records import Endpoint
from core.seeds.seeds import Seed
from core.selfinstruct import filters, parsing
from core.selfinstruct.settings import CHAT, SelfInstructSettings
from tests.selfinstruct import plain_reading as plain

PAPER = SelfInstructSettings()
BASE = Endpoint.COMPLETIONS
WORDS = [
    *("write", "Write a program", "a", "poem", "images", "image", "imagery", "map", "go to", "go  to", "cargo tomb"),
    *(
        "draw",
        "Draw.",
        "re-draw",
        "plot",
        "_plot",
        "graphs",
        "the",
        "SQL",
        "1984",
        "naïve",
        "数据",
        "é",
        "-",
        "(see",
        ":",
    ),
]
LISTED = st.lists(
    st.one_of(
        st.sampled_from(WORDS),
        st.sampled_from(["\n9. ", "\n10 . ", "\n11.", "\n12.  ", "\n", "\n\n", "\t", " ", "9. ", "\n1\t. ", "1 . "]),
        st.text(max_size=4),
    ),
    max_size=30,
).map(lambda parts: "".join(part if part.isspace() or part[:1] == "\n" else part + " " for part in parts))
MARKS = [
    *(
        "Example 1",
        "Example",
        "Example2.",
        "Examples",
        "Example\n",
        "Input:",
        "Input 2 :",
        "Input",
        "Output:",
        "Output 1:",
    ),
    *(
        "Output\n:",
        "Class label:",
        "Class label: Yes",
        "\n",
        "\n\n",
        " ",
        ":",
        "yes",
        "no",
        "the same",
        "a b",
        "x",
        "12",
        ".",
    ),
]
WORKED = st.lists(st.one_of(st.sampled_from(MARKS), st.text(max_size=3)), max_size=24).map("".join)
# Capital letters whose lower case has another length or which match across alphabets are the regex engine's business.
LIKE_ASCII = {"İ", "ı", "ſ", "\u212a"}


@given(LISTED)
def test_a_numbered_reply_is_cut_where_the_released_code_cuts_it(text: str) -> None:
    found = parsing.instructions(text)
    expected = plain.numbered_parts(text)
    assert [one[1:] for one in found] == [one[0].upper()[1:] + one[1:] for one in expected]
    assert [one[:1] for one in found] == [one[0].upper()[:1] for one in expected]


@given(LISTED.filter(lambda text: not LIKE_ASCII & set(text)))
@example("Tell me how to go to the shop")
@example("Write A Program that sorts a list")
@example("Describe a file_name well please")
@example(" ".join(["word"] * 150))
@example(" ".join(["word"] * 151))
@example("One two three")
@example("One two three four")
@example("“Quoted” words are not ASCII")
def test_an_instruction_is_dropped_by_the_rule_that_a_plain_reading_finds(text: str) -> None:
    for instruction in parsing.instructions(text) or ["Name four kinds of bread."]:
        dropped = filters.unfit_instruction(instruction, PAPER)
        assert (dropped.rule if dropped else None) == plain.instruction_rule(instruction), instruction


@given(WORKED)
def test_worked_examples_are_read_as_the_released_code_reads_them(text: str) -> None:
    assert parsing.instances(text, False) == plain.worked_examples(text)


@given(WORKED)
def test_labelled_examples_are_read_as_the_released_code_reads_them(text: str) -> None:
    assert parsing.instances(text, True) == plain.labelled_examples(text)


PAIR = st.tuples(
    st.sampled_from(["", "", "x", "y", "x:", "same"]),
    st.sampled_from(["", "one", "two", "three", "same", "ends:", "x"]),
)


@given(st.lists(PAIR, max_size=9), st.booleans())
def test_the_instances_that_stay_are_those_of_a_plain_reading(pairs: list[tuple[str, str]], was_cut: bool) -> None:
    judged = filters.judge_instances(pairs, was_cut, PAPER)
    assert [(one.input, one.output) for one in judged] == pairs
    kept = [(one.input, one.output) for one in judged if one.discard is None]
    fit = plain.kept_instances(pairs, was_cut, most=99)
    assert len(kept) == min(5, len(fit)) and [pair for pair in fit if pair in kept] == kept
    assert all(one.discard is None or one.discard.rule in rules.SELF_INSTRUCT for one in judged)


@given(WORKED, st.booleans(), st.booleans())
def test_the_way_from_a_reply_to_kept_instances_is_the_plain_one(text: str, labelled: bool, was_cut: bool) -> None:
    read = plain.labelled_examples(text) if labelled else plain.worked_examples(text)
    judged = filters.judge_instances(parsing.instances(text, labelled), was_cut, PAPER)
    kept, fit = [(j.input, j.output) for j in judged if not j.discard], plain.kept_instances(read, was_cut, most=99)
    assert len(kept) == min(5, len(fit)) and [pair for pair in fit if pair in kept] == kept


def test_which_five_of_many_instances_stay_is_drawn_by_the_runs_seed_and_the_task() -> None:
    pairs = [(f"in {n}", f"out {n}") for n in range(9)]

    def kept(seed: int, task: str) -> list[int]:
        judged = filters.judge_instances(pairs, False, replace(PAPER, seed=seed), task)
        assert {one.discard.rule for one in judged if one.discard} == {rules.OVER_LIMIT}
        return [n for n, one in enumerate(judged) if one.discard is None]

    assert kept(1, "Say it.") == kept(1, "Say it.")
    draws = [kept(seed, task) for seed in (1, 2, 3) for task in ("Say it.", "Sing it.", "Write it.")]
    assert all(len(draw) == 5 for draw in draws)
    assert len({tuple(draw) for draw in draws}) > 5
    assert set().union(*map(set, draws)) == set(range(9)), "the last ones too"


ANY_REPLY = st.one_of(st.text(), LISTED, WORKED, st.text(st.characters(categories=["Cs", "Cc", "Zs", "Nd"])))


@given(ANY_REPLY, st.sampled_from(ANSWERING), st.booleans(), st.booleans())
@example("", BASE, False, True)
@example("\n9. ", BASE, False, True)
@example("Class label:", BASE, True, True)
@example("Example", Endpoint.CHAT, False, True)
@example("**", Endpoint.CHAT, False, False)
@example("\n9. ****", Endpoint.CHAT, False, False)
@example("9" * 10_000, Endpoint.CHAT, False, False)
def test_no_reply_makes_a_parser_or_a_filter_fail(text: str, endpoint: Endpoint, labelled: bool, was_cut: bool) -> None:
    settings = CHAT if endpoint is Endpoint.CHAT else PAPER
    for instruction in parsing.instructions(text, endpoint):
        assert instruction.strip()
        assert "\n" not in instruction
        filters.unfit_instruction(instruction, settings)
        filters.unfit_instruction(instruction, PAPER)
    assert parsing.is_classification(text, endpoint) in (True, False, None)
    pairs = parsing.instances(text, labelled, endpoint)
    assert len(filters.judge_instances(pairs, was_cut, settings)) == len(pairs)


@pytest.mark.parametrize(
    ("text", "base", "chat"),
    [
        (" Yes", True, True),
        ("yes\n", True, True),
        ("YES", True, True),
        ("Yes.", False, True),
        ("Yes, it is", False, True),
        ("**Yes**", False, True),
        ("No", False, False),
        ("\nYes\n\nTask", True, True),
        ("Not yes", False, None),
        ("Yesterday", False, None),
        ("", None, None),
        (" \n", None, None),
    ],
)
def test_a_base_model_must_say_a_bare_yes_and_a_chat_model_may_say_more(
    text: str, base: bool | None, chat: bool | None
) -> None:
    assert parsing.is_classification(text, BASE) is base
    assert parsing.is_classification(text, Endpoint.CHAT) is chat


@pytest.mark.parametrize(
    "text",
    [
        "9. Name a river.\n10. Name a lake.",
        "Here are some tasks:\n\n9. Name a river.\n10. Name a lake.\n",
        "9) Name a river.\n10) Name a lake.",
        "**9.** Name a river.\n10. **Name a lake.**".replace("**9.**", "9."),
        "9、Name a river.\n10．Name a lake.",
    ],
)
def test_a_chat_reply_loses_its_numbers_and_its_greeting(text: str) -> None:
    assert parsing.instructions(text, Endpoint.CHAT) == ["Name a river.", "Name a lake."]


@pytest.mark.parametrize(
    "text",
    [
        "Example 1\nInput: river\nOutput: Danube\n\nExample 2\nInput: lake\nOutput: Como",
        "Sure, here they are.\n\nExample 1:\nInput: river\nOutput: Danube\n\nExample 2:\nInput: lake\nOutput: Como",
        "**Example 1: Rivers**\n**Input:** river\n**Output:** Danube\n### Example 2\n**Input**: lake\n**Output**: Como",
        "Example 1\nInput：river\nOutput：Danube\n\nExample 2\nInput：lake\nOutput：Como",
    ],
)
def test_a_chat_reply_is_read_in_the_layouts_that_chat_models_write(text: str) -> None:
    assert parsing.instances(text, False, Endpoint.CHAT) == [("river", "Danube"), ("lake", "Como")]
    labels = text.replace("Input", "Class label").replace("Output", "Class label")
    assert len(parsing.instances(labels, True, Endpoint.CHAT)) == 4


def test_a_chat_reply_may_speak_of_an_example_without_being_cut_there() -> None:
    text = "Example 1\nOutput: Compare two things. For Example, a river and a lake.\n"
    assert parsing.instances(text, False, Endpoint.CHAT) == [
        ("", "Compare two things. For Example, a river and a lake.")
    ]


def test_the_first_letter_becomes_a_capital_and_the_others_stay() -> None:
    assert parsing.instructions("explain what SQL and McDonald are") == ["Explain what SQL and McDonald are"]


def test_evidence_tells_a_reader_what_was_found() -> None:
    dropped = filters.unfit_instruction("Draw me a nice house", PAPER)
    assert dropped is not None
    assert (dropped.rule, dropped.evidence) == (rules.UNFIT_WORD, {"word": "draw"})
    torn = filters.judge_instances([("x", "1"), ("x", "2"), ("y", "3")], False, PAPER)
    assert [one.discard.evidence["outputs"] for one in torn if one.discard] == [["1", "2"]] * 3


def test_a_limit_of_words_means_words_in_a_chinese_pool_too(database: Database) -> None:
    pool = pools.make(database, "p", [Seed("", "写一首关于秋天的诗歌", (("", "好"),), False)])
    count = word_counter(pool)
    sentence = "请把下面这段话翻译成英文并说明每个成语的意思"
    assert count(sentence) == 16 and len(sentence) > 20
    long = sentence * 8  # 176 characters and more, fewer than 150 words
    assert len(long) > 150 > count(long)
    assert filters.unfit_instruction(long, CHAT, count) is None
    dropped = filters.unfit_instruction(sentence * 12, CHAT, count)
    assert dropped is not None and dropped.rule == rules.TOO_LONG and dropped.evidence["words"] == 192
    assert count("Write a well-known poem, e.g. a sonnet.") == 7


@pytest.mark.parametrize("words", [("map", "go to"), ("\u212aiosk", "map"), ()])
@pytest.mark.parametrize(
    "text", ["Draw MAPS of a map.", "Open a kiosk.", "Go  to it", "Go to it", "mapping", "a M\u00e4p map"]
)
def test_an_unfit_word_is_what_the_pattern_finds(words: tuple[str, ...], text: str) -> None:
    found = filters._any_word(words).search(text)
    assert filters._unfit_word(text, words) == (found[0].lower() if found else None)
