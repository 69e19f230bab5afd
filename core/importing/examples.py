"""What a row means: the instruction and its instances that it holds, by the roles of its columns.

Nothing of a row is lost: a column that became nothing stays beside, and so does one that says more than was used.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, NamedTuple

from core.importing.reading import RowReading, filled, labelled
from core.importing.roles import Role, assign, known, leaf
from core.importing.shapes import shaped
from core.importing.talk import Unreadable as Unreadable
from core.importing.talk import is_talk
from core.pool.judgement import Judgement
from core.records import Beside

FORMATS = {  # what a file is called whose columns are plain: the first of which it has all
    "kto": {"prompt", "completion", "label"},
    "dpo": {"chosen", "rejected"},
    "flan": {"inputs", "targets"},
    "dolly": {"instruction", "context", "response"},
    "magpie": {"instruction", "response", "conversations"},
    "openai-chat": {"messages"},
    "sharegpt": {"conversations"},
    "self-instruct": {"instruction", "output"},
    "distilabel": {"instruction", "generation"},
    "prompt-completion": {"prompt", "completion"},
}


COLUMNS = 1000  # of a file that are told about one by one
LAYOUTS = 1000  # sets of columns that are remembered
_SPECIAL = frozenset(
    {"message_tree_id", "completions", "completion", "generations", "fields", "data", "raw_instances", "instances"}
    | {"_task_hash", "_input_hash"}
)
_OF_SEEDS = (Role.INSTRUCTION, Role.INSTANCES, Role.NAME, Role.CLASSIFICATION)


class ImportedInstance(NamedTuple):  # a dataclass takes four times as long to make
    """One instance of an imported row. `said`: what the row says of it, which becomes a rating of `imported`."""

    input: str
    output: str
    beside: Beside | None = None
    said: Judgement | None = None


class Example(NamedTuple):
    """One imported row: an instruction and its instances (none where the file has only instructions).

    `beside`: what came beside an instruction without an instance.
    """

    instruction: str
    instances: tuple[ImportedInstance, ...]
    is_classification: bool | None = None
    name: str | None = None
    beside: Beside | None = None

    @property
    def is_answered(self) -> bool:
        """Whether an output came with it."""
        return any(one.output.strip() for one in self.instances)

    @property
    def is_negative(self) -> bool:
        """Whether its file says that it is not good."""
        return any(one.said is not None and one.said.counts_as_valid is False for one in self.instances)


@dataclass(frozen=True, slots=True)
class _Plain:
    """Which columns of a plain row are what; `others` are kept beside."""

    instruction: str
    given: str | None
    output: str
    others: tuple[str, ...]


class RowReader:
    """Reads the rows of one file, and keeps what its columns became. `chosen`: roles that a person gave to columns."""

    def __init__(self, chosen: Mapping[str, Role] | None = None) -> None:
        self._chosen = dict(chosen or {})
        self._plans: dict[tuple[str, ...], dict[Role, str]] = {}
        self._roles: dict[str, Role] = {}
        self._kept: Counter[str] = Counter()
        self._plain: dict[tuple[str, ...], _Plain] = {}  # by the names of a row's columns
        self.format = ""

    @property
    def fields(self) -> dict[str, Role]:
        """What each column of the file became that became something."""
        return {column: role for column, role in self._roles.items() if role is not Role.BESIDE}

    @property
    def unused(self) -> dict[str, int]:
        """The columns that are kept beside the texts, with how many rows have something there."""
        return dict(self._kept)

    @property
    def columns(self) -> list[str]:
        """All columns that were seen, in order."""
        return list(self._roles)

    def read(self, row: Mapping[str, Any]) -> list[Example]:
        """The examples that a row holds: one, save where it is a tree. Raises Unreadable."""
        names = tuple(row)
        plain = self._plain.get(names)
        if plain is not None and (quick := self._quick(row, plain)) is not None:
            return [quick]
        found = shaped(row)
        if (
            found is not None
            and self._chosen.keys() <= {*row, *found.rows[0]}
            and self._chosen.keys() <= {*found.rows[0]}
        ):
            rows, became = list(found.rows), dict(found.fields)
        else:
            rows, became = [row], {}
        examples = []
        for one in rows:
            example, roles = self._example(one)
            examples.append(example)
            became = {**roles, **became}
        self.format = self.format or (found.format if found and became else _format_of(row))
        for column in dict.fromkeys((*row, *became)):
            if column in row or ("." in column and column in rows[0]):  # a column of the file, or within one of it
                role = became.get(column, Role.BESIDE)
                known_before = self._roles.get(column, Role.BESIDE)
                if known_before is Role.BESIDE and (column in self._roles or len(self._roles) < COLUMNS):
                    self._roles[column] = role
        if found is None and len(self._plain) < LAYOUTS:
            self._remember(names, became)
        return examples

    def _remember(self, names: tuple[str, ...], became: Mapping[str, Role]) -> None:
        """Note that rows of these columns are an instruction, perhaps an input, and an output, and nothing else."""
        roles = {role: column for column, role in became.items()}
        if {Role.INSTRUCTION, Role.OUTPUT} <= roles.keys() <= {Role.INSTRUCTION, Role.INPUT, Role.OUTPUT}:
            used = set(roles.values())
            if _SPECIAL.isdisjoint(names) and all(known(name) is Role.BESIDE for name in names if name not in used):
                self._plain[names] = _Plain(
                    roles[Role.INSTRUCTION],
                    roles.get(Role.INPUT),
                    roles[Role.OUTPUT],
                    tuple(name for name in names if name not in used),
                )

    def _quick(self, row: Mapping[str, Any], plain: _Plain) -> Example | None:
        """The example in a row of texts that need no reading, as most rows of large files are; else None."""
        instruction, output = row[plain.instruction], row[plain.output]
        given = row[plain.given] if plain.given is not None else ""
        if type(instruction) is not str or type(output) is not str or type(given) is not str:
            return None
        if not instruction.strip() or "</" in output or instruction[:2] == "\n\n" or output[:2] == "\n\n":
            return None
        extra = {}
        for name in plain.others:
            value = row[name]
            if value is not None and value != "" and value != [] and value != {}:
                extra[name] = _storable(value)
                self._kept[name] += 1
        return Example(instruction, (ImportedInstance(given, output, Beside(extra=extra) if extra else None),))

    def _plan(self, row: Mapping[str, Any]) -> dict[Role, str]:
        filled = tuple(
            name
            for name, value in row.items()
            # A number is no conversation: nectar counts its turns in a column of that name.
            if value is not None and not (isinstance(value, int | float) and known(name) is Role.CONVERSATION)
        )
        plan = self._plans.get(filled)
        if plan is None:
            plan = assign(filled, self._chosen)
            if Role.INSTRUCTION not in plan and Role.CONVERSATION not in plan and Role.OUTPUT not in plan:
                spoken = next((name for name in filled if self._is_spoken(name, row[name])), None)
                plan |= {Role.CONVERSATION: spoken} if spoken else {}
            if len(self._plans) < LAYOUTS:
                self._plans[filled] = plan
        return plan

    def _is_spoken(self, name: str, value: Any) -> bool:
        """Whether a column of no known name holds turns all the same."""
        return known(name) is Role.BESIDE and name not in self._chosen and isinstance(value, list) and is_talk(value)

    def _example(self, row: Mapping[str, Any]) -> tuple[Example, dict[str, Role]]:
        """The example in a plain row, and what its columns became."""
        plan = self._plan(row)
        if Role.INSTANCES in plan and Role.INSTRUCTION in plan:
            return self._with_instances(row, plan), {column: role for role, column in plan.items() if role in _OF_SEEDS}
        reading = RowReading(row, plan, self._chosen)
        reading.read()
        extra = self._extra(row, reading.used)
        its = Beside(reading.system, reading.turns, reading.thoughts, reading.rejected, extra)
        is_classification = labelled(row.get(plan.get(Role.CLASSIFICATION, "")))
        name = row.get(plan.get(Role.NAME, ""))
        about = (is_classification, name if isinstance(name, str) and name else None)
        is_bare = not (reading.given.strip() or its.has_context or reading.said or reading.thoughts)
        if reading.output is None and is_bare:
            return Example(reading.instruction, (), *about, its or None), reading.became
        shown = ImportedInstance(reading.given, reading.output or "", its or None, reading.said)
        return Example(reading.instruction, (shown,), *about), reading.became

    def _with_instances(self, row: Mapping[str, Any], plan: Mapping[Role, str]) -> Example:
        instruction = filled(row, plan[Role.INSTRUCTION])
        listed = row[plan[Role.INSTANCES]]
        if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
            raise Unreadable("the field instances is not a list with at least one {input, output}")
        is_classification = labelled(row.get(plan.get(Role.CLASSIFICATION, "")))
        is_read = is_classification is not None
        used = {
            column for role, column in plan.items() if role in _OF_SEEDS and (is_read or role != Role.CLASSIFICATION)
        }
        shared = self._extra(row, used if row.get("name") else used | {"id"})
        shown = []
        for one in listed:
            given = (one.get("input") or "") if isinstance(one, Mapping) else None
            answer = one.get("output") if isinstance(one, Mapping) else None
            if not isinstance(given, str) or not isinstance(answer, str):
                raise Unreadable("an instance has no output, or its input or output is not text")
            own = {name: _storable(value) for name, value in one.items() if name not in ("input", "output")}
            its = Beside(extra={**shared, **{name: value for name, value in own.items() if value not in (None, "")}})
            shown.append(ImportedInstance(given, answer, its or None))
        name = row.get("name") or row.get("id")
        return Example(instruction, tuple(shown), is_classification, str(name) if name else None)

    def _extra(self, row: Mapping[str, Any], used: set[str]) -> dict[str, Any]:
        extra = {}
        for column, value in row.items():
            if column not in used and value is not None and value != "" and value != [] and value != {}:
                extra[str(column)] = _storable(value)
                if str(column) in self._kept or len(self._kept) < COLUMNS:
                    self._kept[str(column)] += 1
        return extra


def _storable(value: Any) -> Any:
    """A value as JSON has it: tables know moments, bytes and exact numbers too."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): _storable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(inner) for inner in value]
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    return str(value)


def _format_of(row: Mapping[str, Any]) -> str:
    names = {leaf(name) for name, value in row.items() if value is not None}
    if "instances" in names:
        return "seeds"
    for name, needed in FORMATS.items():
        if needed <= names:
            return name
    roles = {known(name) for name in names}
    return "self-instruct-instructions" if Role.OUTPUT not in roles and "instruction" in names else "columns"
