"""What if, at the size of the paper's pool: the curve once, and again from what was kept.

Run: `python -m tests.benchmarks.bench_whatif [--count 52445]`. The ratios are taken in one run: going through the gate
with the texts against the curve from stored pairs, for as many thresholds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core import pools
from core.database import Database, open_database
from core.gate import whatif
from core.gate.replay import replay
from core.pool import arrivals
from core.pool.arrivals import NewTask
from core.records import Origin, Pool
from tests.benchmarks.bench_novelty import PAPER_COUNT, pool

GOAL_SECONDS, GOAL_RATIO = 60, 10
CHUNK = 5_000


def main() -> int:
    """Print one JSON object; return 1 where a promise does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=PAPER_COUNT)
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'winnow.db'}")
        made = stored(database, pool(count))
        once, found = timed(lambda: whatif.load(database, made))
        _, first = timed(found.curve)
        again, found = timed(lambda: whatif.load(database, made))
        curve, points = timed(found.curve)
        turn, changes = timed(lambda: whatif.differences(found, 0.7, 0.6))
        state, _ = timed(lambda: whatif.state_of(database, made))
        gate, replayed = timed(lambda: replay(database, made, 0.7))
        kept = {point.threshold: point.kept for point in points}
        figures = {
            "candidates": count,
            "pairs": len(found.pairs),
            "once_seconds": once,
            "again_seconds": again,
            "curve_seconds": curve,
            "differences_seconds": turn,
            "state_seconds": state,
            "gate_with_texts_seconds": gate,
            "ratio_gate_to_curve_a_threshold": round(gate / (curve / len(points)), 1),
            "kept": kept,
            "would_go_or_come": [len(some) for some in changes],
            "wrong": int(kept[0.7] != len(replayed.kept) or first != points),
        }
        database.close()
    print(json.dumps(figures))
    return int(once > GOAL_SECONDS or figures["ratio_gate_to_curve_a_threshold"] < GOAL_RATIO or figures["wrong"] > 0)


def stored(database: Database, texts: list[str]) -> Pool:
    """A pool with the built-in seeds and these texts as imported tasks."""
    made = pools.make(database, "large")
    for start in range(0, len(texts), CHUNK):
        with database.write() as c:
            arrivals.add(c, made.id, [NewTask(Origin.IMPORT, text) for text in texts[start : start + CHUNK]])
    return made


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds by the clock, and what the work returned."""
    began = time.perf_counter()
    done = work()
    return round(time.perf_counter() - began, 3), done


if __name__ == "__main__":
    sys.exit(main())
