"""Table 1 of Self-Instruct for a pool, with the paper's own column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.database import Database
from core.pool import tasks
from core.words import count_words, has_unspaced


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
    between_spaces: tuple[float | None, float | None, float | None] | None = None
    """The same three means counted at white space alone, where some texts have none between their words."""

    def rows(self) -> tuple[tuple[str, int | float | None], ...]:
        """Each statistic's label and value."""
        rows = tuple((label, getattr(self, name)) for name, label in LABELS.items())
        return rows + tuple(zip(BETWEEN_SPACES, self.between_spaces or (), strict=False))


MEANS = ("mean_instruction", "mean_input", "mean_output")
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

BETWEEN_SPACES = tuple(
    f"{label.removesuffix(' (words)')} (between white space)" for name, label in LABELS.items() if name in MEANS
)
"""Labels of the means as the paper's program counts them, for texts without spaces between their words."""

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
    words = {name: WordMean() for name in MEANS}
    for text, is_classification in instructions:
        count += 1
        classification += is_classification
        words["mean_instruction"].add(text)
    rows = empty = 0
    for given, output in instances:
        rows += 1
        if given.strip():
            words["mean_input"].add(given)
        else:
            empty += 1
        words["mean_output"].add(output)
    return table1_from_counts(count, classification, rows, empty, *words.values())


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
    instruction: WordMean,
    given: WordMean,
    output: WordMean,
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
        mean_instruction=instruction.value,
        mean_input=given.value,
        mean_output=output.value,
        between_spaces=(
            (instruction.between_spaces, given.between_spaces, output.between_spaces)
            if any(mean.has_unspaced for mean in (instruction, given, output))
            else None
        ),
    )


class WordMean:
    """The mean number of words of texts: by a word breaker where no space stands between them, and at white space."""

    def __init__(self) -> None:
        self._words = self._between_spaces = self._count = 0
        self.has_unspaced = False

    def add(self, text: str) -> None:
        between = len(text.split())
        is_unspaced = has_unspaced(text)
        self.has_unspaced = self.has_unspaced or is_unspaced
        self._words += count_words(text) if is_unspaced else between
        self._between_spaces += between
        self._count += 1

    @property
    def value(self) -> float | None:
        return self._words / self._count if self._count else None

    @property
    def between_spaces(self) -> float | None:
        return self._between_spaces / self._count if self._count else None
