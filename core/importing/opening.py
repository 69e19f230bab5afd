"""A file as a stream of bytes in UTF-8: unpacked where it is packed, from UTF-16 where it is that, within bounds."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

from core.bounded_file import plain
from core.foreign import told
from core.importing.bounds import HARMLESS, RATIO, UNPACKED, Unpackable

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
WINDOW = 1 << 27  # the largest memory that a Zstandard file may ask for, as its own tool allows
PIECE = 1 << 16
HEAD = 4096  # bytes by which an encoding is known


class _Source(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader[Any]]:
    """The file's bytes, unpacked and in UTF-8. Reading raises Unpackable where it is damaged or grows out of bounds."""
    with ExitStack() as stack:
        raw = stack.enter_context(plain(path, "a file of rows"))
        head = raw.read(4)
        raw.seek(0)
        source: _Source = raw
        if head.startswith(GZIP):
            source = stack.enter_context(gzip.open(raw))
        elif head == ZSTD:
            import zstandard

            unpacker = zstandard.ZstdDecompressor(max_window_size=WINDOW)
            source = stack.enter_context(unpacker.stream_reader(raw, read_across_frames=True))
        size = path.stat().st_size if source is not raw else None
        bounded: Any = _Bounded(source, size)
        found: io.BufferedReader[Any] = stack.enter_context(io.BufferedReader(bounded, PIECE))
        encoding = _wide(found.peek(HEAD)[:HEAD])
        if encoding:
            transcoded: Any = _Transcoded(found, encoding)
            found = stack.enter_context(io.BufferedReader(transcoded, PIECE))
        yield found


def suffixless(path: Path) -> str:
    """The file's name in lower case, without the ending that only says how it is packed."""
    name = path.name.lower()
    return name.removesuffix(".gz").removesuffix(".zst").removesuffix(".zstd")


def _wide(head: bytes) -> str:
    """UTF-16 or UTF-32 by its mark; without one UTF-16 by the signs between a file's texts, which in the other order of
    bytes would be letters of no table, whatever letters it begins with. "" for any other file."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return next((order for order in ("utf-16-le", "utf-16-be") if 0 in head and _reads_as(head, order)), "")


def _reads_as(head: bytes, order: str) -> bool:
    try:
        text = codecs.getincrementaldecoder(order)().decode(head)
    except UnicodeDecodeError:
        return False
    return "\0" not in text and any(sign in text for sign in '\n,\t;"')


class _Bounded(io.RawIOBase):
    """What a file holds, until it holds more than any honest file does."""

    def __init__(self, source: _Source, packed_size: int | None) -> None:
        self._source, self._left = source, UNPACKED
        if packed_size is not None:
            self._left = min(UNPACKED, max(HARMLESS, RATIO * packed_size))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        try:
            piece = self._source.read(min(len(buffer), PIECE))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Unpackable(f"the compressed file is damaged here ({told(error)})") from error
        except Exception as error:
            if type(error).__name__ != "ZstdError":
                raise
            raise Unpackable(f"the compressed file is damaged here ({told(error)})") from error
        self._left -= len(piece)
        if self._left < 0:
            raise Unpackable("the file unpacks to far more than it can hold in earnest, and is read no further")
        buffer[: len(piece)] = piece
        return len(piece)


class _Transcoded(io.RawIOBase):
    """UTF-16 or UTF-32 as UTF-8. Half a surrogate pair stays one, which the reader of a row then names."""

    def __init__(self, source: io.BufferedReader[Any], encoding: str) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
        self._ready, self._ended = b"", False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        while not self._ready and not self._ended:
            piece = self._source.read(PIECE)
            self._ended = not piece
            try:
                text = self._decoder.decode(piece, final=self._ended)
            except UnicodeDecodeError as error:
                raise Unpackable("the file begins as UTF-16 or UTF-32 and does not end so") from error
            self._ready = text.encode("utf-8", "surrogatepass")
        n = min(len(buffer), len(self._ready))
        buffer[:n], self._ready = self._ready[:n], self._ready[n:]
        return n
