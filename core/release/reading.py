"""Reading a written file back, row by row, in bounded memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from core.release.files import mark
from core.release.formats import Record, Shape
from core.words import number_of

SHEET_ROWS = 200


def records(path: Path, shape: Shape) -> Iterator[Record]:
    """Return the records of a file in order: JSON by the standard library, CSV by pandas, Parquet by pyarrow.

    Raises ValueError where the file is not what its name says.
    """
    match shape:
        case Shape.LINES:
            return _lines(path)
        case Shape.ARRAY:
            return _array(path)
        case Shape.CSV:
            return _sheet(path)
        case Shape.PARQUET:
            return _parquet(path)


class Expected(Protocol):
    """What rows were marked with, in their order."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[int]: ...


def first_difference(read: Iterator[Record], marks: Expected) -> str | None:
    """Return a clause naming the first row (from 1) that is not what was written, or None when all rows are."""
    count, expected = 0, iter(marks)
    for count, record in enumerate(read, start=1):
        its = next(expected, None)
        if its is None:
            return f"it has more than the {number_of(len(marks), 'row')} that were written"
        if mark(record) != its:
            return f"row {count} reads back differently"
    return None if count == len(marks) else f"it has {number_of(count, 'row')} instead of {len(marks)}"


def _lines(path: Path) -> Iterator[Record]:
    with path.open("rb") as file:
        for line in file:
            yield json.loads(line.decode())  # as text: bytes are first searched for other encodings


def _array(path: Path) -> Iterator[Record]:
    """Read an array laid out one element a line, so that any length needs the memory of its longest element."""
    with path.open("rb") as file:
        if file.readline() != b"[\n":
            raise ValueError("it does not begin as an array with one element a line")
        while (line := file.readline()).endswith(b",\n"):
            yield json.loads(line[:-2].decode())
        yield json.loads(line.decode())
        if file.read(3) != b"]\n":
            raise ValueError("its array does not end where the rows do")


def _sheet(path: Path) -> Iterator[Record]:
    import pandas

    with pandas.read_csv(path, dtype=str, keep_default_na=False, chunksize=SHEET_ROWS) as chunks:
        for chunk in chunks:
            for values in chunk.itertuples(index=False, name=None):
                yield dict(zip(chunk.columns, values, strict=True))


def _parquet(path: Path) -> Iterator[Record]:
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path, pre_buffer=False) as file:
        for batch in file.iter_batches(batch_size=1_000, use_threads=False):
            yield from batch.to_pylist()
