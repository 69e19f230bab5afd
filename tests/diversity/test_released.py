"""A release is looked at as it went out, whatever people have done to its tasks since."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.database import Database
from core.database.schema import releases
from core.diversity import seedscores
from core.diversity.beside import names_beside, pairs_beside
from core.diversity.selection import Looked, TaskSelection
from core.diversity.verbnoun import VerbNoun
from core.diversity.view import DiversityFigures, judged_pairs, listed, look, with_length, with_pair, with_seed_score
from core.diversity.words import in_words
from core.pool import edits, tasks
from core.records import Grade, Origin, Pool, Refused
from core.release.making import make
from core.release.order import ReleaseOrder
from core.release.predicate import Predicate
from core.release.released import Released
from core.review.rows import acts
from tests.diversity.looked_at import lexicon, pool_to_look_at, rate


@pytest.fixture
def pool(database: Database) -> Pool:
    made = pool_to_look_at(database)
    seedscores.measure(database, made)
    return made


def released(database: Database, pool: Pool, tmp_path: Path, name: str = "r") -> Released:
    return make(database, pool, ReleaseOrder(("csv",), Predicate.everything()), tmp_path / name)


def looked(database: Database, pool: Pool, wanted: TaskSelection) -> DiversityFigures:
    return look(database, pool.id, wanted, lexicon().key)


def edit_much(database: Database, pool: Pool) -> None:
    """The instruction of one task twice, another's answer, and a third is taken out of the pool."""
    with database.write() as c:
        every = {task.instruction: task for task in tasks.page(c, pool.id, origin=Origin.SELF_INSTRUCT)}
        poem = every["Write a poem about the sea."]
        edits.change_task(c, poem, "Sort the list of cities.", poem.is_classification, "ann")
        edits.change_task(c, tasks.get(c, poem.id), "Explain a name.", poem.is_classification, "ann")
        its = every["Write an essay on salt."].instances[0]
        edits.change_instance(c, its.task_id, its.id, "a far longer input than it had", "one", "ann")
        acts.reject(c, pool.id, [every["Write a poem about a bridge."].instances[0].id], "bad", "ann")


def test_a_release_looks_the_same_whatever_happened_since(database: Database, pool: Pool, tmp_path: Path) -> None:
    wanted = TaskSelection(release_id=released(database, pool, tmp_path).id)
    then = looked(database, pool, wanted)
    assert (then.tasks, then.waiting, then.former, then.told) == (6, 0, 0, "")
    assert then.pairs == looked(database, pool, TaskSelection()).pairs
    before = [listed(database, pool.id, wanted, lexicon().key)]
    asked = (database, pool.id, wanted, lexicon().key)
    before += [with_pair(*asked, "write", ["poem"]), with_pair(*asked, "write", [])]
    before += [with_seed_score(*asked, low / 20, (low + 1) / 20) for low in range(20)]
    before += [with_length(*asked, text, 0, 4) for text in ("instruction", "input", "output")]
    edit_much(database, pool)
    now = looked(database, pool, wanted)
    assert replace(now, former=0) == then and now.former == 2
    assert now.told == "2 instances were edited since, counted with the text that went out."
    after: list[list[Looked]] = [listed(*asked), with_pair(*asked, "write", ["poem"]), with_pair(*asked, "write", [])]
    after += [with_seed_score(*asked, low / 20, (low + 1) / 20) for low in range(20)]
    after += [with_length(*asked, text, 0, 4) for text in ("instruction", "input", "output")]
    assert [[(one.task_id, one.instruction, one.verb, one.noun) for one in some] for some in after] == [
        [(one.task_id, one.instruction, one.verb, one.noun) for one in some] for some in before
    ]
    assert looked(database, pool, replace(wanted, is_classification=True)).tasks == 3
    assert in_words(wanted) == f"what release {wanted.release_id} held"


def test_a_text_that_the_history_has_not_is_counted_as_it_is_and_said(
    database: Database, pool: Pool, tmp_path: Path
) -> None:
    wanted = TaskSelection(release_id=released(database, pool, tmp_path).id)
    edit_much(database, pool)
    with database.write() as c:
        c.execute(edits.edits.delete())
    found = looked(database, pool, wanted)
    assert (found.former, found.unknown_former) == (0, 2)
    assert "2 more are counted with today's text" in found.told


def test_of_a_release_that_is_not_known_nothing_is_drawn(database: Database, pool: Pool, tmp_path: Path) -> None:
    made = released(database, pool, tmp_path)
    with database.write() as c:
        c.execute(releases.update().values(members=None))
    with pytest.raises(Refused, match="release members"):
        looked(database, pool, TaskSelection(release_id=made.id))


def test_two_sides_stand_beside_each_other_with_counts_and_shares(
    database: Database, pool: Pool, tmp_path: Path
) -> None:
    rate(database, pool, "Write an essay on salt.", Grade.A)
    made = make(database, pool, ReleaseOrder(("csv",)), tmp_path / "r")
    left = looked(database, pool, TaskSelection(release_id=made.id))
    right = looked(database, pool, TaskSelection())
    both = {(one.verb, one.noun): one for one in pairs_beside(left, right)}
    essay, poem = both["write", "essay"], both["write", "poem"]
    assert (essay.left, essay.right, essay.left_share, essay.right_share) == (1, 1, 1.0, 1 / 6)
    assert (poem.left, poem.right, poem.points) == (0, 2, pytest.approx(100 / 3))
    assert next(iter(both)) == ("write", "essay"), "the largest share of either side first"
    assert names_beside(["p", "p"]) == ["left: p", "right: p"] and names_beside(["p", "q"]) == ["p", "q"]
    judged = judged_pairs(database, pool.id, TaskSelection(release_id=made.id), lexicon().key, "ann")
    assert judged == {VerbNoun("write", "essay"): (1, 1)}
