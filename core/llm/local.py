"""The provider `local`: a causal model run by transformers inside this program, behind the same client as a server.

A folder or a hub name is loaded when it is first asked, on the GPU if there is one, and kept until another is asked.
Requests that wait together are answered in one batch. Nothing is sent anywhere, save that a hub name not yet on this
machine is downloaded.
"""

from __future__ import annotations

import asyncio
import json
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2

from core.foreign import told
from core.llm.hub_waiting import Unanswered, unanswered
from core.llm.writing import Declined, Decoding, Written

if TYPE_CHECKING:
    from core.llm.generating import Generator

MOST_AT_ONCE = 32
GATHER_S = 0.02  # how long a batch waits for those that come together with its first
NO_LIMIT = 1024  # tokens of a reply where nothing limits it
TAKEN = (
    *("model", "prompt", "messages", "max_tokens", "temperature", "top_p", "presence_penalty", "frequency_penalty"),
    *("stop", "chat_template_kwargs"),
)


class LocalTransport(httpx2.AsyncBaseTransport):
    """Answers `/models`, `/completions` and `/chat/completions` by the model that a request names."""

    @property
    def status(self) -> str:
        """What the model is doing, for a person who waits."""
        return status()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        if path.endswith("/models"):
            loaded = [_engine.name] if _engine is not None and _engine.is_loaded else []
            return httpx2.Response(200, json={"object": "list", "data": [{"id": name} for name in loaded]})
        body = json.loads(await request.aread())
        chat = path.endswith("/chat/completions")
        try:
            if not chat and not path.endswith("/completions"):
                raise Declined(404, "There is no such path in this program.")
            how = _how(body)
            spoken = body["messages"] if chat else str(body["prompt"])
            kwargs = dict(body.get("chat_template_kwargs") or {})
            work = _Work(spoken, kwargs, how, Future())
            written = await asyncio.wrap_future(engine(str(body["model"])).ask(work))
        except Declined as declined:
            error = {"message": str(declined), "code": declined.code or None, "param": declined.param or None}
            return httpx2.Response(declined.status, json={"error": error})
        said: dict[str, Any] = {"text": written.text}
        if chat:
            said = {"message": {"role": "assistant", "content": written.text}}
        usage = {"prompt_tokens": written.prompt_tokens, "completion_tokens": written.completion_tokens}
        choice = {"index": 0, "finish_reason": written.finish_reason, **said}
        return httpx2.Response(200, json={"model": body["model"], "choices": [choice], "usage": usage})


def engine(name: str) -> LocalModel:
    """Return the engine of a model; another one's memory is given back first."""
    global _engine
    with _lock:
        if _engine is None or _engine.name != name:
            if _engine is not None:
                _engine.close()
            _engine = LocalModel(name)
        return _engine


def status() -> str:
    """Return what the model in this program is doing, for a person who waits; "" where there is none."""
    return _engine.status if _engine is not None else ""


@dataclass(frozen=True, slots=True)
class _Work:
    spoken: str | Sequence[Mapping[str, Any]]
    template: Mapping[str, Any]
    how: Decoding
    answer: Future[Written]


class LocalModel:
    """One model in a thread of its own, which loads it and answers what waits, batch by batch."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._waiting: queue.Queue[_Work | None] = queue.Queue()
        self._began, self._loaded, self._failed = time.monotonic(), "", ""
        self._unanswered = Unanswered()
        self._thread = threading.Thread(target=self._run, name=f"local model {name}", daemon=True)
        self._thread.start()

    @property
    def status(self) -> str:
        """What it is doing: loading since when, or on which device it answers."""
        if self._failed:
            return self._failed
        if self._loaded:
            return f"{self.name} answers on {self._loaded}."
        waits = f" The hub does not answer; it was asked {self._unanswered.n} times." if self._unanswered.n else ""
        return f"Loading {self.name} ({time.monotonic() - self._began:.0f} s); the first time it is downloaded.{waits}"

    @property
    def is_loaded(self) -> bool:
        return bool(self._loaded)

    def ask(self, work: _Work) -> Future[Written]:
        """Put a request into the queue; its future brings what was written, or Declined."""
        self._waiting.put(work)
        return work.answer

    def close(self) -> None:
        """Answer nothing more after what waits, and give the memory back."""
        self._waiting.put(None)

    def _run(self) -> None:
        generator: Generator | None = None
        while True:
            batch = self._next()
            if batch is None:
                return
            for how in dict.fromkeys(work.how for work in batch):
                together = [work for work in batch if work.how == how and work.answer.set_running_or_notify_cancel()]
                try:
                    generator = generator or self._load()
                    replies = generator.write([(work.spoken, work.template) for work in together], how)
                except Exception as error:  # noqa: BLE001 (whatever it is, somebody waits for it)
                    replies = [_declined(self.name, error)] * len(together)
                for work, reply in zip(together, replies, strict=True):
                    if isinstance(reply, Declined):
                        work.answer.set_exception(reply)
                    else:
                        work.answer.set_result(reply)

    def _load(self) -> Generator:
        from core.llm.generating import Generator

        try:
            with unanswered() as self._unanswered:
                generator = Generator(self.name)
        except Exception as error:
            self._failed = f"{self.name} could not be loaded ({told(error)})."
            said = f"{self._failed} The model does not exist here or is not found."
            if n := self._unanswered.n:
                self._failed = f"{self.name} is not on this machine, and the hub did not answer ({n} attempts)."
                said = f"{self._failed} Name a folder, or a model that was downloaded before; it is not found here."
            raise Declined(404, said, "model_not_found") from error
        self._loaded, self._failed = generator.device, ""
        return generator

    def _next(self) -> list[_Work] | None:
        """Everything that waits together, or None at the end."""
        first = self._waiting.get()
        if first is None:
            return None
        batch, until = [first], time.monotonic() + GATHER_S
        while len(batch) < MOST_AT_ONCE:
            try:
                work = self._waiting.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if work is None:
                self._waiting.put(None)
                break
            batch.append(work)
        return batch


def _how(body: Mapping[str, Any]) -> Decoding:
    unknown = next((name for name in body if name not in TAKEN), "")
    if unknown:
        raise Declined(400, f"Unsupported parameter: '{unknown}'.", "unsupported_parameter", unknown)
    stop = body.get("stop") or ()
    temperature, top_p = body.get("temperature"), body.get("top_p")
    return Decoding(
        int(body.get("max_tokens") or NO_LIMIT),
        1.0 if temperature is None else float(temperature),
        1.0 if top_p is None else float(top_p),
        float(body.get("presence_penalty") or 0),
        float(body.get("frequency_penalty") or 0),
        (stop,) if isinstance(stop, str) else tuple(stop),
    )


def _declined(name: str, error: Exception) -> Declined:
    if isinstance(error, Declined):
        return error
    return Declined(500, f"The model {name} failed in this program ({type(error).__name__}: {told(error)}).")


_engine: LocalModel | None = None
_lock = threading.Lock()
