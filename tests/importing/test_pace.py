"""What is said while an import runs: how much, how fast, how long still."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.database import Database
from core.importing.importer import import_tasks
from core.importing.pace import Pace
from core.records import Pool


def test_rate_and_time_left_are_those_of_the_last_half_minute() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])

    def after(seconds: float, n: int, what: str = "rows stored", of: int = 10_000) -> str:
        now[0] += seconds
        return pace.told(what, n, of)

    assert after(0, 400) == "400 of 10,000 rows stored"
    assert after(1, 800) == "800 of 10,000 rows stored", "too soon for a rate"
    assert after(9, 1_400) == "1,400 of 10,000 rows stored  ·  100 a second  ·  86 s left"
    for _ in range(40):
        shown = after(1, 2_000)
    assert shown == "2,000 of 10,000 rows stored", "it stands still"
    assert after(10, 6_000) == "6,000 of 10,000 rows stored  ·  133 a second  ·  30 s left"
    assert after(0, 5, "rows read", 0) == "5 rows read"
    assert after(5, 505, "rows read", 0) == "505 rows read  ·  100 a second"


def test_an_import_tells_what_it_reads_compares_and_stores_of_how_much(
    database: Database, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.importing.importer.CHUNK", 20)
    file = tmp_path / "f.jsonl"
    rows = ({"instruction": f"Name the river number {n} of land {n * n}", "output": str(n)} for n in range(50))
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    told: list[tuple[str, int, int]] = []
    import_tasks(database, pool, file, on_progress=lambda *how_far: told.append(how_far))
    assert [(n, of) for what, n, of in told if what == "rows read"] == [(20, 0), (40, 0), (50, 0)]
    assert [(n, of) for what, n, of in told if what == "rows stored"] == [(20, 50), (40, 50), (50, 50)]
    assert {of for what, _, of in told if what == "instructions compared"} <= {50}
