"""What every verb shares: options, the one JSON object on standard output, progress on standard error."""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from core.moments import moment
from core.records import Refused

if TYPE_CHECKING:
    from core.database import Database

Subparsers = Any  # argparse keeps the type of add_subparsers() to itself
# Control characters but tab and line feed, and those that change the direction of writing.
_ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
EVERY_S, ELSEWHERE_S = 1.0, 60.0  # how often progress is told on a terminal, and in a log that somebody reads later


def limit(chosen: argparse.Namespace, least: int = 1) -> int:
    """How many a verb is to list. Raises Refused below `least`: a database takes -1 for all of them."""
    if chosen.limit < least:
        raise Refused(f"--limit is at least {least}.")
    return int(chosen.limit)


class Console:
    """Where a verb says what it does and what came of it.

    `quiet`: nothing beside the result. `out`: where the result goes, standard error where a file went out instead.
    `renamed`: what a person calls a file whose path nobody named.
    """

    def __init__(self, as_json: bool, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self.out: TextIO | None = None
        self.renamed: dict[str, str] = {}
        self._progress = False
        self._told: float | None = None

    def progress(self, text: str) -> None:
        """Say how far the work is, on standard error: one line rewritten where a person is watching, else a line a
        minute, the first at once."""
        now = time.monotonic()
        watched = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"  # which cannot rewrite a line
        if self.quiet or (self._told is not None and now - self._told < (EVERY_S if watched else ELSEWHERE_S)):
            return
        self._told = now
        if watched:
            shown = text[: max(20, shutil.get_terminal_size().columns - 1)]  # a line that wraps cannot be rewritten
            print(f"\r\x1b[K{tame(shown)}", end="", file=sys.stderr, flush=True)
            self._progress = True
        else:
            print(tame(text), file=sys.stderr, flush=True)

    def note(self, text: str) -> None:
        """Say something beside the result, on standard error."""
        self._end_progress()
        if not self.quiet:
            print(tame(text), file=sys.stderr, flush=True)

    def result(self, found: Mapping[str, Any], lines: Callable[[], list[str]]) -> None:
        """Print the result: the one JSON object, or lines for a person."""
        self._end_progress()
        told = as_json(found) if self.as_json else "\n".join(lines())
        for path, name in self.renamed.items():
            told = told.replace(path, name)
        print(tame(told), file=self.out)

    def _end_progress(self) -> None:
        if self._progress:
            print(file=sys.stderr)
            self._progress = False


def tame(text: str) -> str:
    """A text of which a terminal does nothing but show it: what would move, colour, name, copy or turn around stands
    as an escape, as Python and JSON write it."""
    return _ACTS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def as_json(found: Mapping[str, Any]) -> str:
    """One JSON object on one line, in letters that standard output can show, else escaped; times as ISO 8601."""
    found = _with_moments(found)
    text = json.dumps(found, ensure_ascii=False, default=str)
    try:
        text.encode(sys.stdout.encoding or "utf-8")  # half a surrogate pair, or a terminal without Unicode
    except UnicodeEncodeError:
        return json.dumps(found, default=str)
    return text


def _with_moments(found: Any) -> Any:
    """The same with every point in time (`at`, `..._at`, in seconds since 1970) as a file has it."""
    if isinstance(found, Mapping):
        return {
            name: moment(value) if _is_moment(name, value) else _with_moments(value) for name, value in found.items()
        }
    if isinstance(found, list | tuple):
        return [_with_moments(one) for one in found]
    return found


def _is_moment(name: Any, value: Any) -> bool:
    return isinstance(value, float) and isinstance(name, str) and (name == "at" or name.endswith("_at"))


def speak_any_text() -> None:
    """Let standard output and error show what their encoding lacks as escapes, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


class Defaults(argparse.HelpFormatter):
    """Help that says every default, where there is one and its sentence does not say it already."""

    def _get_help_string(self, action: argparse.Action) -> str:
        told = action.help or ""
        is_none = action.default in (None, False, "", argparse.SUPPRESS) or action.default == []
        return told if is_none or "default" in told or action.required else f"{told} (default %(default)s)".strip()


def verb(parsers: Subparsers, name: str, run: Callable[[argparse.Namespace, Console], int | None], help: str) -> Any:
    """Add a verb; `run` gets the parsed options and the console, and raises WinnowError to refuse."""
    parser = parsers.add_parser(name, help=help, description=help, formatter_class=Defaults)
    parser.add_argument("--json", action="store_true", help="print one JSON object on standard output")
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but the result, and errors")
    parser.set_defaults(run=run)
    return parser


def database() -> Database:
    """The database that the environment names."""
    from core import settings
    from core.database import open_database

    return open_database(settings.load().url)


def reads(parser: Any, name: str, **options: Any) -> Any:
    """Add a file that a verb reads; `-` is standard input."""
    action = parser.add_argument(name, type=Path, **_with_dash(options, "input"))
    action.stream = "in"
    return action


def writes(parser: Any, name: str, *, ending: str = ".jsonl", **options: Any) -> Any:
    """Add a file that a verb writes; `-` is standard output, and the result then goes to standard error.

    `ending`: how a file ends that has what is written, where the verb looks at its ending.
    """
    action = parser.add_argument(name, type=Path, **_with_dash(options, "output"))
    action.stream, action.ending = "out", ending
    return action


def _with_dash(options: Mapping[str, Any], way: str) -> dict[str, Any]:
    told = str(options.get("help", ""))
    dash = "" if "- for standard" in told else f"- for standard {way}"
    return {**options, "help": "; ".join(filter(None, (told, dash)))}


def by_name(parser: Any, name: str, *, only: str, **options: Any) -> Any:
    """Add what a verb wants by its name; `only` says why `-` can't stand for it, as in "it is a folder"."""
    action = parser.add_argument(name, **{"type": Path, **options})
    action.only = only
    return action


def who(given: str = "") -> str:
    """Who sits at the terminal: as the options --reviewer and --by say, else WINNOW_REVIEWER, else "me"."""
    from core import actor, settings

    return " ".join(given.split()) or actor.acting() or settings.load().reviewer or "me"


def throttled(
    console: Console, line: Callable[[Any, int], str], every_s: float = EVERY_S
) -> Callable[[Any, int], None]:
    """A progress callback that speaks at most once in a while."""
    last = [0.0]

    def tell(what: Any, n: int) -> None:
        if time.monotonic() - last[0] >= every_s:
            last[0] = time.monotonic()
            console.progress(line(what, n))

    return tell
