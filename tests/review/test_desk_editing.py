"""Editing in place: what was is kept, who changed it is known, old ratings do not count for new texts."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.database import Database
from core.database.schema import decisions, edits
from core.pool import edits as store_edits
from core.pool import filters, standing, tasks
from core.pool.filters import Filter
from core.pool.judgement import Judgement
from core.records import Decided, Grade, Origin, Refused, State
from core.review import desk, editing, history
from core.review.editing import Text, diff_text, word_diff
from core.review.rows import acts, queues
from core.seeds import promotion
from tests.review.pool_of_texts import open_at, pool_of


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_at(tmp_path)


@pytest.fixture
def pool_id(database: Database) -> int:
    return pool_of(database, 3, instances=3)


@pytest.fixture
def queue(database: Database, pool_id: int) -> int:
    with database.write() as c:
        return queues.create(c, pool_id, "work")


def _rated(database: Database, queue: int, grade: Grade = Grade.A) -> desk.Shown:
    shown = desk.open_queue(database, queue, "ann")
    assert shown is not None
    desk.judge(database, shown, "ann", Judgement(grade))
    return shown


def _texts(database: Database, instance_id: int) -> tuple[str, str, str]:
    with database.read() as c:
        one = tasks.instance(c, instance_id)
        return tasks.get(c, one.task_id).instruction, one.input, one.output


def test_an_edit_makes_old_ratings_stale(database, pool_id, queue):
    shown = _rated(database, queue)
    editing.edit(database, shown.instance_id, shown.text_hash, Text("Say more.", "in", "out"), "bob", "typo")
    with database.read() as c:
        assert standing.current(c, shown.instance_id) == []
        assert standing.grade_of(c, shown.instance_id) is None
        assert [row.id for row in filters.matching(c, pool_id, Filter(rated="stale"))] == [shown.instance_id]
    again = desk.look_at(database, queue, shown.instance_id, "ann")
    assert again.seen is None and again.text_hash != shown.text_hash


def test_a_rating_names_the_hash_of_the_text_it_judged(database, queue):
    shown = _rated(database, queue)
    with database.read() as c:
        (one,) = standing.current(c, shown.instance_id)
        assert one.text_hash == tasks.instance(c, shown.instance_id).text_hash == shown.text_hash


def test_an_old_text_that_comes_back_has_its_ratings_back(database, queue):
    shown = _rated(database, queue, Grade.B)
    before = Text(*_texts(database, shown.instance_id))
    editing.edit(database, shown.instance_id, shown.text_hash, Text("X.", "y", "z"), "bob")
    with database.read() as c:
        hash_now, _ = standing.of(c, shown.instance_id, "ann")
    editing.edit(database, shown.instance_id, hash_now, before, "bob")
    with database.read() as c:
        assert standing.grade_of(c, shown.instance_id) is Grade.B


def test_an_edited_instruction_makes_the_siblings_ratings_stale_too(database, queue):
    first, second = _rated(database, queue), _rated(database, queue)
    assert _texts(database, first.instance_id)[0] == _texts(database, second.instance_id)[0]
    old = _texts(database, first.instance_id)
    editing.edit(database, first.instance_id, first.text_hash, Text("Other words.", old[1], old[2]), "bob")
    with database.read() as c:
        assert standing.current(c, second.instance_id) == []


def test_the_history_tells_who_changed_which_words(database, queue):
    shown = _rated(database, queue)
    instruction, given, answer = _texts(database, shown.instance_id)
    editing.edit(
        database, shown.instance_id, shown.text_hash, Text(instruction, given, answer + " more"), "bob", "short"
    )
    (change,) = history.changes(database, shown.instance_id)
    assert (change.field, change.before, change.after) == ("output", answer, answer + " more")
    assert (change.actor, change.reason) == ("bob", "short")


def test_an_edit_of_a_text_that_somebody_else_edited_is_refused(database, queue):
    shown = _rated(database, queue)
    editing.edit(database, shown.instance_id, shown.text_hash, Text("First.", "", "1"), "bob")
    with pytest.raises(Refused, match="edited since"):
        editing.edit(database, shown.instance_id, shown.text_hash, Text("Second.", "", "2"), "ann")
    assert _texts(database, shown.instance_id) == ("First.", "", "1")


def _hash(database: Database, instance_id: int) -> str:
    with database.read() as c:
        return tasks.instance(c, instance_id).text_hash


def _undo(database: Database, queue: int) -> desk.Shown | None:
    with database.read() as c:
        last = desk.last_act(c, queues.get(c, queue).pool_id, "ann")
    return desk.undo(database, queue, "ann", last)


def test_undo_takes_back_an_edit_and_its_ratings_count_again(database, queue):
    shown = _rated(database, queue, Grade.B)
    before = _texts(database, shown.instance_id)
    editing.edit(database, shown.instance_id, shown.text_hash, Text("New.", "in", "out"), "ann", "typo")
    with database.read() as c:
        last = desk.last_act(c, queues.get(c, queue).pool_id, "ann")
    assert last is not None and last.event is not None
    assert (last.event.kind, last.event.n, last.event.reason) == (Decided.EDIT, 3, "typo")
    back = desk.undo(database, queue, "ann", last)
    assert back is not None and (back.instance_id, back.text_hash) == (shown.instance_id, shown.text_hash)
    assert _texts(database, shown.instance_id) == before
    with database.read() as c:
        assert standing.grade_of(c, shown.instance_id) is Grade.B
    assert [change.reason for change in history.changes(database, shown.instance_id)] == ["typo"] * 3 + ["undone"] * 3


def test_undo_goes_back_step_by_step_through_ratings_edits_and_rejections(database, queue):
    first = _rated(database, queue, Grade.C)
    old = _texts(database, first.instance_id)
    editing.edit(database, first.instance_id, first.text_hash, Text(old[0], "", "better"), "ann")
    again = desk.look_at(database, queue, first.instance_id, "ann")
    desk.judge(database, again, "ann", Judgement(Grade.A))
    editing.reject(database, first.instance_id, _hash(database, first.instance_id), "off topic", "ann")
    with database.read() as c:
        assert tasks.instance(c, first.instance_id).state is State.REJECTED
    assert (_undo(database, queue) or again).instance_id == first.instance_id  # what it was about is shown again
    with database.read() as c:
        assert standing.grade_of(c, first.instance_id) is Grade.A
    _undo(database, queue)
    assert _texts(database, first.instance_id)[2] == "better"
    _undo(database, queue)
    assert _texts(database, first.instance_id) == old
    with database.read() as c:
        assert standing.grade_of(c, first.instance_id) is Grade.C
    _undo(database, queue)
    with database.read() as c:
        assert standing.grade_of(c, first.instance_id) is None
        assert desk.last_act(c, queues.get(c, queue).pool_id, "ann") is None


def test_an_edit_that_somebody_edited_again_is_not_what_undo_takes_back(database, queue):
    shown = _rated(database, queue, Grade.B)
    instruction, given, _ = _texts(database, shown.instance_id)
    mine = editing.edit(database, shown.instance_id, shown.text_hash, Text(instruction, given, "mine"), "ann")
    theirs = Text(instruction, given, "theirs")
    editing.edit(database, shown.instance_id, _hash(database, shown.instance_id), theirs, "bob")
    assert mine is not None
    with pytest.raises(Refused, match="edited again since"):
        editing.undo(database, mine, "ann")
    with database.read() as c:
        last = desk.last_act(c, queues.get(c, queue).pool_id, "ann")
    assert last is not None and last.rating is not None and last.rating.said.grade is Grade.B
    assert _texts(database, shown.instance_id)[2] == "theirs"


def test_undo_gives_back_the_fields_that_nobody_changed_since(database, queue):
    shown = _rated(database, queue)
    instruction, given, _ = _texts(database, shown.instance_id)
    mine = editing.edit(database, shown.instance_id, shown.text_hash, Text(instruction, "mine", "mine"), "ann")
    editing.edit(
        database, shown.instance_id, _hash(database, shown.instance_id), Text(instruction, "mine", "theirs"), "bob"
    )
    assert mine is not None
    editing.undo(database, mine, "ann")
    assert _texts(database, shown.instance_id) == (instruction, given, "theirs")


def test_an_edit_that_changes_nothing_is_no_act(database, queue):
    shown = _rated(database, queue)
    assert (
        editing.edit(database, shown.instance_id, shown.text_hash, Text(*_texts(database, shown.instance_id)), "ann")
        is None
    )


def test_a_merge_of_an_early_version_can_still_be_undone(database, queue):
    shown = _rated(database, queue)
    with database.read() as c:
        others = [one for one in desk.view(c, shown, "ann").item.siblings if one != shown.instance_id]
    told = {"what": "merged", "kept": shown.instance_id, "before": ["input 0.0", "output 0.0"]}
    with database.write() as c:
        event = acts.reject(c, queues.get(c, queue).pool_id, others, "merged", "ann", told)
        store_edits.change_instance(c, tasks.instance(c, shown.instance_id).task_id, shown.instance_id, "all", "all")
    editing.undo(database, event, "ann")
    assert _texts(database, shown.instance_id)[1:] == ("input 0.0", "output 0.0")


def test_a_word_diff_keeps_every_word_of_both_texts():
    before, after = "The quick brown fox, it jumps.", "The slow brown fox jumps high."
    pieces = word_diff(before, after)
    assert "".join(p.text for p in pieces if p.kind != "new") == before
    assert "".join(p.text for p in pieces if p.kind != "gone") == after
    assert diff_text("a b c", "a x c") == "a [-b-]{+x+} c"
    assert diff_text("one two three end", "four five six end") == "[-one two three-]{+four five six+} end"
    assert diff_text("same", "same") == "same"
    assert (diff_text("", "new words"), diff_text("old words", "")) == ("{+new words+}", "[-old words-]")


def test_a_text_without_spaces_is_compared_sign_by_sign_and_a_lines_end_is_a_word():
    assert diff_text("拙政园建于明正德初年", "拙政园建于明嘉靖初年") == "拙政园建于明[-正德-]{+嘉靖+}初年"
    assert diff_text('{\n  "a"\n}', '{\n    "a"\n}') == '{\n[-  -]{+    +}"a"\n}'
    assert diff_text("a b", "a\nb") == "a[- -]{+\n+}b"


def test_long_texts_of_few_words_are_compared_without_making_anybody_wait():
    words = ["the", "river", "old", "city", "a"]
    before, after = (" ".join(words[n * step % 5] for n in range(3000)) for step in (2, 3))
    began = time.process_time()
    pieces = word_diff(before, after)
    assert time.process_time() - began < 5, "difflib takes half a minute"
    assert "".join(p.text for p in pieces if p.kind != "new") == before
    assert "".join(p.text for p in pieces if p.kind != "gone") == after


def test_a_split_puts_parts_in_place_of_the_instance_and_can_be_undone(database, pool_id, queue):
    shown = _rated(database, queue)
    event = editing.split(database, shown.instance_id, shown.text_hash, [("a", "1"), ("b", "2")], "ann")
    with database.read() as c:
        task = tasks.get(c, tasks.instance(c, shown.instance_id).task_id)
        living = [one.output for one in task.instances if one.state is State.ACCEPTED]
    assert living == ["output 0.1", "output 0.2", "1", "2"]
    assert desk.open_queue(database, queue, "bob") is not None
    editing.undo(database, event, "ann")
    with database.read() as c:
        living = [one.output for one in tasks.get(c, task.id).instances if one.state is State.ACCEPTED]
        assert living == ["output 0.0", "output 0.1", "output 0.2"]
        assert standing.grade_of(c, shown.instance_id) is Grade.A


def test_a_merge_lets_one_stand_for_its_siblings_and_can_be_undone(database, queue):
    shown = _rated(database, queue)
    with database.read() as c:
        others = [one for one in desk.view(c, shown, "ann").item.siblings if one != shown.instance_id]
    instruction = _texts(database, shown.instance_id)[0]
    text = Text(instruction, "all inputs", "all outputs")
    event = editing.merge(database, shown.instance_id, shown.text_hash, others, text, "ann")
    assert _texts(database, shown.instance_id) == (instruction, "all inputs", "all outputs")
    with database.read() as c:
        assert {tasks.instance(c, other).state for other in others} == {State.REJECTED}
    editing.undo(database, event, "ann")
    assert _texts(database, shown.instance_id)[1:] == ("input 0.0", "output 0.0")
    with database.read() as c:
        assert {tasks.instance(c, other).state for other in others} == {State.ACCEPTED}
        assert standing.grade_of(c, shown.instance_id) is Grade.A


def test_only_siblings_can_be_merged(database, pool_id, queue):
    shown = _rated(database, queue)
    with database.read() as c:
        stranger = filters.matching(c, pool_id, Filter())[-1].id
    with pytest.raises(Refused, match="same task"):
        editing.merge(database, shown.instance_id, shown.text_hash, [stranger], Text("", "", "x"), "ann")


def test_a_rejection_needs_a_reason_and_takes_the_task_along_where_asked(database, pool_id, queue):
    shown = _rated(database, queue)
    with pytest.raises(Refused, match="reason"):
        editing.reject(database, shown.instance_id, shown.text_hash, "  ", "ann")
    event = editing.reject(database, shown.instance_id, shown.text_hash, "needs a camera", "ann", whole_task=True)
    with database.read() as c:
        task = tasks.get(c, tasks.instance(c, shown.instance_id).task_id)
        assert task.state is State.REJECTED
        assert {one.state for one in task.instances} == {State.REJECTED}
        assert queues.get(c, queue).total == 6
        why = c.execute(sa.select(decisions.c.rule, decisions.c.actor).where(decisions.c.task_id == task.id)).one()
        assert tuple(why) == ("needs a camera", "ann")
    editing.undo(database, event, "bob")
    with database.read() as c:
        assert tasks.get(c, task.id).state is State.ACCEPTED
        assert queues.get(c, queue).total == 9


def test_undoing_one_rejection_leaves_what_went_for_another_reason(database, pool_id, queue):
    shown = _rated(database, queue)
    first = editing.reject(database, shown.instance_id, shown.text_hash, "wrong", "ann")
    other = desk.open_queue(database, queue, "ann")
    assert other is not None
    second = editing.reject(database, other.instance_id, other.text_hash, "bad task", "ann", whole_task=True)
    editing.undo(database, first, "ann")
    with database.read() as c:
        assert tasks.instance(c, shown.instance_id).state is State.REJECTED
    editing.undo(database, second, "ann")
    with database.read() as c:
        assert tasks.instance(c, shown.instance_id).state is State.ACCEPTED


def test_edits_and_decisions_are_only_ever_added_to(database, queue):
    def everything() -> list[str]:
        with database.read() as c:
            return [
                f"{table.name} {tuple(r)}"
                for table in (edits, decisions)
                for r in c.execute(sa.select(table).order_by(table.c.id))
            ]

    shown = _rated(database, queue)
    before = everything()
    event = editing.reject(database, shown.instance_id, shown.text_hash, "wrong", "ann")
    middle = everything()
    editing.undo(database, event, "ann")
    editing.edit(database, shown.instance_id, shown.text_hash, Text("New.", "", "new"), "ann")
    after = everything()
    assert set(before) <= set(middle) <= set(after)
    assert len(after) > len(middle) > len(before)


def test_an_approved_task_becomes_a_seed_that_names_where_it_came_from(database, pool_id, queue):
    shown = _rated(database, queue, Grade.B)
    with database.read() as c:
        task_id = tasks.instance(c, shown.instance_id).task_id
        assert tasks.machine_made(c, pool_id, approved_only=True) == [task_id]
    seed_id = promotion.promote(database, task_id, "ann")
    with database.read() as c:
        seed, source = tasks.get(c, seed_id), tasks.get(c, task_id)
        assert (seed.origin, seed.instruction) == (Origin.SEED, source.instruction)
        assert [one.output for one in seed.instances] == ["output 0.0"]
        assert source.state is State.ACCEPTED
        row = c.execute(sa.select(decisions).where(decisions.c.task_id == seed_id)).one()
        assert (row.kind, row.evidence["from"], row.actor) == (Decided.PROMOTE, task_id, "ann")
    with pytest.raises(Refused, match="already"):
        promotion.promote(database, task_id, "ann")


def test_a_task_that_nobody_approved_is_not_promoted(database, pool_id, queue):
    shown = _rated(database, queue, Grade.C)
    with database.read() as c:
        task_id = tasks.instance(c, shown.instance_id).task_id
        assert tasks.machine_made(c, pool_id, approved_only=True) == []
    with pytest.raises(Refused, match="graded A or B"):
        promotion.promote(database, task_id, "ann")
