"""Judging an audit at the terminal: whose turn it is, one answer at a time, and the last word on a disagreement.

Nothing of another reviewer shows, as on the page; who may say the last word the act decides.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from core.cli.console import Console, database, verb, who
from core.records import Grade, Judgement, Refused

if TYPE_CHECKING:
    from core.audit.frozen import Audit
    from core.audit.judging import AuditTurn
    from core.database import Database

YES_NO = {None: None, "yes": True, "no": False}
ASKED = (
    ("instruction-valid", "does the instruction describe a valid task?"),
    ("input-appropriate", "is the input appropriate for the instruction?"),
    ("output-correct", "is the output a correct and acceptable response?"),
)
KEYS = "y yes, n no; A to D grade; l later, u undo, q quit"


def register(actions: Any) -> None:
    """Add the verbs below `audit`."""
    following = verb(actions, "next", _next, "the item that is next for you, or the one at a place")
    judge = verb(actions, "judge", _judge, "judge items one after the other, or the one at a place by options")
    undo = verb(actions, "undo", _undo, "take your latest answer in an audit back, or give it again")
    settle = verb(actions, "settle", _settle, "say the last word on an item whose reviewers differ")
    for each in (following, judge, undo, settle):
        each.add_argument("id", type=int)
    for each in (following, judge):
        each.add_argument("position", type=int, nargs="?", help="the item's place, as `audit next` says it")
    settle.add_argument("position", type=int, help="the item's place, as `audit items` says it")
    for each in (judge, settle):
        each.add_argument("--grade", choices=[grade.value for grade in Grade])
        for name, asks in ASKED:
            each.add_argument(f"--{name}", choices=("yes", "no"), help=asks)
        each.add_argument("--flag", action="append", default=[], help="raise a flag; may be repeated")
        each.add_argument("--note", default="")
    judge.add_argument("--later", action="store_true", help="leave it for later: it comes again after all others")
    undo.add_argument("--redo", action="store_true", help="give again what was taken back last")
    for each in (following, judge, undo, settle):
        each.add_argument("--reviewer", default="", help="who judges (default: WINNOW_REVIEWER, else me)")


def _next(chosen: argparse.Namespace, console: Console) -> int:
    from core.audit import audit, judging

    db, reviewer = database(), who(chosen.reviewer)
    its = audit.by_id(db, chosen.id)
    shown = judging.turn(db, its, reviewer, chosen.position)
    console.result(_told(its, shown, reviewer), lambda: _lines(its, shown, reviewer))
    return 0


def _judge(chosen: argparse.Namespace, console: Console) -> int:
    from core.audit import audit, judging

    db, reviewer = database(), who(chosen.reviewer)
    its = audit.by_id(db, chosen.id)
    if chosen.position is None:
        if console.as_json or not sys.stdin.isatty():
            raise Refused(
                f"Name the item's place: `winnow audit next {its.id}` says which is next. On a terminal `winnow audit "
                f"judge {its.id}` asks one after the other."
            )
        _one_after_the_other(db, its, reviewer)
    else:
        shown = judging.turn(db, its, reviewer, chosen.position)
        assert shown is not None, "a place was named"
        if chosen.later:
            judging.pass_on(db, its, shown, reviewer)
        else:
            judging.hand_in(db, its, shown, reviewer, _said(chosen))
    following = judging.turn(db, its, reviewer)
    console.result(
        _told(its, following, reviewer),
        lambda: [
            f"{following.judged:,} of {following.size:,} judged; next is {following.item.position}."
            if following
            else f"All items of audit {its.id} are judged; `winnow audit show {its.id}` shows what it finds."
        ],
    )
    return 0


def _undo(chosen: argparse.Namespace, console: Console) -> int:
    from core.audit import audit, judging

    db, reviewer = database(), who(chosen.reviewer)
    its = audit.by_id(db, chosen.id)
    if chosen.redo:
        shown = judging.turn(db, its, reviewer, 1)
        if shown is None or shown.undone is None:
            raise Refused(f"{reviewer} has taken nothing back in audit {its.id} that could be given again.")
        judging.redo(db, its, reviewer, shown.undone)
        console.result({"audit": its.id, "redone": True}, lambda: ["Given again as it was."])
        return 0
    position = judging.take_back(db, its, reviewer)
    if position is None:
        raise Refused(f"{reviewer} has answered nothing in audit {its.id}.")
    console.result(
        {"audit": its.id, "position": position, "undone": True},
        lambda: [f"The answer to item {position} is taken back; `winnow audit undo {its.id} --redo` gives it again."],
    )
    return 0


def _settle(chosen: argparse.Namespace, console: Console) -> int:
    from core.audit import audit, judging

    db, reviewer = database(), who(chosen.reviewer)
    its = audit.by_id(db, chosen.id)
    judging.settle(db, its, chosen.position, reviewer, _said(chosen))
    console.result(
        {"audit": its.id, "position": chosen.position, "settled": True},
        lambda: [f"Settled item {chosen.position}; the reviewers' own answers stay as they are."],
    )
    return 0


def _one_after_the_other(db: Database, its: Audit, reviewer: str) -> None:
    """Ask a person on a terminal, until all is judged or they have had enough."""
    from core.audit import judging
    from core.pool.guidelines import QUESTIONS

    while (shown := judging.turn(db, its, reviewer)) is not None:
        sys.stderr.write("\n".join(["", *_lines(its, shown, reviewer), f"({KEYS})"]) + "\n")
        said: dict[str, Any] = {}
        word = ""
        for question in QUESTIONS:
            word = _asked(f"{question.text} ", "yn")
            if word in "luq":
                break
            said[question.key] = word == "y"
        else:
            word = _asked("Grade ", "abcd")
        match word:
            case "q":
                return
            case "l":
                judging.pass_on(db, its, shown, reviewer)
            case "u":
                judging.take_back(db, its, reviewer)
            case grade:
                judging.hand_in(db, its, shown, reviewer, Judgement(Grade(grade.upper()), **said))


def _asked(question: str, answers: str) -> str:
    """The letter that a person types; the end of what is typed is leaving."""
    while True:
        sys.stderr.write(question)
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            return "q"
        word = line.strip().lower()[:1]
        if word and word in answers + "luq":
            return word


def _said(chosen: argparse.Namespace) -> Judgement:
    answers = {name.replace("-", "_"): YES_NO[getattr(chosen, name.replace("-", "_"))] for name, _ in ASKED}
    grade = Grade(chosen.grade) if chosen.grade else None
    return Judgement(grade, None, **answers, flags=tuple(dict.fromkeys(chosen.flag)), note=chosen.note)


def _told(its: Audit, shown: AuditTurn | None, reviewer: str) -> dict[str, Any]:
    told: dict[str, Any] = {"audit": its.id, "reviewer": reviewer, "done": shown is None}
    if shown is None:
        return told
    item = shown.item
    return told | {
        "position": item.position,
        "judged": shown.judged,
        "of": shown.size,
        "is_judged": shown.is_judged,
        "instance": item.instance_id,
        "instruction": item.instruction,
        "input": item.input,
        "output": item.output,
        "text_hash": item.text_hash,
    }


def _lines(its: Audit, shown: AuditTurn | None, reviewer: str) -> list[str]:
    if shown is None:
        return [f"{reviewer} has judged all of audit {its.id}; `winnow audit show {its.id}` shows what it finds."]
    item = shown.item
    return [
        f"Audit {its.id}, {its.name}: item {item.position}, {shown.judged:,} of {shown.size:,} judged by {reviewer}",
        f"  instruction: {item.instruction}",
        f"  input: {item.input or '(none)'}",
        f"  output: {item.output}",
    ]
