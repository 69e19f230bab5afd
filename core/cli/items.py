"""Verbs about single instances: look, edit, split, merge, take out, flag. Each change is one event."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from core.cli import filtering, tasks
from core.cli.console import Console, Subparsers, database, reads, verb, who
from core.cli.empty import nothing_fits
from core.records import Refused
from core.words import number_of

if TYPE_CHECKING:
    from core.database import Database
    from core.review.desk import Shown, View

REVIEWER = "whose act it is (default: WINNOW_REVIEWER, else me)"


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    actions = verbs.add_parser("item", help="look at and change instances").add_subparsers(dest="action", required=True)
    show = verb(actions, "show", _show, "one instance with what you may see of its ratings")
    listed = verb(actions, "list", tasks.listed, "list the instances that a filter means")
    listed.add_argument("pool")
    listed.add_argument("--limit", type=int, default=50)
    filtering.add_options(listed)
    edit = verb(actions, "edit", _edit, "change a text; ratings of the old text become stale")
    split = verb(actions, "split", _split, "replace an instance by several of the same task")
    merge = verb(actions, "merge", _merge, "let one instance stand for others of its task")
    reject = verb(actions, "reject", _reject, "take an instance, its task, or all that fit a filter out of the pool")
    flag = verb(actions, "flag", _flag, "raise a flag on what a filter means, or lower one that was raised so")
    for each in (show, edit, split, merge):
        each.add_argument("instance", type=int)
    for name in ("instruction", "input", "output"):
        edit.add_argument(f"--{name}", help=f"the new {name}")
        merge.add_argument(f"--{name}", help=f"the {name} that stays (default: as it is)")
    edit.add_argument("--reason", default="")
    reads(split, "parts", help='JSON Lines of {"input": ..., "output": ...}, two or more; - for standard input')
    merge.add_argument("others", type=int, nargs="+", metavar="OTHER", help="instances of the same task")
    reject.add_argument("pool")
    reject.add_argument("--reason", required=True)
    reject.add_argument("--instance", type=int, help="only this one")
    reject.add_argument("--whole-task", action="store_true", help="with --instance: its whole task")
    flag.add_argument("pool")
    flag.add_argument("name")
    flag.add_argument("--lower", action="store_true", help="take off what was set so")
    for each in (reject, flag):
        each.add_argument("--confirm", type=int, metavar="N", help="do it to exactly so many; without it, only count")
        filtering.add_options(each)
    for each in (show, edit, split, merge, reject, flag):
        each.add_argument("--reviewer", default="", help=REVIEWER)


def view_of(db: Database, instance_id: int, reviewer: str) -> tuple[Shown, View]:
    """What a reviewer may see of an item by the rules of the pool's first queue; nothing is held for them."""
    from core.review import glance, queues
    from core.review.history import texts
    from core.review.whole import task

    pool_id = task(db, texts(db, [instance_id])[0].task_id).task.pool_id
    return glance.look(db, next(iter(queues.names(db, pool_id, reviewer))), instance_id, reviewer)


def _show(chosen: argparse.Namespace, console: Console) -> int:
    from core.review import history

    db, reviewer = database(), who(chosen.reviewer)
    _, view = view_of(db, chosen.instance, reviewer)
    item = view.item
    changes = history.changes(db, chosen.instance)
    held = history.releases(db, chosen.instance, reviewer)
    told: dict[str, Any] = {
        **asdict(item),
        "releases": None if held is None else [asdict(one) for one in held],
        "state": item.state.value,
        "origin": item.origin.value,
        "mine": asdict(view.mine) if view.mine else None,
        "others": [asdict(one) for one in view.others],
        "edits": [asdict(one) for one in changes],
    }

    def lines() -> list[str]:
        shown = [
            f"Instance {item.instance_id} of task {item.task_id}: {item.origin.value}, {item.state.value}, "
            f"rated by {item.rated}",
            f"  instruction: {item.instruction}",
            f"  input: {item.input}",
            f"  output: {item.output}",
        ]
        for name, near in (("nearest task", item.nearest), ("nearest seed", item.seed)):
            if near:
                shown.append(f"  {name} {near.task_id}, ROUGE-L {near.score:.2f}: {near.instruction}")
        if item.flags:
            shown.append(f"  flags: {', '.join(item.flags)}")
        if view.mine:
            shown.append(f"  you said: {view.mine.grade or view.mine.valid}")
        shown += [f"  {one.reviewer} said: {one.grade or one.valid}" for one in view.others]
        shown += [f"  went out in {one.in_words}" for one in held or ()]
        if held is None:
            shown.append("  which releases held it is told once you have rated it, for what went out was approved")
        return shown + [f"  edited by {one.actor or 'nobody'}: {one.field}" for one in changes]

    console.result(told, lines)
    return 0


def _edit(chosen: argparse.Namespace, console: Console) -> int:
    from core.review import editing

    if chosen.instruction is None and chosen.input is None and chosen.output is None:
        raise Refused("Say what the new text is: --instruction, --input or --output.")
    db, reviewer = database(), who(chosen.reviewer)
    _, view = view_of(db, chosen.instance, reviewer)
    event = editing.edit(db, chosen.instance, view.item.text_hash, _text(chosen, view), reviewer, chosen.reason)
    console.result(
        {"instance": chosen.instance, "event": event},
        lambda: [f"Changed, as event {event}." if event else "The text is that already; nothing was changed."],
    )
    return 0


def _text(chosen: argparse.Namespace, view: View) -> Any:
    from core.review.editing import Text

    def either(name: str) -> str:
        given = getattr(chosen, name)
        return str(getattr(view.item, name) if given is None else given)

    return Text(either("instruction"), either("input"), either("output"))


def _split(chosen: argparse.Namespace, console: Console) -> int:
    from core.importing.files import rows_of_file
    from core.records import Fault
    from core.review import editing

    parts = []
    for row in rows_of_file(chosen.parts):
        if isinstance(row, Fault) or not isinstance(row[1].get("output"), str):
            raise Refused(f"{chosen.parts.name} holds a line without an output; nothing was changed.")
        parts.append((str(row[1].get("input") or ""), str(row[1]["output"])))
    db, reviewer = database(), who(chosen.reviewer)
    _, view = view_of(db, chosen.instance, reviewer)
    event = editing.split(db, chosen.instance, view.item.text_hash, parts, reviewer)
    console.result({"event": event, "parts": len(parts)}, lambda: [f"Split into {len(parts)}, as event {event}."])
    return 0


def _merge(chosen: argparse.Namespace, console: Console) -> int:
    from core.review import editing

    db, reviewer = database(), who(chosen.reviewer)
    _, view = view_of(db, chosen.instance, reviewer)
    event = editing.merge(db, chosen.instance, view.item.text_hash, chosen.others, _text(chosen, view), reviewer)
    console.result({"event": event, "kept": chosen.instance}, lambda: [f"Merged, as event {event}."])
    return 0


def _reject(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.review import bulk, editing

    db, reviewer = database(), who(chosen.reviewer)
    pool = pools.named(db, chosen.pool)
    if chosen.instance is not None:
        _, view = view_of(db, chosen.instance, reviewer)
        if view.item.pool_id != pool.id:
            raise Refused(f"{pool.name} has no instance {chosen.instance}; `winnow item list` lists what it has.")
        event = editing.reject(
            db, chosen.instance, view.item.text_hash, chosen.reason, reviewer, whole_task=chosen.whole_task
        )
        console.result({"event": event, "n": 1}, lambda: [f"Taken out, as event {event}."])
        return 0
    seen = bulk.fitting(db, pool.id, _narrowed(chosen, db, pool.id))
    if not _confirmed(chosen, console, seen.n, pool.name):
        return 0
    done = bulk.reject(db, seen, chosen.reason, reviewer)
    console.result(
        {"event": done.id, "n": done.n},
        lambda: [f"{done.n:,} taken out; {_way_back(pool.name, done.id)}"],
    )
    return 0


def _flag(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.review import bulk, flags

    db, reviewer = database(), who(chosen.reviewer)
    pool = pools.named(db, chosen.pool)
    seen = bulk.fitting(db, pool.id, _narrowed(chosen, db, pool.id))
    if not _confirmed(chosen, console, seen.n, pool.name):
        return 0
    name, _ = flags.learn(db, pool.id, chosen.name)
    done = bulk.flag(db, seen, name, reviewer, raised=not chosen.lower)
    console.result({"event": done.id, "n": done.n}, lambda: [f"{done.n:,} changed; {_way_back(pool.name, done.id)}"])
    return 0


def _narrowed(chosen: argparse.Namespace, db: Database, pool_id: int) -> Any:
    found = filtering.wanted(chosen, db, pool_id)
    if filtering.is_plain(found):
        raise Refused("Say which instances are meant: --task, --search, --grade or another option of the filter.")
    return found


def _way_back(pool: str, event: int) -> str:
    return f"`winnow history {shlex.quote(pool)} --undo d{event:012} --confirm` takes that back."


def _confirmed(chosen: argparse.Namespace, console: Console, n: int, pool: str) -> bool:
    """Whether exactly so many were confirmed; without a confirmation the count is told, and how to confirm it."""
    if not n:
        console.result({"fits": 0, "changed": 0}, lambda: [nothing_fits(pool, "item list")])
        return False
    if chosen.confirm is None:
        console.result(
            {"fits": n, "changed": 0},
            lambda: [f"{number_of(n, 'instance', 'fit')}; nothing was changed. Add --confirm {n} to do it."],
        )
        return False
    if chosen.confirm != n:
        raise Refused(
            f"{number_of(n, 'instance', 'fit')}, and {chosen.confirm:,} were confirmed; look again, then add "
            f"--confirm {n}."
        )
    return True
