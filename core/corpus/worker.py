"""One worker of the local engine: `python -m core.corpus.worker JOB`, told shards on standard input.

Each line in is the index of a shard; each line out is `{"shard": index}` when its files are on disk, or
`{"shard": index, "error": why}`. When its program is gone, standard input ends and the worker ends at once.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from queue import SimpleQueue
from typing import TextIO

from core.corpus.job import read_job
from core.corpus.sift import sift
from core.foreign import told


def work(job_path: str, orders: TextIO, reports: TextIO) -> None:
    """Sift the shards that are ordered, one after the other, until the orders end."""
    job = read_job(job_path)
    waiting: SimpleQueue[int] = SimpleQueue()
    threading.Thread(target=_listen, args=(orders, waiting), daemon=True).start()
    while True:
        index = waiting.get()
        report: dict[str, object] = {"shard": index}
        try:
            sift(job, job.shards[index])
        except Exception as error:  # noqa: BLE001  the program is told, and decides whether to try again
            report["error"] = f"{type(error).__name__}: {told(error)}"
        print(json.dumps(report), file=reports, flush=True)


def _listen(orders: TextIO, waiting: SimpleQueue[int]) -> None:
    for line in orders:
        waiting.put(int(line))
    os._exit(0)  # in the middle of a shard too: its unfinished files count for nothing


if __name__ == "__main__":
    # Whatever else prints, the report stream stays clean.
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    work(sys.argv[1], sys.stdin, stream)
