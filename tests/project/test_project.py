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


def test_what_is_no_project_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"format": "another"}')
    assert "winnow project export" in said(capsys, "reproduce", tmp_path / "x.json", code=1)["error"]
