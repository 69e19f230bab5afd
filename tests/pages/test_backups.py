"""The page Backups: a copy now, and the way back at the next start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.database import restoring

pytestmark = pytest.mark.sqlite("about its file")
Page = Callable[..., AppTest]


def shown(app: AppTest) -> str:
    return "\n".join(str(each.value) for kind in (app.text, app.caption, app.error) for each in kind)


def test_a_backup_is_written_and_can_be_asked_for_at_the_next_start(page: Page, data_dir: Path) -> None:
    app = page("backups")
    assert "None yet." in shown(app)
    app.button(key="backup").click().run()
    [made] = list(data_dir.glob("winnow-*.db"))
    assert "Written and checked" in shown(app)
    app.button(key=f"restore-{made.name}").click().run()
    url = f"sqlite:///{data_dir / 'winnow.db'}"
    assert restoring.asked(url) == made
    assert "takes the place of the database" in shown(app)
    app.button(key="restore-not").click().run()
    assert restoring.asked(url) is None


def test_a_backup_that_was_damaged_since_is_refused_on_the_page(page: Page, data_dir: Path) -> None:
    app = page("backups")
    app.button(key="backup").click().run()
    [made] = list(data_dir.glob("winnow-*.db"))
    made.write_bytes(made.read_bytes()[:8192])
    app.button(key=f"restore-{made.name}").click().run()
    assert "damaged" in shown(app)
    assert "as it was" in shown(app)
