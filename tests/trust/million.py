"""A pool of a million instances: import, the gate, every page, the desk and a release, each in a process of its own.

Run: `python -m tests.trust.million [--rows 1000000] [--folder FOLDER] [PART ...]`; the parts are gate, import, pages,
desk, release. The file and the database are made once in the folder and used again. Seconds are given by the clock and
of the processor, memory is the peak of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.settings import PROJECT

POOL = "million"
PARTS = ("gate", "import", "pages", "desk", "release")
WARM_DRAWS = 12
FORMATS = 10


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; by default all")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "winnow-million")
    parser.add_argument("--pages", nargs="*", help="of the part pages only these, by their addresses; by default all")
    parser.add_argument("--apart", help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = options.folder / str(options.rows)
    folder.mkdir(parents=True, exist_ok=True)
    if options.apart:
        name, _, page = options.apart.partition(":")
        print(json.dumps(page_draws(page) if name == "page" else DOES[name](folder, options.rows)))
        return 0
    if not (folder / "rows.jsonl").exists():
        write_rows(folder, options.rows)
    for part in options.parts or PARTS:
        if part == "pages":
            from pages.shared.contents import SECTIONS

            every = [entry.address for entries in SECTIONS.values() for entry in entries]
            for address in options.pages or every:
                told(f"page {address}", apart(f"page:{address}", options))
        elif part == "import" and (folder / "data").exists():
            told("import", "made before")
        else:
            told(part, apart(part, options))
    return 0


def told(name: str, found: object) -> None:
    print(f"{name:18} {found}", flush=True)


def apart(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Do a part in a process of its own."""
    data = options.folder / str(options.rows) / "data"
    command = [sys.executable, "-m", "tests.trust.million", "--rows", str(options.rows), "--folder", options.folder]
    done = subprocess.run(
        [*command, "--apart", name],
        cwd=PROJECT,
        env={**os.environ, "WINNOW_DATA_DIR": str(data), "WINNOW_REVIEWER": "me"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return {"failed": done.stderr[-2000:]}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def write_rows(folder: Path, count: int) -> None:
    """A file of `count` rows: instructions as the novelty bench makes them, 16 for each 25 rows, lengths of Table 1."""
    from tests.benchmarks.bench_novelty import pool

    texts = pool(count)
    (folder / "instructions.txt").write_text("\n".join(texts))
    dice, words = random.Random(3), [f"word{number}" for number in range(5000)]

    def some(mean: float) -> str:
        return " ".join(dice.choices(words, k=max(1, round(dice.expovariate(1 / mean)))))

    tasks = count * 16 // 25
    with (folder / "rows.part").open("w") as lines:
        for number in range(count):
            given = "" if dice.random() < 0.44 else some(12.7)
            lines.write(json.dumps({"instruction": texts[number % tasks], "input": given, "output": some(18.9)}) + "\n")
    (folder / "rows.part").rename(folder / "rows.jsonl")


def gate(folder: Path, count: int) -> dict[str, Any]:
    """The gate over `count` different instructions."""
    from core.novelty import admit

    texts = (folder / "instructions.txt").read_text().split("\n")
    found = timed(lambda: admit(texts, 0.7))
    return {**found[0], "texts": len(texts), "kept": int(found[1].kept.sum())}


def bring(folder: Path, count: int) -> dict[str, Any]:
    """The import as the command line does it; afterwards, untimed, a tenth is rated, all parsed, half as from runs."""
    from core.database import open_database
    from core.pools.bringing import bring_tasks
    from core.settings import load

    database = open_database(load().url)
    figures, brought = timed(lambda: bring_tasks(database, POOL, folder / "rows.jsonl"))
    look_at(database, brought.pool.id)
    grow_half(database, brought.pool.id)
    return {**figures, "tasks": brought.report.tasks, "instances": brought.report.instances}


def look_at(database: Any, pool_id: int) -> None:
    """A tenth of the instances rated, and every task with a verb and an object, as weeks of work would leave them."""
    import sqlalchemy as sa

    from core.database.engine import reserve_ids
    from core.database.schema import instances, parses, ratings, standings, tasks
    from core.diversity.parser import BUILT_IN, LEXICON, parser_named

    dice = random.Random(5)
    with database.write() as c:
        rows = c.execute(
            sa.select(instances.c.id, instances.c.text_hash).where(
                instances.c.pool_id == pool_id, instances.c.is_seed.is_(False), instances.c.id % 10 == 0
            )
        ).all()
        ids = reserve_ids(c, ratings, len(rows))
        said = [
            {"id": n, "instance_id": i, "pool_id": pool_id, "reviewer": "ann", "round": "", "kind": "rate",
             "text_hash": h, "grade": (g := dice.choice("AABBBCD")), "valid": g in "AB"}
            for n, (i, h) in zip(ids, rows, strict=True)
        ]  # fmt: skip
        c.execute(ratings.insert(), [{**one, "flags": [], "at": 1.0} for one in said])
        columns = ("instance_id", "pool_id", "reviewer", "round", "kind", "text_hash", "grade", "valid")
        c.execute(
            standings.insert(), [{"rating_id": one["id"], **{name: one[name] for name in columns}} for one in said]
        )
        c.execute(  # at once: many updates of one row each are as many ways to the server and back
            instances.update()
            .where(instances.c.id == standings.c.instance_id, standings.c.pool_id == pool_id)
            .values(rated=1, grade=standings.c.grade, valid=standings.c.valid)
        )
        hashes = list(c.execute(sa.select(tasks.c.instruction_hash).where(tasks.c.pool_id == pool_id)).scalars())
        for parser in (parser_named(LEXICON).key, parser_named(BUILT_IN).key):
            read = [
                {
                    "parser": parser,
                    "text_hash": one,
                    "verb": f"verb{int(dice.expovariate(0.02))}",
                    "noun": f"noun{noun}",
                }
                for one, noun in ((one, int(dice.expovariate(0.01))) for one in dict.fromkeys(hashes))
            ]
            c.execute(parses.insert(), read)


def grow_half(database: Any, pool_id: int) -> None:
    """Every second task from one of eighty runs and from a reply of its own, as though models had been asked for it."""
    import sqlalchemy as sa

    from core.database.engine import reserve_ids
    from core.database.parts import in_parts
    from core.database.schema import replies, requests, runs, tasks
    from core.llm.target import DEMO
    from core.records import Budget
    from core.runs.rows.runs import queue
    from core.runs.until import Until
    from core.selfinstruct.loop import METHOD, SelfInstructPlan
    from core.selfinstruct.settings import CHAT

    asked = {"key": "", "step": "instructions", "provider": "custom", "base_url": "", "endpoint": "chat", "model": "m"}
    came = {"attempt": 1, "text": "x", "prompt_tokens": 200, "completion_tokens": 20, "usd": 0.001, "seconds": 1.0}
    with database.write() as c:
        plan = SelfInstructPlan(CHAT, DEMO, Until(batches=250)).as_mapping()
        run_ids = [queue(c, pool_id, METHOD, plan, Budget(), {}).id for _ in range(80)]
        c.execute(sa.update(runs).values(state="done"))
        its = sa.select(tasks.c.id).where(tasks.c.pool_id == pool_id, tasks.c.id % 2 == 0, tasks.c.origin == "import")
        ids = list(c.execute(its.order_by(tasks.c.id)).scalars())
        for n, part in enumerate(in_parts(ids, -(-len(ids) // len(run_ids)))):
            numbers = reserve_ids(c, requests, len(part))
            batch = {number: place // 32 for place, number in enumerate(numbers)}
            whose = {"run_id": run_ids[n], "body": {}, "created_at": 1.0}
            c.execute(
                requests.insert(), [{**asked, **whose, "id": r, "key": str(r), "batch": b} for r, b in batch.items()]
            )
            c.execute(replies.insert(), [{**came, "request_id": r, "body": {}, "created_at": 1.0} for r in numbers])
            c.execute(
                tasks.update().where(tasks.c.id == sa.bindparam("task")),
                [
                    {"task": task, "run_id": run_ids[n], "batch": batch[r], "request_id": r}
                    for task, r in zip(part, numbers, strict=True)
                ],
            )


def page_draws(address: str) -> dict[str, Any]:
    """Seconds of the page's first draw in a server that has shown another one, and the p95 of further draws.

    By the clock and of the processor: on a machine that others use as well, the second says what the page costs.
    """
    from streamlit.testing.v1 import AppTest

    from pages.shared import contents

    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=600)
    app.query_params["pool"] = POOL
    other = "backups" if address != "backups" else "settings"
    app.run()
    app.switch_page(contents.file_of(other)).run()
    began, cpu = time.perf_counter(), time.process_time()
    app.switch_page(contents.file_of(address)).run()
    cold, cold_cpu = time.perf_counter() - began, time.process_time() - cpu
    errors = [one.message for one in app.exception] + [one.value for one in app.error]
    warm = []
    for _ in range(WARM_DRAWS):
        began, cpu = time.perf_counter(), time.process_time()
        app.run()
        warm.append((time.perf_counter() - began, time.process_time() - cpu))
    seconds, of_processor = (sorted(each) for each in zip(*warm, strict=True))
    late = int(0.95 * WARM_DRAWS)
    return {
        "cold_s": round(cold, 2),
        "cold_cpu_s": round(cold_cpu, 2),
        "warm_median_s": round(statistics.median(seconds), 2),
        "warm_p95_s": round(seconds[late], 2),
        "warm_p95_cpu_s": round(of_processor[late], 2),
        "mb": peak_mb(),
        **({"errors": errors} if errors else {}),
    }


def desk(folder: Path, count: int) -> dict[str, Any]:
    """The act in core: rate, claim the next, read it."""
    from core.database import open_database
    from core.settings import load
    from tests.benchmarks.bench_desk import in_core

    database = open_database(load().url)
    from core.pool import pools
    from core.review.rows import queues

    with database.read() as c:
        pool = pools.get(c, POOL)

    def queue_of_everything() -> int:
        with database.write() as c:
            return queues.default(c, pool.id)

    figures, queue = timed(queue_of_everything)
    return {"queue": figures, **in_core(database, queue, 200)}


def release(folder: Path, count: int) -> dict[str, Any]:
    """Every instance in ten formats, into a folder, read back."""
    from core.database import open_database
    from core.pool import pools
    from core.release.formats import FORMATS as EVERY
    from core.release.making import make
    from core.release.order import ReleaseOrder
    from core.release.predicate import Predicate
    from core.release.split import Shares
    from core.settings import load

    database = open_database(load().url)
    with database.read() as c:
        pool = pools.get(c, POOL)
    names = tuple(EVERY)[:FORMATS]
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        order = ReleaseOrder(names, Predicate.everything(), Shares(0.9, 0.05, 0.05))
        figures, _ = timed(lambda: make(database, pool, order, Path(scratch) / "release"))
        size = sum(path.stat().st_size for path in Path(scratch).rglob("*") if path.is_file())
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return {**figures, "child_mb": children, "formats": names, "size_mb": size >> 20}


DOES: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "gate": gate,
    "import": bring,
    "desk": desk,
    "release": release,
}


def timed(work: Callable[[], Any]) -> tuple[dict[str, Any], Any]:
    began, cpu = time.perf_counter(), time.process_time()
    done = work()
    return {
        "seconds": round(time.perf_counter() - began, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "mb": peak_mb(),
    }, done


def peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    sys.exit(main())
