"""Who gets at the server: this machine's own pages, under its own names, in no frame of another site."""

from __future__ import annotations

import http.client
import http.server
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from core.port import must_be_free
from core.records import Refused
from tests.browser.conftest import settled

pytestmark = pytest.mark.browser


def answer(address: str, path: str = "/", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return connection.getresponse()


SOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec_WebSocket_Protocol": "streamlit",
}


def test_an_address_opened_right_after_the_start_is_found(address: str, page) -> None:
    page.goto(f"{address}/ledger?pool=demo")
    settled(page)
    page.wait_for_selector("h1:has-text('Discards')")
    assert page.get_by_text("Page not found").count() == 0
    page.goto(f"{address}/overview?pool=demo")
    settled(page)
    page.wait_for_selector("h1:has-text('Overview')")
    assert page.get_by_text("Page not found").count() == 0
    assert page.elsewhere == []


def test_a_name_that_only_points_here_and_a_foreign_page_s_socket_are_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = urlsplit(address).port
    assert answer(address).status == 200
    assert answer(address, Host=f"rebound.example:{port}").status == 400
    assert answer(address, Host=f"localhost:{port}").status == 200
    assert answer(address, Host=f"user@localhost:{port}").status == 400
    socket = "/_stcore/stream"
    assert answer(address, socket, **SOCKET, Origin=address).status == 101
    assert answer(address, socket, **SOCKET, Origin="http://evil.example").status == 403
    assert answer(address, socket, **SOCKET, Origin="http://localhost:1").status == 403, "another program's page"
    assert answer(address, socket, **SOCKET, Host="rebound.example", Origin="http://rebound.example").status == 403
    assert answer(address, "/_stcore/metrics").status == 404
    monkeypatch.setattr("core.port._PATIENCE_S", 60.0)  # a busy machine's server takes its time to say who it is
    with pytest.raises(Refused, match=f"taken by a Winnow: open {address} "):
        must_be_free("127.0.0.1", port or 0)
    policy = answer(address).headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy and "default-src 'self'" in policy


def test_another_site_cannot_show_the_app_in_a_frame(address: str, page, tmp_path: Path) -> None:
    (tmp_path / "trap.html").write_text(
        f'<iframe src="{address}/" width="900" height="600"></iframe>', encoding="utf-8"
    )
    handler = lambda *args: http.server.SimpleHTTPRequestHandler(*args, directory=str(tmp_path))  # noqa: E731
    trap = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=trap.serve_forever, daemon=True).start()
    try:
        with page.expect_event("requestfailed", lambda asked: asked.url.startswith(address)):
            page.goto(f"http://127.0.0.1:{trap.server_port}/trap.html")
        assert all("Overview" not in frame.content() for frame in page.frames)
    finally:
        trap.shutdown()
