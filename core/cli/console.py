"""What every verb shares: options, the one JSON object on standard output, progress on standard error."""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from core import settings
from core.database import Database, open_database

Subparsers = Any  # argparse keeps the type of add_subparsers() to itself


class Console:
    """Where a verb says what it does and what came of it."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self._progress = False

    def progress(self, text: str) -> None:
        """Say how far the work is, on standard error; one line rewritten where a person is watching."""
        if sys.stderr.isatty():
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
            self._progress = True
        else:
            print(text, file=sys.stderr, flush=True)

    def note(self, text: str) -> None:
        """Say something beside the result, on standard error."""
        self._end_progress()
        print(text, file=sys.stderr, flush=True)

    def result(self, found: Mapping[str, Any], lines: Callable[[], list[str]]) -> None:
        """Print the result: the one JSON object, or lines for a person."""
        self._end_progress()
        if self.as_json:
            print(as_json(found))
        else:
            print("\n".join(lines()))

    def _end_progress(self) -> None:
        if self._progress:
            print(file=sys.stderr)
            self._progress = False


def as_json(found: Mapping[str, Any]) -> str:
    """One JSON object on one line, in letters that standard output can show, else escaped."""
    text = json.dumps(found, ensure_ascii=False, default=str)
    try:
        text.encode(sys.stdout.encoding or "utf-8")  # half a surrogate pair, or a terminal without Unicode
    except UnicodeEncodeError:
        return json.dumps(found, default=str)
    return text


def speak_any_text() -> None:
    """Let standard output and error show what their encoding lacks as escapes, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def verb(parsers: Subparsers, name: str, run: Callable[[argparse.Namespace, Console], int | None], help: str) -> Any:
    """Add a verb; `run` gets the parsed options and the console, and raises WinnowError to refuse."""
    parser = parsers.add_parser(name, help=help, description=help)
    parser.add_argument("--json", action="store_true", help="print one JSON object on standard output")
    parser.set_defaults(run=run)
    return parser


def database() -> Database:
    """The database that the environment names."""
    return open_database(settings.load().url)


def throttled(console: Console, line: Callable[[Any, int], str], every_s: float = 1.0) -> Callable[[Any, int], None]:
    """A progress callback that speaks at most once in a while."""
    last = [0.0]

    def tell(what: Any, n: int) -> None:
        if time.monotonic() - last[0] >= every_s:
            last[0] = time.monotonic()
            console.progress(line(what, n))

    return tell
