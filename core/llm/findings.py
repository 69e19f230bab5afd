"""What is known about what a model takes at an address: learnt from its refusals, or known of its provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from core.records import Endpoint


class ParameterVerdict(StrEnum):
    """What became of a parameter."""

    TAKEN = "taken"
    REFUSED = "refused"  # the server said so; left out since
    RENAMED = "renamed"  # taken under the name that `value` gives
    LIMITED = "limited"  # taken up to `value`
    SWALLOWED = "swallowed"  # accepted without effect
    ABSENT = "no such parameter"  # of this endpoint
    CUT_HERE = "cut here"  # a stop sequence that the server doesn't take holds all the same
    LEARNT = "learnt"  # no parameter: what `value` says of the model


THINKING_ROOM = "thinking_room"
"""The finding that a model thinks within its `max_tokens`, and how many more it is therefore given."""


@dataclass(frozen=True, slots=True)
class ModelFinding:
    """One thing known about a parameter; `said` are the server's words or the source, `as_of` the day (YYYY-MM-DD)."""

    parameter: str
    verdict: ParameterVerdict
    value: Any = None
    said: str = ""
    as_of: str = ""


ModelFindings = Mapping[str, ModelFinding]


class Memory(Protocol):
    """What is remembered of an address, over runs and restarts."""

    def known(self, endpoint: Endpoint, model: str) -> ModelFindings:
        """Return what is remembered of a model on an endpoint, by parameter."""

    def note(self, endpoint: Endpoint, model: str, finding: ModelFinding) -> None:
        """Remember a finding from now on, in the place of an earlier one of the same parameter."""

    def replace(self, endpoint: Endpoint, model: str, findings: Sequence[ModelFinding]) -> None:
        """Remember these, and nothing that was remembered of the model before."""


class NoMemory:
    """Remembers as long as it lives: for trying a connection, and for tests."""

    def __init__(self) -> None:
        self._found: dict[tuple[Endpoint, str], dict[str, ModelFinding]] = {}

    def known(self, endpoint: Endpoint, model: str) -> ModelFindings:
        return self._found.get((endpoint, model), {})

    def note(self, endpoint: Endpoint, model: str, finding: ModelFinding) -> None:
        self._found.setdefault((endpoint, model), {})[finding.parameter] = finding

    def replace(self, endpoint: Endpoint, model: str, findings: Sequence[ModelFinding]) -> None:
        self._found[endpoint, model] = {finding.parameter: finding for finding in findings}


NotTaken = Mapping[str, Mapping[str, str]]
"""By step and parameter, why a setting had no effect (a `ParameterVerdict`), or "" for none."""


def told(not_taken: NotTaken) -> str:
    """Return the sentence for a person about settings that a model did not take, "" where it took all.

    A stop sequence that was cut here instead held, and is not named.
    """
    by_parameter: dict[str, set[str]] = {}
    for step, parameters in not_taken.items():
        for parameter, verdict in parameters.items():
            if verdict != ParameterVerdict.CUT_HERE:
                by_parameter.setdefault(parameter, set()).add(step)
    if not by_parameter:
        return ""
    named = [f"{name} ({', '.join(sorted(steps))})" for name, steps in sorted(by_parameter.items())]
    return f"This model did not take these settings: {', '.join(named)}."


def merged(one: NotTaken, other: NotTaken) -> dict[str, dict[str, str]]:
    """Return both, the second over the first."""
    steps = {**one, **other}
    return {step: {**one.get(step, {}), **other.get(step, {})} for step in steps}
