"""The shards of a corpus: what one worker reads in one go, named and ordered the same on every machine."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from core.corpus.texts import ENDINGS
from core.records import NotFound, Refused

TEXT_FILES_A_SHARD = 1000


@dataclass(frozen=True, slots=True)
class Shard:
    """One file, or up to a thousand plain text files of one folder, as the user named them.

    `index` is its place in the corpus, from 0.
    """

    index: int
    files: tuple[str, ...]


def plan_shards(places: list[str], root: Path) -> list[Shard]:
    """Return the shards of the files, globs and folders named, in the order named and by name within each.

    Relative names start at `root` and stay relative. A file named twice is read once. `NotFound` when a place holds no
    readable file, `Refused` for an unknown ending.
    """
    files: dict[Path, None] = {}
    for place in places:
        found = _files_at(place, root)
        if not found:
            raise NotFound(f"No texts at {place}: Winnow reads {', '.join(ENDINGS)}, a glob of them or a folder.")
        files |= dict.fromkeys(found)
    groups = groupby(files, key=lambda file: file.parent if file.suffix == ".txt" else file)
    batches = [batch for _, group in groups for batch in _batches(list(group))]
    return [Shard(index, tuple(str(file) for file in batch)) for index, batch in enumerate(batches)]


def _files_at(place: str, root: Path) -> list[Path]:
    path = root / place
    if path.is_dir():
        return sorted(Path(place) / file.relative_to(path) for file in path.rglob("*") if _is_text_file(file))
    if path.is_file():
        if not is_readable(path):
            raise Refused(f"{place} has an ending that Winnow does not read; use one of {', '.join(ENDINGS)}.")
        return [Path(place)]
    matches = sorted(Path(match) for match in glob.glob(place, root_dir=root, recursive=True))
    return [
        file
        for match in matches
        for file in (_files_at(str(match), root) if (root / match).is_dir() else [match])
        if _is_text_file(root / file)  # no pipe or device, which may never end
    ]


def _is_text_file(file: Path) -> bool:
    return file.is_file() and is_readable(file)


def is_readable(file: Path) -> bool:
    """Return whether the file's ending is one that holds texts."""
    return file.name.endswith(ENDINGS) and not file.name.startswith(".")


def _batches(files: list[Path]) -> list[list[Path]]:
    return [files[start : start + TEXT_FILES_A_SHARD] for start in range(0, len(files), TEXT_FILES_A_SHARD)]
