"""The Ray engine: the same shards on the workers of a cluster, which see the same files at the same paths.

Needs requirements-cluster.txt. `RAY_ADDRESS` names the cluster; without it one is started on this machine and ended
with the work. Nothing is reported to Ray's makers: usage statistics are off.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.corpus.engine import ATTEMPTS, failure
from core.corpus.job import read_job
from core.corpus.shards import Shard
from core.corpus.sift import sift
from core.foreign import told
from core.records import Refused

PROGRAM_ROOT = Path(__file__).resolve().parents[2]
STOP_CHECK_SECONDS = 0.2


def run_on_ray(
    job_path: Path,
    shards: list[Shard],
    workers: int,
    done: Callable[[Shard], None],
    stop: Callable[[], bool],
) -> None:
    """Sift the shards in up to `workers` Ray tasks at a time; see `ShardEngine`."""
    ray = _import_ray()
    is_ours = not ray.is_initialized()
    if is_ours:
        _connect(ray, workers)
    try:
        _run(ray, job_path, shards, workers, done, stop)
    finally:
        if is_ours:
            ray.shutdown()


def _run(
    ray: Any,
    job_path: Path,
    shards: list[Shard],
    workers: int,
    done: Callable[[Shard], None],
    stop: Callable[[], bool],
) -> None:
    # Ray tries again by itself too, but without saying so: here every attempt is counted, as the local engine does.
    task = ray.remote(num_cpus=1, max_retries=0)(_sift_shard)
    waiting = deque(shards)
    attempts: Counter[int] = Counter()
    running: dict[Any, Shard] = {}
    try:
        while (waiting or running) and not stop():
            while waiting and len(running) < workers:
                shard = waiting.popleft()
                running[task.remote(str(job_path), shard.index)] = shard
            finished, _ = ray.wait(list(running), timeout=STOP_CHECK_SECONDS)
            for reference in finished:
                shard = running.pop(reference)
                try:
                    ray.get(reference)
                except ray.exceptions.RayError as error:
                    attempts[shard.index] += 1
                    if attempts[shard.index] == ATTEMPTS:
                        raise failure(shard, told(error, last=True)) from error
                    waiting.appendleft(shard)
                else:
                    done(shard)
    finally:
        for reference in running:
            ray.cancel(reference, force=True)


def _sift_shard(job_path: str, index: int) -> None:
    job = read_job(job_path)
    sift(job, job.shards[index])


def _import_ray() -> Any:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        import ray
    except ImportError as error:
        raise Refused("The engine ray needs Ray: install requirements-cluster.txt, or use the engine local.") from error
    return ray


def _connect(ray: Any, workers: int) -> None:
    address = os.environ.get("RAY_ADDRESS")
    options: dict[str, Any] = {"address": address} if address else {"address": "local", "num_cpus": workers}
    if not address:
        options["include_dashboard"] = False
    # The workers import this very program; on other machines it must lie at the same path, as the corpus does.
    environment = {"PYTHONPATH": str(PROGRAM_ROOT)}
    ray.init(**options, log_to_driver=False, runtime_env={"env_vars": environment})
