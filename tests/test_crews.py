"""Who may be asked to do the work."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import pools
from core.crews import check, hired
from core.database import Database
from core.pools.bringing import Wishes, bring_tasks
from core.records import NotFound, Refused
from tests.importing.files import FLAT, put


def test_an_engine_that_there_is_not_and_workers_that_cannot_be_are_refused() -> None:
    with pytest.raises(Refused, match="no engine “spark”; choose local or ray"):
        check("spark")
    for workers in (0, -1, 10_001):
        with pytest.raises(Refused, match="1 to 10,000 workers"):
            check("local", workers)
    with hired("local") as crew:
        assert crew is None


def test_ray_has_nothing_to_do_where_nothing_is_compared(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.crews.find_spec", lambda name: name)
    with pytest.raises(Refused, match="nothing is compared"):
        bring_tasks(database, "new", put(tmp_path, FLAT), Wishes(filtered=False, engine="ray"))


def test_without_ray_nothing_is_made_before_it_is_refused(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.crews.find_spec", lambda name: None)
    file = put(tmp_path, FLAT)
    with pytest.raises(Refused, match="install requirements-cluster"):
        bring_tasks(database, "new", file, Wishes(engine="ray"))
    with pytest.raises(NotFound):
        pools.named(database, "new")
