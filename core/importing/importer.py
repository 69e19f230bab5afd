"""Bringing a file's tasks into a pool: through the filters and the novelty gate, once, with a report of bad rows.

The file is read twice: first for its instructions, which the gate measures together; then for its rows, which are
stored in short transactions, each of which asks what the pool has at that moment. Of a large file another process reads
ahead. A killed import leaves whole rows, and doing it again adds what is missing and nothing twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from core.bounded_file import plain
from core.crews import Crew
from core.database import Database
from core.gate.admission import tokeniser_of, word_counter
from core.gate.many import ArrivingTexts
from core.gate.rules import THRESHOLD
from core.gate.sight import blind_to
from core.importing.ahead import FileOfRows
from core.importing.examples import Example, RowReader, Unreadable
from core.importing.files import kind_of
from core.importing.incoming import examples
from core.importing.report import ImportReport
from core.importing.roles import Role, known
from core.importing.rows import imports
from core.importing.storing import Storing
from core.importing.trees import rows_of_trees
from core.novelty import Tokeniser
from core.novelty.on_disk import TextsOnDisk
from core.pool import pools
from core.pool.journal import Noted, note
from core.pool.sealed import Seals
from core.pool.tasks import instruction_hash
from core.records import Fault, Pool, Refused
from core.seeds.seeds import Seed
from core.seeds.seeds import add as add_seeds
from core.selfinstruct.filters import unfit_instruction
from core.selfinstruct.settings import SelfInstructSettings

HEAD = 200  # rows that are looked at before the first one is stored
CHUNK = 600  # rows in one transaction: some 25 ms of the processor under the write lock, as 400 took with their words

OnStage = Callable[[str, int, int], None]  # what is done, how much of it, and of how much (0: not known)
Mapped = Mapping[str, Role]


def import_seeds(database: Database, pool_id: int, path: Path) -> ImportReport:
    """Add a file's tasks to the pool as seeds. Raises Refused where none can be used."""
    found, report = read_seeds(path)
    report.added = add_seeds(database, pool_id, found)
    report.unseen = unseen_of(database, pool_id, found)
    report.tasks = report.accepted = len(report.added)
    report.known = len(found) - report.tasks
    report.instances = sum(len(seed.instances) for seed in found) if report.tasks else 0
    return report


def unseen_of(database: Database, pool_id: int, seeds: Iterable[Seed]) -> str:
    """What a person must know where the pool's tokeniser can't see these seeds, "" where it can."""
    with database.read() as c:
        tokeniser = tokeniser_of(pools.by_id(c, pool_id))
    return blind_to(tokeniser, (seed.instruction for seed in seeds), "these seeds")


def read_seeds(path: Path) -> tuple[list[Seed], ImportReport]:
    """The seeds that a file of any known format holds. Raises Refused where there is none."""
    report = ImportReport(kind_of(path))
    found = []
    for row in examples(path, RowReader()):
        if isinstance(row, Fault):
            report.fault(row)
            continue
        line, one = row
        report.rows += 1
        beside = _beside(one)
        if any(known(column) is Role.CLASSIFICATION for column in beside):
            report.fault(Fault(line, "the field is_classification is neither yes nor no"))
        elif one.instances and all(shown.output.strip() for shown in one.instances):
            report.not_kept.update(beside)
            shown = tuple((shown.input, shown.output) for shown in one.instances)
            found.append(Seed(one.name or "", one.instruction, shown, bool(one.is_classification)))
        else:
            report.fault(Fault(line, "a seed needs an instance with an output"))
    if not found:
        raise Refused(f"{path.name} holds no seed that can be used; {report.first_reason}")
    return found, report


def _beside(one: Example) -> set[str]:
    """The columns of a row for which a seed has no place."""
    found: set[str] = set()
    for its in filter(None, [one.beside, *(shown.beside for shown in one.instances)]):
        found |= set(its.extra)
        named = {"system": its.system, "turns": its.turns, "thoughts": its.thoughts, "rejected": its.rejected}
        found |= {name for name, value in named.items() if value}
    if any(shown.said for shown in one.instances):
        found.add("its grade or label")
    return found - {"id"}  # a row's number in its file, as the papers' own have


def first_instructions(path: Path, n: int = HEAD, mapped: Mapped | None = None) -> list[str]:
    """The first instructions of a file, for choosing a tokeniser; Refused where no row can be used."""
    report = ImportReport(kind_of(path))
    found: list[str] = []
    for row in examples(path, RowReader(mapped)):
        if isinstance(row, Fault):
            report.fault(row)
        else:
            found.append(row[1].instruction)
        if len(found) == n:
            break
    if not found:
        raise Refused(f"{path.name} holds no row that can be used; {report.first_reason}")
    return found


def must_be_there(path: Path, mapped: Mapped | None) -> Mapped:
    """The mapping; Refused where it names a column that none of the file's first rows has."""
    if not mapped:
        return {}
    reader, columns = RowReader(), dict[str, None]()
    for row in islice(rows_of_trees(path), HEAD):
        if not isinstance(row, Fault):
            columns |= dict.fromkeys(row[1])
            with suppress(Unreadable):
                reader.read(row[1])
                columns |= dict.fromkeys((*reader.columns, *reader.unused))
    absent = [column for column in mapped if column not in columns]
    if absent:
        raise Refused(f'The file has no column "{absent[0]}"; its columns are {", ".join(columns) or "none"}.')
    return mapped


def import_tasks(
    database: Database,
    pool: Pool,
    path: Path,
    *,
    filtered: bool = True,
    settings: SelfInstructSettings | None = None,
    mapped: Mapped | None = None,
    crew: Crew | None = None,
    on_progress: OnStage = lambda what, n, of: None,
) -> ImportReport:
    """Add a file's tasks to the pool; `filtered` passes them through the rules and the novelty gate.

    Without `settings` the rules are the paper's, save that a pool whose tokeniser reads every script also takes
    instructions that begin in one. `mapped`: what columns are to become, where their names alone do not say it.
    `crew`: who works out the gate, None for this process. Tasks
    that an earlier import dropped are asked again: what is fit by now is accepted, by an event. Raises Refused where no
    row can be used.
    """
    report, file = ImportReport(kind_of(path)), FileOfRows(path, mapped, CHUNK)
    rules = settings or rules_for(pool)
    n_rows, fresh = _fresh(database, pool, file, rules, on_progress) if filtered else (0, TextsOnDisk())
    candidates = ArrivingTexts(
        database, pool, fresh, rules.novelty_threshold, lambda n, of: on_progress("instructions compared", n, of), crew
    )
    storing: Storing | None = None
    try:
        for part in file.parts():
            for fault in part.faults:
                report.fault(fault)
            if not part.rows:
                continue
            if storing is None:
                import_id = _begin(database, pool, path, part.format)
                storing = Storing(database, pool, import_id, rules if filtered else None, candidates, path.name)
            storing.store(part, report)
            report.format = report.format or part.format
            on_progress("rows stored", report.rows, n_rows)
    finally:
        candidates.leave()
    report.fields, report.unused = file.columns
    if storing is None:
        raise Refused(f"{path.name} holds no row that can be used; {report.first_reason}")
    storing.take_up_words()
    with database.write() as c:
        imports.end(c, storing.import_id, report.as_mapping() | {"report": []})
    return report


def rules_for(pool: Pool, threshold: float = THRESHOLD) -> SelfInstructSettings:
    """The rules that imports into a pool pass."""
    latin = tokeniser_of(pool) is Tokeniser.PAPER
    return SelfInstructSettings(novelty_threshold=threshold, drop_non_ascii_start=latin)


def _fresh(
    database: Database, pool: Pool, file: FileOfRows, rules: SelfInstructSettings, on_progress: OnStage
) -> tuple[int, TextsOnDisk]:
    """How many examples the file has, and its instructions that are fit by themselves and that the pool has not
    accepted from a file, each once."""
    count_words = word_counter(pool)
    seen: set[int] = set()
    fresh = TextsOnDisk()
    with database.read() as c:
        any_there = imports.has_any(c, pool.id)
        seals = Seals(c, pool)
    n_rows = 0
    for chunk in file.instructions():
        there: set[str] = set()
        if any_there:
            there = let_in(database, pool, chunk)
        for text in chunk:
            key = hash(text)
            if key not in seen:
                seen.add(key)
                known = there and instruction_hash(text) in there
                is_fit = not seals.holds(text) and unfit_instruction(text.strip(), rules, count_words) is None
                if is_fit and not known:
                    fresh.append(text)
        n_rows += len(chunk)
        on_progress("rows read", n_rows, 0)
    return n_rows, fresh


def let_in(database: Database, pool: Pool, texts: Sequence[str]) -> set[str]:
    """The hashes of those of these instructions that the pool has accepted from a file."""
    with database.read() as c:
        found = imports.tasks_there(c, pool.id, list({instruction_hash(text) for text in texts}))
    return {key for key, task in found.items() if task.is_in}


def _begin(database: Database, pool: Pool, path: Path, format: str) -> int:
    with plain(path) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with database.write() as c:
        import_id = imports.begin(c, pool.id, path.name, digest, format)
        note(c, pool.id, Noted.IMPORTED, import_id, path.name)
        return import_id
