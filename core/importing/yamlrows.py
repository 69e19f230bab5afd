"""YAML: a list of mappings, or mappings one after the other. Read event by event, so that only one row is held.

References (`*name`) are refused: a short file of references to references unfolds to any size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.foreign import told, words
from core.importing import bounds
from core.importing.bounds import Unpackable
from core.importing.opening import opened
from core.records import Fault

YES = ("true", "True", "TRUE")
NO = ("false", "False", "FALSE")
NOTHING = ("", "~", "null", "Null", "NULL")


class _Refused(Exception):
    pass


def rows_of_yaml(path: Path) -> Iterator[tuple[int, Mapping[str, Any]] | Fault]:
    """Every mapping of the file with the line on which it begins."""
    import yaml

    line = 1
    with opened(path) as file:
        try:
            events = yaml.parse(_Text(file), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            inside = False
            for event in events:
                line = event.start_mark.line + 1
                if isinstance(event, yaml.SequenceStartEvent) and not inside:
                    inside = True
                elif isinstance(event, yaml.SequenceEndEvent):
                    inside = False
                elif isinstance(event, yaml.MappingStartEvent):
                    yield line, _value(yaml, event, events, [0], 0)
                elif isinstance(event, yaml.ScalarEvent | yaml.SequenceStartEvent | yaml.AliasEvent):
                    _value(yaml, event, events, [0], 0)
                    yield Fault(line, "not a mapping of names to values")
        except (yaml.YAMLError, _Refused, Unpackable, UnicodeDecodeError) as error:
            reason = words(getattr(error, "problem", None) or "") or told(error)
            yield Fault(line, f"the YAML breaks off here ({reason}); the rows before it were read")


class _Text:
    """A file for the parser, which takes bytes or text; a byte order mark is no text."""

    def __init__(self, file: Any) -> None:
        self._file, self._began = file, False

    def read(self, size: int = -1) -> bytes:
        piece = bytes(self._file.read1(size))
        if not self._began:
            self._began, piece = True, piece.removeprefix(b"\xef\xbb\xbf")
        return piece


def _value(yaml: Any, event: Any, events: Iterator[Any], weight: list[int], depth: int) -> Any:
    """The value that begins with this event. `weight`: what the row holds so far, in characters."""
    if depth > bounds.NESTING:
        raise _Refused("nested too deeply")
    weight[0] += 40 + len(getattr(event, "value", "") or "")
    if weight[0] > bounds.ROW:
        raise _Refused(bounds.ROW_TOO_LARGE)
    if isinstance(event, yaml.AliasEvent):
        raise _Refused("references (*) are not read; write the value out")
    if isinstance(event, yaml.ScalarEvent):
        return _plain(event.value) if event.implicit[0] and event.style is None else event.value
    if isinstance(event, yaml.SequenceStartEvent):
        found = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            found.append(_value(yaml, event, events, weight, depth + 1))
        return found
    named: dict[str, Any] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        name = _value(yaml, event, events, weight, depth + 1)
        named[str(name)] = _value(yaml, next(events), events, weight, depth + 1)
    return named


def _plain(text: str) -> Any:
    """A value without quotes, as JSON would have it."""
    if text in NOTHING:
        return None
    if text in YES or text in NO:
        return text in YES
    if len(text) <= 20 and text[0] in "-+.0123456789":
        for number in (int, float):
            try:
                return number(text.replace("_", "x"))
            except ValueError:
                continue
    return text
