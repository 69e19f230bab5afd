"""A server's answer, read as far as it may be: bytes on the line and bytes unpacked both have a bound."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2

MOST_BYTES = 32 << 20  # unpacked; the longest reply of today's models with its thoughts is well under one of these
MOST_FILE_BYTES = 4 << 30  # of a batch's file of answers, which is read line by line
_PIECE = 1 << 18


class TooMuch(httpx2.TransportError):
    """The answer has more bytes than an answer may have, or is packed in a way that wasn't asked for."""


async def bind(response: httpx2.Response) -> None:
    """Give a response whose body hasn't been read yet a stream that ends with TooMuch; unpacks gzip and deflate."""
    packed = response.headers.get("content-encoding", "").strip().lower()
    if packed not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise TooMuch(f"packed as {packed[:20]}")
    response.headers.pop("content-encoding", None)
    most = MOST_FILE_BYTES if response.request.url.path.endswith("/content") else MOST_BYTES
    response.stream = _Bounded(response.stream, packed in ("gzip", "x-gzip", "deflate"), most)


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: Any, packed: bool, most: int) -> None:
        self._stream, self._most = stream, most
        # 47: zlib's or gzip's head, whichever comes.
        self._unpack = zlib.decompressobj(47) if packed else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        came = 0
        async for piece in self._stream:
            for plain in self._plain(piece):
                came += len(plain)
                if came > self._most:
                    raise TooMuch(f"more than {self._most >> 20} MB")
                yield plain

    async def aclose(self) -> None:
        await self._stream.aclose()

    def _plain(self, piece: bytes) -> Iterator[bytes]:
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
