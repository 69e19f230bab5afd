"""The whole app in a test: a fresh data folder, the demo pool, no browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import streamlit as st
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.database import Database, open_database
from core.database.schema import metadata
from pages.shared import contents
from tests import databases

PROJECT = Path(__file__).parents[2]
TABLES = metadata.sorted_tables


@pytest.fixture(autouse=True, scope="session")
def no_search_for_components() -> Iterator[None]:
    """Each new AppTest looks through every installed package for components of Streamlit's, and Winnow has none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BidiComponentManager, "discover_and_register_components", lambda self, **_: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def first_starts_are_copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A first start of the app in a new SQLite file copies what the first one of this session has made."""
    from pages.shared import session

    made, fill = tmp_path_factory.mktemp("started") / "winnow.db", session.fill

    def copy(new: Database) -> None:
        with new.read() as c:
            begun = c.execute(sa.select(sa.or_(*(sa.exists(sa.select(1).select_from(t)) for t in TABLES)))).scalar_one()
        if begun or new.path is None:
            fill(new)
            return
        if not made.exists():
            first = open_database(f"sqlite:///{made}")
            fill(first)
            first.close()
        databases.copy_into(made, new.engine)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "fill", copy)
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
        app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=180)
        for key, value in query.items():
            app.query_params[key] = value
        assert contents.file_of(name)
        # As an address asks for it; `switch_page` would have the first page drawn before it.
        app._page_hash = calc_hash("" if name == contents.FIRST else name)
        app.run()
        assert not app.exception, app.exception[0].message
        return app

    return opened
