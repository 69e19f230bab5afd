"""Lines of answers in the shapes that servers and `vllm run-batch` write them: read as the answer alone would be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.llm.diagnosis import Asked
from core.llm.errors import ContextTooLong, ModelError, ParameterRefused, RequestRefused, ServerFailed
from core.llm.parcels.lines import answer_of, read_line
from core.llm.providers import provider
from core.records import Endpoint

ASKED = Asked(provider("vllm"), "", "m", Endpoint.CHAT, ("temperature", "top_p", "stop"), 100)
VLLM_LENGTH = (
    "This model's maximum context length is 2048 tokens. However, you requested 5000 tokens (4000 in the messages, "
    "1000 in the completion)."
)


def line(**what: Any) -> str:
    return json.dumps({"id": "x", "custom_id": "p/1", **what})


def test_an_answer_is_read_with_its_thoughts() -> None:
    message = {"role": "assistant", "content": "Yes", "reasoning": "It is.", "reasoning_content": None}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": {"prompt_tokens": 3}}
    found = answer_of(ASKED, line(response={"status_code": 200, "request_id": "r", "body": body}, error=None))
    assert (found.text, found.thoughts, found.prompt_tokens) == ("Yes", "It is.", 3)


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        # vLLM 0.32: the body is null, what its server would have answered stands wrapped beside it.
        (
            {
                "response": {"status_code": 400, "body": None},
                "error": {"error": {"message": VLLM_LENGTH, "type": "BadRequestError", "param": None, "code": 400}},
            },
            ContextTooLong,
        ),
        (
            {
                "response": {"status_code": 400, "body": None},
                "error": {"error": {"message": "top_p must be in (0, 1], got 0.0.", "param": "top_p", "code": 400}},
            },
            ParameterRefused,
        ),
        ({"response": {"status_code": 400, "body": None}, "error": "URL /v1/x was used."}, RequestRefused),
        # OpenAI's.
        (
            {
                "response": {
                    "status_code": 400,
                    "body": {
                        "error": {"message": "Unsupported parameter: 'stop'", "param": "stop", "code": "unsupported"}
                    },
                }
            },
            ParameterRefused,
        ),
        ({"response": {"status_code": 0, "body": None}, "error": None}, ServerFailed),
        ({"response": None, "error": {"code": "server_error", "message": "lost"}}, ServerFailed),
        ({"response": {"status_code": 500, "body": {"error": {"message": "oh"}}}}, ServerFailed),
    ],
)
def test_what_stands_there_instead_of_an_answer_is_read_as_if_it_had_been_said_alone(
    what: dict[str, Any], kind: type[ModelError]
) -> None:
    with pytest.raises(kind):
        answer_of(ASKED, line(**what))


def test_a_request_that_was_never_run_has_no_answer() -> None:
    never = read_line(line(response=None, error={"code": "batch_expired", "message": "This request was not run."}))
    assert never is not None and never.never_run
    assert read_line("{") is None and read_line("[]") is None and read_line('{"custom_id": 3}') is None
