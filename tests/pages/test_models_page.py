"""The page Models: a trial as a table, a connection's own fields; and Generate asks where nobody knows the cost."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from core.database import Database
from core.llm import target as models
from core.llm.target import Target
from core.records import Endpoint
from tests.fake_openai import FakeOpenAI


def test_a_trial_is_shown_as_a_table_and_the_connections_own_fields_are_kept(
    page: Callable[[str], AppTest], database: Database
) -> None:
    with FakeOpenAI(like="grok") as server:
        models.choose_target(database, Target("custom", server.url, "fake", Endpoint.COMPLETIONS))
        app = page("settings")
        app.text_area(key="extra-body").set_value('{"seed": 7}').run()
        app.button(key="test").click().run()
        assert not app.exception
        became = {row.parameter: row.became for row in app.dataframe[0].value.itertuples()}
        assert became["presence_penalty"] == "refused" and became["temperature"] == "taken"
        assert any(sent.body.get("seed") == 7 for sent in server.requests)
        app.button(key="use").click().run()
    assert models.default_target(database).extra_body == {"seed": 7}
    app.text_area(key="extra-body").set_value("no json").run()
    assert not app.exception and any("must be a JSON object" in text.value for text in app.text)


def test_a_run_without_a_limit_at_an_unknown_price_is_asked_about(
    page: Callable[[str], AppTest], database: Database
) -> None:
    models.choose_target(database, Target("custom", "http://paid.invalid/v1", "dear", Endpoint.COMPLETIONS))
    app = page("generate")
    assert app.button(key="until").disabled
    app.checkbox(key="without-price").check().run()
    assert not app.button(key="until").disabled


def test_prices_stand_while_an_address_is_being_typed(page: Callable[[str], AppTest]) -> None:
    app = page("settings")
    app.selectbox(key="provider").set_value("custom").run()
    assert not app.exception and any("address is missing" in one.value for one in app.text)
    assert app.button(key="keep-prices").label == "Keep these prices"


def test_a_model_that_was_just_chosen_waits_for_its_price_at_once(
    page: Callable[[str], AppTest], database: Database
) -> None:
    models.choose_target(database, Target("custom", "http://paid.invalid/v1", "old", Endpoint.CHAT))
    app = page("settings")
    app.session_state["models-http://paid.invalid/v1"] = ["dear"]
    app.run().selectbox(key="model-custom").set_value("dear").run()
    app.button(key="use").click().run()
    assert not app.exception and "New runs use this." in [one.value for one in app.success]
    assert list(app.dataframe[0].value.model) == ["dear"]
    app.button(key="keep-prices").click().run()
    assert "No price is entered." in [one.value for one in app.success]
