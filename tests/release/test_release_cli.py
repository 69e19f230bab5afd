"""The release room from the command line, as a script would use it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main
from core.database import Database
from tests import databases
from tests.release.fake_services import serving
from tests.release.release_pools import opened, rated_pool

Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("WINNOW_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("WINNOW_DATABASE_URL", databases.address(tmp_path / "data"))
    opening = opened(tmp_path / "data")
    rated_pool(opening)
    rated_pool(opening, "made up", demo=True)
    rated_pool(opening, "many", grades="A" * 30, n=30)
    yield opening
    opening.close()


@pytest.fixture
def run(database: Database, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: str | Path) -> tuple[int, dict[str, Any]]:
        code = main([*map(str, words), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return call


def test_the_older_form_writes_a_folder_or_one_file(run: Run, tmp_path: Path) -> None:
    code, found = run("export", "kind", tmp_path / "r", "--format", "jsonl", "--min-grade", "B")
    assert (code, found["rows"], found["kind"]) == (0, 4, "folder")
    assert found["excluded"] == {"unrated": 6, "invalid": 2}
    rows = [json.loads(line) for line in (tmp_path / "r/jsonl/train.jsonl").open()]
    assert [row["output"] for row in rows] == [f"output {k}" for k in range(4)]
    code, found = run("export", "kind", tmp_path / "r.json", "--format", "alpaca", "--min-grade", "A")
    assert (code, found["rows"], found["files"][0]["rows"]) == (0, 2, 2)
    assert json.loads((tmp_path / "r.json").read_bytes())[0] == {
        "instruction": "Describe the colour number 0 in one sentence.",
        "input": "input 0",
        "output": "output 0",
    }
    assert run("export", "kind", tmp_path / "all.jsonl", "--format", "jsonl", "--all")[1]["rows"] == 12


def test_a_pool_of_demo_rows_is_refused_until_they_are_asked_for(run: Run, tmp_path: Path) -> None:
    code, found = run("export", "made up", tmp_path / "r", "--format", "csv")
    assert code == 1 and "add --include-demo" in found["error"] and not (tmp_path / "r").exists()
    assert run("export", "made up", tmp_path / "r", "--format", "csv", "--include-demo")[1]["rows"] == 4
    code, found = run("export", "made up", tmp_path / "all", "--format", "csv", "--all")
    assert found["counts"]["demo rows"] == 12 and "Demo rows" in found["notes"][0]
    assert "DEMO ROWS: 12 of 12" in (tmp_path / "all/README.md").read_text()


def test_grades_that_are_not_valid_and_no_grade_can_be_asked_for(run: Run, tmp_path: Path) -> None:
    for grade, rows in (("C", 5), ("d", 6), ("none", 4)):
        assert run("export", "kind", tmp_path / grade, "--format", "csv", "--min-grade", grade)[1]["rows"] == rows
    code, found = run("export", "kind", tmp_path / "x", "--format", "csv", "--min-grade", "E")
    assert code == 1 and "min_grade is one of A, B, C, D" in found["error"]
    code, found = run("export", "kind", tmp_path / "x", "--format", "csv", "--min-ratings", "2")
    assert code == 1 and "4 rated by too few" not in found["error"] and "rated by too few" in found["error"]


def test_a_rule_from_a_file_is_changed_by_the_options_beside_it(run: Run, tmp_path: Path) -> None:
    rule = tmp_path / "rule.json"
    rule.write_text('{"min_grade": "A", "max_classification": 0}')
    code, found = run("export", "kind", tmp_path / "r", "--format", "csv", "--predicate", rule)
    assert (found["rows"], found["excluded"]["classification-limit"]) == (1, 1)
    code, found = run("export", "kind", tmp_path / "s", "--format", "csv", "--predicate", rule, "--seeds")
    assert found["rows"] == 2 and found["counts"]["rows from seed"] == 1
    rule.write_text('{"min_grad": "A"}')
    code, found = run("export", "kind", tmp_path / "t", "--format", "csv", "--predicate", rule)
    assert code == 1 and 'no field "min_grad"' in found["error"]
    code, found = run("export", "kind", tmp_path / "t", "--predicate", tmp_path / "missing.json")
    assert code == 1 and "cannot be read" in found["error"]


def test_splits_formats_and_pools_that_cannot_be_are_one_clear_line(run: Run, tmp_path: Path) -> None:
    for words, why in (
        (("kind", tmp_path / "r", "--split", "0.5,0.6"), "does not add up to 1"),
        (("kind", tmp_path / "r", "--split", "half"), "is no split"),
        (("kind", tmp_path / "r", "--format", "xml"), "There is no format 'xml'"),
        (("nobody", tmp_path / "r"), 'There is no pool "nobody"'),
        (("kind", tmp_path / "r", "--all", "--predicate", tmp_path / "x"), "give one of them"),
    ):
        code, found = run("export", *words)
        assert code == 1 and why in found["error"] and "\n" not in found["error"]


def test_verify_finds_one_changed_byte(run: Run, tmp_path: Path) -> None:
    run("export", "many", tmp_path / "r", "--format", "csv", "parquet", "--split", "0.8,0.1,0.1", "--seed", "7")
    assert run("verify", tmp_path / "r")[1]["ok"]
    file = tmp_path / "r/csv/train.csv"
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    file.write_bytes(content)
    code, found = run("verify", tmp_path / "r")
    assert code == 1 and found["problems"] == ["csv/train.csv was changed."]
    assert run("verify", tmp_path / "nothing")[0] == 1


def test_push_shows_what_would_go_and_sends_only_what_is_confirmed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("export", "kind", tmp_path / "r", "--format", "csv")
    with serving() as service:
        asked = ("push", tmp_path / "r", "ann/kind", "--endpoint", service.url)
        code, found = run(*asked)
        assert (code, found["sent"], found["rows"], found["private"]) == (0, False, 4, True)
        assert run(*asked, "--confirm", service.url, "ann/kind", "5")[0] == 1
        assert not service.requests
        monkeypatch.setenv("HF_TOKEN", "hf_test")
        code, found = run(*asked, "--confirm", service.url, "ann/kind", "4")
        assert code == 0 and found["address"] == f"{service.url}/datasets/ann/kind"
        assert service.repository_files["csv/train.csv"] == (tmp_path / "r/csv/train.csv").read_bytes()


def test_finetune_sends_only_what_is_confirmed_and_remembers_the_model(run: Run, tmp_path: Path) -> None:
    run("export", "many", tmp_path / "r", "--format", "openai-chat")
    file = tmp_path / "r/openai-chat/train.jsonl"
    with serving() as service:
        url = f"{service.url}/v1"
        asked = (tmp_path / "r", "--model", "small", "--base-url", url)
        code, found = run("finetune", "plan", *asked, "--usd-per-million", "3")
        assert (code, found["sent"], found["rows"], found["endpoint"], found["file"]) == (0, False, 30, url, str(file))
        assert found["usd"] > 0
        code, found = run("finetune", "start", *asked)
        assert code == 1 and f"--confirm {url} {file} 30" in found["error"]
        for wrong in ((url, file, "29"), (url, tmp_path / "other", "30"), ("http://other/v1", file, "30")):
            assert run("finetune", "start", *asked, "--confirm", *wrong)[0] == 1
        assert not service.requests
        code, found = run("finetune", "start", *asked, "--confirm", url, file, "30")
        assert (code, found["state"], found["job_id"]) == (0, "queued", "ftjob-1")
        assert service.files["file-1"] == file.read_bytes()
        assert run("finetune", "status", found["id"])[1]["state"] == "running"
        code, found = run("finetune", "status", found["id"])
        assert (found["state"], found["result"]) == ("succeeded", "ft:gpt-small:kind")
    [job] = run("finetune", "status")[1]["jobs"]
    assert (job["result"], job["rows"], job["model"]) == ("ft:gpt-small:kind", 30, "small") and job["pool_id"]


def test_a_file_that_was_sent_in_vain_is_not_sent_again(run: Run, tmp_path: Path) -> None:
    run("export", "many", tmp_path / "r", "--format", "openai-chat")
    with serving() as service:
        url, file = f"{service.url}/v1", tmp_path / "r/openai-chat/train.jsonl"
        asked = ("finetune", "start", tmp_path / "r", "--model", "small", "--base-url", url)
        service.refuse["/v1/fine_tuning"] = (400, {"error": {"message": "not this model"}})
        code, found = run(*asked, "--confirm", url, file, "30")
        assert code == 1 and "not this model" in found["error"]
        service.refuse.clear()
        assert run(*asked, "--confirm", url, file, "30")[0] == 0
        assert service.paths("POST").count("/v1/files") == 1
    refused, queued = sorted(run("finetune", "status")[1]["jobs"], key=lambda job: job["id"])
    assert (refused["state"], queued["state"]) == ("refused", "queued") and refused["error"]


def test_the_demo_trains_nothing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "WINNOW_PROVIDER", "WINNOW_BASE_URL", "WINNOW_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    run("export", "many", tmp_path / "r", "--format", "openai-chat")
    asked = ("finetune", "start", tmp_path / "r", "--model", "small", "--provider", "demo")
    file = tmp_path / "r/openai-chat/train.jsonl"
    code, found = run(*asked, "--confirm", "http://demo.invalid/v1", file, "30")
    assert code == 1 and "trains nothing" in found["error"]
