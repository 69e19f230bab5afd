"""Rating a blind round at the terminal, answer by answer in one's own order, and the last word on a response.

No model is named before the reviewer is done: the acts decide it, and refuse.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from core.cli.console import Console, database, verb, who
from core.records import Grade, Refused
from core.words import number_of

if TYPE_CHECKING:
    from core.evaluation.rating import RatingTurn


def register(verbs: Any) -> None:
    """Add the verbs."""
    following = verb(verbs, "evaluate-next", _next, "what you judge next in a blind round, or the item at a place")
    rate = verb(verbs, "evaluate-rate", _rate, "judge an item of a blind round, by its place in your own order")
    undo = verb(verbs, "evaluate-undo", _undo, "take your latest act in a blind round back")
    leave = verb(verbs, "evaluate-leave", _leave, "give your place in a round back, where you have said nothing yet")
    for each in (following, rate, undo, leave):
        each.add_argument("round", type=int)
    following.add_argument("position", type=int, nargs="?", help="a place in your own order; without it what is next")
    rate.add_argument("position", type=int, help="the place, as `evaluate next` says it")
    rate.add_argument(
        "--grade", nargs="+", choices=[grade.value for grade in Grade], help="one for each answer, from left to right"
    )
    rate.add_argument(
        "--choice", choices=("left", "second", "third", "right", "tie", "both-bad"), help="the best, by its place"
    )
    rate.add_argument("--later", action="store_true", help="come back to it after the others")
    rate.add_argument("--flag", action="append", default=[], help="raise a flag; may be repeated")
    rate.add_argument("--note", default="")
    item = verb(verbs, "evaluate-item", _item, "a task with every model's answer and what people said of each")
    settle = verb(verbs, "evaluate-settle", _settle, "say the last word on a response whose raters differ")
    for each in (item, settle):
        each.add_argument("name")
    item.add_argument("task", type=int, help="the number of a task of the set")
    settle.add_argument("response", type=int, help="its number, as `evaluate item` says it")
    settle.add_argument("grade", choices=[grade.value for grade in Grade])
    for each in (following, rate, undo, leave, item, settle):
        each.add_argument("--reviewer", default="", help="who rates (default: WINNOW_REVIEWER, else me)")


def _next(chosen: argparse.Namespace, console: Console) -> int:
    from core.evaluation import rating

    db, reviewer = database(), who(chosen.reviewer)
    shown = rating.turn(db, chosen.round, reviewer, chosen.position)
    owed = rating.still_owed(db, chosen.round, reviewer)
    console.result(_told(shown, owed), lambda: _lines(shown, owed))
    return 0


def _rate(chosen: argparse.Namespace, console: Console) -> int:
    from core.evaluation import rating
    from core.evaluation.words import Choice, Said

    db, reviewer = database(), who(chosen.reviewer)
    shown = rating.turn(db, chosen.round, reviewer, chosen.position)
    if shown is None or shown.position != chosen.position:
        raise Refused(f"Round {chosen.round} has no item at place {chosen.position} for {reviewer}.")
    if chosen.later:
        rating.put_off(db, shown, reviewer)
    else:
        grades = tuple(Grade(grade) for grade in chosen.grade or ())
        choice = Choice(chosen.choice) if chosen.choice else None
        rating.hand_in(db, shown, reviewer, Said(grades, choice, chosen.note, tuple(dict.fromkeys(chosen.flag))))
    owed = rating.still_owed(db, chosen.round, reviewer)
    console.result(
        {"round": chosen.round, "position": chosen.position, "owed": owed},
        lambda: [f"Kept; {owed:,} more to judge. `winnow evaluate next {chosen.round}` shows what is next."],
    )
    return 0


def _undo(chosen: argparse.Namespace, console: Console) -> int:
    from core.evaluation import rating

    reviewer = who(chosen.reviewer)
    position = rating.undo(database(), chosen.round, reviewer)
    if position is None:
        raise Refused(f"{reviewer} has said nothing in round {chosen.round} that undo could take back.")
    console.result({"round": chosen.round, "position": position}, lambda: [f"Taken back at place {position}."])
    return 0


def _leave(chosen: argparse.Namespace, console: Console) -> int:
    from core.evaluation import rating

    rating.leave(database(), chosen.round, who(chosen.reviewer))
    console.result({"round": chosen.round, "left": True}, lambda: [f"You owe nothing in round {chosen.round} now."])
    return 0


def _item(chosen: argparse.Namespace, console: Console) -> int:
    from core.evaluation import items
    from core.evaluation.words import StillRating

    found = items.item(database(), chosen.name, chosen.task, who(chosen.reviewer))
    if isinstance(found, StillRating):
        raise Refused(str(found))
    answers: list[dict[str, Any]] = [
        {
            "response": one.response.id,
            "model": one.response.model,
            "text": one.response.text,
            "grades": {name: grade.value for name, grade in one.grades.items()},
            "notes": dict(one.notes),
            "last_word": one.last_word.value if one.last_word else None,
        }
        for one in found.answers
    ]
    console.result(
        {"set": chosen.name, "task": asdict(found.task), "answers": answers},
        lambda: [
            f"Task {chosen.task} of {chosen.name}: {found.task.instruction}",
            *([f"  input: {found.task.input}"] if found.task.input else []),
            *(
                line
                for one in answers
                for line in (
                    f"Response {one['response']} of {one['model']}: "
                    + (", ".join(f"{name} {grade}" for name, grade in one["grades"].items()) or "not graded")
                    + (f"; last word {one['last_word']}" if one["last_word"] else ""),
                    f"  {one['text']}",
                )
            ),
        ],
    )
    return 0


def _settle(chosen: argparse.Namespace, console: Console) -> int:
    from core.evaluation import items

    items.settle(database(), chosen.name, chosen.response, Grade(chosen.grade), who(chosen.reviewer))
    console.result(
        {"set": chosen.name, "response": chosen.response, "last_word": chosen.grade},
        lambda: ["Settled; the raters' own grades stay as they are."],
    )
    return 0


def _told(shown: RatingTurn | None, owed: int) -> dict[str, Any]:
    if shown is None:
        return {"done": owed == 0, "owed": owed}
    return {
        "done": False,
        "owed": owed,
        "round": shown.round_id,
        "position": shown.position,
        "of": shown.size,
        "judged": shown.judged,
        "kind": shown.kind.value,
        "state": shown.state,
        "instruction": shown.instruction,
        "input": shown.input,
        "references": list(shown.references),
        "answers": list(shown.answers),
    }


def _lines(shown: RatingTurn | None, owed: int) -> list[str]:
    if shown is None:
        return [
            f"Others have the last {number_of(owed, 'item')} before them; look again in ten minutes."
            if owed
            else "You have judged all that you owe in this round; `winnow evaluate grades` shows what came of it."
        ]
    return [
        f"{shown.round_name}: place {shown.position}, {shown.judged:,} judged, {shown.owed:,} to go",
        f"  instruction: {shown.instruction}",
        f"  input: {shown.input or '(none)'}",
        *(f"  answer {place}: {answer or '(empty)'}" for place, answer in enumerate(shown.answers, 1)),
    ]
