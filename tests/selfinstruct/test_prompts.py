"""Prompts are built from a pool's own tasks, hold any text whole, and are drawn the same way everywhere."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.knobs import settings_of
from core.llm.target import Target
from core.records import Endpoint, Instance, Origin, Refused, State, Task
from core.seeds.seeds import built_in
from core.selfinstruct import prompts
from core.selfinstruct.prompts import Shots
from core.selfinstruct.settings import CHAT, PRESETS, Sampling, SelfInstructSettings, from_mapping
from core.selfinstruct.templates import fill

PAPER = SelfInstructSettings()
TRICKY = st.text(st.sampled_from("{}%$\\examplesnextinstruction \n\"'"), max_size=40)


def seed(number: int, labelled: bool, text: str = "", output: str = "Out.") -> Task:
    shown = Instance(number, number, 0, "", output, State.ACCEPTED, "")
    text = text or f"{'Label' if labelled else 'Describe'} thing {number}:"
    return Task(number, 1, Origin.SEED, State.ACCEPTED, text, labelled, instances=(shown,))


SEEDS = [seed(n, n < 25) for n in range(175)]


@given(TRICKY, TRICKY)
def test_braces_in_a_task_are_text_and_nothing_else(examples: str, instruction: str) -> None:
    filled = fill("A {examples} B {instruction} C {other}", examples=examples, instruction=instruction)
    assert filled == f"A {examples} B {instruction} C {{other}}"


@given(st.permutations(["examples", "instruction", "next", "last"]))
def test_the_order_of_filling_in_changes_nothing(names: list[str]) -> None:
    values = {name: "{" + names[n - 1] + "}" for n, name in enumerate(names)}
    assert fill("{next}{examples}{last}", **values) == values["next"] + values["examples"] + values["last"]


@given(st.text(max_size=30), st.sampled_from([PAPER, CHAT]))
def test_a_prompt_holds_the_instruction_it_asks_about_whole(text: str, settings: SelfInstructSettings) -> None:
    shots = Shots(settings, [*SEEDS, seed(900, True, "{instruction} {examples}"), seed(901, False, "{next}")])
    for labelled in (True, False):
        assert f"Task: {text}" in prompts.instances_prompt(settings, shots, text, labelled)
    assert f"Task: {text}" in prompts.classification_prompt(settings, shots, text)


def test_a_prompt_of_step_1_shows_eight_numbered_instructions_and_ends_at_the_ninth() -> None:
    texts = [f"Do  this\nand that {n}:" for n in range(8)]
    lines = prompts.instructions_prompt(PAPER, texts).splitlines()
    assert lines[-1] == "9."
    assert lines[-9:-1] == [f"{n}. Do this and that {n - 1}" for n in range(1, 9)]


@given(st.integers(0, 3), st.integers(0, 400))
def test_six_seeds_and_two_machine_made_tasks_are_shown_and_seeds_fill_up(machine: int, batch: int) -> None:
    ids = [seed.id for seed in SEEDS]
    made = list(range(1000, 1000 + machine))
    drawn = prompts.draw(PAPER, batch, ids, made)
    assert len(drawn) == PAPER.prompts_per_batch
    for shown in drawn:
        assert len(shown) == len(set(shown)) == 8
        assert sum(one >= 1000 for one in shown) == min(2, machine)
    assert drawn == prompts.draw(PAPER, batch, ids, made)


def test_another_seed_or_batch_draws_other_examples() -> None:
    ids = [seed.id for seed in SEEDS]
    draws = [prompts.draw(replace(PAPER, seed=chance), batch, ids, []) for chance in (1, 2) for batch in (0, 1)]
    assert len({str(draw) for draw in draws}) == 4


def test_the_machine_made_tasks_are_not_always_in_the_same_places() -> None:
    places = {
        tuple(n for n, one in enumerate(shown) if one >= 1000)
        for batch in range(20)
        for shown in prompts.draw(PAPER, batch, list(range(50)), [1000, 1001, 1002])
    }
    assert len(places) > 10


def test_a_small_pool_of_seeds_is_shown_whole() -> None:
    assert [sorted(shown) for shown in prompts.draw(PAPER, 0, [1, 2, 3], [])] == [[1, 2, 3]] * 5


def test_the_question_of_step_2_shows_12_classification_and_19_other_seeds_with_their_answers() -> None:
    shots = Shots(PAPER, SEEDS)
    assert len(re.findall(r"Task: Label thing \d+\n.* Yes", shots.question)) == 12
    assert len(re.findall(r"Task: Describe thing \d+\n.* No", shots.question)) == 19
    assert Shots(PAPER, SEEDS).question == shots.question


def test_each_kind_is_shown_examples_of_its_own_kind() -> None:
    shots = Shots(PAPER, SEEDS)
    assert "Label thing" not in shots.input_first and "Describe thing" in shots.input_first
    assert "Describe thing" not in shots.output_first and "Class label: Out." in shots.output_first


def built_in_tasks() -> list[Task]:
    return [
        Task(
            *(n, 1, Origin.SEED, State.ACCEPTED, one.instruction, one.is_classification),
            instances=tuple(Instance(k, n, k, *pair, State.ACCEPTED, "") for k, pair in enumerate(one.instances)),
        )
        for n, one in enumerate(built_in())
    ]


@pytest.mark.parametrize("chance", [1, 2, 42])
def test_the_output_first_prompt_shows_every_label_of_the_tasks_that_it_shows(chance: int) -> None:
    seeds = built_in_tasks()
    shots = Shots(replace(PAPER, seed=chance), seeds)
    shown = [block.split("\n", 1) for block in shots.output_first.split("Task: ")[1:]]
    assert len(shown) == PAPER.instance_shots
    by_instruction = {" ".join(one.instruction.split()).rstrip(":"): one for one in seeds}
    for instruction, blocks in shown:
        labels = re.findall(r"^Class label: (.*)$", blocks, re.MULTILINE)
        assert labels == [i.output for i in by_instruction[instruction].instances] and len(labels) > 1
    assert len(prompts.instances_prompt(PAPER, shots, "Say it.", True)) // 4 + 300 < 2048, "room for the reply"


@pytest.mark.parametrize("chance", [1, 2, 42])
def test_the_input_first_prompt_shows_second_examples(chance: int) -> None:
    shots = Shots(replace(PAPER, seed=chance), built_in_tasks())
    assert shots.input_first.count("Example 2\n") >= 3
    assert shots.input_first.count("Task: ") == PAPER.instance_shots
    assert len(prompts.instances_prompt(PAPER, shots, "Say it.", False)) // 4 + 350 < 2048


def test_a_pool_whose_seeds_show_one_label_each_is_told_so() -> None:
    assert "One label a task" in Shots(PAPER, SEEDS).labels_in_words
    told = Shots(PAPER, built_in_tasks()).labels_in_words
    assert re.fullmatch(r"The output-first prompt shows \d\d labels of 10 tasks\.", told)


def test_a_seed_with_many_instances_of_one_label_shows_one_of_each() -> None:
    shown = tuple(Instance(k, 1, k, f"in {k}", "yes" if k < 9 else "no", State.ACCEPTED, "") for k in range(12))
    seeds = [Task(1, 1, Origin.SEED, State.ACCEPTED, "Is it?", True, instances=shown)]
    assert re.findall("Class label: (.*)\n(.*)", Shots(PAPER, seeds).output_first) == [("yes", "in 0"), ("no", "in 9")]


def test_a_pool_without_classification_seeds_is_not_asked_about_them() -> None:
    shots = Shots(PAPER, [one for one in SEEDS if not one.is_classification])
    assert not shots.can_ask


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("instructions", (0.7, 0.5, None, 2, 1024, ["\n\n", "\n16", "16.", "16 ."])),
        ("classification", (0, None, None, None, 3, ["\n", "Task"])),
        ("instances", (0, None, None, 1.5, 350, ["Example 6", "Task:"])),
        ("instances_of_classification", (0, None, None, 1.5, 300, ["Example 6", "Task:"])),
    ],
)
def test_a_base_model_is_asked_with_the_papers_parameters_save_those_that_change_nothing(
    step: str, expected: tuple[Any, ...]
) -> None:
    body = prompts.request(PAPER, target("completions"), step, "k", "the prompt", getattr(PAPER, step)).body
    names = ("temperature", "top_p", "frequency_penalty", "presence_penalty", "max_tokens", "stop")
    assert tuple(body.get(name) for name in names) == expected
    assert (body["prompt"], body["model"], "messages" in body) == ("the prompt", "m", False)


def target(endpoint: str, **more: Any) -> Target:
    return Target("custom", "http://gpu:8000/v1", "m", Endpoint(endpoint), **more)


def test_a_chat_model_is_asked_in_messages_without_what_chat_servers_refuse() -> None:
    body = prompts.request(CHAT, target("chat"), "instances", "k", "the prompt", Sampling(0.0, 0.0)).body
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["messages"][1]["content"] == "the prompt"
    assert "top_p" not in body and "stop" not in body and "prompt" not in body


def test_a_model_on_responses_gets_the_chat_prompts_there_and_nothing_is_kept() -> None:
    request = prompts.request(CHAT, target("responses"), "instances", "k", "the prompt", Sampling(None, None))
    assert request.endpoint is Endpoint.RESPONSES and request.prompt.endswith("the prompt")
    assert request.body["input"][1]["content"] == "the prompt"
    assert (request.body["max_output_tokens"], request.body["store"]) == (1024, False)
    assert from_mapping({"preset": "chat", "endpoint": "responses"}) == CHAT


def test_every_parameter_may_be_absent_and_the_connections_own_fields_go_along() -> None:
    settings = from_mapping({"instructions": dict.fromkeys(Sampling.__slots__)})
    chosen = target("completions", extra_body={"reasoning_effort": "none"})
    body = prompts.request(settings, chosen, "instructions", "k", "the prompt", settings.instructions).body
    assert body == {"model": "m", "prompt": "the prompt", "reasoning_effort": "none"}
    assert from_mapping(settings.as_mapping()) == settings


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS.keys())
def test_a_runs_settings_come_back_from_the_database_as_they_were(preset: SelfInstructSettings) -> None:
    changed = replace(preset, seed=7, unfit_words=("sing",), instances=Sampling(0.1, stop=("END",)))
    assert from_mapping(preset.as_mapping()) == preset
    assert from_mapping(changed.as_mapping()) == changed


@pytest.mark.parametrize(
    "wrong",
    [
        {"novelty_threshold": "high"},
        {"novelty_threshold": float("nan")},
        {"novelty_threshold": True},
        {"instructions": 5},
        {"instructions": {"heat": 1}},
        {"instructions": {"temperature": "hot"}},
        {"instructions": {"temperature": -1}},
        {"instructions": {"top_p": float("nan")}},
        {"instructions": {"presence_penalty": 10**30}},
        {"instructions": {"max_tokens": 0}},
        {"instructions": {"stop": "16."}},
        {"instructions": {"stop": [""]}},
        {"unfit_words": "image"},
        {"patience": 0},
        {"seed": 1.5},
        {"endpoint": "telex"},
        {"preset": "novel"},
        {"prompts_per_batch": 0},
        {"instructions_template": "no place for the examples {next}"},
        {"colour": "blue"},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_in_one_line(wrong: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        from_mapping(wrong)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", [one.name for one in settings_of(type(PAPER)).values() if one.knob.places])
def test_every_template_names_what_it_needs(name: str) -> None:
    with pytest.raises(Refused, match=name):
        replace(PAPER, **{name: "nothing in here"})
    assert Endpoint.CHAT is CHAT.endpoint


def test_a_prompt_never_shows_one_task_twice() -> None:
    """As in the paper: examples are drawn without putting back; other prompts of a run may show them again."""
    settings = SelfInstructSettings(prompts_per_batch=40)
    drawn = [shown for batch in range(5) for shown in prompts.draw(settings, batch, range(1, 9), range(100, 103))]
    assert all(len(set(shown)) == len(shown) == 8 for shown in drawn)
    assert len({tuple(shown) for shown in drawn}) > 190, "and prompts differ from each other"
