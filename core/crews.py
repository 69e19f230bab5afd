"""Crews: who does calls that take long, several at a time: the processes of a Ray cluster, on one machine or on many.

What is called is a plain function of a module and says nothing to anybody; what it returns comes back. Ray needs
requirements-cluster.txt. `RAY_ADDRESS` names the cluster; without it one is started on this machine and ended with the
work. Nothing is reported to Ray's makers: usage statistics are off.
"""

from __future__ import annotations

import heapq
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from core.foreign import told
from core.records import Refused, WinnowError

LOCAL, RAY = "local", "ray"
ENGINES = (LOCAL, RAY)
ATTEMPTS = 3
"""How often a call whose process died or failed is tried before the work gives up."""
MOST_WORKERS = 10_000  # also of a cluster
PROGRAM_ROOT = Path(__file__).resolve().parents[1]
STOP_CHECK_SECONDS = 0.2

CallKey = tuple[int, ...]


class Call(NamedTuple):
    """What is to be done. `key`: its name; of the calls that wait the one with the smallest key comes first."""

    key: CallKey
    function: Callable[..., Any]
    args: tuple[Any, ...]


class CallFailed(WinnowError):
    """A call failed at every attempt. `key`: which; `why`: of the last one."""

    def __init__(self, key: CallKey, why: str) -> None:
        super().__init__(
            f"A part of the work failed in {ATTEMPTS} attempts ({why}). Use fewer workers if memory ran out, "
            "or the engine local, and start again."
        )
        self.key, self.why = key, why


class Crew(Protocol):
    """Some workers."""

    workers: int

    def share(self, value: Any) -> Any:
        """Return what stands for a value in the arguments of calls: it is sent once, and not with each of them."""

    def call(self, call: Call) -> None:
        """Have it done when its turn comes."""

    def results(
        self, stop: Callable[[], bool] = lambda: False, more: Iterable[Call] = ()
    ) -> Iterator[tuple[CallKey, Any]]:
        """Yield each call's key and what it returned, as they end, until none is left; calls may be added meanwhile.

        `more`: calls that are made when others have ended, so that few of them wait in memory. Ends early when `stop`
        answers True. Raises CallFailed.
        """


def check(engine: str, workers: int | None = None) -> None:
    """Raise Refused for an engine that there is not, or is not installed, and for workers that cannot be."""
    if engine not in ENGINES:
        raise Refused(f"There is no engine “{engine}”; choose {' or '.join(ENGINES)}.")
    if workers is not None and not 1 <= workers <= MOST_WORKERS:
        raise Refused(f"There are 1 to {MOST_WORKERS:,} workers.")
    if engine == RAY and not has_ray():
        raise Refused("The engine ray needs Ray: install requirements-cluster.txt, or use the engine local.")


def has_ray() -> bool:
    """Whether Ray is installed; it is not loaded for that."""
    return find_spec("ray") is not None


@contextmanager
def hired(engine: str, workers: int | None = None) -> Iterator[Crew | None]:
    """A crew of this engine while the block lasts; None for `local`, where the caller does it himself.

    `workers`: calls at a time, by default one a core of this machine. Refused for an engine that there is not.
    """
    check(engine, workers)
    if engine == LOCAL:
        yield None
        return
    crew = RayCrew(workers or os.cpu_count() or 1)
    try:
        yield crew
    finally:
        crew.dismiss()


class RayCrew:
    """Up to `workers` calls at a time, each with a core of a Ray cluster to itself; see `Crew`."""

    def __init__(self, workers: int) -> None:
        check(RAY, workers)
        self.workers = workers
        self._ray = _import_ray()
        self._is_ours = not self._ray.is_initialized()
        if self._is_ours:
            _connect(self._ray, workers)
        self._waiting: list[tuple[CallKey, int, Call]] = []
        self._tasks: dict[Callable[..., Any], Any] = {}
        self._n_called = 0  # parts equals in the heap

    def dismiss(self) -> None:
        """Leave the cluster; one that was started here ends."""
        if self._is_ours:
            self._ray.shutdown()

    def share(self, value: Any) -> Any:
        """See `Crew`."""
        return self._ray.put(value)

    def call(self, call: Call) -> None:
        """See `Crew`."""
        self._n_called += 1
        heapq.heappush(self._waiting, (call.key, self._n_called, call))

    def results(
        self, stop: Callable[[], bool] = lambda: False, more: Iterable[Call] = ()
    ) -> Iterator[tuple[CallKey, Any]]:
        """See `Crew`."""
        upcoming = iter(more)
        attempts: Counter[CallKey] = Counter()
        running: dict[Any, Call] = {}
        try:
            while not stop():
                while len(running) < self.workers and (call := self._next(upcoming)):
                    running[self._task(call.function).remote(*call.args)] = call
                if not running:
                    return
                finished, _ = self._ray.wait(list(running), timeout=STOP_CHECK_SECONDS)
                for reference in finished:
                    call = running.pop(reference)
                    try:
                        returned = self._ray.get(reference)
                    except self._ray.exceptions.RayError as error:
                        attempts[call.key] += 1
                        if attempts[call.key] == ATTEMPTS:
                            raise CallFailed(call.key, told(error, last=True)) from error
                        self.call(call)
                    else:
                        yield call.key, returned
        finally:
            self._waiting = []
            for reference in running:
                self._ray.cancel(reference, force=True)

    def _task(self, function: Callable[..., Any]) -> Any:
        # Ray tries again by itself too, but without saying so: here every attempt is counted.
        if function not in self._tasks:
            self._tasks[function] = self._ray.remote(num_cpus=1, max_retries=0)(function)
        return self._tasks[function]

    def _next(self, upcoming: Iterator[Call]) -> Call | None:
        return heapq.heappop(self._waiting)[2] if self._waiting else next(upcoming, None)


def _import_ray() -> Any:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "error")  # what it says otherwise would stand among our lines
    import ray

    return ray


def _connect(ray: Any, workers: int) -> None:
    address = os.environ.get("RAY_ADDRESS")
    options: dict[str, Any] = {"address": address} if address else {"address": "local", "num_cpus": workers}
    if not address:
        options["include_dashboard"] = False
    # The workers import this very program; on other machines it must lie at the same path.
    environment = {"PYTHONPATH": str(PROGRAM_ROOT)}
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        ray.init(**options, **quiet, runtime_env={"env_vars": environment})
    except (OSError, RuntimeError, ValueError) as error:
        where = "The Ray cluster that RAY_ADDRESS names cannot be reached" if address else "Ray cannot be started here"
        raise Refused(f"{where} ({told(error, last=True)}); mend that, or use the engine local.") from error
