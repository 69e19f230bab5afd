"""Is everything in place? Each check says what it found and what to do."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core import extensions, methods, settings
from core.database import Database, open_database
from core.database.engine import integrity
from core.foreign import told
from core.llm import target as models
from core.llm.providers import OWN, Provider
from core.records import WinnowError
from core.release.formats import FORMATS, Format
from core.seeds.seeds import built_in
from core.settings import PROJECT
from core.words import number_of

ROOM_WANTED = 500 << 20


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    finding: str


def examine() -> list[Check]:
    """Look at Python, the packages, the seeds, the disk, the database and the chosen model; nothing is sent."""
    return [_checked(name, look) for name, look in CHECKS.items()]


def _python() -> str:
    return sys.version.split()[0]


def _packages() -> str:
    wrong = []
    for line in (PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        name, sign, wanted = line.partition("#")[0].strip().partition("==")
        if sign:
            try:
                have = importlib.metadata.version(name.split("[")[0])
            except importlib.metadata.PackageNotFoundError:
                have = "missing"
            if have.split("+")[0] != wanted:
                wrong.append(f"{name} {have} (pinned {wanted})")
    if wrong:
        raise WinnowError(f"{', '.join(wrong)}; run `make app` to install what is pinned.")
    return "as pinned"


def _seeds() -> str:
    return f"{number_of(len(built_in()), 'built-in seed')}"


def _disk() -> str:
    folder = settings.load().data_dir
    free = shutil.disk_usage(folder if folder.exists() else PROJECT).free
    if free < ROOM_WANTED:
        raise WinnowError(f"only {free >> 20:,} MB are free for {folder}; make room before a long run.")
    return f"{free >> 20:,} MB free"


def _database() -> str:
    database: Database = open_database(settings.load().url)
    answer = integrity(database)
    if answer != "ok":
        raise WinnowError(f"the database says: {answer}; `winnow restore FILE` puts a backup in its place.")
    with database.write():
        pass
    return f"{database.engine.url.render_as_string()} can be read and written"


def _model() -> str:
    target = models.default_target(open_database(settings.load().url))
    models.checked_target(target)
    server = target.resolved()
    return f"{target.model} at {server.label} ({server.shown_url}); the page Models tries the connection"


def _extensions() -> str:
    loaded: tuple[extensions.Extensions[Any], ...] = (
        extensions.load(extensions.PROVIDERS, Provider, OWN),
        extensions.load(extensions.METHODS, methods.Method, {method.id: method for method in methods.BUILT_IN}),
        extensions.load(extensions.FORMATS, Format, FORMATS),
    )
    faults = [fault for each in loaded for fault in each.faults]
    if faults:
        raise WinnowError(" ".join(faults))
    return f"{sum(len(each.found) for each in loaded)} providers, methods and formats of other packages"


CHECKS: dict[str, Callable[[], str]] = {
    "python": _python,
    "packages": _packages,
    "seeds": _seeds,
    "extensions": _extensions,
    "disk": _disk,
    "database": _database,
    "model": _model,
}


def _checked(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except (WinnowError, OSError) as error:
        return Check(name, False, told(error))
