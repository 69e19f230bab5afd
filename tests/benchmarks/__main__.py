"""Run the benchmarks one after the other, all or those named: `python -m tests.benchmarks [grow import ...]`.

One JSON object a line on standard output; exit code 1 where a benchmark failed or its promise was not kept.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from core.settings import PROJECT


def main() -> int:
    """Run them and return the exit code."""
    there = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    names = sys.argv[1:] or there
    unknown = [name for name in names if name not in there]
    if unknown:
        print(f'There is no benchmark "{unknown[0]}"; there are {", ".join(there)}.', file=sys.stderr)
        return 2
    worst = 0
    for name in names:
        found = run(name)
        print(json.dumps(found), flush=True)
        worst = max(worst, 0 if found["exit_code"] == 0 else 1)
    return worst


def run(name: str) -> dict[str, Any]:
    """One benchmark in a process of its own: the JSON object that it prints, or its lines."""
    started = time.perf_counter()
    command = [sys.executable, "-m", f"tests.benchmarks.bench_{name}"]
    done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=False)
    took = {"bench": name, "exit_code": done.returncode, "took_seconds": round(time.perf_counter() - started, 1)}
    return {**took, **_figures(done.stdout)}


def _figures(said: str) -> dict[str, Any]:
    try:
        found = json.loads(said)
    except json.JSONDecodeError:
        return {"lines": said.splitlines()}
    return found if isinstance(found, dict) else {"found": found}


if __name__ == "__main__":
    sys.exit(main())
