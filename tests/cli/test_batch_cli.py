"""`batch out` and `batch in`: a run's requests go through a person's hands, and what came is said line by line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from core import pools
from core.__main__ import main
from core.database import Database, open_database
from core.llm.prices import Price
from core.llm.target import set_prices
from core.runs import control, parcels
from tests import databases
from tests.fake_batches import FakeBatches
from tests.fake_openai import FakeOpenAI
from tests.fake_replies import self_instruct_reply
from tests.selfinstruct import growing

pytestmark = pytest.mark.usefixtures("quick_batches", "no_long_waits")
CHAT = ("--model", "fake", "--endpoint", "chat", "--batches", "1", "--set", "prompts_per_batch=2")


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WINNOW_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("WINNOW_DATABASE_URL", databases.address(tmp_path))
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*words, "--json"]) == code, capsys.readouterr()
    return dict(json.loads(capsys.readouterr().out))


def run_batch(file: Path) -> list[str]:
    """What `vllm run-batch` (0.32) writes for a file: chat alone, its errors beside an empty body."""
    answers = []
    for number, text in enumerate(file.read_text().splitlines()):
        row = json.loads(text)
        assert set(row) == {"custom_id", "method", "url", "body"} and row["method"] == "POST"
        response: dict[str, Any] = {"status_code": 200, "request_id": f"vllm-batch-{number}", "body": None}
        error = None
        if row["url"] != "/v1/chat/completions":
            response["status_code"], error = 400, {"message": f"URL {row['url']} was used.", "code": 400}
        else:
            prompt = "\n\n".join(message["content"] for message in row["body"]["messages"])
            message = {"role": "assistant", "content": self_instruct_reply(row["body"], prompt), "reasoning": None}
            usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
            choice = {"index": 0, "message": message, "finish_reason": "stop", "stop_reason": None}
            response["body"] = {"id": "c", "model": "fake", "choices": [choice], "usage": usage}
        answers.append(
            json.dumps({"id": f"vllm-{number}", "custom_id": row["custom_id"], "response": response, "error": error})
        )
    return answers


def written(file: Path, lines: Iterable[str]) -> str:
    file.write_text("".join(f"{line}\n" for line in lines))
    return str(file)


def test_a_run_goes_through_files_and_decides_the_same(
    data_dir: Path, capsys: pytest.CaptureFixture[str], another: Any
) -> None:
    calm = another()
    with FakeOpenAI() as server:
        growing.grow(calm, server.url, batches=1, settings=growing.chat(prompts_per_batch=2))
    out, back = data_dir / "out.jsonl", data_dir / "back.jsonl"
    waits = said(capsys, "generate", "a pool", "--provider", "vllm", *CHAT, "--batch-file")
    assert waits["state"] == "paused" and "winnow batch out" in waits["message"]
    assert "waits for a file" in said(capsys, "runs", "a pool")["runs"][0]["message"]
    assert said(capsys, "batch", "out", str(out))["requests"] == 2
    assert said(capsys, "batch", "list")["batches"][0]["requests"] == 2
    answers = run_batch(out)
    stray = json.dumps({"custom_id": "somebody/else", "response": {"status_code": 200, "body": {}}})
    came = said(capsys, "batch", "in", written(back, [answers[0], answers[0], stray, "{"]), "--next", str(out))
    assert (came["came"], came["missing"], came["broken"]) == (1, 1, [4])
    assert came["unknown"] == ["somebody/else"] and len(came["doubled"]) == 1
    assert came["state"] == "paused" and came["next_requests"] == 1, "the missing one is asked again"
    assert "brought before" in said(capsys, "batch", "in", str(back), code=1)["error"]
    for _ in range(6):
        came = said(capsys, "batch", "in", written(back, run_batch(out)), "--next", str(out))
        if came["state"] == "done":
            break
    assert came["state"] == "done"
    opened = open_database(databases.address(data_dir))
    assert growing.picture(opened) == growing.picture(calm)
    assert said(capsys, "batch", "list")["batches"] == []


def test_a_file_that_answers_nothing_changes_nothing(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "waits for one" in said(capsys, "batch", "out", str(data_dir / "o"), code=1)["error"]
    wrong = written(data_dir / "wrong.jsonl", ['{"custom_id": "a/b", "response": {}}'])
    assert "No line of this file" in said(capsys, "batch", "in", wrong, code=1)["error"]
    text = said(
        capsys,
        "generate",
        "p",
        "--provider",
        "vllm",
        "--model",
        "m",
        "--endpoint",
        "completions",
        "--batch-file",
        code=1,
    )
    assert "chat" in text["error"]
    assert "at once" in said(capsys, "generate", "p", "--provider", "demo", "--batch-api", code=1)["error"]


def test_what_lies_at_a_server_is_cancelled_or_dropped_by_hand(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: Database = open_database(databases.address(data_dir))
    set_prices(opened, {"fake": Price(1, 1)})

    def pause(call: str, when: str) -> None:
        if call == "look_batch" and when == "after":
            server.batches["batch_1"].status = "validating"
            control.pause(opened, 1)

    with FakeBatches(on=pause) as server:
        words = ("generate", "a pool", "--base-url", server.url, *CHAT, "--batch-api")
        assert said(capsys, *words, code=1)["state"] == "paused"
        server.on = lambda call, when: None
        assert said(capsys, "batch", "list", "1")["batches"][0]["batch_id"] == "batch_1"
        assert "being cancelled" in said(capsys, "batch", "cancel", "1")["said"][0]
        assert server.batches["batch_1"].status == "cancelling"
        assert said(capsys, "batch", "drop", "1")["dropped"] == 2
        assert parcels.under_way(opened) == []
        assert said(capsys, "run", "resume", "1")["state"] == "done"
        assert server.calls.count("create") > 1
    assert pools.funnel(opened, 1).usage.requests > 0
