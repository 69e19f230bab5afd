"""The page Release in Chromium: downloads, the rule, a large pool's run, and hostile texts that stay text."""

from __future__ import annotations

import csv
import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest

from core.database import open_database
from core.pool import arrivals, judging, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.pool.judgement import Judgement
from core.records import Grade, Origin
from core.release.verify import verify
from tests.browser.conftest import download
from tests.release.release_pools import rated_pool

pytestmark = pytest.mark.browser
HOSTILE = '=1+1 <img src="http://evil.example/x.png"> ![x](http://evil.example/y.png) **bold**'


def test_a_release_is_previewed_written_downloaded_verified_and_downloaded_again(page, server, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'data' / 'winnow.db'}")
    pool = rated_pool(database, "kind")
    with database.write() as c:
        new = [NewTask(Origin.IMPORT, HOSTILE, False, (NewInstance(HOSTILE, HOSTILE),), completed=True)]
        its = tasks.by_ids(c, arrivals.add(c, pool.id, new))[0].instances[0]
        judging.rate(c, its.id, "ann", its.text_hash, Judgement(Grade.A))
    page.goto(f"{server}/release?pool=kind")
    page.get_by_text("5 of 13").wait_for()
    for form in ("openai-chat", "csv"):
        page.get_by_role("button", name=form, exact=True).click()
    page.get_by_text("Edit the rule").click()
    page.get_by_role("radio", name="A", exact=True).click()
    page.get_by_text("3 of 13").wait_for()
    addresses: list[str] = []
    page.on("download", lambda its: addresses.append(its.url))
    for name in ("Write and download", "Download"):
        assert re.fullmatch(r"[\w-]+-release-1\.zip", download(page, name, tmp_path / f"{name}.zip"))
    first, again = (tmp_path / f"{name}.zip" for name in ("Write and download", "Download"))
    assert first.read_bytes() == again.read_bytes() and verify(first).ok
    with zipfile.ZipFile(first) as archive:
        rows = [json.loads(line) for line in archive.read("jsonl/train.jsonl").splitlines()]
        sheet = list(csv.DictReader(archive.read("csv/train.csv").decode().splitlines()))
    assert [row["instruction"] for row in rows][-1] == rows[-1]["output"] == HOSTILE and len(rows) == 3
    assert [row["output"] for row in sheet] == ["output 0", "output 1", f"'{HOSTILE}"]
    page.get_by_role("button", name="Verify").click()
    page.get_by_text("is whole").wait_for()
    page.reload()
    page.get_by_text("5 of 13").wait_for()
    late = page.request.get(addresses[0])  # as a browser that asks a while after the click, when pages have run again
    assert late.ok and late.body() == first.read_bytes()
    page.context.clear_cookies()  # the page is still the one that it was made for, and a stranger is not
    assert page.request.get(addresses[0]).status == 404
    download(page, "Download", tmp_path / "after.zip")
    assert (tmp_path / "after.zip").read_bytes() == first.read_bytes()
    (made,) = (tmp_path / "data" / "releases").glob("*/*")
    shutil.rmtree(made)
    page.get_by_role("button", name="Download", exact=True).click()
    page.get_by_role("alert").get_by_text(f"Nothing is left of this release in {made}").wait_for()
    assert not page.get_by_test_id("stDownloadButtonError").is_visible(), "it would go before anybody has read it"
    assert page.locator("[data-testid=stMain] img").count() == 0 and not page.elsewhere
    database.close()
