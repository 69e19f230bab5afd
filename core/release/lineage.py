"""lineage.jsonl: for every row where it came from, and on which line of every file it stands."""

from __future__ import annotations

import json
import tempfile
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from core.release.files import WrittenFile, one_line
from core.release.hashed import HashedFile
from core.release.row import ReleaseRow
from core.release.split import Split


class LineageFile:
    """Takes rows as they are written and is itself written last, when shuffled files know their order."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._spool = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115 (closed by `close` and `abandon`)
        self._sides = bytearray()
        self._plain = array("Q")
        self._first_copy = array("Q")
        self._copies = array("Q")

    def add(self, row: ReleaseRow, exact: Mapping[str, str], side: Split, plain: int, first: int, copies: int) -> None:
        """Take a row that stands on line `plain` of the plain files and from line `first` on of the training files.

        Lines count from 0 here and from 1 in the file. `exact` holds the texts whose lone surrogates were replaced.
        """
        own = {"id": row.id, "task": row.task, "origin": str(row.origin), "demo": row.demo, "split": str(side)}
        if exact:
            own["exact"] = dict(exact)
        self._spool.write(_json({**own, **{key: row.lineage[key] for key in row.lineage if key not in own}}) + b"\n")
        self._sides.append(list(Split).index(side))
        self._plain.append(plain)
        self._first_copy.append(first)
        self._copies.append(copies)

    def close(self, shuffled: Mapping[Split, array[int]]) -> WrittenFile:
        """Write the file; `shuffled` gives, for each side, the line in the shuffled file of each training line."""
        file = HashedFile(self._path)
        self._spool.seek(0)
        splits = list(Split)
        for place, spooled in enumerate(self._spool):
            first, copies = self._first_copy[place], self._copies[place]
            lines: dict[str, Any] = {
                "plain": self._plain[place] + 1,
                "training": [line + 1 for line in range(first, first + copies)],
            }
            order = shuffled.get(splits[self._sides[place]])
            if order is not None:
                lines["self-instruct"] = sorted(line + 1 for line in order[first : first + copies] if line >= 0)
            file.write(spooled[:-2] + b',"lines":' + orjson.dumps(lines) + b"}\n")
        self._spool.close()
        return WrittenFile(self._path, file.bytes, file.close(), len(self._plain), array("Q"))

    def abandon(self) -> None:
        try:
            self._spool.close()
        except OSError:
            return


def _json(record: Mapping[str, Any]) -> bytes:
    """Return one line of JSON; ASCII with escapes where a text holds lone surrogates, which UTF-8 cannot."""
    try:
        return one_line(orjson.dumps(record, option=orjson.OPT_NON_STR_KEYS))
    except TypeError:
        return json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode()
