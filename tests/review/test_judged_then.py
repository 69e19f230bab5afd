"""What people had said by an earlier moment: later ratings, edits, undos and rejections change nothing of it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.audit import results
from core.database import Database, open_database
from core.database.schema import ratings
from core.pool import judged_then, judging, tasks
from core.pool.filters import Filter
from core.pool.journal import Noted, note
from core.pool.judgement import FINAL, Judgement
from core.records import Grade
from core.review import bulk, editing
from core.review import judged_then as acts
from core.review.editing import Text
from tests import databases
from tests.audit.audits import BAD, GOOD, draw, judge, pool_of


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(databases.address(tmp_path))


def said(database: Database, instance: int, text_hash: str, reviewer: str, grade: Grade, round: str = "") -> None:
    with database.write() as c:
        judging.rate(c, instance, reviewer, text_hash, Judgement(grade), round)


def test_what_came_later_changes_nothing_of_what_was_said_by_then(database: Database) -> None:
    pool_id = pool_of(database, 6)
    table = bulk.table(database, pool_id, Filter(), "Ada").rows
    one, two, three = sorted(row.instance_id for row in table)[:3]
    with database.read() as c:
        hashes = {its: tasks.instance(c, its).text_hash for its in (one, two, three)}
    audit = draw(database, pool_id, size=4)
    judge(database, audit, "Ada", lambda item: GOOD if item.position < 3 else None)
    for its, grade in ((one, Grade.A), (two, Grade.B), (three, Grade.D)):
        said(database, its, hashes[its], "Ada", grade)
    said(database, one, hashes[one], "Bo", Grade.C)
    said(database, one, hashes[one], "Cy", Grade.B, FINAL)
    results.result(database, audit.id, "Di", look=True)
    then = time.time()
    before = acts.as_of(database, pool_id, then)
    sample = results.opened_as_of(database, pool_id, "Di", then).results[0].found
    assert (before.counts.reviewed, before.counts.approved, before.counts.grades) == (3, 2, {"B": 2, "D": 1})
    assert before.agreement.n == 1 and sample.judged == 2
    said(database, two, hashes[two], "Bo", Grade.D)
    editing.edit(database, three, hashes[three], Text("Do thing otherwise.", "", "other"), "Bo")
    editing.reject(database, one, hashes[one], "Bo", "dull")
    judge(database, audit, "Bo", lambda item: BAD)
    draw(database, pool_id, size=2)
    assert acts.as_of(database, pool_id, then) == before
    later = results.opened_as_of(database, pool_id, "Di", then)
    assert [one.audit.id for one in later.results] == [audit.id] and later.results[0].found.table2 == sample.table2
    assert results.opened(database, pool_id, "Di").results[-1].found.table2 != sample.table2
    assert acts.as_of(database, pool_id, time.time()).counts != before.counts


def test_a_files_ratings_are_told_where_nobody_knows_when_they_came(database: Database) -> None:
    pool_id = pool_of(database, 3)
    one, two, three = sorted(row.instance_id for row in bulk.table(database, pool_id, Filter(), "Ada").rows)
    with database.write() as c:
        hashes = {its: tasks.instance(c, its).text_hash for its in (one, two, three)}
        judging.add_from_elsewhere(c, pool_id, one, "Ada", hashes[one], Judgement(Grade.A), 1e9)
    then = time.time()
    assert acts.as_of(database, pool_id, then).counts.reviewed == 1, "nothing was brought in since"
    with database.write() as c:
        judging.add_from_elsewhere(c, pool_id, two, "Ada", hashes[two], Judgement(Grade.A), 1e9)
        note(c, pool_id, Noted.TOOK_RATINGS)
    told = acts.as_of(database, pool_id, then)
    assert (told.counts.reviewed, told.unsure) == (0, 2), "the times that they bear are the file's"
    with database.write() as c:
        judging.rate(c, three, "Bo", hashes[three], Judgement(Grade.B))
        newest = c.execute(sa.select(sa.func.max(ratings.c.id))).scalar_one()
        assert judged_then.known_by(c, pool_id, time.time()) == judged_then.KnownRatings(newest), "a later act says so"
