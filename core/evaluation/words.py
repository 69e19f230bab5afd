"""The words of evaluation as frozen records: sets, their tasks, models, responses, rounds and what was said in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any

from core.records import Grade


class SetLayout(StrEnum):
    """The schema that a set was read from."""

    USER_TASKS = "user-tasks"  # Self-Instruct's 252: id, motivation_app, instruction, instances
    SUPERNI = "superni"  # a SuperNI task: Definition, Instances with several outputs, Categories, Domains
    ALPACA_EVAL = "alpaca-eval"  # dataset, instruction, output
    ROWS = "rows"  # anything with an instruction a row


class RoundKind(StrEnum):
    """What a round asks of its raters."""

    GRADE = "grade"  # A to D for each response
    CHOOSE = "choose"  # the best of two to four, a tie, or all bad


class Choice(StrEnum):
    """What a rater says of two to four responses side by side: which is best, by its place, or that none is.

    With three the places are left, second and right; with four third lies between.
    """

    LEFT = "left"
    SECOND = "second"
    THIRD = "third"
    RIGHT = "right"
    TIE = "tie"
    BOTH_BAD = "both-bad"  # all, where there are more


def places(side: int) -> tuple[Choice, ...]:
    """Return the places of so many responses, from left to right."""
    return (Choice.LEFT, *(Choice.SECOND, Choice.THIRD)[: max(0, side - 2)], Choice.RIGHT)


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Sealed tasks. `counts`: of its file, such as rows, left out, bad."""

    id: int
    name: str
    layout: SetLayout
    counts: Mapping[str, Any]
    demo: bool
    created_at: float


@dataclass(frozen=True, slots=True)
class SealedText:
    """A task of a set: its instruction, and all of its text."""

    set_name: str
    position: int
    instruction: str
    whole: str


@dataclass(frozen=True, slots=True)
class EvaluationTask:
    """One task with its references. `cluster`: what instances of one task share; `category`: kind or application."""

    id: int
    set_id: int
    position: int
    external_id: str
    instruction: str
    input: str
    references: tuple[str, ...]
    cluster: str
    category: str
    domain: str


@dataclass(frozen=True, slots=True)
class NewSetTask:
    """A task about to be stored in a set."""

    instruction: str
    input: str = ""
    references: tuple[str, ...] = ()
    external_id: str = ""
    cluster: str = ""
    category: str = ""
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """A model, with what it learned from: a release of this database, or other data in words.

    `size`: training instances; `quality`: the line that it belongs to on a curve. None and "" where nobody said.
    """

    id: int
    name: str
    release_id: int | None = None
    release: str = ""
    data: str = ""
    size: int | None = None
    quality: str = ""
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """A model's answer to a task."""

    id: int
    task_id: int
    model: str
    text: str
    finish_reason: str = ""
    run_id: int | None = None

    @property
    def why_empty(self) -> str:
        """Why it holds no answer, "" where it holds one."""
        return why_empty(self.finish_reason, len(self.text.strip()))


@dataclass(frozen=True, slots=True)
class Round:
    """A blind round: `side` responses at once, each item wanted from `overlap` raters (None: from everybody)."""

    id: int
    set_id: int
    name: str
    kind: RoundKind
    side: int
    overlap: float | None
    seed: int
    imported: bool
    demo: bool
    items: int
    created_at: float
    closed_at: float | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What a rater says of an item: a grade for each response as shown (None: not yet), or a choice; note, flags."""

    grades: tuple[Grade | None, ...] = ()
    choice: Choice | None = None
    note: str = ""
    flags: tuple[str, ...] = ()

    def is_complete(self, kind: RoundKind, side: int) -> bool:
        """Whether nothing is left to say."""
        if kind is RoundKind.CHOOSE:
            return self.choice in (*places(side), Choice.TIE, Choice.BOTH_BAD)
        return len(self.grades) == side and all(self.grades)


@dataclass(frozen=True, slots=True)
class StillRating:
    """Instead of a result: the reader owes judgements in a blind round of this set."""

    set_name: str
    round_id: int
    round_name: str
    owed: int

    def __str__(self) -> str:
        items = "item" if self.owed == 1 else "items"
        return (
            f"You are rating {self.round_name} of {self.set_name} blind and have {self.owed:,} {items} to go; what "
            "models wrote and how they did is shown when you are done."
        )


@dataclass(frozen=True, slots=True)
class EvaluationImport:
    """What an import did. `unmatched`: rows whose text is in no task; `differs`: other than what is stored already."""

    set_name: str
    kind: str
    rows: int
    added: int = 0
    known: int = 0
    unmatched: int = 0
    differs: int = 0
    left_out: int = 0
    models: tuple[str, ...] = ()
    faults: tuple[tuple[int, str], ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return every count, and the bad rows with their lines."""
        return {
            "set": self.set_name,
            "as": self.kind,
            "rows": self.rows,
            "added": self.added,
            "known": self.known,
            "unmatched": self.unmatched,
            "differs": self.differs,
            "left_out": self.left_out,
            "models": list(self.models),
            "bad": [{"line": line, "reason": reason} for line, reason in self.faults],
        }


_WHY_EMPTY = {
    "refusal": "refused by the model",
    "content_filter": "withheld by the provider's filter",
    "thoughts": "thoughts alone, no answer",
    "length": "cut before an answer began",
}
NO_TEXT = "no text"


def why_empty(finish_reason: str, length: int) -> str:
    """Return why a response holds no answer, "" where it holds one: by what the model's reply said of its end.

    A refusal is no answer, whatever its words are.
    """
    if length and finish_reason not in ("refusal", "content_filter", "thoughts"):
        return ""
    return _WHY_EMPTY.get(finish_reason, NO_TEXT)


def reasons(why_empty: Mapping[str, int]) -> str:
    """Return how many responses hold no answer and why, in a few words; "0" where all hold one."""
    if not why_empty:
        return "0"
    total, parts = sum(why_empty.values()), [f"{n:,} {why}" for why, n in why_empty.items()]
    return f"{total:,} ({', '.join(parts)})"


def text_key(instruction: str, input: str = "") -> str:
    """Return a hash of instruction and input, white space folded: what rows of other files are joined by.

    Files that carry the input inside the instruction, as AlpacaEval's do, have the same key.
    """
    whole = " ".join(f"{instruction} {input}".split())
    return sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()
