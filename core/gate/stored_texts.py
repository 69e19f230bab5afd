"""Instructions that stay where they are stored, and are read when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from core.asked import MadeWhenAsked
from core.database import Database
from core.pool import tasks


class StoredTexts(MadeWhenAsked[str]):
    """The instructions of tasks, in the order of their ids here; some are best asked for together (`texts_at`)."""

    def __init__(self, database: Database, ids: Sequence[int]) -> None:
        self._database, self._ids = database, ids

    def __len__(self) -> int:
        return len(self._ids)

    def of(self, ids: Sequence[int]) -> StoredTexts:
        """The instructions of other tasks of that database."""
        return StoredTexts(self._database, ids)

    def several(self, places: Sequence[int]) -> list[str]:
        """The texts at these places."""
        with self._database.read() as c:
            found = tasks.instructions_of(c, list({self._ids[place] for place in places}))
        return [found.get(self._ids[place], "") for place in places]


def texts_at(texts: Sequence[str], places: Sequence[int]) -> list[str]:
    """Some of the texts; where they are stored, read together."""
    return texts.several(places) if isinstance(texts, StoredTexts) else [texts[place] for place in places]
