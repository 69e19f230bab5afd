"""One .zip of a release: the same files give the same bytes, and its comment vouches for every byte before it."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path

# A file written at midnight has another date than one written a minute before; an archive that is to be the same
# twice holds none. 1980 is the first year that the format knows.
NO_DATE = (1980, 1, 1, 0, 0, 0)
COMMENT = b"sha256 of all bytes before this comment: "
COMMENT_BYTES = len(COMMENT) + 64
CHUNK = 1 << 20


def zipped(folder: Path, names: Iterable[str], archive: Path, on_file: Callable[[int, str], None]) -> None:
    """Write the named files of a folder into one archive and force it to disk."""
    with zipfile.ZipFile(archive, "x", zipfile.ZIP_DEFLATED, compresslevel=6) as writer:
        for done, name in enumerate(names):
            on_file(done, name)
            entry = zipfile.ZipInfo(name, NO_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            entry.create_system = 3
            entry.file_size = (folder / name).stat().st_size
            with (folder / name).open("rb") as source, writer.open(entry, "w") as sink:
                shutil.copyfileobj(source, sink, CHUNK)
        writer.comment = COMMENT + b"0" * 64
    with archive.open("r+b") as file:
        digest = _digest_before_comment(archive)
        file.seek(-64, os.SEEK_END)
        file.write(digest.encode())
        file.flush()
        os.fsync(file.fileno())


def is_untouched(archive: Path) -> bool:
    """Tell whether every byte of an archive is as `zipped` left it."""
    if archive.stat().st_size < COMMENT_BYTES:
        return False
    with archive.open("rb") as file:
        file.seek(-COMMENT_BYTES, os.SEEK_END)
        return file.read() == COMMENT + _digest_before_comment(archive).encode()


def _digest_before_comment(archive: Path) -> str:
    digest = sha256()
    left = archive.stat().st_size - COMMENT_BYTES
    with archive.open("rb") as file:
        while left > 0:
            chunk = file.read(min(CHUNK, left))
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()
