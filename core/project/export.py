"""A whole project as one readable file: where its numbers come from, without a text of anybody's in it.

Seeds and replies are named by their hashes; settings, models, decisions by rule, audits, releases and versions stand
there in full. A key is in none of it: the database has none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.audit import results
from core.audit.results import Result
from core.bounded_file import whole
from core.database import Database
from core.llm import book
from core.moments import moment
from core.pool import tally
from core.pools import funnel, with_id
from core.records import Pool, Refused, Run
from core.release import past
from core.release.manifest import versions
from core.replacing import LINES, may_write, put
from core.runs import control
from core.seeds import seeds

FORMAT = "winnow-project-1"
RUN = {"run": int, "method": str, "settings": dict, "batches": int, "requests": int, "candidates": dict, "counts": dict}
MOST, DEEPEST = 10**12, 50
LARGEST = 256 << 20  # bytes: a thousand runs are a few MB


def project(database: Database, pool: Pool, reader: str) -> dict[str, Any]:
    """The project as JSON can hold it. Audits that must stay closed to the reader are named without their figures.

    Raises NotFound for a pool that is gone.
    """
    with_id(database, pool.id)
    at = funnel(database, pool.id)
    with database.read() as c:
        n_seeds, seeds_hash = tally.fingerprint(seeds.export(database, pool.id))
        n_accepted, accepted_hash = tally.accepted(c, pool.id)
        decided, given = tally.decisions_by_rule(c, pool.id), tally.ratings_given(c, pool.id)
        files, others = tally.files(c, pool.id), tally.of_other_origins(c, pool.id)
    return {
        "format": FORMAT,
        "pool": {"name": pool.name, "created_at": moment(pool.created_at), "settings": dict(pool.settings)},
        "seeds": {"n": n_seeds, "sha256": seeds_hash},
        "imports": files,
        "tasks_of_other_origins": others,
        "runs": [_run(database, run) for run in reversed(control.of_pool(database, pool.id, limit=100_000))],
        "accepted": {"n": n_accepted, "sha256": accepted_hash},
        "funnel": {
            "candidates": at.candidates.arrived,
            "dropped": dict(at.candidates.dropped),
            "instances": at.instances,
            "reviewed": at.reviewed,
            "approved": at.approved,
            "grades": dict(at.grades),
        },
        "decisions": decided,
        "ratings": given,
        "audits": _audits(database, pool, reader),
        "releases": [_release(one) for one in reversed(past.every(database, pool.id))],
        "versions": versions(),
    }


def write(database: Database, pool: Pool, path: Path, reader: str) -> dict[str, Any]:
    """Write the project to a file, whole or not at all, and return what was written."""
    may_write(path, LINES)
    told = project(database, pool, reader)
    text = json.dumps(told, indent=2, ensure_ascii=False, sort_keys=False) + "\n"
    put(path, text, errors="surrogatepass")
    return told


def read(path: Path) -> dict[str, Any]:
    """The project in a file. Raises Refused where it holds none."""
    text = whole(path, LARGEST, "what `winnow project export` wrote")  # a file that is not there says so itself
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(
            f"{path.name} holds no project ({type(error).__name__}); `winnow project export` writes one."
        ) from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise Refused(f"{path.name} is no project of this format ({FORMAT}); `winnow project export` writes one.")
    if wrong := _unlike_ours(found):
        raise Refused(f"{path.name} holds no project ({wrong}); `winnow project export` writes one.")
    return found


def _unlike_ours(told: Mapping[str, Any]) -> str:
    """What a replay would trip over in a file that says it is a project, in a few words; "" for nothing."""
    level: list[Any] = [told]
    for _ in range(DEEPEST):
        level = [one for each in level if isinstance(each, dict | list) for one in _inside(each)]
    if level:
        return "it is nested more deeply than any"
    pool, runs = told.get("pool"), told.get("runs")
    if not isinstance(pool, dict) or not isinstance(pool.get("name"), str):
        return "its pool has no name"
    if not isinstance(runs, list):
        return "it has no list of runs"
    for place, run in enumerate(runs, 1):
        wrong = [name for name, kind in RUN.items() if not isinstance(run, dict) or type(run.get(name)) is not kind]
        if wrong:
            return f"the {wrong[0]} of run {place} in its list is missing or of another kind"
        numbers = [run[name] for name, kind in RUN.items() if kind is int] + list(run["counts"].values())
        if not all(type(n) is int and 0 <= n <= MOST for n in numbers):
            return f"a number of run {place} in its list is none that a run can have"
    if len({run["run"] for run in runs}) != len(runs):
        return "a run stands in its list twice"
    return ""


def _inside(one: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return one.values() if isinstance(one, dict) else one


def _run(database: Database, run: Run) -> dict[str, Any]:
    exchanges = book.of_run(database, run.id)
    n_replies, replies_hash = tally.fingerprint(one.reply.text for one in exchanges if one.reply)
    with database.read() as c:
        n, texts_hash = tally.arrived(c, run.id)
    return {
        "run": run.id,
        "method": run.method,
        "state": run.state.value,
        "started_at": moment(run.started_at),
        "models": sorted({one.model for one in exchanges}),
        "settings": dict(run.settings),
        "batches": len(control.batches(database, run.id)),
        "requests": len(exchanges),
        "replies": {"n": n_replies, "sha256": replies_hash},
        "candidates": {"n": n, "sha256": texts_hash},
        "counts": {name: n for name, n in run.counts.items() if type(n) is int and not name.startswith("began")},
    }


def _audits(database: Database, pool: Pool, reader: str) -> list[Mapping[str, Any]]:
    seen = results.opened(database, pool.id, reader)
    rows = [{**_audit(one), "found": one.found.as_json()} for one in seen.results]
    rows += [{**_audit(one), "found": None} for one in seen.closed]
    return sorted(rows, key=lambda row: int(row["audit"]))


def _audit(one: Result | results.StillJudging) -> dict[str, Any]:
    its = one.audit
    return {"audit": its.id, "name": its.name, "seed": its.seed, "fingerprint": its.fingerprint}


def _release(one: Any) -> dict[str, Any]:
    told = asdict(one)
    kept = ("id", "name", "rows", "counts", "excluded", "predicate", "options", "sha256")
    return {**{name: told[name] for name in kept}, "created_at": moment(one.created_at)}
