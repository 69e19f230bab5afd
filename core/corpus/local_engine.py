"""The local engine: worker processes of this machine, each with one shard at a time.

Plain processes spoken to by lines of text, not multiprocessing: its children import the program's main module again,
which under Streamlit is the app itself. A worker's death is seen as the end of its output, and its shard is ordered
anew from another.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from core.children import without_secrets
from core.corpus.engine import failure
from core.corpus.shards import Shard
from core.crews import ATTEMPTS, PROGRAM_ROOT, STOP_CHECK_SECONDS


def run_locally(
    job_path: Path,
    shards: list[Shard],
    workers: int,
    done: Callable[[Shard], None],
    stop: Callable[[], bool],
) -> None:
    """Sift the shards in up to `workers` processes; see `ShardEngine`."""
    waiting = deque(shards)
    attempts: Counter[int] = Counter()
    with selectors.DefaultSelector() as selector:
        crew = [_Worker(job_path) for _ in range(min(workers, len(shards)))]
        try:
            for worker in crew:
                selector.register(worker.reports, selectors.EVENT_READ, worker)
                worker.order(waiting.popleft())
            while any(worker.shard for worker in crew) and not stop():
                for key, _ in selector.select(timeout=STOP_CHECK_SECONDS):
                    worker = key.data
                    shard, why = worker.report()
                    if why is None:
                        done(shard)
                    else:
                        attempts[shard.index] += 1
                        if attempts[shard.index] == ATTEMPTS:
                            raise failure(shard, why)
                        waiting.appendleft(shard)
                    if worker.is_dead:
                        selector.unregister(worker.reports)
                        worker.end()
                        crew.remove(worker)
                        worker = _Worker(job_path)
                        crew.append(worker)
                        selector.register(worker.reports, selectors.EVENT_READ, worker)
                    if waiting:
                        worker.order(waiting.popleft())
        finally:
            for worker in crew:
                worker.end()


class _Worker:
    def __init__(self, job_path: Path) -> None:
        path = os.pathsep.join(filter(None, [str(PROGRAM_ROOT), os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "core.corpus.worker", str(job_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=without_secrets(PYTHONPATH=path),
            text=True,
            start_new_session=True,  # Ctrl-C is for the program, which ends its workers
        )
        assert self._process.stdin and self._process.stdout
        self._orders = self._process.stdin
        self.reports = self._process.stdout
        self.shard: Shard | None = None
        self.is_dead = False

    def order(self, shard: Shard) -> None:
        """Give the worker a shard. A worker that died meanwhile shows by its report."""
        self.shard = shard
        with suppress(BrokenPipeError):
            print(shard.index, file=self._orders, flush=True)

    def report(self) -> tuple[Shard, str | None]:
        """Return the shard that the worker held, and None when it is done or why it is not."""
        assert self.shard
        shard, self.shard = self.shard, None
        line = self.reports.readline()
        if not line.endswith("\n"):
            self.is_dead = True
            return shard, f"its worker ended with {_ending(self._process.wait())}"
        return shard, json.loads(line).get("error")

    def end(self) -> None:
        """End the process now; what its shard left unfinished counts for nothing."""
        self._process.kill()
        self._process.wait()
        with suppress(BrokenPipeError):
            self._orders.close()
        self.reports.close()


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
