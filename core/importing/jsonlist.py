"""The elements of a JSON list, or JSON values that follow one another, one by one: a file of any size is read in
bounded memory, and an element larger than a row may be is refused.

The standard library's decoder reads each element, because it keeps what others alter or refuse: half a surrogate pair,
NaN, long numbers.
"""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from core.importing import bounds
from core.importing.bounds import Unpackable

SPACE = re.compile(r"[ \t\n\r]*")
PIECE = 1 << 18
NEAR_THE_END = 16  # characters: an error so close to the end of what was read may come from the cut


class BrokenList(Exception):
    """The list cannot be read from `line` on."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


def elements(file: io.BufferedReader[Any]) -> Iterator[tuple[int, Any, str]]:
    """(line on which it begins, element, its raw text) for each element. Bytes that are not UTF-8 are surrogates in the
    raw text. Raises BrokenList where the list ends too early or is no JSON."""
    text = _Window(file)
    if text.peek() != "[":
        while text.peek():
            line = text.line
            yield line, *text.element()
        return
    text.take(1)
    if text.peek() == "]":
        text.take(1)
    else:
        while True:
            text.peek()
            line = text.line
            element, raw = text.element()
            yield line, element, raw
            mark = text.peek()
            if mark not in (",", "]"):
                raise BrokenList(
                    "a comma or the closing bracket is missing" if mark else "it ends too early", text.line
                )
            text.take(1)
            if mark == "]":
                break
    if text.peek():
        raise BrokenList("something follows the closing bracket", text.line)


class _Window:
    """The part of a file that is being looked at."""

    def __init__(self, file: io.BufferedReader[Any]) -> None:
        self._file, self._decoder = file, codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        self._scan = json.JSONDecoder().raw_decode
        self._text, self._at, self._ended = "", 0, False
        self._damage: Unpackable | None = None
        self.line = 1

    def peek(self) -> str:
        """The next character that is no white space, "" at the end of the file."""
        while True:
            found = SPACE.match(self._text, self._at)
            if found:
                self.take(found.end() - self._at)
            if self._at < len(self._text) or not self._read():
                return self._text[self._at : self._at + 1]

    def take(self, characters: int) -> None:
        self.line += self._text.count("\n", self._at, self._at + characters)
        self._at += characters

    def element(self) -> tuple[Any, str]:
        while True:
            try:
                element, end = self._scan(self._text, self._at)
            except json.JSONDecodeError as error:
                cut = error.pos >= len(self._text) - NEAR_THE_END or error.msg.startswith("Unterminated string")
                if not (cut and self._read()):
                    line = self.line + self._text.count("\n", self._at, error.pos)
                    raise BrokenList("it ends too early" if cut else error.msg, line) from error
            except (ValueError, RecursionError) as error:
                raise BrokenList("a number with thousands of digits, or lists nested too deeply", self.line) from error
            else:
                if end < len(self._text) or not self._read():  # a number at the end may go on
                    raw = self._text[self._at : end]
                    self.take(end - self._at)
                    return element, raw

    def _read(self) -> bool:
        """Read on, twice as far each time that an element does not end; False at the end of the file."""
        if self._ended:
            return False
        self._text = self._text[self._at :]
        self._at = 0
        if len(self._text) > bounds.ROW:
            raise BrokenList(bounds.ROW_TOO_LARGE, self.line)
        more = self._more(max(PIECE, len(self._text)))
        self._ended = not more
        self._text += self._decoder.decode(more, final=self._ended)
        return True

    def _more(self, wanted: int) -> bytes:
        """About so many bytes, fewer at the end. What was read before a file turns out to be damaged is given first."""
        found = bytearray()
        try:
            while len(found) < wanted and self._damage is None:
                piece = self._file.read1(wanted - len(found))
                if not piece:
                    return bytes(found)
                found += piece
        except Unpackable as error:
            self._damage = error
        if self._damage is not None and not found:
            raise BrokenList(str(self._damage), self.line) from self._damage
        return bytes(found)
