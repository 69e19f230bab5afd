"""A file that somebody named, read whole: a plain one, and no larger than such a file is."""

from __future__ import annotations

from pathlib import Path

from core.records import Refused


def whole(path: Path, most: int, what: str) -> bytes:
    """The bytes of a file. Raises Refused for a device or pipe, which may never end, a folder, and more than `most`
    bytes; FileNotFoundError where there is none. `what` it should be stands in the sentence."""
    if path.exists() and not path.is_file():
        raise Refused(f"{path} is no plain file; name {what}.")
    with path.open("rb") as file:
        read = file.read(most + 1)
    if len(read) > most:
        raise Refused(f"{path.name} is larger than {most >> 20:,} MB, so it is not {what}.")
    return read
