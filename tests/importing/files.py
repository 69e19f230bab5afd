"""Rows that several tests of importing bring, files of them, and what a pool holds afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.database import Database
from core.pool import tasks
from core.records import Origin, Pool, Task, Turn

RIVER, LAKE, HILL = "Name a river in Europe please.", "Describe one lake and its colour.", "Which hill is the highest?"
ASK, REPLY = {"role": "user", "content": RIVER}, {"role": "assistant", "content": "Danube"}
BEFORE = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello, what is it?"}]
EARLIER = (Turn("user", "Hello"), Turn("assistant", "Hello, what is it?"))
FLAT = {"instruction": RIVER, "input": "", "output": "Danube"}


def imported(database: Database, pool: Pool) -> list[Task]:
    with database.read() as c:
        return tasks.page(c, pool.id, origin=Origin.IMPORT, limit=1_000_000)


def pairs(database: Database, pool: Pool) -> dict[str, list[tuple[str, str]]]:
    return {t.instruction: [(i.input, i.output) for i in t.instances] for t in imported(database, pool)}


def lines(*rows: Any) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def put(folder: Path, *rows: Any) -> Path:
    (folder / "f.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "f.jsonl"
