"""Near duplicates and What if of a large pool: compared by a run at a person's word, shown from what it has kept."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.__main__ import main
from core.database import Database
from core.near import job
from core.pool import arrivals
from core.pool.arrivals import NewTask
from core.records import Origin
from tests.gate.test_near import pool_of
from tests.pages.conftest import first_start


def test_pages_and_verbs_say_the_same_of_what_was_compared(
    page: Callable[..., AppTest],
    database: Database,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first_start()
    pool = pool_of(database)
    monkeypatch.setattr(job, "LARGE", 0)  # every pool is
    for address in ("near", "whatif"):
        app = page(address, pool=pool.name)
        assert "compared once, beside the page" in app.info[0].value
        assert app.button(key="near-begin").label == "Compare the tasks"
    assert main(["diversity", "near", pool.name, "--json"]) == 0
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert " of 8 read" in said.err  # the seeds that they met are read too
    app = page("near", pool=pool.name)
    assert not app.info and any("2 groups hold 6 of 7 tasks" in one.value for one in app.text)
    assert [len(one["task_ids"]) for one in told["groups"]] == [4, 2]
    assert main(["novelty", pool.name, "--curve", "--json"]) == 0
    curve = {one["threshold"]: one for one in json.loads(capsys.readouterr().out)["curve"]}
    app = page("whatif", pool=pool.name)
    assert {one.label: one.value for one in app.metric}["tasks at 0.60"] == f"{curve[0.6]['kept']:,}"
    with database.write() as c:
        arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, "Sing about harbours.")])
    app = page("whatif", pool=pool.name)
    assert app.button(key="near-begin").label == "Compare anew"
    assert any("since then 1 task came" in one.value for one in app.caption)
