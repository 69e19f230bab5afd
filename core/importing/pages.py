"""What the pages of a Parquet file say of themselves, whatever the file's footer says of them.

A reader makes room for a page by the size in the page's own header, so that a footer which calls a bomb small deceives
it. The headers are read here (Thrift's compact protocol), and nothing behind them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

HEADER = 1 << 16  # bytes that a page's header may have, its statistics included
DEEP = 16


class NoPageHeader(Exception):
    """There is no page header where the footer says that one is."""


@dataclass(frozen=True, slots=True)
class PackedPage:
    """Bytes of a page as it stands in the file, and as a reader lays it out in memory."""

    packed: int
    unpacked: int


def pages(file: BinaryIO, column: Any) -> Iterator[PackedPage]:
    """The pages of a column chunk (its metadata as pyarrow gives it), in order. Raises NoPageHeader."""
    at = int(column.data_page_offset)
    if column.has_dictionary_page and 0 < (first := int(column.dictionary_page_offset or 0)) < at:
        at = first
    end = at + int(column.total_compressed_size)
    while at < end:
        file.seek(at)
        header = _Header(file.read(HEADER))
        fields = header.struct(0)
        unpacked, packed = fields.get(2), fields.get(3)
        if unpacked is None or packed is None or unpacked < 0 or packed < 0:
            raise NoPageHeader
        yield PackedPage(packed, unpacked)
        at += header.at + packed


class _Header:
    """Thrift's compact protocol, as far as whole numbers are kept and all else is passed over."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self.at = raw, 0

    def struct(self, depth: int) -> dict[int, int]:
        """The whole numbers among the fields of a structure, by their number."""
        found: dict[int, int] = {}
        number = 0
        while (byte := self._byte()) != 0:
            step, kind = byte >> 4, byte & 15
            number = number + step if step else self._number()
            value = self._value(kind, depth)
            if value is not None:
                found[number] = value
        return found

    def _value(self, kind: int, depth: int) -> int | None:
        if depth > DEEP:
            raise NoPageHeader
        match kind:
            case 1 | 2:  # a truth value, told by its kind
                return None
            case 3:
                self.at += 1
            case 4 | 5 | 6:
                return self._number()
            case 7:
                self.at += 8
            case 8:
                length = self._varint()  # which moves on by itself, before its text is passed over
                self.at += length
            case 9 | 10:
                self._list(depth)
            case 12:
                self.struct(depth + 1)
            case _:  # a map, which no page header has, or nothing at all
                raise NoPageHeader
        return None

    def _list(self, depth: int) -> None:
        head = self._byte()
        size, kind = head >> 4, head & 15
        size = self._varint() if size == 15 else size
        if size > len(self._raw):
            raise NoPageHeader
        for _ in range(size):
            if kind in (1, 2):
                self.at += 1
            else:
                self._value(kind, depth + 1)

    def _number(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise NoPageHeader

    def _byte(self) -> int:
        if not 0 <= self.at < len(self._raw):
            raise NoPageHeader
        self.at += 1
        return self._raw[self.at - 1]
