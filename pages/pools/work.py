"""An import at work: in a thread of its own, so that it goes on when the person who began it looks at another page."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing

from core import actor, memory
from core.crews import LOCAL
from core.database import Database
from core.importing.pace import Pace
from core.importing.uploads import LARGE, LaidFile
from core.pools.bringing import Brought, Wishes, bring_tasks
from core.pools.bringing_aside import bring_tasks_aside
from core.records import WinnowError


class Work:
    """One file on its way into one pool. `brought` or `refused` is there when it has ended."""

    def __init__(self, database: Database, pool_name: str, name: str, lay: Callable[[], LaidFile]) -> None:
        """`lay`: lays the file down where it can be read, once the import has begun."""
        self.name, self.pool_name = name, pool_name
        self.doing = "reading"
        self.brought: Brought | None = None
        self.refused = ""
        self._database, self._lay = database, lay
        self._actor = actor.acting()
        self._pace = Pace()
        self._thread: threading.Thread | None = None

    def start(self, wishes: Wishes) -> None:
        """Begin; returns at once."""
        self._thread = threading.Thread(target=self._run, args=(wishes,), name="import", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def wait(self, seconds: float) -> None:
        """Wait so long, or until it has ended."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self, wishes: Wishes) -> None:
        try:
            laid = self._lay()
            # What takes long is no work of the server's: its memory would not go back, and every page would wait.
            is_long = laid.path.stat().st_size > LARGE or wishes.engine != LOCAL
            bring = bring_tasks_aside if is_long else bring_tasks
            with closing(laid), actor.acting_as(self._actor):
                self.brought = bring(self._database, self.pool_name, laid.path, wishes, self._tell)
        except WinnowError as error:
            self.refused = str(error)
        except OSError as error:
            self.refused = f"The upload could not be written ({error.strerror}); make room on the disk and try again."
        finally:
            del self._lay
            memory.give_back()

    def _tell(self, what: str, n: int, of: int) -> None:
        self.doing = self._pace.told(what, n, of)
