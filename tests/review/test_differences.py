"""Differences: what comes up for a last word and for whom, and the last word itself."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from core.audit.findings import findings
from core.audit.judged import JudgedItem
from core.database import Database
from core.database.schema import ratings
from core.pool import filters, judging, standing
from core.pool.filters import Filter
from core.pool.judgement import FINAL, Judgement
from core.records import Grade, Rating, Refused
from core.review import differences, editing
from core.review.editing import Text
from core.review.rows import queues
from tests.review.pool_of_texts import open_at, pool_of


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_at(tmp_path)


@pytest.fixture
def pool_id(database: Database) -> int:
    return pool_of(database, 3)


def _queue(database: Database, pool_id: int, name: str = "work", **options: int) -> int:
    with database.write() as c:
        return queues.create(c, pool_id, name, **options)  # type: ignore[arg-type]


def _ids(database: Database, pool_id: int) -> list[int]:
    with database.read() as c:
        return [row.id for row in filters.matching(c, pool_id, Filter())]


def _hash(database: Database, instance_id: int) -> str:
    with database.read() as c:
        return standing.of(c, instance_id, "nobody")[0]


def _rate(database: Database, instance_id: int, **grades: str) -> None:
    for reviewer, grade in grades.items():
        with database.write() as c:
            text_hash = standing.of(c, instance_id, reviewer)[0]
            judging.rate(c, instance_id, reviewer, text_hash, Judgement(Grade(grade)))


def _seen_by(database: Database, pool_id: int, viewer: str) -> list[int]:
    with database.read() as c:
        return differences.waiting(c, pool_id, viewer)


def test_a_reviewer_who_has_an_item_still_to_rate_does_not_see_what_others_said_of_it(database, pool_id):
    _queue(database, pool_id, wanted=3)
    one, *_ = _ids(database, pool_id)
    _rate(database, one, ann="A", bob="D")
    for viewer in ("cyd", "ann", "bob"):
        assert _seen_by(database, pool_id, viewer) == []
    _rate(database, one, cyd="B")
    for viewer in ("cyd", "ann", "somebody else"):
        assert _seen_by(database, pool_id, viewer) == [one]


def test_an_item_that_one_queue_has_done_and_another_waits_for_is_seen_only_by_who_has_rated_it(database, pool_id):
    _queue(database, pool_id, "two", wanted=2)
    more = _queue(database, pool_id, "three", wanted=3)
    one, *_ = _ids(database, pool_id)
    _rate(database, one, ann="A", bob="D")
    assert _seen_by(database, pool_id, "ann") == [one]
    assert _seen_by(database, pool_id, "cyd") == []
    with database.write() as c:
        queues.archive(c, more)
    assert _seen_by(database, pool_id, "cyd") == [one]


def test_an_item_of_no_queue_comes_as_soon_as_two_ratings_differ(database, pool_id):
    one, two, _ = _ids(database, pool_id)
    _rate(database, one, ann="A", bob="D")
    _rate(database, two, ann="B", bob="B")
    assert _seen_by(database, pool_id, "cyd") == [one]


def test_a_rating_taken_back_or_an_edit_hides_the_item_again(database, pool_id):
    _queue(database, pool_id, wanted=2)
    one, two, _ = _ids(database, pool_id)
    for each in (one, two):
        _rate(database, each, ann="A", bob="D")
    assert _seen_by(database, pool_id, "ann") == [one, two]
    with database.write() as c:
        last = judging.latest(c, pool_id, "bob")
        assert last is not None
        judging.take_back(c, pool_id, "bob", last)
    editing.edit(database, one, _hash(database, one), Text("New.", "", "n"), "bob")
    assert _seen_by(database, pool_id, "ann") == []


def _last_word(database: Database, instance_id: int, grade: str, by: str = "lead") -> None:
    differences.last_word(database, instance_id, _hash(database, instance_id), Judgement(Grade(grade)), by)


def _take_back_last_word(database: Database, pool_id: int, by: str = "lead") -> int:
    with database.read() as c:
        act = differences.latest_word(c, pool_id, by)
    assert act is not None
    return differences.take_back(database, pool_id, by, act)


def test_a_last_word_taken_back_brings_the_item_back_and_stays_on_record(database, pool_id):
    one, two, _ = _ids(database, pool_id)
    for each in (one, two):
        _rate(database, each, ann="A", bob="D")
        _last_word(database, each, "B")
    assert _seen_by(database, pool_id, "lead") == []
    assert _take_back_last_word(database, pool_id) == two
    assert _seen_by(database, pool_id, "lead") == [two]
    with database.read() as c:
        assert standing.grade_of(c, two) is Grade.D and standing.grade_of(c, one) is Grade.B
        acts = c.execute(sa.select(ratings.c.kind).where(ratings.c.round == FINAL).order_by(ratings.c.id)).scalars()
        assert list(acts) == ["rate", "rate", "undo"]
    assert _take_back_last_word(database, pool_id) == one
    with database.read() as c:
        assert differences.latest_word(c, pool_id, "lead") is None


def test_an_earlier_last_word_stands_again_after_the_later_one_is_taken_back(database, pool_id):
    one, *_ = _ids(database, pool_id)
    _rate(database, one, ann="A", bob="D")
    _last_word(database, one, "B")
    _last_word(database, one, "C")
    _take_back_last_word(database, pool_id)
    with database.read() as c:
        assert standing.grade_of(c, one) is Grade.B
    assert _seen_by(database, pool_id, "lead") == []


def test_nobody_takes_back_another_persons_last_word_or_one_twice(database, pool_id):
    one, *_ = _ids(database, pool_id)
    _rate(database, one, ann="A", bob="D")
    _last_word(database, one, "B")
    with database.read() as c:
        act = differences.latest_word(c, pool_id, "lead")
        assert differences.latest_word(c, pool_id, "ann") is None
    assert act is not None
    with pytest.raises(Refused, match="already"):
        differences.take_back(database, pool_id, "ann", act)
    differences.take_back(database, pool_id, "lead", act)
    with pytest.raises(Refused, match="already"):
        differences.take_back(database, pool_id, "lead", act)


def test_a_last_word_taken_back_is_given_again_as_it_was(database, pool_id):
    one, two, _ = _ids(database, pool_id)
    _rate(database, one, ann="A", bob="D")
    _rate(database, two, ann="A", bob="D")
    differences.last_word(database, one, _hash(database, one), Judgement(Grade.B, note="why"), "lead")
    assert differences.walk(database, pool_id, "lead").undone is None
    _take_back_last_word(database, pool_id)
    undone = differences.walk(database, pool_id, "lead").undone
    assert undone is not None and undone.said.grade is Grade.B
    assert differences.redo(database, pool_id, "lead", undone) == one
    with database.read() as c:
        (word,) = standing.current(c, one, FINAL)
    assert (word.grade, word.note, word.reviewer) == (Grade.B, "why", "lead")
    with pytest.raises(Refused, match="Something else"):
        differences.redo(database, pool_id, "lead", undone)
    _take_back_last_word(database, pool_id)
    _rate(database, one, ann="C")
    last = differences.walk(database, pool_id, "lead").undone
    assert last is not None
    with pytest.raises(Refused, match="since"):
        differences.redo(database, pool_id, "lead", last)
    assert differences.walk(database, pool_id, "ann").undone is None


def test_a_known_answer_is_taken_back_where_it_was_given(database, pool_id):
    one, *_ = _ids(database, pool_id)
    for grade in (Grade.C, Grade.B):
        differences.known_answer(database, one, _hash(database, one), grade, "lead")
    for expected in (Grade.B, Grade.C):
        with database.read() as c:
            known = differences.known_by(c, one, "lead")
            assert known is not None and known.said.grade is expected
            assert differences.known_by(c, one, "ann") is None
        assert differences.take_back(database, pool_id, "lead", known) == one
    with database.read() as c:
        assert differences.known_by(c, one, "lead") is None
        assert differences.answers_known(c, pool_id) == 0


def _judged(*said: Judgement, last_word: Judgement | None = None) -> JudgedItem:
    def as_rating(number: int, one: Judgement) -> Rating:
        return Rating(id=number, instance_id=1, reviewer=f"reviewer {number}", text_hash="h", **one.as_mapping())

    given = tuple(as_rating(number, one) for number, one in enumerate(said))
    settled = as_rating(99, last_word) if last_word else None
    return JudgedItem(1, 1, 1, "h", "i", "", "o", ratings=given, adjudication=settled)


def test_equal_grades_with_different_answers_are_a_difference_of_an_audit_too():
    both = (Judgement(Grade.A, None, True, True, True), Judgement(Grade.A, None, True, False, None))
    item = _judged(*both)
    assert item.differs_on == ("input_appropriate",) and not item.is_disputed
    assert findings([item], {"": 1}).disputed == (1,)
    assert _judged(both[0], both[0]).differs_on == ()
    apart = _judged(both[0], Judgement(Grade.D, None, False, False, False))
    assert apart.differs_on == ("grade", "instruction_valid", "input_appropriate", "output_correct")


def test_a_last_word_on_the_answers_alone_leaves_the_grade_to_the_reviewers():
    both = (Judgement(Grade.A, None, True, True, True), Judgement(Grade.A, None, True, False, True))
    assert _judged(*both).answer("all_valid") is False
    settled = _judged(*both, last_word=Judgement(None, None, None, True, None))
    assert (settled.grade, settled.is_valid, settled.answer("all_valid")) == (Grade.A, True, True)
