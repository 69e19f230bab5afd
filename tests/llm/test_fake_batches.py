"""The fake server's batches refuse what the real ones refuse, so that Winnow's own are known to be good."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest

from tests.fake_batches import FakeBatches

CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def server() -> Iterator[FakeBatches]:
    with FakeBatches(most_rows=3, most_bytes=5_000, models=("fake", "other")) as server:
        yield server


@pytest.fixture
def client(server: FakeBatches) -> openai.OpenAI:
    return openai.OpenAI(api_key="x", base_url=server.url, max_retries=0)


def row(custom_id: str = "a", url: str = CHAT, model: str = "fake", **more: Any) -> str:
    body = {"model": model, "messages": [{"role": "user", "content": "Hello"}], **more}
    return json.dumps({"custom_id": custom_id, "method": "POST", "url": url, "body": body})


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([row(), "{half"], "invalid_json_line"),
        ([row(), row()], "duplicate_custom_id"),
        ([row(), row("b", model="other")], "mismatched_model"),
        ([row(url="/v1/completions")], "mismatched_endpoint"),
        ([row(), json.dumps({"custom_id": "b"})], "missing_required_parameter"),
        ([row(f"r{n}") for n in range(4)], "too_many_requests"),
        ([row(stream=True)], "invalid_value"),
    ],
)
def test_a_file_that_is_wrong_fails_before_anything_is_run(
    server: FakeBatches, client: openai.OpenAI, rows: list[str], code: str
) -> None:
    file = client.files.create(file=("f.jsonl", "\n".join(rows).encode()), purpose="batch")
    made = client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")
    while made.status == "validating":
        made = client.batches.retrieve(made.id)
    assert made.status == "failed" and made.errors and made.errors.data
    assert code in [error.code for error in made.errors.data]
    assert server.requests == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda c: c.files.create(file=("f", b"x" * 6_000), purpose="batch"),
        lambda c: c.files.create(file=("f", b"{}"), purpose="fine-tune"),
        lambda c: c.batches.create(input_file_id="none", endpoint=CHAT, completion_window="24h"),
        lambda c: c.batches.create(input_file_id="none", endpoint="/v1/unknown", completion_window="24h"),
        lambda c: c.batches.create(input_file_id="none", endpoint=CHAT, completion_window="1h"),
        lambda c: c.batches.retrieve("batch_none"),
    ],
)
def test_a_call_that_is_wrong_is_refused(client: openai.OpenAI, wrong: Callable[[Any], Any]) -> None:
    with pytest.raises(openai.APIStatusError):
        wrong(client)
