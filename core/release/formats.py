"""The formats: what one row becomes in each. Names are those of the page and the command line.

A package beside Winnow brings more by an entry point (`core/extensions.py`); its name there is the format's name here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

from core import extensions
from core.records import Refused
from core.release import answers, preferences
from core.release.answers import Record as Record
from core.release.row import ReleaseRow

OPENAI_LEAST_ROWS = 10


class Shape(StrEnum):
    """How records lie in a file; the value is the file's ending."""

    LINES = "jsonl"
    ARRAY = "json"
    CSV = "csv"
    PARQUET = "parquet"


class Needs(StrEnum):
    """What a row must have to be in a format; the value says it to a person."""

    NOTHING = ""
    PAIRS = (
        "a better and a worse answer to one task: an output that a person edited, the rejected answers of an import, "
        "or two rated answers"
    )
    JUDGEMENT = "a rating of the present text on which reviewers agree"
    JUDGED_ALONE = (
        "a rating of the present text on which reviewers agree, and no earlier turns: Axolotl's types for KTO take one "
        "question"
    )
    NO_TOOLS = "a conversation without a tool's answers"


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a row, and the rules of the trainer that reads it.

    `records(row, seed, copy)` returns the row's records, none where it has not what the format needs; `copy` counts the
    repetitions of an up-weighted seed from 0. `needs`: NOTHING where every admitted row has exactly one record.
    `takes_judged`: also what reviewers judged and the rule left behind for that. `keeps_context`, `keeps_thoughts`:
    system prompts and earlier turns, thoughts, have a place in it. `shuffled`: lines are put in the order of a seeded
    hash and duplicates are left out, as the paper's set was made.
    """

    name: str
    shape: Shape
    reader: str
    records: Callable[[ReleaseRow, int, int], Sequence[Record]]
    needs: Needs = Needs.NOTHING
    takes_judged: bool = False
    keeps_context: bool = True
    keeps_thoughts: bool = False
    shuffled: bool = False
    least_rows: int = 1

    def record(self, row: ReleaseRow, seed: int, copy: int) -> Record:
        """Return the first record of a row that has one."""
        return self.records(row, seed, copy)[0]


def one(record: Callable[[ReleaseRow, int, int], Record | None]) -> Callable[[ReleaseRow, int, int], Sequence[Record]]:
    """Return what gives a row's only record as a list; an empty one for a row that is left behind for a reason."""

    def records(row: ReleaseRow, seed: int, copy: int) -> Sequence[Record]:
        made = record(row, seed, copy) if row.admitted else None
        return () if made is None else (made,)

    return records


def chosen(names: Iterable[str]) -> tuple[Format, ...]:
    """Return the formats of these names in the registry's order; raises Refused for a name it does not have."""
    wanted, known = set(names), every()
    unknown = sorted(wanted - known.keys())
    if unknown:
        raise Refused(f"There is no format {unknown[0]!r}; choose from {', '.join(known)}.")
    if not wanted:
        raise Refused(f"No format is chosen; choose at least one of {', '.join(known)}.")
    return tuple(form for name, form in known.items() if name in wanted)


@cache
def every() -> Mapping[str, Format]:
    """All formats by name: the built-in ones, then those of installed packages in the order of their names.

    What a package brings that cannot be taken is told by `doctor`, and leaves the others alone.
    """
    found = extensions.load(extensions.FORMATS, Format, FORMATS).found
    return {**FORMATS, **{name: replace(found[name], name=name) for name in sorted(found)}}


def _built_in() -> Iterator[Format]:
    lines, json = Shape.LINES, "datasets"
    yield Format(answers.WHOLE, lines, json, one(answers.whole), keeps_thoughts=True)
    yield Format(
        "self-instruct", lines, json, one(answers.self_instruct), shuffled=True, keeps_context=False,
        keeps_thoughts=True,
    )  # fmt: skip
    yield Format("paper", lines, json, one(answers.paper), keeps_context=False, keeps_thoughts=True)
    yield Format("alpaca", Shape.ARRAY, json, one(answers.alpaca), keeps_context=False, keeps_thoughts=True)
    yield Format("openai-chat", lines, json, one(answers.openai_chat), Needs.NO_TOOLS, least_rows=OPENAI_LEAST_ROWS)
    yield Format("openai-completion", lines, json, one(answers.openai_completion), keeps_context=False)
    yield Format("openai-dpo", lines, json, preferences.openai_dpo, Needs.PAIRS, least_rows=OPENAI_LEAST_ROWS)
    yield Format("sharegpt", lines, json, one(answers.sharegpt), keeps_thoughts=True)
    yield Format("trl-messages", lines, json, one(answers.chat), keeps_thoughts=True)
    yield Format(
        "trl-prompt-completion", lines, json, one(answers.prompt_completion), keeps_context=False, keeps_thoughts=True
    )
    yield Format("trl-prompt", lines, json, one(answers.prompts))
    yield Format("trl-kto", lines, json, preferences.kto, Needs.JUDGEMENT, takes_judged=True)
    yield Format("trl-dpo", lines, json, preferences.dpo, Needs.PAIRS)
    yield Format("trl-reward", lines, json, preferences.reward, Needs.PAIRS)
    yield Format("llamafactory-ranking", lines, json, preferences.llamafactory_ranking, Needs.PAIRS)
    yield Format("llamafactory-kto", lines, json, preferences.llamafactory_kto, Needs.JUDGEMENT, takes_judged=True)
    yield Format("axolotl-kto", lines, json, preferences.axolotl_kto, Needs.JUDGED_ALONE, takes_judged=True)
    yield Format("score", lines, json, preferences.score, Needs.JUDGEMENT, takes_judged=True)
    yield Format("csv", Shape.CSV, "pandas", one(answers.cells), keeps_thoughts=True)
    yield Format("parquet", Shape.PARQUET, "pyarrow", one(answers.whole), keeps_thoughts=True)


FORMATS: Mapping[str, Format] = {form.name: form for form in _built_in()}
