"""What a release is made of: rows, each with its text, its place in the pool and its lineage kept apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.records import Origin

LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One instance as it goes out.

    `id` is stable between releases; `task` is the key by which rows of one task stay on one side of a split.
    `lineage` goes to the sidecar lineage.jsonl and never into a trainer's file: run, request, model, settings, seeds
    shown, filters passed, grades, edits; any value that JSON can hold.
    """

    id: str
    task: str
    instruction: str
    input: str
    output: str
    is_classification: bool | None
    origin: Origin
    demo: bool = False
    verb: str | None = None
    lineage: Mapping[str, Any] = field(default_factory=dict)


RowSource = Callable[[], Iterator[ReleaseRow]]
"""Call it for a fresh pass over the same rows in the same order; a release reads them twice and holds none."""


def mended(row: ReleaseRow) -> tuple[ReleaseRow, dict[str, str]]:
    """Return the row as valid Unicode, and the exact text of each field that was not.

    A lone surrogate becomes U+FFFD, one for one: pyarrow, orjson and `datasets` refuse a file that holds even its
    JSON escape, and pandas drops it in silence. The exact text goes to lineage.jsonl, so nothing is lost.
    """
    if _encodes(row.instruction + row.input + row.output + row.id + row.task + (row.verb or "")):
        return row, {}
    texts = {name: getattr(row, name) or "" for name in ("id", "task", "instruction", "input", "output", "verb")}
    broken = {name: text for name, text in texts.items() if not _encodes(text)}
    fixed: dict[str, Any] = {name: LONE_SURROGATE.sub("\ufffd", text) for name, text in broken.items()}
    return replace(row, **fixed), broken


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
