"""What other packages add by entry points: taken where it fits, told where it does not, and never in Winnow's way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import extensions
from core.llm.providers import Provider
from core.settings import PROJECT

PACKAGE = """
from core.llm.providers import Provider

HOUSE = Provider("house", "The house's own server", "http://localhost:9999/v1")
NONSENSE = 7
"""
POINTS = """
[winnow.providers]
house = an_extension:HOUSE
openai = an_extension:HOUSE
nonsense = an_extension:NONSENSE
gone = a_package_that_is_not_there:X
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package as pip leaves it: a module, and its metadata beside it."""
    (tmp_path / "an_extension.py").write_text(PACKAGE, encoding="utf-8")
    metadata = tmp_path / "an_extension-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: an-extension\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(POINTS, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "an_extension", raising=False)


@pytest.mark.usefixtures("installed")
def test_what_fits_is_taken_and_what_does_not_is_told_in_a_sentence() -> None:
    loaded = extensions.load(extensions.PROVIDERS, Provider, taken={"openai": object()})
    assert [*loaded.found] == ["house"]
    assert loaded.found["house"].base_url == "http://localhost:9999/v1"
    told = " ".join(loaded.faults)
    assert "openai" in told and "taken" in told
    assert "nonsense" in told and "is no Provider" in told
    assert "gone" in told and "cannot be loaded" in told


def test_without_such_packages_nothing_is_added() -> None:
    assert extensions.load("winnow.nothing", Provider, taken={}) == extensions.Extensions()


@pytest.mark.usefixtures("installed")
def test_a_provider_of_another_package_can_be_chosen_by_its_name(tmp_path: Path) -> None:
    """In a program of its own: the list of providers is made when it is first read."""
    code = "from core.llm.providers import provider; print(provider('house').label, '|', provider('openai').label)"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "The house's own server | OpenAI\n", done.stderr
