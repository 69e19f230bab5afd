"""Storing rows in one transaction: what the pool has of them at that moment stays, the rest comes in once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from core.database import Database
from core.gate.admission import word_counter
from core.gate.many import Arrival, ArrivingTexts, Behind
from core.gate.rules import EMPTY_OUTPUT
from core.importing.examples import Example, ImportedInstance
from core.importing.incoming import FilePart, IncomingRow, RowKey
from core.importing.report import ImportReport
from core.importing.rows import imports
from core.importing.rows.imports import There
from core.pool import arrivals, beside, judging, search, standing, tasks
from core.pool.arrivals import IMPORTED, NewInstance, NewTask
from core.pool.beside import NewBeside
from core.pool.sealed import Seals
from core.records import Beside, Decided, Discard, Origin, Pool, Refused, State
from core.selfinstruct.filters import unfit_instance, unfit_instruction
from core.selfinstruct.settings import SelfInstructSettings

WORDS_OF = 8  # parts whose words are taken up together, in a transaction of their own
MENDED = "import"  # who rescues what an earlier import dropped


@dataclass(slots=True)
class _Row:
    """A row with what is known of it before the transaction."""

    line: int
    example: Example
    key: str  # instruction hash
    instances: list[tuple[RowKey, ImportedInstance]]
    place: int | None = None  # among the candidates, where it is the first with its instruction


@dataclass(slots=True)
class _Change:
    """What one transaction is to write."""

    new: dict[str, NewTask] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)  # of new tasks among the candidates
    at: dict[int, int] = field(default_factory=dict)  # the same the other way round: where in `new` a candidate is
    more: dict[int, list[NewInstance]] = field(default_factory=dict)
    mended: list[int] = field(default_factory=list)
    repeated: list[tuple[RowKey, int, ImportedInstance]] = field(
        default_factory=list
    )  # instances that are there: (key, line, row's)
    alone: list[tuple[str, int, Beside]] = field(default_factory=list)  # beside instructions that are there
    keys: dict[RowKey, str] = field(default_factory=dict)  # of the instances that it brings: their instruction's hash
    out: set[int] = field(default_factory=set)  # tasks that further instances go to, which are not in themselves
    known: int = 0


class Storing:
    """One file on its way into one pool, part by part. `rules`: None where nothing is filtered."""

    def __init__(
        self,
        database: Database,
        pool: Pool,
        import_id: int,
        rules: SelfInstructSettings | None,
        candidates: ArrivingTexts,
        file_name: str,
    ) -> None:
        self.import_id = import_id
        self._database, self._pool, self._rules, self._candidates = database, pool, rules, candidates
        self._file_name = file_name
        self._count_words = word_counter(pool)
        with database.read() as c:
            self._seals = Seals(c, pool)
            self._read = imports.read_so_far(c)
            self._is_alone = not imports.has_any(c, pool.id)  # what the pool has of files, it has of this one
        self._parts = 0
        self._next = 0  # the first candidate that has not come by yet

    def store(self, part: FilePart, report: ImportReport) -> None:
        """Store rows in one transaction, and count what became of them."""
        first = self._next
        prepared = [self._prepared(one) for one in part.rows]
        places = range(first, self._next)
        while True:
            self._candidates.catch_up(places)
            try:
                with self._database.write() as c:
                    change = self._write(c, prepared, places)
                    read = imports.read_so_far(c)
                break
            except Behind:
                continue
        self._candidates.committed()
        self._read = read
        self._parts += 1
        if self._parts % WORDS_OF == 0:
            self.take_up_words()
        _count(report, part, change)

    def take_up_words(self) -> None:
        """Put the words of what was stored into the index; a search finds what is not there yet by reading it."""
        if self._database.is_sqlite:
            with self._database.write() as c:
                search.index_new(c)

    def _prepared(self, one: IncomingRow) -> _Row:
        shown = list(zip(one.identity.instances, one.example.instances, strict=True))
        row = _Row(one.line, one.example, one.identity.instruction, shown)
        if self._candidates.is_at(self._next, one.example.instruction):
            row.place, self._next = self._next, self._next + 1
        return row

    def _write(self, c: sa.Connection, part: Sequence[_Row], places: range) -> _Change:
        self._seals.catch_up(c)
        self._is_alone = self._is_alone and not imports.others_came(c, self._pool.id, self.import_id, self._read)
        # A candidate is the first row with its instruction: of this file it cannot be there.
        asked = {row.key for row in part if row.place is None or not self._is_alone}
        there = imports.tasks_there(c, self._pool.id, list(asked))
        texts = {(row.key, key[0]) for row in part if row.key in there for key, _ in row.instances}
        known = imports.instances_there(c, self._pool.id, texts)  # an instance's hash says its task's instruction too
        change = _Change()
        arriving = self._arrivals(c, part, places, there)
        for row in part:
            self._plan(row, there, known, arriving, change)
        ids = arrivals.add_and_append(c, self._pool.id, list(change.new.values()), change.more, self.import_id)
        self._mend(c, change.mended)
        by_key = dict(zip(change.new, ids, strict=True))
        self._candidates.stored(c, {place: by_key[key] for key, place in change.places.items()})
        self._keep_beside(c, change, known, {**{key: task.id for key, task in there.items()}, **by_key})
        return change

    def _arrivals(
        self, c: sa.Connection, part: Sequence[_Row], places: range, there: Mapping[str, There]
    ) -> dict[str, Arrival]:
        """What the gate does with each new instruction, by its hash, and with those that it dropped another time."""
        keys = {row.place: row.key for row in part if row.place is not None}
        known = {place: (there[key].id, there[key].is_in) for place, key in keys.items() if key in there}
        decided = self._candidates.decide(c, places, known)
        return {keys[place]: arrival for place, arrival in zip(places, decided, strict=True) if arrival is not None}

    def _plan(
        self,
        row: _Row,
        there: Mapping[str, There],
        known: Mapping[RowKey, tuple[int, int]],
        arriving: Mapping[str, Arrival],
        change: _Change,
    ) -> None:
        fresh = self._fresh(row, known, change)
        task = there.get(row.key)
        if task is None and row.key not in change.new:
            change.new[row.key] = self._new_task(row, tuple(fresh), arriving, change)
            return
        was_dropped = task is not None and task.state is State.DISCARDED and task.id not in change.mended
        if task is not None and was_dropped and self._is_fit_now(row, arriving):
            change.mended.append(task.id)
        change.known += not fresh
        if not fresh:
            if row.example.beside:
                change.alone.append((row.key, row.line, row.example.beside))
        elif task is not None:
            change.more.setdefault(task.id, []).extend(fresh)
            if task.state is not State.ACCEPTED and task.id not in change.mended:
                change.out.add(task.id)
        else:
            before = change.new[row.key]
            change.new[row.key] = before._replace(instances=before.instances + tuple(fresh))

    def _fresh(self, row: _Row, known: Mapping[RowKey, tuple[int, int]], change: _Change) -> list[NewInstance]:
        """The row's instances that the pool hasn't got, judged one by one."""
        fresh = []
        for key, shown in row.instances:
            if key in known or key in change.keys:
                change.repeated.append((key, row.line, shown))
                continue
            change.keys[key] = row.key
            given, answer = shown.input.strip(), shown.output.strip()
            discard = unfit_instance(given, answer) if self._rules is not None else None
            if not answer:
                discard = Discard(EMPTY_OUTPUT)  # nothing to judge or to learn from, filtered or not
            fresh.append(NewInstance(shown.input, shown.output, discard, shown.beside, row.line, shown.said, key[0]))
        return fresh

    def _new_task(
        self, row: _Row, fresh: tuple[NewInstance, ...], arriving: Mapping[str, Arrival], change: _Change
    ) -> NewTask:
        one = row.example

        def new(arrival: Arrival) -> NewTask:
            return NewTask(
                Origin.IMPORT,
                one.instruction,
                one.is_classification,
                fresh,
                arrival.discard,
                name=one.name,
                import_id=self.import_id,
                nearest_id=arrival.nearest_id,
                nearest_score=arrival.nearest_score,
                nearest_place=None if arrival.earlier is None else change.at[arrival.earlier],
                seed_id=arrival.seed_id,
                seed_score=arrival.seed_score,
                completed=True,
                beside=one.beside,
                instruction_hash=row.key,
            )

        sealed = self._seals.discard(one.instruction)
        if sealed or self._rules is None:  # filtered or not, what an evaluation set holds stays out
            return new(Arrival(sealed))
        arrival = arriving.get(row.key)
        if arrival is None:
            unfit = unfit_instruction(one.instruction.strip(), self._rules, self._count_words)
            if unfit is None:
                raise Refused(f"{self._file_name} was changed while it was imported; import it again.")
            return new(Arrival(unfit))
        assert row.place is not None
        change.places[row.key], change.at[row.place] = row.place, len(change.new)
        return new(arrival)

    def _is_fit_now(self, row: _Row, arriving: Mapping[str, Arrival]) -> bool:
        """Whether what an earlier import dropped gets in now: by another tokeniser, threshold or no filter at all."""
        if self._seals.holds(row.example.instruction):
            return False
        if self._rules is None:
            return True
        arrival = arriving.get(row.key)
        return arrival is not None and arrival.discard is None

    def _mend(self, c: sa.Connection, task_ids: Sequence[int]) -> None:
        for task_id in task_ids:
            rule = tasks.get(c, task_id)
            dropped = tasks.evidence(c, [task_id]).get(task_id)
            tasks.set_state(c, task_id, State.ACCEPTED)
            why = Discard(dropped.rule if dropped else "", {"import": self.import_id})
            tasks.decide(c, rule.pool_id, Decided.RESCUE, why, task_id=task_id, actor=MENDED)

    def _keep_beside(
        self,
        c: sa.Connection,
        change: _Change,
        known: Mapping[RowKey, tuple[int, int]],
        task_ids: Mapping[str, int],
    ) -> None:
        """What rows brought to instances and instructions that were there: kept as well, once."""
        kept = [NewBeside(task_ids[key], None, its, self.import_id, line) for key, line, its in change.alone]
        said = [(key, line, shown) for key, line, shown in change.repeated if shown.beside or shown.said]
        if said:
            brought = {(change.keys[key], key[0]) for key, _, _ in said if key not in known}
            now = {**imports.instances_there(c, self._pool.id, brought), **known}
            for key, line, shown in said:
                instance_id, task_id = now[key]
                if shown.beside:
                    kept.append(NewBeside(task_id, instance_id, shown.beside, self.import_id, line))
                if shown.said and not _has_said(c, instance_id):
                    judging.rate(c, instance_id, IMPORTED, key[0], shown.said)
        beside.add(c, self._pool.id, kept)


def _has_said(c: sa.Connection, instance_id: int) -> bool:
    return standing.of(c, instance_id, IMPORTED)[1] is not None


def _count(report: ImportReport, part: FilePart, change: _Change) -> None:
    report.rows += len(part.rows)
    report.known += change.known
    report.mended += len(change.mended)
    report.without_output += part.without_output
    report.negative += part.negative
    report.rejected += part.rejected
    for task in change.new.values():
        report.tasks += 1
        report.accepted += task.discard is None
        if task.discard is not None:
            report.discards[task.discard.rule] += 1
        else:
            report.instances += sum(one.discard is None for one in task.instances)
    stored = (*(task.instances for task in change.new.values()), *change.more.values())
    report.discards.update(f"instance: {one.discard.rule}" for each in stored for one in each if one.discard)
    stored_in = (each for task_id, each in change.more.items() if task_id not in change.out)
    report.instances += sum(one.discard is None for each in stored_in for one in each)
