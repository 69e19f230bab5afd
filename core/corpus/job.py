"""One selection as a file: all that a worker, on whatever machine, needs to know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from core import knobs
from core.corpus.atomic import whole_file
from core.corpus.select_settings import SelectSettings, preset, settings_to_json
from core.corpus.shards import Shard
from core.corpus.verbs import Verbs, verbs_from_json, verbs_to_json
from core.knobs import Knob

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
    text_field: Annotated[str, Knob("JSON field or column", "What holds the text.")] = "text"
    longest_line: Annotated[
        int, Knob("most bytes of a line", "A longer one is reported and passed over.", least=1, most=1 << 30)
    ] = 8_000_000
    decisions: Annotated[
        bool,
        Knob("keep every decision", "A line for every text with the rules it failed; all rules are then tried on it."),
    ] = False
    near_misses: Annotated[
        int, Knob("near misses kept", "Texts that failed exactly one rule, for each rule.", least=0, most=100_000)
    ] = 20
    duplicates: Annotated[Duplicates, Knob("repeated texts dropped", "The first one stays.")] = Duplicates.NEAR
    near_threshold: Annotated[
        float,
        Knob(
            "near-duplicate from (Jaccard)",
            "Similarity of word shingles, estimated by MinHash.",
            above=0,
            most=1,
            step=0.05,
        ),
    ] = 0.8
    permutations: Annotated[
        int,
        Knob(
            "length of a MinHash sketch",
            "A longer one estimates better and costs more time and disk.",
            least=2,
            most=4_096,
        ),
    ] = 128
    shingle_words: Annotated[int, Knob("words in a shingle", least=1, most=1_000)] = 5
    sample: Annotated[int | None, Knob("sample of", "Selected texts to draw; none takes all.", least=1)] = None
    seed: Annotated[int, Knob("random seed", "Of the sample and the near misses.", least=0)] = 0

    def __post_init__(self) -> None:
        knobs.check(self)


def begun(name: str) -> SelectionSettings:
    """Return the settings that a preset begins with: as released, `paper_exact` keeps repeated texts."""
    rules = preset(name)
    return SelectionSettings(rules=rules, duplicates=Duplicates.KEEP if name == "paper_exact" else Duplicates.NEAR)


@dataclass(frozen=True, slots=True)
class SelectionJob:
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


def write_job(job: SelectionJob) -> Path:
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
def read_job(path: str) -> SelectionJob:
    """Return the job that `write_job` wrote."""
    content = json.loads(Path(path).read_bytes())
    return SelectionJob(
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
    return knobs.changed(SelectionSettings(), values)


@lru_cache(maxsize=2)
def _about(settings: SelectionSettings, verbs: Verbs) -> str:
    values = selection_to_json(settings)
    # Nothing in a shard's files depends on these; changing them need not read the corpus again.
    for merged in ("sample", "near_threshold"):
        values.pop(merged)
    return sha256(json.dumps([LAYOUT, values, verbs_to_json(verbs)]).encode()).hexdigest()
