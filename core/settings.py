"""What the environment says. Keys live here and in the request's header, nowhere else."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Settings:
    """Winnow's environment: every field is `WINNOW_<NAME>`, or the OpenAI variable named beside it.

    Every verb and page reads it first, so it is read without a package that takes time to load.
    """

    data_dir: Path = PROJECT / "data"
    database_url: str = ""
    api_key: str = field(default="", repr=False)  # or OPENAI_API_KEY; never printed
    base_url: str = ""  # or OPENAI_BASE_URL
    model: str = ""
    provider: str = ""
    reviewer: str = ""
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
    corpus_root = _said("CORPUS_ROOT")
    return Settings(
        data_dir=Path(_said("DATA_DIR") or PROJECT / "data"),
        database_url=_said("DATABASE_URL"),
        api_key=_said("API_KEY", "OPENAI_API_KEY"),
        base_url=_said("BASE_URL", "OPENAI_BASE_URL"),
        model=_said("MODEL"),
        provider=_said("PROVIDER"),
        reviewer=_said("REVIEWER"),
        hosts=tuple(name.strip() for name in _said("HOSTS").split(",") if name.strip()),
        corpus_root=Path(corpus_root) if corpus_root else None,
    )


def _said(name: str, otherwise: str = "") -> str:
    return os.environ.get(f"WINNOW_{name}", os.environ.get(otherwise, "") if otherwise else "")
