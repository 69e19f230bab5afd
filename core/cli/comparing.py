"""What verbs about near duplicates and thresholds share in a large pool: the run that compares its tasks, once."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.cli.console import Console
from core.cli.working import carry_out, ended_well
from core.records import Pool, Refused

if TYPE_CHECKING:
    from core.database import Database
    from core.importing.pace import Pace
    from core.near.kept import ComparedPool


def add_again(parser: argparse.ArgumentParser) -> None:
    """The option that compares a large pool's tasks anew."""
    parser.add_argument(
        "--again", action="store_true", help="compare a large pool's tasks anew, though it has been done before"
    )


def compared(db: Database, pool: Pool, console: Console, *, again: bool) -> ComparedPool | None:
    """What is known of a large pool's tasks, found now where it was not before; None for a pool that is not large.

    Says what has changed since. Refused where the run was put down: the same verb goes on with it.
    """
    from core.importing.pace import Pace
    from core.near import job, kept

    pace = Pace()
    if not job.is_large(db, pool):
        return None
    found = None if again else kept.newest(db, pool.id)
    if found is None:
        run = carry_out(db, pool.id, job.METHOD, {}, console, lambda counts: _far(pace, counts))
        console.note(run.message)
        if not ended_well(run):
            raise Refused(f"Run {run.id} is {run.state.value}; the same command goes on with it.")
        found = kept.newest(db, pool.id)
    elif since := kept.since(db, pool).sentence:
        console.note(f"{since} (--again)")
    return found


def _far(pace: Pace, counts: Mapping[str, Any]) -> str:
    from core.near.job import SAID

    stage = SAID.get(counts.get("stage", ""), "waiting")
    return pace.told(stage, counts["done"], counts["of"]) if counts.get("of") else stage
