"""What is let in, and what every answer says a browser may do with it, asked of the guard itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pages.shared.guards import Guard

HEADERS = ("content-security-policy", "x-frame-options", "x-content-type-options", "cross-origin-resource-policy")


def asked(path: str = "/", kind: str = "http", **headers: str | tuple[str, ...]) -> list[dict[str, Any]]:
    """What the guard, before an app that answers everything, sends back."""
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        sent.append(dict(message))

    given = {"host": "127.0.0.1:8501", **headers}
    pairs = [
        (name.encode(), one.encode("latin-1"))
        for name, value in given.items()
        for one in ((value,) if isinstance(value, str) else value)
    ]
    scope = {"type": kind, "path": path, "headers": pairs, "query_string": b""}
    asyncio.run(Guard(app, hosts=())(scope, None, send))  # type: ignore[arg-type]
    return sent


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        *(("/", "127.0.0.1:8501", 200), ("/", "evil.example", 400), ("/", "localhost#;x", 400), ("/", "[::1", 400)),
        *(("/_stcore/metrics", "localhost", 404), ("/overview", "localhost", 307), ("/", "", 400)),
        *(("/near-duplicates", "localhost", 307), ("/models", "localhost", 307), ("/near", "localhost", 200)),
    ],
)
def test_every_answer_says_what_a_browser_may_do_with_it(path: str, host: str, status: int) -> None:
    start = asked(path, host=host)[0]
    assert start["status"] == status
    told = {name.decode(): value.decode() for name, value in start["headers"]}
    assert set(HEADERS) <= set(told)
    assert "frame-ancestors 'none'" in told["content-security-policy"]
    assert "evil" not in told["content-security-policy"] and "#" not in told["content-security-policy"]


@pytest.mark.parametrize("hosts", [("evil.example", "localhost"), ("localhost", "evil.example")])
def test_two_hosts_are_none(hosts: tuple[str, ...]) -> None:
    assert asked(host=hosts)[0]["status"] == 400


@pytest.mark.parametrize(
    ("origin", "let_in"),
    [
        ("http://127.0.0.1:8501", True),
        ("http://[::1", False),
        ("null", False),
        ("", False),
        ("http://127.0.0.1:8501@evil.example", False),
        ("http://localhost:8501", False),
    ],
)
def test_a_socket_is_opened_by_a_page_of_this_very_address_alone(origin: str, let_in: bool) -> None:
    [answer] = asked("/_stcore/stream", "websocket", origin=origin)
    assert (answer["type"] == "websocket.accept") is let_in
    [doubled] = asked("/_stcore/stream", "websocket", origin=("http://127.0.0.1:8501", "http://evil.example"))
    assert doubled["type"] == "websocket.close"
