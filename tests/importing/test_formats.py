"""Every file that people have now: what each row becomes, and that nothing of it is lost."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from core.importing.examples import RowReader, Unreadable
from core.importing.roles import Role, mapping
from core.records import Beside, Refused
from tests.importing.files import ASK, BEFORE, EARLIER, REPLY, RIVER


def read(row: dict[str, Any], **chosen: Role) -> tuple[str, str, str | None, Beside]:
    """(instruction, input, output, beside) of a row with one example of one instance."""
    (one,) = RowReader(chosen).read(row)
    assert len(one.instances) == 1, one
    shown = one.instances[0]
    return one.instruction, shown.input, shown.output, shown.beside or Beside()


def turns(who: str, what: str, asks: str, answers: str) -> list[dict[str, str]]:
    return [
        *({who: name, what: turn["content"]} for name, turn in zip((asks, answers), BEFORE, strict=True)),
        {who: asks, what: RIVER},
        {who: answers, what: "Danube"},
    ]


PLAIN = [
    ({"instruction": RIVER, "input": "", "output": "Danube"}, {}),
    ({"instruction": RIVER, "context": "", "response": "Danube", "category": "open_qa"}, {"category": "open_qa"}),
    ({"prompt": RIVER, "completion": " Danube"}, {}),
    ({"question": RIVER, "answer": "Danube", "id": 7}, {"id": 7}),
    ({"query": RIVER, "response": "Danube"}, {}),
    ({"inputs": RIVER, "targets": "Danube", "task_name": "rivers"}, {"task_name": "rivers"}),
    ({"input": RIVER, "output": "Danube"}, {}),
    ({"Prompt": RIVER, "Generation": "Danube", "model-name": "m"}, {"model-name": "m"}),
    ({"problem": RIVER, "solution": "Danube"}, {}),
    ({"text": RIVER, "response": "Danube"}, {}),
    ({"user": RIVER, "assistant": "Danube"}, {}),
    ({"instruction": RIVER, "output": "Danube", "text": "the whole prompt"}, {"text": "the whole prompt"}),
    ({"instruction": RIVER, "generation": "Danube", "generations": ["a"]}, {"generations": ["a"]}),
    (
        {"question": RIVER, "answers": {"text": ["Danube"], "start": [4]}},
        {"answers": {"text": ["Danube"], "start": [4]}},
    ),
    ({"instruction": RIVER, "output": ["Danube", "Po"]}, {"output": ["Danube", "Po"]}),
    ({"instruction": RIVER, "output": ["Danube"]}, {}),
    ({"instruction": RIVER, "response": "Danube", "at": date(2026, 1, 2)}, {"at": "2026-01-02"}),
]


@pytest.mark.parametrize(("row", "extra"), PLAIN, ids=[",".join(row) for row, _ in PLAIN])
def test_a_row_is_understood_by_roles_and_the_rest_stays_beside(row: dict[str, Any], extra: dict[str, Any]) -> None:
    assert read(row) == (RIVER, "", "Danube", Beside(extra=extra))


TALKS = [
    {"messages": [*BEFORE, ASK, REPLY]},
    {"conversations": turns("from", "value", "human", "gpt")},
    {"conversations": turns("from", "value", "user", "chatgpt")},
    {"conversation": turns("speaker", "text", "Human", "Bot")},
    {"messages": turns("author", "content", "prompter", "model")},
    {"messages": [*BEFORE, {"role": "user", "content": [{"type": "text", "text": RIVER}]}, REPLY]},
    {"conversation": [{"human": "Hello", "assistant": "Hello, what is it?"}, {"human": RIVER, "assistant": "Danube"}]},
    {"turns": ["Hello", "Hello, what is it?", RIVER, "Danube"]},
    {"instruction": RIVER, "output": "Danube", "history": [["Hello", "Hello, what is it?"]]},
    {"prompt": [*BEFORE, ASK], "completion": [REPLY]},
    {"prompt": RIVER, "chosen": [*BEFORE, ASK, REPLY]},
    {"instruction": RIVER, "response": "Danube", "conversations": turns("from", "value", "human", "gpt")},
    {"conversations": {"from": ["human", "gpt", "human", "gpt"], "value": ["Hello", EARLIER[1].text, RIVER, "Danube"]}},
    {"messages": json.dumps([*BEFORE, ASK, REPLY])},
    {"chosen": "\n\nHuman: Hello\n\nAssistant: Hello, what is it?\n\nHuman: " + RIVER + "\n\nAssistant: Danube"},
]


@pytest.mark.parametrize("row", TALKS, ids=range(len(TALKS)))
def test_a_conversation_is_its_last_question_and_answer_with_the_earlier_turns_beside(row: dict[str, Any]) -> None:
    assert read(row) == (RIVER, "", "Danube", Beside(turns=EARLIER))


SAID = [{"from": "human", "value": RIVER}, {"from": "gpt", "value": "Danube"}]


PARTS = [{"role": "user", "parts": [{"text": RIVER}]}, {"role": "model", "parts": [{"text": "Danube"}]}]


@pytest.mark.parametrize(
    ("row", "system"),
    [
        ({"id": "x", "items": SAID}, ""),
        ({"systemInstruction": {"role": "system", "parts": [{"text": "Be brief."}]}, "contents": PARTS}, "Be brief."),
        ({"system": [{"text": "Be brief."}], "messages": [ASK, REPLY]}, "Be brief."),
    ],
    ids=["older ShareGPT", "Gemini", "Bedrock"],
)
def test_turns_are_known_for_what_they_are_whatever_their_column_is_called(row: dict[str, Any], system: str) -> None:
    instruction, _, output, its = read(row)
    assert (instruction, output, its.system) == (RIVER, "Danube", system)


def test_ranked_answers_are_the_best_one_and_the_rejected_and_a_number_of_turns_is_no_conversation() -> None:
    answers = [{"answer": "Ebro", "model": "b", "rank": 2.0}, {"answer": "Danube", "model": "a", "rank": 1.0}]
    row = {"prompt": f"\n\nHuman: {RIVER}\n\nAssistant: ", "answers": answers, "turns": 1}
    instruction, _, output, its = read(row)
    assert (instruction, output, its.rejected, its.extra["turns"]) == (RIVER, "Danube", ("Ebro",), 1)
    assert its.extra["answers about"] == [{"model": "a", "rank": 1.0}, {"model": "b", "rank": 2.0}]


def test_an_answer_that_is_itself_a_list_in_json_stays_an_answer() -> None:
    answer = json.dumps([{"role": "user", "content": "x"}, {"name": "y"}])
    assert read({"instruction": RIVER, "output": answer}) == (RIVER, "", answer, Beside())


def test_a_system_prompt_and_thoughts_are_no_part_of_instruction_and_output() -> None:
    wanted = (RIVER, "", "Danube", Beside("Be brief.", thoughts="Long ones."))
    system = {"role": "system", "content": "Be brief."}
    for row in (
        {"system": "Be brief.", "instruction": RIVER, "output": "<think>Long ones.</think>\n\nDanube"},
        {"system_prompt": "Be brief.", "instruction": RIVER, "generation": "Long ones.\n</think>\nDanube"},
        {"messages": [system, ASK, {**REPLY, "reasoning_content": "Long ones."}]},
        {
            "system": "Be brief.",
            "conversations": [{"from": "human", "value": RIVER}, {"from": "gpt", "value": "Danube"}],
        }
        | {"thinking": "Long ones."},
        {"system": "Be brief.", "prompt": RIVER, "reasoning": "Long ones.", "response": "Danube"},
    ):
        assert read(row) == wanted, row


def test_what_a_turn_has_beside_its_text_is_kept_with_the_row() -> None:
    row = {"messages": [ASK, {**REPLY, "weight": 0}]}
    assert read(row)[3].extra == {"messages": row["messages"]}
    assert read({"messages": [{**ASK, "weight": None}, REPLY]})[3] == Beside()


def test_the_better_answer_is_the_output_and_the_worse_ones_are_kept_for_pairs() -> None:
    worse = {"role": "assistant", "content": "The sea"}
    wanted = (RIVER, "", "Danube", ("The sea",))
    for row in (
        {"prompt": RIVER, "chosen": "Danube", "rejected": "The sea"},
        {"question": RIVER, "chosen": "Danube", "rejected": "The sea", "system": ""},
        {"prompt": RIVER, "chosen": [ASK, REPLY], "rejected": [ASK, worse], "score_chosen": 8.0},
        {"prompt": [ASK], "chosen": [REPLY], "rejected": [worse]},
        {"chosen": f"\n\nHuman: {RIVER}\n\nAssistant: Danube", "rejected": f"\n\nHuman: {RIVER}\n\nAssistant: The sea"},
        {"input": {"messages": [ASK]}, "preferred_output": [REPLY], "non_preferred_output": [worse]},
        {"conversations": [{"from": "human", "value": RIVER}], "chosen": {"from": "gpt", "value": "Danube"}}
        | {"rejected": {"from": "gpt", "value": "The sea"}},
        {"instruction": RIVER, "generations": ["The sea", "Danube"], "ratings": [2, 5], "model": "m"},
        {
            "instruction": RIVER,
            "completions": [
                {"model": "a", "response": "The sea", "overall_score": 3.5},
                {"model": "b", "response": "Danube", "overall_score": 8.0},
            ],
        },
    ):
        instruction, given, output, its = read(row)
        assert (instruction, given, output, its.rejected) == wanted, row
    assert its.extra["completions about"][1] == {"model": "b", "overall_score": 8.0}
    equal = {"instruction": RIVER, "generations": ["Danube", "Po"], "ratings": [4, 4]}
    assert read(equal) == (RIVER, "", "Danube", Beside(extra={"generations": ["Danube", "Po"], "ratings": [4, 4]}))


def oasst(text: str, *replies: dict[str, Any], rank: int | None = None) -> dict[str, Any]:
    return {
        "text": text,
        "role": "x",
        "replies": list(replies),
        "message_id": text[:3],
        **({"rank": rank} if rank is not None else {}),
    }


def test_a_tree_of_messages_becomes_every_question_with_its_best_answer() -> None:
    further = oasst(RIVER, oasst("Danube", rank=0), oasst("The sea", rank=1))
    tree = {
        "message_tree_id": "t",
        "prompt": oasst("Hello", oasst("Go away", rank=1), oasst(EARLIER[1].text, further, rank=0)),
    }
    reader = RowReader()
    first, second = reader.read(tree)
    assert (first.instruction, first.instances[0].output) == ("Hello", EARLIER[1].text)
    assert first.instances[0].beside and first.instances[0].beside.rejected == ("Go away",)
    its = second.instances[0].beside
    assert (second.instruction, second.instances[0].output) == (RIVER, "Danube")
    assert its and (its.turns, its.rejected, its.extra["message_tree_id"]) == (EARLIER, ("The sea",), "t")
    assert (reader.format, reader.fields["prompt"]) == ("oasst", Role.CONVERSATION)
    assert [len(RowReader().read({"message_tree_id": "t", "prompt": oasst("Hello")})[0].instances)] == [0]


def test_records_of_annotation_tools_are_their_fields_and_what_people_said_of_them() -> None:
    argilla = {
        "fields": {"instruction": RIVER, "response": "Danube"},
        "metadata": {"source": "web"},
        "responses": [{"status": "discarded", "user_id": "u", "values": {}}],
        "status": "completed",
    }
    second = {**argilla, "responses": {"quality": [{"value": 4, "user_id": "u"}]}, "status": "completed"}
    corrected = {
        "fields": {"prompt": RIVER},
        "responses": [{"status": "submitted", "values": {"completion": {"value": "Danube"}}}],
    }
    studio = {
        "id": 3,
        "data": {"prompt": RIVER, "response": "The sea"},
        "annotations": [
            {"result": [{"type": "textarea", "from_name": "answer", "value": {"text": ["Danube"]}}]},
            {"was_cancelled": True, "result": []},
        ],
    }
    prodigy = {"text": RIVER, "response": "Danube", "answer": "reject", "_input_hash": 1, "_task_hash": 2}
    choice = {
        "text": RIVER,
        "options": [{"id": 1, "text": "The sea"}, {"id": 2, "text": "Danube"}],
        "accept": [2],
        "answer": "accept",
        "_task_hash": 2,
    }
    kiln = {
        "v": 1,
        "input": RIVER,
        "output": {"output": "The sea", "rating": {"type": "five_star", "value": 2.0}},
        "repaired_output": {"output": "Danube"},
        "intermediate_outputs": {"chain_of_thought": "Long ones."},
    }
    said = []
    for row in (argilla, second, corrected, studio, prodigy, choice, kiln):
        (one,) = RowReader().read(row)
        shown = one.instances[0]
        assert (one.instruction, shown.input, shown.output) == (RIVER, "", "Danube"), row
        said.append(shown.said.counts_as_valid if shown.said else None)
    assert said == [False, None, None, None, False, True, None]
    assert read(studio)[3].rejected == read(choice)[3].rejected == read(kiln)[3].rejected == ("The sea",)
    assert read(kiln)[3].thoughts == "Long ones."
    assert read(argilla)[3].extra["metadata"] == {"source": "web"}
    assert read(prodigy)[3].extra == {"_input_hash": 1, "_task_hash": 2}


@pytest.mark.parametrize(
    ("label", "said"),
    [(True, True), (False, False), ("reject", False), ("True", True), (0, None), ("sports", None), ("negative", None)],
)
def test_a_label_is_a_judgement_only_where_it_says_one(label: Any, said: bool | None) -> None:
    (one,) = RowReader().read({"prompt": RIVER, "completion": "Danube", "label": label})
    shown = one.instances[0]
    assert (shown.said.counts_as_valid if shown.said else None) == said
    assert (shown.beside.extra if shown.beside else {}) == ({} if said is not None else {"label": label})
    (mapped,) = RowReader({"label": Role.LABEL}).read({"prompt": RIVER, "completion": "Danube", "label": 0})
    assert mapped.is_negative


def test_the_files_of_self_instruct_are_read_at_every_stage() -> None:
    raw = {"instruction": RIVER, "raw_instances": "Input: short\nOutput: Po", "instance_metadata": {"n": 1}}
    assert read(raw) == (RIVER, "short", "Po", Beside(extra={"instance_metadata": {"n": 1}}))
    labelled = {"instruction": RIVER, "raw_instances": "Class label: wet\nthe Po"}
    assert read(labelled)[1:3] == ("the Po", "wet")
    end = "<|endoftext|>"
    for prompt, given in (
        (f"Task: {RIVER}\n\nInput: short\n\nOutput:", "short"),
        (f"{RIVER}\nInput: short\nOutput:", "short"),
        (f"{RIVER}\n\nOutput:", ""),
        (f"{RIVER} Output:", ""),
    ):
        assert read({"prompt": prompt, "completion": f" Po{end}"}) == (RIVER, given, "Po", Beside())


BAD: list[tuple[Any, str]] = [
    ({"messages": [ASK, {"role": "assistant", "content": [{"type": "image_url", "image_url": "x"}]}]}, "no text"),
    ({"messages": [ASK, {"role": "tool", "content": "x"}, REPLY]}, "a tool was called"),
    ({"messages": [{**ASK, "role": "wizard"}]}, "unknown role"),
    ({"instruction": 5, "output": "x"}, "not text"),
    ({"score": 5}, "its fields are: score"),
    ({"message_tree_id": "t", "prompt": {"text": ""}}, "no text"),
    ({}, "its fields are: none"),
]


@pytest.mark.parametrize(("row", "reason"), BAD, ids=range(len(BAD)))
def test_a_row_that_cannot_be_held_says_why(row: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        RowReader().read(row)


@pytest.mark.parametrize(
    "row",
    [{"instruction": RIVER}, {"instruction": RIVER, "output": None}, {"messages": [ASK]}, {"prompt": RIVER, "x": 1}],
)
def test_a_row_without_an_answer_is_known_for_one(row: dict[str, Any]) -> None:
    (one,) = RowReader().read(row)
    assert one.instruction == RIVER and not one.is_answered


def test_a_mapping_says_what_columns_become_and_is_refused_where_it_cannot() -> None:
    row = {"title": RIVER, "body": "Danube", "prompt": "not this", "output": "nor this"}
    chosen = mapping("instruction=title, output=body,beside=prompt")
    assert read(row, **chosen) == (RIVER, "", "Danube", Beside(extra={"prompt": "not this", "output": "nor this"}))
    for said, reason in (("output", "ROLE=COLUMN"), ("colour=x", "no role"), ("output=a,output=b", "Two columns")):
        with pytest.raises(Refused, match=reason):
            mapping(said)
