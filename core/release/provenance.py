"""Where the rows of a release come from, counted from their lineage: runs and models, files, filters, people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from core.release.row import ReleaseRow


class Maker(NamedTuple):
    """A run that made rows: its number, method, the digest of its settings, and who answered its requests."""

    run: int
    method: str
    settings: str
    provider: str
    model: str


class Imported(NamedTuple):
    """A file that rows were imported from."""

    name: str
    sha256: str
    format: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Rows by what brought them. `shown`: distinct tasks that stood as examples in the prompts of these rows.

    `filters`: rows by each filter that they passed; `overruled`: by each that a person overruled. `people`: how many
    rated or edited them, `ratings` what they said of the present texts, `rated` and `edited` of how many rows.
    `not_taken`: rows by a setting that their model did not take.
    """

    makers: Mapping[Maker, int] = field(default_factory=dict)
    files: Mapping[Imported, int] = field(default_factory=dict)
    shown: int = 0
    filters: Mapping[str, int] = field(default_factory=dict)
    overruled: Mapping[str, int] = field(default_factory=dict)
    not_taken: Mapping[str, int] = field(default_factory=dict)
    people: int = 0
    ratings: int = 0
    rated: int = 0
    most_ratings: int = 0
    edited: int = 0


class Provenances:
    """Takes rows one by one; memory grows with runs, files, people and the tasks shown, not with rows."""

    def __init__(self) -> None:
        self._makers, self._files = Counter[Maker](), Counter[Imported]()
        self._filters, self._overruled, self._not_taken = Counter[str](), Counter[str](), Counter[str]()
        self._people, self._shown = set[str](), set[str]()
        self._ratings = self._rated = self._most = self._edited = 0

    def add(self, row: ReleaseRow) -> None:
        had = row.lineage
        if had.get("run") is not None:
            made = (str(had.get(name) or "") for name in ("method", "settings", "provider", "model"))
            self._makers[Maker(int(had["run"]), *made)] += 1
        if file := had.get("import"):
            self._files[Imported(str(file["file"]), str(file["sha256"]), str(file["format"]))] += 1
        self._shown.update(had.get("shown") or ())
        self._filters.update(had.get("filters") or ())
        self._overruled.update(had.get("overruled") or ())
        missed = had.get("not_taken") or {}
        self._not_taken.update({f"{name} ({step})" for step, its in missed.items() for name in its})
        ratings, edits = had.get("ratings") or (), had.get("edits") or ()
        self._people.update(str(one["by"]) for one in (*ratings, *edits) if one.get("by"))
        self._ratings += len(ratings)
        self._rated += bool(ratings)
        self._most = max(self._most, len(ratings))
        self._edited += bool(edits)

    def value(self) -> Provenance:
        return Provenance(
            self._makers, self._files, len(self._shown), self._filters, self._overruled, self._not_taken,
            len(self._people), self._ratings, self._rated, self._most, self._edited,
        )  # fmt: skip
