"""Verbs about tasks: list, find, look at one whole."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from core.cli import filtering
from core.cli.bar import table
from core.cli.console import Console, Subparsers, database, limit, verb, who
from core.records import Origin, State, Task
from core.words import number_of


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    actions = verbs.add_parser("task", help="list, find, look at tasks").add_subparsers(dest="action", required=True)
    listed = verb(actions, "list", _list, "list a pool's tasks in order of arrival, read by key")
    listed.add_argument("pool")
    listed.add_argument(
        "--state", action="append", choices=[state.value for state in State], help="may be repeated (default accepted)"
    )
    listed.add_argument("--origin", choices=[origin.value for origin in Origin])
    listed.add_argument("--run", type=int, dest="of_run", metavar="RUN")
    listed.add_argument("--after", type=int, default=0, metavar="TASK", help="those that came after this one")
    listed.add_argument("--limit", type=int, default=50)
    show = verb(actions, "show", _show, "one task whole: instances, neighbours, discard, edits, lineage")
    show.add_argument("task", type=int)
    search = verb(actions, "search", _search, "find instances by words in instruction, input or output")
    search.add_argument("pool")
    search.add_argument("words", nargs="?", default="", help="as --search takes them")
    search.add_argument("--limit", type=int, default=50)
    filtering.add_options(search)


def as_json(task: Task) -> dict[str, Any]:
    """A task as programs read it."""
    return {
        **{name: value for name, value in asdict(task).items() if name not in ("instances", "pool_id")},
        "origin": task.origin.value,
        "state": task.state.value,
        "instances": [{**asdict(one), "state": one.state.value} for one in task.instances],
    }


def _list(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.review import whole

    db = database()
    pool = pools.named(db, chosen.pool)
    states = [State(name) for name in chosen.state or ["accepted"]]
    origin = Origin(chosen.origin) if chosen.origin else None
    found = whole.page(
        db, pool.id, states=states, origin=origin, run_id=chosen.of_run, after_id=chosen.after, limit=limit(chosen)
    )
    console.result(
        {"pool": pool.name, "tasks": [as_json(one) for one in found]},
        lambda: (
            table(
                ("task", "origin", "state", "instances", "instruction"),
                [(one.id, one.origin.value, one.state.value, len(one.instances), one.instruction) for one in found],
            )
            + ([f"More: --after {found[-1].id}"] if len(found) == limit(chosen) else [])
            if found
            else [
                f"No task of {pool.name} is {' or '.join(state.value for state in states)}"
                f"{' here' if origin or chosen.of_run or chosen.after else ''}; "
                f'`winnow run start "{pool.name}"` grows it, `winnow pool import` fills it.'
            ]
        ),
    )
    return 0


def _show(chosen: argparse.Namespace, console: Console) -> int:
    from core.review import whole

    found = whole.task(database(), chosen.task)
    task = found.task
    told = {
        **as_json(task),
        "discard": asdict(found.discard) if found.discard else None,
        "nearest": asdict(found.nearest) if found.nearest else None,
        "seed": asdict(found.seed) if found.seed else None,
        "edits": [asdict(one) for one in found.edits],
    }

    def lines() -> list[str]:
        came = f"run {task.run_id}, request {task.request_id}" if task.run_id else "no run"
        shown = [f"Task {task.id}: {task.origin.value}, {task.state.value}, {came}", f"  {task.instruction}"]
        if found.discard:
            shown.append(f"  discarded by {found.discard.rule}")
        for name, near in (("nearest task", found.nearest), ("nearest seed", found.seed)):
            if near:
                shown.append(f"  {name} {near.task_id}, ROUGE-L {near.score:.2f}: {near.instruction}")
        for one in task.instances:
            shown += [f"Instance {one.id}, {one.state.value}", f"  input: {one.input}", f"  output: {one.output}"]
        return shown + [f"Edit {e.id} by {e.actor or 'nobody'}: {e.field}" for e in found.edits]

    console.result(told, lines)
    return 0


def _search(chosen: argparse.Namespace, console: Console) -> int:
    chosen.search = " ".join(filter(None, [chosen.words, chosen.search]))
    return listed(chosen, console)


def listed(chosen: argparse.Namespace, console: Console) -> int:
    """The instances that a filter means, the first of them as rows."""
    from core import pools
    from core.review import bulk

    db = database()
    pool = pools.named(db, chosen.pool)
    found = bulk.table(db, pool.id, filtering.wanted(chosen, db, pool.id), who(), limit(chosen), 0)
    rows = [asdict(one) for one in found.rows]
    console.result(
        {"pool": pool.name, "n": found.fitting.n, "instances": rows},
        lambda: (
            [
                f"{number_of(found.fitting.n, 'accepted instance')} of {pool.name} fit.",
                *table(
                    ("instance", "task", "rated", "yours", "instruction", "output"),
                    [(r["instance_id"], r["task_id"], r["rated"], r["mine"] or "", r["instruction"], r["output"])
                     for r in rows],
                    44,
                ),
            ]
            if rows
            else [f"No accepted instance of {pool.name} fits; leave an option out, or look at `winnow discard list`."]
        ),
    )  # fmt: skip
    return 0
