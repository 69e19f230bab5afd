"""What is not there, and what is empty: every verb says in one sentence what to do next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main


@pytest.fixture
def pool(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pool", "make", "demo"]) == 0
    capsys.readouterr()


def refused(capsys: pytest.CaptureFixture[str], words: str) -> str:
    assert main([*words.split(), "--json"]) == 1, words
    shown = capsys.readouterr()
    told = str(json.loads(shown.out)["error"])
    assert "fault of Winnow" not in told, words
    return told


NOTHING_YET = (
    *("run show 99", "run stop 99", "run pause 99", "run resume 99", "task show 5", "item show 5", "audit show 3"),
    *("audit next 3", "audit items 3 here.jsonl", "audit report 3 here", "rating give 77 --grade A", "evaluate next 3"),
    *("evaluate close 3", "evaluate grades x", "evaluate score x", "pool show demo", "history demo", "seeds list demo"),
    *("release list demo", "queue list demo", "corpus texts demo", "finetune cancel 3", "run request 9"),
)


@pytest.mark.parametrize("words", NOTHING_YET)
def test_in_a_fresh_folder_what_is_not_there_names_the_verb_that_makes_it(
    capsys: pytest.CaptureFixture[str], words: str
) -> None:
    assert "`winnow " in refused(capsys, words)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("pool show dmeo", "Did you mean demo?"),
        ("task show 5999", "the newest is 175, of demo. `winnow task list demo`"),
        ("seeds off demo 9999", "`winnow task list demo`"),
        ("item edit 9999 --output x", "`winnow item list demo`"),
        ("run list dmeo", "Did you mean demo?"),
        ("model list --provider opnai", "Did you mean openai?"),
        ("docs tutorial/demo", "Did you mean tutorials/demo"),
        ("queue close demo evrything", "Everything unrated"),
    ],
)
def test_a_slip_is_told_what_was_probably_meant(
    capsys: pytest.CaptureFixture[str], pool: None, words: str, says: str
) -> None:
    assert says in refused(capsys, words)


def test_a_file_that_is_not_there_names_the_one_beside_it(
    capsys: pytest.CaptureFixture[str], pool: None, tmp_path: Path
) -> None:
    (tmp_path / "rows.jsonl").write_text("{}")
    assert f"Did you mean {tmp_path / 'rows.jsonl'}?" in refused(capsys, f"pool import demo {tmp_path / 'row.jsonl'}")
    assert "check the path" in refused(capsys, f"reproduce {tmp_path / 'no' / 'x.json'}")


@pytest.mark.parametrize(
    "words",
    [
        *("discard list demo", "diversity near demo", "diversity table1 demo", "pool novelty demo", "run list demo"),
        *("release preview demo", "release list demo", "task list demo --origin import", "item list demo"),
        *("task search demo xyzzy", "corpus texts demo", "audit list demo", "history demo --kind rated", "batch list"),
        *("item reject demo --reason dull --task 9999", "corpus leave-out demo 4", "model price", "finetune status"),
    ],
)
def test_an_empty_list_says_why_and_what_would_fill_it(
    capsys: pytest.CaptureFixture[str], pool: None, words: str
) -> None:
    assert main(words.split()) == 0
    said: Any = capsys.readouterr().out
    assert "`winnow " in said or "leave " in said, said


def test_every_time_in_a_verbs_json_is_iso_8601_with_its_zone(
    capsys: pytest.CaptureFixture[str], pool: None, tmp_path: Path
) -> None:
    assert main(["run", "start", "demo", "--provider", "demo", "--prompts-per-batch", "1", "--quiet"]) == 0
    assert main(["audit", "new", "demo", "--size", "5"]) == 0
    assert main(["release", "make", "demo", str(tmp_path / "r"), "--all"]) == 0
    capsys.readouterr()
    seen = 0
    for words in (
        *(
            "pool list",
            "pool show demo",
            "run list demo",
            "run show 1",
            "run request 1",
            "task show 180",
            "queue list demo",
        ),
        *(
            "item show 260",
            "audit list demo",
            "audit show 1",
            "release list demo",
            "release show demo 1",
            "history demo",
        ),
        *("seeds list demo", "discard list demo", "finetune status", "batch list", "model price", "evaluate sets"),
    ):
        code = main([*words.split(), "--json"])
        told = json.loads(capsys.readouterr().out)
        assert code == 0, (words, told)
        for name, value in moments(told):
            seen += 1
            assert value is None or datetime.fromisoformat(value).tzinfo is not None, (words, name, value)
    assert seen > 20


def moments(told: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is a time by its name, or by what it is."""
    if isinstance(told, dict):
        for key, value in told.items():
            yield from moments(value, key)
    elif isinstance(told, list):
        for one in told:
            yield from moments(one, name)
    elif name == "at" or name.endswith("_at") or (isinstance(told, float) and 1e9 < told < 1e10):
        yield name, told
