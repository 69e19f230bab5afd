"""A release as it is kept: what was written where, by which rule, and what stayed behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Released:
    """A release as it was written. `rows` by count, `excluded` by reason, `files` with path, bytes, sha256 and rows.

    `members`: how many instances the database knows it to have held, all of them or None: see `core.pool.members`.
    """

    id: int
    pool_id: int
    name: str
    path: str
    kind: str
    predicate: Mapping[str, Any]
    options: Mapping[str, Any]
    rows: int
    counts: Mapping[str, int]
    excluded: Mapping[str, int]
    files: Sequence[Mapping[str, Any]]
    notes: Sequence[str]
    sha256: str
    actor: str
    created_at: float
    members: int | None = None
