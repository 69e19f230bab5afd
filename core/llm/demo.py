"""The provider `demo`: recorded replies that ship with Winnow, served to the real client inside this process.

Instruction requests are answered in the order of the recordings, from the first again after the last. Classification
and instance requests are answered by the recorded instruction that ends last in the prompt; `reverse` and `rewrite`
(REInstruct section 3) by the hash of their source text. The client names the step in headers that no other server gets.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import httpx2

from core.llm.diagnosis import NO_RECORDING
from core.records import Request
from core.settings import PROJECT

MODEL = "demo"
STEP, ORDINAL, SOURCE = "X-Winnow-Step", "X-Winnow-Ordinal", "X-Winnow-Source"
SEEDS = PROJECT / "seeds"
BY_SOURCE = ("reverse", "rewrite")

USED_UP = "All {n} recorded replies are used up and come again: choose a model of your own on the page Models to go on."
_pace = [0.05]  # seconds that a reply takes

Recording = Mapping[str, str]


def take(seconds: float) -> None:
    """Have recorded replies of this process take so long, so that a run can be watched and paused."""
    _pace[0] = seconds


def headers_for(request: Request, source: str | None) -> dict[str, str]:
    """Return the headers by which the demo finds the recording for a request."""
    headers = {STEP: request.step, ORDINAL: str(request.ordinal or 0)}
    return {**headers, SOURCE: source} if source else headers


class DemoTransport(httpx2.AsyncBaseTransport):
    """Answers `/models`, `/completions` and `/chat/completions` from the recordings under `folder`.

    `delay` in seconds makes progress visible, by default as `take` set it; the words of prompt and reply count as
    tokens, so that figures move. `status` says so once the recordings begin again.
    """

    def __init__(self, delay: float | None = None, folder: Path = SEEDS) -> None:
        self._delay, self._folder = delay, folder
        self.status, self.is_used_up = "", False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/models"):
            return httpx2.Response(200, json={"object": "list", "data": [{"id": MODEL, "object": "model"}]})
        body = json.loads(await request.aread())
        chat = request.url.path.endswith("/chat/completions")
        if not chat and not request.url.path.endswith("/completions"):
            return _refusal("There is no such path in the demo.", "not_found")
        if body.get("model") != MODEL:
            return _refusal(f'The model "{body.get("model")}" does not exist in the demo.', "model_not_found")
        prompt = "\n\n".join(str(m["content"]) for m in body["messages"]) if chat else str(body["prompt"])
        recording = self._find(prompt, request.headers)
        await asyncio.sleep(_pace[0] if self._delay is None else self._delay)
        if recording is None:
            return _refusal(
                "The demo has no recorded reply to this; it only knows its own instructions, so choose a model on "
                "the page Models to go on from here.",
                NO_RECORDING,
            )
        return httpx2.Response(200, json=_reply(recording, prompt, chat))

    def _find(self, prompt: str, headers: Mapping[str, str]) -> Recording | None:
        step = headers.get(STEP)
        if step is None:  # somebody tries the connection
            return {"text": "Ready.", "finish_reason": "stop"}
        if step in BY_SOURCE:
            source = headers.get(SOURCE)
            return next((r for r in _recordings(self._folder, "corpus", step) if r["source_hash"] == source), None)
        recordings = _recordings(self._folder, "demo", step)
        if step == "instructions":
            place = int(headers.get(ORDINAL, "0"))
            if place >= len(recordings) > 0:
                self.status, self.is_used_up = USED_UP.format(n=len(recordings)), True
            return recordings[place % len(recordings)] if recordings else None
        found = [(prompt.rfind(r["instruction"]), len(r["instruction"]), r) for r in recordings]
        ends = [(start + length, length, n) for n, (start, length, _) in enumerate(found) if start >= 0]
        return found[max(ends)[2]][2] if ends else None


@cache
def _recordings(folder: Path, room: str, step: str) -> tuple[Recording, ...]:
    file = folder / room / f"{step}.jsonl"
    if not step.isidentifier() or not file.is_file():
        return ()
    with file.open(encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines if line.strip())


def _reply(recording: Recording, prompt: str, chat: bool) -> dict[str, Any]:
    text, reason = recording["text"], recording["finish_reason"]
    said: dict[str, Any] = {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
    asked, answered = len(prompt.split()), len(text.split())
    return {
        "id": "recorded",
        "object": "chat.completion" if chat else "text_completion",
        "model": MODEL,
        "choices": [{"index": 0, "finish_reason": reason, **said}],
        "usage": {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered},
    }


def _refusal(message: str, code: str) -> httpx2.Response:
    return httpx2.Response(404, json={"error": {"message": message, "code": code, "type": "invalid_request_error"}})
