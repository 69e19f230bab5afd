"""The page Map, and the verb that writes the same: what is there, what is stale, and the way to a queue."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import pools
from core.__main__ import main
from core.database import Database
from core.diversity import view
from core.pool import arrivals
from core.pool.arrivals import NewTask
from core.records import Origin
from core.release.making import make
from core.release.order import ReleaseOrder
from core.release.predicate import Predicate
from core.review.rows import queues
from pages.map.selected import CORNERS
from tests.maps.on_a_map import CODE, POEMS, pool_on_a_map
from tests.pages.conftest import first_start

Page = Callable[..., AppTest]


def test_before_the_first_map_the_page_says_what_it_would_show_and_offers_to_make_it(page: Page) -> None:
    app = page("map")
    assert "will lie near each other here" in app.info[0].value
    assert app.button(key="map-begin").label == "Make the map"
    assert not app.get("plotly_chart") and not app.button(key="map-begin").disabled


def test_a_pool_with_too_little_for_a_map_is_led_to_growing_and_importing(page: Page, database: Database) -> None:
    page("overview")
    app = page("map", pool=pools.make(database, "few", own_seeds=[]).name)
    assert "a map needs at least 10; grow the pool, or import" in app.info[0].value
    assert app.button(key="map-begin").disabled and len(app.get("page_link")) >= 2


def test_a_line_around_tasks_leads_to_a_queue_of_exactly_those(
    page: Page, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = view.with_ids
    monkeypatch.setattr(view, "with_ids", lambda *asked: [replace(one, verb="be") for one in found(*asked)])
    first_start()
    pool = pool_on_a_map(database)
    app = page("map", pool=pool.name)
    spec = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert "n = 7 tasks" in spec["layout"]["title"]["text"] and len(spec["data"]) == 2
    app.session_state[CORNERS] = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5))
    app.run()
    told = "on the map, most often with the verb “be”: 4 tasks, 1 of them seeds"
    assert told in [one.value for one in app.text]
    app.button(key="review-these").click().run()
    assert not app.exception
    with database.read() as c:
        (made,) = [queue for queue in queues.of_pool(c, pool.id) if queue.filter.task_ids]
        assert made.waiting == len(POEMS)


def test_the_map_narrows_to_a_release_and_to_what_is_not_in_it(page: Page, database: Database, tmp_path: Path) -> None:
    first_start()
    pool = pool_on_a_map(database)
    made = make(database, pool, ReleaseOrder(("csv",), Predicate.everything()), tmp_path / "r")
    app = page("map", pool=pool.name)
    for choice, n in ((str(made.id), 6), ("new", 1)):
        app.selectbox(key="map-release").set_value(choice).run()
        assert not app.exception
        title = json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]["title"]["text"]
        assert f"n = {n} {'task' if n == 1 else 'tasks'}" in title
    assert main(["pool", "map", pool.name, "--in-release", "last", "--csv", str(tmp_path / "map.csv")]) == 0
    assert len((tmp_path / "map.csv").read_text("utf-8").splitlines()) == 7


def test_a_map_of_an_earlier_moment_says_so(page: Page, database: Database) -> None:
    first_start()
    pool = pool_on_a_map(database)
    with database.write() as c:
        arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, "Name a tree.")])
    app = page("map", pool=pool.name)
    assert any("1 text has come or changed since" in one.value for one in app.caption)


def test_embeddings_are_the_user_s_choice_and_their_cost_is_said_before(page: Page, database: Database) -> None:
    page("overview")
    pool = pool_on_a_map(database)
    app = page("map", pool=pool.name)
    assert app.text_input(key=f"map-{pool.id}-embeddings").value == ""
    app.text_input(key=f"map-{pool.id}-embeddings").set_value("fake").run()
    assert any("has no embeddings; leave the model of embeddings empty" in one.value for one in app.text)
    assert app.button(key="map-begin").disabled
    app.text_input(key=f"map-{pool.id}-address").set_value("http://127.0.0.1:9/v1").run()
    assert any("1 request for 7 texts" in one.value and "on this machine" in one.value for one in app.text)
    assert not app.button(key="map-begin").disabled
    app.text_input(key=f"map-{pool.id}-address").set_value("https://models.example/v1").run()
    assert any("the price isn't known" in one.value for one in app.text)
    assert app.button(key="map-begin").disabled
    app.number_input(key=f"map-usd-{pool.id}").set_value(0.5).run()
    assert not app.button(key="map-begin").disabled and not app.exception


def test_the_verb_says_what_embeddings_would_take_and_sends_nothing(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    pool = pool_on_a_map(database)
    asked = ["pool", "map", pool.name, "--embeddings", "fake", "--json"]
    assert main([*asked, "--estimate", "--address", "http://127.0.0.1:9/v1"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["texts"], told["kept"], told["requests"]) == (7, 0, 1) and told["usd"] is None
    assert main(asked) == 1 and "has no embeddings" in capsys.readouterr().err
    assert main([*asked, "--address", "https://models.example/v1"]) == 1
    assert "--budget-tokens" in capsys.readouterr().err


def test_the_verb_writes_what_is_kept_and_computes_nothing_twice(
    data_dir: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    pool = pool_on_a_map(database)
    places, picture = data_dir / "map.csv", data_dir / "map.svg"
    files = ["--csv", str(places), "--svg", str(picture), "--theme", "dark"]
    assert main(["pool", "map", pool.name, "--json", *files]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["tasks"], told["made_now"], told["trustworthiness"]) == (7, False, 0.93)
    lines = places.read_text().splitlines()
    assert len(lines) == 8 and lines[0].startswith("task,x,y,density,origin,run,grade,verb")
    assert CODE[0] in lines[5] and picture.read_text().count("<circle") == 9
    assert main(["pool", "map", pools.make(database, "none", own_seeds=[]).name]) == 1
    assert "needs at least 10" in capsys.readouterr().err
