"""Replies that are stored already, in the place of a server: a run can be done again over them, and nothing is sent."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2

from core.llm import opening
from core.llm.fitting import SENT
from core.llm.rows.requests import Exchange

NOTHING_LATER = "invalid_request_error"  # no second attempt may find another answer
PROMPTS = ("prompt", "messages", "input")
NEVER_ASKED = "no stored reply: this was never asked"


class StoredReplies(httpx2.AsyncBaseTransport):
    """Answers a request by the stored reply to the very same prompt, the earliest not yet given first."""

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        self.missing: list[str] = []
        self._replies: dict[str, deque[Mapping[str, Any]]] = defaultdict(deque)
        for one in exchanges:
            if one.reply is not None:
                self._replies[_said(dict(one.body) | _sent_instead(one.reply.body))].append(one.reply.body)
            elif one.withheld:
                error = {"message": one.errors[-1], "code": one.withheld}
                self._replies[_said(one.body)].append({"error": {**error, "type": NOTHING_LATER}})

    @property
    def left(self) -> int:
        """How many stored replies nobody asked for."""
        return sum(map(len, self._replies.values()))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/models"):
            return httpx2.Response(200, json={"object": "list", "data": []})
        asked = _said(json.loads(await request.aread()))
        if not self._replies[asked]:
            self.missing.append(asked)
            return httpx2.Response(400, json={"error": {"message": NEVER_ASKED, "type": NOTHING_LATER}})
        return httpx2.Response(200, json=dict(self._replies[asked].popleft()))


@contextmanager
def answering(transport: httpx2.AsyncBaseTransport) -> Iterator[None]:
    """Let every connection that is opened meanwhile be answered by this, whatever server it is meant for."""
    with opening.instead_of_all(transport):
        yield


def _sent_instead(reply: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent in the place of a recorded prompt: a run that was put down may draw it anew from changed seeds."""
    sent = reply.get(SENT)
    return {name: sent[name] for name in PROMPTS if name in sent} if isinstance(sent, Mapping) else {}


def _said(body: Mapping[str, Any]) -> str:
    """What a model read and was limited to; fields that say how it is sent differ from day to day."""
    kept = {name: body[name] for name in ("model", *PROMPTS, "max_tokens") if name in body}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)
