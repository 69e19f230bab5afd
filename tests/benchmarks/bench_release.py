"""How long 82,000 rows of a real SQLite pool take in every format at once, against a plain json.dump in the same run.

python tests/benchmarks/bench_release.py [ROWS]
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from sqlalchemy import select as select_columns

sys.path.insert(0, str(Path(__file__).parents[2]))

from core import pools
from core.database import Database, open_database, schema
from core.llm.rows import requests
from core.pool import arrivals, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.records import Budget, Endpoint, Origin, Pool, Request
from core.release.formats import FORMATS
from core.release.making import make
from core.release.order import ReleaseOrder
from core.release.predicate import Predicate
from core.release.rows import release_rows
from core.release.selection import select
from core.release.split import Shares
from core.runs.rows import runs

WORDS = [f"word{number}" for number in range(5_000)] + ["naïve", "数据", "😀", "שלום"]
TASKS_A_BATCH = 40


def filled(database: Database, count: int) -> Pool:
    """Make a pool of `count` instances with about the lengths of the Self-Instruct set: 16, 13 and 19 words (Table 1).

    Three rows for two tasks, a rating of each row, and batches with what their prompts showed.
    """
    draw = random.Random(1)

    def text(words: int) -> str:
        return " ".join(draw.choices(WORDS, k=max(1, int(draw.expovariate(1 / words)))))

    pool = pools.make(database, "bench")
    with database.write() as c:
        run = runs.queue(c, pool.id, "self-instruct", {"target": {"model": "base", "provider": "vllm"}}, Budget(), {})
        seeds = [task.id for task in tasks.seeds(c, pool.id)]
    ledger = requests.RunLedger(database, run.id, "vllm", "http://localhost:8000/v1")
    made, number = 0, 0
    while made < count:
        key = f"{number}/instructions/0"
        asked = ledger.record(Request(key, "instructions", Endpoint.COMPLETIONS, "base", {"prompt": "x"}, number))
        lineage: dict[str, Any] = {
            "run_id": run.id,
            "request_id": asked,
            "batch": number,
            "seed_id": seeds[0],
            "seed_score": 0.3,
        }
        new: list[NewTask] = []
        while len(new) < TASKS_A_BATCH and made < count:
            its = tuple(
                NewInstance("" if draw.random() < 0.45 else text(13), text(19))
                for _ in range(min(1 + draw.randrange(2), count - made))
            )
            made += len(its)
            is_classification = draw.random() < 0.2
            new.append(NewTask(Origin.SELF_INSTRUCT, text(16), is_classification, its, completed=True, **lineage))
        with database.write() as c:
            runs.plan(c, run.id, number, {"examples": [draw.sample(seeds, 8)]})
            arrivals.add(c, pool.id, new)
        number += 1
    with database.write() as c:
        rate_all(c, pool.id, draw)
    return pool


def rate_all(c: Connection, pool_id: int, draw: random.Random) -> None:
    """Rate every instance once, in bulk: what the desk would have stored, without its steps."""
    its = select_columns(schema.instances.c.id, schema.instances.c.text_hash).where(
        schema.instances.c.pool_id == pool_id, schema.instances.c.is_seed.is_(False)
    )
    said = [
        {
            "instance_id": row.id, "reviewer": "ann", "round": "", "pool_id": pool_id, "kind": "rate",
            "text_hash": row.text_hash, "grade": grade, "valid": grade in "AB",
        }
        for row in c.execute(its)
        for grade in draw.choices("AABBBBBCD", k=1)
    ]  # fmt: skip
    c.execute(schema.ratings.insert(), [{**one, "flags": [], "at": 1.0} for one in said])
    written = c.execute(select_columns(schema.ratings.c.id, schema.ratings.c.instance_id))
    rating_of = {row.instance_id: row.id for row in written}
    c.execute(schema.standings.insert(), [{**one, "rating_id": rating_of[one["instance_id"]]} for one in said])


def main() -> None:
    """Print seconds, ratios and the peak of memory of this process and its children."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 82_000
    with tempfile.TemporaryDirectory() as scratch:
        url = f"sqlite:///{Path(scratch, 'winnow.db')}"
        if len(sys.argv) > 2:  # a process of its own, so that making the pool does not count
            measure(count, url := sys.argv[2], Path(scratch))
            return
        database = open_database(url)
        timed("making the pool", lambda: filled(database, count))
        database.close()
        subprocess.run([sys.executable, __file__, str(count), url], check=True)


def measure(count: int, url: str, scratch: Path) -> None:
    database = open_database(url)
    [pool] = pools.every(database)
    before = peak()
    rule = Predicate.everything()
    timed("preview: the default rule", lambda: selected(database, pool, Predicate()))
    timed("preview: every instance", lambda: selected(database, pool, rule))
    stages: dict[str, float] = {}
    latest: list[Any] = [time.perf_counter(), "choosing rows"]

    def progress(stage: str, done: int, total: int) -> None:
        now = time.perf_counter()
        stages[str(latest[1])] = stages.get(str(latest[1]), 0.0) + now - latest[0]
        latest[:] = [now, stage]

    order = ReleaseOrder(tuple(FORMATS), rule, Shares(0.9, 0.05, 0.05))
    folder = timed("folder, every format", lambda: make(database, pool, order, scratch / "release", progress=progress))
    after = peak()
    zipped = timed("zip, every format", lambda: make(database, pool, order, scratch / "release.zip"))
    one = ReleaseOrder(("alpaca",), rule)
    alpaca = timed("one file, alpaca", lambda: make(database, pool, one, scratch / "one.json"))
    size = sum(path.stat().st_size for path in Path(scratch, "release").rglob("*") if path.is_file())
    plain = timed("plain json.dump of the rows", lambda: dump(database, pool, scratch / "plain.json"))
    for stage, seconds in sorted(stages.items(), key=lambda item: -item[1])[:12]:
        print(f"    {stage:<40} {seconds:6.2f} s")
    print(f"ratios to json.dump: folder {folder / plain:.1f}, zip {zipped / plain:.1f}, alpaca {alpaca / plain:.1f}")
    print(f"{count:,} rows, {size / 1e6:.0f} MB in {len(FORMATS)} formats")
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory: {before:.0f} MB before, {after:.0f} MB after the folder; a checking child {children:.0f} MB")


def selected(database: Database, pool: Pool, rule: Predicate) -> int:
    with database.read() as c:
        return len(select(c, pool.id, rule).admitted)


def dump(database: Database, pool: Pool, path: Path) -> None:
    """Write instruction, input and output of all rows the plain way: one list, one json.dump."""
    with database.read() as c:
        ids = select(c, pool.id, Predicate.everything()).admitted.tolist()
        table = [
            {"instruction": row.instruction, "input": row.input, "output": row.output}
            for row in release_rows.rows(c, ids)
        ]
    with path.open("w", encoding="utf-8") as file:
        json.dump(table, file)


def timed(name: str, work: Callable[[], object]) -> float:
    """Run the work, print and return its seconds."""
    start = time.perf_counter()
    found = work()
    seconds = time.perf_counter() - start
    print(f"{name:<40} {seconds:6.2f} s" + (f"  ({found:,})" if isinstance(found, int) else ""), flush=True)
    return seconds


def peak() -> float:
    """Return the peak of this process's memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
