"""The texts of a file, one after the other, and what could not be read, told by file and line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from core.bounded_file import plain
from core.corpus.lines import BrokenFile, Line, read_chunks, read_lines

JSON_LINES = (".jsonl", ".json", ".ndjson")
COMPRESSED = ("", ".gz", ".zst")
ENDINGS: tuple[str, ...] = (*(kind + packed for kind in JSON_LINES for packed in COMPRESSED), ".parquet", ".txt")
"""The file endings that hold texts."""

# pyarrow holds one batch of rows at a time; a few hundred keep a worker small even with long texts.
PARQUET_ROWS = 256


@dataclass(frozen=True, slots=True)
class SourceText:
    """One text, the file it came from as the user named it, and its line or row from 1 (1 for a text file)."""

    source: str
    line: int
    text: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that could not be read: file, line (0: the file as a whole), and what is wrong."""

    source: str
    line: int
    reason: str


def read_texts(path: Path, name: str, field: str, longest: int) -> Iterator[SourceText | Unread]:
    """Yield the texts of one file by its ending, and an `Unread` for each line that holds none.

    `name` is what the texts say they come from; `field` names the column or JSON field. A line or text of more than
    `longest` bytes is reported and passed over. Raises OSError when the file cannot be opened.
    """
    source = name.encode("utf-8", "replace").decode()  # a file system may hold names that are not Unicode
    if path.suffix == ".parquet":
        return _parquet_texts(path, source, field, longest)
    if path.suffix == ".txt":
        return _plain_text(path, source, longest)
    return _json_texts(path, source, field, longest)


def _json_texts(path: Path, source: str, field: str, longest: int) -> Iterator[SourceText | Unread]:
    number = 0
    try:
        for line in read_lines(path, longest):
            number = line.number
            if line.content is not None and number == 1 and line.content.lstrip().startswith(b"["):
                yield Unread(source, 1, "this is a JSON array; Winnow reads one JSON object a line (JSONL)")
                return
            if line.content is None or line.content.strip():
                yield _json_text(source, line, field, longest)
    except BrokenFile as broken:
        yield Unread(source, number + 1, f"{broken}; the texts before were read, what follows is lost")
        return
    if number == 0:
        yield Unread(source, 0, "the file is empty")


def _json_text(source: str, line: Line, field: str, longest: int) -> SourceText | Unread:
    content = line.content
    if content is None:
        return Unread(source, line.number, f"the line is longer than {longest:,} bytes; it was passed over")
    if line.number == 1:
        content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        row = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        return Unread(source, line.number, _json_fault(content, error))
    if not isinstance(row, dict):
        return Unread(source, line.number, "the line is JSON but not an object")
    text = row.get(field)
    if not isinstance(text, str):
        missing = f"the field “{field}” is missing" if field not in row else f"the field “{field}” is not a text"
        return Unread(source, line.number, missing)
    url = row.get("url")
    return SourceText(source, line.number, text, url if isinstance(url, str) else None)


def _json_fault(content: bytes, error: orjson.JSONDecodeError) -> str:
    try:
        content.decode()
    except UnicodeDecodeError as fault:
        return f"the line is not UTF-8 (byte {fault.start + 1})"
    return f"the line is not JSON ({error.msg})"


def _plain_text(path: Path, source: str, longest: int) -> Iterator[SourceText | Unread]:
    content = b""
    for chunk in read_chunks(path):
        content += chunk
        if len(content) > longest:
            yield Unread(source, 1, f"the text is longer than {longest:,} bytes; it was passed over")
            return
    if not content.strip():
        yield Unread(source, 0, "the file is empty")
        return
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        yield Unread(
            source, content.count(b"\n", 0, fault.start) + 1, f"the text is not UTF-8 (byte {fault.start + 1})"
        )
        return
    # One line break is one paragraph to the rules, on whatever system the file was written; outer ones are none.
    yield SourceText(source, 1, text.replace("\r\n", "\n").strip("\n"))


def _parquet_texts(path: Path, source: str, field: str, longest: int) -> Iterator[SourceText | Unread]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = 0
    with plain(path, "a file of texts") as stream:
        try:
            table = pq.ParquetFile(stream)
            if field not in table.schema_arrow.names:
                yield Unread(
                    source, 0, f"the column “{field}” is missing; it has {', '.join(table.schema_arrow.names)}"
                )
                return
            columns = [field, "url"] if "url" in table.schema_arrow.names and field != "url" else [field]
            for batch in table.iter_batches(batch_size=PARQUET_ROWS, columns=columns, use_threads=False):
                urls = batch.column("url") if len(columns) == 2 else None
                for at, cell in enumerate(batch.column(field)):
                    row += 1
                    url = urls[at].as_py() if urls is not None else None
                    yield _parquet_text(source, row, cell, url, longest)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            yield Unread(
                source, row + 1 if row else 0, f"the Parquet file cannot be read further ({_first_line(error)})"
            )
            return
    if row == 0:
        yield Unread(source, 0, "the file is empty")


def _parquet_text(source: str, row: int, cell: object, url: object, longest: int) -> SourceText | Unread:
    try:
        text = cell.as_py()  # type: ignore[attr-defined]
    except UnicodeDecodeError:
        return Unread(source, row, "the text is not UTF-8")
    if not isinstance(text, str):
        return Unread(source, row, "the text is missing" if text is None else "the column does not hold texts")
    if len(text) > longest:
        return Unread(source, row, f"the text is longer than {longest:,} characters; it was passed over")
    return SourceText(source, row, text, url if isinstance(url, str) else None)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
