"""`runs` and `run`: what is at work, and pause, stop, resume from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core import pools
from core.__main__ import main
from core.database import open_database
from core.llm.target import DEMO
from core.pools.funnel import Spent
from core.records import Usage
from core.runs import control
from core.runs.until import Until
from core.selfinstruct.loop import METHOD, SelfInstructPlan
from core.selfinstruct.settings import SelfInstructSettings
from tests import databases


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WINNOW_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("WINNOW_DATABASE_URL", databases.address(tmp_path))
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*words, "--json"]) == code
    return dict(json.loads(capsys.readouterr().out))


def test_a_run_is_seen_stopped_and_resumed_from_the_command_line(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = open_database(databases.address(data_dir))
    pool = pools.make(database, "p")
    plan = SelfInstructPlan(SelfInstructSettings(prompts_per_batch=1), DEMO, Until(batches=1)).as_mapping()
    run = control.start(database, pool.id, METHOD, plan)
    assert [one["run"] for one in said(capsys, "runs")["runs"]] == [run.id]
    refused = said(capsys, "generate", "p", "--provider", "demo", "--seed", "7", code=1)["error"]
    assert f"run stop {run.id}" in refused, "another one would spend beside it"
    assert said(capsys, "run", "stop", str(run.id))["state"] == "stopped"
    assert said(capsys, "runs")["runs"] == []
    done = said(capsys, "run", "resume", str(run.id))
    assert (done["state"], done["run"]) == ("done", run.id) and done["accepted"] > 0
    assert [one["state"] for one in said(capsys, "runs", "p")["runs"]] == ["done"]
    assert "is done" in said(capsys, "run", "resume", str(run.id), code=1)["error"]
    assert "no run 99" in said(capsys, "run", "pause", "99", code=1)["error"]


def test_every_setting_of_a_run_is_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("generate", "p", "--provider", "demo", "--prompts-per-batch", "1", "--max-instances", "1")
    assert said(capsys, *words)["state"] == "done"
    assert "at least 1" in said(capsys, *words[:4], "--prompts-per-batch", "0", code=1)["error"]
    assert "at least 1" in said(capsys, *words[:4], "--target", "0", code=1)["error"]


def test_until_the_pool_has_and_so_many_more_are_two_things(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("generate", "p", "--provider", "demo")
    there = said(capsys, *words)["pool_accepted"]
    same = said(capsys, *words, "--target", str(there))
    assert (same["accepted"], same["pool_accepted"], same["requests"]) == (0, there, 0)
    more = said(capsys, *words, "--more", "1")
    assert more["accepted"] >= 1 and more["pool_accepted"] == there + more["accepted"]


def test_what_an_approved_instance_cost_stands_beside_what_goes_out_and_what_an_audit_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"instruction": f"Name river {n} of the land", "input": "", "output": "the Rhine"} for n in range(4)]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    main(["import", "p", str(tmp_path / "rows.json")])
    main(["audit", "new", "p", "--size", "2"])

    def said(*words: str) -> str:
        capsys.readouterr()
        assert main(list(words)) == 0
        return capsys.readouterr().out

    verbs = (["release", "preview", "p"], ["audit", "show", "1"])
    assert not [verb for verb in verbs if "cost" in said(*verb)], "nothing was paid"
    monkeypatch.setattr("core.pools.spent", lambda *of: Spent(Usage(usd=5.0), Usage(usd=3.0), 4))
    for verb in verbs:
        assert "Making the tasks of this pool cost $3.00: $0.7500 for each of 4 approved instances." in said(*verb)
        assert json.loads(said(*verb, "--json"))["making"] == {"usd": 3.0, "approved_of_runs": 4}
