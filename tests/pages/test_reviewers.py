"""The view Reviewers of the page Review: pictures with their n, or why there is none."""

from __future__ import annotations

import json
from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from core.database import Database
from tests.review.test_reviewers import rated


def test_reviewers_are_drawn_and_a_pool_that_nobody_rated_says_so(
    page: Callable[..., AppTest], database: Database
) -> None:
    app = page("review")
    app.session_state["view"] = "reviewers"
    app.run()
    assert not app.exception and any("Nobody has rated" in one.value for one in app.text)
    app.button(key="reviewers-desk").click().run()
    assert app.session_state["view"] == "desk", "an empty view has its one next act"
    pool, _ = rated(database)
    app = page("review", pool=pool.name)
    app.session_state["view"] = "reviewers"
    app.run()
    assert not app.exception
    titles = [json.loads(one.proto.spec)["layout"]["title"]["text"] for one in app.get("plotly_chart")]
    assert len(titles) == 3 and "12 items that both have rated" in titles[1]
