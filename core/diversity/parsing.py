"""Texts to verb-noun pairs in a process of its own, chunk by chunk: no page waits and torch stays outside."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO, Any

from core.diversity.parser import Parser
from core.diversity.verbnoun import VerbNoun
from core.records import WinnowError

FIRST_CHUNK, CHUNK = 128, 1_024
"""Texts a chunk: a first short one shows soon that something happens, long ones sort into even batches."""

_ROOT = Path(__file__).resolve().parent.parent.parent
_MAX_LETTERS = 8_000
_POLL = 0.1
_ERROR = re.compile(r"[\w.]+(?:Error|Exception|Exit|Interrupt)\b")
_SECRETS = ("KEY", "SECRET", "TOKEN", "PASSWORD", "DATABASE_URL")
# Two parsing threads that spin while they wait slow each other tenfold on shared cores.
_ENVIRONMENT = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "0",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONPATH": str(_ROOT),
    "PYTHONIOENCODING": "utf-8",
}


class ParsingFailed(WinnowError):
    """The parsing process could not start or died; every chunk that it had handed over is good."""


@dataclass(frozen=True, slots=True)
class ParsedChunk:
    """The pairs of `texts[start : start + len(pairs)]`, and how far the whole is."""

    start: int
    pairs: tuple[VerbNoun, ...]
    done: int
    total: int


def parse_texts(
    texts: Sequence[str], parser: Parser, should_stop: Callable[[], bool] = lambda: False
) -> Generator[ParsedChunk]:
    """Yield the pairs of all texts, in chunks and in order, as a process of its own finds them.

    `should_stop` is asked ten times a second; when it says so, or when the caller leaves the loop, the process ends and
    the iterator with it: what was yielded is what there is. Raises ParsingFailed when the process dies, which costs no
    more than the chunk in hand.
    """
    if not texts:
        return
    with _Worker(parser, texts) as worker:
        done, ready = 0, False
        while done < len(texts):
            if should_stop():
                return
            reply = worker.reply(_POLL)
            if reply is None:
                continue
            ready = ready or "ready" in reply
            if "gone" in reply and not ready:
                raise ParsingFailed(
                    f"The {parser.label} cannot be loaded ({reply['gone']}): install it again or choose another."
                )
            if "gone" in reply:
                raise ParsingFailed(
                    f"The parsing process ended after {done} of {len(texts)} instructions ({reply['gone']}): what it "
                    "had parsed is kept, start again to parse the rest."
                )
            if "pairs" in reply:
                pairs = tuple(VerbNoun(verb, noun) for verb, noun in reply["pairs"])
                done = reply["start"] + len(pairs)
                yield ParsedChunk(reply["start"], pairs, done, len(texts))


class _Worker:
    """One parsing process, a thread that feeds it and one that hears it: no side ever waits on a full pipe."""

    def __init__(self, parser: Parser, texts: Sequence[str]) -> None:
        self._replies: Queue[dict[str, Any]] = Queue()
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core.diversity.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            cwd=_ROOT,
            env=_environment(),
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        Thread(target=_feed, args=(self.process.stdin, parser, texts), daemon=True, name="parsing-feed").start()
        Thread(target=self._hear, args=(self.process.stdout,), daemon=True, name="parsing-hear").start()

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.wait()
        self._complaints.close()

    def reply(self, seconds: float) -> dict[str, Any] | None:
        """The next reply, or None when none came in time."""
        try:
            return self._replies.get(timeout=seconds)
        except Empty:
            return None

    def _hear(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._replies.put(json.loads(line))
        self._replies.put({"gone": self._last_words()})

    def _last_words(self) -> str:
        status = self.process.wait()
        if status < 0:
            return f"killed by signal {-status}"
        if self._complaints.closed:
            return f"exit status {status}"
        self._complaints.seek(0)
        lines = self._complaints.read()[-8_000:].decode(errors="replace").splitlines()
        errors = [line.strip() for line in lines if _ERROR.match(line)]
        return errors[-1][:300] if errors else f"exit status {status}"


def _feed(stream: IO[bytes], parser: Parser, texts: Sequence[str]) -> None:
    try:
        with stream:
            _send(stream, {"model": str(parser.model) if parser.model else None, "language": parser.language})
            start, size = 0, FIRST_CHUNK
            while start < len(texts):
                chunk = [text[:_MAX_LETTERS] for text in texts[start : start + size]]
                _send(stream, {"start": start, "texts": chunk})
                start, size = start + size, CHUNK
    except (BrokenPipeError, ValueError):
        return  # the process ended first; the hearing thread says so


def _send(stream: IO[bytes], message: dict[str, Any]) -> None:
    stream.write(json.dumps(message).encode() + b"\n")
    stream.flush()


def _environment() -> dict[str, str]:
    """The environment less what a parser has no business to know."""
    kept = {name: value for name, value in os.environ.items() if not any(word in name.upper() for word in _SECRETS)}
    return kept | _ENVIRONMENT
