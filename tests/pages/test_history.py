"""The page History, and a pool deleted for good on Pools and import."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core import pools
from core.database import Database
from core.database.schema import journal
from core.history.happened import Kind
from core.seeds import seeds
from pages.shared import tables

Page = Callable[..., AppTest]


def test_the_history_shows_what_was_done_or_why_it_is_empty(page: Page, database: Database) -> None:
    app = page("history")
    assert list(app.dataframe[0].value["detail"]) == ["made the pool: with 175 seeds"]
    longest = max(Kind, key=lambda one: len(one.value)).value
    asked = [*app.selectbox(key="history-who").options, *app.selectbox(key="history-kind").options]
    assert "anybody" in asked and "anything" in asked and longest in asked
    columns = json.loads(app.dataframe[0].proto.columns)
    assert columns["what"]["width"] >= 7 * len(longest), "the longest kind of act is not cut"
    [pool] = pools.every(database)
    with database.write() as c:
        c.execute(journal.delete())  # a pool of before, when nobody wrote down who made it
    app.run()
    assert "Nobody has done anything" in app.info[0].value
    seeds.switch(database, [seeds.of_pool(database, pool.id)[0].id], False, "Cy")
    pools.change(database, pool.id, {"guidelines": "Be kind."})
    renaming = page("pools")
    renaming.text_input(key=f"rename-{pool.id}").set_value("other").run()
    next(one for one in renaming.button if one.label == "Rename").click().run()
    app = page("history", pool="other")
    assert not app.exception
    shown = app.dataframe[0].value
    assert list(zip(shown["who"], shown["what"], strict=True)) == [
        ("me", "made, renamed or archived"), ("not known", "changed a setting"), ("Cy", "switched a seed")
    ]  # fmt: skip
    app.selectbox(key="history-kind").select_index(1).run()
    assert "Clear a filter" in app.info[0].value


def test_a_pool_is_deleted_for_good_by_its_very_name_and_its_address_says_so(page: Page, database: Database) -> None:
    made = pools.make(database, "mistake")
    app = page("pools", pool="mistake")
    assert app.button(key="delete-pool").disabled
    app.text_input(key=f"delete-name-{made.id}").set_value("mistake").run()
    app.button(key="delete-pool").click().run()
    assert not app.exception
    assert [one.name for one in pools.every(database)] == ["demo"]
    assert pools.tombstones(database)[0].actor == "me"
    again = page("overview", pool="mistake")
    assert "deleted for good" in again.warning[0].value
    pools.archive(database, pools.make(database, "old").id)
    assert "is archived" in page("overview", pool="old").warning[0].value


def test_an_address_of_what_is_not_there_says_so(page: Page, database: Database) -> None:
    for name, word, asked in (
        ("overview", "pool", {"pool": "dmeo"}),
        ("review", "queue", {"queue": "99"}),
        ("help", "document", {"read": "tutorials/dem"}),
    ):
        app = page(name, **asked)
        assert not app.exception
        assert f"The {word} of this address is not here" in app.warning[0].value, name
    assert any("did you mean tutorials/demo" in one.value for one in app.text)


def test_what_happens_meanwhile_does_not_move_the_act_that_was_chosen(
    page: Page, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, drawn = tables.show, list[str]()

    def ticked_at_first(rows: object, *, key: str, **shape: object) -> dict[str, dict[str, list[int]]]:
        """A browser that keeps the first row ticked in the table that it was ticked in."""
        there(rows, key=key, **shape)
        drawn.append(key)
        return {"selection": {"rows": [0] if key == drawn[0] else []}}

    monkeypatch.setattr(tables, "show", ticked_at_first)
    app = page("history")
    assert any("made the pool" in one.value for one in app.text)
    [pool] = pools.every(database)
    seeds.switch(database, [seeds.of_pool(database, pool.id)[0].id], False, "Cy")
    app.run()
    assert len(set(drawn)) == 2 and not any("switched a seed" in one.value for one in app.text)
