"""The reader of releases, loaded once: `datasets` takes a second to load, and nearly every test of a release needs it.

A program that has loaded it waits at a socket, and each release is read by a child of it: as new as a program that was
started for it, with its input, output, errors and environment. What asks is started where `core.release.clients` would
start the reader; who kills it kills the child.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from core.release import clients
from core.settings import PROJECT

AS_INSTALLED = clients._command
# Without the site's packages: it is there in 20 ms.
_ASK = """
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as line:
    line.connect(sys.argv[1])
    said = json.dumps(dict(os.environ)).encode()
    socket.send_fds(line, [len(said).to_bytes(8, "big")], [0, 1, 2])
    line.sendall(said)
    answer = line.recv(1)
sys.exit(answer[0] if answer else 1)
"""


@contextmanager
def releases_are_read_by_one() -> Iterator[None]:
    """Until the block ends releases of this process are read so; the program is started by the first of them."""
    started: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory(prefix="warm-reader-") as folder, pytest.MonkeyPatch.context() as patch:
        place = Path(folder, "socket")

        def command() -> list[str]:
            if not started:
                environment = {**os.environ, **clients._SURROUNDINGS, "HF_HOME": folder, "PYTHONPATH": str(PROJECT)}
                words = [sys.executable, "-m", "tests.warm_reader", str(place)]
                program = subprocess.Popen(
                    words, cwd=PROJECT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
                assert program.stdout is not None and program.stdout.readline() == b"ready\n"
                started.append(program)
            return [sys.executable, "-I", "-S", "-c", _ASK, str(place)]

        patch.setattr(clients, "_command", command)
        try:
            yield
        finally:
            for program in started:
                program.communicate()


def _serve(place: str) -> None:
    import datasets.packaged_modules.json.json  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(place)
        door.listen(64)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while select.select([door, sys.stdin], [], [])[0] == [door]:  # the input ends with whoever started it
            line, _ = door.accept()
            if os.fork() == 0:
                _answer(line)
            line.close()


def _answer(line: socket.socket) -> NoReturn:
    """Be the program that was asked for, until it is done or who asked is gone."""
    head, pipes, _, _ = socket.recv_fds(line, 8, 3)
    said = b""
    while len(said) < int.from_bytes(head, "big"):
        said += line.recv(1 << 16)
    fcntl.fcntl(line, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(line, fcntl.F_SETFL, fcntl.fcntl(line, fcntl.F_GETFL) | os.O_ASYNC)  # SIGIO ends it
    os.environ.clear()
    os.environ.update(json.loads(said))
    for number, pipe in enumerate(pipes):
        os.dup2(pipe, number)
        os.close(pipe)
    code = 1
    try:
        json.dump(clients._answer(json.load(sys.stdin)), sys.stdout)
        sys.stdout.flush()
        code = 0
    except BaseException:  # noqa: BLE001 as Python ends a program
        traceback.print_exc()
    line.sendall(bytes([code]))
    os._exit(code)


if __name__ == "__main__":
    _serve(sys.argv[1])
