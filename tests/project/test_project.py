"""Determinism on the demo: a project replayed over the stored replies comes out the same, or says where not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main


def said(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*map(str, words), "--json"]) == code
    return dict(json.loads(capsys.readouterr().out))


def test_the_demo_comes_out_the_same_again_and_a_changed_number_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    said(capsys, "run", "start", "demo", "--provider", "demo", "--batches", "3")
    said(capsys, "run", "start", "demo", "--provider", "demo", "--batches", "1", "--seed", "7")
    file = tmp_path / "demo.json"
    assert said(capsys, "project", "export", "demo", file)["runs"] == 2
    text = file.read_text("utf-8")
    assert "api_key" not in text and '"models": [\n        "demo"' in text
    whole = json.loads(text)
    found = said(capsys, "reproduce", file)
    assert (found["same"], found["differences"], found["left"]) == (True, [], [])
    assert found["replayed"] == [one["run"] for one in whole["runs"]]

    whole["runs"][0]["settings"]["settings"]["novelty_threshold"] = 0.3  # another setting: other tasks come out
    whole["funnel"]["approved"] = 5
    file.write_text(json.dumps(whole), "utf-8")
    found = said(capsys, "reproduce", file, code=1)
    where = [one["where"] for one in found["differences"]]
    assert "funnel.approved" in where
    assert any(name.startswith("replay of run 1: candidates") for name in where)


def test_what_people_and_files_changed_between_runs_is_as_it_was_when_a_run_is_done_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"instruction": "Say what a lighthouse is for.", "output": "It warns ships."}) + "\n")
    first = said(capsys, "run", "start", "p", "--provider", "demo", "--batches", "1")
    task = next(one for one in said(capsys, "task", "list", "p", "--origin", "self-instruct")["tasks"])
    instance = said(capsys, "task", "show", task["id"])["instances"][0]["id"]
    said(capsys, "item", "edit", instance, "--instruction", "Count from one to seven in Latin.", "--reviewer", "Ada")
    second = said(capsys, "task", "list", "p", "--origin", "self-instruct")["tasks"][1]["id"]
    said(capsys, "item", "reject", "p", "--reason", "dull", "--task", second, "--confirm", _fits(capsys, second))
    said(capsys, "pool", "import", "p", rows)
    said(capsys, "seeds", "off", "p", 3)
    run = said(capsys, "run", "start", "p", "--provider", "demo", "--batches", "1", "--seed", "5")
    said(capsys, "seeds", "on", "p", 3)
    said(capsys, "seeds", "off", "p", 5, 9, 11)
    said(capsys, "seeds", "add", "p", "--instruction", "Name the colour of a ripe lemon.", "--output", "Yellow")
    file = tmp_path / "p.json"
    said(capsys, "project", "export", "p", file)
    found = said(capsys, "reproduce", file)
    assert (found["differences"], found["left"]) == ([], [])
    assert found["replayed"] == [first["run"], run["run"]] and found["same"]


def _fits(capsys: pytest.CaptureFixture[str], task: int) -> int:
    return int(said(capsys, "item", "reject", "p", "--reason", "dull", "--task", task)["fits"])


def test_what_is_no_project_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"format": "another"}')
    assert "winnow project export" in said(capsys, "reproduce", tmp_path / "x.json", code=1)["error"]
