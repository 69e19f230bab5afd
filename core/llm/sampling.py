"""How a kind of request is sampled: every parameter may be absent, and one that changes nothing isn't sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from core import knobs
from core.knobs import Knob
from core.records import Endpoint, Refused

MOST_TOKENS, MOST_STOPS = 1_000_000, 64


@dataclass(frozen=True, slots=True)
class Sampling:
    """Parameters of one kind of request (Self-Instruct appendix A.1, table 4). None leaves one to the model.

    Without `max_tokens` a run can keep no budget in tokens or dollars.
    """

    temperature: Annotated[float | None, Knob("temperature", least=0, most=5, step=0.1)] = 0.0
    top_p: Annotated[float | None, Knob("top p", least=0, most=1, step=0.05)] = 0.0
    frequency_penalty: Annotated[float | None, Knob("frequency penalty", least=-2, most=2, step=0.1)] = 0.0
    presence_penalty: Annotated[float | None, Knob("presence penalty", least=-2, most=2, step=0.1)] = 0.0
    max_tokens: Annotated[int | None, Knob("max tokens", least=1, most=MOST_TOKENS)] = 1024
    stop: Annotated[tuple[str, ...] | None, Knob("stop")] = ()

    def __post_init__(self) -> None:
        knobs.check(self)
        if self.stop and (len(self.stop) > MOST_STOPS or not all(self.stop)):
            raise Refused(f"The setting stop has at most {MOST_STOPS} sequences, none of them empty.")

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


def asked_as(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a method's settings with the endpoint's wording: a model on `responses` is asked as one on `chat` is."""
    if settings.get("endpoint") == Endpoint.RESPONSES:
        return {**settings, "endpoint": Endpoint.RESPONSES.wording}
    return settings
