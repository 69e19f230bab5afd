"""What an engine is: something that goes through shards, and how it says that one of them failed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from core.corpus.shards import Shard
from core.crews import ATTEMPTS
from core.records import WinnowError


class ShardFailed(WinnowError):
    """A shard could not be gone through; what is done stays done, and the selection can be started again."""


class ShardEngine(Protocol):
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


def failure(shard: Shard, why: str) -> ShardFailed:
    """Return the error for a shard that failed every attempt."""
    return ShardFailed(
        f"{shard.files[0]} could not be gone through in {ATTEMPTS} attempts ({why}). Finished shards are kept: "
        "mend or leave out the file, or use fewer workers if memory ran out, and start again."
    )
