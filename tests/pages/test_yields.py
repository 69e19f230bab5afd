"""Fates, acceptance and cost on Generate: by run, by batch, with the candidates behind a bar."""

from __future__ import annotations

import json
from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from core import pools
from core.database import Database
from core.diversity.theme import DARK, LIGHT
from core.llm.target import DEMO
from core.records import Usage
from core.runs import control
from core.runs import runner as runs
from core.runs.until import Until
from core.selfinstruct import yields
from core.selfinstruct.loop import METHOD, SelfInstructPlan
from core.selfinstruct.settings import SelfInstructSettings
from core.selfinstruct.yields import RunYield
from core.words import spent
from pages.shared.yields import rows
from pages.shared.yields_chart import yield_panels
from tests.pages.conftest import first_start

Page = Callable[..., AppTest]


def opened(page: Page, number: int | None = None) -> AppTest:
    app = page("generate")
    app.session_state["yields"] = True
    if number is not None:
        app.session_state[f"yields-of-{METHOD}"] = number
    app.run()
    assert not app.exception
    return app


def test_before_the_first_batch_there_is_nothing_to_compare(page: Page) -> None:
    app = opened(page)
    assert not app.get("plotly_chart")
    assert any("the first batch is the first bar" in one.value for one in app.caption)


def test_runs_and_the_batches_of_one_are_drawn_with_their_n(page: Page, database: Database) -> None:
    first_start()
    pool = pools.named(database, "demo")
    plan = SelfInstructPlan(SelfInstructSettings(), DEMO, Until(batches=2)).as_mapping()
    run = runs.work_here(database, control.start(database, pool.id, METHOD, plan, here=True).id)
    for number, said in ((None, "in 1 run,"), (run.id, f"in 2 batches of run {run.id}")):
        (chart,) = opened(page, number).get("plotly_chart")
        found = yields.by_run(database, pool.id, METHOD) if number is None else yields.by_batch(database, run)
        n = sum(one.candidates for one in found)
        assert f"n = {n:,} candidates {said}" in json.loads(chart.proto.spec)["layout"]["title"]["text"]
        what = "runs" if number is None else "batches"
        told = [one.value for one in opened(page, number).caption]
        assert any(f"In {len(found)} of {len(found)} {what} no instance has been rated." in one for one in told)
        assert json.loads(chart.proto.config)["toImageButtonOptions"]["format"] == "svg"


def test_the_closed_picture_counts_nothing(page: Page, database: Database) -> None:
    assert not any((one.key or "").startswith("yields-of") for one in page("generate").selectbox)


def test_a_hostile_rule_is_text_and_an_unknown_price_no_zero() -> None:
    odd = RunYield(3, None, 1, {"<img src=x>": 2}, 1, 0, 0, Usage(5, 10, 10, None))
    for theme in (LIGHT, DARK):
        drawn = yield_panels([odd], theme)
        assert "<img" not in drawn.to_json()
        assert "no price is known" in drawn.to_json()
        assert drawn.layout.yaxis3.tickformat == drawn.layout.yaxis4.tickformat == "$.3~r", "no millionths of a dollar"
    assert spent(3, 10, None).endswith("price unknown")
    assert spent(3, 10, None, 0.25).endswith("$0.2500 and what was asked for at an unknown price")
    (row,) = rows([odd])
    assert row["usd"] == "" and row["candidates"] == 4 and row["<img src=x>"] == 2


def test_seeds_before_any_prompt_have_brought_nothing_and_say_what_would(page: Page) -> None:
    app = page("seeds")
    app.session_state["seeds-bring"] = True
    app.run()
    assert not app.exception and not app.get("plotly_chart")
    assert any("No prompt has shown a seed of this pool yet" in one.value for one in app.caption)


def test_reinstruct_has_the_same_picture_on_the_page_corpus(page: Page, database: Database) -> None:
    app = page("corpus")
    app.session_state["corpus-view"] = "Reverse and rewrite"
    app.session_state["corpus-yields"] = True
    app.run()
    assert not app.exception
    assert any("the first batch is the first bar" in one.value for one in app.caption)
