"""Throughput of the client at concurrency 32 against a server that takes one second for each reply.

Ideal: every one of 32 places always busy, so that N requests take N / 32 seconds. The target is 90% of that, with every
request and reply committed to SQLite. Run: `python -m tests.benchmarks.bench_client [--requests 640] [--json]`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from core.database.engine import open_database
from core.llm.client import Client
from core.llm.providers import CUSTOM
from core.llm.rows.requests import RunLedger
from core.pool.pools import create
from core.records import Budget, Endpoint, Request
from core.runs.rows import runs
from core.settings import PROJECT

CONCURRENCY, LATENCY_S, TARGET = 32, 1.0, 0.90
PROMPT = "A long and varied list of tasks.\n" + "\n".join(f"{n}. {'word ' * 12}" for n in range(1, 9)) + "\n9."


def measure(requests: int) -> dict[str, float]:
    """Return the seconds taken, the ideal, and their ratio."""
    command = [sys.executable, "-m", "tests.fake_openai", "--latency", str(LATENCY_S)]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT) as server,
    ):
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            seconds = asyncio.run(_ask_all(url, _ledger(Path(folder)), requests))
        finally:
            server.kill()
    ideal = requests / CONCURRENCY * LATENCY_S
    return {"requests": requests, "seconds": seconds, "ideal_seconds": ideal, "share_of_ideal": ideal / seconds}


def _ledger(folder: Path) -> RunLedger:
    database = open_database(f"sqlite:///{folder / 'winnow.db'}")
    with database.write() as c:
        run = runs.queue(c, create(c, "bench").id, "self-instruct", {}, Budget(), {})
    return RunLedger(database, run.id, "custom", "http://127.0.0.1")


async def _ask_all(url: str, ledger: RunLedger, requests: int) -> float:
    wanted = [
        Request(
            f"{n}/instructions",
            "instructions",
            Endpoint.COMPLETIONS,
            "fake",
            {"model": "fake", "prompt": f"{PROMPT} {n}", "max_tokens": 1024, "stop": ["\n\n", "\n16"]},
        )
        for n in range(requests)
    ]
    async with Client(replace(CUSTOM, base_url=url), "", ledger, concurrency=CONCURRENCY) as client:
        await client.ask(replace(wanted[0], key="warm"))  # the openai package is imported and a connection is open
        started = time.perf_counter()
        await asyncio.gather(*(client.ask(request) for request in wanted))
        return time.perf_counter() - started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=640)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    got = measure(args.requests)
    if args.json:
        print(json.dumps(got))
    else:
        print(
            f"{got['requests']} requests at concurrency {CONCURRENCY}, {LATENCY_S:g} s each: {got['seconds']:.2f} s, "
            f"ideal {got['ideal_seconds']:.2f} s, {got['share_of_ideal']:.1%} of ideal (target {TARGET:.0%})"
        )
    return 0 if got["share_of_ideal"] >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
