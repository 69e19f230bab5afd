"""Who goes through the shards: processes of this machine, or a Ray cluster. The files they leave are the same."""

from __future__ import annotations

from core.corpus.engine import ShardEngine
from core.corpus.local_engine import run_locally
from core.corpus.ray_engine import run_on_ray
from core.crews import LOCAL, check


def engine(name: str) -> ShardEngine:
    """Return the engine `local` or `ray`; `Refused` for any other name."""
    check(name)
    return run_locally if name == LOCAL else run_on_ray
