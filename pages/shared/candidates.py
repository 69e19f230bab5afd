"""A candidate on screen, wherever it is listed: beside its nearest neighbour, with what became of it."""

from __future__ import annotations

from core.gate.rules import TOO_CLOSE, sentence
from core.records import Discard, State
from core.selfinstruct.looking import Candidate
from pages.shared.marked import PairRow


def pair(one: Candidate) -> PairRow:
    """A candidate beside its nearest neighbour, with what became of it."""
    task = one.task
    accepted = task.state is State.ACCEPTED
    if accepted:
        n = sum(instance.state is State.ACCEPTED for instance in task.instances)
        told = f"{n} instance{'' if n == 1 else 's'}" if task.instances else "accepted"
        told += f"; nearest {task.nearest_score:.2f}" if task.nearest_score is not None else ""
    else:
        told = reason(one.discard)
    kind = "classification: " if task.is_classification else ""
    return PairRow(kind + task.instruction, one.nearest, "✓" if accepted else "✗", told)


def reason(why: Discard | None) -> str:
    """Why a filter dropped it, in a sentence with what it found."""
    if why is None:
        return "taken out by hand"
    rule = sentence(why.rule)
    if why.rule == TOO_CLOSE:
        return f"{rule}: {why.evidence['score']:.2f} > {why.evidence['threshold']:.2f}"
    shown = next(
        (str(value) for key, value in why.evidence.items() if key in ("word", "words", "character", "opening")), ""
    )
    return f"{rule}: {shown}" if shown else rule
