"""The two commands: what the Makefile calls is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
CALLED = re.findall(r"\$\(BIN\)/python -m (\S+)", (PROJECT / "Makefile").read_text(encoding="utf-8"))


def test_every_module_that_the_makefile_calls_can_be_found() -> None:
    assert "pytest" in CALLED
    for module in set(CALLED) - {"pip", "pytest"}:
        find = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r} + '.__main__') is None)"
        assert subprocess.run([sys.executable, "-c", find], cwd=PROJECT).returncode == 0, module


def test_the_app_is_started_by_the_verb_that_looks_at_its_port_first() -> None:
    assert "$(BIN)/python -m core app\n" in (PROJECT / "Makefile").read_text(encoding="utf-8")


def test_the_proof_on_real_servers_is_no_part_of_make_test() -> None:
    asked = [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/servers"]
    done = subprocess.run(asked, cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, done.stdout
