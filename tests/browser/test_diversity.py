"""Clicks on the charts with a real mouse, and the page that is downloaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.database import Database
from core.diversity import job, seedscores
from core.diversity.parser import LEXICON
from core.diversity.report import ReportSide, html_report
from core.diversity.selection import TaskSelection
from core.diversity.view import look
from core.pool import pools as pool_store
from core.records import Pool
from core.review.rows import queues
from tests.browser.conftest import click_middle, playwright, settled
from tests.diversity.looked_at import PAIRS, lexicon, pool_to_look_at
from tests.maps.on_a_map import pool_on_a_map

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", autouse=True)
def pool(shared: Database) -> Pool:
    made = pool_to_look_at(shared)
    with shared.write() as c:
        made = pool_store.configure(c, made.id, parser=LEXICON)
    job.parse_here(shared, made, lexicon(), lambda counts: None)
    seedscores.measure(shared, made)
    return made


def test_a_click_on_a_sector_opens_its_tasks_and_they_go_to_review(address, page, pool, shared: Database) -> None:
    page.goto(f"{address}/diversity?pool=looked+at")
    page.wait_for_selector(".sunburstlayer text")
    sector = page.locator(".sunburstlayer text", has_text="poem")
    click_middle(page, sector, page.get_by_text("write › poem: 2 tasks"))
    page.get_by_role("button", name="Review these 2").click()
    page.wait_for_url("**/review**")
    settled(page)
    with shared.read() as c:
        assert next(queue for queue in queues.of_pool(c, pool.id) if queue.name == "write › poem").waiting == 2
    assert page.elsewhere == []


def test_a_click_on_a_verb_opens_all_its_objects(address, page) -> None:
    page.goto(f"{address}/diversity?pool=looked+at")
    page.wait_for_selector(".sunburstlayer text")
    sector = page.locator(".sunburstlayer text", has_text="write")
    click_middle(page, sector, page.get_by_text("write: 3 tasks"))


def test_a_click_on_a_bar_opens_its_tasks_with_their_seeds(address, page, pool, shared: Database) -> None:
    histogram = look(shared, pool.id, TaskSelection(), lexicon().key).rouge()
    at = max(range(len(histogram.bins)), key=lambda number: histogram.bins[number].count)
    bar = histogram.bins[at]
    page.goto(f"{address}/diversity?pool=looked+at")
    page.wait_for_selector(".barlayer .point")
    rouge = page.locator(".js-plotly-plot", has_text="ROUGE-L to the nearest seed")
    opened = page.get_by_text(f"ROUGE-L {bar.low:.2f} to {bar.high:.2f}: {bar.count} task")
    click_middle(page, rouge.locator(".barlayer .point").nth(at), opened)
    page.locator("[data-testid=stDataFrame]").first.wait_for()


def test_the_downloaded_page_draws_its_charts_and_asks_nobody(page, pool, shared: Database, tmp_path: Path) -> None:
    found = look(shared, pool.id, TaskSelection(), lexicon().key)
    file = tmp_path / "charts.html"
    file.write_text(html_report([ReportSide("looked at", "all", found, "word list")]), encoding="utf-8")
    page.goto(file.as_uri())
    page.wait_for_selector(".sunburstlayer text")
    page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot').length === 4")
    assert page.locator("td", has_text="52,445").is_visible()
    assert page.elsewhere == []
    assert len(PAIRS) == 6


def test_a_line_drawn_on_the_map_lists_its_tasks_and_sends_the_line_alone(address, page, shared: Database) -> None:
    pool = pool_on_a_map(shared)
    sent: list[int] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(len(frame))))
    page.goto(f"{address}/map?pool={pool.name}")
    page.wait_for_selector(".js-plotly-plot .nsewdrag")
    listed, before = page.get_by_text("4 tasks, 1 of them seeds"), len(sent)
    for _ in range(5):  # a line drawn before the page has taken hold of the chart says nothing
        settled(page)
        box = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
        x, y, width, height = box["x"], box["y"], box["width"], box["height"]
        page.mouse.move(x + 2, y + height - 2)
        page.mouse.down()
        for across, down in ((0.0, 0.5), (0.5, 0.5), (0.5, 1.0)):
            page.mouse.move(x + 2 + across * (width - 4), y - 2 + down * height, steps=4)
        page.mouse.up()
        try:
            listed.wait_for(timeout=15_000)
            break
        except playwright.TimeoutError:
            continue
    assert listed.is_visible()
    assert max(sent[before:]) < 5_000
