"""A file as a stream of rows. What cannot be read is a Fault with its line; the rest goes on."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from core.records import Fault, Refused

Row = tuple[int, Mapping[str, Any]]  # (line on which it begins, or its place in a Parquet file, from 1; the row)

DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)  # what unpacking a broken file raises
KINDS = ("jsonl", "json", "csv", "parquet")


def kind_of(path: Path) -> str:
    """How a file is laid out: one of KINDS, by its content first and its name second."""
    if not path.is_file():
        raise Refused(f"There is no file {path}; check the path.")
    with _opened(path) as file:
        head = _head(file, path)
    if head[:4] == b"PAR1":
        return "parquet"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise Refused(f"{path.name} is empty; there is nothing to import.")
    if start[:1] == b"[":
        return "json"
    if start[:1] == b"{":
        return "jsonl"
    name = path.name.removesuffix(".gz").lower()
    if name.endswith((".csv", ".tsv")):
        return "csv"
    if name.endswith((".jsonl", ".ndjson", ".json")):
        return "jsonl"  # its first lines are bad; the report says so
    raise Refused(f"{path.name} is neither JSON, JSON Lines, CSV nor Parquet; convert it to one of these.")


def rows(path: Path) -> Iterator[Row | Fault]:
    """Every row of the file in order, as it is read; memory stays bounded whatever the file's size."""
    yield from {"jsonl": _json_lines, "json": _json_list, "csv": _csv, "parquet": _parquet}[kind_of(path)](path)


def _head(file: io.BufferedIOBase, path: Path) -> bytes:
    head = b""
    try:
        while len(head) < 4096 and (more := file.read1(4096)):
            head += more
    except DAMAGED as error:
        if not head:
            raise Refused(f"{path.name} is compressed and damaged ({error}); get the file again.") from error
    return head


@contextmanager
def _opened(path: Path) -> Iterator[io.BufferedIOBase]:
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if packed:
            with gzip.open(raw) as file:
                yield file
        else:
            yield raw


def _json_lines(path: Path) -> Iterator[Row | Fault]:
    with _opened(path) as file:
        for number, line in enumerate(_lines(file), 1):
            if isinstance(line, Exception):
                yield Fault(number, f"the compressed file is damaged here ({line}); the rows before it were read")
                return
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            except UnicodeDecodeError as error:
                yield Fault(number, f"not UTF-8 (byte {error.start + 1} of the line)")
            except json.JSONDecodeError as error:
                yield Fault(number, f"not JSON ({error.msg} at column {error.colno})")
            except ValueError:
                yield Fault(number, "not JSON (a number with thousands of digits)")
            except RecursionError:
                yield Fault(number, "JSON nested too deeply")
            else:
                yield (number, row) if isinstance(row, Mapping) else Fault(number, "not a JSON object")


def _lines(file: io.BufferedIOBase) -> Iterator[bytes | Exception]:
    try:
        yield from file
    except DAMAGED as error:
        yield error


def _json_list(path: Path) -> Iterator[Row | Fault]:
    from core.importing.jsonlist import Broken, elements

    with _opened(path) as file:
        try:
            for line, row, raw in elements(file):
                if _undecodable(raw):
                    yield Fault(line, "not UTF-8; save the file as UTF-8 and import it again")
                else:
                    yield (line, row) if isinstance(row, Mapping) else Fault(line, "not a JSON object")
        except Broken as error:
            yield Fault(error.line, f"the JSON list breaks off here ({error}); the rows before it were read")


def _csv(path: Path) -> Iterator[Row | Fault]:
    csv.field_size_limit(1 << 30)
    with _opened(path) as raw:
        text = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")  # type: ignore[type-var]
        head = text.read(64_000)
        delimiter = "\t" if head.split("\n", 1)[0].count("\t") > head.split("\n", 1)[0].count(",") else ","
        reader = csv.reader(_Rejoined(head, text), delimiter=delimiter)
        names: list[str] | None = None
        line = 1
        try:
            for cells in reader:
                began, line = line, reader.line_num + 1
                if names is None:
                    names = [name.strip().lower() for name in cells]
                elif any(_undecodable(cell) for cell in cells):
                    yield Fault(began, "not UTF-8; save the file as UTF-8 and import it again")
                elif len(cells) != len(names):
                    if cells:
                        yield Fault(began, f"{len(cells)} cells where the header has {len(names)}")
                else:
                    yield began, dict(zip(names, cells, strict=True))
        except csv.Error as error:
            yield Fault(line, f"not CSV from here on ({error}); the rows before it were read")


class _Rejoined:
    """The lines of a text whose head was read already."""

    def __init__(self, head: str, rest: IO[str]) -> None:
        if head and not head.endswith("\n"):
            head += rest.readline()
        self._head, self._rest = iter(_split(head)), rest

    def __iter__(self) -> Iterator[str]:
        yield from self._head
        yield from self._rest


def _split(text: str) -> list[str]:
    return list(io.StringIO(text, newline=""))


def _undecodable(cell: str) -> bool:
    return not cell.isascii() and any("\udc80" <= character <= "\udcff" for character in cell)


def _parquet(path: Path) -> Iterator[Row | Fault]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as table:
            for batch in table.iter_batches(batch_size=2048):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (pa.ArrowException, OSError) as error:
        yield Fault(number + 1, f"the Parquet file cannot be read from here on ({str(error).splitlines()[0][:120]})")
