"""The lines of a batch's files: a request a line going out, an answer a line coming home, joined by the custom id."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.llm.connection import PATHS
from core.llm.diagnosis import Asked, diagnose
from core.llm.errors import ServerFailed
from core.llm.parcels.words import Homecoming, Parcel, ParcelRow
from core.llm.providers import Provider
from core.llm.quoting import quoted
from core.llm.reading import Answer, answer_in, read_json
from core.records import Endpoint

NEVER_RUN = ("batch_expired", "batch_cancelled")  # how a server says that it did not get to a request


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One line of answers: whose it is, the text of the line, and whether the request was never run."""

    custom_id: str
    raw: str
    never_run: bool = False


def url_of(provider: Provider, endpoint: Endpoint) -> str:
    """The path by which a batch's file names an endpoint; an older Azure resource has no /v1 in it."""
    return PATHS[endpoint] if provider.is_azure and provider.api_version else f"/v1{PATHS[endpoint]}"


def request_line(parcel: Parcel, row: ParcelRow, url: str) -> str:
    """One line of the file that goes out, in letters that every system reads."""
    line = {"custom_id": parcel.custom_id(row.key), "method": "POST", "url": url, "body": dict(row.body)}
    # Escaped, because half a surrogate pair, which models do produce, has no UTF-8.
    return json.dumps(line, allow_nan=False)


def read_line(raw: str) -> AnswerLine | None:
    """Whose answer a line holds; None where it is no line of answers."""
    try:
        line = read_json(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(line, Mapping) or not isinstance(line.get("custom_id"), str):
        return None
    error = line.get("error")
    code = error.get("code") if isinstance(error, Mapping) else None
    return AnswerLine(line["custom_id"], raw, never_run=not line.get("response") and code in NEVER_RUN)


def refusal_line(custom_id: str, message: str, param: str | None, code: str | None) -> str:
    """A line for a request that the server refused before it began, as it would have answered it alone."""
    error = {"message": message, "param": param, "code": code}
    return json.dumps({"custom_id": custom_id, "response": {"status_code": 400, "body": {"error": error}}})


class Joining:
    """Lines of answers, joined with the requests that they answer (`ids`: request by custom id)."""

    def __init__(self, ids: Mapping[str, int]) -> None:
        self._ids, self._seen = ids, set[str]()
        self._taken: dict[int, str] = {}
        self._number = self._came = 0
        self._unknown: list[str] = []
        self._doubled: list[str] = []
        self._broken: list[int] = []

    def add(self, raw: str) -> int:
        """Take one line; return how many answers wait to be taken."""
        self._number += 1
        line = read_line(raw)
        if line is None:
            self._broken.append(self._number)
        elif line.custom_id not in self._ids:
            self._unknown.append(line.custom_id)
        elif line.custom_id in self._seen:
            self._doubled.append(line.custom_id)
        else:
            self._seen.add(line.custom_id)
            if not line.never_run:
                self._came += 1
                self._taken[self._ids[line.custom_id]] = raw
        return len(self._taken)

    def take(self) -> dict[int, str]:
        """The answers since the last time, by request."""
        taken, self._taken = self._taken, {}
        return taken

    @property
    def brought(self) -> Homecoming:
        """What the lines so far came to."""
        return Homecoming(self._came, tuple(self._unknown), tuple(self._doubled), tuple(self._broken))


def answer_of(asked: Asked, raw: str) -> Answer:
    """Return the reply in a line of answers. Raises ModelError for what stands there instead of one."""
    if len(asked.key) >= 12:
        raw = raw.replace(asked.key, "[key]")
    line: dict[str, Any] = read_json(raw)
    response, error = line.get("response"), line.get("error")
    response = response if isinstance(response, Mapping) else {}
    status, body = response.get("status_code"), response.get("body")
    if status == 200:
        return answer_in(asked, body, raw)
    if isinstance(error, Mapping) and isinstance(error.get("error"), Mapping):
        error = error["error"]  # as `vllm run-batch` wraps what its server would have answered
    answer = body or ({"error": error} if error else "")
    if isinstance(status, int) and 300 <= status < 600:
        raise diagnose(asked, status, answer, {})
    said = error.get("message") if isinstance(error, Mapping) else error
    said = quoted(str(said or ""), asked.key)
    raise ServerFailed(f"{asked.server} gave no answer to one request of a batch{said}; it is asked again.")
