"""Who may see what models wrote and how they did: nobody who still owes judgements in a blind round of that set.

Every result, list of models and text of a response passes `results_for`, whichever way it was asked for.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.database import Database
from core.evaluation.rows import rounds, seats, sets
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


def enter(database: Database, set_name: str, reader: str) -> EvaluationSet | StillRating:
    """Let the reader in to results: note that they know them, so that what they say afterwards is counted apart.

    StillRating while they owe judgements. Figures are read after this, without the lock on writing.
    """
    with database.read() as c:
        of = sets.get(c, set_name)
        owed = owing(c, of, reader)
        if owed is not None or not reader or reader in rounds.looks(c, of.id):
            return owed or of
    with database.write() as c:
        owed = owing(c, of, reader)  # a round may have been joined in another window
        if owed is None:
            rounds.note_look(c, of.id, reader, seats.newest(c, of.id))
        return owed or of
