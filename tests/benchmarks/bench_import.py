"""Importing a set of the paper's size: 52,445 instructions with 82,000 instances, through the filters and without.

Each import runs in a process of its own, as from the command line, and is given as a ratio to reading the same file
with plain `json.loads` in the same run. Promised: 20 s and 300 MB of memory. Ratios and the promise are taken in
processor seconds, so that other load doesn't count; the time on the clock is printed beside.
Run: `python -m tests.benchmarks.bench_import [--instructions 52445] [--instances 82000]`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from core.settings import PROJECT
from tests.benchmarks.bench_novelty import pool

INSTRUCTIONS, INSTANCES, PROMISED_S, PROMISED_MB = 52_445, 82_000, 20.0, 300.0


def main() -> int:
    """Print one JSON object; return 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instructions", type=int, default=INSTRUCTIONS)
    parser.add_argument("--instances", type=int, default=INSTANCES)
    parser.add_argument("--apart", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.apart is not None:
        return _apart(options.apart)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "all_instances.jsonl")
        _write(file, options.instructions, options.instances)
        plain = _plain_seconds(file)
        kinds = {"first": [], "filtered": [], "no_filter": ["--no-filter"], "again": []}
        found: dict[str, Any] = {}
        for kind, flags in kinds.items():
            # The first one compiles the novelty join; "again" imports the same file into the pool that has it.
            into = Path(folder, "filtered" if kind == "again" else kind)
            found[kind] = _imported(file, into, flags)
            found[kind]["ratio_to_json_loads"] = round(found[kind]["cpu_seconds"] / plain, 1)
    kept = all(one["cpu_seconds"] <= PROMISED_S and one["peak_mb"] <= PROMISED_MB for one in found.values())
    figures = {
        "instructions": options.instructions,
        "instances": options.instances,
        "json_loads_seconds": round(plain, 2),
        **found,
        "promised_seconds": PROMISED_S,
        "promised_mb": PROMISED_MB,
        "kept": kept and found["again"]["tasks"] == 0,
    }
    print(json.dumps(figures))
    return 0 if figures["kept"] else 1


def _write(file: Path, instructions: int, instances: int) -> None:
    """Instructions as in the novelty bench; inputs and outputs with the lengths of the paper's Table 1."""
    chance = random.Random(3)
    words = [f"word{number}" for number in range(5000)]
    texts = pool(instructions)
    with file.open("w", encoding="utf-8") as lines:
        for number in range(instances):
            given = "" if chance.random() < 0.44 else _some(chance, words, 12.7)
            row = {"instruction": texts[number % len(texts)], "input": given, "output": _some(chance, words, 18.9)}
            lines.write(json.dumps(row) + "\n")


def _some(chance: random.Random, words: list[str], mean: float) -> str:
    return " ".join(chance.choices(words, k=max(1, round(chance.expovariate(1 / mean)))))


def _plain_seconds(file: Path) -> float:
    started = time.process_time()
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            json.loads(line)
    return time.process_time() - started


def _imported(file: Path, data: Path, flags: list[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.bench_import", "--apart", str(file), *flags]
    environment = {**os.environ, "WINNOW_DATA_DIR": str(data)}
    # argparse would take the import's own flags for ours
    command = [*command[:4], *(part.replace("--no-filter", "no-filter") for part in command[4:])]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def _apart(arguments: list[str]) -> int:
    import contextlib
    import io

    from core.__main__ import main as winnow

    file, *flags = arguments
    said = io.StringIO()
    started, cpu = time.perf_counter(), time.process_time()
    with contextlib.redirect_stdout(said):
        winnow(["import", "bench", file, "--json", *(f"--{flag}" for flag in flags)])
    report = json.loads(said.getvalue())
    figures = {
        "seconds": round(time.perf_counter() - started, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        **{name: report[name] for name in ("rows", "tasks", "accepted", "instances", "already_there")},
    }
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
