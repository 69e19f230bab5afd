"""A look at a file before it is imported: what each column would become, the first rows as they would be stored."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.database import Database
from core.gate.admission import word_counter
from core.gate.many import ArrivingTexts
from core.gate.rules import THRESHOLD, TOO_CLOSE
from core.gate.sight import fitting_tokeniser, script_of
from core.importing.examples import Example, RowReader, Unreadable
from core.importing.files import KINDS, kind_of
from core.importing.importer import let_in, must_be_there, rules_for
from core.importing.incoming import RowIdentity, identity
from core.importing.report import ImportReport
from core.importing.roles import Role
from core.importing.rows import imports
from core.importing.trees import rows_of_trees
from core.novelty import Tokeniser, unseen_share
from core.pool.sealed import Seals
from core.pool.tasks import instruction_hash
from core.records import Fault, Pool, Refused
from core.selfinstruct.filters import unfit_instruction

FIRST = 5  # rows that are shown as they would be stored
SECONDS = 5.0  # that a look may take in reading
MEASURED = 5_000  # rows up to which the gate is asked as well
FOUND_AGAIN = 20_000  # rows up to which it is looked which of them the pool has
SHOWN = 200  # characters of an example


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file: what it would become, the first value in it, and in how many of the rows it has one."""

    name: str
    role: Role
    example: str
    filled: int


@dataclass(frozen=True, slots=True)
class FileLook:
    """What is in a file. `is_all`: whether the look came to its end, so that `rows` are all of them.

    `first`: the first rows as they would be stored. `unseen`: the share of letters that the paper's tokeniser cannot
    see, `script` what most of those are; `fitting`: the tokeniser that sees them. `known`: rows that the pool has
    already, each with all that it holds; `asked_again`: those of them that an earlier import dropped. `drops`: what
    the rules and the gate of the pool would drop of the instructions that it has not got, by rule. `known` and `drops`
    are None where they were not measured.
    """

    kind: str
    format: str
    rows: int
    is_all: bool
    columns: tuple[Column, ...]
    first: tuple[Example, ...]
    without_output: int
    negative: int
    bad: int
    faults: tuple[Fault, ...]
    unseen: float
    script: str
    fitting: Tokeniser
    known: int | None
    asked_again: int
    drops: Mapping[str, int] | None

    @property
    def fields(self) -> dict[str, Role]:
        """What each column that became something became."""
        return {one.name: one.role for one in self.columns if one.role is not Role.BESIDE}

    @property
    def unused(self) -> list[str]:
        """The columns that would be kept beside the texts."""
        return [one.name for one in self.columns if one.role is Role.BESIDE and one.filled]

    @property
    def kind_name(self) -> str:
        return KINDS[self.kind]

    def as_mapping(self) -> dict[str, Any]:
        """The look as the command line prints it."""
        return {
            "file": self.kind,
            "format": self.format,
            "rows": self.rows,
            "rows_are_all": self.is_all,
            "fields": {name: role.value for name, role in self.fields.items()},
            "unused": self.unused,
            "columns": [
                {"name": one.name, "becomes": one.role.value, "example": one.example, "filled": one.filled}
                for one in self.columns
            ],
            "first": [as_stored(one) for one in self.first],
            "without_output": self.without_output,
            "negative": self.negative,
            "bad_rows": self.bad,
            "report": [{"line": fault.line, "reason": fault.reason} for fault in self.faults],
            "tokeniser": self.fitting.value,
            "unseen_letters": round(self.unseen, 4),
            "script": self.script,
            "already_there": self.known,
            "dropped_before": self.asked_again,
            "drops": None if self.drops is None else dict(self.drops),
        }


def look(
    path: Path,
    mapped: Mapping[str, Role] | None = None,
    database: Database | None = None,
    pool: Pool | None = None,
    threshold: float = THRESHOLD,
    tokeniser: Tokeniser | None = None,
) -> FileLook:
    """What a file holds and what it would become, without storing anything; at most some seconds of reading.

    With a pool also what it has already and what its rules and its gate would drop, where the file is small: with this
    `tokeniser` where one is named, as if the pool had it already. Refused where the file cannot be read, where no row
    can be used, and for a mapping of a column that there is not.
    """
    if pool is not None and tokeniser is not None:
        pool = replace(pool, settings={**pool.settings, "tokeniser": tokeniser.value})
    report, reader = ImportReport(kind_of(path)), RowReader(must_be_there(path, mapped))
    seen: dict[str, tuple[str, int]] = {}
    first: list[Example] = []
    texts: dict[str, None] = {}
    identities: list[RowIdentity] = []
    until, is_all = time.monotonic() + SECONDS, True
    for row in rows_of_trees(path):
        if report.rows % 100 == 0 and time.monotonic() > until:
            is_all = False
            break
        if isinstance(row, Fault):
            report.fault(row)
            continue
        line, fields = row
        for name, value in fields.items():
            example, filled = seen.get(name, ("", 0))
            if value not in (None, "", [], {}):
                seen[name] = (example or _brief(value), filled + 1)
            else:
                seen.setdefault(name, ("", 0))
        try:
            found = reader.read(fields)
        except Unreadable as reason:
            report.fault(Fault(line, str(reason)))
            continue
        first += found[: FIRST - len(first)]
        report.rows += len(found)
        report.without_output += sum(not one.is_answered for one in found)
        report.negative += sum(one.is_negative for one in found)
        if pool is not None and len(identities) <= FOUND_AGAIN:
            identities += map(identity, found)
        if len(texts) <= MEASURED:
            texts |= dict.fromkeys(one.instruction for one in found)
    if not report.rows:
        raise Refused(f"{path.name} holds no row that can be used; {report.first_reason}")
    known, again, drops = None, 0, None
    if database is not None and pool is not None and is_all and len(identities) <= FOUND_AGAIN:
        known, again = _known(database, pool, identities)
    if database is not None and pool is not None and is_all and len(texts) <= MEASURED:
        drops = _drops(database, pool, list(texts), threshold)
    sample = list(texts)[:1000]
    return FileLook(
        report.kind,
        reader.format,
        report.rows,
        is_all,
        tuple(_columns(reader, seen)),
        tuple(first),
        report.without_output,
        report.negative,
        report.bad,
        tuple(report.faults),
        unseen_share(sample, Tokeniser.PAPER),
        script_of(sample),
        Tokeniser(fitting_tokeniser(sample)),
        known,
        again,
        drops,
    )


def as_stored(one: Example) -> dict[str, Any]:
    """An example as it would be stored, in plain words: what has nothing in it is left out."""
    shown = []
    for instance in one.instances:
        its = instance.beside
        parts: dict[str, Any] = {"input": instance.input, "output": instance.output}
        if its:
            turns = [{"role": turn.role, "text": turn.text} for turn in its.turns]
            parts |= {"system": its.system, "turns": turns, "thoughts": its.thoughts}
            parts |= {"rejected": list(its.rejected), "beside": dict(its.extra)}
        if instance.said:
            parts["label"] = "good" if instance.said.counts_as_valid else "not good"
        shown.append({name: value for name, value in parts.items() if value or name in ("input", "output")})
    found: dict[str, Any] = {"instruction": one.instruction, "instances": shown}
    if one.is_classification is not None:
        found["is_classification"] = one.is_classification
    if one.beside:
        found["beside"] = dict(one.beside.extra)
    return found


def _columns(reader: RowReader, seen: Mapping[str, tuple[str, int]]) -> Iterator[Column]:
    """The file's columns in order, then what records hold inside that became something or is kept beside.

    A column of records that was used up by what is in it is none of its own.
    """
    fields, kept = reader.fields, reader.unused
    inside = [name for name in (*fields, *kept) if name not in seen and ("." in name or name in kept)]
    for name in dict.fromkeys((*seen, *inside)):
        example, filled = seen.get(name, ("", kept.get(name, 0)))
        role = fields.get(name, Role.BESIDE)
        if role is not Role.BESIDE or name in kept or not filled:
            yield Column(name, role, example, filled)


def _known(database: Database, pool: Pool, rows: Sequence[RowIdentity]) -> tuple[int, int]:
    """How many of these rows the pool has whole, and how many of those an earlier import dropped."""
    with database.read() as c:
        there = imports.tasks_there(c, pool.id, list({row.instruction for row in rows}))
        kept = [row for row in rows if row.instruction in there]
        texts = {(row.instruction, text) for row in kept for text, _ in row.instances}
        have = imports.instances_there(c, pool.id, texts)
    whole = [row for row in kept if all(one in have for one in row.instances)]
    return len(whole), sum(not there[row.instruction].is_in for row in whole)


def _drops(database: Database, pool: Pool, texts: list[str], threshold: float) -> dict[str, int]:
    rules, count_words = rules_for(pool, threshold), word_counter(pool)
    there = let_in(database, pool, texts)
    texts = [text for text in texts if instruction_hash(text) not in there]
    with database.read() as c:
        seals = Seals(c, pool)
    unfit = [seals.discard(text) or unfit_instruction(text.strip(), rules, count_words) for text in texts]
    drops = Counter(discard.rule for discard in unfit if discard)
    fit = [text for text, discard in zip(texts, unfit, strict=True) if discard is None]
    too_close = ArrivingTexts(database, pool, fit, threshold).n_dropped
    return dict(drops + Counter({TOO_CLOSE: too_close}))


def _brief(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
