"""Files that grow row by row: hashed while they are written, forced to disk when closed, never held in memory."""

from __future__ import annotations

import csv
import os
import tempfile
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

import orjson

from core.release.answers import TRUTHS
from core.release.formats import Format, Record, Shape
from core.release.hashed import HashedFile
from core.release.marks import Marks

GROUP_ROWS = 1_000
GROUP_BYTES = 8 << 20

# Readers that split text with str.splitlines take these for the end of a line; inside JSON the escape means the same.
LINE_ENDS = ((b"\xc2\x85", b"\\u0085"), (b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A closed file: its size in bytes, SHA-256 (hex), rows, and one mark a row by which it is checked when read back
    (None where it is not).

    `lines` holds for every record that came in its line (from 0), or -1 for a duplicate; None where line n is row n.
    """

    path: Path
    bytes: int
    sha256: str
    rows: int
    marks: Marks | None
    lines: array[int] | None = None


class TableFile(Protocol):
    """Takes records one by one; `close` flushes, forces to disk and returns what was written."""

    def add(self, record: Record) -> None: ...

    def close(self) -> WrittenFile: ...

    def abandon(self) -> None: ...


def opened(path: Path, form: Format, seed: int, marks: Path) -> TableFile:
    """Return an empty file for records of this format, their marks beside it; raises OSError as the disk does."""
    match form.shape:
        case Shape.LINES if form.shuffled:
            return ShuffledLines(path, seed, Marks(marks))
        case Shape.LINES:
            return Lines(path, Marks(marks))
        case Shape.ARRAY:
            return Array(path, Marks(marks))
        case Shape.CSV:
            return Sheet(path, Marks(marks))
        case Shape.PARQUET:
            return Parquet(path, Marks(marks))


def mark(record: Record) -> int:
    """Return 64 bits that stand for a record: equal records, equal marks."""
    return _mark(orjson.dumps(record))


def one_line(line: bytes) -> bytes:
    """Return a line of JSON in which no reader sees the end of a line."""
    for raw, escaped in () if line.isascii() else LINE_ENDS:
        if raw in line:
            line = line.replace(raw, escaped)
    return line


class Lines:
    """JSON lines."""

    def __init__(self, path: Path, marks: Marks) -> None:
        self._file, self._marks = HashedFile(path), marks

    def add(self, record: Record) -> None:
        line = orjson.dumps(record)
        self._marks.append(_mark(line))
        self._file.write(one_line(line) + b"\n")

    def close(self) -> WrittenFile:
        return _written(self._file, self._marks)

    def abandon(self) -> None:
        self._marks.abandon()
        self._file.abandon()


class Array:
    """One JSON array, one element a line."""

    def __init__(self, path: Path, marks: Marks) -> None:
        self._file, self._marks = HashedFile(path), marks

    def add(self, record: Record) -> None:
        line = orjson.dumps(record)
        self._file.write((b",\n" if self._marks else b"[\n") + one_line(line))
        self._marks.append(_mark(line))

    def close(self) -> WrittenFile:
        self._file.write(b"\n]\n" if self._marks else b"[]\n")
        return _written(self._file, self._marks)

    def abandon(self) -> None:
        self._marks.abandon()
        self._file.abandon()


class ShuffledLines:
    """JSON lines without duplicates, in the order of a seeded hash: spooled first, put in order when closed."""

    def __init__(self, path: Path, seed: int, marks: Marks) -> None:
        self._file, self._marks = HashedFile(path), marks
        self._spool = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115 (closed by `close` and `abandon`)
        self._key = f"{seed}".encode()[:64]
        self._digests = bytearray()  # 16 bytes a record, by which it is ordered and its duplicates are known
        self._starts = array("Q", [0])
        self._marks_as_they_came = array("Q")

    def add(self, record: Record) -> None:
        line = orjson.dumps(record)
        self._digests += blake2b(line, digest_size=16, key=self._key).digest()
        self._marks_as_they_came.append(_mark(line))
        spooled = one_line(line) + b"\n"
        self._spool.write(spooled)
        self._starts.append(self._starts[-1] + len(spooled))

    def close(self) -> WrittenFile:
        order, lines = _first_of_each(self._digests)
        self._digests = bytearray()
        self._spool.flush()
        spool = self._spool.fileno()
        for place in order:
            start = self._starts[place]
            self._file.write(os.pread(spool, self._starts[place + 1] - start, start))
            self._marks.append(self._marks_as_they_came[place])
        self._spool.close()
        return _written(self._file, self._marks, lines)

    def abandon(self) -> None:
        with _quiet():
            self._spool.close()
        self._marks.abandon()
        self._file.abandon()


class Sheet:
    """CSV: every cell quoted, UTF-8, line breaks of one LF between rows, the header from the first record."""

    def __init__(self, path: Path, marks: Marks) -> None:
        self._file, self._marks = HashedFile(path), marks
        self._writer = csv.writer(_Encoding(self._file), quoting=csv.QUOTE_ALL, lineterminator="\n")

    def add(self, record: Record) -> None:
        if not self._marks:
            self._writer.writerow(record)
        self._writer.writerow(record.values())
        self._marks.append(mark(record))

    def close(self) -> WrittenFile:
        return _written(self._file, self._marks)

    def abandon(self) -> None:
        self._marks.abandon()
        self._file.abandon()


class Parquet:
    """Parquet in row groups of at most 1,000 rows or about 8 MB of text."""

    def __init__(self, path: Path, marks: Marks) -> None:
        self._file, self._marks = HashedFile(path), marks
        self._schema: Any = None
        self._writer: Any = None
        self._group: list[Record] = []
        self._group_bytes = 0

    def add(self, record: Record) -> None:
        line = orjson.dumps(record)
        self._marks.append(_mark(line))
        self._group.append(record)
        self._group_bytes += len(line)
        if len(self._group) >= GROUP_ROWS or self._group_bytes >= GROUP_BYTES:
            self._write_group()

    def close(self) -> WrittenFile:
        self._write_group()
        if self._writer is not None:
            self._writer.close()
        return _written(self._file, self._marks)

    def abandon(self) -> None:
        # The writer's close would write a footer; on a full disk it fails like every other write.
        with _quiet():
            if self._writer is not None:
                self._writer.close()
        self._marks.abandon()
        self._file.abandon()

    def _write_group(self) -> None:
        import pyarrow
        from pyarrow.parquet import ParquetWriter

        if self._group:
            if self._writer is None:
                kinds = {bool: pyarrow.bool_(), int: pyarrow.int64(), float: pyarrow.float64()}
                self._schema = pyarrow.schema(
                    [
                        (name, kinds[bool] if name in TRUTHS else kinds.get(type(value), pyarrow.string()))
                        for name, value in self._group[0].items()
                    ]
                )
                self._writer = ParquetWriter(self._file, self._schema, compression="zstd")
            self._writer.write_table(pyarrow.Table.from_pylist(self._group, schema=self._schema))
            self._group, self._group_bytes = [], 0


class _Encoding:
    """A text file for the csv module over a hashed binary one."""

    def __init__(self, file: HashedFile) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(text.encode())


def _mark(line: bytes) -> int:
    return int.from_bytes(blake2b(line, digest_size=8).digest())


def _first_of_each(digests: bytearray) -> tuple[array[int], array[int]]:
    """The places of different digests (16 bytes each) in the digests' order, the first place of equal ones; and for
    every place its line in that order, -1 for a duplicate. As arrays: a dictionary of them takes 140 bytes a row."""
    import numpy as np

    halves = np.frombuffer(bytes(digests), ">u8").astype(np.uint64).reshape(-1, 2)
    order = np.lexsort((halves[:, 1], halves[:, 0]))  # stable: of equal ones the first comes first
    halves = halves[order]
    is_first = np.ones(len(order), bool)
    is_first[1:] = (halves[1:] != halves[:-1]).any(axis=1)
    kept = order[is_first].astype(np.int64)
    lines = np.full(len(order), -1, np.int64)
    lines[kept] = np.arange(len(kept))
    return array("q", kept.tobytes()), array("q", lines.tobytes())


def _written(file: HashedFile, marks: Marks, lines: array[int] | None = None) -> WrittenFile:
    marks.close()
    digest = file.close()
    return WrittenFile(file.path, file.bytes, digest, len(marks), marks, lines)


@contextmanager
def _quiet() -> Iterator[None]:
    try:
        yield
    except OSError:
        return
