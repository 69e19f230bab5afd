"""`python -m core evaluate ...`: the shapes that scripts rely on, and the sentence of a refusal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main
from core.cli.console import database as opened
from core.evaluation import drawing, models, rating
from core.settings import PROJECT

SEEDS = PROJECT / "seeds" / "evaluation"


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    assert main(["evaluate", *words, "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.fixture
def demo(capsys: pytest.CaptureFixture[str]) -> str:
    said(capsys, "import", "user-100", str(SEEDS / "user_100.jsonl"), "--as", "set")
    said(capsys, "import", "user-100", str(SEEDS / "demo_responses.jsonl"), "--as", "responses")
    said(capsys, "import", "user-100", str(SEEDS / "demo_ratings.jsonl"), "--as", "grades")
    return "user-100"


def test_import_counts_what_came_and_what_did_not(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    done = said(capsys, "import", "user-100", str(SEEDS / "user_100.jsonl"), "--as", "set")
    assert (done["added"], done["rows"], done["bad"]) == (100, 100, [])
    file = tmp_path / "base.jsonl"
    file.write_text('{"id": "user_task_0", "response": "x"}\n{"instruction": "?", "response": "y"}\n', encoding="utf-8")
    done = said(capsys, "import", "user-100", str(file), "--as", "responses", "--model", "m", "--size", "800")
    assert (done["added"], done["unmatched"], done["models"]) == (1, 1, ["m"])


def test_score_has_its_shape(capsys: pytest.CaptureFixture[str], demo: str) -> None:
    models = said(capsys, "score", demo)["models"]
    assert len(models) == 3
    for each in models.values():
        assert each["n"] == 100 and each["rouge_l_low"] < each["rouge_l"] < each["rouge_l_high"]
        assert {"exact_match", "empty"} <= set(each)


def test_grades_have_their_shape(capsys: pytest.CaptureFixture[str], demo: str) -> None:
    found = said(capsys, "grades", demo)
    for each in found["models"].values():
        assert each["A"] + each["B"] + each["C"] + each["D"] == each["n"]
        assert each["valid"]["low"] <= each["valid"]["percent"] <= each["valid"]["high"]
    assert len(found["differences"]) == 3
    assert {"a", "b", "valid", "grade_p", "valid_p", "holm"} <= set(found["differences"][0])
    assert found["agreement"]["cohen_kappa"] is not None


def test_win_rates_have_their_shape(capsys: pytest.CaptureFixture[str], demo: str) -> None:
    found = said(capsys, "winrate", demo, "--against", "demo-base")
    for each in found["models"].values():
        assert each["wins"] + each["losses"] + each["draws"] == each["n"]
        assert {"win_rate", "standard_error", "length_controlled", "length"} <= set(each)
    assert "demo-base" not in found["models"]


def test_a_judges_own_sheet_stands_below_its_win_rates(
    capsys: pytest.CaptureFixture[str], demo: str, tmp_path: Path
) -> None:
    assert "judge" not in said(capsys, "winrate", demo, "--by", "people")
    pair = {"annotator": "someone", "generator_1": "demo-base", "output_1": "x", "generator_2": "demo-tuned"}
    tasks = models.tasks(opened(), demo, limit=30)
    rows = [
        {**pair, "instruction": f"{task.instruction}\n\n{task.input}", "output_2": "yy", "preference": 2 - at % 2}
        for at, task in enumerate(tasks)
    ]
    file = tmp_path / "judged.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert said(capsys, "import", demo, str(file), "--as", "annotations")["added"] == 30
    sheet = said(capsys, "winrate", demo)["judge"]
    assert (sheet["annotator"], sheet["judgements"]) == ("someone", 30)
    assert sheet["since"].endswith("+00:00") and {"percent", "low", "high"} <= set(sheet["prefers_first"])
    assert main(["evaluate", "winrate", demo]) == 0
    assert "prefers the longer answer" in capsys.readouterr().out


def test_a_reviewer_who_is_not_done_gets_a_sentence_and_no_figure(
    capsys: pytest.CaptureFixture[str], demo: str
) -> None:
    its = drawing.draw(opened(), demo, tasks=2)
    assert rating.turn(opened(), its.id, "anna") is not None
    for verb in ("score", "grades", "winrate"):
        refused = said(capsys, verb, demo, "--reviewer", "anna", code=1)
        assert "blind" in refused["error"] and "demo-" not in refused["error"]
        assert said(capsys, verb, demo, "--reviewer", "ben")["models"]


def test_a_set_is_opened_for_a_pool_by_name(capsys: pytest.CaptureFixture[str], demo: str) -> None:
    from core import pools

    pools.make(opened(), "mine")
    assert said(capsys, "open", demo, "mine")["state"] == "open"
    assert said(capsys, "open", demo, "mine", "--close")["state"] == "sealed"
    assert "no pool" in said(capsys, "open", demo, "nobody's", code=1)["error"]


def test_a_report_is_written_in_both_forms(capsys: pytest.CaptureFixture[str], demo: str, tmp_path: Path) -> None:
    files = said(capsys, "report", demo, str(tmp_path / "out"))["files"]
    assert [Path(file).suffix for file in files] == [".html", ".md"]
    assert all("demo-strong" in Path(file).read_text(encoding="utf-8").replace("\\", "") for file in files)


def test_a_model_is_asked_within_a_budget(capsys: pytest.CaptureFixture[str], demo: str) -> None:
    from core import pools
    from tests.fake_openai import FakeOpenAI

    pools.make(opened(), "book")
    with FakeOpenAI(answer=lambda body, prompt: "An answer.") as server:
        where = ("--base-url", server.url, "--model", "fake", "--as", "mine")
        assert said(capsys, "respond", demo, *where, "--estimate")["requests"] == 100
        assert not server.requests
        cut = said(capsys, "respond", demo, *where, "--budget-requests", "30", code=1)
        assert (cut["state"], cut["accepted"]) == ("stopped", 30)
        done = said(capsys, "respond", demo, *where, "--size", "800", "--budget-requests", "200")
        assert (done["state"], done["accepted"], len(server.requests)) == ("done", 100, 100)
    assert said(capsys, "score", demo, "--model", "mine")["models"]["mine"]["n"] == 100


def test_a_round_is_rated_at_the_terminal_and_no_model_is_named_before_its_rater_is_done(
    capsys: pytest.CaptureFixture[str], demo: str
) -> None:
    number = str(said(capsys, "draw", demo, "--tasks", "2", "--side", "2", "--seed", "3")["round"])
    first = said(capsys, "next", number, "--reviewer", "kim")
    assert first["answers"] and first["owed"] >= 2
    models = set(said(capsys, "score", demo, "--reviewer", "nobody-here")["models"])
    assert not any(model in json.dumps(first) for model in models)
    place = str(first["position"])
    assert "whole" in said(capsys, "rate", number, place, "--reviewer", "kim", code=1)["error"]
    task = "1"
    assert "blind" in said(capsys, "item", demo, task, "--reviewer", "kim", code=1)["error"]
    before, grades = first["owed"], ["A"] * len(first["answers"])
    assert said(capsys, "rate", number, place, "--grade", *grades, "--reviewer", "kim")["owed"] == before - 1
    assert said(capsys, "undo", number, "--reviewer", "kim")["position"] == first["position"]
    assert said(capsys, "rate", number, place, "--grade", *grades, "--reviewer", "kim")["owed"] == before - 1
    assert "judged items" in said(capsys, "leave", number, "--reviewer", "kim", code=1)["error"]
    while not (turn := said(capsys, "next", number, "--reviewer", "kim"))["done"]:
        grades = ["B"] * len(turn["answers"])
        said(capsys, "rate", number, str(turn["position"]), "--grade", *grades, "--reviewer", "kim")
    found = said(capsys, "item", demo, task, "--reviewer", "kim")
    assert {one["model"] for one in found["answers"]} == models
    graded = next(one for one in found["answers"] if one["grades"])
    assert said(capsys, "settle", demo, str(graded["response"]), "D", "--reviewer", "kim")["last_word"] == "D"
    again = said(capsys, "item", demo, task, "--reviewer", "kim")["answers"]
    assert next(one["last_word"] for one in again if one["response"] == graded["response"]) == "D"
