"""A disk that is full cuts no file that stood there, and leaves nothing of its own beside it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from core import pools
from core.database import Database
from core.project import export
from core.seeds import seeds


def is_full(*_given: object, **_named: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_what_stood_there_stays_whole_where_the_disk_is_full(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = pools.make(database, "p")
    for name, write in (
        ("seeds.jsonl", lambda path: seeds.write(database, pool.id, path)),
        ("project.json", lambda path: export.write(database, pool, path, "me")),
    ):
        path = tmp_path / "out" / name
        path.parent.mkdir(exist_ok=True)
        write(path)
        stood = path.read_bytes()
        monkeypatch.setattr(os, "replace", is_full)
        monkeypatch.setattr(Path, "write_text", is_full)
        with pytest.raises(OSError, match="No space"):
            write(path)
        monkeypatch.undo()
        assert path.read_bytes() == stood
    assert sorted(os.listdir(tmp_path / "out")) == ["project.json", "seeds.jsonl"]
