"""From results back to data: what to look at next, and preference pairs, never out of a sealed set."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import pools
from core.database import Database
from core.evaluation import demo, drawing, models, pairs, rating
from core.evaluation.fixing import ToFix, like, queue_like_failures
from core.evaluation.importing import What, import_file
from core.evaluation.words import Choice, RoundKind, Said, StillRating
from core.pool import arrivals
from core.pool.arrivals import NewInstance, NewTask
from core.records import Grade, Origin, Refused
from tests.evaluation.sets_of_models import a_set, answers, model_of, write

MODELS = ["worse", "better"]


def test_the_likest_come_first_and_the_same_verb_counts() -> None:
    there = [(1, "Write a poem about a river."), (2, "Name five rivers of Africa."), (3, "Write a poem about the sea.")]
    assert like(["Write a poem about the sea at night."], there, each=1) == [3]
    assert like(["Name the sea of Africa."], there, each=1)[0] == 2


def test_failures_open_a_queue_over_the_training_tasks_most_like_them(database: Database, tmp_path: Path) -> None:
    a_set(database, tmp_path)
    answers(database, tmp_path, ["m"])
    grades = [{"reviewer": "a", "model": "m", "id": f"u{at}", "grade": "D" if at == 4 else "A"} for at in range(12)]
    import_file(database, "small", write(tmp_path / "g.jsonl", grades), What.GRADES)
    pool = pools.make(database, "p", own_seeds=[])
    with database.write() as c:
        texts = [f"Bake a cake with {n} eggs." for n in range(9)] + ["Do the evaluated things number 4 and more."]
        new = [NewTask(Origin.IMPORT, text, False, (NewInstance("", "x"),), completed=True) for text in texts]
        ids = arrivals.add(c, pool.id, new)
    found = queue_like_failures(database, pool.id, "small", "m", "zoe", like_each=1)
    assert isinstance(found, ToFix) and (found.failed, found.tasks) == (1, 1)
    assert queue_like_failures(database, pool.id, "small", "m", "zoe", like_each=1) == found  # the same queue again
    assert ids[-1] > 0
    with pytest.raises(Refused, match="no task to look at"):
        queue_like_failures(database, pools.make(database, "empty", own_seeds=[]).id, "small", "m", "zoe")


def test_nothing_failed_says_so(database: Database) -> None:
    demo.load(database)
    pool = pools.make(database, "p")
    with pytest.raises(Refused, match="nothing to fix"):
        queue_like_failures(database, pool.id, demo.NAME, "nobody", "zoe")


def test_choices_and_grades_become_pairs_with_margin_and_agreement(database: Database, tmp_path: Path) -> None:
    a_set(database, tmp_path, tasks=3)
    answers(database, tmp_path, MODELS, tasks=3)
    pool = pools.make(database, "p", own_seeds=[])
    its = drawing.draw(database, "small", kind=RoundKind.CHOOSE)
    for who in ("anna", "ben", "cleo"):
        while (turn := rating.turn(database, its.id, who)) is not None:
            better_left = model_of(turn.answers[0], MODELS) == "better"
            if who == "cleo":
                better_left = not better_left
            tie = "number 2." in turn.instruction
            said = Choice.TIE if tie else Choice.LEFT if better_left else Choice.RIGHT
            rating.hand_in(database, turn, who, Said(choice=said))
    with pytest.raises(Refused, match="sealed"):
        pairs.preference_pairs(database, pool.id, "zoe")
    models.open_for(database, "p", "small")
    found = pairs.preference_pairs(database, pool.id, "zoe")
    assert not isinstance(found, StillRating) and len(found) == 2  # the tie gives none
    assert all(model_of(pair.chosen, MODELS) == "better" for pair in found)
    assert found[0].margin == pytest.approx(1 / 3) and found[0].agreement == pytest.approx(2 / 3)
    assert found[1].prompt == "Do the evaluated thing number 1.\n\ninput 1"
    assert set(found[0].as_row()) == {"prompt", "chosen", "rejected", "margin", "agreement"}
    assert pairs.preference_pairs(database, pool.id, "zoe", least_margin=0.5) == []
    graded = drawing.draw(database, "small", side=2, tasks=1)
    turn = rating.turn(database, graded.id, "anna")
    assert turn is not None
    assert isinstance(pairs.preference_pairs(database, pool.id, "anna"), StillRating)
    order = [model_of(text, MODELS) for text in turn.answers]
    rating.hand_in(database, turn, "anna", Said(tuple(Grade.A if one == "better" else Grade.D for one in order)))
    assert isinstance(pairs.preference_pairs(database, pool.id, "anna"), list)
