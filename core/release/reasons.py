"""Why an instance stays behind, in the order in which it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Reason(StrEnum):
    """Why an instance stays behind, in the order in which it is asked; the first that holds is given."""

    DEMO = "demo"
    ORIGIN = "origin"
    RUN = "run"
    FIELD = "field"
    EMPTY_OUTPUT = "empty-output"
    UNRATED = "unrated"
    STALE = "stale"
    TOO_FEW_RATINGS = "too-few-ratings"
    FLAGGED = "flagged"
    DISAGREEMENT = "disagreement"
    INVALID = "invalid"
    GRADE = "grade"
    CONTAMINATED = "near-evaluation-set"
    AWAY = "near-given-texts"
    TOO_CLOSE = "too-close"
    PER_TASK = "task-limit"
    PER_VERB = "verb-limit"
    CLASSIFICATION = "classification-limit"


IN_WORDS: Mapping[Reason, str] = {
    Reason.DEMO: "replayed from demo recordings",
    Reason.ORIGIN: "of another origin",
    Reason.RUN: "of another run",
    Reason.FIELD: "another value in a field",
    Reason.EMPTY_OUTPUT: "the output is empty",
    Reason.UNRATED: "nobody has rated it",
    Reason.STALE: "edited since it was rated",
    Reason.TOO_FEW_RATINGS: "rated by too few",
    Reason.FLAGGED: "a flag is open",
    Reason.DISAGREEMENT: "reviewers differ",
    Reason.INVALID: "judged not valid",
    Reason.GRADE: "graded too low",
    Reason.CONTAMINATED: "near an evaluation set",
    Reason.AWAY: "close to the given texts",
    Reason.TOO_CLOSE: "too close to an earlier one of the release",
    Reason.PER_TASK: "its task has enough rows",
    Reason.PER_VERB: "its root verb has enough rows",
    Reason.CLASSIFICATION: "enough rows of classification tasks",
}
