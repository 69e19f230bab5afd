"""Which tasks are looked at, and what a list of them shows."""

from __future__ import annotations

from dataclasses import dataclass

STATES = {
    "accepted": "all accepted tasks",
    "unrated": "not yet rated",
    "rated": "rated",
    "approved": "approved (rated A or B)",
    "refused": "refused (rated C or D)",
    "rejected": "taken out by people",
}


JUDGED = ("unrated", "rated", "approved", "refused")
"""The states that ratings decide."""


@dataclass(frozen=True, slots=True)
class TaskSelection:
    """Which of a pool's tasks are looked at; what is empty asks for nothing.

    `origin` "" is everything but the seeds. `state` is one of STATES; a task is approved when one of its instances is.
    `release_id`: what that release held, with the texts that went out, whatever became of it: seeds too, in no state.
    """

    origin: str = ""
    run_id: int | None = None
    is_classification: bool | None = None
    state: str = "accepted"
    release_id: int | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """A task in a list: its text, its verb and noun where known, its nearest seed and how close (ROUGE-L F1)."""

    task_id: int
    instruction: str
    verb: str | None
    noun: str | None
    seed_id: int | None
    seed: str | None
    seed_score: float | None
