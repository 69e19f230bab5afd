"""The verb batch: requests that go together. What is under way, files out and answers in, cancelled, dropped."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.bounded_file import plain
from core.cli.console import Console, Subparsers, database, reads, verb, writes
from core.cli.working import carry_on, ended_well
from core.words import number_of


def register(verbs: Subparsers) -> None:
    """Add the verb and its actions."""
    parser = verbs.add_parser("batch", help="requests that go together: at a server for half the price, or by a file")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listed = verb(actions, "list", _list, "what is under way, of all runs or of one")
    listed.add_argument("run_id", nargs="?", type=int, metavar="RUN")
    out = verb(actions, "out", _out, "write the requests that a run waits for, as `vllm run-batch` reads them")
    writes(out, "file", help="where the requests are written, as JSON Lines")
    out.add_argument("--run", dest="run_id", type=int, help="by default the one run that waits for a file")
    came = verb(actions, "in", _in, "read the answers that `vllm run-batch` wrote, and go on with their run")
    reads(came, "file", nargs="+", help="every file of answers to what was written out")
    writes(came, "--next", metavar="FILE", help="write the run's next file of requests here, if it has one")
    for name, act, help_ in (
        ("cancel", _cancel, "ask the server to cancel the batches of a run; what they have finished is paid for"),
        ("drop", _drop, "wait for nothing more of a run's batches and files: a resume asks, and pays, again"),
    ):
        one = verb(actions, name, act, help_)
        one.add_argument("run_id", type=int, metavar="RUN")


def _list(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.runs import parcels

    found = parcels.under_way(database(), chosen.run_id)
    told = [{**asdict(one), "told": one.told} for one in found]
    console.result(
        {"batches": told},
        lambda: (
            [f"Run {one.run_id}: {one.told}" for one in found]
            or ["Nothing is under way; `winnow run start POOL --batch-api` sends requests together."]
        ),
    )
    return 0


def _out(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.runs import parcels

    run_id, n = parcels.write_file(database(), chosen.file, chosen.run_id)
    told = {"run": run_id, "requests": n, "file": str(chosen.file)}
    console.result(told, lambda: [f"{number_of(n, 'request')} of run {run_id} are in {chosen.file}."])
    return 0


def _lines(path: Path) -> list[str]:
    with plain(path, "the file that `vllm run-batch` wrote") as file:
        return file.read().decode("utf-8", "replace").splitlines()


def _in(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.runs import parcels

    db = database()
    files = [_lines(file) for file in chosen.file]
    returned = parcels.bring(db, files)
    console.note(returned.told)
    run = carry_on(db, returned.run_id, console)
    found: dict[str, Any] = {
        **asdict(returned.brought),
        "missing": returned.missing,
        "run": run.id,
        "state": run.state.value,
        "message": run.message,
        **run.counts,
    }
    if chosen.next and run.counts.get("awaits_file"):
        _, found["next_requests"] = parcels.write_file(db, chosen.next, run.id)
        found["next_file"] = str(chosen.next)
    console.result(found, lambda: [returned.told, f"Run {run.id} {run.state}: {run.message}"])
    return 0 if ended_well(run) else 1


def _cancel(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.runs import parcels

    said = parcels.cancel(database(), chosen.run_id)
    console.result({"run": chosen.run_id, "said": said}, lambda: said)
    return 0


def _drop(chosen: argparse.Namespace, console: Console) -> int | None:
    from core.runs import parcels

    n = parcels.drop(database(), chosen.run_id)
    told = f"{number_of(n, 'request')} of run {chosen.run_id} are waited for no more; a resume asks them again."
    console.result({"run": chosen.run_id, "dropped": n}, lambda: [told])
    return 0
