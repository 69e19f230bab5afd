"""From what a server answered to one sentence that says what is wrong and what to do next."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from core.foreign import words
from core.llm import lengths
from core.llm.embedding_faults import EmbeddingFault, complaint_of
from core.llm.errors import (
    BadReply,
    ContentFiltered,
    ContextTooLong,
    ErrorInReply,
    ModelError,
    NeedsRoom,
    NoServer,
    NoSuchEndpoint,
    ParameterRefused,
    QuotaExhausted,
    RateLimited,
    RequestRefused,
    ServerFailed,
    TooManyTexts,
    UnknownModel,
    WrongKey,
)
from core.llm.faults import ServerFault, fault_in, wants_https
from core.llm.providers import Provider
from core.llm.quoting import quoted
from core.llm.refusals import refusal
from core.records import Endpoint

NO_RECORDING = "no_recording"  # how the demo says that it has no reply to this
OTHER = {
    Endpoint.COMPLETIONS: Endpoint.CHAT,
    Endpoint.CHAT: Endpoint.COMPLETIONS,
    Endpoint.RESPONSES: Endpoint.CHAT,
}
RESPONSES_ONLY = re.compile(r"only supported in v1/responses|use (the )?(v1/)?responses|responses (api|endpoint)", re.I)
_CONTEXT = re.compile(
    r"context[ _](length|size|window)|maximum context|reduce (your|the) prompt|reduce the length|too many tokens"
    r"|max_model_len|range of max_tokens"
    r"|exceed(s|ed|ing)?.{0,40}(n_ctx|context)|maximum (allowed )?(number of )?(output|completion) tokens"
    r"|max_tokens.{0,40}(too large|<=|less than or equal|valid range)|at most \d+ completion tokens",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked what: all that a sentence about the answer needs."""

    provider: Provider
    key: str
    model: str = ""
    endpoint: Endpoint | None = None
    parameters: tuple[str, ...] = ()
    limit: int | None = None  # the most tokens that the reply may have

    @property
    def server(self) -> str:
        return f"{self.provider.label} ({self.provider.shown_url})"


def diagnose(asked: Asked, status: int, answer: Any, headers: Mapping[str, str]) -> ModelError:
    """Return the error that a server's answer with this status means. `answer` is its JSON, or its text."""
    fault = fault_in(answer)
    said = quoted(fault.message, asked.key)
    lower = fault.message.lower()
    if status == 401:
        return _wrong_key(asked)
    if status == 400 and wants_https(answer):
        return NoServer(f"{asked.server} takes https alone; begin the address with https://.")
    if asked.endpoint is Endpoint.EMBEDDINGS and (wrong := _about_embeddings(asked, status, fault, said, lower)):
        return wrong
    if status == 403:
        return WrongKey(
            f"{asked.server} doesn't let this key use {_the_model(asked)}{said}; use a key that may, or another model."
        )
    if status == 402 or "insufficient_quota" in (fault.code, fault.type):
        room = lengths.read(fault.message)
        if room.most is not None:
            return ContextTooLong(
                f"The credit left at {asked.server} is too little for a reply of this length{said}; add credit there, "
                "or lower max_tokens, then resume.",
                room,
            )
        return QuotaExhausted(
            f"The account at {asked.server} has no credit left{said}; add credit or raise its limit there, then resume."
        )
    if fault.code == "content_filter" or "content_filter" in fault.type or "ResponsibleAIPolicy" in fault.code:
        return ContentFiltered(
            f"The content filter of {asked.server} let this prompt not through{said}; another provider may let this "
            "subject through.",
            words(fault.message, asked.key),
        )
    if status == 429:
        pause = retry_after(headers)
        return RateLimited(
            f"{asked.server} is limiting requests{said}; lower the concurrency or try again later.", pause
        )
    if 300 <= status < 400:
        where = headers.get("location", "another address")
        return RequestRefused(
            f"{asked.server} sends requests on to {words(where, asked.key)}; if you trust that address, make it the "
            "base URL."
        )
    if status in (400, 404, 405, 413, 422, 500, 501):
        found = _about_the_request(asked, status, fault, said, lower)
        if found:
            return found
    if status in (408, 409, 425) or status >= 500:
        return ServerFailed(
            f"{asked.server} failed with status {status}{said}; try again later or look into the server's log.",
            retry_after(headers),
        )
    return RequestRefused(f"{asked.server} refused the request with status {status}{said}; change the run's settings.")


def unreadable(asked: Asked, raw: str, why: str) -> BadReply:
    """Return the error for an answer with status 200 that is no reply."""
    if raw.lstrip()[:1] == "<":
        return BadReply(
            f"{asked.server} answered with a web page, not a reply; check the base URL, which mostly ends in /v1."
        )
    return BadReply(f"{asked.server} sent a reply that can't be read ({why}); look into the server's log.")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the pause in seconds that a server asks for, in any of the four ways in use, or None."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        if seconds >= 0:  # and so not "nan"
            return seconds
    then, now = _moment(headers.get("retry-after")), _moment(headers.get("date"))
    if then is None:
        then = _reset(headers.get("x-ratelimit-reset"))
    if then is None:
        return None
    # Against the server's own clock where it tells it, so that a wrong clock here doesn't matter.
    return max(0.0, then - (time.time() if now is None else now))


def hidden(asked: Asked, status: int, answer: Any) -> ModelError:
    """Return the error that stands in an answer with status 200, `status` being what it should have been.

    What is about the connection or the request's making is told as ever; the server's own trouble is an ErrorInReply.
    """
    error = diagnose(asked, status, answer, {})
    if not isinstance(error, ServerFailed) and type(error) is not RequestRefused:
        return error
    said = quoted(fault_in(answer).message, asked.key)
    return ErrorInReply(
        f"{asked.server} sent an error in the place of a reply{said}; resume later, or use another model or provider.",
        words(fault_in(answer).message, asked.key),
        passing=error.may_succeed_later,
    )


def _wrong_key(asked: Asked) -> WrongKey:
    if not asked.key:
        return WrongKey(
            f"{asked.server} asks for a key and none is set; enter one on the page Models or set OPENAI_API_KEY."
        )
    return WrongKey(f"{asked.server} doesn't accept the key; check that it is whole, not expired, and meant for there.")


def _about_the_request(asked: Asked, status: int, fault: ServerFault, said: str, lower: str) -> ModelError | None:
    if "output limit was reached" in lower:
        return NeedsRoom(
            f"{_the_model(asked, capital=True)} at {asked.server} thought until its tokens were used up{said}; raise "
            "max_tokens, or lower its reasoning effort."
        )
    if fault.code == "context_length_exceeded" or "exceed_context" in fault.type or _CONTEXT.search(fault.message):
        return ContextTooLong(
            f"Prompt and reply don't fit into what {_the_model(asked)} can hold{said}; show fewer examples, lower "
            "max_tokens, or use a model with a longer context.",
            lengths.read(fault.message),
        )
    if status == 500:
        return None
    if fault.code == NO_RECORDING:
        return RequestRefused(fault.message)
    if _means_wrong_endpoint(asked, lower):
        return _no_endpoint(asked, said)
    if status in (405, 501):
        return _no_endpoint(asked, said)
    if _means_unknown_model(status, fault, lower):
        return UnknownModel(
            f'{asked.server} has no model "{asked.model}"{said}; choose one from the model list or check the spelling.'
        )
    if status == 404 and "requested parameters" not in lower:  # OpenRouter, asked to send nobody what they don't take
        return _no_endpoint(asked, said)
    return _parameter_refused(asked, fault, said)


def _about_embeddings(asked: Asked, status: int, fault: ServerFault, said: str, lower: str) -> ModelError | None:
    if status in (402, 429):
        return None
    found = complaint_of(status, fault.message)
    if found is None:
        nothing_there = status in (404, 405) and not _means_unknown_model(status, fault, lower)
        return _makes_none(asked, said) if nothing_there else None
    if found.fault is EmbeddingFault.NO_EMBEDDINGS:
        return _makes_none(asked, said)
    if found.fault is EmbeddingFault.TOO_LONG:
        return ContextTooLong(f"A text is longer than {_the_model(asked)} takes{said}; use a model that takes more.")
    return TooManyTexts(f"{asked.server} takes fewer texts in one request{said}; raise its limit.", found.most)


def _makes_none(asked: Asked, said: str) -> NoSuchEndpoint:
    return NoSuchEndpoint(
        f"{_the_model(asked, capital=True)} at {asked.server} makes no embeddings{said}; name one that does, start its "
        "server for it (vLLM: --runner pooling, before --task embed; llama-server: --embeddings), or leave the model "
        "of embeddings empty, so that words are weighed by TF-IDF."
    )


def _means_wrong_endpoint(asked: Asked, lower: str) -> bool:
    return (
        ("chat model" in lower and "completions endpoint" in lower)  # OpenAI, asked for a text completion
        or RESPONSES_ONLY.search(lower) is not None
        or "does not support chat completions" in lower
        or "does not support completions" in lower
        or ("chat template" in lower and asked.endpoint is Endpoint.CHAT)  # vLLM with a base model
    )


def _means_unknown_model(status: int, fault: ServerFault, lower: str) -> bool:
    if "model_not_found" in (fault.code, fault.type):
        return True
    if "not a valid model" in lower or "invalid model" in lower:
        return True
    absent = any(words in lower for words in ("not found", "does not exist", "no such", "not exist", "unknown model"))
    return status == 404 and "model" in lower and absent


def _no_endpoint(asked: Asked, said: str) -> ModelError:
    if asked.endpoint is None:
        return NoSuchEndpoint(f"{asked.server} has no such path{said}; check the base URL, which mostly ends in /v1.")
    other = OTHER[asked.endpoint]
    if asked.endpoint is not Endpoint.RESPONSES and RESPONSES_ONLY.search(said):
        other = Endpoint.RESPONSES
    if asked.provider.is_azure:
        return NoSuchEndpoint(
            f'{asked.server} has no deployment "{asked.model}" that answers on {asked.endpoint}{said}; give the name '
            "of a deployment as the model, and check the address and api-version."
        )
    return NoSuchEndpoint(
        f"{asked.server} has no {asked.endpoint} endpoint for {_the_model(asked)}{said}; choose the endpoint "
        f"{other}, or check the base URL, which mostly ends in /v1."
    )


def _parameter_refused(asked: Asked, fault: ServerFault, said: str) -> ParameterRefused | None:
    refused = refusal(asked.parameters, fault.message, fault.parameter, fault.code)
    if refused is None:
        return None
    return ParameterRefused(
        f"{_the_model(asked, capital=True)} at {asked.server} doesn't accept {refused.name} as it was sent{said}; "
        f"change {refused.name} in the run's settings, or use another model.",
        refused.name,
        refused.instead,
        refused.most,
        said,
    )


def _the_model(asked: Asked, capital: bool = False) -> str:
    the = "The" if capital else "the"
    return f'{the} model "{asked.model}"' if asked.model else f"{the} model"


def _reset(written: str | None) -> float | None:
    """The moment of X-RateLimit-Reset where it is one: milliseconds since 1970, as OpenRouter sends it."""
    try:
        moment = float(written or "") / 1000
    except ValueError:
        return None
    return moment if 1_000_000_000 < moment < 10_000_000_000 else None


def _moment(written: str | None) -> float | None:
    if not written:
        return None
    try:
        return parsedate_to_datetime(written).timestamp()
    except ValueError:
        return None
