"""The whole app in a test: a fresh data folder, the demo pool, no browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.testing.v1 import AppTest

from core.database import Database, open_database
from pages.shared import contents
from tests import databases

PROJECT = Path(__file__).parents[2]


@pytest.fixture(autouse=True, scope="session")
def no_search_for_components() -> Iterator[None]:
    """Each new AppTest looks through every installed package for components of Streamlit's, and Winnow has none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BidiComponentManager, "discover_and_register_components", lambda self, **_: None)
        yield


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder of its own for the app, with nothing remembered from another test."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "WINNOW_PROVIDER", "WINNOW_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WINNOW_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("WINNOW_REVIEWER", "me")
    monkeypatch.setenv("WINNOW_DATABASE_URL", databases.address(tmp_path))
    st.cache_resource.clear()
    st.cache_data.clear()
    yield tmp_path
    from pages.shared import session

    session.runner().close()
    st.cache_resource.clear()


def first_start() -> None:
    """What a first start of the app makes, the demo pool above all, without drawing a page."""
    from pages.shared import session

    session.database()


@pytest.fixture
def database(data_dir: Path) -> Database:
    """The app's database, opened beside it."""
    return open_database(databases.address(data_dir))


@pytest.fixture
def page(data_dir: Path) -> Callable[[str], AppTest]:
    """Open a page of the app by its name; it must come up without an exception."""

    def opened(name: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=30)
        for key, value in query.items():
            app.query_params[key] = value
        app.run()
        assert not app.exception, app.exception[0].message
        if name != "overview":
            app.switch_page(contents.file_of(name)).run()
            assert not app.exception, app.exception[0].message
        return app

    return opened
