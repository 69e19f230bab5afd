"""A process of our own beside the program, for work that takes memory or time: JSON lines in and out."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from queue import Empty, Queue
from threading import Thread
from typing import IO, Any, Self, TextIO

from core.children import without_secrets
from core.records import Refused, StorageFailed, WinnowError
from core.settings import PROJECT

NICENESS = 5
_ERROR = re.compile(r"[\w.]+(?:Error|Exception|Exit|Interrupt)\b")
# Two threads that spin while they wait slow each other tenfold on shared cores.
_ENVIRONMENT = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "0",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONPATH": str(PROJECT),
    "PYTHONIOENCODING": "utf-8",
}


class _Beside:
    """A module of ours run as a process. It ends with the block that it is opened in, and when this program dies."""

    def __init__(self, module: str) -> None:
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            cwd=PROJECT,
            env=_environment(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.wait()
        self._complaints.close()

    def _last_words(self) -> str:
        status = self.process.wait()
        if status < 0:
            return killed(status)
        if self._complaints.closed:
            return f"exit status {status}"
        self._complaints.seek(0)
        lines = self._complaints.read()[-8_000:].decode(errors="replace").splitlines()
        errors = [line.strip() for line in lines if _ERROR.match(line)]
        return errors[-1][:300] if errors else f"exit status {status}"


class Aside(_Beside):
    """Such a process with a thread that feeds it and one that hears it: no side waits on a full pipe."""

    def __init__(self, module: str, messages: Iterable[Mapping[str, Any]]) -> None:
        super().__init__(module)
        self._replies: Queue[dict[str, Any]] = Queue()
        assert self.process.stdin is not None and self.process.stdout is not None
        Thread(target=_feed, args=(self.process.stdin, messages), daemon=True, name=f"{module}-feed").start()
        Thread(target=self._hear, args=(self.process.stdout,), daemon=True, name=f"{module}-hear").start()

    def reply(self, seconds: float) -> dict[str, Any] | None:
        """The next reply, or None when none came in time; {"gone": its last words} once the process has ended."""
        try:
            return self._replies.get(timeout=seconds)
        except Empty:
            return None

    def _hear(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._replies.put(json.loads(line))
        self._replies.put({"gone": self._last_words()})


class Teller(_Beside):
    """Such a process that is asked once and answers much, each reply taken when it is wanted: it works on the next one
    meanwhile, and then waits. No thread: who takes them and the database would wait for its turns."""

    def __init__(self, module: str, asked: Mapping[str, Any]) -> None:
        super().__init__(module)
        assert self.process.stdin is not None
        _feed(self.process.stdin, [asked])

    def __exit__(self, *error: object) -> None:
        assert self.process.stdout is not None
        super().__exit__(*error)
        self.process.stdout.close()

    def replies(self) -> Iterator[dict[str, Any]]:
        """Its replies in order; after the last one {"gone": its last words}."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith(b"\n"):  # else its end came in the middle
                yield json.loads(line)
        yield {"gone": self._last_words()}


def killed(status: int) -> str:
    """What a process's negative status says of its end, in a clause."""
    memory = ", as a system does that has no memory left" if -status == signal.SIGKILL else ""
    return f"killed by signal {-status}{memory}"


def replies() -> TextIO:
    """In such a process: standard output for replies alone; what libraries print goes to standard error from here on.

    Pages come first: the process makes itself nicer than they are.
    """
    kept = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    if hasattr(os, "nice"):
        os.nice(max(0, NICENESS - os.nice(0)))
    return kept


def answer(stream: TextIO, reply: Mapping[str, Any]) -> None:
    """In such a process: send one reply."""
    stream.write(json.dumps(reply) + "\n")
    stream.flush()


def answer_refusal(stream: TextIO, error: WinnowError) -> None:
    """In such a process: say what its work ended with; `raise_refusal` is the other side's."""
    answer(stream, {"refused": str(error), "of_storage": isinstance(error, StorageFailed)})


def raise_refusal(reply: Mapping[str, Any]) -> None:
    """Raise what the process was refused with (Refused, StorageFailed), where this reply says so."""
    if "refused" in reply:
        raise (StorageFailed if reply["of_storage"] else Refused)(reply["refused"])


def _feed(stream: IO[bytes], messages: Iterable[Mapping[str, Any]]) -> None:
    try:
        with stream:
            for message in messages:
                stream.write(json.dumps(message).encode() + b"\n")
                stream.flush()
    except (BrokenPipeError, ValueError):
        return  # the process ended first; the hearing thread says so


def _environment() -> dict[str, str]:
    """The environment less what such work has no business to know."""
    return without_secrets(**_ENVIRONMENT)
