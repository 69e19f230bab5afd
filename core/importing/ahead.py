"""A file's rows, read by this process or, where the file is large, ahead of it by one of its own.

To read rows, and to work out by what each is found again, takes as long as half of their storing: done beside it, by
another core.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.aside import Teller, raise_refusal
from core.importing.examples import RowReader
from core.importing.incoming import Columns, FilePart, instructions_of, part_of, parts_of
from core.importing.roles import Role
from core.memory import collected_seldom
from core.novelty.index import workers
from core.records import WinnowError

LARGE = 16 << 20  # bytes of a file from which on a process of its own is worth its start


class ReadingFailed(WinnowError):
    """The process that reads a file died; what was stored of it is there."""


class FileOfRows:
    """The rows of one file, so many at once. `columns`: what they became, known when all rows were read."""

    def __init__(self, path: Path, mapped: Mapping[str, Role] | None, at_once: int) -> None:
        self._path, self._mapped, self._at_once = path, mapped or {}, at_once
        self._is_large = path.stat().st_size >= LARGE and workers() > 1
        self.columns = Columns()

    def parts(self) -> Iterator[FilePart]:
        """The rows from the file's beginning. Raises Refused where it is none that can be read, ReadingFailed."""
        if self._is_large:
            yield from map(part_of, self._told("parts"))
            return
        reader = RowReader(self._mapped)
        yield from parts_of(self._path, reader, self._at_once)
        self.columns = Columns(reader.fields, reader.unused)

    def instructions(self) -> Iterator[Sequence[str]]:
        """The instructions alone, otherwise as `parts`."""
        if self._is_large:
            return (reply["instructions"] for reply in self._told("instructions"))
        return instructions_of(self._path, RowReader(self._mapped), self._at_once)

    def _told(self, what: str) -> Iterator[dict[str, Any]]:
        """What the process that reads says, part by part."""
        asked = {
            "path": str(self._path.absolute()),
            "mapped": {name: role.value for name, role in self._mapped.items()},
            "at_once": self._at_once,
            "what": what,
        }
        with Teller("core.importing.reader", asked) as process, collected_seldom():
            for reply in process.replies():
                if "gone" in reply:
                    raise ReadingFailed(
                        f"The process that reads {self._path.name} ended ({reply['gone']}). What was stored of it is "
                        "there; the same file again adds only what is missing."
                    )
                raise_refusal(reply)
                if "columns" in reply:
                    fields, unused = reply["columns"]
                    self.columns = Columns({name: Role(role) for name, role in fields.items()}, unused)
                    return
                yield reply
