"""An import at work: in a thread of its own, so that it goes on when the person who began it looks at another page."""

from __future__ import annotations

import threading
from collections.abc import Callable

from core import memory, settings
from core.database import Database
from core.importing import uploads
from core.pools.bringing import Brought, Wishes, bring_tasks
from core.records import WinnowError


class Work:
    """One file on its way into one pool. `brought` or `refused` is there when it has ended."""

    def __init__(self, database: Database, pool_name: str, name: str, content: Callable[[], bytes]) -> None:
        self.name, self.pool_name = name, pool_name
        self.doing = "reading"
        self.brought: Brought | None = None
        self.refused = ""
        self._database, self._content = database, content
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
            with uploads.laid_down(settings.load().data_dir, self.name, self._content()) as path:
                self.brought = bring_tasks(self._database, self.pool_name, path, wishes, self._tell)
        except WinnowError as error:
            self.refused = str(error)
        except OSError as error:
            self.refused = f"The upload could not be written ({error.strerror}); make room on the disk and try again."
        finally:
            del self._content
            memory.give_back()

    def _tell(self, what: str, n: int) -> None:
        self.doing = f"{n:,} {what}"
