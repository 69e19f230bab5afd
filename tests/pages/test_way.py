"""The way on Overview: its chart, its numbers, and what a click on a bar opens."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core import pools
from core.database import Database
from core.diversity.theme import DARK, LIGHT
from core.gate import ledger, rescue
from core.pools.way import WayKind, WayStep, way
from pages.overview.glances import bars
from pages.overview.way import behind, rows
from pages.overview.way_chart import way_bars
from pages.shared import contents
from pages.shared.charts import as_csv
from tests.pages.conftest import PROJECT, first_start
from tests.pages.test_ledger import listed, with_discards
from tests.review.test_reviewers import rated

Page = Callable[..., AppTest]


@pytest.fixture
def pool_id(page: Page, database: Database) -> int:
    first_start()
    made = with_discards(database)
    gone = next(one for one in ledger.page(database, made) if one.rule == "unfit-word")
    rescue.rescue(database, [(gone.task_id, None)], "ada")
    return made


def test_a_pool_without_candidates_says_when_its_way_is_drawn(page: Page) -> None:
    app = page("overview")
    assert not app.get("plotly_chart")
    assert any("drawn with the first batch" in str(one.value) for one in app.caption)


def test_the_way_is_drawn_with_its_n_and_the_same_numbers_as_a_table(page: Page, pool_id: int) -> None:
    app = page("overview")
    chart = app.get("plotly_chart")[0]
    assert "n = 3 tasks" in json.loads(chart.proto.spec)["layout"]["title"]["text"]
    assert json.loads(chart.proto.config)["toImageButtonOptions"]["format"] == "svg"
    (table,) = (one.value for one in app.dataframe if "step" in one.value)
    assert list(table["n"])[:4] == [3, 1, 1, 1]  # candidates, two rules, one rescued
    assert list(table["left"])[:4] == [3, 2, 1, 2]


def test_the_upper_axis_has_room_for_its_name_however_few_steps_there_are() -> None:
    few = [WayStep("tasks", WayKind.THERE, "candidates", 3, 3), WayStep("instances", WayKind.THERE, "rated", 1, 1)]
    layout = way_bars(few, LIGHT).layout
    assert layout.title.pad.t >= 15, "the title's first line is whole in the file that the camera saves"
    for axis in (layout.yaxis, layout.yaxis2):
        assert axis.title.text and axis.title.standoff >= 16, "its labels too, in a font an eighth wider"
    apart = layout.yaxis.domain[0] - layout.yaxis2.domain[1]
    assert apart * (layout.height - layout.margin.t - layout.margin.b) >= 55


def test_every_bar_opens_its_page_with_the_widgets_set(page: Page, database: Database, pool_id: int) -> None:
    steps = way(pools.funnel(database, pool_id))
    by_kind = {step.kind: step for step in steps if step.rule in ("", "too-close")}
    for kind, instruction in ((WayKind.RULE, "Write a poem about the sea."), (WayKind.RESCUED, "<b>Draw</b>")):
        address, chosen = behind(by_kind[kind])
        app = page("overview")
        for key, value in chosen.items():
            app.session_state[key] = value
        app.switch_page(contents.file_of(address)).run()
        assert not app.exception
        (row,) = listed(app)
        assert instruction in row
    rated = next(step for step in steps if step.name == "rated")
    address, chosen = behind(rated)
    app = page("overview")
    for key, value in chosen.items():
        app.session_state[key] = value
    app.switch_page(contents.file_of(address)).run()
    assert app.selectbox(key="bulk-where-rated").value == "rated"


def test_names_are_escaped_in_the_chart_and_guarded_in_the_file(database: Database) -> None:
    from core.pools.way import WayStep

    odd = "<a href=x>&=1"
    steps = [
        WayStep("tasks", WayKind.THERE, "candidates", 3, 3),
        WayStep("tasks", WayKind.RULE, odd, 3, 0, "=1"),
        WayStep("instances", WayKind.THERE, "instances to judge", 0, 0),
    ]
    for theme in (LIGHT, DARK):
        drawn = way_bars(steps, theme)
        assert drawn.layout.yaxis.ticktext[1] == "&lt;a href=x&gt;&amp;=1"
        assert "<a" not in str(drawn.data[1].customdata)
    assert "'=1" in as_csv(rows(steps)).decode()


def test_batches_and_grades_are_pictures_with_their_n_that_are_saved_and_lead_on(
    page: Page, database: Database
) -> None:
    page("overview")
    pool, _ = rated(database)
    app = page("overview", pool=pool.name)
    specs = [json.loads(one.proto.spec) for one in app.get("plotly_chart")]
    (found,) = [one for one in specs if one["layout"]["title"]["text"].startswith("<b>Grades")]
    names, counts = found["data"][0]["x"], found["data"][0]["y"]
    assert f"n = {pools.funnel(database, pool.id).reviewed} rated instances" in found["layout"]["title"]["text"]
    assert set(names) <= {"A", "B", "C", "D"} and found["layout"]["xaxis"]["tickangle"] == 0
    assert found["layout"]["yaxis"]["title"]["text"] == "instances" and len(counts) == len(names)
    assert app.get("download_button")
    for theme in (LIGHT, DARK):
        shares = bars(
            ["1"], [50.0], ["1 of 2 candidates"], theme, "n = 2", ("Acceptance by batch", "batch", "accepted, %")
        )
        assert shares.layout.paper_bgcolor == theme.ground and shares.data[0].width[0] < 0.3  # one is no wall of colour


def test_what_plotly_looks_into_is_loaded_before_a_chart_is_drawn() -> None:
    """Another visitor's page may be loading it: plotly met half a package when many tabs came back after a restart."""
    code = "import sys; from pages.shared import charts; before = 'pandas' in sys.modules; charts.theme_here(); "
    code += "sys.exit(before or 'pandas' not in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True).returncode == 0
    others = [path for path in (PROJECT / "pages").rglob("*.py") if "theme_named(" in path.read_text(encoding="utf-8")]
    assert others == [PROJECT / "pages" / "shared" / "charts.py"], "a page's charts have their dress from there"
