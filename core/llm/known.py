"""What providers are known to swallow without effect, or not to have at all, with source and date.

Swallowed is worse than refused: nobody says anything. Such a parameter counts as not taken and isn't sent. These rows
age; a connection test tries what can be tried by effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.llm.findings import ModelFinding, ParameterVerdict
from core.llm.providers import Provider
from core.records import Endpoint

WHITE_SPACE = "white space"  # of `stop`: only those sequences that are nothing else


@dataclass(frozen=True, slots=True)
class Known:
    """Parameters that a host's models (whose names match) take without effect; an empty pattern means every one."""

    host: str
    model: str
    parameters: tuple[str, ...]
    source: str
    as_of: str
    only: str = ""


SWALLOWED: tuple[Known, ...] = (
    Known(
        r"(^|\.)api\.anthropic\.com$",
        "",
        ("presence_penalty", "frequency_penalty", "seed", "logit_bias", "response_format", "reasoning_effort"),
        "Anthropic, OpenAI SDK compatibility: fields that are ignored",
        "2026-11-21",
    ),
    Known(
        r"(^|\.)api\.anthropic\.com$",
        "",
        ("stop",),
        "Anthropic, OpenAI SDK compatibility: only stop sequences that are not white space work",
        "2026-11-21",
        WHITE_SPACE,
    ),
    Known(
        r"(^|\.)api\.deepseek\.com$",
        r"reason|think|v[4-9]",
        ("temperature", "top_p", "presence_penalty", "frequency_penalty"),
        "DeepSeek, guide to thinking mode: accepted for compatibility, without effect",
        "2026-11-21",
    ),
    Known(
        r"(^|\.)openrouter\.ai$",
        r"anthropic/",
        ("presence_penalty", "frequency_penalty", "seed"),
        "OpenRouter: parameters that a model's vendor doesn't support are left out without a word",
        "2026-11-21",
    ),
)

ABSENT = {
    Endpoint.RESPONSES: (
        *("stop", "presence_penalty", "frequency_penalty", "seed", "n", "logit_bias", "best_of"),
        "max_tokens",
    )
}
"""What an endpoint has no parameter for (OpenAI, API reference of Responses, as of 2026-11-21)."""


def of(provider: Provider, endpoint: Endpoint, model: str) -> dict[str, ModelFinding]:
    """Return what is known beforehand about a model at a provider, by parameter."""
    found = {
        name: ModelFinding(
            name, ParameterVerdict.ABSENT, said=f"The endpoint {endpoint} has no {name}.", as_of="2026-11-21"
        )
        for name in ABSENT.get(endpoint, ())
    }
    return found | {finding.parameter: finding for finding in _swallowed(provider, model)}


def _swallowed(provider: Provider, model: str) -> Iterator[ModelFinding]:
    for known in SWALLOWED:
        if re.search(known.host, provider.host) and re.search(known.model, model, re.IGNORECASE):
            for name in known.parameters:
                yield ModelFinding(name, ParameterVerdict.SWALLOWED, known.only or None, known.source, known.as_of)
