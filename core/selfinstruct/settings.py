"""Every knob of a Self-Instruct run: one home, one default, one sentence. Stored whole with the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from core.llm.sampling import Sampling as Sampling
from core.llm.sampling import changed
from core.records import Endpoint, Refused
from core.selfinstruct import templates

UNFIT_WORDS = (
    *("image", "images", "graph", "graphs", "picture", "pictures", "file", "files", "map", "maps"),
    *("draw", "plot", "go to"),
)


@dataclass(frozen=True, slots=True)
class SelfInstructSettings:
    """A run's settings. The defaults are the preset `paper`: the released code's decisions, save its lower-casing."""

    preset: str = "paper"
    endpoint: Endpoint = Endpoint.COMPLETIONS
    seed: int = 42  # of every random draw
    prompts_per_batch: int = 5
    seeds_per_prompt: int = 6
    generated_per_prompt: int = 2
    classification_only: bool = False  # show classification seeds only, and ask for such tasks
    classification_shots: int = 12  # classification seeds in the question of step 2
    other_shots: int = 19
    instance_shots: int = 10  # seeds whose instances are shown in step 3
    novelty_threshold: float = 0.7  # dropped when ROUGE-L F1 is above it
    min_words: int = 4
    max_words: int = 150
    unfit_words: tuple[str, ...] = UNFIT_WORDS
    forbidden_openings: tuple[str, ...] = ("Write a program",)
    drop_punctuation_start: bool = True
    drop_non_ascii_start: bool = True
    max_instances: int = 5
    patience: int = 5  # batches without a new task before the run gives up
    approved_examples_only: bool = False  # machine-made examples only from tasks rated A or B
    rare_verb_examples: bool = False  # machine-made examples only from tasks whose root verb is in the rarer half
    instructions: Sampling = Sampling(0.7, 0.5, 0.0, 2.0, 1024, ("\n\n", "\n16", "16.", "16 ."))  # noqa: RUF009 (frozen)
    classification: Sampling = Sampling(0.0, 0.0, 0.0, 0.0, 3, ("\n", "Task"))  # noqa: RUF009 (frozen)
    instances: Sampling = Sampling(0.0, 0.0, 0.0, 1.5, 350, ("Example 6", "Task:"))  # noqa: RUF009 (frozen)
    instances_of_classification: Sampling = Sampling(0.0, 0.0, 0.0, 1.5, 300, ("Example 6", "Task:"))  # noqa: RUF009 (frozen)
    instructions_template: str = templates.INSTRUCTIONS
    classification_only_template: str = templates.CLASSIFICATION_INSTRUCTIONS
    classification_template: str = templates.IS_CLASSIFICATION
    input_first_template: str = templates.INPUT_FIRST
    output_first_template: str = templates.OUTPUT_FIRST
    system_message: str = ""  # chat only; empty sends none

    def __post_init__(self) -> None:
        for template, needed in templates.PLACEHOLDERS.items():
            missing = [name for name in needed if "{" + name + "}" not in getattr(self, template)]
            if missing:
                raise Refused(f"The prompt {template} must contain {{{missing[0]}}}; put it where that text belongs.")
        if not 0 < self.novelty_threshold <= 1:
            raise Refused("The novelty threshold is a ROUGE-L F1 between 0 and 1, such as 0.7.")
        if self.prompts_per_batch < 1 or self.seeds_per_prompt < 1 or self.generated_per_prompt < 0:
            raise Refused("A batch has at least one prompt, and a prompt shows at least one seed.")
        if self.patience < 1 or self.max_instances < 1:
            raise Refused("The settings patience and max_instances are at least 1.")
        if min(self.classification_shots, self.other_shots, self.instance_shots, self.min_words) < 0:
            raise Refused("Numbers of examples and of words are not negative.")

    def as_mapping(self) -> dict[str, Any]:
        """The settings as JSON can hold them."""
        return asdict(self)


CHAT = SelfInstructSettings(
    preset="chat",
    endpoint=Endpoint.CHAT,
    instructions=Sampling(1.0, 0.95, 0.0, 0.0, 1024, ()),
    classification=Sampling(0.0, 1.0, 0.0, 0.0, 8, ()),
    instances=Sampling(0.3, 1.0, 0.0, 0.0, 1024, ()),
    instances_of_classification=Sampling(0.3, 1.0, 0.0, 0.0, 1024, ()),
    instructions_template=templates.CHAT_INSTRUCTIONS,
    classification_only_template=templates.CHAT_CLASSIFICATION_INSTRUCTIONS,
    classification_template=templates.CHAT_IS_CLASSIFICATION,
    input_first_template=templates.CHAT_INPUT_FIRST,
    output_first_template=templates.CHAT_OUTPUT_FIRST,
    system_message=templates.CHAT_SYSTEM,
    drop_non_ascii_start=False,
)

PRESETS: Mapping[str, SelfInstructSettings] = {"paper": SelfInstructSettings(), "chat": CHAT}


def from_mapping(stored: Mapping[str, Any]) -> SelfInstructSettings:
    """The settings that `as_mapping` wrote; a name left out keeps its preset's value, an unknown one is refused."""
    preset = PRESETS.get(str(stored.get("preset", "paper")))
    if preset is None:
        raise Refused(f'There is no preset "{stored["preset"]}"; the presets are {", ".join(PRESETS)}.')
    known = {f.name: f for f in fields(SelfInstructSettings)}
    unknown = [name for name in stored if name not in known]
    if unknown:
        raise Refused(f'There is no setting "{unknown[0]}"; the settings are {", ".join(known)}.')
    return replace(preset, **{name: _value(name, value, getattr(preset, name)) for name, value in stored.items()})


def _value(name: str, value: Any, default: Any) -> Any:
    """The value in its setting's type. Raises Refused where it has another."""
    if isinstance(default, Sampling) and isinstance(value, Sampling | Mapping):
        return changed(name, default, value if isinstance(value, Mapping) else asdict(value))
    if isinstance(default, Endpoint) and value in list(Endpoint):
        return Endpoint(value).wording
    if isinstance(default, tuple) and isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return tuple(value)
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is type(default):
        return value
    raise Refused(f"The setting {name} is {_kind(default)}; {value!r} is not.")


def _kind(default: Any) -> str:
    if isinstance(default, Endpoint):
        return f"one of {', '.join(Endpoint)}"
    if isinstance(default, Sampling):
        return f"an object with some of {', '.join(default.__slots__)}"
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "text", tuple: "a list of texts"}
    return kinds[type(default)]


@dataclass(frozen=True, slots=True)
class Until:
    """When a run is done: so many tasks accepted by it, or so many batches; None means no such end."""

    tasks: int | None = None
    batches: int | None = None
