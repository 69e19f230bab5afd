"""`-` for a file: standard input is read whole before the verb begins, what it writes is copied out when it is done."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.cli.console import Console
from core.records import Refused

DASH = Path("-")
MOST = 32 << 30  # bytes of standard input, which has no end where it is a device
STANDARD_OUTPUT = "standard output"  # what a result calls the file that went there


@contextmanager
def plugged(parser: argparse.ArgumentParser, chosen: argparse.Namespace, console: Console) -> Iterator[None]:
    """Put real files in the place of every `-` among a verb's files for as long as the verb works."""
    dashes = [action for action in parser._actions if is_file(action) and _has_dash(getattr(chosen, action.dest, None))]
    if not dashes:
        yield
        return
    ways = [_way(action, chosen) for action in dashes]
    for action, way in zip(dashes, ways, strict=True):
        name = next(iter(action.option_strings), action.metavar or action.dest)
        if way is None:
            raise Refused(f"{name} cannot be `-`: {getattr(action, 'only', 'it is no stream')}; name it.")
        if ways.count(way) > 1:
            raise Refused(f"{name} cannot be `-` beside another `-`: there is one standard {way}put; name a file.")
    with TemporaryDirectory(prefix="winnow-") as folder:
        outs: list[Path] = []
        for action, way in zip(dashes, ways, strict=True):
            place = Path(folder) / f"stdout{_ending(action, chosen)}"
            if way == "in":
                place = _read_whole(Path(folder))
            else:
                outs.append(place)
                console.out, console.renamed = sys.stderr, {str(place): STANDARD_OUTPUT}
            given = getattr(chosen, action.dest)
            several = [place if one == DASH else one for one in given] if isinstance(given, list) else place
            setattr(chosen, action.dest, several)
        yield
        for place in outs:
            if place.is_file():
                with place.open("rb") as file:
                    shutil.copyfileobj(file, sys.stdout.buffer)
                sys.stdout.buffer.flush()


def is_file(action: argparse.Action) -> bool:
    """Whether it names files or a folder; a text that is `-` means itself."""
    return action.type is Path or hasattr(action, "stream") or hasattr(action, "only")


def _has_dash(given: Any) -> bool:
    """Whether `-` is, or is among, what was given for a file."""
    return any(str(one) == str(DASH) for one in (given if isinstance(given, list) else [given]))


def _way(action: argparse.Action, chosen: argparse.Namespace) -> str | None:
    """Whether a verb reads this file ("in") or writes it ("out"); None where only a real file will do."""
    stream = getattr(action, "stream", None)
    return stream(chosen) if callable(stream) else stream


def _read_whole(folder: Path) -> Path:
    """Standard input as a file: a table of text gets the ending by which a reader knows one."""
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        raise Refused("Nothing is piped into standard input, which `-` stands for; pipe a file into it, or name one.")
    place, came = folder / "stdin", 0
    with place.open("wb") as file:
        while piece := sys.stdin.buffer.read(1 << 20):
            came += file.write(piece)
            if came > MOST:
                raise Refused(f"More than {MOST >> 30} GB came by standard input; split the file, or name it.")
    with place.open("rb") as file:
        head = file.read(1024)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start or start[:1] in b"{[" or head[:4] in (b"PAR1", b"ARRO", b"\xff\xff\xff\xff", b"\x28\xb5\x2f\xfd"):
        return place
    return place if head[:2] == b"\x1f\x8b" else place.rename(place.with_suffix(".csv"))


def _ending(action: argparse.Action, chosen: Any) -> str:
    """The ending that says what is written: of the one format that was asked for, else what the verb writes."""
    named = getattr(chosen, "format", None)
    if not isinstance(named, list) or not named:
        return str(getattr(action, "ending", ".jsonl"))
    from core.release.formats import chosen as formats

    forms = formats(named)
    if len(forms) != 1:
        raise Refused("Standard output takes one format; name one with --format, or name a folder.")
    return f".{forms[0].shape.value}"
