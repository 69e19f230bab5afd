"""The rows of a written release, a folder, a .zip or one file, whoever wrote it: nothing outside it is read."""

from __future__ import annotations

import json
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path
from typing import Any

from core.bounded_file import plain, whole
from core.evaluation.contamination import Checked
from core.foreign import told
from core.importing.bounds import Growth, Unpackable
from core.importing.examples import RowReader, Unreadable
from core.importing.files import rows_of_file
from core.records import Fault, Refused

MANIFEST = "manifest.json"
TABLES = (".json", ".jsonl", ".csv", ".parquet")
MOST_OF_MANIFEST = 16 << 20
_PIECE = 1 << 20


def rows_of(path: Path) -> Iterator[Checked]:
    """The rows of the first format that can be read, of all its splits.

    Raises Refused where there is nothing at that path, where an archive is damaged or unpacks to more than it can hold,
    and where a manifest is none or names what lies outside.
    """
    with _unpacked(path) as release:
        number = 0
        for group in _formats(release):
            found = False
            for file in group:
                for one in _rows(file, number):
                    found, number = True, one.key
                    yield one
            if found:
                return


def _rows(file: Path, number: int) -> Iterator[Checked]:
    reader = RowReader()
    for row in rows_of_file(file):
        if isinstance(row, Fault):
            continue
        try:
            read = reader.read(row[1])
        except Unreadable:
            continue
        for one in read:
            for shown in one.instances:
                number += 1
                yield Checked(number, one.instruction, shown.input, shown.output)


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    if not path.exists():
        raise Refused(f"There is no release at {path}; give the folder, the .zip or the file that was written.")
    if path.suffix != ".zip":
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        try:
            with plain(path, "a release") as file, zipfile.ZipFile(file) as archive:
                _unpack(archive, Path(folder).resolve(), Growth(path.stat().st_size))
        except (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, NotImplementedError, RuntimeError) as damage:
            raise Refused(f"The archive {path.name} is damaged ({told(damage)}); get it again.") from damage
        except Unpackable as error:
            raise Refused(f"{path.name}: {error}.") from error
        yield Path(folder)


def _unpack(archive: zipfile.ZipFile, folder: Path, growth: Growth) -> None:
    """Write an archive's manifest and tables to a folder, and nothing else of it."""
    for entry in archive.infolist():
        target = (folder / entry.filename).resolve()
        if entry.is_dir() or not entry.filename.endswith(TABLES) or not target.is_relative_to(folder):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as packed, target.open("wb") as file:
            while piece := packed.read(_PIECE):
                growth.by(len(piece))
                file.write(piece)


def _formats(release: Path) -> list[list[Path]]:
    """The files of each format that holds rows, as the manifest lists them."""
    if not release.is_dir():
        return [[release]]
    places = (release / MANIFEST, *sorted(release.glob(f"*/{MANIFEST}")))
    manifest = next((place for place in places if place.is_file()), None)
    if manifest is None:
        return []
    by_format: dict[str, list[Path]] = {}
    for name, form in _listed(manifest):
        file = manifest.parent / name
        if not file.resolve().is_relative_to(manifest.parent.resolve()):
            raise Refused(f"The manifest of {release.name} names a file outside the release; it is not read.")
        by_format.setdefault(form, []).append(file)
    return list(by_format.values())


def _listed(manifest: Path) -> list[tuple[str, str]]:
    """(path, format) of the files with rows that a manifest names. Raises Refused where it is none."""
    try:
        files: list[Mapping[str, Any]] = json.loads(whole(manifest, MOST_OF_MANIFEST, "a manifest"))["files"]
        tables = [(str(file["path"]), str(file["format"])) for file in files if file.get("rows") and file.get("format")]
        return [(name, form) for name, form in tables if name.endswith(TABLES) and name.encode() and "\0" not in name]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(f"{MANIFEST} of that release cannot be read; give the release as it was written.") from error
