"""Whether a file may be written where something stands already: only over one of the same kind."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from core.bounded_file import plain
from core.foreign import told
from core.records import Refused

LINES, PAGE, TABLE = "{[", "<", ""  # how files of a kind begin: JSON, HTML and SVG, any text
_HEAD = 4096


def may_write(path: Path, begins: str) -> None:
    """Raise Refused where writing to `path` would put something else in the place of what stands there.

    `begins`: the signs of which a file of this kind has one first; "" for any text. A device, a pipe, a folder, a
    database or another file of no text is never overwritten; a new or empty file is free.
    """
    in_a_folder(path)
    try:
        if not path.exists():
            return
        if not path.is_file():
            raise Refused(f"{path} is no plain file and is left as it is; name another, or `-` for standard output.")
        with plain(path) as file:
            head = file.read(_HEAD)
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be looked at ({told(error)}); name another.") from error
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    same = b"\x00" not in head and (not begins or not text or chr(text[0]) in begins)
    if not same:
        raise Refused(f"{path} holds something else and is left as it is; name another file, or remove that one first.")


def in_a_folder(path: Path) -> None:
    """Raise Refused where nothing can be made at `path`: a file stands above it, or it is a link that leads nowhere."""
    try:
        if path.is_symlink() and not path.exists():
            raise Refused(f"{path} is a link that leads nowhere; remove it, or name another file.")
        above = next(one for one in path.absolute().parents if os.path.lexists(one))
        if not above.is_dir():
            raise Refused(f"{above} is no folder, so nothing can be written into it; choose a folder that is one.")
    except (OSError, ValueError) as error:
        raise Refused(f"{path} is no place for a file ({told(error)}); name another.") from error


def put(path: Path, text: str, errors: str = "replace") -> None:
    """Write a text to `path`, whole or not at all: what stood there is lost to no full disk. Raises OSError.

    `errors`: what becomes of half a sign, which has no UTF-8.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(
        "w", encoding="utf-8", errors=errors, newline="\n", dir=path.parent, prefix=".", delete=False
    ) as half:
        try:
            half.write(text)
            half.close()
            os.chmod(half.name, 0o644)
            os.replace(half.name, path.resolve())
        except (OSError, UnicodeError):
            Path(half.name).unlink(missing_ok=True)
            raise
