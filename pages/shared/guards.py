"""Who may speak to the server, and what a browser may do with its pages. Runs before anything of Streamlit's.

A page of another site must not read the app (a host name of its own that points here), speak to its socket, or show it
in a frame in which a click rates something. Streamlit alone lets in any host name and any origin called localhost.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from core import settings
from core.port import MARK
from pages.shared import contents

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
CLOSED = ("/_stcore/metrics",)  # what the server counts is nobody's business
# People write what they read: a page's title for its address, and of the first one, which has none for Streamlit, too.
ALSO = {
    f"/{name}": f"/{entry.address}" if entry.address != contents.FIRST else "/"
    for section in contents.SECTIONS.values()
    for entry in section
    if (name := entry.title.lower().replace(" ", "-")) != entry.address or entry.address == contents.FIRST
}
POLICY_VIOLATION = 1008

# Streamlit's own front end evaluates code (charts do) and has styles and a script inline; nothing comes from
# elsewhere, no frame may show it, and the only server that is spoken to is this one.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; "
    "connect-src 'self' ws://{0} wss://{0}; "
    "media-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-src 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    MARK[0]: MARK[1],
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """ASGI middleware: lets through what comes from this machine's own pages, and says in headers what they may do."""

    def __init__(self, app: App, hosts: Iterable[str] | None = None) -> None:
        self._app = app
        named = settings.load().hosts if hosts is None else hosts
        self._hosts = frozenset((*THIS_MACHINE, *(host.strip().lower() for host in named if host.strip())))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        if scope["type"] == "http":
            send = _with_headers(send, host if self._is_ours(host) else THIS_MACHINE[0])
        if not self._is_ours(host) or _doubled(scope):
            await _refuse(scope, send, 400, "This host name is not one of Winnow's; WINNOW_HOSTS names others.")
        elif scope["type"] == "websocket" and not _same_origin(headers, host):
            await _refuse(scope, send, 403, "Another site's page may not speak to this one.")
        elif scope["type"] == "http" and scope["path"] in ALSO:
            await _send_on(scope, send, ALSO[scope["path"]])
        elif scope["path"] in CLOSED:
            await _refuse(scope, send, 404, "There is nothing here.")
        else:
            await self._app(scope, receive, send)

    def _is_ours(self, host: str) -> bool:
        try:
            named = urlsplit(f"//{host}")
            _ = named.port  # raises where it is no number
        except ValueError:
            return False
        plain = not (named.username or named.password or named.path or named.query or named.fragment)
        return plain and (named.hostname or "").rstrip(".") in self._hosts


def _same_origin(headers: Mapping[str, str], host: str) -> bool:
    """Whether a page of this very address, port included, opens the socket; programs that are no browser name none."""
    origin = headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:  # half an IPv6 address
        return False


def _doubled(scope: Scope) -> bool:
    """Whether a request names two hosts or two origins, of which something behind this one might take the other."""
    names = [name.lower() for name, _ in scope["headers"]]
    return names.count(b"host") > 1 or names.count(b"origin") > 1


def _with_headers(send: Send, host: str) -> Send:
    ours = {**HEADERS, "content-security-policy": POLICY.format(host)}

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            kept = [(name, value) for name, value in message.get("headers", ()) if name.decode().lower() not in ours]
            added = [(name.encode(), value.encode("latin-1")) for name, value in ours.items()]
            message = {**message, "headers": [*kept, *added]}
        await send(message)

    return sending


async def _refuse(scope: Scope, send: Send, status: int, why: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": why})
        return
    body = why.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _send_on(scope: Scope, send: Send, path: str) -> None:
    query = scope.get("query_string", b"")
    where = path.encode() + (b"?" + query if query else b"")
    headers = [(b"location", where), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 307, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
