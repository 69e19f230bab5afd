"""The line to a server: how it is opened, which models it has, and in plain words what is wrong with it."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from core.llm.body import limit_of
from core.llm.diagnosis import Asked, diagnose
from core.llm.errors import (
    TimedOut,
)
from core.llm.eventloop import finished
from core.llm.listing import Listed, read_models
from core.llm.providers import Provider
from core.llm.reading import Answer, read_answer, read_json
from core.records import Endpoint

if TYPE_CHECKING:
    import httpx2

PATHS = {
    Endpoint.COMPLETIONS: "/completions",
    Endpoint.CHAT: "/chat/completions",
    Endpoint.RESPONSES: "/responses",
    Endpoint.EMBEDDINGS: "/embeddings",
}
CHECK_S = 30.0
LOOK_S = 1.0

T = TypeVar("T")


class Connection:
    """An open line to one server. Talks to that server's address and to nothing else; redirects aren't followed."""

    def __init__(
        self,
        provider: Provider,
        key: str,
        *,
        connections: int = 1,
        timeout: float = CHECK_S,
        headers: Mapping[str, str] | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """`timeout` is the most seconds that one request may take from its start to the whole answer.

        `headers` go with every request; none of them is a key.
        """
        self.provider, self._key, self._headers = provider, key, dict(headers or {})
        # A model in this program is first loaded, maybe downloaded, and answers as fast as the machine can.
        self._timeout = None if provider.is_in_process else timeout
        from core.llm import opening  # loads what speaks HTTP

        self._opening = opening
        if transport is None:
            transport = opening.in_process(provider)
        self._transport = transport
        self.line = opening.opened(provider, key, connections, transport)

    async def post(self, endpoint: Endpoint, body: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
        """Send a body exactly as it is and return the answer. Raises ModelError."""
        return read_answer(self.asked(endpoint, body), await self.text_of(endpoint, body, headers))

    async def text_of(self, endpoint: Endpoint, body: Mapping[str, Any], headers: Mapping[str, str]) -> str:
        """Send a body exactly as it is and return the answer unread. Raises ModelError."""
        asked = self.asked(endpoint, body)
        where = PATHS[endpoint]
        if self.provider.is_azure and self.provider.api_version:
            where = f"/deployments/{quote(asked.model, safe='')}{where}"
        return await self._send(asked, "post", where, body, headers)

    def asked(self, endpoint: Endpoint, body: Mapping[str, Any]) -> Asked:
        """Who is asked what, for the sentences about the answer."""
        return Asked(self.provider, self._key, str(body.get("model", "")), endpoint, tuple(body), limit_of(body))

    def asked_of_batches(self) -> Asked:
        """Who is asked about files and batches, for the sentences about the answer."""
        return Asked(self.provider, self._key)

    async def models(self) -> list[Listed]:
        """Return the server's models, by name. Raises ModelError."""
        asked = Asked(self.provider, self._key)
        return read_models(asked, await self._send(asked, "get", "/models", None, {}))

    @property
    def note(self) -> str:
        """What a person who waits is told of a model in this process; "" for a server."""
        return str(getattr(self._transport, "status", ""))

    @property
    def is_used_up(self) -> bool:
        """Whether recordings that answer in a model's place have begun again from the first."""
        return bool(getattr(self._transport, "is_used_up", False))

    async def close(self) -> None:
        await self.line.close()

    async def _send(
        self, asked: Asked, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> str:
        import httpx2

        options = self.options(headers)
        async with self.speaking(asked, self._timeout):
            if method == "get":
                response = await self.line.get(path, cast_to=httpx2.Response, options=options)
            else:
                # Escaped, because half a surrogate pair, which models do produce, has no UTF-8.
                content = json.dumps(dict(body or {}), allow_nan=False).encode("ascii")
                response = await self.line.post(path, cast_to=httpx2.Response, content=content, options=options)
            return response.text

    def options(self, headers: Mapping[str, str]) -> Any:
        """What goes with every request at this server: its key, the connection's headers, and these."""
        return {
            "headers": {**self._withheld(), **self._headers, **headers},
            "security": {"bearer_auth": True},
        }

    @asynccontextmanager
    async def speaking(self, asked: Asked, seconds: float | None) -> AsyncIterator[None]:
        """Turn whatever breaks while the server is spoken to into the error that says it; `seconds` None waits on."""
        import httpx2
        import openai

        try:
            async with _awake_for(seconds):
                yield
        except openai.APIStatusError as error:
            answer = _json_or_text(error.response.text)
            raise diagnose(asked, error.status_code, answer, error.response.headers) from None
        except UnicodeError:  # the openai package writes headers in ASCII; which one, nobody needs to see
            raise self._opening.no_header(asked) from None
        except TimeoutError:
            raise TimedOut(
                f"{asked.server} didn't answer within {seconds:g} s; allow more time or lower the concurrency."
            ) from None
        except openai.APIConnectionError as error:
            raise self._opening.no_line(asked, error.__cause__) from None
        except httpx2.TransportError as error:  # it broke while an answer was read piece by piece
            raise self._opening.no_line(asked, error) from None

    def _withheld(self) -> dict[str, Any]:
        """Headers that the openai package would add from the environment and this server has no business with."""
        from openai import Omit

        withheld: dict[str, Any] = {}
        if not self._key or self.provider.is_azure:
            withheld["Authorization"] = Omit()
        if self._key and self.provider.is_azure:
            withheld["api-key"] = self._key
        if not self.provider.is_openai:
            withheld |= {"OpenAI-Organization": Omit(), "OpenAI-Project": Omit()}
        return withheld


def list_models(provider: Provider, key: str, *, transport: httpx2.AsyncBaseTransport | None = None) -> list[str]:
    """Return the names of a server's models, sorted. Raises ModelError with a sentence for a person."""

    async def ask() -> list[str]:
        connection = Connection(provider, key, transport=transport)
        try:
            return [model.name for model in await connection.models()]
        finally:
            await connection.close()

    return finished(ask())


@asynccontextmanager
async def _awake_for(seconds: float | None) -> AsyncIterator[None]:
    """`asyncio.timeout` of the time in which this program ran. While it stood still (a laptop asleep) it could read no
    answer: one that has come meanwhile is paid for, and is read."""
    loop = asyncio.get_running_loop()
    left, seen = math.inf if seconds is None else seconds, loop.time()
    handle: asyncio.TimerHandle | None = None
    async with asyncio.timeout(None) as limit:

        def look() -> None:
            nonlocal left, seen, handle
            now = loop.time()
            left, seen = left - min(now - seen, 2 * LOOK_S), now
            if left <= 0:
                limit.reschedule(now)
            else:
                handle = loop.call_later(min(LOOK_S, left), look)

        if seconds is not None:
            look()
        try:
            yield
        finally:
            if handle is not None:
                handle.cancel()


def _json_or_text(text: str) -> Any:
    try:
        return read_json(text)
    except (ValueError, RecursionError):
        return text
