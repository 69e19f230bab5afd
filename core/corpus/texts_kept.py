"""A text of the pool's corpus, as every room knows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa


class TextState(StrEnum):
    """How far a text is. `taken`: a run's batch holds it; `asked`: its instruction came, whatever became of that."""

    WAITING = "waiting"
    TAKEN = "taken"
    ASKED = "asked"
    FAILED = "failed"  # no usable reply came; its note says why
    OFF = "off"  # a person left it out


@dataclass(frozen=True, slots=True)
class CorpusText:
    """A text of the pool's corpus: file and line it came from, SHA-256 (hex) of its UTF-8, the selection's run."""

    id: int
    pool_id: int
    run_id: int
    source: str
    line: int
    url: str | None
    text_hash: str
    state: TextState
    note: str
    text: str


@dataclass(frozen=True, slots=True)
class Miss:
    """A text that failed exactly one rule of a selection."""

    rule: str
    source: str
    line: int
    text: str


def text_of(row: sa.Row[Any]) -> CorpusText:
    """A text as its row has it, whichever query read it."""
    return CorpusText(
        row.id,
        row.pool_id,
        row.run_id,
        row.source,
        row.line,
        row.url,
        row.text_hash,
        TextState(row.state),
        row.note,
        row.text,
    )
