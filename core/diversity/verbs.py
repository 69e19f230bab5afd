"""Root verbs of a pool's tasks, for whoever draws by them inside a transaction of its own."""

from __future__ import annotations

from core.diversity.rows.parses import keep, machine_verbs, waiting

__all__ = ["keep", "machine_verbs", "waiting"]
