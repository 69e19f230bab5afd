"""The servers that Winnow knows by name. Any other OpenAI-compatible address is `custom`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit

from core import extensions
from core.llm.quoting import holds_a_key
from core.missing import no_such_name
from core.records import Endpoint, Refused


@dataclass(frozen=True, slots=True)
class Provider:
    """A server that speaks OpenAI's protocol; `endpoint` is the one to offer first, `note` a sentence for a person."""

    name: str
    label: str
    base_url: str
    endpoint: Endpoint = Endpoint.CHAT
    needs_key: bool = False
    note: str = ""
    api_version: str = ""
    """Azure's, as it stands in the query of every address there; empty for its newest kind of address (/openai/v1)."""

    @property
    def is_demo(self) -> bool:
        return self.name == "demo"

    @property
    def host(self) -> str:
        """The address's host name, empty where there is none."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def is_openai(self) -> bool:
        """Whether the address is OpenAI's own, whatever the preset's name."""
        return self.host == "api.openai.com" or self.host.endswith(".api.openai.com")

    @property
    def is_azure(self) -> bool:
        """Whether deployments are spoken to instead of models, with the key in a header of its own."""
        return self.name == "azure"

    @property
    def is_in_process(self) -> bool:
        """Whether the model runs in this program, without a server."""
        return self.name == "local"

    @property
    def is_local(self) -> bool:
        """Whether the address is this machine; such a server is never reached through a proxy."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

    @property
    def is_free(self) -> bool:
        """Whether nobody is paid: recordings, this program, this machine."""
        return self.is_demo or self.is_in_process or self.is_local

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
    note="Its models answer on chat or responses; the last of its completions models was scheduled off on 2026-09-28.",
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
AZURE = Provider(
    "azure",
    "Azure OpenAI",
    "",
    needs_key=True,
    note="The address is https://NAME.openai.azure.com, with ?api-version=... for an older kind of resource; the model "
    "is the name of a deployment.",
)
LOCAL = Provider(
    "local",
    "This program (transformers)",
    "http://local.invalid/v1",
    note="Runs a model here, without a server or a key: a folder, or a hub name such as Qwen/Qwen3-0.6B, which is "
    "downloaded when it is first used. Base models answer on completions.",
)
CUSTOM = Provider(
    "custom", "Another server", "", note="Any address that speaks OpenAI's protocol; it mostly ends in /v1."
)

_IN_PATH = re.compile(r"(key|token|secret|passw|auth|signature|credential)[^/;=]*=", re.IGNORECASE)
LONGEST_ADDRESS = 2000
_SECRET = re.compile(r"key|token|secret|passw|auth|signature|credential|^sig$", re.IGNORECASE)

OWN: Mapping[str, Provider] = {
    preset.name: preset
    for preset in (DEMO, OPENAI, OLLAMA, VLLM, LLAMA_CPP, LM_STUDIO, OPENROUTER, AZURE, LOCAL, CUSTOM)
}
PRESETS: Mapping[str, Provider] = {**OWN, **extensions.load(extensions.PROVIDERS, Provider, OWN).found}


def provider(name: str, base_url: str = "") -> Provider:
    """Return the provider of that name, at `base_url` where one is given.

    An empty name means `custom` with an address and `demo` without one. Raises NotFound for an unknown name, Refused
    for an address that isn't one.
    """
    name = name or ("custom" if base_url else "demo")
    if name not in PRESETS:
        raise no_such_name("provider", name, PRESETS, "")
    preset = PRESETS[name]
    if preset.is_demo or preset.is_in_process or not base_url:
        base_url = preset.base_url
    parts = checked_address(base_url.strip())
    if parts.query and not preset.is_azure:
        raise Refused(
            "The server's address has a query (what stands after the ?); leave it out, or choose the provider azure "
            "where it names an api-version."
        )
    version = dict(parse_qsl(parts.query)).get("api-version", "") if preset.is_azure else ""
    path = parts.path.rstrip("/")
    # An address copied from one call's documentation.
    for call in ("/chat/completions", "/completions", "/responses", "/embeddings"):
        path = path.removesuffix(call)
    if preset.is_azure:
        path = re.sub(r"/deployments/[^/]+\Z", "", path) or "/openai"
        path = path if path.startswith("/openai") else f"{path}/openai"
        path = path if version or path.endswith("/v1") else f"{path}/v1"
    query = f"api-version={version}" if version else ""
    return replace(preset, base_url=urlunsplit((parts.scheme, parts.netloc, path, query, "")), api_version=version)


def checked_address(base_url: str) -> SplitResult:
    """The parts of a server's address, whosever it is. Raises Refused for one that is none, and for one that holds a
    name, a password or a key wherever in it: an address is stored and shown."""
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # half an IPv6 address, a port that is no number
        usable = False
    if not usable or len(base_url) > LONGEST_ADDRESS or not base_url.isprintable() or " " in base_url:
        raise Refused(
            "The server's address is missing or incomplete; give the whole base URL, such as http://localhost:8000/v1."
        )
    if "@" in parts.netloc:
        raise Refused(
            "The server's address holds a name or password, which would be stored and shown; take what stands before "
            "the @ out of it and enter it as the key."
        )
    named = parse_qsl(f"{parts.query}&{parts.fragment}", keep_blank_values=True)
    if any(_SECRET.search(name) for name, _ in named) or _IN_PATH.search(parts.path) or holds_a_key(base_url):
        raise Refused(
            "The server's address holds a key, which would be stored and shown; take it out and enter it as the key."
        )
    return parts
