"""The Ray engine: the same shards on the workers of a cluster, which see the same files at the same paths (`crews`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from core.corpus.engine import failure
from core.corpus.job import read_job
from core.corpus.shards import Shard
from core.corpus.sift import sift
from core.crews import Call, CallFailed, RayCrew


def run_on_ray(
    job_path: Path,
    shards: list[Shard],
    workers: int,
    done: Callable[[Shard], None],
    stop: Callable[[], bool],
) -> None:
    """Sift the shards in up to `workers` Ray tasks at a time; see `ShardEngine`."""
    by_index = {shard.index: shard for shard in shards}
    crew = RayCrew(workers)
    try:
        for index in by_index:
            crew.call(Call((index,), _sift_shard, (str(job_path), index)))
        for (index,), _ in crew.results(stop):
            done(by_index[index])
    except CallFailed as error:
        raise failure(by_index[error.key[0]], error.why) from error
    finally:
        crew.dismiss()


def _sift_shard(job_path: str, index: int) -> None:
    job = read_job(job_path)
    sift(job, job.shards[index])
