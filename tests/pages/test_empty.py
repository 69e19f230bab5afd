"""Where a page has nothing to show it says why, and offers the nearest act."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from core import pools
from core.database import Database
from pages.shared import contents
from tests.pages.conftest import first_start

Page = Callable[..., AppTest]


def test_a_page_without_texts_says_so_and_leads_to_both_ways_in_which_a_pool_gets_some(
    page: Page, database: Database
) -> None:
    first_start()
    pools.make(database, "bare", own_seeds=[])
    app = page("overview", pool="bare")
    for address in ("diversity", "map", "near", "ledger", "whatif", "audit", "release", "review"):
        app.switch_page(contents.file_of(address)).run()
        assert not app.exception
        ways = [one.proto.label for one in app.main.get("page_link") if one.proto.label in ("Generate", "Import")]
        assert ways == ["Generate", "Import"], address
