"""Who may see what models wrote and how they did: nobody who still owes judgements in a blind round of that set.

Every result, list of models and text of a response passes `results_for`, whichever way it was asked for.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.evaluation.rows import rounds, seats
from core.evaluation.words import EvaluationSet, StillRating


def owing(c: sa.Connection, of: EvaluationSet, reader: str) -> StillRating | None:
    """Return what the reader still owes in the set's open rounds, None where they are done or take no part."""
    for round_id in rounds.rounds_joined(c, of.id, reader):
        its = rounds.get(c, round_id)
        if its.closed_at is not None or its.imported:
            continue
        _, owed = seats.progress(c, round_id, reader)
        if owed:
            return StillRating(of.name, its.id, its.name, owed)
    return None


def has_looked(c: sa.Connection, of: EvaluationSet, reader: str) -> None:
    """Note that the reader now knows results; what they say afterwards is counted apart."""
    if reader:
        rounds.note_look(c, of.id, reader)
