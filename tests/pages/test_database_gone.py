"""A database that goes away for a while: a sentence instead of an error, and the page comes back by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core import pools
from core.records import StorageFailed
from core.runs import control

Page = Callable[..., AppTest]


def gone(*_: object, **__: object) -> None:
    raise StorageFailed("The connection to the database server broke; see that the server runs and try again.")


def test_a_page_without_its_database_says_so_and_comes_back(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page("overview")
    with monkeypatch.context() as away:
        away.setattr(pools, "every", gone)
        app.run()
        assert not app.exception
        assert [one.value for one in app.error] == [
            "The database cannot be read; the page comes by itself as soon as it can."
        ]
    app.run()
    assert not app.error and app.title[0].value == "Overview"


def test_the_side_bar_without_its_database_is_no_error(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page("overview")
    calls: list[int] = []
    real = control.at_work

    def sometimes(database: object) -> object:
        calls.append(1)
        if len(calls) == 2:  # the side bar has asked how often to look, and now looks
            gone()
        return real(database)  # type: ignore[arg-type]

    monkeypatch.setattr(control, "at_work", sometimes)
    app.run()
    assert not app.exception
    assert "What runs cannot be read now." in [one.value for one in app.caption]
