"""The registry of methods: Winnow's own, and one that another package brings, which then runs like ours."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import methods, pools
from core.database import Database
from core.gate import rules
from core.records import NotFound, RunState
from core.runs import control, runner

PACKAGE = """
from core.methods import Method
from core.pool import arrivals
from core.pool.arrivals import NewInstance, NewTask
from core.records import Origin, RunState
from core.runs.runner import Outcome

ECHO = Method("echo", "Echo", __name__, "is echoing", origin=Origin.IMPORT, rules={"too-loud": "it is too loud"})


def work(job):
    said = job.run.settings["say"]
    with job.write() as c:
        arrivals.add(c, job.run.pool_id, [NewTask(Origin.IMPORT, said, run_id=job.run.id)])
        job.report(c, accepted=1)
    return Outcome(RunState.DONE, f"Said: {said}")
"""


@pytest.fixture
def echo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "an_echo.py").write_text(PACKAGE, encoding="utf-8")
    metadata = tmp_path / "an_echo-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: an-echo\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[winnow.methods]\necho = an_echo:ECHO\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "an_echo", raising=False)
    methods.every.cache_clear()
    yield
    methods.every.cache_clear()


@pytest.mark.usefixtures("echo")
def test_a_method_of_another_package_runs_like_our_own(database: Database) -> None:
    pool = pools.make(database, "p", own_seeds=[])
    run = runner.work_here(database, control.start(database, pool.id, "echo", {"say": "Hum it."}, here=True).id)
    assert (run.state, run.message) == (RunState.DONE, "Said: Hum it.")
    assert control.accepted(database, pool.id) == 1
    assert methods.makes_tasks("echo") and rules.sentence("too-loud") == "it is too loud"


def test_each_of_our_methods_can_be_worked_and_named() -> None:
    for method in methods.every().values():
        assert callable(method.work) and method.label and method.doing
    assert [made.id for made in methods.every().values() if made.asks][:2] == ["self-instruct", "reinstruct"]
    assert methods.makes_tasks("reinstruct") and not methods.makes_tasks("corpus")
    with pytest.raises(NotFound, match="sing"):
        methods.named("sing")
    assert rules.sentence("no-such-rule") == "no-such-rule"
