"""Blind rating: an order of one's own, nothing that names a model, nothing lost, no result before one is done."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from pathlib import Path

import pytest

from core.database import Database
from core.evaluation import drawing, models, rating, results, winning
from core.evaluation.rating import RatingTurn
from core.evaluation.results import GradeSheet
from core.evaluation.winning import WinSheet
from core.evaluation.words import Choice, Round, RoundKind, Said, StillRating, places
from core.pool import claims
from core.records import Grade, Refused
from tests.evaluation.sets_of_models import a_set, answers, model_of

MODELS = ["secret-alpha", "secret-beta", "secret-gamma"]


@pytest.fixture
def named(database: Database, tmp_path: Path) -> str:
    name = a_set(database, tmp_path)
    answers(database, tmp_path, MODELS)
    return name


def here(database: Database, its: Round, reviewer: str, position: int | None = None) -> RatingTurn:
    found = rating.turn(database, its.id, reviewer, position)
    assert found is not None
    return found


def rate_all(database: Database, its: Round, reviewer: str, grades: dict[str, Grade]) -> int:
    """Judge every item by whose answer it is, as only a test can know; return how many there were."""
    count = 0
    while (turn := rating.turn(database, its.id, reviewer)) is not None:
        said = Said(tuple(grades[model_of(text, MODELS)] for text in turn.answers))
        rating.hand_in(database, turn, reviewer, said)
        count += 1
    return count


def test_each_reviewer_has_an_order_of_their_own_that_stays(database: Database, named: str) -> None:
    its = drawing.draw(database, named, side=3)
    seen = {}
    for who in ("anna", "ben"):
        turns = [here(database, its, who, position) for position in range(1, 13)]
        seen[who] = [(turn.instruction, turn.answers) for turn in turns]
        assert seen[who] == [
            (turn.instruction, turn.answers)
            for turn in (here(database, its, who, position) for position in range(1, 13))
        ]
    assert sorted(seen["anna"]) != seen["anna"] and [i for i, _ in seen["anna"]] != [i for i, _ in seen["ben"]]
    left = Counter(model_of(texts[0], MODELS) for orders in seen.values() for _, texts in orders)
    assert set(left) == set(MODELS)  # nobody stands always on the left


def test_what_a_reviewer_gets_names_no_model_and_no_response(database: Database, named: str) -> None:
    turn = here(database, drawing.draw(database, named, side=3), "anna")
    told = repr(dataclasses.asdict(turn))
    assert not any(model in told for model in MODELS)
    assert set(dataclasses.asdict(turn)) == {
        *("round_id", "round_name", "kind", "position", "size", "judged", "owed", "instruction", "input"),
        *("references", "answers", "said", "state", "rating_id", "last"),
    }


def test_grades_count_for_the_model_whatever_its_place(database: Database, named: str) -> None:
    its = drawing.draw(database, named, side=2)
    grades = {"secret-alpha": Grade.A, "secret-beta": Grade.B, "secret-gamma": Grade.D}
    assert rate_all(database, its, "anna", grades) == 24  # three by two are two and one
    found = results.grades(database, named, "anna")
    assert isinstance(found, GradeSheet)
    assert {each.model: each.counts[grades[each.model]] for each in found.models} == dict.fromkeys(MODELS, 12)
    assert found.matrix["secret-alpha", "secret-gamma"].wins == 12


def test_until_a_reviewer_is_done_no_act_shows_them_results(database: Database, named: str) -> None:
    its = drawing.draw(database, named)
    turn = here(database, its, "anna")
    task = models.tasks(database, named)[0]
    for withheld in (
        results.grades(database, named, "anna"),
        results.scores(database, named, "anna"),
        winning.win_rates(database, named, "anna"),
        models.answered(database, named, "anna"),
        models.responses_to(database, named, task.id, "anna"),
    ):
        assert isinstance(withheld, StillRating) and withheld.owed == 36
        assert not any(model in str(withheld) for model in MODELS)
    assert isinstance(results.grades(database, named, "organiser"), GradeSheet)
    rating.hand_in(database, turn, "anna", Said((Grade.A,)))
    assert isinstance(results.scores(database, named, "anna"), StillRating)
    rate_all(database, its, "anna", dict.fromkeys(MODELS, Grade.B))
    assert isinstance(results.grades(database, named, "anna"), GradeSheet)


def test_what_is_said_after_looking_is_counted_apart(database: Database, named: str) -> None:
    first = drawing.draw(database, named)
    rate_all(database, first, "anna", dict.fromkeys(MODELS, Grade.B))
    results.grades(database, named, "anna")
    rate_all(database, drawing.draw(database, named, tasks=2), "anna", dict.fromkeys(MODELS, Grade.A))
    found = results.grades(database, named, "anna")
    assert isinstance(found, GradeSheet) and found.late == {"anna": 6}


def test_a_clock_that_was_set_back_does_not_hide_what_was_said_after_looking(
    database: Database, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = drawing.draw(database, named, models=MODELS[:1])
    rate_all(database, before, "anna", dict.fromkeys(MODELS, Grade.A))
    assert not isinstance(results.grades(database, named, "anna"), StillRating)
    monkeypatch.setattr(time, "time", lambda: 1_000_000.0)
    after = drawing.draw(database, named, models=MODELS[1:])
    said = rate_all(database, after, "anna", dict.fromkeys(MODELS, Grade.B))
    found = results.grades(database, named, "ben")
    assert isinstance(found, GradeSheet) and found.late == {"anna": said}


def test_the_last_item_that_wants_one_rater_is_not_given_to_two(
    database: Database, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    its = drawing.draw(database, named, overlap=1, tasks=1, models=MODELS[:1])
    anna = here(database, its, "anna")
    assert rating.turn(database, its.id, "ben") is None  # it lies before anna
    [view] = rating.of_set(database, named, "ben")
    assert view.owed == 1  # and may come to ben yet, who is shown no result meanwhile
    assert here(database, its, "anna").position == anna.position
    monkeypatch.setattr(claims, "_STARTED", claims._STARTED + claims.CLAIM_S + 1)
    assert here(database, its, "ben").position == 1  # anna went home
    assert rating.turn(database, its.id, "anna") is None


def test_choosing_keeps_ties_and_both_bad_and_undoes_the_order(database: Database, named: str) -> None:
    its = drawing.draw(database, named, kind=RoundKind.CHOOSE)
    assert its.items == 36  # every pair of three
    best = {model: rank for rank, model in enumerate(MODELS)}
    while (turn := rating.turn(database, its.id, "anna")) is not None:
        one, two = (best[model_of(text, MODELS)] for text in turn.answers)
        choice = Choice.LEFT if one < two else Choice.RIGHT
        if {one, two} == {1, 2}:
            choice = Choice.BOTH_BAD if turn.position % 2 else Choice.TIE
        rating.hand_in(database, turn, "anna", Said(choice=choice))
    found = winning.win_rates(database, named, "anna")
    assert isinstance(found, WinSheet) and found.by == "people"
    assert found.matrix["secret-alpha", "secret-beta"].wins == 12
    tied = found.matrix["secret-beta", "secret-gamma"]
    assert tied.ties == 12 and 0 < tied.both_bad < 12
    against = winning.win_rates(database, named, "anna", baseline="secret-gamma")
    assert isinstance(against, WinSheet)
    assert against.models["secret-alpha"].win_rate == 100 and against.models["secret-beta"].win_rate == 50


def test_the_best_of_three_has_won_against_each_other_and_nothing_is_said_of_those(
    database: Database, named: str
) -> None:
    its = drawing.draw(database, named, kind=RoundKind.CHOOSE, side=3)
    assert (its.items, its.side) == (12, 3)
    assert places(3) == (Choice.LEFT, Choice.SECOND, Choice.RIGHT) and len(places(4)) == 4
    first = here(database, its, "anna")
    with pytest.raises(Refused, match="not judged whole"):
        rating.hand_in(database, first, "anna", Said(choice=Choice.THIRD))  # there is no fourth answer
    while (turn := rating.turn(database, its.id, "anna")) is not None:
        best = [model_of(text, MODELS) for text in turn.answers].index("secret-beta")
        said = Choice.TIE if turn.position == 1 else Choice.BOTH_BAD if turn.position == 2 else places(3)[best]
        rating.hand_in(database, turn, "anna", Said(choice=said))
        again = here(database, its, "anna", turn.position)
        assert again.said.choice is said, "shown again it is the same place"
    found = winning.win_rates(database, named, "anna")
    assert isinstance(found, WinSheet)
    for other in ("secret-alpha", "secret-gamma"):
        tally = found.matrix["secret-beta", other]
        assert (tally.wins, tally.losses, tally.ties, tally.both_bad) == (10, 0, 2, 1)
    assert found.matrix["secret-alpha", "secret-gamma"].n == 2, "they met in the tie and where all were bad"


def test_undo_takes_back_the_last_act_and_says_so_before(database: Database, named: str) -> None:
    its = drawing.draw(database, named)
    first = here(database, its, "anna")
    rating.hand_in(database, first, "anna", Said((Grade.C,)))
    second = here(database, its, "anna")
    assert second.last is not None and (second.last.position, second.last.said) == (first.position, "C")
    again = here(database, its, "anna", first.position)
    rating.hand_in(database, again, "anna", Said((Grade.A,)))
    assert rating.undo(database, its.id, "anna") == first.position
    assert here(database, its, "anna", first.position).said.grades == (Grade.C,)  # what stood before stands again
    assert rating.undo(database, its.id, "anna") == first.position
    assert here(database, its, "anna").state == "" and rating.undo(database, its.id, "anna") is None


def test_a_begun_item_with_its_note_and_flags_survives_a_reload(database: Database, named: str) -> None:
    its = drawing.draw(database, named, side=3)
    turn = here(database, its, "anna")
    rating.begin(database, turn, "anna", Said((None, Grade.B, None), None, "half done", ("unsafe",)))
    again = here(database, its, "anna")
    assert again.said == Said((None, Grade.B, None), None, "half done", ("unsafe",)) and again.judged == 0
    with pytest.raises(Refused, match="not judged whole"):
        rating.hand_in(database, turn, "anna", again.said)


def test_an_item_put_off_comes_last(database: Database, named: str) -> None:
    its = drawing.draw(database, named, tasks=1)
    first = here(database, its, "anna")
    rating.put_off(database, first, "anna")
    order = []
    while (turn := rating.turn(database, its.id, "anna")) is not None:
        order.append(turn.position)
        rating.hand_in(database, turn, "anna", Said((Grade.B,)))
    assert order == [2, 3, 1]


def test_two_windows_do_not_overwrite_each_other_unseen(database: Database, named: str) -> None:
    its = drawing.draw(database, named)
    one, other = here(database, its, "anna"), here(database, its, "anna")
    rating.hand_in(database, one, "anna", Said((Grade.A,)))
    with pytest.raises(Refused, match="another window"):
        rating.hand_in(database, other, "anna", Said((Grade.D,)))


@pytest.mark.parametrize(("overlap", "ratings"), [(1, 36), (1.5, 54), (2, 72)])
def test_overlap_is_a_number_of_raters_an_item_wants(
    database: Database, named: str, overlap: float, ratings: int
) -> None:
    its = drawing.draw(database, named, overlap=overlap)
    given = 0
    reviewers = ["anna", "ben", "cleo"]
    while reviewers:
        for who in list(reviewers):
            turn = rating.turn(database, its.id, who)
            if turn is None:
                reviewers.remove(who)
            else:
                rating.hand_in(database, turn, who, Said((Grade.B,)))
                given += 1
    assert given == ratings
    assert isinstance(results.grades(database, named, "anna"), GradeSheet)


def test_who_joined_and_said_nothing_can_leave_and_who_said_something_cannot(database: Database, named: str) -> None:
    its = drawing.draw(database, named)
    turn = here(database, its, "anna")
    rating.leave(database, its.id, "anna")
    assert isinstance(results.grades(database, named, "anna"), GradeSheet)
    turn = here(database, its, "anna")
    rating.hand_in(database, turn, "anna", Said((Grade.A,)))
    with pytest.raises(Refused, match="judged items"):
        rating.leave(database, its.id, "anna")


def test_a_closed_round_owes_nothing_and_takes_nothing(database: Database, named: str) -> None:
    its = drawing.draw(database, named)
    turn = here(database, its, "anna")
    rating.close(database, its.id)
    assert rating.turn(database, its.id, "anna") is None
    with pytest.raises(Refused, match="closed"):
        rating.hand_in(database, turn, "anna", Said((Grade.A,)))
    assert isinstance(results.grades(database, named, "anna"), GradeSheet)


def test_a_round_over_nothing_is_refused(database: Database, tmp_path: Path) -> None:
    name = a_set(database, tmp_path)
    with pytest.raises(Refused, match="nothing to judge"):
        drawing.draw(database, name)
    answers(database, tmp_path, ["only"])
    with pytest.raises(Refused, match="two models"):
        drawing.draw(database, name, kind=RoundKind.CHOOSE)
    with pytest.raises(Refused, match="side by side"):
        drawing.draw(database, name, side=5)
