"""A port that is taken, told before anything is served: by whom, and what to do."""

from __future__ import annotations

import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from core import port
from core.__main__ import main
from core.records import Refused


def test_a_port_that_another_program_has_is_told_before_anything_is_served(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "execv", lambda *words: pytest.fail("the server was started all the same"))
    monkeypatch.setattr(port, "_PATIENCE_S", 0.05)  # whoever listens here says nothing
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        assert main(["app", "--port", str(taken)]) == 1
    told = capsys.readouterr().err
    assert f"port {taken} is taken by another program" in told and f"--port {taken + 1}" in told
    port.must_be_free("127.0.0.1", taken)


def test_a_port_that_a_winnow_has_leads_there() -> None:
    class Winnow(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            self.send_header(*port.MARK)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Winnow) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        with pytest.raises(Refused, match=f"taken by a Winnow: open http://127.0.0.1:{server.server_port} "):
            port.must_be_free("127.0.0.1", server.server_port)
