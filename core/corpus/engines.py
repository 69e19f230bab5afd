"""Who goes through the shards: processes of this machine, or a Ray cluster. The files they leave are the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from core.corpus.shards import Shard
from core.records import Refused, WinnowError

ATTEMPTS = 3
"""How often a shard whose worker died or failed is tried before the selection gives up."""


class ShardFailed(WinnowError):
    """A shard could not be gone through; what is done stays done, and the selection can be started again."""


class Engine(Protocol):
    """Sifts shards of the job at `job_path`, in any order, and says which one is done as it happens.

    Returns early when `stop` answers True. Raises `ShardFailed` when a shard fails again and again.
    """

    def __call__(
        self,
        job_path: Path,
        shards: list[Shard],
        workers: int,
        done: Callable[[Shard], None],
        stop: Callable[[], bool],
    ) -> None: ...


def engine(name: str) -> Engine:
    """Return the engine `local` or `ray`; `Refused` for any other name."""
    if name == "local":
        from core.corpus.local_engine import run_locally

        return run_locally
    if name == "ray":
        from core.corpus.ray_engine import run_on_ray

        return run_on_ray
    raise Refused(f"There is no engine “{name}”; choose local or ray.")


def failure(shard: Shard, why: str) -> ShardFailed:
    """Return the error for a shard that failed every attempt."""
    return ShardFailed(
        f"{shard.files[0]} could not be gone through in {ATTEMPTS} attempts ({why}). Finished shards are kept: "
        "mend or leave out the file, or use fewer workers if memory ran out, and start again."
    )
