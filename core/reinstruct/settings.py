"""Every knob of a REInstruct run: one home, one default, one sentence. Stored whole with the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any

from core.llm.sampling import Sampling
from core.llm.sampling import changed as changed_sampling
from core.records import Endpoint, Refused
from core.reinstruct.filters import FilterSettings
from core.reinstruct.prompts import STOP, ReinstructPrompts

STYLE = "REInstruct-style"  # a chat model is prompted where the paper trains its own (papers, section 2)
OWN_MODELS = "REInstruct, the paper's layout for trained models"


@dataclass(frozen=True, slots=True)
class ReinstructSettings:
    """A run's settings. The filters' thresholds are the released code's; sampling and wording are ours."""

    endpoint: Endpoint = Endpoint.CHAT
    seed: int = 42  # of the draw of examples
    texts_per_batch: int = 8
    shots: int = 4  # seeds shown to a chat model with a text
    longest_example: int = 1500  # characters of an example's output
    novelty_threshold: float = 0.7  # dropped when ROUGE-L F1 is above it
    patience: int = 5  # batches without a new task before the run gives up
    filters: FilterSettings = field(default_factory=FilterSettings)
    reverse: Sampling = field(default_factory=lambda: Sampling(top_p=1.0, max_tokens=256))
    rewrite: Sampling = field(default_factory=lambda: Sampling(top_p=1.0, max_tokens=1500))
    prompts: ReinstructPrompts = field(default_factory=ReinstructPrompts)
    system_message: str = ""  # chat only; empty sends none

    def __post_init__(self) -> None:
        if not 0 < self.novelty_threshold <= 1:
            raise Refused("The novelty threshold is a ROUGE-L F1 between 0 and 1, such as 0.7.")
        if self.texts_per_batch < 1 or self.patience < 1:
            raise Refused("A batch has at least one text, and patience is at least 1.")
        if self.shots < 0 or self.longest_example < 1:
            raise Refused("Numbers of examples and their lengths are not negative.")

    @property
    def label(self) -> str:
        """What this way of doing it is called, on screen and in lineage."""
        return STYLE if self.endpoint is Endpoint.CHAT else OWN_MODELS

    def as_mapping(self) -> dict[str, Any]:
        """The settings as JSON can hold them, and the label for whoever reads them later."""
        return {**asdict(self), "label": self.label}


def preset(endpoint: Endpoint) -> ReinstructSettings:
    """The settings to begin with: few-shot questions for chat, the paper's layout and stop for completions."""
    if endpoint is Endpoint.CHAT:
        return ReinstructSettings()
    stopping = {name: replace(getattr(ReinstructSettings(), name), stop=STOP) for name in ("reverse", "rewrite")}
    return ReinstructSettings(endpoint=endpoint, shots=0, **stopping)


def from_mapping(stored: Mapping[str, Any]) -> ReinstructSettings:
    """The settings that `as_mapping` wrote; a name left out keeps its default, an unknown one is refused."""
    given = {name: value for name, value in stored.items() if name != "label"}
    asked = given.get("endpoint")
    begun = preset(Endpoint(asked).wording if asked in list(Endpoint) else Endpoint.CHAT)
    found: ReinstructSettings = _changed("", begun, given)
    return found


def _changed(name: str, default: Any, given: Any) -> Any:
    """The value in its setting's type. Raises Refused where it has another."""
    if isinstance(default, Sampling) and isinstance(given, Mapping):
        return changed_sampling(name.removesuffix("."), default, given)
    if is_dataclass(default) and isinstance(given, Mapping):
        known = {one.name for one in fields(default)}
        unknown = [inner for inner in given if inner not in known]
        if unknown:
            raise Refused(f'There is no setting "{name}{unknown[0]}"; there are {", ".join(sorted(known))}.')
        inner = {key: _changed(f"{name}{key}.", getattr(default, key), value) for key, value in given.items()}
        return replace(default, **inner)  # type: ignore[type-var]
    if isinstance(default, Endpoint) and given in list(Endpoint):
        return Endpoint(given).wording
    if isinstance(default, tuple) and isinstance(given, list | tuple) and all(isinstance(one, str) for one in given):
        return tuple(given)
    if isinstance(default, float) and isinstance(given, int) and not isinstance(given, bool):
        return float(given)
    if type(given) is type(default):
        return given
    raise Refused(f"The setting {name.removesuffix('.')} is {_kind(default)}; {given!r} is not.")


def _kind(default: Any) -> str:
    if isinstance(default, Endpoint):
        return f"one of {', '.join(Endpoint)}"
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "text", tuple: "a list of texts"}
    return kinds.get(type(default), "an object with settings of its own")
