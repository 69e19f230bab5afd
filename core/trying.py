"""Trying the chosen model with what both methods will ask of it: the page Models, `models` and `doctor --connect`."""

from __future__ import annotations

from core.database import Database
from core.llm import target as models
from core.llm.sampling import Sampling
from core.llm.target import Target
from core.llm.trial import Trial, try_model
from core.records import Endpoint
from core.reinstruct.settings import preset
from core.selfinstruct.settings import PRESETS


def steps(endpoint: Endpoint) -> dict[str, Sampling]:
    """The sampling of every step of both methods, as their presets ask on that endpoint."""
    own = PRESETS["paper" if endpoint is Endpoint.COMPLETIONS else "chat"]
    other = preset(endpoint.wording)
    return {
        "instructions": own.instructions,
        "classification": own.classification,
        "instances": own.instances,
        "instances of classification": own.instances_of_classification,
        "reverse": other.reverse,
        "rewrite": other.rewrite,
    }


def try_target(database: Database, target: Target, *, long: bool | None = None) -> Trial:
    """Try a target's model with each step's request, small; what was remembered of it gives way to what is found.

    `long` also sends a prompt of 6,000 words; None does so where nobody is paid for it.
    """
    server = target.resolved()
    return try_model(
        target,
        models.key_for(server),
        steps(target.endpoint) if target.model else {},
        models.prices(database, server),
        models.memory_of(database, server),
        long=server.is_local if long is None else long,
    )
