"""The servers that Winnow knows by name. Any other OpenAI-compatible address is `custom`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit, urlunsplit

from core.records import Endpoint, NotFound, Refused


@dataclass(frozen=True, slots=True)
class Provider:
    """A server that speaks OpenAI's protocol; `endpoint` is the one to offer first, `note` a sentence for a person."""

    name: str
    label: str
    base_url: str
    endpoint: Endpoint = Endpoint.CHAT
    needs_key: bool = False
    note: str = ""

    @property
    def is_demo(self) -> bool:
        return self.name == "demo"

    @property
    def is_openai(self) -> bool:
        """Whether the address is OpenAI's own, whatever the preset's name."""
        host = urlsplit(self.base_url).hostname or ""
        return host == "api.openai.com" or host.endswith(".api.openai.com")

    @property
    def is_local(self) -> bool:
        """Whether the address is this machine; such a server is never reached through a proxy."""
        host = urlsplit(self.base_url).hostname or ""
        return host in ("localhost", "::1") or host.startswith("127.")

    @property
    def shown_url(self) -> str:
        """The address without a password that may stand in it."""
        parts = urlsplit(self.base_url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


DEMO = Provider(
    "demo",
    "Demo (recorded replies)",
    "http://demo.invalid/v1",
    Endpoint.COMPLETIONS,
    note="Replays replies that ship with Winnow: no key, no network. Everything made so is marked demo.",
)
OPENAI = Provider(
    "openai",
    "OpenAI",
    "https://api.openai.com/v1",
    needs_key=True,
    note="Most models answer on chat only; a few base models still answer on completions.",
)
OLLAMA = Provider(
    "ollama", "Ollama", "http://localhost:11434/v1", note="Start it with `ollama serve` and pull a model first."
)
VLLM = Provider(
    "vllm",
    "vLLM",
    "http://localhost:8000/v1",
    Endpoint.COMPLETIONS,
    note="Start it with `vllm serve MODEL`. Base models answer on completions, chat models on both.",
)
LLAMA_CPP = Provider(
    "llama.cpp",
    "llama.cpp",
    "http://localhost:8080/v1",
    Endpoint.COMPLETIONS,
    note="Start it with `llama-server -m MODEL.gguf`; it serves the one model that it was started with.",
)
LM_STUDIO = Provider(
    "lm-studio", "LM Studio", "http://localhost:1234/v1", note="Load a model and switch the local server on."
)
OPENROUTER = Provider(
    "openrouter",
    "OpenRouter",
    "https://openrouter.ai/api/v1",
    needs_key=True,
    note="A gateway to many vendors; model names read vendor/model.",
)
CUSTOM = Provider(
    "custom", "Another server", "", note="Any address that speaks OpenAI's protocol; it mostly ends in /v1."
)

PRESETS: Mapping[str, Provider] = {
    preset.name: preset for preset in (DEMO, OPENAI, OLLAMA, VLLM, LLAMA_CPP, LM_STUDIO, OPENROUTER, CUSTOM)
}


def provider(name: str, base_url: str = "") -> Provider:
    """Return the provider of that name, at `base_url` where one is given.

    An empty name means `custom` with an address and `demo` without one. Raises NotFound for an unknown name, Refused
    for an address that isn't one.
    """
    name = name or ("custom" if base_url else "demo")
    if name not in PRESETS:
        raise NotFound(f'There is no provider "{name}"; choose one of {", ".join(PRESETS)}.')
    preset = PRESETS[name]
    if preset.is_demo or not base_url:
        base_url = preset.base_url
    base_url = base_url.strip().rstrip("/")
    for path in ("/chat/completions", "/completions"):  # an address copied from the documentation of one call
        base_url = base_url.removesuffix(path)
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(
            "The server's address is missing or incomplete; give the whole base URL, such as http://localhost:8000/v1."
        )
    return replace(preset, base_url=base_url)
