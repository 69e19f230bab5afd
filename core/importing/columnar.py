"""Parquet and Arrow files, read a few rows at a time. A column of one long text in a thousand rows stays one text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.bounded_file import plain
from core.foreign import told
from core.importing import bounds
from core.importing.bounds import Unpackable
from core.importing.opening import GZIP, ZSTD, opened
from core.importing.pages import NoPageHeader as UnreadablePage
from core.importing.pages import pages
from core.records import Fault, Refused

SOME = 256  # rows at a time
BOMB = 64 << 20  # bytes of a column that unpack from next to nothing

FoundRows = Iterator[tuple[int, Mapping[str, Any]] | Fault]


def parquet(path: Path) -> FoundRows:
    """Every row with its place, from 1."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    _must_not_be_packed(path)
    number, growth = 0, bounds.Growth(path.stat().st_size)
    try:
        with pq.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False) as table:
            bounds.check_columns(table.metadata.num_columns, path.name)
            _no_bomb(table.metadata, path)
            texts = [field.name for field in table.schema_arrow if pa.types.is_string(field.type)]
        with pq.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False, read_dictionary=texts) as table:
            for batch in table.iter_batches(batch_size=SOME):
                for found in _rows(batch, number, growth):
                    number += 1
                    yield found
    except Unpackable as error:
        yield Fault(number + 1, f"{error}; the rows before it were read")
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # a name that is no text is the last of these
        yield Fault(number + 1, f"the Parquet file cannot be read from here on ({told(error)})")


def arrow(path: Path) -> FoundRows:
    """Every row with its place, from 1: of a file in Arrow's format for files or for streams."""
    import pyarrow as pa

    _must_not_be_packed(path)
    number, growth = 0, bounds.Growth(path.stat().st_size)
    try:
        with pa.memory_map(str(path)) as source:
            for batch in _batches(pa, source):
                bounds.check_columns(batch.num_columns, path.name)
                for start in range(0, batch.num_rows, SOME):
                    for found in _rows(batch.slice(start, SOME), number, growth):
                        number += 1
                        yield found
    except Unpackable as error:
        yield Fault(number + 1, f"{error}; the rows before it were read")
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        yield Fault(number + 1, f"the Arrow file cannot be read from here on ({told(error)})")


def _batches(pa: Any, source: Any) -> Iterator[Any]:
    if source.read(6) == b"ARROW1":
        reader = pa.ipc.open_file(source)
        for place in range(reader.num_record_batches):
            yield reader.get_batch(place)
    else:
        source.seek(0)
        yield from pa.ipc.open_stream(source)


def _rows(batch: Any, before: int, growth: bounds.Growth) -> FoundRows:
    """The rows of a batch; each by itself where all together would take too much memory."""
    growth.by(size := _bytes(batch))
    if size <= bounds.ROW:
        for place, row in enumerate(batch.to_pylist(), before + 1):
            yield _checked(place, row)
        return
    for place in range(batch.num_rows):
        one = batch.slice(place, 1)
        if _bytes(one) > bounds.ROW:
            yield Fault(before + place + 1, bounds.ROW_TOO_LARGE)
        else:
            yield _checked(before + place + 1, one.to_pylist()[0])


def _checked(place: int, row: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]] | Fault:
    if any(isinstance(value, list | dict) for value in row.values()) and bounds.is_too_deep(row):
        return Fault(place, bounds.NESTED_TOO_DEEPLY)
    return place, row


def _bytes(batch: Any) -> int:
    """How many bytes the batch's texts have once each cell has its own."""
    import pyarrow as pa
    import pyarrow.compute as pc

    total = 0
    for column in batch.columns:
        if pa.types.is_dictionary(column.type):
            lengths = pc.binary_length(column.dictionary)
            total += pc.sum(pc.take(lengths, column.indices)).as_py() or 0
        else:
            total += column.nbytes
    return int(total)


def _no_bomb(metadata: Any, path: Path) -> None:
    """Refuse a file of which a column, by the footer or by its own pages, unpacks from next to nothing."""
    with plain(path) as file:
        for group in range(metadata.num_row_groups):
            for place in range(metadata.num_columns):
                column = metadata.row_group(group).column(place)
                _must_be_honest(column.total_uncompressed_size, column.total_compressed_size, path)
                try:
                    for page in pages(file, column):
                        _must_be_honest(page.unpacked, page.packed, path)
                except UnreadablePage as error:
                    raise Refused(
                        f"{path.name} cannot be read: its footer names pages that are not there; get the file again."
                    ) from error


def _must_be_honest(unpacked: int, packed: int, path: Path) -> None:
    if unpacked > BOMB and unpacked > bounds.RATIO * max(packed, 1):
        raise Refused(
            f"{path.name} unpacks to far more than it can hold in earnest ({unpacked >> 20:,} MB from "
            f"{packed:,} bytes in one column); it is not read."
        )


def _must_not_be_packed(path: Path) -> None:
    with plain(path) as file:
        packed = file.read(4)
    if packed.startswith(GZIP) or packed == ZSTD:
        with opened(path) as found:
            try:
                found.peek(1)
            except Unpackable as error:
                raise Refused(f"{path.name} cannot be read: {error}; get the file again.") from error
        raise Refused(f"{path.name} is a packed table of columns, which is packed by itself; unpack it first.")
