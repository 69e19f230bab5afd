"""Reading a model's reply: one of a single mark, four times as long, against the reply itself in the same run.

Run: `python -m tests.benchmarks.bench_replies`. Work that grows with the square of the length would be sixteen times.
"""

from __future__ import annotations

import json
import sys
import time

from tests.selfinstruct.test_chat_replies import MARKS, STEPS, read

GOAL = 8.0


def main() -> int:
    """Print one JSON object; return 1 where a reply four times as long takes more than eight times the work."""
    grows = {mark[:6]: round(work(mark * 4) / work(mark), 1) for mark in MARKS}
    print(json.dumps({"times_for_four_times_the_text": grows, "kept": max(grows.values()) <= GOAL}))
    return 0 if max(grows.values()) <= GOAL else 1


def work(text: str) -> float:
    """Processor seconds of every step's reader, the least of three."""
    found = []
    for _ in range(3):
        started = time.process_time()
        for step in STEPS:
            read(step, text)
        found.append(time.process_time() - started)
    return min(found)


if __name__ == "__main__":
    sys.exit(main())
