"""What a release held, read once from its files where the database does not know it: those made before, and those
whose making was cut short."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from core.database import Database
from core.database.complaints import OutOfDate
from core.pool.members import MemberText
from core.records import NotFound, Refused
from core.release import past
from core.release.manifest import LINEAGE, MANIFEST
from core.release.released import Released
from core.release.roll import store_in_parts
from core.release.verify import verify


def fill(database: Database, pool_id: int, release_id: int) -> Released:
    """Store what a release held as its lineage says, and return its record; where it is known, nothing is done.

    Refused in a sentence where its files are no longer as written at the place to which they were written, where they
    are one file without lineage, and where they name instances that the database does not have.
    """
    made = past.one(database, pool_id, str(release_id))
    if made.members is not None:
        return made
    path = Path(made.path)
    promised = _must_be_as_written(made, path)
    with _lineage(path) as lines:
        try:
            store_in_parts(database, made.id, _members(path, lines, promised), made.rows)
        except OutOfDate as error:
            raise Refused(
                f"Release {made.id} names instances that this database does not have; its members stay unknown."
            ) from error
    return past.one(database, pool_id, str(release_id))


def _must_be_as_written(made: Released, path: Path) -> str:
    """The hash that the lineage of this very release has."""
    if made.kind == "file":
        raise Refused(f"Release {made.id} is one file without lineage, which does not say what it held.")
    try:
        found = verify(path)
    except NotFound as error:
        raise Refused(f"Release {made.id} is no longer at {path}, so what it held can't be read.") from error
    if not found.ok:
        raise Refused(f"What release {made.id} held can't be read: {found.sentence}")
    manifest = _manifest(path)  # it vouches for all files
    if sha256(manifest).hexdigest() != made.sha256:
        raise Refused(f"What lies at {path} is whole but another release than the one recorded as {made.id}.")
    return next(str(file["sha256"]) for file in json.loads(manifest)["files"] if file["path"] == LINEAGE)


def _manifest(path: Path) -> bytes:
    if path.is_dir():
        return (path / MANIFEST).read_bytes()
    with zipfile.ZipFile(path) as archive:
        return archive.read(MANIFEST)


def _members(path: Path, lines: Iterator[bytes], promised: str) -> Iterator[MemberText]:
    """What the lineage says was let out. Raises Refused where it is no longer what was looked at a moment ago."""
    digest = sha256()
    changed = Refused(f"{LINEAGE} of {path} was changed while it was read; what the release held stays unknown.")
    for line in lines:
        digest.update(line)
        try:
            row = json.loads(line)
            member = int(str(row["id"]).removeprefix("i")), bytes.fromhex(row["text_hash"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise changed from error
        if row.get("admitted", True):
            yield member
    if digest.hexdigest() != promised:
        raise changed


@contextmanager
def _lineage(path: Path) -> Iterator[Iterator[bytes]]:
    if path.is_dir():
        with (path / LINEAGE).open("rb") as file:
            yield iter(file)
    else:
        with zipfile.ZipFile(path) as archive, archive.open(LINEAGE) as file:
            yield iter(file)
