"""The preset `paper_prompts`, against an independent restatement of how the released program puts its prompts together.

The files here have the released files' shape and words of our own: the real ones are not ours to ship.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from core.__main__ import main
from core.database import Database
from core.records import Refused, RunState
from core.selfinstruct import prompts
from core.selfinstruct.prompts import Shots
from core.selfinstruct.released import FILES, read, read_folder
from core.selfinstruct.settings import PAPER_PROMPTS, PRESETS, SelfInstructSettings, from_mapping
from tests.fake_openai import FakeOpenAI
from tests.selfinstruct.growing import grow

QUESTION = (
    "Some tasks { } and whether they sort.\n\n"
    "Task: Say it.\nDoes it sort? No\n\nTask: Sort.\nDoes it sort? Yes\n\nTask:"
)
INPUT = "Work on these.\n\nTask: Say it.\nOutput: It.\n\nTask:"
LABELS = "Label these.\n\nTask: Sort.\nClass label: up\nCloud\n\nTask:"
SORTING, ANY = "Name some sorting tasks:\n", "Name some tasks:\n"
CODE = f"""
def encode_prompt(prompt_instructions, classification=False):
    \"\"\"Encode.\"\"\"
    if classification:
        prompt = {SORTING!r}
    else:
        prompt = {ANY!r}
    return prompt

raise SystemExit("nothing of this is run")
"""


def files() -> dict[str, str]:
    return {
        "clf_task_template.py": f"template_1 = {QUESTION!r}\n",
        "instance_gen_template.py": (
            f"output_first_template_for_clf = {LABELS!r}\n\ninput_first_template_for_gen = {INPUT!r}\n"
        ),
        "bootstrap_instructions.py": CODE,
    }


def with_files() -> SelfInstructSettings:
    return from_mapping({"preset": "paper_prompts", **read(files())})


def test_the_prompts_are_those_that_the_released_program_sends() -> None:
    settings = with_files()
    shots = Shots(settings, [])
    shown = ["Sort  the\nlist:", "Say it."]
    assert prompts.instructions_prompt(settings, shown) == ANY + "1. Sort the list\n2. Say it.\n3."
    labelled = replace(settings, classification_only=True)
    assert prompts.instructions_prompt(labelled, shown) == SORTING + "1. Sort the list\n2. Say it.\n3."
    asked = "Put {it} in order."
    assert prompts.classification_prompt(settings, shots, asked) == f"{QUESTION} {asked}\nDoes it sort?"
    assert prompts.instances_prompt(settings, shots, asked, False) == f"{INPUT} {asked}\n"
    assert prompts.instances_prompt(settings, shots, asked, True) == f"{LABELS} {asked}\n"


def test_all_else_is_the_preset_paper() -> None:
    ours = PRESETS["paper"].as_mapping()
    changed = {name for name, value in with_files().as_mapping().items() if value != ours[name]}
    assert changed == {"preset", "classification_shots", "other_shots", "instance_shots", *read(files())}


def test_a_folder_is_searched_and_a_missing_file_named(tmp_path: Path) -> None:
    for n, (name, content) in enumerate(files().items()):
        (tmp_path / str(n)).mkdir()
        (tmp_path / str(n) / name).write_text(content, encoding="utf-8")
    assert read_folder(tmp_path) == read(files())
    (tmp_path / "0" / "clf_task_template.py").unlink()
    with pytest.raises(Refused, match=r"no clf_task_template\.py"):
        read_folder(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("clf_task_template.py", "template_2 = 'x'", "has no text template_1"),
        ("clf_task_template.py", "template_1 = 'x'", "one and the same question"),
        ("instance_gen_template.py", "x = (", "not a Python file"),
        ("bootstrap_instructions.py", "def encode_prompt(): return ''", "two opening lines"),
    ],
)
def test_another_file_is_refused_in_a_sentence(name: str, content: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        read({**files(), name: content})


def test_without_files_nothing_is_asked(database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Refused, match="name their folder"):
        from_mapping({"preset": "paper_prompts"})
    needs = re.escape("needs " + ", ".join(FILES))
    with pytest.raises(Refused, match=needs):
        read({})
    base = ["generate", "p", "--provider", "demo", "--preset"]
    assert main([*base, "paper_prompts"]) == 1
    assert "name their folder (--templates)" in capsys.readouterr().err
    assert main([*base, "paper", "--templates", str(tmp_path)]) == 1
    assert main([*base, "paper_prompts", "--templates", str(tmp_path)]) == 1
    assert "no clf_task_template.py" in capsys.readouterr().err


def test_a_pool_grows_with_them_and_a_run_comes_back_from_the_database(database: Database) -> None:
    settings = with_files()
    assert from_mapping(settings.as_mapping()) == settings != PAPER_PROMPTS
    with FakeOpenAI() as server:
        run = grow(database, server.url, batches=1, settings=replace(settings, prompts_per_batch=2))
        sent = [one.prompt for one in server.requests]
    assert run.state is RunState.DONE
    assert sum(prompt.startswith(ANY) for prompt in sent) == 2
    assert {prompt.split("\n")[0] for prompt in sent} == {
        *(ANY.strip(), "Some tasks { } and whether they sort.", "Work on these.", "Label these.")
    }
