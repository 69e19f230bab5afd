"""A small server of our own on the loopback that answers like OpenAI's fine-tuning and like the Hub."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.release.fake_hub import Hub, Refusal


@dataclass
class Service:
    """What the server was told and what it will say; `refuse` maps the start of a path to (status, body)."""

    url: str = ""
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)
    authorizations: set[str] = field(default_factory=set)
    refuse: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    states: list[str] = field(default_factory=lambda: ["running", "succeeded"])
    hub: Hub = field(default_factory=Hub)

    @property
    def repository_files(self) -> dict[str, bytes]:
        """The files of the branch main."""
        return self.hub.branches["main"]

    def paths(self, method: str) -> list[str]:
        return [path for asked, path, _ in self.requests if asked == method]


@contextmanager
def serving() -> Iterator[Service]:
    """Serve until the block ends."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *said: object) -> None: ...

        def do_GET(self) -> None:
            self._handle("GET")

        def do_POST(self) -> None:
            self._handle("POST")

        def do_PUT(self) -> None:
            self._handle("PUT")

        def _handle(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            path = self.path.split("?")[0]
            service.requests.append((method, path, body))
            if not path.startswith("/lfs/"):  # its address is its own permission
                service.authorizations.add(self.headers.get("authorization", ""))
            refusal = next((said for start, said in service.refuse.items() if path.startswith(start)), None)
            status, code = 200, ""
            try:
                if refusal:
                    status, answer = refusal
                else:
                    answer = _answer(service, method, path, body, self.headers)
            except Refusal as refused:
                status, code, answer = refused.status, refused.code, refused.body
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            if code or status == 404:
                self.send_header("x-error-code", code or "RepoNotFound")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(service: Service, method: str, path: str, body: bytes, headers: Any) -> Any:
    if path == "/v1/files":
        file_id = f"file-{len(service.files) + 1}"
        service.files[file_id] = _uploaded(body, headers["content-type"])
        return {"id": file_id, "object": "file", "bytes": len(body), "created_at": 1, "filename": "f",
                "purpose": "fine-tune", "status": "processed"}  # fmt: skip
    if path == "/v1/fine_tuning/jobs":
        return _job(service, "queued", json.loads(body))
    if path.endswith("/events"):
        return {"object": "list", "has_more": False, "data": [_event(2, "step 2"), _event(1, "step 1")]}
    if path.endswith("/cancel"):
        return _job(service, "cancelled", {})
    if path.startswith("/v1/fine_tuning/jobs/"):
        return _job(service, service.states.pop(0), {})
    return service.hub.answer(service.url, method, path, body, headers)


def _job(service: Service, state: str, asked: dict[str, Any]) -> dict[str, Any]:
    done = state == "succeeded"
    error = {"code": "invalid", "message": "the file has a bad row", "param": None} if state == "failed" else None
    return {
        "id": "ftjob-1", "object": "fine_tuning.job", "created_at": 1, "status": state, "seed": 1, "error": error,
        "model": asked.get("model", "gpt-small"), "training_file": asked.get("training_file", "file-1"),
        "fine_tuned_model": "ft:gpt-small:kind" if done else None, "trained_tokens": 4_000 if done else None,
        "organization_id": "o", "result_files": [], "hyperparameters": {"n_epochs": 2}, "finished_at": None,
        "validation_file": asked.get("validation_file"),
    }  # fmt: skip


def _event(number: int, message: str) -> dict[str, Any]:
    return {
        "id": f"e{number}",
        "object": "fine_tuning.job.event",
        "created_at": number,
        "level": "info",
        "message": message,
    }


def _uploaded(body: bytes, content_type: str) -> bytes:
    boundary = re.search("boundary=(.+)", content_type)
    assert boundary is not None
    for part in body.split(b"--" + boundary[1].encode()):
        head, _, content = part.partition(b"\r\n\r\n")
        if b'name="file"' in head:
            return content.removesuffix(b"\r\n")
    raise AssertionError("no file came")
