"""What a person at the command line is told and asked of the model that a run speaks to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main
from core.database import open_database
from core.llm.target import Target, choose_target
from core.records import Endpoint
from tests import databases
from tests.fake_openai import FakeOpenAI


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def go(*arguments: str) -> tuple[int, dict[str, Any], str]:
        code = main([*arguments, "--json"])
        said = capsys.readouterr()
        return code, json.loads(said.out.strip().splitlines()[-1]), said.err

    return go


def test_a_run_says_first_which_server_and_model_it_speaks_to_and_who_chose_them(run, tmp_path: Path) -> None:
    with FakeOpenAI() as server:
        code, found, told = run(
            "generate", "p", "--base-url", server.url, "--model", "fake", "--endpoint", "completions"
        )
        assert code == 0 and told.startswith("Speaking to: The model fake at Another server (http://127.0.0.1")
        assert "as the options say" in told.splitlines()[0] and found["speaks_to"] in told
        database = open_database(databases.address(tmp_path / "data"))
        choose_target(database, Target("custom", server.url, "fake", Endpoint.COMPLETIONS))
        assert "as chosen last on the page Models" in run("generate", "p")[2].splitlines()[0]
    assert "Recorded replies" in run("generate", "q", "--provider", "demo")[2].splitlines()[0]


def test_a_price_unknown_without_a_budget_is_asked_about_before_anything_is_sent(run) -> None:
    there = ("--base-url", "http://paid.invalid/v1", "--model", "dear")
    code, found, _ = run("generate", "p", *there)
    assert code == 1 and "isn't known, and no budget is set" in found["error"] and "--yes" in found["error"]
    for more in (("--yes",), ("--budget-requests", "3")):
        code, found, _ = run("generate", "p", *there, *more, "--timeout", "1")
        assert code == 1 and "error" not in found, "it went on, and found nobody there"


@pytest.mark.parametrize("wrong", ["nan", "inf", "-1", "0", "1e300"])
def test_a_budget_that_could_not_bind_is_refused(run, wrong: str) -> None:
    code, found, _ = run("generate", "p", "--provider", "demo", f"--budget-usd={wrong}")
    assert code == 1 and "--budget-usd" in found["error"]


def test_parameters_left_out_extra_fields_and_headers_reach_the_server_and_what_was_paid_is_told(run, capsys) -> None:
    assert main(["model", "price", "fake", "3", "15"]) == 0
    with FakeOpenAI() as server:
        code, found, _ = run(
            *("generate", "p", "--base-url", server.url, "--model", "fake", "--endpoint", "chat"),
            *("--set", "instructions.temperature=null", "--set", "instructions.top_p=null"),
            *("--extra-body", '{"reasoning_effort": "none"}', "--header", "X-Team=annotators"),
        )
    assert code == 0 and found["not_taken"] == {}
    first = server.requests[0]
    assert "temperature" not in first.body and "top_p" not in first.body
    assert first.body["reasoning_effort"] == "none" and first.headers["x-team"] == "annotators"
    told = []
    for words in (["run", "show", str(found["run"])], ["pool", "show", "p"]):
        assert main(words) == 0
        told.append(next(line for line in capsys.readouterr().out.splitlines() if "spent:" in line))
    paid = 3e-6 * found["prompt_tokens"] + 15e-6 * found["completion_tokens"]
    assert told[0] == told[1] and told[0].endswith(f"tokens, ${paid:.4f}"), "docs/how-to/budget.md says so"
    assert run("generate", "p", "--provider", "demo", "--extra-body", "[1]")[0] == 1
    assert run("generate", "p", "--provider", "demo", "--header", "Authorization=x")[0] == 1


def test_what_a_model_did_not_take_stands_in_the_result_the_lineage_and_the_card(run, tmp_path: Path) -> None:
    def chat(*more: str) -> tuple[int, dict[str, Any], str]:
        options = ("--base-url", server.url, "--model", "fake", "--endpoint", "responses", "--preset", "chat")
        return run("generate", "p", *options, *more)

    with FakeOpenAI(like="openai-reasoning") as server:
        code, found, _ = chat("--stop-at-refusal")
        assert code == 1 and "doesn't accept top_p" in found["message"]
        code, found, _ = chat()
    assert code == 0, found
    assert found["not_taken"]["instances"] == {"temperature": "refused", "top_p": "refused"}
    assert "This model did not take these settings: temperature" in found["message"]
    assert run("export", "p", str(tmp_path / "out"), "--all")[0] == 0
    (lineage,) = (tmp_path / "out").rglob("lineage.jsonl")
    made = [json.loads(line) for line in lineage.read_text().splitlines()]
    assert any(
        row.get("not_taken", {}).get("instances") == {"temperature": "refused", "top_p": "refused"} for row in made
    )
    (card,) = (tmp_path / "out").rglob("README.md")
    assert "did not take these settings" in card.read_text()


@pytest.mark.parametrize("words", [["model", "list"], ["models"]])
def test_a_list_that_is_not_to_be_had_is_a_refusal_beside_the_result(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for options, why in ((["--base-url", "http://127.0.0.1:9/v1"], "Nothing answers"),
                         (["--provider", "local"], "a folder or a hub name")):  # fmt: skip
        assert main([*words, *options]) == 1
        said = capsys.readouterr()
        assert said.out == "" and why in said.err
    assert main(["model", "list", "--provider", "demo"]) == 0, "what is there is a result"
