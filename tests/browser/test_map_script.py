"""The browser's half of the map, on a page of its own: no server and no chart stand behind it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pages import map as map_page

if TYPE_CHECKING:
    import playwright.sync_api as playwright

pytestmark = pytest.mark.browser
SCRIPT = Path(map_page.__file__).parent / "map.js"
PAGE = """<div class="st-key-map-lasso"><input></div>
<div class="st-key-map-picture" style="height:3000px">
<div class="js-plotly-plot"><i class="hoverlayer"></i></div></div><div id="below"></div>"""
# What plotly gives a page to hear of a line.
PLOT = """() => { window.heard = {};
document.querySelector('.js-plotly-plot').on = (name, act) => { window.heard[name] = act; }; }"""
DRAWN = "() => window.heard.plotly_selected({ lassoPoints: { x: [0, 1, 1], y: [0, 0, 0.5] } })"
CAME = """() => { document.querySelector('#below').innerHTML = '<div class="st-key-review-these">Review</div>'; }"""
IN_SIGHT = """() => { const place = document.querySelector('.st-key-review-these').getBoundingClientRect();
return place.top >= 0 && place.bottom <= innerHeight; }"""


def test_a_line_goes_to_the_server_by_itself_and_what_is_done_with_it_comes_into_sight(
    browser: playwright.Browser,
) -> None:
    page = browser.new_page()
    page.set_content(PAGE)
    page.evaluate(PLOT)
    page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    for act in (
        "window.heard.plotly_selecting({})",
        "document.querySelector('.js-plotly-plot').dispatchEvent(new Event('pointerdown'))",
    ):
        page.evaluate("document.querySelector('.hoverlayer').innerHTML = '<b>a task</b>'")
        page.evaluate(act)
        assert page.locator(".hoverlayer b").count() == 0, "no label lies over the line that is drawn"
    page.evaluate(CAME)
    assert page.evaluate("scrollY") == 0, "what stood there before a line was drawn moves nothing"
    page.evaluate(DRAWN)
    assert page.evaluate("document.querySelector('.st-key-map-lasso input').value") == "[[0,0],[1,0],[1,0.5]]"
    page.evaluate(CAME)
    page.wait_for_function(IN_SIGHT)
    page.close()
