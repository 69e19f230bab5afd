"""A whole Self-Instruct run at concurrency 32 against a server that takes one second for each reply.

Ideal: every one of 32 places busy from the first moment to the last, so that N requests take N / 32 seconds. The whole
run counts: drawing, filters, gate, every request and reply on disk, the first batch that nothing can go beside, and the
last tasks that come home alone. Promised: 90% of the ideal.
Run: `python -m tests.benchmarks.bench_grow [--tasks 800]`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from core import pools
from core.database import open_database
from core.llm.target import Target
from core.records import Endpoint
from core.runs import control
from core.runs import runner as runs
from core.runs.until import Until
from core.selfinstruct.loop import METHOD, SelfInstructPlan
from core.selfinstruct.settings import SelfInstructSettings
from core.settings import PROJECT

CONCURRENCY, LATENCY_S, PROMISED = 32, 1.0, 0.90


def main() -> int:
    """Print one JSON object; return 1 where the promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=800)
    wanted = parser.parse_args().tasks
    command = [sys.executable, "-m", "tests.fake_openai", "--latency", str(LATENCY_S)]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT) as server,
    ):
        try:
            assert server.stdout is not None
            figures = measure(server.stdout.readline().strip(), Path(folder), wanted)
        finally:
            server.kill()
    print(json.dumps(figures))
    return 0 if figures["kept"] else 1


def measure(url: str, folder: Path, wanted: int) -> dict[str, object]:
    """Grow a pool until so many tasks are accepted, and say which share of the ideal throughput that was."""
    import openai  # noqa: F401  # what a program loads once is not part of the run

    database = open_database(f"sqlite:///{folder / 'winnow.db'}")
    pool = pools.make(database, "bench")
    target = Target("custom", url, "fake", Endpoint.COMPLETIONS, CONCURRENCY)
    plan = SelfInstructPlan(SelfInstructSettings(), target, Until(tasks=wanted)).as_mapping()
    run = control.start(database, pool.id, METHOD, plan, here=True)
    started, cpu = time.perf_counter(), time.process_time()
    run = runs.work_here(database, run.id)
    seconds, busy = time.perf_counter() - started, time.process_time() - cpu
    ideal = run.counts["requests"] / CONCURRENCY * LATENCY_S
    return {
        "state": run.state.value,
        "accepted": run.counts["accepted"],
        "requests": run.counts["requests"],
        "seconds": round(seconds, 2),
        "cpu_seconds": round(busy, 2),
        "ideal_seconds": round(ideal, 2),
        "share_of_ideal": round(ideal / seconds, 3),
        "promised_share": PROMISED,
        "kept": run.state.value == "done" and ideal / seconds >= PROMISED,
    }


if __name__ == "__main__":
    raise SystemExit(main())
