"""The lines of a file, plain or compressed, in bounded memory whatever the file holds."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.bounded_file import plain
from core.foreign import told

CHUNK = 1 << 20
# A zstd block expands to at most 128 KB from 4 bytes: small bites keep a hostile file from filling the memory.
ZSTD_BITE = 512


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its line break, and its number from 1. `content` is None when it was longer than allowed."""

    number: int
    content: bytes | None


class BrokenFile(Exception):
    """The file cannot be read any further: it was cut short or is damaged. What came before is good."""


def read_lines(path: Path, longest: int) -> Iterator[Line]:
    """Yield the lines of a .gz, .zst or plain file; a line of more than `longest` bytes is passed over unread.

    Raises `BrokenFile` after the last whole line of a damaged file, OSError when the file cannot be opened.
    """
    return split_lines(read_chunks(path), longest)


def read_chunks(path: Path) -> Iterator[bytes]:
    """Yield the file's bytes, decompressed by its ending."""
    match path.suffix:
        case ".gz":
            return _gzip_chunks(path)
        case ".zst":
            return _zstd_chunks(path)
        case _:
            return _plain_chunks(path)


def split_lines(chunks: Iterator[bytes], longest: int) -> Iterator[Line]:
    """Yield the lines of a stream of bytes, holding at most `longest` bytes and two chunks."""
    number = 0
    pending: list[bytes] = []
    size = 0
    for chunk in chunks:
        head, *rest = chunk.split(b"\n")
        size += len(head)
        if size <= longest:
            pending.append(head)
        else:
            pending.clear()
        if not rest:
            continue
        number += 1
        yield Line(number, b"".join(pending) if size <= longest else None)
        tail = rest.pop()
        for content in rest:
            number += 1
            yield Line(number, content if len(content) <= longest else None)
        pending = [tail] if len(tail) <= longest else []
        size = len(tail)
    if size:
        yield Line(number + 1, b"".join(pending) if size <= longest else None)


def _plain_chunks(path: Path) -> Iterator[bytes]:
    with plain(path, "a file of texts") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _gzip_chunks(path: Path) -> Iterator[bytes]:
    with plain(path, "a file of texts") as packed, gzip.open(packed) as stream:
        while True:
            try:
                # read1 hands over each piece as it comes; read would lose what it had gathered when the end is missing.
                chunk = stream.read1(CHUNK)
            except EOFError as error:
                raise BrokenFile("the gzip file is cut short") from error
            except (gzip.BadGzipFile, zlib.error) as error:
                raise BrokenFile(f"the gzip file is damaged ({told(error)})") from error
            if not chunk:
                return
            yield chunk


def _zstd_chunks(path: Path) -> Iterator[bytes]:
    import zstandard

    with plain(path, "a file of texts") as stream:
        bite = stream.read(ZSTD_BITE)
        while bite:
            frame = zstandard.ZstdDecompressor().decompressobj()
            ended = False
            while bite and not ended:
                try:
                    chunk = frame.decompress(bite)
                except zstandard.ZstdError as error:
                    raise BrokenFile(f"the zstd file is damaged ({told(error)})") from error
                if chunk:
                    yield chunk
                ended = frame.eof
                bite = (frame.unused_data if ended else b"") or stream.read(ZSTD_BITE)
            if not ended:
                raise BrokenFile("the zstd file is cut short")
