"""A server below HTTP: it says byte for byte what a library would never send, and says it for ever."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Lie = Callable[[Callable[[bytes], None]], None]


def trickling_head(send: Callable[[bytes], None]) -> None:
    """The head of an answer, a byte now and then, without an end."""
    send(b"HTTP/1.1 200 OK\r\n")
    while True:
        send(b"a")
        time.sleep(0.02)


def always_continue(send: Callable[[bytes], None]) -> None:
    """That the client may go on, and nothing else."""
    while True:
        send(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.02)


def endless_chunks(send: Callable[[bytes], None]) -> None:
    """An answer of blanks."""
    send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        send(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


@contextmanager
def lying(lie: Lie, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of a server that answers every request so, until the block ends; with `tls` on an encrypted line."""
    listening = socket.create_server(("127.0.0.1", 0))

    def answer(line: socket.socket) -> None:
        with suppress(OSError), tls.wrap_socket(line, server_side=True) if tls else line as line:
            line.recv(1 << 16)
            lie(line.sendall)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listening.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
