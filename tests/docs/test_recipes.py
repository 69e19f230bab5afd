"""The recipes for notebooks run as they stand in docs/recipes.md."""

from __future__ import annotations

import asyncio
import pydoc
import re
import subprocess
import sys
from pathlib import Path

import pytest

import core
from core import pools, settings
from core.__main__ import main
from core.database import Database, open_database
from core.database.schema import parses
from core.records import Refused
from core.settings import PROJECT

BLOCKS = re.findall(
    r"## (.+?)\n.*?```python\n(.*?)```", (PROJECT / "docs" / "recipes.md").read_text("utf-8"), re.DOTALL
)


def test_five_recipes_run_and_so_does_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where an event loop runs already, as in a notebook's cells."""

    async def cells() -> None:
        _run_all(tmp_path, monkeypatch, capsys)

    asyncio.run(cells())


def _run_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(BLOCKS) == 5
    assert main(["-q", "run", "start", "demo", "--provider", "demo", "--batches", "2"]) == 0
    monkeypatch.chdir(tmp_path)
    for name, block in BLOCKS:
        capsys.readouterr()
        exec(compile(block, name, "exec"), {})  # noqa: S102  our own document's code is what is tested
        said = capsys.readouterr()
        assert said.out.strip(), name
    assert "instructions for their verbs" in said.err and re.search(r"(\d+) of \1 read", said.err), "what takes long"
    with open_database(settings.load().url).write() as c:
        c.execute(parses.delete())
    assert core.open_pool("demo").rouge().data and core.open_pool("demo").figures(verbs=False).parsed == 0
    assert capsys.readouterr().err == "", "what needs no verb asks no parser"
    assert (tmp_path / "rouge.html").stat().st_size > 1000
    with pytest.raises(Refused):
        core.open_pool("demo").dataset()


def test_help_and_completion_show_what_import_core_gives() -> None:
    assert set(core.__all__) <= set(dir(core))
    told = pydoc.plain(pydoc.render_doc(core))
    for name in ("open_pool(name", "class Notebook", "frame(self", "everything("):
        assert name in told, name
    assert (PROJECT / "core" / "py.typed").is_file()


def test_import_core_loads_nothing_until_it_is_asked() -> None:
    code = "import sys, core; sys.exit(any(n.startswith(('core.', 'sqlalchemy', 'pandas')) for n in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False).returncode == 0


def test_a_notebook_s_rule_with_a_grade_that_is_none_is_refused(database: Database) -> None:
    """A grade of "b" let D out: letters were compared as they came."""
    notebook = core.Notebook(database, pools.make(database, "p", own_seeds=[]))
    for rule, why in ((core.Predicate(min_grade="b"), "field min_grade"), ("all", "A rule is a Predicate")):
        with pytest.raises(Refused, match=why):
            list(notebook.approved(rule))
    with pytest.raises(Refused, match="by its name"):
        core.open_pool(None)
