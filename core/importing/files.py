"""A file as a stream of rows. What cannot be read is a Fault with its line; the rest goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.importing import bounds
from core.importing.bounds import Unpackable
from core.importing.opening import opened, suffixless
from core.missing import no_such_file
from core.records import Fault, Refused

NumberedRow = tuple[int, Mapping[str, Any]]  # (line on which it begins, or its place in a table, from 1; the row)

KINDS = {
    "jsonl": "JSON Lines",
    "json": "JSON",
    "csv": "CSV",
    "parquet": "Parquet",
    "arrow": "Arrow",
    "yaml": "YAML",
}
HEAD = 1 << 16
WRAPPERS = ("data", "rows", "train", "examples", "records", "items", "samples")  # {"data": [row, row, ...]}


def kind_of(path: Path) -> str:
    """How a file is laid out: one of KINDS, by its content first and its name second."""
    if not path.is_file():
        raise no_such_file(path)
    head = _head(path)
    if head[:4] == b"PAR1":
        return "parquet"
    if head[:6] == b"ARROW1" or head[:4] == b"\xff\xff\xff\xff":
        return "arrow"
    start, name = head.removeprefix(b"\xef\xbb\xbf").lstrip(), suffixless(path)
    if not start:
        raise Refused(f"{path.name} is empty; there is nothing to import.")
    if name.endswith((".yaml", ".yml")):
        return "yaml"
    if start[:1] == b"[":
        return "json"
    if start[:1] == b"{":
        return "jsonl" if _is_whole_line(start, name) else "json"
    if name.endswith((".csv", ".tsv")):
        return "csv"
    if name.endswith((".jsonl", ".ndjson", ".json")):
        return "jsonl"  # its first lines are bad; the report says so
    raise Refused(
        f"{path.name} is neither JSON, JSON Lines, CSV, YAML, Parquet nor Arrow; convert it to one of these, and "
        "give a table of text the ending .csv or .tsv."
    )


def rows_of_file(path: Path) -> Iterator[NumberedRow | Fault]:
    """Every row of the file in order, as it is read; memory stays bounded whatever the file holds (see `bounds`)."""
    for n, row in enumerate(_reader(kind_of(path))(path), 1):
        bounds.check_rows(n)
        yield row


def _reader(kind: str) -> Any:
    from core.importing import columnar, tables, yamlrows

    return {
        "jsonl": _json_lines,
        "json": _json,
        "csv": tables.rows_of_table,
        "parquet": columnar.parquet,
        "arrow": columnar.arrow,
        "yaml": yamlrows.rows_of_yaml,
    }[kind]


def _head(path: Path) -> bytes:
    head = b""
    try:
        with opened(path) as file:
            while len(head) < HEAD and (more := file.read1(HEAD)):
                head += more
    except Unpackable as error:
        if not head:
            raise Refused(f"{path.name} cannot be read: {error}; get the file again.") from error
    return head


def _is_whole_line(start: bytes, name: str) -> bool:
    """Whether a first line holds an object of its own, so that the file is one of JSON Lines."""
    line, end, rest = start.partition(b"\n")
    if not end:  # one line alone, or a line longer than the head
        return not name.endswith((".json", ".kiln"))
    try:
        json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        spread = line.strip() == b"{" and rest.lstrip()[:1] in (b'"', b"}")  # an object over several lines
        return not spread and not name.endswith((".json", ".kiln"))
    return True


def _json_lines(path: Path) -> Iterator[NumberedRow | Fault]:
    number = 0
    with opened(path) as file:
        while True:
            number += 1
            try:
                line = file.readline(bounds.ROW + 1)
                if len(line) > bounds.ROW:
                    while line and not line.endswith(b"\n"):
                        line = file.readline(bounds.ROW)
                    yield Fault(number, bounds.ROW_TOO_LARGE)
                    continue
            except Unpackable as error:
                yield Fault(number, f"{error}; the rows before it were read")
                return
            if not line:
                return
            if line.strip():
                yield _row_of_line(number, line)


def _row_of_line(number: int, line: bytes) -> NumberedRow | Fault:
    try:
        row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError as error:
        return Fault(number, f"not UTF-8 (byte {error.start + 1} of the line)")
    except json.JSONDecodeError as error:
        return Fault(number, f"not JSON ({error.msg} at column {error.colno})")
    except ValueError:
        return Fault(number, "not JSON (a number with thousands of digits)")
    except RecursionError:
        return Fault(number, bounds.NESTED_TOO_DEEPLY)
    if not isinstance(row, Mapping):
        return Fault(number, "not a JSON object")
    if line.count(b"[") + line.count(b"{") > bounds.NESTING and bounds.is_too_deep(row):
        return Fault(number, bounds.NESTED_TOO_DEEPLY)
    return number, row


def _json(path: Path) -> Iterator[NumberedRow | Fault]:
    """The rows of one JSON list, of objects that follow one another, or of the list that one object holds."""
    from core.importing.jsonlist import BrokenList, elements

    with opened(path) as file:
        try:
            for line, row, raw in elements(file):
                if not raw.isascii() and any("\udc80" <= character <= "\udcff" for character in raw):
                    yield Fault(line, "not UTF-8; save the file as UTF-8 and import it again")
                elif not isinstance(row, Mapping):
                    yield Fault(line, "not a JSON object")
                elif raw.count("[") + raw.count("{") > bounds.NESTING and bounds.is_too_deep(row):
                    yield Fault(line, bounds.NESTED_TOO_DEEPLY)
                else:
                    yield from _unwrapped(line, row)
        except BrokenList as error:
            yield Fault(error.line, f"the JSON list breaks off here ({error}); the rows before it were read")


def _unwrapped(line: int, row: Mapping[str, Any]) -> Iterator[NumberedRow]:
    """The rows of an object that is no row but holds a list of them; else the row itself."""
    lists = [name for name in WRAPPERS if isinstance(row.get(name), list) and row[name]]
    if len(lists) != 1 or not all(isinstance(one, Mapping) for one in row[lists[0]]) or _speaks_for_itself(row):
        yield line, row
        return
    for one in row[lists[0]]:
        inner = one.get("row")  # as the viewer of the Hugging Face Hub gives them
        yield line, inner if isinstance(inner, Mapping) and "row_idx" in one else one


def _speaks_for_itself(row: Mapping[str, Any]) -> bool:
    return not {"instruction", "prompt", "messages", "conversations", "question", "input"}.isdisjoint(row)
