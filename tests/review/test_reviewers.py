"""Reviewers compared: grades, two side by side, drift and pace; nothing that could colour an answer still to come."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from core import pools
from core.__main__ import main
from core.database import Database
from core.database.schema import ratings
from core.diversity.theme import DARK, LIGHT, contrast
from core.pool import arrivals, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.records import Grade, Judgement, Origin, Pool
from core.review import glance, progress, queues, reviewers
from pages.review.reviewers_charts import grade_bars, over_time, two_matrix

N = 24


def rated(database: Database, wanted: int = 2) -> tuple[Pool, list[int]]:
    """24 items that a queue wants `wanted` ratings of: anna has rated all, "<b>ben" the first half."""
    pool = pools.make(database, "rated", own_seeds=[])
    with database.write() as c:
        new = [NewTask(Origin.IMPORT, f"Name {n} rivers.", None, (NewInstance("", "The Rhine."),)) for n in range(N)]
        made = arrivals.add(c, pool.id, new)
    queue = queues.make(database, pool.id, "some each", wanted=wanted)
    with database.read() as c:
        ids = [task.instances[0].id for task in tasks.by_ids(c, made)]
    for at, instance in enumerate(ids):
        judge(database, queue.id, instance, "anna", Grade.A if at % 4 else Grade.C)
        if at < N // 2:
            judge(database, queue.id, instance, "<b>ben", Grade.A if at % 2 else Grade.C)
    with database.write() as c:  # twenty seconds for each
        for number in c.execute(sa.select(ratings.c.id)).scalars().all():
            c.execute(ratings.update().where(ratings.c.id == number).values(at=1_000_000 + 20.0 * number))
    return pool, made


def judge(database: Database, queue_id: int, instance: int, who: str, grade: Grade) -> None:
    shown, _ = glance.look(database, queue_id, instance, who)
    glance.judge(database, shown, who, Judgement(grade))


def test_two_are_laid_side_by_side_on_what_both_have_rated(database: Database) -> None:
    pool, made = rated(database)
    found = reviewers.compared(database, pool.id, "carla")
    assert found.names == ("<b>ben", "anna")
    assert found.grades("anna") == {"A": 18, "C": 6}
    two = found.two("anna", "<b>ben")
    assert (two.n, two.same, two.hidden) == (12, 9, 0)
    assert [(cell.first, cell.second, cell.n) for cell in two.cells] == [("A", "A", 6), ("A", "C", 3), ("C", "C", 3)]
    assert two.cells[1].task_ids == (made[2], made[6], made[10])


def test_what_a_queue_still_waits_for_is_hidden_from_all_but_who_rated_it(database: Database) -> None:
    pool, made = rated(database, wanted=3)  # everything waits for one more
    found = reviewers.compared(database, pool.id, "carla")
    assert (found.two("anna", "<b>ben").n, found.two("anna", "<b>ben").hidden) == (0, 12)
    assert found.listed("anna", "C") == () and found.over_time("anna")[0].task_ids == ()
    own = reviewers.compared(database, pool.id, "anna")
    assert own.listed("anna", "C") == tuple(made[::4])
    assert own.two("anna", "<b>ben").n == 0  # one's own rating opens one's own list, not the other's answers


def test_a_pace_is_of_what_somebody_can_have_read() -> None:
    assert progress.pace([0.0, 20.0, 40.0, 4000.0, 4020.0]) == 180, "a break is none of it"
    assert progress.pace([0.0, 0.03, 0.06, 0.09]) is None, "ratings given by a verb told 39,693 an hour"
    assert progress.pace([0.0, 0.03, 0.06, 20.06, 40.06]) == 180


def test_drift_and_pace_come_in_blocks_and_too_few_ratings_are_no_point(database: Database) -> None:
    pool, made = rated(database)
    found = reviewers.compared(database, pool.id, "carla")
    first, second = found.over_time("anna")
    assert (first.n, second.n) == (10, 14)
    assert second.per_hour == pytest.approx(180 * 14 / 15, rel=0.2)
    assert (first.valid, first.judged, first.task_ids) == (7, 10, tuple(made[:10]))
    assert len(found.over_time("<b>ben")) == 1 and found.over_time("nobody") == ()


def test_the_pictures_say_their_n_and_show_names_as_text(database: Database) -> None:
    pool, _ = rated(database)
    found = reviewers.compared(database, pool.id, "carla")
    blocks = {name: found.over_time(name) for name in found.names}
    for theme in (LIGHT, DARK):
        drawn = [grade_bars(found, theme), two_matrix(found.two("anna", "<b>ben"), theme), over_time(blocks, theme)]
        for bars in drawn[0].data:
            assert contrast(bars.textfont.color, bars.marker.color) >= 4.5
        (cells,) = drawn[1].data
        inks = zip(cells.textfont.color, cells.marker.color, strict=True)
        assert min(contrast(ink, shade) for ink, shade in inks) >= 4.5
        said = [str(one.to_plotly_json()) for one in drawn]
        assert not any("<b>ben" in one for one in said)
        assert "n = 36 ratings" in said[0] and "9 of 12, 75% [47, 91]" in said[1] and "in 3 blocks" in said[2]
    assert "in 1 block," in str(over_time({"ben": blocks["<b>ben"]}, LIGHT).to_plotly_json())


def test_the_verb_lays_every_two_side_by_side(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    pool, _ = rated(database)
    assert main(["rating", "agreement", pool.name, "--json"]) == 0
    (two,) = json.loads(capsys.readouterr().out)["two_by_two"]
    assert (two["first"], two["second"], two["items"], two["same"]) == ("<b>ben", "anna", 12, 9)
