"""A pool's ratings as a file, those of its audits with them, as far as they may be shown to who takes the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.audit.results import StillJudging, open_rounds
from core.database import Database
from core.replacing import LINES, may_write
from core.review import ratings


@dataclass(frozen=True, slots=True)
class Exported:
    """What a file of ratings holds: how many. `closed`: audits of which it holds the reader's own answers alone."""

    ratings: int
    closed: tuple[StillJudging, ...]

    @property
    def sentence(self) -> str:
        """What the file leaves out, "" where nothing."""
        if not self.closed:
            return ""
        numbers = ", ".join(str(still.audit.id) for still in self.closed)
        return (
            f"Of audit {numbers} only your own answers are in the file, for you are in the middle of judging; the "
            "others follow once you are done."
        )


def lines(database: Database, pool_id: int, reader: str) -> Iterator[str]:
    """Every standing rating of every round as a line of JSON, as `ratings.export` has it.

    Taking the file is looking: for audits that the reader has judged whole or not at all that is noted, and of those
    that they are in the middle of judging they get their own answers alone.
    """
    with _export(database, pool_id, reader) as (found, _):
        yield from found


def write(database: Database, pool_id: int, path: Path, reader: str) -> Exported:
    """Write the lines to a file, whole or not at all."""
    may_write(path, LINES)
    partial = path.with_name(path.name + ".partial")
    n = 0
    with _export(database, pool_id, reader) as (found, closed), partial.open("w", encoding="utf-8") as file:
        for line in found:
            file.write(line)
            n += 1
    partial.replace(path)
    return Exported(n, closed)


@contextmanager
def _export(database: Database, pool_id: int, reader: str) -> Iterator[tuple[Iterator[str], tuple[StillJudging, ...]]]:
    closed = open_rounds(database, pool_id, reader)
    with database.read() as c:
        yield ratings.export(c, pool_id, {still.audit.id: reader for still in closed}), closed
