"""A pool as a map: made by a run in a process of its own, stopped, kept, stale; what a line around tasks holds."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import replace
from io import StringIO
from threading import Thread
from time import sleep
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from core import pools
from core.database import Database
from core.database.schema import map_points
from core.database.schema import maps as maps_table
from core.diversity.theme import DARK, LIGHT
from core.maps import job, view, worker
from core.maps.drawing import drawn, legend
from core.maps.lasso import corners_of, inside
from core.maps.placing import TITLED, MapTitle, _densities, _tf_idf, _titles, trustworthiness
from core.maps.recipe import MapRecipe, recipe_of
from core.maps.rows import maps
from core.maps.view import UNRATED, MapColour
from core.pool import arrivals, tasks
from core.pool.arrivals import NewTask
from core.records import Grade, Judgement, Origin, Refused, RunState, State
from core.review import glance, queues
from core.runs import control, runner
from pages.map.chart import map_figure
from tests.maps.on_a_map import CODE, POEMS, pool_on_a_map

THINGS = ["rain", "sea", "salt", "fog", "moon", "wind", "sand", "snow"]
THINGS += ["lake", "hill", "cave", "reef", "dune", "moss", "fern", "tide"]
EVERYWHERE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
LOWER_LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5))


def two_subjects(database: Database) -> int:
    pool = pools.make(database, "two subjects", own_seeds=[])
    texts = [
        f"Write a {kind} poem about the {thing}." for kind in ("short", "sad") for thing in ["sea", "rain", "salt"]
    ]
    texts += [f"Sort a {kind} list of {thing} in Python." for kind in ("long", "new") for thing in ["a", "b", "c"]]
    with database.write() as c:
        arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, text) for text in [*texts, texts[0]]])
    return pool.id


def test_a_map_places_every_text_once_and_keeps_how_it_was_made(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")  # to compile takes longer than to place so few
    pool_id, recipe = two_subjects(database), MapRecipe(neighbours=4, rounds=20)
    stages: set[str] = set()
    run = job.make_here(database, pool_id, recipe, lambda counts: stages.add(counts["stage"]))
    assert (run.state, run.message[:23]) == (RunState.DONE, "12 instructions placed ")
    assert stages >= {"words", "vectors", "neighbours", "layout", "titles", "done"}
    shown = view.newest(database, pool_id)
    assert shown is not None and not shown.is_stale
    assert len(shown) == 13 and len(set(zip(shown.x.tolist(), shown.y.tolist(), strict=True))) == 12
    assert shown.x[0] == shown.x[12] and shown.y[0] == shown.y[12]  # the same text, the same place
    assert shown.x.min() >= 0 and shown.y.max() <= 1 and shown.density.max() == 1
    assert shown.recipe == recipe and shown.run_id == run.id and "umap-learn" in shown.made_with
    assert 0 < shown.trust <= 1 and shown.trusted == 12


def test_the_map_s_process_takes_embeddings_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = np.arange(35, dtype="<f2").reshape(7, 5)
    lines = [json.dumps({"vectors": b64encode(piece.tobytes()).decode()}) for piece in (sent[:3], sent[3:6], sent[6:])]
    monkeypatch.setattr("sys.stdin", StringIO("\n".join(lines)))
    found = worker._embeddings(7, 5)
    assert found is not None and np.array_equal(found, sent) and worker._embeddings(7, 0) is None


def test_a_map_of_few_texts_has_few_titles_and_none_hides_the_dots_of_its_place() -> None:
    rng = np.random.default_rng(3)
    laid = rng.random((200, 2)).astype(np.float32)
    texts = [f"Write about {THINGS[int(4 * x) + 4 * int(4 * y)]} {at % 7}" for at, (x, y) in enumerate(laid)]
    weights, words = _tf_idf(texts)
    grid, _ = _densities(laid)
    assert 0 < len(_titles(laid, grid, weights, words)) <= 200 // TITLED


def test_a_title_stands_above_the_dots_of_its_place(database: Database) -> None:
    pool = pool_on_a_map(database)
    shown = view.newest(database, pool.id)
    assert shown is not None
    figure = map_figure(shown, MapColour.ORIGIN, list(shown.origins), LIGHT, "p")
    assert figure.layout.annotations and all(one.yshift >= 10 for one in figure.layout.annotations)


def test_titles_on_screen_cover_no_other_and_none_is_cut_at_the_edge(database: Database) -> None:
    shown = view.newest(database, pool_on_a_map(database).id)
    assert shown is not None
    places = ((0.02, 0.5), (0.5, 0.5), (0.55, 0.51), (0.55, 0.6), (0.98, 0.5))
    titles = tuple(MapTitle(x, y, f"words of place {at}") for at, (x, y) in enumerate(places))
    figure = map_figure(replace(shown, titles=titles), MapColour.ORIGIN, list(shown.origins), LIGHT, "p")
    kept = [(one.text[-1], one.xanchor) for one in figure.layout.annotations]
    assert kept == [("0", "left"), ("1", "center"), ("3", "center"), ("4", "right")]
    in_file = drawn(replace(shown, titles=titles), MapColour.ORIGIN, list(shown.origins), LIGHT, "p")
    assert re.findall(r'text-anchor="(\w+)">words of place', in_file) == ["start", "middle", "middle", "middle", "end"]


def test_a_stop_ends_the_process_and_leaves_the_map_that_was_there(database: Database) -> None:
    pool = pool_on_a_map(database)
    with database.write() as c:
        arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, f"Name {n} trees and {n} rivers.") for n in range(40)])
    run = job.begin(database, pool.id, MapRecipe(rounds=5_000))

    def stop() -> None:
        while not control.get(database, run.id).counts:
            sleep(0.01)
        control.stop(database, run.id)

    asking = Thread(target=stop)
    asking.start()
    ended = runner.work_here(database, run.id)
    asking.join()
    assert ended.state is RunState.STOPPED and "the map that was there stays" in ended.message
    shown = view.newest(database, pool.id)
    assert shown is not None and shown.run_id != run.id


def test_until_all_points_are_stored_the_pool_has_the_map_that_it_had(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = pool_on_a_map(database)
    shown = view.newest(database, pool.id)
    assert shown is not None
    with database.read() as c:
        hashes = [key for key, _ in maps.texts(c, pool.id)]
    made: dict[str, Any] = {name: [0.5] * len(hashes) for name in ("x", "y", "density")}
    made |= {"titles": [], "trust": 0.9, "trusted": 3, "made_with": {}}
    monkeypatch.setattr(job, "AT_ONCE", 3)
    ours: Any = SimpleNamespace(
        database=database, write=database.write, report=lambda *_, **__: None, run=control.get(database, shown.run_id)
    )
    plain, stored = maps.add, list[int]()

    def add(c: Any, map_id: int, some: Any) -> None:
        plain(c, map_id, some)
        stored.append(len(some))
        if len(stored) == 2:
            raise KeyboardInterrupt

    def number() -> tuple[int, int]:
        with database.read() as c:
            n = c.execute(sa.select(sa.func.count()).select_from(map_points)).scalar_one()
        return view.newest(database, pool.id).x[0], n  # type: ignore[union-attr]

    before = number()
    monkeypatch.setattr(maps, "add", add)
    with pytest.raises(KeyboardInterrupt):
        job._keep(ours, MapRecipe(), made, hashes, 1.0, [])
    assert number() == (before[0], before[1] + 3)  # of the part that was cut off nothing is there
    job._keep(ours, MapRecipe(), made, hashes, 1.0, [])
    assert number() == (0.5, len(hashes))
    with database.read() as c:
        assert c.execute(sa.select(sa.func.count()).select_from(maps_table)).scalar_one() == 1


def test_a_pool_of_few_texts_is_told_so_before_anything_is_queued(database: Database) -> None:
    pool = pools.make(database, "few", own_seeds=[])
    with pytest.raises(Refused, match="has 0 different instructions, and a map needs at least 10"):
        job.begin(database, pool.id, MapRecipe())
    assert job.latest(database, pool.id) is None
    with pytest.raises(Refused, match="neighbours"):
        recipe_of({"neighbours": 1})


def test_what_came_and_went_since_is_counted_and_what_went_is_not_drawn(database: Database) -> None:
    pool = pool_on_a_map(database)
    with database.write() as c:
        arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, "Name a tree."), NewTask(Origin.IMPORT, CODE[0])])
        gone = next(key for key, text in tasks.instructions(c, pool.id) if text == POEMS[0])
        tasks.set_state(c, gone, State.REJECTED)
    shown = view.newest(database, pool.id)
    assert shown is not None
    assert (shown.missing, shown.gone, len(shown)) == (1, 1, 7)  # the repeated text lies where the first one does
    assert gone not in shown.task_ids


def test_a_line_holds_the_tasks_inside_it_and_nothing_else(database: Database) -> None:
    pool = pool_on_a_map(database)
    shown = view.newest(database, pool.id)
    assert shown is not None
    held = shown.within(LOWER_LEFT)
    assert [shown.instructions[shown.task_ids.index(one)] for one in held][1:] == POEMS
    assert len(shown.seeds & set(held)) == 1
    assert len(shown.within(EVERYWHERE)) == 7 and shown.within(EVERYWHERE[:2]) == ()


def test_a_line_that_turns_back_on_itself_is_read_by_even_and_odd() -> None:
    x, y = np.array([0.5, 0.2, 0.9, 2.0], np.float32), np.array([0.5, 0.2, 0.1, 0.5], np.float32)
    frame = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0), (0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)]
    assert inside(x, y, [*frame, (0.4, 0.4)]).tolist() == [False, True, True, False]


@pytest.mark.parametrize("sent", [None, "x", [[1]], [[1, "a"]], [[0, 0]] * 3_000, [[float("nan"), 0.0]] * 4, {"a": 1}])
def test_what_is_no_line_holds_nothing(sent: object) -> None:
    assert corners_of(sent) == ()


def test_a_grade_that_could_colour_somebody_s_own_is_not_on_their_map(database: Database) -> None:
    pool = pool_on_a_map(database)
    queue = queues.names(database, pool.id)
    (queue_id,) = queue
    double = queues.make(database, pool.id, "two each", wanted=2)
    shown = view.newest(database, pool.id)
    assert shown is not None
    instance = next(one.id for one in _instances(database, shown.task_ids[1]))
    look, _ = glance.look(database, queue_id, instance, "anna")
    glance.judge(database, look, "anna", Judgement(Grade.B))

    def grade(viewer: str) -> str:
        return view.groups(database, pool.id, shown, MapColour.GRADE, "", viewer)[1]

    assert (grade("anna"), grade("ben")) == ("B", UNRATED)  # ben's answer is still waited for
    queues.archive(database, double.id)
    assert grade("ben") == "B"


def _instances(database: Database, task_id: int) -> tuple[tasks.Instance, ...]:
    with database.read() as c:
        return tasks.by_ids(c, [task_id])[0].instances


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("colour", MapColour)
def test_a_hostile_text_is_text_on_the_map_and_in_its_file(
    database: Database, theme: object, colour: MapColour
) -> None:
    pool = pool_on_a_map(database)
    shown = view.newest(database, pool.id)
    assert shown is not None
    groups = view.groups(database, pool.id, shown, colour, "", "anna")
    assert sum(n for _, n in legend(groups, colour, theme).values()) == 7  # type: ignore[arg-type]
    chart = str(map_figure(shown, colour, groups, theme, "<b>p</b>").to_plotly_json())  # type: ignore[arg-type]
    picture = drawn(shown, colour, groups, theme, "<script>p</script>")  # type: ignore[arg-type]
    assert "<img" not in chart and "<b>poem" not in chart and "&lt;b&gt;p&lt;/b&gt;" in chart
    assert "<script" not in picture and "<b>" not in picture and picture.count("<circle") >= 7
    assert "n = 7 tasks" in chart


def test_trustworthiness_is_one_for_the_same_places_and_about_half_for_chance() -> None:
    places = np.random.default_rng(0).random((300, 2)).astype(np.float32)
    assert trustworthiness(places, places, 1) == (1.0, 300)
    by_chance, _ = trustworthiness(np.random.default_rng(5).random((300, 2)).astype(np.float32), places, 1)
    assert 0.4 < by_chance < 0.6
