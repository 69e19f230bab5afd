"""Bringing a file's tasks or seeds into a pool that is named, made where there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.crews import LOCAL, Crew, check, hired
from core.database import Database
from core.gate.admission import tokeniser_of
from core.gate.rules import THRESHOLD
from core.gate.sight import BLIND, fitting_tokeniser, script_of
from core.importing.importer import (
    OnStage,
    first_instructions,
    import_seeds,
    import_tasks,
    must_be_there,
    read_seeds,
    rules_for,
)
from core.importing.report import ImportReport
from core.importing.roles import Role
from core.novelty import Tokeniser, unseen_share
from core.pools.changing import choose_tokeniser
from core.pools.language import blindness
from core.pools.making import get_or_make, switch_off_built_in
from core.records import Pool, Refused


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a file is to be brought in.

    `filtered`: through the rules and the novelty gate; `threshold`: of the gate, ROUGE-L F1; `tokeniser`: the pool's
    from now on, None leaves it as it is; `mapped`: what columns become, where their names alone do not say it;
    `engine`, `workers`: who works out the gate (`crews.hired`), with the same decisions.
    """

    filtered: bool = True
    threshold: float = THRESHOLD
    tokeniser: Tokeniser | None = None
    mapped: Mapping[str, Role] | None = None
    engine: str = LOCAL
    workers: int | None = None


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of a file. `warnings`: what a person must hear; empty where all of it worked."""

    pool: Pool
    report: ImportReport
    warnings: tuple[str, ...]
    switched_off: int = 0  # built-in seeds, because the pool's own took their place

    @property
    def is_whole(self) -> bool:
        """Whether all of it worked, so that it may be shown in green."""
        return not self.warnings


def bring_tasks(
    database: Database,
    pool_name: str,
    path: Path,
    wishes: Wishes | None = None,
    on_progress: OnStage = lambda what, n, of: None,
) -> Brought:
    """Bring a file's tasks into a pool.

    Refused where no row can be used, and before anything is dropped where the pool's tokeniser cannot see the letters
    that the file is written in: the wishes then name the tokeniser, this one or the other.
    """
    asked = wishes or Wishes()
    if not 0 < asked.threshold <= 1:
        raise Refused("The threshold is a ROUGE-L F1 above 0 and at most 1; 0.7 is the paper's.")
    check(asked.engine, asked.workers)
    if asked.engine != LOCAL and not asked.filtered:
        raise Refused(f"Without the novelty gate nothing is compared, and the engine {asked.engine} has nothing to do.")
    sample = first_instructions(path, mapped=must_be_there(path, asked.mapped))
    with hired(asked.engine, asked.workers) as crew:  # before a pool is made: a cluster may not answer
        return _bring(database, pool_name, path, asked, sample, crew, on_progress)


def _bring(
    database: Database,
    pool_name: str,
    path: Path,
    asked: Wishes,
    sample: Sequence[str],
    crew: Crew | None,
    on_progress: OnStage,
) -> Brought:
    fitting = asked.tokeniser or fitting_tokeniser(sample)
    pool, made = get_or_make(database, pool_name, tokeniser=str(fitting))
    if not made and asked.tokeniser and asked.tokeniser is not tokeniser_of(pool):
        pool = choose_tokeniser(database, pool.id, asked.tokeniser, tokeniser_of(pool))
    if asked.filtered and asked.tokeniser is None:
        _must_see(pool, sample)
    report = import_tasks(
        database,
        pool,
        path,
        filtered=asked.filtered,
        settings=rules_for(pool, asked.threshold),
        mapped=asked.mapped,
        crew=crew,
        on_progress=on_progress,
    )
    return Brought(pool, report, _warnings(database, pool, report.warnings))


def bring_seeds(database: Database, pool_name: str, path: Path, tokeniser: Tokeniser | None = None) -> Brought:
    """Bring a file's tasks into a pool as its seeds; built-in ones of a pool that was there are switched off.

    `tokeniser`: the pool's from now on; without one a pool that was there keeps its own.
    """
    fixed = {"tokeniser": tokeniser.value} if tokeniser else {}
    own, report = read_seeds(path)
    pool, made = get_or_make(database, pool_name, own, **fixed)
    if not made and tokeniser and tokeniser is not tokeniser_of(pool):
        pool = choose_tokeniser(database, pool.id, tokeniser, tokeniser_of(pool))
    off = 0
    if made:
        report.tasks = report.accepted = len({seed.instruction for seed in own})
        report.known = len(own) - report.tasks
        report.instances = sum(len(seed.instances) for seed in own)
    else:
        report = import_seeds(database, pool.id, path)
        off = switch_off_built_in(database, pool.id, except_for=own)
    report.unseen = ""  # the pool's own warning says it, of the seeds that are on now
    return Brought(pool, report, _warnings(database, pool, report.warnings), off)


def unseen(pool: Pool, texts: Sequence[str]) -> float:
    """The share of the letters of these texts that the pool's tokeniser cannot see, 0 to 1."""
    return unseen_share(texts, tokeniser_of(pool))


def _must_see(pool: Pool, sample: Sequence[str]) -> None:
    share = unseen(pool, sample)
    if share > BLIND:
        raise Refused(
            f"The file is written in {script_of(sample)}, and the tokeniser of the pool {pool.name} "
            f"({tokeniser_of(pool)}) can't see {share:.0%} of its letters: its rules would drop most rows. Nothing was "
            "imported: choose the tokeniser unicode for this pool (--tokeniser unicode), or say that this one is meant "
            "(--tokeniser paper)."
        )


def _warnings(database: Database, pool: Pool, found: Sequence[str]) -> tuple[str, ...]:
    blind = blindness(database, pool)
    return (*found, blind) if blind else tuple(found)
