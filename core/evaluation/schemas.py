"""The files that evaluation reads, as rows of ours: sets, responses, annotations and grades, whatever their schema.

Nothing is guessed silently: a row that cannot be used is a fault with its line, and what a file holds beyond what is
taken is counted.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core import foreign
from core.bounded_file import plain, whole
from core.evaluation.words import NewSetTask, SetLayout
from core.importing.files import kind_of, rows_of_file
from core.moments import seconds_of
from core.records import Fault, Grade, Refused

MOST_OF_SUPERNI = 64 << 20  # bytes of one task, which is read whole as JSON
INSTANCES_A_TASK = 100  # SuperNI's evaluation takes as many
_INSTRUCTION = ("instruction", "prompt", "question", "query")
_INPUT = ("input", "context")
_REFERENCES = ("references", "reference", "output", "outputs", "target", "targets", "answer", "answers", "response")
_RESPONSE = ("response", "prediction", "completion", "output", "answer", "text")
_MODEL = ("model", "generator")

SetRow = Mapping[str, Any]


@dataclass(slots=True)
class SetFile:
    """A set as read: its layout, its tasks in order, how many rows and instances were seen, and what was wrong."""

    layout: SetLayout
    tasks: list[NewSetTask] = field(default_factory=list)
    rows: int = 0
    left_out: int = 0  # instances beyond those drawn of a task
    faults: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """A row of a file of responses; what it does not say is empty, `model` None."""

    line: int
    model: str | None
    external_id: str
    instruction: str
    input: str
    text: str


@dataclass(frozen=True, slots=True)
class AnnotationRow:
    """A row of AlpacaEval's annotations: two outputs and which was preferred (None: no verdict)."""

    line: int
    annotator: str
    instruction: str
    baseline: str
    baseline_text: str
    model: str
    model_text: str
    preference: float | None


@dataclass(frozen=True, slots=True)
class GradeRow:
    """A row of grades given elsewhere. `at`: seconds since 1970, None where the file does not say."""

    line: int
    reviewer: str
    model: str
    external_id: str
    instruction: str
    input: str
    grade: Grade
    note: str
    at: float | None


def read_set(path: Path, instances: int | None = INSTANCES_A_TASK, seed: int = 0) -> SetFile:
    """Return a set from a file, or from a folder of SuperNI task files.

    Of a SuperNI task `instances` are drawn by `seed`, in the file's order; None takes all. Raises Refused where nothing
    in it is a task.
    """
    read: SetFile | None = None
    for line, row in _set_rows(path):
        if isinstance(row, Fault):
            read = read or SetFile(SetLayout.ROWS)
            read.faults.append((row.line, row.reason))
            continue
        layout = _layout(row)
        if read is None or (not read.tasks and read.layout is not layout):
            read = SetFile(layout, faults=read.faults if read else [])
        read.rows += 1
        try:
            if layout is SetLayout.SUPERNI:
                _take_superni(read, str(row["\0name"]), row, instances, seed)
            else:
                read.tasks += _tasks(row, layout, line)
        except ValueError as error:
            read.faults.append((line, foreign.told(error)))
    if read is None or not read.tasks:
        why = f" ({read.faults[0][1]} on line {read.faults[0][0]})" if read and read.faults else ""
        raise Refused(
            f"{path.name} holds no evaluation task{why}; a set has a row with an instruction for each task, such as "
            "id, instruction, input and output, or SuperNI's task files."
        )
    return read


def read_responses(path: Path) -> Iterator[ResponseRow | Fault]:
    """Yield a file's responses: rows of a model's predictions, AlpacaEval outputs, or {model, id, response}."""
    for line, row in _plain_rows(path):
        if isinstance(row, Fault):
            yield row
            continue
        text = _first(row, _RESPONSE)
        if text is None:
            yield Fault(line, "no response: name its column response, output or prediction")
            continue
        instruction = _text(row.get("instruction"))
        external = _text(row.get("id"))
        if not instruction and not external:
            instruction = _text(_first(row, ("prompt", "question")))
        if not instruction and not external:
            yield Fault(line, "no instruction and no id, so it belongs to no task")
            continue
        model = _first(row, _MODEL)
        yield ResponseRow(line, _text(model) or None, external, instruction, _text(row.get("input")), _text(text))


def read_annotations(path: Path) -> Iterator[AnnotationRow | Fault]:
    """Yield a file's judgements of two outputs, in AlpacaEval's schema."""
    for line, row in _plain_rows(path):
        if isinstance(row, Fault):
            yield row
            continue
        missing = [
            n for n in ("instruction", "output_1", "generator_1", "output_2", "generator_2") if row.get(n) is None
        ]
        if missing:
            yield Fault(line, f"no {missing[0]}; annotations have AlpacaEval's columns")
            continue
        try:
            preference = _preference(row.get("preference"))
        except ValueError as error:
            yield Fault(line, foreign.told(error))
            continue
        annotator = _text(row.get("annotator")) or "imported"
        names = ("instruction", "generator_1", "output_1", "generator_2", "output_2")
        told = [_text(row[name]) for name in names]
        yield AnnotationRow(line, annotator, told[0], told[1], told[2], told[3], told[4], preference)


def read_grades(path: Path) -> Iterator[GradeRow | Fault]:
    """Yield a file's grades: {reviewer, model, id or instruction, grade}."""
    for line, row in _plain_rows(path):
        if isinstance(row, Fault):
            yield row
            continue
        missing = [name for name in ("reviewer", "model", "grade") if not _text(row.get(name))]
        if missing:
            yield Fault(line, f"no {missing[0]}")
            continue
        given = _text(row["grade"]).strip().upper()
        if given not in Grade.__members__:
            yield Fault(line, f"the grade {given[:20]!r} is not A, B, C or D")
            continue
        external, instruction = _text(row.get("id")), _text(row.get("instruction"))
        if not external and not instruction:
            yield Fault(line, "no instruction and no id, so it belongs to no task")
            continue
        try:
            at = None if row.get("at") in (None, "") else seconds_of(row["at"])
        except ValueError:
            yield Fault(line, "at is no time; give ISO 8601 or seconds since 1970")
            continue
        yield GradeRow(
            line,
            _text(row["reviewer"]),
            _text(row["model"]),
            external,
            instruction,
            _text(row.get("input")),
            Grade[given],
            _text(row.get("note")),
            at,
        )


def _set_rows(path: Path) -> Iterator[tuple[int, SetRow | Fault]]:
    if path.is_dir():
        files = sorted(path.glob("*.json"))
        if not files:
            raise Refused(f"The folder {path.name} holds no .json file; SuperNI's tasks are one file each.")
        for file in files:
            whole = _one_object(file)
            if whole is None or "Instances" not in whole:
                yield 0, Fault(0, f"{file.name} is no SuperNI task")
            else:
                yield 1, {**whole, "\0name": file.stem}
        return
    whole = _one_object(path) if path.is_file() and kind_of(path) == "jsonl" else None
    if whole is not None and "Instances" in whole:
        yield 1, {**whole, "\0name": path.stem}
        return
    for line, row in _plain_rows(path):
        if isinstance(row, Fault):
            yield line, row
        else:
            yield line, {**row, "\0name": _text(row.get("name")) or f"task {line}"} if "Instances" in row else row


def _plain_rows(path: Path) -> Iterator[tuple[int, SetRow | Fault]]:
    for row in rows_of_file(path):
        if isinstance(row, Fault):
            yield row.line, row
        else:
            yield row


def _one_object(path: Path) -> dict[str, Any] | None:
    """A file that is one JSON object over many lines, as SuperNI's are; None where it is anything else."""
    try:
        with plain(path) as file:
            head = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
            if not head.startswith(b"{") or b"\n" not in head:
                return None
        found = json.loads(whole(path, MOST_OF_SUPERNI, "a SuperNI task").decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _layout(row: SetRow) -> SetLayout:
    if "Instances" in row and "Definition" in row:
        return SetLayout.SUPERNI
    if isinstance(row.get("instances"), list):
        return SetLayout.USER_TASKS
    return SetLayout.ALPACA_EVAL if "generator" in row and "output" in row else SetLayout.ROWS


def _take_superni(read: SetFile, name: str, row: SetRow, most: int | None, seed: int) -> None:
    definition = row["Definition"]
    instruction = _text(definition[0] if isinstance(definition, list) and definition else definition)
    found = row["Instances"]
    if not instruction or not isinstance(found, list) or not found:
        raise ValueError("a SuperNI task without a definition or without instances")
    drawn = range(len(found))
    kept: Sequence[int] = drawn
    if most is not None and len(found) > most:
        kept = sorted(random.Random(f"{seed}/{name}").sample(drawn, most))
        read.left_out += len(found) - most
    for at in kept:
        one = found[at]
        if not isinstance(one, Mapping):
            read.faults.append((at + 1, f"instance {at + 1} of {name} is no object"))
            continue
        read.tasks.append(
            NewSetTask(
                instruction,
                _text(one.get("input")),
                _several(one.get("output")),
                _text(one.get("id")) or f"{name}-{at}",
                name,
                "; ".join(_several(row.get("Categories"))),
                "; ".join(_several(row.get("Domains"))),
            )
        )


def _tasks(row: SetRow, layout: SetLayout, line: int) -> list[NewSetTask]:
    instruction = _text(_first(row, _INSTRUCTION))
    if not instruction.strip():
        raise ValueError("no instruction")
    external = _text(row.get("id"))
    category = _text(_first(row, ("motivation_app", "category", "dataset")))
    if layout is SetLayout.USER_TASKS:
        found = []
        for one in row["instances"]:
            if not isinstance(one, Mapping):
                raise ValueError("an instance that is no object")
            found.append(
                _made(row, instruction, one.get("input"), _several(one.get("output")), external, category, line)
            )
        if not found:
            raise ValueError("no instance")
        return found
    return [_made(row, instruction, _first(row, _INPUT), _several(_first(row, _REFERENCES)), external, category, line)]


def _made(
    row: SetRow, instruction: str, given: Any, references: tuple[str, ...], external: str, category: str, line: int
) -> NewSetTask:
    cluster = _text(_first(row, ("task", "task_name"))) or external or str(line)
    return NewSetTask(instruction, _text(given), references, external, cluster, category, _text(row.get("domain")))


def _preference(given: Any) -> float | None:
    """A number from 1 to 2, 0 or 1.5 for a draw; None where the annotator gave no verdict."""
    if given is None or given == "" or given != given:
        return None
    try:
        value = float(given)
    except (TypeError, ValueError):
        raise ValueError(f"the preference {str(given)[:20]!r} is no number") from None
    if value == 0 or 1 <= value <= 2:
        return value
    if value != value:
        return None
    raise ValueError(f"the preference {value:g} is neither 0 nor between 1 and 2")


def _first(row: SetRow, names: Sequence[str]) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _several(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    if isinstance(given, list | tuple):
        return tuple(_text(each) for each in given if each is not None)
    return (_text(given),) if given != "" else ()


def _text(given: Any) -> str:
    if given is None:
        return ""
    return given if isinstance(given, str) else str(given)
