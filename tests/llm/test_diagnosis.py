"""What servers really say, and the error that it means."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.foreign import scrub
from core.llm import errors
from core.llm.diagnosis import Asked, diagnose, retry_after
from core.llm.errors import ModelError
from core.llm.listing import read_models
from core.llm.providers import provider
from core.llm.reading import read_answer
from core.records import Endpoint

ASKED = Asked(
    provider("custom", "http://gpu:8000/v1"),
    "sk-secret-0123456789",
    "llama-3",
    Endpoint.CHAT,
    ("model", "messages", "max_tokens", "temperature", "presence_penalty", "stop"),
)


def openai(message: str, code: str = "", param: str = "", kind: str = "invalid_request_error") -> dict:
    return {"error": {"message": message, "type": kind, "param": param or None, "code": code or None}}


SAID = [
    # OpenAI
    (401, openai("Incorrect API key provided: sk-secr*****6789.", "invalid_api_key"), errors.WrongKey),
    (
        404,
        openai("The model `llama-3` does not exist or you do not have access.", "model_not_found"),
        errors.UnknownModel,
    ),
    (
        404,
        openai(
            "This is a chat model and not supported in the v1/completions endpoint. Did you mean to use "
            "v1/chat/completions?",
            param="model",
        ),
        errors.NoSuchEndpoint,
    ),
    (
        429,
        openai("You exceeded your current quota.", "insufficient_quota", kind="insufficient_quota"),
        errors.QuotaExhausted,
    ),
    (429, openai("Rate limit reached for gpt-4o.", "rate_limit_exceeded"), errors.RateLimited),
    (400, openai("Please reduce the length of the messages.", "context_length_exceeded"), errors.ContextTooLong),
    (
        400,
        openai("This model's maximum context length is 2049 tokens. Please reduce your prompt."),
        errors.ContextTooLong,
    ),
    (
        400,
        openai(
            "Unsupported value: 'temperature' does not support 0.7 with this model.", "unsupported_value", "temperature"
        ),
        errors.ParameterRefused,
    ),
    (
        400,
        openai("Invalid 'stop': array too long. Expected at most 4.", "array_above_max_length", "stop"),
        errors.ParameterRefused,
    ),
    # vLLM, FastAPI
    (404, {"detail": "Not Found"}, errors.NoSuchEndpoint),
    (
        404,
        {"object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError"},
        errors.UnknownModel,
    ),
    (400, {"object": "error", "message": "This model's maximum context length is 4096 tokens."}, errors.ContextTooLong),
    (
        400,
        openai(
            "As of transformers v4.44, default chat template is no longer allowed, so you must provide a chat template."
        ),
        errors.NoSuchEndpoint,
    ),
    # Ollama
    (404, openai('model "llama-3" not found, try pulling it first', kind="api_error"), errors.UnknownModel),
    # llama.cpp
    (503, openai("Loading model", kind="unavailable_error"), errors.ServerFailed),
    (
        400,
        openai("the request exceeds the available context size.", kind="exceed_context_size_error"),
        errors.ContextTooLong,
    ),
    (501, openai("This server does not support completions.", kind="not_supported_error"), errors.NoSuchEndpoint),
    # OpenRouter
    (400, openai("llama-3 is not a valid model ID"), errors.UnknownModel),
    (402, openai("Insufficient credits"), errors.QuotaExhausted),
    # gateways
    (400, openai("presence_penalty is not supported by this provider"), errors.ParameterRefused),
    (502, "<html><body>Bad Gateway</body></html>", errors.ServerFailed),
    (405, "", errors.NoSuchEndpoint),
    (400, openai("I don't like it"), errors.RequestRefused),
]


@pytest.mark.parametrize(("status", "said", "error"), SAID)
def test_what_a_server_says_becomes_a_named_error(status, said, error):
    told = diagnose(ASKED, status, said, {})
    assert type(told) is error
    assert "http://gpu:8000/v1" in str(told) or isinstance(told, errors.ContextTooLong)
    assert ";" in str(told), "the next step follows"
    assert "<html" not in str(told)


@given(
    st.integers(300, 599),
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda x: (
            st.dictionaries(st.sampled_from(["error", "message", "detail", "code", "param", "type", "x"]), x)
            | st.lists(x)
        ),
        max_leaves=8,
    ),
)
def test_whatever_a_server_says_becomes_one_sentence(status, said):
    told = diagnose(ASKED, status, said, {})
    assert isinstance(told, ModelError)
    assert len(str(told)) < 900


def test_a_server_that_repeats_the_key_does_not_make_us_show_it():
    for repeated in (ASKED.key, "sk-another-key-000000", "hf_abcdefgh1jkl", "correct horse"):
        asked = replace(ASKED, key="correct horse")
        told = str(diagnose(asked, 400, openai(f"No good: {repeated}"), {}))
        assert repeated not in told
        assert "[key]" in told


def test_scrubbing_leaves_ordinary_words_alone():
    text = "The task-list of the key-holder is risk-free; see sk-learn."
    assert scrub(text, "") == text


def test_a_long_complaint_is_cut():
    assert len(str(diagnose(ASKED, 400, openai("word " * 5000), {}))) < 700


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "12"}, 12),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_a_pause_is_read_in_every_form(headers, seconds):
    assert retry_after(headers) == seconds


def chat(content, **more) -> str:
    return json.dumps({"choices": [{"message": {"content": content}, "finish_reason": "stop"}], **more})


def test_a_chat_reply_without_content_is_empty_text():
    assert read_answer(ASKED, chat(None)).text == ""


def test_a_chat_reply_in_parts_is_joined():
    assert read_answer(ASKED, chat([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}])).text == "ab"


def test_an_error_behind_status_200_is_the_error_that_it_names():
    with pytest.raises(errors.RateLimited):
        read_answer(ASKED, json.dumps({"error": {"code": 429, "message": "Slow down."}}))
    with pytest.raises(errors.NoSuchEndpoint):
        read_answer(ASKED, json.dumps({"error": "Unexpected endpoint or method. (POST /v1/chat/completions)"}))


@pytest.mark.parametrize("raw", ["", "{", "null", "[]", "{}", '{"choices": []}', '{"choices": [1]}', "[" * 100_000])
def test_an_answer_that_is_no_reply_is_a_bad_reply(raw):
    with pytest.raises(errors.BadReply):
        read_answer(ASKED, raw)


@given(
    st.text()
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda x: (
            st.lists(x)
            | st.dictionaries(
                st.sampled_from(
                    ["choices", "message", "content", "text", "usage", "prompt_tokens", "error", "code", "data", "id"]
                ),
                x,
            )
        ),
        max_leaves=12,
    ).map(json.dumps)
)
def test_no_answer_crashes_the_reading(raw):
    for endpoint in Endpoint:
        with suppress(ModelError):
            read_answer(Asked(ASKED.provider, "", "m", endpoint), raw)
    with suppress(ModelError):
        read_models(ASKED, raw)


def test_usage_that_is_no_count_is_unknown():
    answer = read_answer(ASKED, chat("hi", usage={"prompt_tokens": -1, "completion_tokens": "7"}))
    assert (answer.prompt_tokens, answer.completion_tokens) == (None, None)


SENT = ("model", "messages", "temperature", "top_p", "presence_penalty", "frequency_penalty", "max_tokens", "stop")
EXTRA = {"type": "extra_forbidden", "loc": ["body", "presence_penalty"], "msg": "Extra inputs are not permitted"}
INNER = '{"error": {"message": "Unsupported parameter: \'top_p\' is not supported with this model.", "param": "top_p"}}'
REFUSED = [  # what vendors and gateways really send, and which parameter goes without
    (
        "Mistral",
        {"object": "error", "message": {"detail": [EXTRA]}},
        "presence_penalty",
    ),
    ("Groq", openai("property 'presence_penalty' is unsupported"), "presence_penalty"),
    ("Cohere", {"message": "invalid request: presence_penalty must be between 0 and 1 inclusive."}, "presence_penalty"),
    (
        "LiteLLM",
        openai("litellm.UnsupportedParamsError: x does not support parameters: ['presence_penalty']."),
        "presence_penalty",
    ),
    (
        "Vertex",
        [{"error": {"message": "it has a presencePenalty value of 2 but the supported range is from -2 (inclusive)"}}],
        "presence_penalty",
    ),
    ("TGI", {"error": "Input validation error: `stop` supports up to 4 stop sequences. Given: 5"}, "stop"),
    ("Grok", {"code": "x", "error": "Model grok-4 does not support parameter presencePenalty."}, "presence_penalty"),
    ("Zhipu", openai("API 调用参数有误，请检查文档。top_p参数非法。取值范围是(0.0,1.0)开区间"), "top_p"),
    ("DashScope", openai("<400> InternalError.Algo.InvalidParameter: Range of top_p should be (0.0, 1.0]"), "top_p"),
    ("Moonshot", openai("invalid temperature: only 1 is allowed for this model"), "temperature"),
    ("Claude, thinking", openai("`temperature` may only be set to 1 when thinking is enabled."), "temperature"),
    (
        "Claude, stops",
        openai("stop_sequences: each stop sequence must contain non-whitespace"),
        "stop",
    ),
    (
        "Databricks",
        {"message": 'Bad request: json: unknown field "presence_penalty"'},
        "presence_penalty",
    ),
    ("pydantic", {"detail": [{"loc": ["body", "stop"], "msg": "List should have at most 4 items, not 5"}]}, "stop"),
    (
        "OpenRouter, passed on",
        {
            "error": {
                "message": "Provider returned error",
                "code": 400,
                "metadata": {"raw": INNER, "provider_name": "x"},
            }
        },
        "top_p",
    ),
    ("both limits", openai("max_completion_tokens and max_tokens cannot both be set"), "max_tokens"),
]


@pytest.mark.parametrize(("answer", "name"), [pytest.param(*one[1:], id=one[0]) for one in REFUSED])
def test_the_parameter_that_a_vendor_refuses_is_found_in_its_own_words(answer, name):
    found = diagnose(replace(ASKED, parameters=SENT), 400, answer, {})
    assert isinstance(found, errors.ParameterRefused) and found.name == name, found
    assert name != "stop" or found.most == 4 or "non-whitespace" in str(found)


def test_a_gateway_that_knows_nobody_who_takes_a_parameter_has_the_endpoint_all_the_same():
    said = "No endpoints found that support the requested parameters: presence_penalty"
    found = diagnose(replace(ASKED, parameters=SENT), 404, openai(said), {})
    assert isinstance(found, errors.ParameterRefused) and found.name == "presence_penalty"


def test_a_range_of_max_tokens_is_the_room_that_there_is():
    found = diagnose(ASKED, 400, openai("InvalidParameter: Range of max_tokens should be [1, 2048]"), {})
    assert isinstance(found, errors.ContextTooLong) and found.room.most == 2048
