"""Who goes through the shards: processes of this machine, or a Ray cluster. The files they leave are the same."""

from __future__ import annotations

from core.corpus.engine import ShardEngine
from core.crews import check


def engine(name: str) -> ShardEngine:
    """Return the engine `local` or `ray`; `Refused` for any other name."""
    check(name)
    if name == "local":
        from core.corpus.local_engine import run_locally

        return run_locally
    from core.corpus.ray_engine import run_on_ray

    return run_on_ray
