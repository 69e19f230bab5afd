"""The fake server with OpenAI's files and batches: their whole life, and what the real ones refuse.

A batch comes on by one step each time somebody looks at it, so that nothing depends on time: validating, in_progress
(when its rows are run: what a row was charged for is in `requests`), finalizing, and its end.

`ends` has one word a batch, in the order in which they are created; after it all is well:
  completed  expired:N  cancelled:N (by somebody at the server; N rows are run)  missing:N (the last N rows are in
  neither file)  zero:N (the last N rows come with status 0)  doubled (the first line comes twice)  stray
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fake_openai import FakeOpenAI, Raw, complaint, refusal, reply_to

ENDPOINTS = ("/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/embeddings")
STEPS = ("validating", "in_progress", "finalizing")


@dataclass
class File:
    id: str
    name: str
    content: bytes


@dataclass
class Batch:
    """One batch. `rows` are the lines of its file, once they have been found good."""

    id: str
    file: File
    endpoint: str
    metadata: Mapping[str, str]
    end: str
    created_at: int
    status: str = "validating"
    rows: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    good: list[str] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    output_file_id: str | None = None
    error_file_id: str | None = None


class FakeBatches(FakeOpenAI):
    """The server. `batches` and `files` are what it has; `calls` names each call about them, in order.

    `most_rows`, `most_bytes` are its limits, `queue` how many rows its queue takes at once. `on` is called with a
    call's name and "before" or "after" it took effect, before it is answered. `lists` False: batches can't be listed.
    `scripted`: by the name of a call, statuses that it answers first.
    """

    endpoints_of_batches: tuple[str, ...] = ENDPOINTS

    def __init__(
        self,
        *,
        ends: Iterable[str] = (),
        most_rows: int = 50_000,
        most_bytes: int = 200_000_000,
        queue: int | None = None,
        lists: bool = True,
        has_batches: bool = True,
        scripted: Mapping[str, Iterable[int]] | None = None,
        on: Callable[[str, str], None] = lambda call, when: None,
        **how: Any,
    ) -> None:
        super().__init__(**how)
        self.ends, self.most_rows, self.most_bytes, self.queue = list(ends), most_rows, most_bytes, queue
        self.lists, self.has_batches, self.on = lists, has_batches, on
        self.scripted = {name: list(statuses) for name, statuses in (scripted or {}).items()}
        self.files: dict[str, File] = {}
        self.batches: dict[str, Batch] = {}
        self.calls: list[str] = []
        self._turn = threading.RLock()

    def aside(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> Raw | None:
        url = urlsplit(path)
        parts = [part for part in url.path.split("/") if part]
        if len(parts) < 2 or parts[1] not in ("files", "batches"):
            return None
        if not self.has_batches:
            return _raw(complaint(404, "Not Found"))
        if self.key and headers.get("authorization") != f"Bearer {self.key}":
            return _raw(complaint(401, "Incorrect API key provided.", "invalid_api_key"))
        call = self._named(method, parts)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        with self._turn:
            self.calls.append(call)
            self.on(call, "before")
            if self.scripted.get(call):
                return _raw(complaint(self.scripted[call].pop(0), f"Scripted failure of {call}."))
            said = getattr(self, f"_{call}")(parts[2] if len(parts) > 2 else "", query, headers, content)
            self.on(call, "after")
        return said if isinstance(said[2], bytes) else _raw(said)

    def _named(self, method: str, parts: list[str]) -> str:
        what = "file" if parts[1] == "files" else "batch"
        if len(parts) == 2:
            return ("upload" if what == "file" else "create") if method == "POST" else f"list_{what}"
        return parts[3] if len(parts) > 3 else f"look_{what}"

    def _upload(self, _: str, query: Any, headers: Mapping[str, str], content: bytes) -> Any:
        fields, name = _parts(headers["content-type"], content)
        if fields.get("purpose") != b"batch":
            return complaint(400, "'purpose' is a required property", "invalid_request", "purpose")
        if len(fields["file"]) > self.most_bytes:
            return complaint(413, "File is too large.", "file_too_large")
        if not fields["file"].strip():
            return complaint(400, "File is empty.", "empty_file")
        file = File(f"file-{len(self.files) + 1}", name, fields["file"])
        self.files[file.id] = file
        return 200, {"id": file.id, "object": "file", "filename": name, "purpose": "batch"}, {}

    def _list_file(self, _: str, query: Any, headers: Any, content: bytes) -> Any:
        found = [{"id": file.id, "filename": file.name} for file in reversed(self.files.values())]
        return 200, {"object": "list", "data": found, "has_more": False}, {}

    def _content(self, file_id: str, query: Any, headers: Any, content: bytes) -> Any:
        if file_id not in self.files:
            return complaint(404, f"No such File object: {file_id}", "not_found")
        return 200, {"Content-Type": "application/octet-stream"}, self.files[file_id].content

    def _create(self, _: str, query: Any, headers: Any, content: bytes) -> Any:
        asked = json.loads(content)
        if asked.get("endpoint") not in self.endpoints_of_batches:
            return complaint(400, f"Invalid value: '{asked.get('endpoint')}'.", "invalid_value", "endpoint")
        if asked.get("completion_window") != "24h":
            return complaint(400, "Invalid value for 'completion_window'.", "invalid_value", "completion_window")
        if asked.get("input_file_id") not in self.files:
            return complaint(400, "Invalid 'input_file_id': no such file.", "invalid_value", "input_file_id")
        number = len(self.batches) + 1
        batch = Batch(
            f"batch_{number}",
            self.files[asked["input_file_id"]],
            asked["endpoint"],
            asked.get("metadata") or {},
            self.ends.pop(0) if self.ends else "completed",
            2_000_000_000 + number,
        )
        self.batches[batch.id] = batch
        return 200, self._told(batch), {}

    def _list_batch(self, _: str, query: Mapping[str, str], headers: Any, content: bytes) -> Any:
        if not self.lists:
            return complaint(404, "Not Found")
        newest = list(reversed(self.batches.values()))
        if "after" in query:
            newest = newest[[batch.id for batch in newest].index(query["after"]) + 1 :]
        page = newest[: min(2, int(query.get("limit", 20)))]  # short pages: whoever looks must turn them
        return 200, {"data": [self._told(b) for b in page], "has_more": len(newest) > len(page)}, {}

    def _look_batch(self, batch_id: str, query: Any, headers: Any, content: bytes) -> Any:
        if batch_id not in self.batches:
            return complaint(404, f"No batch found with id '{batch_id}'.", "not_found")
        batch = self.batches[batch_id]
        told = self._told(batch)
        self._come_on(batch)
        return 200, told, {}

    def _cancel(self, batch_id: str, query: Any, headers: Any, content: bytes) -> Any:
        batch = self.batches[batch_id]
        if batch.status not in STEPS:
            return complaint(409, f"Cannot cancel a batch with status '{batch.status}'.", "conflict")
        batch.end, batch.status = f"cancelled:{len(batch.rows) // 2}", "cancelling"
        return 200, self._told(batch), {}

    def _come_on(self, batch: Batch) -> None:
        if batch.status == "validating":
            batch.rows, batch.errors = self._validated(batch)
            batch.status = "failed" if batch.errors else "in_progress"
        elif batch.status in ("in_progress", "cancelling"):
            self._run(batch)
            batch.status = "finalizing" if batch.status == "in_progress" else "cancelled"
            if batch.status == "cancelled":
                self._write_files(batch)
        elif batch.status == "finalizing":
            word = batch.end.partition(":")[0]
            batch.status = word if word in ("expired", "cancelled") else "completed"
            self._write_files(batch)

    def _validated(self, batch: Batch) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        rows: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []

        def wrong(line: int | None, code: str, message: str, param: str | None = None) -> None:
            errors.append({"code": code, "line": line, "message": message, "param": param})

        lines = batch.file.content.decode().splitlines()
        if len(lines) > self.most_rows:
            wrong(None, "too_many_requests", f"The batch has more than {self.most_rows} requests.")
        seen: set[str] = set()
        for number, text in enumerate(lines, 1):
            try:
                row = json.loads(text)
            except ValueError:
                wrong(number, "invalid_json_line", "This line is not parseable as valid JSON.")
                continue
            missing = [name for name in ("custom_id", "method", "url", "body") if name not in row]
            if missing:
                wrong(number, "missing_required_parameter", f"Missing required parameter: '{missing[0]}'.", missing[0])
            elif row["custom_id"] in seen:
                wrong(number, "duplicate_custom_id", f"The custom_id '{row['custom_id']}' is used by another request.")
            elif row["method"] != "POST":
                wrong(number, "invalid_method", "Invalid value for 'method'.", "method")
            elif row["url"] != batch.endpoint:
                wrong(number, "mismatched_endpoint", "The URL does not match the batch's endpoint.", "url")
            elif rows and row["body"].get("model") != rows[0]["body"].get("model"):
                wrong(number, "mismatched_model", "All requests of a batch must be of one model.", "body.model")
            elif row["body"].get("stream"):
                wrong(number, "invalid_value", "Streaming is not supported in batches.", "body.stream")
            else:
                seen.add(row["custom_id"])
                rows.append(row)
        busy = sum(len(other.rows) for other in self.batches.values() if other.status in STEPS and other is not batch)
        if not errors and self.queue is not None and busy + len(rows) > self.queue:
            wrong(None, "token_limit_exceeded", "Enqueued token limit reached. Please try again once some are done.")
        return rows, errors

    def _run(self, batch: Batch) -> None:
        word, _, n = batch.end.partition(":")
        stop = int(n) if word in ("expired", "cancelled") and n else len(batch.rows)
        tail = len(batch.rows) - int(n) if word in ("missing", "zero") and n else len(batch.rows)
        for place, row in enumerate(batch.rows):
            custom_id = row["custom_id"]
            if place >= stop:
                said = f"batch_{word}"
                error = {"code": said, "message": "This request was not run."}
                batch.bad.append(json.dumps({"id": "x", "custom_id": custom_id, "response": None, "error": error}))
                continue
            if place >= tail:
                if word == "zero":
                    response = {"status_code": 0, "request_id": "", "body": None}
                    batch.bad.append(json.dumps({"custom_id": custom_id, "response": response, "error": None}))
                continue
            sent, _word = self.take(row["url"], row["body"], {"authorization": f"Bearer {self.key}"})
            self.leave()
            refused = refusal(self, sent)
            status, body = (refused[0], refused[1]) if refused else (200, reply_to(self, sent, "stop"))
            if not refused:
                self.note_answered(sent)
            response = {"status_code": status, "request_id": f"req-{sent.number}", "body": body}
            line = json.dumps({"id": f"r-{place}", "custom_id": custom_id, "response": response, "error": None})
            (batch.bad if refused else batch.good).append(line)
        if word == "doubled":
            batch.good.append(batch.good[0])
        if word == "stray":
            batch.good.append(json.dumps({"custom_id": "nobody's", "response": {"status_code": 200, "body": {}}}))
            batch.good.append("no JSON")

    def _write_files(self, batch: Batch) -> None:
        # In another order than they were asked in, as the real ones do.
        for kind, lines in (("output", batch.good[::-1]), ("error", batch.bad)):
            if lines:
                file = File(f"file-{kind}-{batch.id}", f"{batch.id}_{kind}.jsonl", ("\n".join(lines) + "\n").encode())
                self.files[file.id] = file
                setattr(batch, f"{kind}_file_id", file.id)

    def _told(self, batch: Batch) -> dict[str, Any]:
        return {
            "id": batch.id,
            "object": "batch",
            "endpoint": batch.endpoint,
            "input_file_id": batch.file.id,
            "completion_window": "24h",
            "status": batch.status,
            "metadata": batch.metadata or None,
            "created_at": batch.created_at,
            "output_file_id": batch.output_file_id,
            "error_file_id": batch.error_file_id,
            "errors": {"object": "list", "data": batch.errors} if batch.errors else None,
            "request_counts": {"total": len(batch.rows), "completed": len(batch.good), "failed": len(batch.bad)},
        }


class FakeAzureBatches(FakeBatches):
    """The same at an older Azure resource: the key in a header of its own, an api-version in every address.

    No /v1 in the endpoints of a batch; a file is taken in only after a while, and of one that is not no batch is made.
    """

    endpoints_of_batches = ("/chat/completions", "/completions", "/responses")

    def __init__(self, *, version: str = "2024-10-21", **how: Any) -> None:
        super().__init__(**how)
        self.version = version
        self.url = f"{self.url.removesuffix('/v1')}/openai?api-version={version}"
        self._looks: dict[str, int] = {}

    def aside(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> Raw | None:
        if parse_qs(urlsplit(path).query).get("api-version") != [self.version] or not path.startswith("/openai/"):
            return _raw(complaint(404, "Resource not found"))
        if headers.get("api-key") != AZURE_KEY or "authorization" in headers:
            return _raw(complaint(401, "Access denied due to invalid subscription key.", "401"))
        return super().aside(method, path, headers, content)

    def _look_file(self, file_id: str, query: Any, headers: Any, content: bytes) -> Any:
        if file_id not in self.files:
            return complaint(404, f"No such File object: {file_id}", "not_found")
        self._looks[file_id] = self._looks.get(file_id, 0) + 1
        return 200, {"id": file_id, "object": "file", "status": self._status(file_id)}, {}

    def _create(self, _: str, query: Any, headers: Any, content: bytes) -> Any:
        file_id = json.loads(content).get("input_file_id")
        if file_id in self.files and self._status(file_id) != "processed":
            said = f"The input file '{file_id}' is in 'pending' state. Only files with status 'Processed' are accepted."
            return complaint(400, said, "invalid_request", "input_file_id")
        return super()._create(_, query, headers, content)

    def _status(self, file_id: str) -> str:
        return "processed" if self._looks.get(file_id, 0) > 2 else "pending"


AZURE_KEY = "azure-key-0123456789"


def _raw(said: tuple[int, Any, Mapping[str, str]]) -> Raw:
    status, answer, headers = said
    return status, headers, json.dumps(answer).encode()


def _parts(kind: str, content: bytes) -> tuple[dict[str, bytes], str]:
    """The fields of a multipart form, and the name of its file."""
    found = re.search(r"boundary=([^;]+)", kind)
    assert found, kind
    fields, name = {}, ""
    for part in content.split(b"--" + found[1].strip('"').encode())[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        said = head.decode()
        field_name = re.search(r'name="([^"]*)"', said)
        file_name = re.search(r'filename="([^"]*)"', said)
        assert field_name
        fields[field_name[1]] = value.removesuffix(b"\r\n")
        name = file_name[1] if file_name else name
    return fields, name
