"""Texts on disk: hundreds of thousands of texts of which few are looked at again, without the memory that they take."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterable, Sequence
from itertools import pairwise
from threading import Lock

from core.asked import MadeWhenAsked
from core.records import StorageFailed

TOGETHER = 1 << 16  # bytes that are written at once


class TextsOnDisk(MadeWhenAsked[str]):
    """Texts in order, each read when it is asked for, by any thread; their file has no name and ends with this.

    Raises StorageFailed where the disk does not take them.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        try:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed when nobody has the texts any more)
        except OSError as error:
            raise _no_room(error) from error
        self._turn = Lock()  # of the place at which the file is read
        self._ends = array("q", [0])
        self._marks = array("q")  # by which a text is known again without being read
        self._written, self._waiting = 0, bytearray()
        for text in texts:
            self.append(text)

    def append(self, text: str) -> None:
        """Add a text after the others."""
        self._waiting += text.encode("utf-8", "surrogatepass")
        self._ends.append(self._written + len(self._waiting))
        self._marks.append(hash(text))
        if len(self._waiting) >= TOGETHER:
            self._write()

    def __len__(self) -> int:
        return len(self._ends) - 1

    def is_at(self, place: int, text: str) -> bool:
        """Whether this text is the one at a place (that another is taken for it: once in 10^19)."""
        return self._marks[place] == hash(text)

    def several(self, places: Sequence[int]) -> list[str]:
        """The texts at these places; those that follow one another are read in one go."""
        if not _follow(places):
            return [text for place in places for text in self.several(range(place, place + 1))]
        ends = self._ends[places[0] : places[-1] + 2]
        start = ends[0]
        with self._turn:
            if ends[-1] > self._written:
                self._write()
            self._file.seek(start)
            read = self._file.read(ends[-1] - start)
        return [read[a - start : b - start].decode("utf-8", "surrogatepass") for a, b in pairwise(ends)]

    def _write(self) -> None:
        try:
            self._file.seek(self._written)
            self._file.write(self._waiting)
            self._file.flush()
        except OSError as error:
            raise _no_room(error) from error
        self._written, self._waiting = self._ends[-1], bytearray()


class Joined(MadeWhenAsked[str]):
    """Two sequences of texts as one, the second from a place on; nothing is copied."""

    def __init__(self, before: Sequence[str], after: Sequence[str], first: int = 0) -> None:
        self._before, self._after, self._first = before, after, first

    def __len__(self) -> int:
        return len(self._before) + len(self._after) - self._first

    def several(self, places: Sequence[int]) -> list[str]:
        """The texts at these places."""
        before, ahead = len(self._before), self._first - len(self._before)
        if _follow(places):
            start, stop = places[0], places[-1] + 1
            after = self._after[max(start, before) + ahead : stop + ahead] if stop > before else ()
            return [*self._before[start:stop], *after]
        return [self._before[place] if place < before else self._after[place + ahead] for place in places]


def _follow(places: Sequence[int]) -> bool:
    return isinstance(places, range) and places.step == 1 and len(places) > 0


def _no_room(error: OSError) -> StorageFailed:
    return StorageFailed(
        f"The folder for temporary files takes no more ({error.strerror}); free some space there, or name another "
        "folder in TMPDIR, and try again."
    )
