"""Bringing a file's tasks into a pool: through the filters and the novelty gate, once, with a report of bad rows.

The file is read twice: first for its instructions, which the gate judges in order; then for its rows, which are stored
in short transactions with their final state. A killed import leaves whole rows, and doing it again adds what is
missing and nothing twice.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from core.database import Database
from core.gate.admission import Arrival, admit_many, tokeniser_of, too_close, word_counter
from core.gate.rules import EMPTY_OUTPUT, THRESHOLD
from core.importing.files import kind_of, rows
from core.importing.formats import Example, Unreadable, detect, example
from core.importing.rows import imports
from core.novelty import Tokeniser
from core.pool import arrivals
from core.pool.arrivals import NewInstance, NewTask
from core.pool.sealed import Seals
from core.pool.tasks import instruction_hash
from core.records import Discard, Fault, Origin, Pool, Refused, text_hash
from core.seeds.seeds import Seed
from core.seeds.seeds import add as add_seeds
from core.selfinstruct.filters import unfit_instance, unfit_instruction
from core.selfinstruct.settings import SelfInstructSettings

CHUNK = 2000
FAULTS_KEPT = 1000

Progress = Callable[[str, int], None]


@dataclass(slots=True)
class Report:
    """What an import did. `faults` holds the first thousand bad rows with line and reason; `bad` counts them all."""

    kind: str = ""
    format: str = ""
    rows: int = 0
    tasks: int = 0
    accepted: int = 0
    instances: int = 0
    known: int = 0  # rows that the pool had already
    bad: int = 0
    discards: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)

    def as_mapping(self) -> dict[str, object]:
        return {
            "file": self.kind,
            "format": self.format,
            "rows": self.rows,
            "tasks": self.tasks,
            "accepted": self.accepted,
            "discarded": self.tasks - self.accepted,
            "instances": self.instances,
            "already_there": self.known,
            "bad_rows": self.bad,
            "discards": dict(self.discards.most_common()),
            "report": [{"line": fault.line, "reason": fault.reason} for fault in self.faults],
        }


def import_seeds(database: Database, pool_id: int, path: Path) -> Report:
    """Add a file's tasks to the pool as seeds. Raises Refused where none can be used."""
    found, report = read_seeds(path)
    report.tasks = report.accepted = len(add_seeds(database, pool_id, found))
    report.known = len(found) - report.tasks
    report.instances = sum(len(seed.instances) for seed in found) if report.tasks else 0
    return report


def read_seeds(path: Path) -> tuple[list[Seed], Report]:
    """The seeds that a file of any known format holds. Raises Refused where there is none."""
    report = Report(kind_of(path))
    found = []
    for line, one in _examples(path, report):
        report.rows += 1
        if one.instances and all(answer.strip() for _, answer in one.instances):
            found.append(Seed(one.name or "", one.instruction, one.instances, bool(one.is_classification)))
        else:
            _fault(report, Fault(line, "a seed needs an instance with an output"))
    if not found:
        raise Refused(f"{path.name} holds no seed that can be used; {_first_reason(report)}")
    return found, report


def first_instructions(path: Path, n: int = 200) -> list[str]:
    """The first instructions of a file, for choosing a tokeniser; Refused where no row can be used."""
    report = Report(kind_of(path))
    found = [one.instruction for _, one in islice(_examples(path, report), n)]
    if not found:
        raise Refused(f"{path.name} holds no row that can be used; {_first_reason(report)}")
    return found


def import_tasks(
    database: Database,
    pool: Pool,
    path: Path,
    *,
    filtered: bool = True,
    settings: SelfInstructSettings | None = None,
    on_progress: Progress = lambda what, n: None,
) -> Report:
    """Add a file's tasks to the pool; `filtered` passes them through the rules and the novelty gate.

    Without `settings` the rules are the paper's, save that a pool whose tokeniser reads every script also takes
    instructions that begin in one. Raises Refused where no row can be used.
    """
    incoming = _Incoming(database, pool, settings or rules_for(pool))
    report = Report(kind_of(path))
    if filtered:
        incoming.judge(path, on_progress)
    import_id = None
    examples = _examples(path, report)
    while chunk := list(islice(examples, CHUNK)):
        if import_id is None:
            import_id = incoming.begin(path, report)
        incoming.store(chunk, import_id, report)
        on_progress("rows", report.rows)
    if import_id is None:
        raise Refused(f"{path.name} holds no row that can be used; {_first_reason(report)}")
    with database.write() as c:
        imports.end(c, import_id, report.as_mapping() | {"report": []})
    return report


def rules_for(pool: Pool, threshold: float = THRESHOLD) -> SelfInstructSettings:
    """The rules that imports into a pool pass."""
    latin = tokeniser_of(pool) is Tokeniser.PAPER
    return SelfInstructSettings(novelty_threshold=threshold, drop_non_ascii_start=latin)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What the filters said of an instruction: unfit by itself, or what the gate did; `earlier` by instruction hash."""

    unfit: Discard | None = None
    arrival: Arrival | None = None
    earlier: str | None = None


class _Incoming:
    """One file on its way into one pool."""

    def __init__(self, database: Database, pool: Pool, settings: SelfInstructSettings) -> None:
        self._database, self._pool, self._settings = database, pool, settings
        with database.read() as c:
            self._known = imports.text_hashes(c, pool.id)
            self._there = imports.task_ids(c, pool.id)
            self._seals = Seals(c, pool)
        self._verdicts: dict[str, _Verdict] = {}
        self._filtered = False

    def judge(self, path: Path, on_progress: Progress) -> None:
        """Judge every instruction of the file that the pool doesn't have, in order of arrival."""
        self._filtered = True
        count_words = word_counter(self._pool)
        fresh: dict[str, str] = {}
        for _, one in _examples(path, Report()):
            key = instruction_hash(one.instruction)
            if key in fresh or key in self._verdicts or key in self._there:
                continue
            unfit = self._seals.discard(one.instruction)
            unfit = unfit or unfit_instruction(one.instruction.strip(), self._settings, count_words)
            if unfit:
                self._verdicts[key] = _Verdict(unfit)
            else:
                fresh[key] = one.instruction
        hashes = list(fresh)
        with self._database.read() as c:
            arrivals = admit_many(
                c,
                self._pool,
                list(fresh.values()),
                self._settings.novelty_threshold,
                lambda n, of: on_progress("compared", n),
            )
        for key, arrival in zip(hashes, arrivals, strict=True):
            earlier = hashes[arrival.earlier] if arrival.earlier is not None else None
            self._verdicts[key] = _Verdict(None, arrival, earlier)

    def begin(self, path: Path, report: Report) -> int:
        """Note the import; return its id."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        with self._database.write() as c:
            return imports.begin(c, self._pool.id, path.name, digest, report.format)

    def store(self, chunk: Sequence[tuple[int, Example]], import_id: int, report: Report) -> None:
        """Store rows in one transaction: new tasks in their order, and further instances of tasks that are there."""
        new: dict[str, NewTask] = {}
        more: dict[str, list[NewInstance]] = {}
        places: dict[str, int] = {}
        for _, one in chunk:
            report.rows += 1
            key = instruction_hash(one.instruction)
            found = self._new_instances(one)
            report.known += bool(one.instances) and not found
            if key in new:
                new[key] = replace(new[key], instances=new[key].instances + tuple(found))
            elif key not in self._there:
                places[key] = len(new)
                new[key] = self._new_task(key, one, tuple(found), import_id, places)
            elif found:
                more.setdefault(key, []).extend(found)
            elif not one.instances:
                report.known += 1
        with self._database.write() as c:
            ids = arrivals.add(c, self._pool.id, list(new.values()))
            arrivals.append_to_each(c, {self._there[key]: found for key, found in more.items()})
        self._there.update(zip(new, ids, strict=True))
        for task in new.values():
            report.tasks += 1
            report.accepted += task.discard is None
            report.instances += sum(one.discard is None for one in task.instances) if task.discard is None else 0
            report.discards.update([task.discard.rule] if task.discard else [])
        dropped = [one.discard for found in (*(t.instances for t in new.values()), *more.values()) for one in found]
        report.discards.update(f"instance: {discard.rule}" for discard in dropped if discard)
        report.instances += sum(one.discard is None for found in more.values() for one in found)

    def _new_instances(self, one: Example) -> list[NewInstance]:
        """The row's instances that the pool hasn't got, judged one by one."""
        found = []
        for given, answer in one.instances:
            key = text_hash(one.instruction, given, answer)
            if key not in self._known:
                self._known.add(key)
                discard = unfit_instance(given.strip(), answer.strip()) if self._filtered else None
                if not answer.strip():
                    discard = Discard(EMPTY_OUTPUT)  # nothing to judge or to learn from, filtered or not
                found.append(NewInstance(given, answer, discard))
        return found

    def _new_task(
        self, key: str, one: Example, found: tuple[NewInstance, ...], import_id: int, places: Mapping[str, int]
    ) -> NewTask:
        task = NewTask(
            Origin.IMPORT, one.instruction, one.is_classification, found, import_id=import_id, completed=True
        )
        verdict = self._verdicts.pop(key, None)  # asked once: the task is there from now on
        if verdict is None:  # filtered or not, what an evaluation set holds stays out
            return replace(task, discard=self._seals.discard(one.instruction))
        arrival = verdict.arrival
        if arrival is None:
            return replace(task, discard=verdict.unfit)
        if arrival.seed:
            task = replace(task, seed_id=arrival.seed.key, seed_score=arrival.seed.score)
        if arrival.score is None:
            return task
        place = places.get(verdict.earlier or "")
        nearest = self._there.get(verdict.earlier or "", arrival.nearest_id or 0)
        return replace(
            task,
            nearest_id=nearest or None,
            nearest_score=arrival.score,
            nearest_place=place,
            discard=too_close(self._settings.novelty_threshold, [(nearest, arrival.score, arrival.nearest_text)]),
        )


def _examples(path: Path, report: Report) -> Iterator[tuple[int, Example]]:
    """The file's rows that hold an example, with their lines; the others go to the report."""
    for row in rows(path):
        if isinstance(row, Fault):
            _fault(report, row)
            continue
        line, fields = row
        try:
            found = example(fields)
        except Unreadable as reason:
            _fault(report, Fault(line, str(reason)))
            continue
        report.format = report.format or (detect(fields) or "")
        yield line, found


def _fault(report: Report, fault: Fault) -> None:
    report.bad += 1
    if len(report.faults) < FAULTS_KEPT:
        report.faults.append(fault)


def _first_reason(report: Report) -> str:
    if not report.faults:
        return "it has no rows."
    return f"line {report.faults[0].line}: {report.faults[0].reason}."
