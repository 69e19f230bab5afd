"""Comparing a large pool's tasks as a run, in a process of its own, with progress, a stop, and a resume that goes on.

What it has found is kept every minute. A resume begins anew only where the pool has changed meanwhile. Until it is
through the pool keeps what an earlier run had found.
"""

from __future__ import annotations

import base64
import time
from array import array
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
import sqlalchemy as sa

from core.aside import Aside
from core.database import Database
from core.gate import ledger
from core.gate.admission import tokeniser_of
from core.gate.replay import seeds_met
from core.gate.rules import LARGE as LARGE
from core.near import arrays
from core.near.rows import nearness
from core.pool import pools as pool_store
from core.records import Pool, Run, RunState, WinnowError
from core.runs import control
from core.runs.runner import Job, Outcome
from core.words import number_of

METHOD = "near"
SAID = {"reading": "read", "sorting": "sorting the words", "comparing": "compared"}  # how far a run is, by its stage
SAY_S, POLL_S = 0.5, 0.1
STEP_S = 60.0  # of work that a kill may cost
PORTION = 2_000  # texts that are handed over together
AT_ONCE = 8  # parts that are let go of in one transaction


class ComparingFailed(WinnowError):
    """The process that compares could not start or died; what was found before is as it was."""


def is_large(database: Database, pool: Pool) -> bool:
    """Whether a pool's tasks are compared by a run, and not at once."""
    return ledger.survival(database, pool.id).arrived > LARGE


def plan_of(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a run was asked to do: to compare the pool's tasks, which has no settings."""
    return {}


def latest(database: Database, pool_id: int) -> Run | None:
    """The pool's newest run that compares its tasks, as it stands."""
    return next(iter(control.of_pool(database, pool_id, METHOD, limit=1)), None)


def begin(database: Database, pool_id: int, *, here: bool = False) -> Run:
    """Queue a run that compares the pool's tasks, or take up the one that was put down. Refused while one works."""
    last = latest(database, pool_id)
    if last is not None and last.state.is_resumable:
        return control.resume(database, last.id, here=here)
    return control.start(database, pool_id, METHOD, {}, None, here=here)


def work(job: Job) -> Outcome:
    """Compare the tasks that the pool has now, from where this run was put down if nothing changed since."""
    began = time.monotonic()
    with job.database.read() as c:
        pool = pool_store.by_id(c, job.run.pool_id)
        now = _moment(c, pool)
        kept = nearness.of_run(c, job.run.id)
    if kept is None or kept.moment != now:
        kept_id = _begin(job, pool, now)
    else:
        kept_id = kept.id
    _clear(job, kept_id)
    made = _compared(job, pool, kept_id, began)
    if made is None:
        return job.put_down()
    _clear(job, kept_id, others=True)
    with job.write() as c:
        nearness.drop_others(c, pool.id, kept_id)
        kept = nearness.of_run(c, job.run.id)
        assert kept is not None
        job.report(c, stage="done", done=kept.texts, of=kept.texts)
    return Outcome(
        RunState.DONE,
        f"{number_of(kept.texts - kept.seeds, 'candidate')} compared in {kept.seconds:,.0f} seconds; "
        f"{number_of(kept.pairs, 'pair', 'decide')}.",
    )


def _moment(c: sa.Connection, pool: Pool) -> list[int | str]:
    return [*nearness.moment(c, pool.id), tokeniser_of(pool).value]


def _begin(job: Job, pool: Pool, now: list[int | str]) -> int:
    """Note which tasks are compared, in their order, and which of them are accepted."""
    ids, shown = array("q"), bytearray()
    with job.database.read() as c:
        seeds = seeds_met(c, pool.id, lambda some: nearness.reached(c, some))
        ids.extend(task_id for task_id, _ in seeds)
        shown.extend(bytes(len(seeds)))
        for task_id, _, accepted in nearness.arrived(c, pool.id):
            ids.append(task_id)
            shown.append(accepted)
    with job.write() as c:
        kept_id = nearness.begin(c, pool.id, job.run.id, now, len(ids), len(seeds))
    for name, numbers in (("ids", np.frombuffer(ids, np.int64)), ("shown", np.frombuffer(shown, np.bool_))):
        for number, part in enumerate(arrays.in_packed_parts(numbers)):
            with job.write() as c:
                nearness.put(c, kept_id, name, nearness.BEGUN, number, part)
    return kept_id


def _compared(job: Job, pool: Pool, kept_id: int, began: float) -> bool | None:
    """Whether all is compared; None where the run was asked to end."""
    with job.database.read() as c:
        kept = nearness.of_run(c, job.run.id)
    assert kept is not None
    step, pairs, before, said = kept.step + 1, kept.pairs, kept.seconds, 0.0
    if kept.whole:
        return True
    with Aside("core.near.worker", _handed(job, pool, kept_id)) as process:
        while True:
            if job.asked:
                return None
            reply = process.reply(POLL_S)
            if reply is None:
                continue
            if "gone" in reply:
                raise ComparingFailed(
                    f"The process that compares ended ({reply['gone']}); resume goes on from what is kept, and doctor "
                    "tells whether the packages are whole."
                )
            if "changed" in reply:
                raise ComparingFailed("The pool changed while its tasks were read; resume begins anew.")
            if "part" in reply:
                with job.write() as c:
                    data = base64.b64decode(reply["data"])
                    nearness.put(c, kept_id, reply["part"], step, reply["number"], data)
            elif "step" in reply:
                pairs += reply["pairs"]
                seconds = before + time.monotonic() - began
                with job.write() as c:
                    nearness.reach(c, kept_id, step, reply["step"], pairs, seconds, reply["whole"])
                if reply["whole"]:
                    return True
                step += 1
                _clear(job, kept_id)
            elif reply["stage"] != job.counts.get("stage") or time.monotonic() - said >= SAY_S:
                said = time.monotonic()
                job.report(**reply)


def _handed(job: Job, pool: Pool, kept_id: int) -> Iterator[Mapping[str, Any]]:
    """What the process is handed: the texts portion by portion, and what is kept of an earlier one."""
    with job.database.read() as c:
        kept = nearness.of_run(c, job.run.id)
        assert kept is not None
        names = {"kept": 1} | dict.fromkeys(arrays.REPLACED, kept.step) if kept.step else {}
        parts = {name: nearness.parts(c, kept_id, name, first, kept.step) for name, first in names.items()}
        yield {
            "texts": kept.texts,
            "seeds": kept.seeds,
            "done": kept.done,
            "tokeniser": tokeniser_of(pool).value,
            "known": {name: len(some) for name, some in parts.items()},
            "step_s": STEP_S,
        }
        if kept.moment != _moment(c, pool):
            yield {"changed": True}
            return
        seeds = seeds_met(c, pool.id, lambda some: nearness.reached(c, some))
        yield {"texts": [text for _, text in seeds], "shown": [False] * len(seeds)}
        every = nearness.arrived(c, pool.id)
        while portion := list(islice(every, PORTION)):
            yield {"texts": [text for _, text, _ in portion], "shown": [accepted for _, _, accepted in portion]}
    for some in parts.values():
        for part in some:
            yield {"data": base64.b64encode(part).decode()}


def _clear(job: Job, kept_id: int, *, others: bool = False) -> None:
    """Let go of what no longer counts, a few parts at a time: with `others`, of what older runs found as well."""
    those = True
    while those:
        with job.write() as c:
            found = nearness.needless(c, job.run.pool_id, kept_id, list(arrays.REPLACED), AT_ONCE, others=others)
            nearness.drop(c, found)
        those = bool(found)
