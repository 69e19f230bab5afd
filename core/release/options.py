"""What a person chooses for a release, and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.records import Refused
from core.release.formats import chosen
from core.release.split import Shares, Split

OnTable = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One question of an audit: how many said yes, of how many, and the 95% interval (0 to 1) the auditor computed."""

    question: str
    yes: int
    of: int
    low: float
    high: float
    percent: float | None = None  # where the parts of the sample have weights; else it is yes of `of`


@dataclass(frozen=True, slots=True)
class Style:
    """REInstruct's style suffixes (Chen et al., section on training), and its count of seeds.

    Each text is added to the instruction, seeds getting one and everything else the other; empty adds nothing.
    `seed_weight`: how often a seed stands in the training split (the paper: 2).
    """

    seed_suffix: str = ""
    other_suffix: str = ""
    seed_weight: int = 1

    def __post_init__(self) -> None:
        if self.seed_weight < 1:
            raise Refused("Seeds count at least once; to leave them out, exclude seeds by the rule.")


WHOLE = Shares()
PLAIN = Style()
# The paper's own strings, kept here and nowhere else: a model learns to tell the two kinds apart by them.
REINSTRUCT_STYLE = Style(" Answer in the style of an AI Assistant.", " Answer with knowledge from web search.", 2)


@dataclass(frozen=True, slots=True)
class ReleaseOptions:
    """The choices that shape a release's files; the same rows and options give the same bytes.

    `thoughts`: what a reasoning model wrote before an output goes out with it, where a format has a place for it.
    `description` stands below the card's title, `version` beside it, as somebody wrote them; empty for none.
    `languages` are ISO codes and `license` a Hub licence id, both for the card, empty where unknown. `how` are
    sentences on how the rows were made, `audit` the latest audit of them,
    `pool_audit` the same one whole, with a sentence on what it says of the pool. `created_at` is written as given and
    nowhere is another date.
    """

    title: str
    formats: tuple[str, ...]
    shares: Shares = WHOLE
    seed: int = 1
    style: Style = PLAIN
    thoughts: bool = False
    license: str = ""
    languages: tuple[str, ...] = ()
    how: tuple[str, ...] = ()
    audit: tuple[AuditLine, ...] = ()
    pool_audit: tuple[AuditLine, ...] = ()
    pool_audit_said: str = ""
    created_at: str | None = None
    description: str = ""
    version: str = ""

    def __post_init__(self) -> None:
        chosen(self.formats)
        if not self.title.strip():
            raise Refused("The release has no title; give it one.")


@dataclass(frozen=True, slots=True)
class ReleasedFile:
    """One file of a release: path inside it, size in bytes, SHA-256 (hex); rows, format and split of a table."""

    path: str
    bytes: int
    sha256: str
    rows: int | None = None
    format: str | None = None
    split: Split | None = None
    read_by: str | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """A written, read-back release. `notes` are sentences a person should see: formats left out, demo rows."""

    path: Path
    rows: int
    files: tuple[ReleasedFile, ...]
    counts: Mapping[str, int]
    notes: tuple[str, ...]
    sha256: str
