"""From results back to data: what to look at next, and preference pairs, never out of a sealed set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core import pools
from core.__main__ import main
from core.database import Database
from core.diversity.theme import DARK, LIGHT, contrast
from core.evaluation import curves, demo, drawing, models, pairs, rating, results
from core.evaluation.fixing import ToFix, like, queue_like_failures
from core.evaluation.grading import ModelGrades
from core.evaluation.importing import What, import_file
from core.evaluation.results import GradeSheet, ScoreSheet
from core.evaluation.words import Choice, RoundKind, Said, StillRating
from core.pool import arrivals
from core.pool.arrivals import NewInstance, NewTask
from core.records import Grade, Origin, Refused
from core.statistics.estimates import proportion
from pages.evaluate import charts
from tests.evaluation.sets_of_models import a_set, answers, model_of, write

MODELS = ["worse", "better"]


def test_the_likest_come_first_and_the_same_verb_counts() -> None:
    there = [(1, "Write a poem about a river."), (2, "Name five rivers of Africa."), (3, "Write a poem about the sea.")]
    assert like(["Write a poem about the sea at night."], there, each=1) == [3]
    assert like(["Name the sea of Africa."], there, each=1)[0] == 2
    said_otherwise = [
        (1, "Given the words below, sort the rivers by length."),
        (2, "Given the words below, count them."),
    ]
    assert like(["Please sort what stands here."], said_otherwise, each=1) == [1]  # the verb, not the first word


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
    pools.make(database, "p", own_seeds=[])
    its = drawing.draw(database, "small", kind=RoundKind.CHOOSE)
    for who in ("anna", "ben", "cleo"):
        while (turn := rating.turn(database, its.id, who)) is not None:
            better_left = model_of(turn.answers[0], MODELS) == "better"
            if who == "cleo":
                better_left = not better_left
            tie = "number 2." in turn.instruction
            said = Choice.TIE if tie else Choice.LEFT if better_left else Choice.RIGHT
            rating.hand_in(database, turn, who, Said(choice=said))
    with pytest.raises(Refused, match="is sealed"):
        pairs.preference_pairs(database, "small", "zoe")
    models.open_for(database, "p", "small")
    found = pairs.preference_pairs(database, "small", "zoe")
    assert not isinstance(found, StillRating) and len(found.pairs) == 2
    assert found.sentence == "2 preference pairs of small; 1 tied left out."
    assert all(model_of(pair.chosen, MODELS) == "better" for pair in found.pairs)
    assert found.pairs[0].margin == pytest.approx(1 / 3) and found.pairs[0].agreement == pytest.approx(2 / 3)
    assert found.pairs[1].prompt == "Do the evaluated thing number 1.\n\ninput 1"
    row = json.loads(found.as_lines().splitlines()[0])
    assert set(row) == {"prompt", "chosen", "rejected", "margin", "agreement", "judgements"}
    assert (row["prompt"][0]["role"], row["chosen"][0]["role"], row["judgements"]) == ("user", "assistant", 3)
    assert pairs.preference_pairs(database, "small", "zoe", least_margin=0.5).pairs == ()
    assert main(["evaluate", "pairs", "small", str(tmp_path / "out" / "dpo.jsonl"), "--reviewer", "zoe"]) == 0
    assert (tmp_path / "out" / "dpo.jsonl").read_text() == found.as_lines()
    graded = drawing.draw(database, "small", side=2, tasks=1)
    turn = rating.turn(database, graded.id, "anna")
    assert turn is not None
    assert isinstance(pairs.preference_pairs(database, "small", "anna"), StillRating)
    order = [model_of(text, MODELS) for text in turn.answers]
    rating.hand_in(database, turn, "anna", Said(tuple(Grade.A if one == "better" else Grade.D for one in order)))
    assert isinstance(pairs.preference_pairs(database, "small", "anna"), pairs.PreferencePairs)


def test_a_curve_shows_a_or_a_and_b_or_rouge_by_size_and_by_quality(database: Database, tmp_path: Path) -> None:
    a_set(database, tmp_path)
    answers(database, tmp_path, MODELS)
    letters = {"worse": "CCCCCCBBBAAA", "better": "DBBBBBAAAAAA"}
    grades = [
        {"reviewer": "a", "model": model, "id": f"u{at}", "grade": grade}
        for model, its in letters.items()
        for at, grade in enumerate(its)
    ]
    import_file(database, "small", write(tmp_path / "g.jsonl", grades), What.GRADES)
    models.register(database, "worse", size=800, quality="as generated")
    models.register(database, "better", size=400, quality="mended")
    sheet, scores = results.grades(database, "small", "zoe"), results.scores(database, "small", "zoe")
    assert isinstance(sheet, GradeSheet) and isinstance(scores, ScoreSheet)
    by_measure = {
        measure: {point.model: point.figure.value for point in curves.by_quality(database, its, measure)}
        for its, measure in ((sheet, curves.GRADE_A), (sheet, curves.GRADE_A_OR_B), (scores, curves.ROUGE_L))
    }
    assert by_measure["grade A"] == {"better": 50.0, "worse": 25.0}
    assert by_measure["grade A or B"] == {"better": pytest.approx(91.7, abs=0.1), "worse": 50.0}
    assert by_measure["ROUGE-L"] == {name: each.overall.rouge_l.value for name, each in scores.models.items()}
    lines = curves.by_size(database, sheet, curves.GRADE_A_OR_B)
    assert {quality: [point.size for point in its] for quality, its in lines.items()} == {
        "as generated": [800],
        "mended": [400],
    }
    for measure in curves.MEASURES:
        its = scores if measure == curves.ROUGE_L else sheet
        assert len(charts.by_size(curves.by_size(database, its, measure), measure, LIGHT).data) >= 3
        figure = charts.by_quality(curves.by_quality(database, its, measure), measure, LIGHT)
        assert "quality" in figure.layout.title.text


def test_numbers_on_the_bars_of_the_paper_are_read_in_both_themes_and_a_saved_chart_has_its_ground() -> None:
    counts = dict.fromkeys(Grade, 10)
    ours = ModelGrades("ours", 40, 40, counts, proportion(20, 40))
    for theme in (LIGHT, DARK):
        figure = charts.stacked([ours], True, theme)
        for bar in figure.data:
            for shade, ink in zip(bar.marker.color, bar.textfont.color, strict=True):
                assert contrast(shade, ink) >= 4.5
        assert figure.layout.paper_bgcolor == theme.ground
