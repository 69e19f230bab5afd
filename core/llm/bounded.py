"""A server's answer, read as far as it may be: bytes on the line and bytes unpacked both have a bound."""

from __future__ import annotations

import socket
import threading
import time
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from typing import Any

import httpx2

MOST_BYTES = 32 << 20  # unpacked; the longest reply of today's models with its thoughts is well under one of these
MOST_FILE_BYTES = 4 << 30  # of a batch's file of answers, which is read line by line
MOST_OF_A_CALL, CALL_S = 4 << 20, 600.0  # bytes and seconds of an answer about a file or job
_PIECE = 1 << 18


class TooMuch(httpx2.TransportError):
    """The answer has more bytes than an answer may have, or is packed in a way that wasn't asked for."""


async def bind(response: httpx2.Response) -> None:
    """Give a response whose body hasn't been read yet a stream that ends with TooMuch; unpacks gzip and deflate."""
    response.stream = _Bounded(response.stream, *_asked_for(response))


def bind_call(response: httpx2.Response) -> None:
    """The same for the answer to a call about a file or job, which is short and comes within CALL_S."""
    packed, most = _asked_for(response)
    response.stream = _BoundedCall(response.stream, packed, min(most, MOST_OF_A_CALL))


def bind_head(request: httpx2.Request) -> None:
    """Have a call end where the head of its answer isn't whole CALL_S after it was sent.

    Whoever reads waits anew for each byte, and a server may send "100 Continue" for ever. The line must be a new one.
    """
    line: list[Any] = []
    clocks: list[threading.Timer] = []  # one for each request that a redirect makes of this one

    def follow(event: str, info: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            line.append(info["return_value"])
        elif event == "http11.send_request_body.complete" and line:
            clock = threading.Timer(CALL_S, _hang_up, line[-1:])
            clock.daemon = True
            clock.start()
            clocks.append(clock)
        elif event in ("http11.receive_response_headers.complete", "http11.receive_response_headers.failed"):
            for clock in clocks:
                clock.cancel()

    request.extensions = {**request.extensions, "trace": follow}


def _hang_up(line: Any) -> None:
    """End a connection that another thread reads: it reads an end."""
    with suppress(OSError):
        line.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


def _asked_for(response: httpx2.Response) -> tuple[bool, int]:
    """Whether an answer is packed, and the most bytes that it may have. Raises TooMuch where nobody asked for it so."""
    packed = response.headers.get("content-encoding", "").strip().lower()
    if packed not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise TooMuch(f"packed as {packed[:20]}")
    response.headers.pop("content-encoding", None)
    response.encoding = "utf-8"  # what it calls itself may be no encoding of texts: Python unpacks "zlib" too
    most = MOST_FILE_BYTES if response.request.url.path.endswith("/content") else MOST_BYTES
    most = most if response.status_code < 400 else min(MOST_BYTES, MOST_OF_A_CALL)  # a complaint is a sentence
    return packed in ("gzip", "x-gzip", "deflate"), most


class _Unpacking:
    """The bytes of an answer piece by piece, unpacked, until there are too many."""

    def __init__(self, packed: bool, most: int) -> None:
        self._came, self._most = 0, most
        # 47: zlib's or gzip's head, whichever comes.
        self._unpack = zlib.decompressobj(47) if packed else None

    def plain(self, piece: bytes) -> Iterator[bytes]:
        for plain in self._unpacked(piece):
            self._came += len(plain)
            if self._came > self._most:
                raise TooMuch(f"more than {self._most >> 20} MB")
            yield plain

    def _unpacked(self, piece: bytes) -> Iterator[bytes]:
        if self._unpack is None:
            yield piece
            return
        while True:
            try:
                plain = self._unpack.decompress(piece, _PIECE)
            except zlib.error:
                raise TooMuch("packed wrongly") from None
            piece = self._unpack.unconsumed_tail
            yield plain
            if len(plain) < _PIECE and not piece:
                return


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: Any, packed: bool, most: int) -> None:
        self._stream, self._unpacking = stream, _Unpacking(packed, most)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            for plain in self._unpacking.plain(piece):
                yield plain

    async def aclose(self) -> None:
        await self._stream.aclose()


class _BoundedCall(httpx2.SyncByteStream):
    def __init__(self, stream: Any, packed: bool, most: int) -> None:
        self._stream, self._unpacking = stream, _Unpacking(packed, most)

    def __iter__(self) -> Iterator[bytes]:
        until = time.monotonic() + CALL_S
        for piece in self._stream:
            if time.monotonic() > until:
                raise TooMuch(f"it trickles for more than {CALL_S:g} s")
            yield from self._unpacking.plain(piece)

    def close(self) -> None:
        self._stream.close()
