"""A text and its rewriting side by side as plain text, with what was left out and what is new marked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.review.editing import word_diff

LONGEST = 20_000  # characters of both sides; comparing longer ones takes seconds
_SIGNS = re.compile(r"[^\w]*")


@dataclass(frozen=True, slots=True)
class Sides:
    """The source with [-what was left out-], the answer with {+what is new+}; unmarked where they are too long."""

    source: str
    answer: str


def sides(source: str, answer: str) -> Sides:
    """Return both texts with their differences marked, whole words at a time."""
    if len(source) + len(answer) > LONGEST:
        return Sides(source, answer)
    left, right = _Side("[-", "-]"), _Side("{+", "+}")
    for piece in word_diff(source, answer):
        if piece.kind != "new":
            left.add(piece.text, marked=piece.kind == "gone")
        if piece.kind != "gone":
            right.add(piece.text, marked=piece.kind == "new")
    return Sides(left.text(), right.text())


class _Side:
    def __init__(self, opening: str, closing: str) -> None:
        self._marks = opening, closing
        self._pieces: list[tuple[str, bool]] = []

    def add(self, text: str, marked: bool) -> None:
        if self._pieces and self._pieces[-1][1] == marked:
            text = self._pieces.pop()[0] + text
        self._pieces.append((text, marked))
        # Signs and spaces between two marked pieces would break one difference into many.
        if marked and len(self._pieces) > 2 and _SIGNS.fullmatch(self._pieces[-2][0]):
            joined = "".join(piece for piece, _ in self._pieces[-3:])
            self._pieces[-3:] = [(joined, True)]

    def text(self) -> str:
        opening, closing = self._marks
        return "".join(_marked(text, opening, closing) if marked else text for text, marked in self._pieces)


def _marked(text: str, opening: str, closing: str) -> str:
    """Marks around the words, with the white space at both ends left outside."""
    bare = text.strip()
    if not bare:
        return text
    start = text.index(bare)
    return f"{text[:start]}{opening}{bare}{closing}{text[start + len(bare) :]}"
