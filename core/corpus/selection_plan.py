"""A selection as it is stored with its run, and where a page may let it read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from core import settings
from core.corpus.atomic import whole_file
from core.corpus.job import SelectionSettings, selection_from_json, selection_to_json
from core.corpus.select_settings import PRESETS
from core.corpus.shards import plan_shards
from core.corpus.texts import ENDINGS
from core.corpus.verbs import Verbs, own_verbs, verbs_from_json, verbs_to_json
from core.records import Refused

METHOD = "corpus"
DEMO_CORPUS = settings.PROJECT / "seeds" / "corpus"
LISTED, SCANNED = 500, 20_000  # files and folders offered on a page, and looked at for that


@dataclass(frozen=True, slots=True)
class SelectionPlan:
    """What to read and how to select from it.

    Relative `places` start at `root`. `confined` forbids every file outside of it. `verbs` names a kept list of a
    user's own, "" the built-in one. `engine` and `workers` change nothing but time.
    """

    places: tuple[str, ...]
    root: str
    settings: SelectionSettings
    verbs: str = ""
    engine: str = "local"
    workers: int | None = None
    confined: bool = False

    def as_mapping(self) -> dict[str, Any]:
        return {
            "places": list(self.places),
            "root": self.root,
            "confined": self.confined,
            "verbs": self.verbs,
            "engine": self.engine,
            "workers": self.workers,
            "selection": selection_to_json(self.settings),
        }

    @property
    def preset(self) -> str:
        """The preset whose thresholds these are, or "own"."""
        return next((name for name, rules in PRESETS.items() if rules == self.settings.rules), "own")

    def reads_the_same(self, other: SelectionPlan) -> bool:
        """Whether the other goes through the same places, so that what one has read may serve the other."""
        return (self.places, self.root, self.verbs) == (other.places, other.root, other.verbs)


def plan_of(stored: Mapping[str, Any]) -> SelectionPlan:
    """The plan that `as_mapping` wrote."""
    return SelectionPlan(
        tuple(stored["places"]),
        stored["root"],
        selection_from_json(stored["selection"]),
        stored["verbs"],
        stored["engine"],
        stored["workers"],
        stored["confined"],
    )


def demo_plan(chosen: SelectionSettings) -> SelectionPlan:
    """The selection from the corpus that ships with Winnow."""
    return SelectionPlan(("demo.jsonl",), str(DEMO_CORPUS), chosen, workers=1)


def check(plan: SelectionPlan) -> int:
    """Return how many files would be read. Raises NotFound or Refused where a place has none, or lies outside."""
    root = Path(plan.root)
    files = [root / file for shard in plan_shards(list(plan.places), root) for file in shard.files]
    if plan.confined:
        resolved = root.resolve()
        outside = next((file for file in files if not file.resolve().is_relative_to(resolved)), None)
        if outside is not None:
            raise Refused(
                "A file outside the folder that this page may read was asked for. Whoever runs the server sets that "
                "folder with WINNOW_CORPUS_ROOT; the command line reads any path."
            )
    return len(files)


def offered(root: Path) -> list[str]:
    """The files and folders under the root that hold texts, as relative names, at most five hundred."""
    found: set[Path] = set()
    for file in islice(root.rglob("*"), SCANNED):
        if file.name.endswith(ENDINGS) and not file.name.startswith(".") and file.is_file():
            found |= {file, *(parent for parent in file.parents if parent.is_relative_to(root) and parent != root)}
        if len(found) >= LISTED:
            break
    return sorted(str(path.relative_to(root)) for path in found)


def folder_of(run_id: int) -> Path:
    """Where a selection's files lie."""
    return _corpora() / str(run_id)


def upload_folder(contents: Iterable[bytes]) -> Path:
    """Where uploaded files are kept, by their contents: the same files again are the same place."""
    digest = hashlib.sha256()
    for content in contents:
        digest.update(content)
    return _corpora() / "uploads" / digest.hexdigest()[:16]


def keep_verbs(verbs: Verbs) -> str:
    """Keep a user's own list of verbs; return the name by which a plan finds it again."""
    content = json.dumps(verbs_to_json(verbs)).encode()
    name = hashlib.sha256(content).hexdigest()[:16]
    file = _verbs_file(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        with whole_file(file) as stream:
            stream.write(content)
    return name


def kept_verbs(name: str) -> Verbs:
    """The list that `keep_verbs` kept under that name; the built-in one for ""."""
    if not name:
        return own_verbs()
    try:
        return verbs_from_json(json.loads(_verbs_file(name).read_bytes()))
    except FileNotFoundError as error:
        raise Refused("The verb list of this selection is gone from the data folder; select anew with it.") from error


def _verbs_file(name: str) -> Path:
    return _corpora() / "verbs" / f"{name}.json"


def _corpora() -> Path:
    return settings.load().data_dir.resolve() / "corpora"
