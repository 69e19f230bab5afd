"""Whether a file may be written where something stands already: only over one of the same kind."""

from __future__ import annotations

from pathlib import Path

from core.bounded_file import plain
from core.records import Refused

LINES, PAGE, TABLE = "{[", "<", ""  # how files of a kind begin: JSON, HTML and SVG, any text
_HEAD = 4096


def may_write(path: Path, begins: str) -> None:
    """Raise Refused where writing to `path` would put something else in the place of what stands there.

    `begins`: the signs of which a file of this kind has one first; "" for any text. A device, a pipe, a folder, a
    database or another file of no text is never overwritten; a new or empty file is free.
    """
    try:
        if not path.exists():
            return
        if not path.is_file():
            raise Refused(f"{path} is no plain file and is left as it is; name another, or `-` for standard output.")
        with plain(path) as file:
            head = file.read(_HEAD)
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be looked at ({error}); name another file.") from error
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    same = b"\x00" not in head and (not begins or not text or chr(text[0]) in begins)
    if not same:
        raise Refused(f"{path} holds something else and is left as it is; name another file, or remove that one first.")
