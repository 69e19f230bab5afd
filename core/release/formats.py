"""The ten formats: what one row becomes in each. Names are those of the page and the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.records import Refused
from core.release.row import ReleaseRow
from core.release.spreadsheet import guarded
from core.release.templates import prompt_and_completion

Record = dict[str, Any]
OPENAI_LEAST_ROWS = 10


class Shape(StrEnum):
    """How records lie in a file; the value is the file's ending."""

    LINES = "jsonl"
    ARRAY = "json"
    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a row, and the rules of the trainer that reads it.

    `record(row, seed, copy)` returns the row's record; `copy` counts the repetitions of an up-weighted seed from 0.
    `for_training`: style suffixes and up-weighting apply; the other formats hold each row once, as it is.
    `shuffled`: lines are put in the order of a seeded hash and duplicates are left out, as the paper's set was made.
    """

    name: str
    shape: Shape
    reader: str
    record: Callable[[ReleaseRow, int, int], Record]
    for_training: bool = True
    shuffled: bool = False
    least_rows: int = 1


def chosen(names: Iterable[str]) -> tuple[Format, ...]:
    """Return the formats of these names in the registry's order; raises Refused for a name it does not have."""
    wanted = set(names)
    unknown = sorted(wanted - FORMATS.keys())
    if unknown:
        raise Refused(f"There is no format {unknown[0]!r}; choose from {', '.join(FORMATS)}.")
    if not wanted:
        raise Refused(f"No format is chosen; choose at least one of {', '.join(FORMATS)}.")
    return tuple(known for name, known in FORMATS.items() if name in wanted)


def asked(row: ReleaseRow) -> str:
    """Return what a person would type into a chat: the instruction and, a blank line below, the input."""
    return f"{row.instruction}\n\n{row.input}" if row.input else row.instruction


def _whole(row: ReleaseRow, seed: int, copy: int) -> Record:
    return {
        "id": row.id,
        "task": row.task,
        "instruction": row.instruction,
        "input": row.input,
        "output": row.output,
        "is_classification": row.is_classification,
        "origin": str(row.origin),
        "demo": row.demo,
        "verb": row.verb,
    }


def _self_instruct(row: ReleaseRow, seed: int, copy: int) -> Record:
    prompt, completion = prompt_and_completion(row.instruction, row.input, row.output, seed=seed, copy=copy)
    return {"prompt": prompt, "completion": completion}


def _alpaca(row: ReleaseRow, seed: int, copy: int) -> Record:
    return {"instruction": row.instruction, "input": row.input, "output": row.output}


def _messages(row: ReleaseRow, seed: int, copy: int) -> Record:
    return {"messages": [{"role": "user", "content": asked(row)}, {"role": "assistant", "content": row.output}]}


def _openai_completion(row: ReleaseRow, seed: int, copy: int) -> Record:
    prompt, completion = prompt_and_completion(
        row.instruction, row.input, row.output, seed=seed, copy=copy, clean=False
    )
    return {"prompt": prompt, "completion": completion}


def _sharegpt(row: ReleaseRow, seed: int, copy: int) -> Record:
    return {"conversations": [{"from": "human", "value": asked(row)}, {"from": "gpt", "value": row.output}]}


def _prompt_completion(row: ReleaseRow, seed: int, copy: int) -> Record:
    return {"prompt": f"{asked(row)}\n\n", "completion": row.output}


def _cells(row: ReleaseRow, seed: int, copy: int) -> Record:
    return {guarded(name): guarded(_cell(value)) for name, value in _whole(row, seed, copy).items()}


def _cell(value: str | bool | None) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else str(value).lower()


FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format("jsonl", Shape.LINES, "datasets", _whole, for_training=False),
        Format("self-instruct", Shape.LINES, "datasets", _self_instruct, shuffled=True),
        Format("alpaca", Shape.ARRAY, "datasets", _alpaca),
        Format("openai-chat", Shape.LINES, "datasets", _messages, least_rows=OPENAI_LEAST_ROWS),
        Format("openai-completion", Shape.LINES, "datasets", _openai_completion),
        Format("sharegpt", Shape.LINES, "datasets", _sharegpt),
        Format("trl-messages", Shape.LINES, "datasets", _messages),
        Format("trl-prompt-completion", Shape.LINES, "datasets", _prompt_completion),
        Format("csv", Shape.CSV, "pandas", _cells, for_training=False),
        Format("parquet", Shape.PARQUET, "pyarrow", _whole, for_training=False),
    )
}
