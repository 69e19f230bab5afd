"""What the environment says. Keys live here and in the request's header, nowhere else."""

from __future__ import annotations

from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Winnow's environment: every field is `WINNOW_<NAME>`, or the OpenAI variable named beside it."""

    model_config = SettingsConfigDict(env_prefix="WINNOW_", env_file=None, extra="ignore", populate_by_name=True)

    data_dir: Path = PROJECT / "data"
    database_url: str = ""
    api_key: SecretStr = Field(SecretStr(""), validation_alias=AliasChoices("WINNOW_API_KEY", "OPENAI_API_KEY"))
    base_url: str = Field("", validation_alias=AliasChoices("WINNOW_BASE_URL", "OPENAI_BASE_URL"))
    model: str = ""
    provider: str = ""
    reviewer: str = ""
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
    """Read the environment now (a test or a page may have changed it since)."""
    return Settings()  # type: ignore[call-arg]  # the fields come from the environment
