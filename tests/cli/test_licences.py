"""The verb licences: every package that Winnow needs, with what its maker says of it."""

from __future__ import annotations

import json
import subprocess

import pytest

from core import licences
from core.__main__ import main
from core.licences import Package
from core.records import Refused


def test_everything_that_is_installed_for_winnow_is_listed_and_nothing_restricts_it(capsys) -> None:
    assert main(["licences", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    names = {one["name"].lower(): one for one in found["packages"]}
    assert {"streamlit", "sqlalchemy", "pyarrow", "uvicorn"} <= names.keys()
    assert names["streamlit"]["named"] and not names["uvicorn"]["named"], "one is needed through the other"
    assert all(one["licence"] for one in found["packages"])
    assert not [one for one in found["packages"] if licences.RESTRICTIVE.search(one["licence"])]
    unsaid = [one["name"] for one in found["packages"] if one["licence"].startswith("not said")]
    assert found["need_a_look"] == unsaid and found["known_faults"] is None


def test_known_faults_are_looked_up_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    those = [Package("streamlit", "1.0", "Apache-2.0", True, False)]
    answer = {
        "dependencies": [{"name": "streamlit", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": []}]}]
    }

    def ran(*_: object, **how: object) -> subprocess.CompletedProcess[str]:
        assert how["input"] == "streamlit==1.0\n"
        return subprocess.CompletedProcess([], 1, json.dumps(answer), "")

    monkeypatch.setattr(subprocess, "run", ran)
    [fault] = licences.known_faults(those)
    assert (fault.id, fault.mended_in) == ("PYSEC-1", ())
    monkeypatch.setattr(
        subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1, "", "No module named pip_audit")
    )
    with pytest.raises(Refused, match="pip install pip-audit"):
        licences.known_faults(those)
