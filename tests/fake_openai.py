"""A server that speaks OpenAI's protocol over real HTTP on loopback, and misbehaves on request.

In a test: `with FakeOpenAI(script=["429:0.05", "cut"]) as server: ... server.url`. For another process:
`python -m tests.fake_openai --port 0 --latency 1 --journal FILE` prints its base URL and serves until killed.

A script is one word a request, in order of arrival; after it, and for "ok", all is well:
  ok  length (reply cut by length)  malformed  empty (no choices)  html  cut (no answer)  cut-body (half an answer)
  hang:SECONDS  quota (429 without credit)  STATUS or STATUS:RETRY_AFTER, e.g. 500, 429:0.1, "429:Wed, 21 Oct ..."
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import struct
import sys
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.fake_replies import self_instruct_reply, vector_of
from tests.fake_servers import LIKE, Refusing

Answer = Callable[[Mapping[str, Any], str], str | Mapping[str, Any]]
Raw = tuple[int, Mapping[str, str], bytes]
ENDPOINTS = {
    "chat/completions": "chat",
    "completions": "completions",
    "responses": "responses",
    "embeddings": "embeddings",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as the server got it. `number` counts from 1; `headers` have lower-case names."""

    number: int
    path: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    prompt: str

    @property
    def prompt_hash(self) -> str:
        return sha256(self.prompt.encode("utf-8", "surrogatepass")).hexdigest()


MOST_FAULTS = 4


class FakeOpenAI:
    """The server. Everything it got is in `requests`; `most_at_once` is how many it worked on together at most."""

    def __init__(
        self,
        *,
        port: int = 0,
        latency: float = 0.0,
        script: Iterable[str] = (),
        every: int = 0,
        faults: Iterable[str] = (),
        models: Iterable[str | Mapping[str, Any]] = ("fake",),
        key: str = "",
        endpoints: Iterable[str] = ("completions", "chat", "responses", "embeddings", "models"),
        context: int | None = None,
        refuses: Iterable[str] = (),
        like: str | Refusing = "",
        raw: Callable[[str], Raw | None] | None = None,
        at_once: int | None = None,
        usage: bool = True,
        journal: Path | None = None,
        answer: Answer = self_instruct_reply,
        vector: Callable[[str], Any] = vector_of,
    ) -> None:
        """`every` N sends each Nth request the next of `faults`, in turn, and one prompt at most `MOST_FAULTS` of them:
        with more, chance alone would now and then use up all attempts. `context`: the largest max_tokens that fits.

        `refuses`: parameters that the model doesn't support; `like`: whose refusals it copies (tests/fake_servers.py).
        `at_once`: above that many together it answers 429. `answer(body, prompt)` gives the text, or the whole choice
        (on responses: fields of the whole answer); `vector(text)` a text's embedding. `raw(path)` gives status, headers
        and bytes instead of everything.
        """
        self.latency, self.key, self.models, self.endpoints = latency, key, tuple(models), tuple(endpoints)
        self.context, self.refuses, self.at_once, self.usage = context, tuple(refuses), at_once, usage
        self.answer, self.vector = answer, vector
        self.like: Refusing = LIKE[like] if isinstance(like, str) and like else like or (lambda *_: None)
        self.raw = raw or (lambda path: None)
        self.requests: list[Sent] = []
        self.answered: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self.in_flight = self.most_at_once = 0
        self._script, self._every, self._faults = list(script), every, list(faults)
        self._numbers, self._lock = count(1), threading.Lock()
        self._journal = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if journal else None
        self._http = _Server(("127.0.0.1", port), _handler(self))
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def serve(self) -> None:
        self._http.serve_forever()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        if self._journal is not None:
            os.close(self._journal)
            self._journal = None

    def sent(self, prompt: str) -> int:
        """How often a request with this prompt came."""
        return sum(request.prompt == prompt for request in self.requests)

    def aside(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> Raw | None:
        """The answer to a call that asks for no reply; None for every other."""
        return None

    def take(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> tuple[Sent, str]:
        """Note a request down, in memory and in the journal, before anything is answered; return what is to happen."""
        with self._lock:
            sent = Sent(next(self._numbers), path, body, headers, _prompt(body))
            self.requests.append(sent)
            self.in_flight += 1
            self.most_at_once = max(self.most_at_once, self.in_flight)
            self._write({"number": sent.number, "path": path, "prompt": sent.prompt_hash, "body": body})
            word = self._script.pop(0) if self._script else "ok"
            due = self._every and self._faults and sent.number % self._every == 0
            if due and self._failed[sent.prompt_hash] < MOST_FAULTS:
                self._failed[sent.prompt_hash] += 1
                word = self._faults[(sent.number // self._every - 1) % len(self._faults)]
            if self.at_once is not None and self.in_flight > self.at_once:
                word = "429"
            return sent, word

    def note_answered(self, sent: Sent) -> None:
        """Note down that a good reply left whole."""
        with self._lock:
            self.answered[sent.prompt_hash] += 1
            self._write({"number": sent.number, "answered": True, "prompt": sent.prompt_hash})

    def leave(self) -> None:
        with self._lock:
            self.in_flight -= 1

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._journal is not None:
            os.write(self._journal, (json.dumps(line) + "\n").encode())


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up (a killed one) is no event."""


def _handler(fake: FakeOpenAI) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            if self._raw() or self._aside("GET", b""):
                return None
            if fake.key and self.headers.get("Authorization") != f"Bearer {fake.key}":
                return self._refuse(401, _wrong_key(self.headers.get("Authorization", "")), "invalid_api_key")
            if self.path != "/v1/models" or "models" not in fake.endpoints:
                return self._refuse(404, "Not Found")
            return self._send(
                200,
                {"object": "list", "data": [{"id": name} if isinstance(name, str) else name for name in fake.models]},
            )

        def do_POST(self) -> None:
            content = self._content()
            if self._raw() or self._aside("POST", content):
                return
            body = json.loads(content or b"{}")
            sent, word = fake.take(self.path, body, {k.lower(): v for k, v in self.headers.items()})
            try:
                time.sleep(fake.latency)
                self._misbehave(sent, word)
            finally:
                fake.leave()

        def _misbehave(self, sent: Sent, word: str) -> None:
            word, _, detail = word.partition(":")
            if word == "hang":
                time.sleep(float(detail))
            if word == "cut":
                return self._hang_up()
            if word == "html":
                return self._write(200, b"<!doctype html><title>Welcome</title>", "text/html")
            if word == "malformed":
                return self._write(200, b'{"choices": [{"text": "half', "application/json")
            if word == "empty":
                return self._send(200, {"choices": []})
            if word == "quota":
                return self._refuse(429, "You exceeded your current quota.", "insufficient_quota")
            if word.isdigit():
                return self._refuse(int(word), f"Scripted {word}.", headers={"Retry-After": detail} if detail else {})
            if self._refused(sent):
                return None
            reply = reply_to(fake, sent, "length" if word == "length" else "stop")
            if word == "cut-body":
                return self._write(200, json.dumps(reply).encode(), "application/json", only_half=True)
            self._send(200, reply)
            return fake.note_answered(sent)

        def _refused(self, sent: Sent) -> bool:
            said = refusal(fake, sent)
            if said is None:
                return False
            status, answer, headers = said
            self._send(status, answer, headers)
            return True

        def _content(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _aside(self, method: str, content: bytes) -> bool:
            """Whether this call is none for a reply, and was answered (files and batches)."""
            headers = {k.lower(): v for k, v in self.headers.items()}
            said = fake.aside(method, self.path, headers, content)
            if said is None:
                return False
            status, more, answer = said
            self._write(status, answer, "application/json", more)
            return True

        def _raw(self) -> bool:
            """Whether the test gives this request's answer, byte for byte."""
            given = fake.raw(self.path)
            if given is None:
                return False
            status, headers, content = given
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
            return True

        def _refuse(
            self, status: int, message: str, code: str = "", param: str = "", headers: Mapping[str, str] | None = None
        ) -> None:
            self._send(status, complaint(status, message, code, param)[1], headers)

        def _send(self, status: int, answer: Any, headers: Mapping[str, str] | None = None) -> None:
            self._write(status, json.dumps(answer).encode(), "application/json", headers)

        def _write(
            self,
            status: int,
            content: bytes,
            kind: str,
            headers: Mapping[str, str] | None = None,
            only_half: bool = False,
        ) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if only_half else content)
            self.wfile.flush()
            if only_half:
                self._hang_up()

        def _hang_up(self) -> None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    return Handler


def refusal(fake: FakeOpenAI, sent: Sent) -> tuple[int, Any, Mapping[str, str]] | None:
    """What the server declines a request with (status, answer, headers); None for one that it answers."""
    body, endpoint = sent.body, _endpoint(sent.path)
    limit = int(body.get("max_tokens") or body.get("max_completion_tokens") or 0)
    authorization = sent.headers.get("authorization", "")
    refused = next((name for name in fake.refuses if name in body), None)
    if fake.key and authorization != f"Bearer {fake.key}":
        return complaint(401, _wrong_key(authorization), "invalid_api_key")
    if endpoint not in fake.endpoints:
        return complaint(404, "Not Found")
    if body.get("model") not in [one if isinstance(one, str) else one["id"] for one in fake.models]:
        return complaint(404, f"The model `{body.get('model')}` does not exist.", "model_not_found")
    if refused:
        hint = " Use 'max_completion_tokens' instead." if refused == "max_tokens" else ""
        message = f"Unsupported parameter: '{refused}' is not supported with this model.{hint}"
        return complaint(400, message, "unsupported_parameter", refused)
    if fake.context is not None and limit > fake.context:
        message = f"This model's maximum context length is exceeded: {limit} for the completion."
        return complaint(400, message, "context_length_exceeded", "messages")
    return fake.like(endpoint, body, sent.prompt)


def complaint(status: int, message: str, code: str = "", param: str = "") -> tuple[int, Any, Mapping[str, str]]:
    """An error in OpenAI's shape."""
    return (
        status,
        {"error": {"message": message, "type": "fake_error", "code": code or None, "param": param or None}},
        {},
    )


def reply_to(fake: FakeOpenAI, sent: Sent, finish_reason: str) -> Mapping[str, Any]:
    if _endpoint(sent.path) == "embeddings":
        return embeddings_for(fake, sent.body)
    answer, endpoint = fake.answer(sent.body, sent.prompt), _endpoint(sent.path)
    text = answer if isinstance(answer, str) else ""
    reply: dict[str, Any] = {"id": f"fake-{sent.number}", "model": sent.body["model"]}
    if endpoint == "responses":
        said = [{"type": "output_text", "text": text}]
        reply |= {"output": [{"type": "message", "content": said}], "status": "completed", "error": None}
        if finish_reason == "length":
            reply |= {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
        reply |= {} if isinstance(answer, str) else answer
    else:
        said_so: dict[str, Any] = {"text": text}
        if endpoint == "chat":
            said_so = {"message": {"role": "assistant", "content": text}}
        whole = {} if isinstance(answer, str) else answer
        reply["choices"] = [{"index": 0, "finish_reason": finish_reason, **said_so, **whole}]
    if fake.usage and "usage" not in reply:
        prompt, completion = len(sent.prompt.split()), len(text.split())
        names = ("input_tokens", "output_tokens") if endpoint == "responses" else ("prompt_tokens", "completion_tokens")
        reply["usage"] = {**dict(zip(names, (prompt, completion), strict=True)), "total_tokens": prompt + completion}
    return reply


def embeddings_for(fake: FakeOpenAI, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The embeddings of a request's texts, packed where that was asked for."""
    packed = body.get("encoding_format") == "base64"
    rows: list[Mapping[str, Any]] = []
    for at, text in enumerate(body["input"]):
        numbers = fake.vector(text)
        if packed and isinstance(numbers, list) and isinstance(numbers[0], float):
            numbers = b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
        rows.append({"object": "embedding", "index": at, "embedding": numbers})
    usage = {"usage": dict.fromkeys(("prompt_tokens", "total_tokens"), sum(len(one.split()) for one in body["input"]))}
    return {"object": "list", "model": body["model"], "data": rows, **(usage if fake.usage else {})}


def _endpoint(path: str) -> str:
    """Which endpoint a path is, whatever base it stands on (Azure's has the deployment in it)."""
    path = path.partition("?")[0]
    return next((name for end, name in ENDPOINTS.items() if path.endswith(f"/{end}")), "")


def _prompt(body: Mapping[str, Any]) -> str:
    if "prompt" in body:
        return str(body["prompt"])
    spoken = body.get("messages") or body.get("input") or ()
    if spoken and isinstance(spoken[0], str):
        return "\n\n".join(spoken)
    return "\n\n".join(str(message["content"]) for message in spoken)


def _wrong_key(authorization: str) -> str:
    """Some servers repeat the key that they got; ours must never show it."""
    return f"Incorrect API key provided: {authorization.removeprefix('Bearer ')}."


def main() -> None:
    """Serve until killed; the base URL is the one line on standard output."""
    parser = argparse.ArgumentParser(description="A fake OpenAI server.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--script", default="", help="words for the first requests, separated by commas")
    parser.add_argument("--every", type=int, default=0)
    parser.add_argument("--faults", default="", help="words for every Nth request, separated by commas")
    parser.add_argument("--models", default="fake")
    parser.add_argument("--key", default="")
    parser.add_argument("--endpoints", default="completions,chat,responses,embeddings,models")
    parser.add_argument("--context", type=int)
    parser.add_argument("--refuses", default="")
    parser.add_argument("--like", default="", choices=["", *LIKE])
    parser.add_argument("--at-once", type=int)
    parser.add_argument("--journal", type=Path)
    args = vars(parser.parse_args())
    for name in ("script", "faults", "models", "endpoints", "refuses"):
        args[name] = [word for word in args[name].split(",") if word]
    fake = FakeOpenAI(**args)
    sys.stdout.write(fake.url + "\n")
    sys.stdout.flush()
    fake.serve()


if __name__ == "__main__":
    main()
