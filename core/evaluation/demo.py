"""The evaluation set that ships with Winnow, with three imaginary models and two imaginary raters."""

from __future__ import annotations

from core.database import Database
from core.evaluation.importing import What, import_file
from core.evaluation.words import EvaluationImport
from core.settings import PROJECT

NAME = "user-100"
SEEDS = PROJECT / "seeds" / "evaluation"


def load(database: Database) -> tuple[EvaluationImport, ...]:
    """Bring the set, its demo responses and demo grades in; what is there already stays as it is."""
    return (
        import_file(database, NAME, SEEDS / "user_100.jsonl", What.SET),
        import_file(database, NAME, SEEDS / "demo_responses.jsonl", What.RESPONSES, demo=True),
        import_file(database, NAME, SEEDS / "demo_ratings.jsonl", What.GRADES, demo=True),
    )
