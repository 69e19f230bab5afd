"""What the environment says. Keys live here and in the request's header, nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

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
    demo_seconds: float = 0.8  # that a recorded reply takes in the app, so that a run can be watched and paused
    hosts: Annotated[
        tuple[str, ...], NoDecode
    ] = ()  # names under which browsers may reach this server, besides this machine's own
    corpus_root: Path | None = None  # the page Corpus reads files of this server under it and nowhere else

    @field_validator("hosts", mode="before")
    @classmethod
    def _separate(cls, named: object) -> object:
        """`WINNOW_HOSTS` is a list with commas."""
        return tuple(name.strip() for name in named.split(",") if name.strip()) if isinstance(named, str) else named

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
