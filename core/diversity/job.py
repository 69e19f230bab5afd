"""The parsing of a pool as a run: begun when there is something new, stopped and resumed like any other long work."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.database import Database
from core.diversity.parser import SAMPLE, Parser, ParserMissing, available_parsers, best_parser, fit, parser_named
from core.diversity.parsing import parse_texts
from core.diversity.rows import parses
from core.pool import pool_settings, pools, tasks
from core.pool.journal import Noted, note
from core.records import Pool, Run, RunState
from core.runs import control, runner
from core.runs.runner import Job, Outcome
from core.words import number_of

METHOD = "parse"


@dataclass(frozen=True, slots=True)
class ParserChoice:
    """The parser that reads a pool, or none and in one sentence why."""

    parser: Parser | None
    reason: str = ""

    @property
    def key(self) -> str:
        """What the pool's parses are filed under; "" matches none."""
        return self.parser.key if self.parser else ""


def choice(database: Database, pool: Pool) -> ParserChoice:
    """The pool's parser: the one of its setting `parser`, else the best that reads the language of its texts."""
    with database.read() as c:
        sample = tasks.newest_texts(c, pool.id, SAMPLE)
    named = pool_settings.of(pool).parser
    if named:
        try:
            chosen = parser_named(named)
        except ParserMissing as error:
            return ParserChoice(None, str(error))
        fits = fit(chosen, sample)
        return ParserChoice(chosen) if fits.fits else ParserChoice(None, fits.reason)
    best = best_parser(sample)
    return ParserChoice(best) if best else ParserChoice(None, fit(available_parsers()[0], sample).reason)


def choose(database: Database, pool_id: int, parser: str | None) -> Pool:
    """Read a pool with this parser from now on; None is the best that reads its language. Raises ParserMissing."""
    if parser is not None:
        parser_named(parser)
    with database.write() as c:
        note(c, pool_id, Noted.SET, detail="parser")
        return pools.configure(c, pool_id, parser=parser)


def latest(database: Database, pool_id: int) -> Run | None:
    """The pool's parse run, as it stands."""
    return next(iter(control.of_pool(database, pool_id, METHOD, limit=1)), None)


def begin(database: Database, pool: Pool, parser: Parser, insist: bool = False) -> Run | None:
    """Queue the pool's parse run where something waits to be read, and return it; None where all is read.

    A pool has one such run, which is queued again for what is new. One that a person stopped, or that failed with this
    parser, is left alone unless somebody insists.
    """
    settings = {"parser": parser.name}
    run = latest(database, pool.id)
    if run is not None and run.state in (RunState.QUEUED, RunState.RUNNING):
        return run
    with database.read() as c:
        if not parses.is_waiting(c, pool.id, parser.key):
            return None
    given_up = run is not None and run.state in (RunState.STOPPED, RunState.PAUSED, RunState.FAILED)
    if run is None:
        return control.start(database, pool.id, METHOD, settings)
    if insist or not given_up or run.settings != settings:
        return control.again(database, run.id, settings)
    return run


def parse_here(
    database: Database, pool: Pool, parser: Parser, on_progress: Callable[[Mapping[str, Any]], None]
) -> Run | None:
    """Read what waits before returning (the command line's way); where another program is at it, wait for that."""
    run = begin(database, pool, parser, insist=True)
    while run is not None:
        run = runner.work_here(database, run.id, on_progress)
        if run.state not in (RunState.QUEUED, RunState.RUNNING):
            return run
        on_progress(run.counts)
        time.sleep(0.5)
    return None


def work(job: Job) -> Outcome:
    """Read all of the pool that waits, what arrives meanwhile too; each chunk is kept as it comes."""
    parser = parser_named(job.run.settings["parser"])
    parsed = 0
    while True:
        with job.database.read() as c:
            waiting = parses.waiting(c, job.run.pool_id, parser.key)
        if not waiting:
            return Outcome(RunState.DONE, f"{number_of(parsed, 'instruction')} parsed.")
        job.report(parsed=parsed, to_parse=parsed + len(waiting), parser=parser.name)
        before, hashes = parsed, [text_hash for text_hash, _ in waiting]
        for chunk in parse_texts([text for _, text in waiting], parser, lambda: bool(job.asked)):
            found = [(pair.verb, pair.noun) for pair in chunk.pairs]
            with job.write() as c:
                parses.keep(c, parser.key, hashes[chunk.start : chunk.done], found)
                parsed = before + chunk.done
                job.report(c, parsed=parsed)
        if job.asked:
            return job.put_down(
                f"{number_of(parsed, 'instruction')} parsed, then stopped by hand; resume reads the rest."
            )
