"""What real servers refuse, in their own words and shapes, so that the fake one can refuse it too.

A refusal is a function of (endpoint, body, prompt) that returns (status, answer, headers) or None. The words are facts
seen against real programs or read in public issues; `--like NAME` gives them to the server in another process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Refused = tuple[int, Any, Mapping[str, str]]
Refusing = Callable[[str, Mapping[str, Any], str], Refused | None]


def _openai(message: str, param: str | None = None, code: str | None = None, status: int = 400) -> Refused:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return status, {"error": error}, {}


def vllm(endpoint: str, body: Mapping[str, Any], prompt: str, most: int = 2048) -> Refused | None:
    """vLLM 0.32: top_p 0 before it looks at the temperature, and its two complaints about length."""
    limit = body.get("max_tokens", body.get("max_completion_tokens", 16))
    if body.get("top_p") == 0:
        return 400, {"error": {"message": "top_p must be in (0, 1], got 0.0.", "type": "BadRequestError"}}, {}
    if limit > most:
        said = f"max_tokens={limit} cannot be greater than max_model_len={most}. Please request fewer output tokens."
        return 400, {"error": {"message": said, "type": "BadRequestError", "param": "max_tokens"}}, {}
    if (asked := len(prompt.split())) > most:
        said = (
            f"This model's maximum context length is {most} tokens. However, your prompt contains at least {most + 1} "
            "input tokens, which exceeds this limit even without any output tokens. Please reduce the length of the "
            f"input prompt. (parameter=input_tokens, value={most + 1})"
        )
        return 400, {"error": {"message": said, "type": "BadRequestError", "param": "input_tokens"}}, {}
    if limit + asked > most:
        said = (
            f"This model's maximum context length is {most} tokens. However, you requested {limit + asked} tokens "
            f"({asked} in the messages, {limit} in the completion). Please reduce the length of the messages or "
            "completion."
        )
        return 400, {"object": "error", "message": said, "type": "BadRequestError", "code": 400}, {}
    return None


def tgi(endpoint: str, body: Mapping[str, Any], prompt: str) -> Refused | None:
    """TGI and its routers: top_p strictly between 0 and 1."""
    if "top_p" in body and not 0 < body["top_p"] < 1:
        said = "Input validation error: `top_p` must be > 0.0 and < 1.0"
        return 422, {"error": said, "error_type": "validation"}, {}
    return None


def openai_reasoning(endpoint: str, body: Mapping[str, Any], prompt: str) -> Refused | None:
    """OpenAI's reasoning models: no sampling, and max_completion_tokens."""
    if endpoint == "completions":
        return _openai(
            "This is a chat model and not supported in the v1/completions endpoint. Did you mean to use "
            "v1/chat/completions?",
            "model",
            status=404,
        )
    if "max_tokens" in body:
        return _openai(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
            "instead.",
            "max_tokens",
            "unsupported_parameter",
        )
    for name in ("top_p", "presence_penalty", "frequency_penalty", "stop"):
        if name in body:
            said = f"Unsupported parameter: '{name}' is not supported with this model."
            return _openai(said, name, "unsupported_parameter")
    if body.get("temperature", 1) != 1:
        return _openai(
            f"Unsupported value: 'temperature' does not support {body['temperature']} with this model. Only the "
            "default (1) value is supported.",
            "temperature",
            "unsupported_value",
        )
    return None


def claude(endpoint: str, body: Mapping[str, Any], prompt: str) -> Refused | None:
    """Claude's compatible layer: not both, and the newest models neither."""
    if "temperature" in body and "top_p" in body:
        return _openai("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
    if "temperature" in body:
        return _openai("`temperature` is deprecated for this model.")
    return None


def grok(endpoint: str, body: Mapping[str, Any], prompt: str) -> Refused | None:
    """Grok's reasoning models: the error is a text, the parameter in camel case."""
    spelt = {"presence_penalty": "presencePenalty", "frequency_penalty": "frequencyPenalty", "stop": "stop"}
    for name, said in spelt.items():
        if name in body:
            code = "Client specified an invalid argument"
            return 400, {"code": code, "error": f"Argument not supported on this model: {said}"}, {}
    return None


def gemini(endpoint: str, body: Mapping[str, Any], prompt: str) -> Refused | None:
    """Gemini's layer: a list, and a name that is no parameter's."""
    if "presence_penalty" in body or "frequency_penalty" in body:
        said = "Penalty is not enabled for models/gemini-3-flash"
        return 400, [{"error": {"code": 400, "message": said, "status": "INVALID_ARGUMENT"}}], {}
    return None


def four_stops(endpoint: str, body: Mapping[str, Any], prompt: str) -> Refused | None:
    """Several: at most four stop sequences."""
    stops = body.get("stop") or []
    if len(stops) > 4:
        return _openai(
            f"Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length "
            f"{len(stops)} instead.",
            "stop",
            "array_above_max_length",
        )
    return None


def fastapi(endpoint: str, body: Mapping[str, Any], prompt: str) -> Refused | None:
    """A server with a strict schema: one complaint for each field that it doesn't know."""
    extra = [name for name in ("frequency_penalty", "presence_penalty", "stop") if name in body]
    complaints = [
        {"type": "extra_forbidden", "loc": ["body", n], "msg": "Extra inputs are not permitted"} for n in extra
    ]
    return (422, {"detail": complaints}, {}) if complaints else None


def openrouter(endpoint: str, body: Mapping[str, Any], prompt: str, left: int = 312) -> Refused | None:
    """OpenRouter with little credit."""
    limit = body.get("max_tokens", 65536)
    if limit > left:
        said = (
            f"This request requires more credits, or fewer max_tokens. You requested up to {limit} tokens, but can "
            f"only afford {left}. To increase, visit the settings page and add more credits"
        )
        return 402, {"error": {"message": said, "code": 402}}, {}
    return None


def responses_only(endpoint: str, body: Mapping[str, Any], prompt: str) -> Refused | None:
    """A model that answers on responses and on nothing else."""
    if endpoint != "responses":
        return _openai(
            "This model is only supported in v1/responses and not in v1/chat/completions.", "model", None, 404
        )
    unknown = next((name for name in ("stop", "seed", "presence_penalty", "frequency_penalty") if name in body), None)
    return _openai(f"Unknown parameter: '{unknown}'.", unknown, "unknown_parameter") if unknown else None


def azure_filter(endpoint: str, body: Mapping[str, Any], prompt: str) -> Refused:
    """Azure's content filter, which stops the prompt before any model sees it."""
    said = (
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please "
        "modify your prompt and retry."
    )
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {"violence": {"filtered": True}}}
    error = {"message": said, "type": None, "param": "prompt", "code": "content_filter", "status": 400}
    return 400, {"error": {**error, "innererror": inner}}, {}


def error_inside(endpoint: str, body: Mapping[str, Any], prompt: str) -> Refused:
    """A gateway whose upstream refused: status 200, and an error where the choices should be."""
    return 200, {"id": "gen-1", "error": {"message": "Provider returned error", "code": 400}, "user_id": "u"}, {}


def error_choice(endpoint: str, body: Mapping[str, Any], prompt: str) -> Refused:
    """The same, hidden deeper: a choice that ended by an error."""
    error = {"code": 400, "message": "Upstream error from a provider"}
    choice = {"index": 0, "finish_reason": "error", "error": error, "text": "", "message": {"content": ""}}
    return 200, {"id": "gen-2", "choices": [choice]}, {}


def tei(endpoint: str, body: Mapping[str, Any], prompt: str, at_once: int = 32, most: int = 512) -> Refused | None:
    """Text Embeddings Inference: 32 texts, each shorter than the model's window; the error is a text."""
    if endpoint != "embeddings":
        return 404, {}, {}
    if len(body["input"]) > at_once:
        said = f"batch size {len(body['input'])} > maximum allowed batch size {at_once}"
        return 422, {"error": said, "error_type": "Validation"}, {}
    if any(not text for text in body["input"]):
        return 400, {"error": "`inputs` cannot be empty", "error_type": "Empty"}, {}
    longest = max(len(text.split()) for text in body["input"])
    if longest >= most:
        said = f"Input validation error: `inputs` must have less than {most} tokens. Given: {longest}"
        return 413, {"error": said, "error_type": "Validation"}, {}
    return None


def openai_embeddings(endpoint: str, body: Mapping[str, Any], prompt: str) -> Refused | None:
    """OpenAI's embedding models: 2,048 texts, 8,192 tokens each, 300,000 together; nothing else is asked of them."""
    if endpoint != "embeddings":
        return _openai("This is not a chat model and thus not supported in the v1/chat/completions endpoint.", "model")
    lengths = [len(text.split()) for text in body["input"]]
    if len(lengths) > 2048:
        said = f"Expected an array with maximum length 2048, but got an array with length {len(lengths)} instead."
        return _openai(f"Invalid 'input': array too long. {said}", "input", "array_above_max_length")
    if (at := next((n for n, length in enumerate(lengths) if length > 8192), None)) is not None:
        return _openai(f"Invalid 'input[{at}]': maximum input length is 8192 tokens.", "input")
    if sum(lengths) > 300_000:
        said = f"Requested {sum(lengths)} tokens, max 300000 tokens per request"
        error = {"message": said, "type": "max_tokens_per_request", "param": None, "code": "max_tokens_per_request"}
        return 400, {"error": error}, {}
    return None


def openai_chat(endpoint: str, body: Mapping[str, Any], prompt: str) -> Refused | None:
    """A chat model that is asked for embeddings."""
    said = "You are not allowed to generate embeddings from this model"
    return _openai(said, status=403) if endpoint == "embeddings" else None


def vllm_generates(endpoint: str, body: Mapping[str, Any], prompt: str) -> Refused | None:
    """vLLM with a model that writes: the path is there, and the task is not."""
    if endpoint != "embeddings":
        return None
    said = "The model does not support Embeddings API"
    return 400, {"object": "error", "message": said, "type": "BadRequestError", "param": None, "code": 400}, {}


def llama_server(endpoint: str, body: Mapping[str, Any], prompt: str) -> Refused | None:
    """llama-server without --embeddings."""
    if endpoint != "embeddings":
        return None
    said = "This server does not support embeddings. Start it with `--embeddings`"
    return 501, {"error": {"code": 501, "message": said, "type": "not_supported_error"}}, {}


def llama_embeddings(endpoint: str, body: Mapping[str, Any], prompt: str, most: int = 512) -> Refused | None:
    """llama-server with it: a text must fit into its physical batch, and the refusal is a 500."""
    longest = max((len(text.split()) for text in body.get("input", [""])), default=0)
    if endpoint == "embeddings" and longest > most:
        said = (
            f"input ({longest} tokens) is too large to process. increase the physical batch size (current batch size: "
            f"{most})"
        )
        return 500, {"error": {"code": 500, "message": said, "type": "server_error"}}, {}
    return None


def ollama_embeddings(endpoint: str, body: Mapping[str, Any], prompt: str, most: int = 512) -> Refused | None:
    """Ollama: a text that is longer than the model's context is refused, since it no longer cuts it."""
    if endpoint == "embeddings" and max(len(text.split()) for text in body["input"]) > most:
        error = {"message": "the input length exceeds the context length", "type": "api_error", "param": None}
        return 400, {"error": {**error, "code": None}}, {}
    return None


def dashscope(endpoint: str, body: Mapping[str, Any], prompt: str) -> Refused | None:
    """DashScope's compatible layer: ten texts at once."""
    if endpoint == "embeddings" and len(body["input"]) > 10:
        said = "Value error, batch size is invalid, it should not be larger than 10.: input.contents"
        inner = f"<400> InternalError.Algo.InvalidParameter: {said}"
        error = {"message": inner, "type": "InvalidParameter", "param": None, "code": "InvalidParameter"}
        return 400, {"error": error}, {}
    return None


def plain_numbers(endpoint: str, body: Mapping[str, Any], prompt: str) -> Refused | None:
    """A server that gives numbers as such and refuses to pack them."""
    if body.get("encoding_format") == "base64":
        return _openai("encoding_format 'base64' is not supported; use 'float'.", "encoding_format")
    return None


LIKE: Mapping[str, Refusing] = {
    "vllm": vllm,
    "tgi": tgi,
    "openai-reasoning": openai_reasoning,
    "claude": claude,
    "grok": grok,
    "gemini": gemini,
    "four-stops": four_stops,
    "fastapi": fastapi,
    "openrouter": openrouter,
    "responses-only": responses_only,
    "azure-filter": azure_filter,
    "error-inside": error_inside,
    "error-choice": error_choice,
    "tei": tei,
    "openai-embeddings": openai_embeddings,
    "openai-chat": openai_chat,
    "vllm-generates": vllm_generates,
    "llama-server": llama_server,
    "llama-embeddings": llama_embeddings,
    "ollama-embeddings": ollama_embeddings,
    "dashscope": dashscope,
    "plain-numbers": plain_numbers,
}
