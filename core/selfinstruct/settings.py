"""Every knob of a Self-Instruct run: one home, one default, one sentence. Stored whole with the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from core import knobs
from core.gate.rules import THRESHOLD
from core.knobs import TOGETHER, Knob
from core.llm.sampling import Sampling as Sampling
from core.llm.sampling import asked_as
from core.records import Endpoint, Origin, Refused
from core.selfinstruct import templates

METHOD = "self-instruct"

UNFIT_WORDS = (
    *("image", "images", "graph", "graphs", "picture", "pictures", "file", "files", "map", "maps"),
    *("draw", "plot", "go to"),
)
MACHINE_MADE = (Origin.SELF_INSTRUCT.value, Origin.REINSTRUCT.value, Origin.IMPORT.value)
DRAWS, FILTERS, REQUESTS, PROMPTS = "Draws", "Filters", "Requests", "Prompts"  # the parts of the form


def _prompt(*places: str) -> Knob:
    return Knob(places=places, lines=8, group=PROMPTS)


@dataclass(frozen=True, slots=True)
class SelfInstructSettings:
    """A run's settings. The defaults are the preset `paper`: the released code's decisions, save its lower-casing."""

    preset: str = "paper"
    endpoint: Endpoint = Endpoint.COMPLETIONS
    seed: Annotated[int, Knob("random seed", "Of every random draw.", least=0, group=DRAWS)] = 42
    prompts_per_batch: Annotated[int, Knob("prompts a batch", least=1, most=TOGETHER, group=DRAWS)] = 5
    seeds_per_prompt: Annotated[int, Knob("seeds a prompt shows", least=1, most=TOGETHER, group=DRAWS)] = 6
    generated_per_prompt: Annotated[
        int, Knob("machine-made tasks a prompt shows", least=0, most=TOGETHER, group=DRAWS)
    ] = 2
    classification_only: Annotated[
        bool,
        Knob(
            "ask for classification tasks",
            "Shows classification seeds only, under an opening line of their own. Step 2 is asked all the same, as in "
            "the released program: a task that it says no to gets its instances input first.",
            group=DRAWS,
        ),
    ] = False
    classification_shots: Annotated[
        int, Knob("classification seeds in the question of step 2", least=0, most=TOGETHER, group=DRAWS)
    ] = 12
    other_shots: Annotated[int, Knob("other seeds in that question", least=0, most=TOGETHER, group=DRAWS)] = 19
    instance_shots: Annotated[
        int, Knob("seeds with instances shown in step 3", least=0, most=TOGETHER, group=DRAWS)
    ] = 10
    novelty_threshold: Annotated[
        float,
        Knob(
            "novelty threshold (ROUGE-L)",
            "Dropped when F1 is above it; exactly at it is kept.",
            above=0,
            most=1,
            step=0.05,
            group=FILTERS,
        ),
    ] = THRESHOLD
    strict_floats: Annotated[
        bool,
        Knob(
            "round at the threshold as the released program does",
            "It multiplies precision and recall in floating point, which puts 98 of the 175 shapes of up to 140 tokens "
            "whose F1 is exactly 0.7 above 0.7 and drops them. The what-if and the replay compare exactly in any case.",
            group=FILTERS,
        ),
    ] = False
    min_words: Annotated[int, Knob("fewest words of an instruction", least=0, group=FILTERS)] = 4
    max_words: Annotated[int, Knob("most words of an instruction", least=0, group=FILTERS)] = 150
    unfit_words: Annotated[tuple[str, ...], Knob("unfit words", group=FILTERS)] = UNFIT_WORDS
    forbidden_openings: Annotated[tuple[str, ...], Knob("openings that are not wanted", group=FILTERS)] = (
        "Write a program",
    )
    drop_punctuation_start: Annotated[bool, Knob("drop what begins with punctuation", group=FILTERS)] = True
    drop_non_ascii_start: Annotated[bool, Knob("drop what begins with a non-ASCII character", group=FILTERS)] = True
    max_instances: Annotated[
        int, Knob("most instances a task", "Of more, so many are drawn at random.", least=1, group=FILTERS)
    ] = 5
    patience: Annotated[int, Knob("batches without a new task before it stops", least=1, group=DRAWS)] = 5
    example_origins: Annotated[
        tuple[str, ...],
        Knob(
            "machine-made examples may come from",
            "Of self-instruct, reinstruct and import. What was imported counts as machine-made, whoever wrote it.",
            group=DRAWS,
        ),
    ] = MACHINE_MADE
    approved_examples_only: Annotated[
        bool, Knob("draw machine-made examples only from tasks rated A or B", group=DRAWS)
    ] = False
    rare_verb_examples: Annotated[
        bool, Knob("draw machine-made examples only from tasks with rarer verbs", group=DRAWS)
    ] = False
    instructions: Annotated[Sampling, Knob("step 1: instructions", group=REQUESTS)] = Sampling(
        0.7, 0.5, 0.0, 2.0, 1024, ("\n\n", "\n16", "16.", "16 .")
    )
    classification: Annotated[Sampling, Knob("step 2: classification or not", group=REQUESTS)] = Sampling(
        0.0, 0.0, 0.0, 0.0, 3, ("\n", "Task")
    )
    # The released program sends batches of five, with 300 tokens where any of the five is a classification task; here
    # each task has its own request, 300 tokens where it is one and 350 where it is not.
    instances: Annotated[
        Sampling, Knob("step 3: instances", "Max tokens as released, by the task itself.", group=REQUESTS)
    ] = Sampling(0.0, 0.0, 0.0, 1.5, 350, ("Example 6", "Task:"))
    instances_of_classification: Annotated[
        Sampling,
        Knob(
            "step 3: instances of classification tasks",
            "The released program sends these 300 tokens with a whole batch of five that has one such task.",
            group=REQUESTS,
        ),
    ] = Sampling(0.0, 0.0, 0.0, 1.5, 300, ("Example 6", "Task:"))
    instructions_template: Annotated[str, _prompt("examples", "next")] = templates.INSTRUCTIONS
    classification_only_template: Annotated[str, _prompt("examples", "next")] = templates.CLASSIFICATION_INSTRUCTIONS
    classification_template: Annotated[str, _prompt("instruction")] = templates.IS_CLASSIFICATION
    input_first_template: Annotated[str, _prompt("instruction")] = templates.INPUT_FIRST
    output_first_template: Annotated[str, _prompt("instruction")] = templates.OUTPUT_FIRST
    system_message: Annotated[str, Knob(help="Chat only; empty sends none.", lines=3, group=PROMPTS)] = ""

    def __post_init__(self) -> None:
        knobs.check(self)
        unknown = [origin for origin in self.example_origins if origin not in MACHINE_MADE]
        if unknown:
            raise Refused(f'Machine-made examples come from {", ".join(MACHINE_MADE)}; "{unknown[0]}" is none of them.')

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

# The released templates bring their examples with them; without the files there is nothing to ask with.
PAPER_PROMPTS = SelfInstructSettings(preset="paper_prompts", classification_shots=0, other_shots=0, instance_shots=0)

PRESETS: Mapping[str, SelfInstructSettings] = {
    "paper": SelfInstructSettings(),
    "chat": CHAT,
    "paper_prompts": PAPER_PROMPTS,
}


def from_mapping(stored: Mapping[str, Any]) -> SelfInstructSettings:
    """The settings that `as_mapping` wrote; a name left out keeps its preset's value, an unknown one is refused."""
    preset = PRESETS.get(str(stored.get("preset", "paper")))
    if preset is None:
        raise Refused(f'There is no preset "{stored["preset"]}"; the presets are {", ".join(PRESETS)}.')
    if preset is PAPER_PROMPTS and "input_first_template" not in stored:
        raise Refused(
            "The preset paper_prompts reads the released program's files, which are not Winnow's to ship: name their "
            "folder (--templates), or hand them over on the page Generate."
        )
    return knobs.changed(preset, asked_as(stored))
