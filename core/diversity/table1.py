"""Table 1 of Self-Instruct for a pool, with the paper's own column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.database import Database
from core.diversity.lengths import length
from core.pool import tasks


@dataclass(frozen=True, slots=True)
class Table1:
    """The statistics of a pool of tasks, in the paper's order. Means are in words; None where there are no texts."""

    instructions: int
    classification: int
    non_classification: int
    instances: int
    empty_input: int
    mean_instruction: float | None
    mean_input: float | None
    mean_output: float | None

    def rows(self) -> tuple[tuple[str, int | float | None], ...]:
        """Each statistic's label and value."""
        return tuple((label, getattr(self, name)) for name, label in LABELS.items())


LABELS = {
    "instructions": "instructions",
    "classification": "classification instructions",
    "non_classification": "non-classification instructions",
    "instances": "instances",
    "empty_input": "instances with empty input",
    "mean_instruction": "mean instruction length (words)",
    "mean_input": "mean non-empty input length (words)",
    "mean_output": "mean output length (words)",
}

PAPER = Table1(
    instructions=52_445,
    classification=11_584,
    non_classification=40_861,
    instances=82_439,
    empty_input=35_878,
    mean_instruction=15.9,
    mean_input=12.7,
    mean_output=18.9,
)


def table1(
    instructions: Iterable[tuple[str, bool]],
    instances: Iterable[tuple[str, str]],
) -> Table1:
    """The table of (instruction, is classification) pairs and (input, output) pairs; both may be streams."""
    count = classification = 0
    instruction_words = _Mean()
    for text, is_classification in instructions:
        count += 1
        classification += is_classification
        instruction_words.add(length(text))
    rows = empty = 0
    input_words, output_words = _Mean(), _Mean()
    for given, output in instances:
        rows += 1
        if given.strip():
            input_words.add(length(given))
        else:
            empty += 1
        output_words.add(length(output))
    return table1_from_counts(
        count, classification, rows, empty, instruction_words.value, input_words.value, output_words.value
    )


def of_pool(database: Database, pool_id: int) -> Table1:
    """The table of a pool's accepted tasks."""
    with database.read() as c:
        texts = ((text, bool(labelled)) for text, labelled in tasks.accepted_texts(c, pool_id))
        return table1(texts, tasks.accepted_pairs(c, pool_id))


def table1_from_counts(
    instructions: int,
    classification: int,
    instances: int,
    empty_input: int,
    mean_instruction: float | None,
    mean_input: float | None,
    mean_output: float | None,
) -> Table1:
    """The table from counts that a database has made. Raises ValueError for more parts than wholes."""
    if classification > instructions or empty_input > instances:
        raise ValueError("no more tasks can be classification than there are, and no more inputs empty than instances")
    return Table1(
        instructions=instructions,
        classification=classification,
        non_classification=instructions - classification,
        instances=instances,
        empty_input=empty_input,
        mean_instruction=mean_instruction,
        mean_input=mean_input,
        mean_output=mean_output,
    )


class _Mean:
    def __init__(self) -> None:
        self._sum = 0
        self._count = 0

    def add(self, number: int) -> None:
        self._sum += number
        self._count += 1

    @property
    def value(self) -> float | None:
        return self._sum / self._count if self._count else None
