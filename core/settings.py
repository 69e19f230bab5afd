"""What the environment says. Keys live here and in the request's header, nowhere else."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
ALSO = {"api_key": "OPENAI_API_KEY", "base_url": "OPENAI_BASE_URL"}
"""What a field is called for other programs too: read where Winnow's own variable is not set."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Winnow's environment: every field is `WINNOW_<NAME>`, or what `ALSO` calls it.

    Every verb and page reads it first, so it is read without a package that takes time to load.
    """

    data_dir: Path = PROJECT / "data"
    database_url: str = ""
    api_key: str = field(default="", repr=False)  # never printed
    base_url: str = ""
    model: str = ""
    provider: str = ""
    reviewer: str = ""
    demo_seconds: float = 0.8  # that a recorded reply takes in the app, so that a run can be watched and paused
    hosts: tuple[str, ...] = ()  # names, with commas, under which browsers may reach this server beside its own
    corpus_root: Path | None = None  # the page Corpus reads files of this server under it and nowhere else

    @property
    def corpora_in(self) -> Path:
        """Where the page Corpus may read: `WINNOW_CORPUS_ROOT`, or a folder in the data folder."""
        return self.corpus_root or self.data_dir / "corpora-in"

    @property
    def url(self) -> str:
        """The database: `WINNOW_DATABASE_URL`, or SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'winnow.db'}"


def load() -> Settings:
    """Read the environment now (a test or a page may have changed it since); an empty folder is none."""
    corpus_root = _said("corpus_root")
    return Settings(
        data_dir=Path(_said("data_dir") or PROJECT / "data"),
        database_url=_said("database_url"),
        api_key=_said("api_key"),
        base_url=_said("base_url"),
        model=_said("model"),
        provider=_said("provider"),
        reviewer=_said("reviewer"),
        demo_seconds=_seconds(_said("demo_seconds"), 0.8),
        hosts=tuple(name.strip() for name in _said("hosts").split(",") if name.strip()),
        corpus_root=Path(corpus_root) if corpus_root else None,
    )


def _seconds(said: str, usual: float) -> float:
    try:
        return max(0.0, float(said))
    except ValueError:
        return usual


def _said(field_name: str) -> str:
    own = os.environ.get(f"WINNOW_{field_name.upper()}")
    return os.environ.get(ALSO.get(field_name, ""), "") if own is None else own
