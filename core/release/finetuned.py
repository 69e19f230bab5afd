"""A fine-tuning job as it is kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finetune:
    """A fine-tuning job as last heard of. `file_id` and `job_id` are the service's, empty until it gave them."""

    id: int
    pool_id: int | None
    release_path: str
    provider: str
    endpoint: str
    model: str
    file: str
    sha256: str
    rows: int
    epochs: int
    usd: float | None
    file_id: str
    job_id: str
    state: str
    result: str
    error: str
    actor: str
    created_at: float
