"""From unlabeled texts to a release in a real browser: the demo corpus, without a key to any model."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from core.corpus.rows import corpus
from core.database import open_database
from core.pool import pools
from tests.browser.conftest import awake, download, press, press_on, settled

pytestmark = pytest.mark.browser


def test_the_demo_corpus_becomes_a_release_whose_lineage_names_both_requests(page, server, tmp_path: Path) -> None:
    page.goto(f"{server}/corpus")
    page.get_by_role("button", name="Select", exact=True).click()
    page.get_by_text("67 texts read, 22 selected, 22 new.").wait_for()
    page.get_by_role("button", name="Reverse and rewrite", exact=True).click()
    page.get_by_role("button", name="Run one batch").click()
    page.get_by_text("1 batch done.").wait_for()
    page.get_by_text("REInstruct-style").first.wait_for()

    page.get_by_role("radio", name="Answers", exact=True).click()
    page.get_by_text("Text and rewritten answer").wait_for()
    page.locator(".winnow-grounded .a0").wait_for()
    settled(page)
    supports = "getComputedStyle(document.querySelector('.winnow-grounded .s0')).backgroundColor"
    before = page.evaluate(supports)
    page.locator(".winnow-grounded .a0").hover()
    page.wait_for_function(f"before => {supports} !== before", arg=before)  # what supports it is marked
    page.get_by_role("button", name="Review these 6").click()

    awake(page)
    source = 'document.body.innerText.includes("of the answer\'s words in the text")'
    press(page, "p", f"() => {source}")  # the source, one key away
    awake(page)
    press(page, "p", f"() => !{source}")
    for key in "121":
        press_on(page, key)

    page.goto(f"{server}/release")
    page.get_by_text("Include demo rows", exact=True).click()
    page.get_by_text("3 of ", exact=False).first.wait_for()
    download(page, "Write and download", tmp_path / "got.zip")
    with zipfile.ZipFile(tmp_path / "got.zip") as archive:
        lineage = [json.loads(line) for line in archive.read("lineage.jsonl").splitlines()]
        card = archive.read("README.md").decode()
    assert [set(row["requests"]) for row in lineage] == [{"reverse", "rewrite"}] * 3
    assert all(row["shown"] for row in lineage), "the seeds that the prompt showed"
    assert "**REInstruct-style**" in card and "does not carry over" in card and "DEMO ROWS" in card

    database = open_database(f"sqlite:///{tmp_path / 'data' / 'winnow.db'}")
    with database.read() as c:
        [pool] = pools.every(c)
        assert {state.value: n for state, n in corpus.counts(c, pool.id).items() if n} == {"waiting": 14, "asked": 8}
    database.close()
    assert not page.elsewhere
