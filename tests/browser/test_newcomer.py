"""The newcomer's way in a real browser: from an empty data folder to a file in hand, without a key to any model."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from core.database import open_database
from core.pool import pools, tallies
from core.release.rows import releases
from tests.browser.conftest import download, press_on

pytestmark = pytest.mark.browser


def test_from_an_empty_folder_to_a_release_of_five_ratings_in_two_clicks(page, server, tmp_path: Path) -> None:
    page.goto(f"{server}/generate")
    page.get_by_role("button", name="Run one batch").click()
    page.get_by_text("1 batch done.").first.wait_for()

    page.goto(f"{server}/review")
    for key in ("1", "2", "1", "1", "2", "u", "1"):
        press_on(page, key)

    page.goto(f"{server}/release")
    page.get_by_text("Include demo rows", exact=True).click()
    page.get_by_text("5 of ", exact=False).first.wait_for()
    download(page, "Write and download", tmp_path / "got.zip")

    with zipfile.ZipFile(tmp_path / "got.zip") as archive:
        rows = [json.loads(line) for line in archive.read("jsonl/train.jsonl").splitlines()]
        alpaca = json.loads(archive.read("alpaca/train.json"))
        lineage = [json.loads(line) for line in archive.read("lineage.jsonl").splitlines()]
        manifest = json.loads(archive.read("manifest.json"))
    assert len(rows) == len(alpaca) == len(lineage) == manifest["counts"]["demo rows"] == 5
    assert all(row["demo"] and row["output"] for row in rows)
    assert [row["ratings"][0]["grade"] for row in lineage] == ["A", "B", "A", "A", "A"]
    assert manifest["predicate"]["include_demo"] is True

    page.get_by_text("Written, read back and checked.").wait_for()
    database = open_database(f"sqlite:///{tmp_path / 'data' / 'winnow.db'}")
    with database.read() as c:
        [pool] = pools.every(c)
        [made] = releases.of_pool(c, pool.id)
        assert tallies.review_counts(c, pool.id).reviewed == made.rows == 5
    database.close()
    assert not page.elsewhere
