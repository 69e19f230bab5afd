"""A large file is read by a process of its own: what comes of it is the same, and it ends with its reader."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from core import pools
from core.database import Database
from core.importing import ahead
from core.importing.examples import RowReader
from core.importing.importer import import_tasks
from core.importing.report import ImportReport
from core.importing.roles import Role
from core.records import Refused
from tests.importing.files import ASK, BEFORE, FLAT, HILL, LAKE, REPLY, imported

EVERY_KIND = [
    FLAT,
    {"instruction": LAKE, "context": "of Europe", "response": "Blue.\ud800\0", "category": "open_qa", "n": [1, None]},
    {"messages": [{"role": "system", "content": "Be brief."}, *BEFORE, ASK, REPLY], "label": True, "by": {"a": 1.5}},
    {"prompt": HILL, "chosen": "K2", "rejected": "Po", "grade": "B"},
    {"instruction": HILL, "instances": [{"input": "", "output": "K2"}, {"input": "x", "output": "y", "why": "z"}]},
    {"instruction": LAKE, "is_classification": True, "name": "lakes", "output": "Yes"},
    {"neither": "this"},
    {"instruction": "Only said, not answered."},
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rows = [json.dumps(row) for row in EVERY_KIND]
    (tmp_path / "f.jsonl").write_text("\n".join([*rows[:3], "{not JSON", *rows[3:], *rows[6:7] * 1200, rows[0]]))
    return tmp_path / "f.jsonl"


def read(file: Path, n: int) -> tuple[list[Any], ImportReport, list[Any]]:
    report, reader = ImportReport(), RowReader({"by": Role.BESIDE})
    parts = list(ahead.portions(file, report, reader, n))
    texts = list(ahead.instructions(file, {"by": Role.BESIDE}, n))
    return [parts, texts], report, [reader.format, reader.fields, reader.unused, reader.columns]


def test_a_process_reads_what_reading_here_would(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = read(file, 3)
    monkeypatch.setattr(ahead, "LARGE", 0)
    assert read(file, 3) == here
    assert [len(part) for part in here[0][0]] == [3, 3, 2] and here[1].bad == 1202


def test_the_process_ends_when_nobody_reads_on(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    begin = subprocess.Popen
    monkeypatch.setattr(ahead, "LARGE", 0)
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(begin(*a, **k)) or started[-1])
    parts = ahead.portions(file, ImportReport(), RowReader(), 1)
    next(parts)
    parts.close()
    assert [one.poll() for one in started] != [None]


def test_a_refusal_and_a_death_of_the_process_are_told(
    database: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "LARGE", -1)
    (file.parent / "empty").write_text("")
    with pytest.raises(Refused, match="empty is empty"):
        list(ahead.instructions(file.parent / "empty", None, 9))
    pool = pools.make(database, "p", own_seeds=[])
    with monkeypatch.context() as dying:
        dying.setattr(ahead.sys, "executable", "/bin/false")
        with pytest.raises(ahead.ReadingFailed, match="the same file again adds only what is missing"):
            import_tasks(database, pool, file, filtered=False)
    assert import_tasks(database, pool, file, filtered=False).tasks == len(imported(database, pool)) == 4
