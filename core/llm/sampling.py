"""How a kind of request is sampled: every parameter may be absent, and one that changes nothing isn't sent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.records import Refused

BOUNDS = {
    "temperature": (0.0, 5.0),
    "top_p": (0.0, 1.0),
    "frequency_penalty": (-2.0, 2.0),
    "presence_penalty": (-2.0, 2.0),
}
MOST_TOKENS, MOST_STOPS = 1_000_000, 64


@dataclass(frozen=True, slots=True)
class Sampling:
    """Parameters of one kind of request (Self-Instruct appendix A.1, table 4). None leaves one to the model.

    Without `max_tokens` a run can keep no budget in tokens or dollars.
    """

    temperature: float | None = 0.0
    top_p: float | None = 0.0
    frequency_penalty: float | None = 0.0
    presence_penalty: float | None = 0.0
    max_tokens: int | None = 1024
    stop: tuple[str, ...] = ()

    def parameters(self) -> dict[str, Any]:
        """What is asked of a model by name: nothing absent, no penalty of 0, no top_p beside greedy decoding."""
        found = {name: value for name, value in asdict(self).items() if value is not None and value != ()}
        if self.temperature == 0:
            found.pop("top_p", None)
        for penalty in ("frequency_penalty", "presence_penalty"):
            if not found.get(penalty):
                found.pop(penalty, None)
        if self.stop:
            found["stop"] = list(self.stop)
        return found


def changed(name: str, default: Sampling, given: Mapping[str, Any]) -> Sampling:
    """The sampling of the setting `name` with some parameters changed; null leaves one out.

    Raises Refused for a parameter that there is not, and for a value that it can't have.
    """
    unknown = [parameter for parameter in given if parameter not in default.__slots__]
    if unknown:
        raise Refused(f'{name} has no "{unknown[0]}"; it has {", ".join(default.__slots__)}.')
    return replace(default, **{one: _value(f"{name}.{one}", one, value) for one, value in given.items()})


def _value(name: str, parameter: str, value: Any) -> Any:
    if parameter == "stop":
        stops = () if value is None else value
        if isinstance(stops, list | tuple) and all(isinstance(stop, str) and stop for stop in stops):
            if len(stops) <= MOST_STOPS:
                return tuple(stops)
            raise Refused(f"The setting {name} has at most {MOST_STOPS} stop sequences.")
        raise Refused(f"The setting {name} is a list of texts, or null; {value!r} is not.")
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if parameter == "max_tokens":
        if number and isinstance(value, int) and 1 <= value <= MOST_TOKENS:
            return value
        raise Refused(f"The setting {name} is a whole number from 1 to {MOST_TOKENS:,}, or null; {value!r} is not.")
    low, high = BOUNDS[parameter]
    if number and math.isfinite(value) and low <= value <= high:
        return float(value)
    raise Refused(f"The setting {name} is a number from {low:g} to {high:g}, or null; {value!r} is not.")
