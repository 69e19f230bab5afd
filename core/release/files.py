"""Files that grow row by row: hashed while they are written, forced to disk when closed, never held in memory."""

from __future__ import annotations

import csv
import tempfile
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

import orjson

from core.release.formats import Format, Record, Shape
from core.release.hashed import HashedFile

GROUP_ROWS = 1_000
GROUP_BYTES = 8 << 20
TRUTHS = ("is_classification", "demo")  # columns that may begin with nothing

# Readers that split text with str.splitlines take these for the end of a line; inside JSON the escape means the same.
LINE_ENDS = ((b"\xc2\x85", b"\\u0085"), (b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A closed file: its size in bytes, SHA-256 (hex), rows, and one mark a row by which it is checked when read back.

    `lines` holds for every record that came in its line (from 0), or -1 for a duplicate; None where line n is row n.
    """

    path: Path
    bytes: int
    sha256: str
    rows: int
    marks: array[int]
    lines: array[int] | None = None


class TableFile(Protocol):
    """Takes records one by one; `close` flushes, forces to disk and returns what was written."""

    def add(self, record: Record) -> None: ...

    def close(self) -> WrittenFile: ...

    def abandon(self) -> None: ...


def opened(path: Path, form: Format, seed: int) -> TableFile:
    """Return an empty file for records of this format; raises OSError as the disk does."""
    match form.shape:
        case Shape.LINES if form.shuffled:
            return ShuffledLines(path, seed)
        case Shape.LINES:
            return Lines(path)
        case Shape.ARRAY:
            return Array(path)
        case Shape.CSV:
            return Sheet(path)
        case Shape.PARQUET:
            return Parquet(path)


def mark(record: Record) -> int:
    """Return 64 bits that stand for a record: equal records, equal marks."""
    return _mark(orjson.dumps(record))


def one_line(line: bytes) -> bytes:
    """Return a line of JSON in which no reader sees the end of a line."""
    for raw, escaped in LINE_ENDS:
        if raw in line:
            line = line.replace(raw, escaped)
    return line


class Lines:
    """JSON lines."""

    def __init__(self, path: Path) -> None:
        self._file = HashedFile(path)
        self._marks = array("Q")

    def add(self, record: Record) -> None:
        line = orjson.dumps(record)
        self._marks.append(_mark(line))
        self._file.write(one_line(line) + b"\n")

    def close(self) -> WrittenFile:
        return _written(self._file, self._marks)

    def abandon(self) -> None:
        self._file.abandon()


class Array:
    """One JSON array, one element a line."""

    def __init__(self, path: Path) -> None:
        self._file = HashedFile(path)
        self._marks = array("Q")

    def add(self, record: Record) -> None:
        line = orjson.dumps(record)
        self._file.write((b",\n" if self._marks else b"[\n") + one_line(line))
        self._marks.append(_mark(line))

    def close(self) -> WrittenFile:
        self._file.write(b"\n]\n" if self._marks else b"[]\n")
        return _written(self._file, self._marks)

    def abandon(self) -> None:
        self._file.abandon()


class ShuffledLines:
    """JSON lines without duplicates, in the order of a seeded hash: spooled first, put in order when closed."""

    def __init__(self, path: Path, seed: int) -> None:
        self._file = HashedFile(path)
        self._spool = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115 (closed by `close` and `abandon`)
        self._key = f"{seed}".encode()[:64]
        self._place: dict[bytes, int] = {}
        self._starts = array("Q", [0])
        self._marks = array("Q")
        self._arrivals = array("q")

    def add(self, record: Record) -> None:
        line = orjson.dumps(record)
        digest = blake2b(line, digest_size=16, key=self._key).digest()
        if digest in self._place:
            self._arrivals.append(-1)
            return
        self._arrivals.append(len(self._place))
        self._place[digest] = len(self._place)
        self._marks.append(_mark(line))
        spooled = one_line(line) + b"\n"
        self._spool.write(spooled)
        self._starts.append(self._starts[-1] + len(spooled))

    def close(self) -> WrittenFile:
        order = [self._place[digest] for digest in sorted(self._place)]
        line_of_place = array("q", bytes(8 * len(order)))
        for line, place in enumerate(order):
            line_of_place[place] = line
            self._spool.seek(self._starts[place])
            self._file.write(self._spool.read(self._starts[place + 1] - self._starts[place]))
        self._spool.close()
        marks = array("Q", (self._marks[place] for place in order))
        lines = array("q", (-1 if place < 0 else line_of_place[place] for place in self._arrivals))
        return _written(self._file, marks, lines)

    def abandon(self) -> None:
        with _quiet():
            self._spool.close()
        self._file.abandon()


class Sheet:
    """CSV: every cell quoted, UTF-8, line breaks of one LF between rows, the header from the first record."""

    def __init__(self, path: Path) -> None:
        self._file = HashedFile(path)
        self._marks = array("Q")
        self._writer = csv.writer(_Encoding(self._file), quoting=csv.QUOTE_ALL, lineterminator="\n")

    def add(self, record: Record) -> None:
        if not self._marks:
            self._writer.writerow(record)
        self._writer.writerow(record.values())
        self._marks.append(mark(record))

    def close(self) -> WrittenFile:
        return _written(self._file, self._marks)

    def abandon(self) -> None:
        self._file.abandon()


class Parquet:
    """Parquet in row groups of at most 1,000 rows or about 8 MB of text."""

    def __init__(self, path: Path) -> None:
        self._file = HashedFile(path)
        self._schema: Any = None
        self._writer: Any = None
        self._marks = array("Q")
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


def _written(file: HashedFile, marks: array[int], lines: array[int] | None = None) -> WrittenFile:
    digest = file.close()
    return WrittenFile(file.path, file.bytes, digest, len(marks), marks, lines)


@contextmanager
def _quiet() -> Iterator[None]:
    try:
        yield
    except OSError:
        return
