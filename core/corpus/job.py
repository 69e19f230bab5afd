"""One selection as a file: all that a worker, on whatever machine, needs to know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from core.corpus.atomic import whole_file
from core.corpus.select_settings import SelectSettings, settings_from_json, settings_to_json
from core.corpus.shards import Shard
from core.corpus.verbs import Verbs, verbs_from_json, verbs_to_json

LAYOUT = 1
"""Raised when the files of a shard change their layout, so that shards of an older Winnow are read again."""


class Duplicates(StrEnum):
    """Which repeated texts are dropped after selection."""

    KEEP = "keep"
    EXACT = "exact"
    NEAR = "near"


@dataclass(frozen=True, slots=True)
class SelectionSettings:
    """How a corpus is gone through; the rules' thresholds are `rules`."""

    rules: SelectSettings = field(default_factory=SelectSettings)

    text_field: str = "text"
    """The JSON field or Parquet column that holds the text."""

    longest_line: int = 8_000_000
    """The most bytes a line may have; a longer one is reported and passed over."""

    decisions: bool = False
    """Write a line for every text with the rules that it failed; all rules are then tried on every text."""

    near_misses: int = 20
    """How many of the texts that failed exactly one rule are kept to look at, for each rule."""

    duplicates: Duplicates = Duplicates.NEAR
    """Which repeated texts are dropped, the first one staying."""

    near_threshold: float = 0.8
    """The Jaccard similarity of word shingles, estimated by MinHash, from which two texts are near-duplicates."""

    permutations: int = 128
    """The length of a MinHash sketch; a longer one estimates better and costs more time and disk."""

    shingle_words: int = 5
    """How many words in a row make a shingle."""

    sample: int | None = None
    """How many of the selected texts to draw; None takes all."""

    seed: int = 0
    """What the sample and the near misses are drawn with."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to select from and how, and where the shards' files go; relative names of files start at `root`."""

    folder: Path
    root: Path
    settings: SelectionSettings
    verbs: Verbs
    shards: tuple[Shard, ...]

    def shard_file(self, shard: Shard, kind: str) -> Path:
        """Return where a shard's file of that kind lives ("kept.jsonl", "done.json", ...)."""
        return self.folder / "shards" / f"{shard.index:06d}.{kind}"

    def path(self, file: str) -> Path:
        """Return where a file of a shard lies."""
        return self.root / file

    def fingerprint(self, shard: Shard) -> str:
        """Return a hash of all that decides a shard's files: settings, and the names, sizes and times of its files."""
        lines = [str(shard.index), _about(self.settings, self.verbs)]
        for file in shard.files:
            stat = self.path(file).stat()
            lines.append(f"{file}\0{stat.st_size}\0{stat.st_mtime_ns}")
        return sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def write_job(job: Job) -> Path:
    """Write the job under a name of its own content and return the path; workers may remember what they read there."""
    text = json.dumps(
        {
            "folder": str(job.folder),
            "root": str(job.root),
            "settings": selection_to_json(job.settings),
            "verbs": verbs_to_json(job.verbs),
            "shards": [list(shard.files) for shard in job.shards],
        }
    ).encode()
    path = job.folder / f"job-{sha256(text).hexdigest()[:16]}.json"
    with whole_file(path) as stream:
        stream.write(text)
    return path


@lru_cache(maxsize=2)
def read_job(path: str) -> Job:
    """Return the job that `write_job` wrote."""
    content = json.loads(Path(path).read_bytes())
    return Job(
        folder=Path(content["folder"]),
        root=Path(content["root"]),
        settings=selection_from_json(content["settings"]),
        verbs=verbs_from_json(content["verbs"]),
        shards=tuple(Shard(index, tuple(files)) for index, files in enumerate(content["shards"])),
    )


def selection_to_json(settings: SelectionSettings) -> dict[str, Any]:
    """Return the settings as a JSON object."""
    values: dict[str, Any] = {name: getattr(settings, name) for name in SelectionSettings.__slots__}
    return values | {"rules": settings_to_json(settings.rules), "duplicates": settings.duplicates.value}


def selection_from_json(values: Mapping[str, Any]) -> SelectionSettings:
    """Return the settings that `selection_to_json` wrote."""
    rules, duplicates = settings_from_json(dict(values["rules"])), Duplicates(values["duplicates"])
    return SelectionSettings(**{**values, "rules": rules, "duplicates": duplicates})


@lru_cache(maxsize=2)
def _about(settings: SelectionSettings, verbs: Verbs) -> str:
    values = selection_to_json(settings)
    # Nothing in a shard's files depends on these; changing them need not read the corpus again.
    for merged in ("sample", "near_threshold"):
        values.pop(merged)
    return sha256(json.dumps([LAYOUT, values, verbs_to_json(verbs)]).encode()).hexdigest()
