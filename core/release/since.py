"""What a rule lets out against the release before: what came, what went, whose text changed."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.database import Database
from core.release.manifest import LINEAGE
from core.release.released import Released
from core.release.rows import release_rows, releases


@dataclass(frozen=True, slots=True)
class Since:
    """Instance ids against the release `before`, in their order. `unknown`: why nothing can be said, else empty."""

    before: Released
    came: tuple[int, ...] = ()
    went: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    unknown: str = ""


def since_last(database: Database, pool_id: int, admitted: Sequence[int]) -> Since | None:
    """What would differ from the pool's newest release; None without one."""
    with database.read() as c:
        before = next(iter(releases.of_pool(c, pool_id)), None)
        if before is None:
            return None
        try:
            then = _hashes_in(Path(before.path))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return Since(before, unknown="its lineage is no longer where it was written, so the two cannot be compared")
        now = release_rows.hashes(c, admitted)
    return Since(
        before,
        came=tuple(one for one in now if one not in then),
        went=tuple(one for one in then if one not in now),
        changed=tuple(one for one, its in now.items() if one in then and then[one] != its),
    )


def _hashes_in(path: Path) -> dict[int, str]:
    """The text's hash of every row that a release let out, by instance. Raises OSError where there is no lineage."""
    found: dict[int, str] = {}
    with _lineage(path) as lines:
        for line in lines:
            row = json.loads(line)
            if row.get("admitted", True):
                found[int(str(row["id"]).removeprefix("i"))] = str(row["text_hash"])
    return found


@contextmanager
def _lineage(path: Path) -> Iterator[Iterator[bytes]]:
    if path.is_dir():
        with (path / LINEAGE).open("rb") as file:
            yield iter(file)
    else:
        with zipfile.ZipFile(path) as archive, archive.open(LINEAGE) as file:
            yield iter(file)
