"""Every knob of a REInstruct run: one home, one default, one sentence. Stored whole with the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any

from core import knobs
from core.gate.rules import THRESHOLD
from core.knobs import TOGETHER, Knob
from core.llm.body import ANSWERING
from core.llm.sampling import Sampling, asked_as
from core.records import Endpoint, Refused
from core.reinstruct.answers import STOP
from core.reinstruct.filters import FilterSettings
from core.reinstruct.prompts import ReinstructPrompts

STYLE = "REInstruct-style"  # a chat model is prompted where the paper trains its own (papers, section 2)
OWN_MODELS = "REInstruct, the paper's layout for trained models"


BATCHES, REQUESTS, FILTERS, PROMPTS = "Batches", "Requests", "Filters", "Prompts"  # the parts of the form


@dataclass(frozen=True, slots=True)
class ReinstructSettings:
    """A run's settings. The filters' thresholds are the released code's; sampling and wording are ours."""

    endpoint: Endpoint = Endpoint.CHAT
    seed: Annotated[int, Knob("random seed", "Of the draw of examples.", least=0, group=BATCHES)] = 42
    texts_per_batch: Annotated[int, Knob("texts a batch", least=1, most=TOGETHER, group=BATCHES)] = 8
    shots: Annotated[
        int, Knob("seeds shown with a text", "To a chat model.", least=0, most=TOGETHER, group=BATCHES)
    ] = 4
    longest_example: Annotated[int, Knob("most characters of an example's output", least=1, group=BATCHES)] = 1500
    novelty_gate: Annotated[
        bool,
        Knob(
            "drop instructions that are too close to the pool's",
            "The paper has no such gate, so `paper_exact` leaves it out. Without it the distance is measured all the "
            "same, and an evaluation set's sealed tasks are still kept out.",
            group=FILTERS,
        ),
    ] = True
    novelty_threshold: Annotated[
        float,
        Knob("novelty threshold (ROUGE-L)", "Dropped when F1 is above it.", above=0, most=1, step=0.05, group=FILTERS),
    ] = THRESHOLD
    patience: Annotated[int, Knob("batches without a new task before it stops", least=1, group=BATCHES)] = 5
    filters: Annotated[FilterSettings, Knob(group=FILTERS)] = field(default_factory=FilterSettings)
    reverse: Annotated[Sampling, Knob("reverse: the instruction", group=REQUESTS)] = field(
        default_factory=lambda: Sampling(top_p=1.0, max_tokens=256)
    )
    rewrite: Annotated[Sampling, Knob("rewrite: the answer", group=REQUESTS)] = field(
        default_factory=lambda: Sampling(top_p=1.0, max_tokens=1500)
    )
    prompts: Annotated[ReinstructPrompts, Knob(group=PROMPTS)] = field(default_factory=ReinstructPrompts)
    system_message: Annotated[str, Knob(help="Chat only; empty sends none.", lines=3, group=PROMPTS)] = ""

    def __post_init__(self) -> None:
        knobs.check(self)

    @property
    def label(self) -> str:
        """What this way of doing it is called, on screen and in lineage."""
        way = STYLE if self.endpoint is Endpoint.CHAT else OWN_MODELS
        return way if self.novelty_gate else f"{way}, without a novelty gate"

    def as_mapping(self) -> dict[str, Any]:
        """The settings as JSON can hold them, and the label for whoever reads them later."""
        return {**asdict(self), "label": self.label}


PRESETS = ("mended", "paper_exact")


def preset(endpoint: Endpoint, name: str = "mended") -> ReinstructSettings:
    """The settings to begin with: few-shot questions for chat, the paper's layout and stop for completions.

    `paper_exact` has no novelty gate, as the paper has none. `Refused` names the presets there are.
    """
    if name not in PRESETS:
        raise Refused(f"There is no preset “{name}” of REInstruct; choose one of {', '.join(PRESETS)}.")
    if name == "paper_exact":
        return replace(preset(endpoint), novelty_gate=False)
    if endpoint is Endpoint.CHAT:
        return ReinstructSettings()
    stopping = {name: replace(getattr(ReinstructSettings(), name), stop=STOP) for name in ("reverse", "rewrite")}
    return ReinstructSettings(endpoint=endpoint, shots=0, **stopping)


def from_mapping(stored: Mapping[str, Any]) -> ReinstructSettings:
    """The settings that `as_mapping` wrote; a name left out keeps its default, an unknown one is refused."""
    given = {name: value for name, value in asked_as(stored).items() if name != "label"}
    begun = preset(Endpoint(given["endpoint"]) if given.get("endpoint") in ANSWERING else Endpoint.CHAT)
    return knobs.changed(begun, given)
