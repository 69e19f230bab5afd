"""lineage.jsonl: for every row where it came from, and on which line of every file it stands."""

from __future__ import annotations

import json
import tempfile
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from core.release.files import WrittenFile, one_line
from core.release.hashed import HashedFile
from core.release.row import ReleaseRow
from core.release.split import Split


@dataclass(slots=True)
class _Lines:
    """Where rows stand in one file, or in all files that hold every row: the first line from 0 and how many."""

    first: array[int] = field(default_factory=lambda: array("Q"))
    count: array[int] = field(default_factory=lambda: array("H"))

    def add(self, first: int, count: int) -> None:
        self.first.append(first)
        self.count.append(count)

    def of(self, place: int) -> range:
        return range(self.first[place], self.first[place] + self.count[place])


class LineageFile:
    """Takes rows as they are written and is itself written last, when shuffled files know their order.

    `own`: names of the formats that do not hold every row, or not in order; each has its own lines.
    """

    def __init__(self, path: Path, own: Sequence[str] = ()) -> None:
        self._path = path
        self._spool = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115 (closed by `close` and `abandon`)
        self._sides = bytearray()
        self._number = {side: number for number, side in enumerate(Split)}
        self._rows = _Lines()
        self._own = {name: _Lines() for name in own}

    def add(
        self,
        row: ReleaseRow,
        exact: Mapping[str, str],
        side: Split,
        rows: tuple[int, int],
        own: Mapping[str, tuple[int, int]],
    ) -> None:
        """Take a row with its first line and number of lines: in the files of all rows, and in the others by format.

        Lines count from 0 here and from 1 in the file. `exact` holds the texts whose lone surrogates were replaced.
        """
        its: dict[str, Any] = {"id": row.id, "task": row.task, "origin": str(row.origin), "demo": row.demo}
        its["split"] = str(side)
        if not row.admitted:
            its["admitted"] = False
        if exact:
            its["exact"] = dict(exact)
        self._spool.write(_json({**its, **{key: row.lineage[key] for key in row.lineage if key not in its}}) + b"\n")
        self._sides.append(self._number[side])
        self._rows.add(*rows)
        for name, lines in self._own.items():
            lines.add(*own[name])

    def close(self, without: Sequence[str], shuffled: Mapping[tuple[str, Split], array[int]]) -> WrittenFile:
        """Write the file; `without`: formats that were left out after all; `shuffled` gives, by format and side, the
        line of each record in the order in which it came."""
        file = HashedFile(self._path)
        self._spool.seek(0)
        splits = list(Split)
        for place, spooled in enumerate(self._spool):
            lines: dict[str, Any] = {"rows": [line + 1 for line in self._rows.of(place)]}
            for name, its in self._own.items():
                if name not in without:
                    order = shuffled.get((name, splits[self._sides[place]]))
                    lines[name] = _in_order(its.of(place), order)
            file.write(spooled[:-2] + b',"lines":' + orjson.dumps(lines) + b"}\n")
        self._spool.close()
        return WrittenFile(self._path, file.bytes, file.close(), len(self._sides), None)

    def abandon(self) -> None:
        try:
            self._spool.close()
        except OSError:
            return


def _in_order(lines: range, order: array[int] | None) -> list[int]:
    """The lines from 1; of a shuffled file by its order, in which a duplicate has none."""
    if order is None:
        return [line + 1 for line in lines]
    return sorted(order[line] + 1 for line in lines if order[line] >= 0)


def _json(record: Mapping[str, Any]) -> bytes:
    """Return one line of JSON; ASCII with escapes where a text holds lone surrogates, which UTF-8 cannot."""
    try:
        return one_line(orjson.dumps(record, option=orjson.OPT_NON_STR_KEYS))
    except TypeError:
        return json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode()
