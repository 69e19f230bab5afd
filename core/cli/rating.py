"""Verbs that judge: give a rating, undo, see differences, say the last word, keep a known answer."""

from __future__ import annotations

import argparse
from typing import Any

from core.cli.bar import table
from core.cli.console import Console, Subparsers, database, limit, verb, who
from core.cli.items import REVIEWER, view_of
from core.records import Grade, Refused

_YES_NO = {None: None, "yes": True, "no": False}

SAID = {"rate": "rating"}  # what undo calls an act of judging, where its kind is no noun


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    actions = verbs.add_parser("rating", help="judge instances").add_subparsers(dest="action", required=True)
    give = verb(actions, "give", _give, "judge one instance; refused where its text changed meanwhile")
    settle = verb(actions, "settle", _settle, "say the last word on an item whose reviewers differ")
    gold = verb(actions, "gold", _gold, "keep a known answer, to be mixed into queues")
    for each in (give, settle, gold):
        each.add_argument("instance", type=int)
    for each in (give, settle):
        each.add_argument("--grade", choices=[grade.value for grade in Grade])
        each.add_argument("--valid", choices=("yes", "no"), help="valid or not, where no grade is given")
        for name, asks in (
            ("instruction-valid", "does the instruction describe a valid task?"),
            ("input-appropriate", "is the input appropriate for the instruction?"),
            ("output-correct", "is the output a correct and acceptable response?"),
        ):
            each.add_argument(f"--{name}", choices=("yes", "no"), help=asks)
        each.add_argument("--flag", action="append", default=[], help="raise a flag; may be repeated")
        each.add_argument("--note", default="")
    give.add_argument("--skip", action="store_true", help="pass on it instead; it goes to others")
    gold.add_argument("grade", choices=[grade.value for grade in Grade])
    undo = verb(actions, "undo", _undo, "take your latest rating, edit or rejection back; without --confirm name it")
    undo.add_argument("pool")
    undo.add_argument("--confirm", action="store_true")
    undo.add_argument("--redo", action="store_true", help="give the rating or skip again that was taken back last")
    differences = verb(actions, "differences", _differences, "the items on which reviewers differ, as you may see them")
    differences.add_argument("pool")
    differences.add_argument("--limit", type=int, default=50)
    for each in (give, settle, gold, undo, differences):
        each.add_argument("--reviewer", default="", help=REVIEWER)


def _said(chosen: argparse.Namespace) -> Any:
    from core.pool.judgement import Judgement

    if chosen.grade is None and chosen.valid is None:
        raise Refused("Say what you judge: --grade A, B, C or D, or --valid yes or no.")
    return Judgement(
        Grade(chosen.grade) if chosen.grade else None,
        _YES_NO[chosen.valid],
        _YES_NO[chosen.instruction_valid],
        _YES_NO[chosen.input_appropriate],
        _YES_NO[chosen.output_correct],
        tuple(chosen.flag),
        chosen.note,
    )


def _give(chosen: argparse.Namespace, console: Console) -> int:
    from core.review import glance

    db, reviewer = database(), who(chosen.reviewer)
    said = None if chosen.skip else _said(chosen)
    shown, _ = view_of(db, chosen.instance, reviewer)
    if said is None:
        glance.skip(db, shown, reviewer)
    else:
        glance.judge(db, shown, reviewer, said)
    word = "skipped" if said is None else f"rated {chosen.grade or chosen.valid}"
    console.result(
        {"instance": chosen.instance, "reviewer": reviewer, "said": word},
        lambda: [f"Instance {chosen.instance}: {word} by {reviewer}; `winnow rating undo` takes it back."],
    )
    return 0


def _undo(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.review import desk, queues

    db, reviewer = database(), who(chosen.reviewer)
    pool = pools.named(db, chosen.pool)
    queue = next(iter(queues.names(db, pool.id, reviewer)))
    there = desk.screen(db, queue, None, reviewer)
    if chosen.redo:
        if there.undone is None:
            raise Refused(f"{reviewer} has taken nothing back in {pool.name} that could be given again.")
        its = there.undone
        desk.redo(db, queue, reviewer, its)
        console.result(
            {"pool": pool.name, "redone": True, "instance": its.instance_id},
            lambda: [f"Instance {its.instance_id}: given again as it was."],
        )
        return 0
    last = there.last
    if last is None:
        raise Refused(f"{reviewer} has done nothing in {pool.name} that undo could take back.")
    what = (
        f"the {last.event.kind.value}"
        if last.event
        else f"the {SAID.get(last.rating.kind, last.rating.kind) if last.rating else 'act'}"
    )
    about = f'{what} on "{" ".join(last.instruction.split())[:80]}"' if last.instruction else what
    if chosen.confirm:
        desk.undo(db, queue, reviewer, last)
    console.result(
        {"pool": pool.name, "undo": about, "undone": chosen.confirm},
        lambda: [f"Taken back: {about}." if chosen.confirm else f"Undo would take back {about}; add --confirm."],
    )
    return 0


def _differences(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.review import differences, history

    db, reviewer = database(), who(chosen.reviewer)
    pool = pools.named(db, chosen.pool)
    walk = differences.walk(db, pool.id, reviewer, limit=limit(chosen))
    its = history.texts(db, walk.waiting)
    rows = [{"instance": one.id, "task": one.task_id, "output": one.output} for one in its]
    console.result(
        {"pool": pool.name, "waiting": rows, "settled": walk.settled, "settled_by_a_party": walk.by_a_party},
        lambda: (
            table(("instance", "task", "output"), [(r["instance"], r["task"], r["output"]) for r in rows])
            if rows
            else [
                f"No item of {pool.name} waits for a last word from {reviewer}; {walk.settled:,} have one. "
                "(Whoever still has to judge an item, or a queue that it waits in, sees no difference on it.)"
            ]
        ),
    )
    return 0


def _settle(chosen: argparse.Namespace, console: Console) -> int:
    from core.review import differences

    db, reviewer = database(), who(chosen.reviewer)
    said = _said(chosen)
    _, view = view_of(db, chosen.instance, reviewer)
    walk = differences.walk(db, view.item.pool_id, reviewer, chosen.instance)
    its = walk.shown if walk.shown and walk.shown.item.instance_id == chosen.instance else None
    if its is None:
        raise Refused(
            f"Reviewers of instance {chosen.instance} do not differ, or a queue still waits for ratings of it; "
            "`winnow rating differences POOL` lists those that wait for a last word."
        )
    word = differences.last_word(db, chosen.instance, view.item.text_hash, said, reviewer, its.seen)
    console.result(
        {"instance": chosen.instance, "rating": word},
        lambda: ["Settled; the reviewers' own ratings stay as they are."],
    )
    return 0


def _gold(chosen: argparse.Namespace, console: Console) -> int:
    from core.review import differences

    db, reviewer = database(), who(chosen.reviewer)
    _, view = view_of(db, chosen.instance, reviewer)
    had = differences.known(db, chosen.instance, reviewer)
    its = differences.known_answer(
        db, chosen.instance, view.item.text_hash, Grade(chosen.grade), reviewer, had.id if had else None
    )
    console.result({"instance": chosen.instance, "rating": its}, lambda: ["Kept as a known answer."])
    return 0
