"""The pictures of the tutorials, taken from the pages: `python -m tests.docs.pictures [NAME ...]` takes them again.

The pools are made by the tutorials' own commands, in a folder that is gone afterwards; a Chromium looks at the pages.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Any

from core import pools, settings
from core.__main__ import main
from core.database import open_database
from core.settings import PROJECT

FOLDER = PROJECT / "docs" / "pictures"
WIDTH, COLOURS = 1280, 96
Page = Any  # of Playwright, which only taking pictures needs


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its file, its tutorial, the page on it, how high it is, and what is done on the page before."""

    name: str
    tutorial: str
    address: str
    height: int = 760
    before: Callable[[Page], None] = lambda page: None


def _at_the_desk(page: Page) -> None:
    page.wait_for_selector(".st-key-desk-item", state="attached", timeout=60_000)


def _grown_and_parsed(page: Page) -> None:
    grow = [sys.executable, "-m", "core", "run", "start", "first", "--provider", "demo", "--batches", "7", "--quiet"]
    subprocess.run(grow, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)  # in here a browser's own loop is running
    read = [sys.executable, "-m", "core", "diversity", "show", "first", "--quiet"]
    subprocess.run(read, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)  # else it is taken while it reads
    page.reload()
    main = page.get_by_test_id("stMain")  # the side bar tells of the run, which reads seeds as well
    main.get_by_text(re.compile(r"\b(\d{3}) of \1 parsed")).first.wait_for(timeout=120_000)


def _looked_at(file: str) -> Callable[[Page], None]:
    def look(page: Page) -> None:
        page.locator("input[type=file]").first.set_input_files(file)
        columns = page.get_by_text("question", exact=False).first
        columns.wait_for(state="attached", timeout=60_000)

    return look


def _with_demo_rows(page: Page) -> None:
    page.get_by_text("Include demo rows", exact=False).first.click()
    page.get_by_text("2 of 120", exact=False).first.wait_for(timeout=60_000)


PICTURES = (
    Picture("overview", "demo", "overview"),
    Picture("generate", "demo", "generate"),
    Picture("discards", "demo", "ledger"),
    Picture("review", "demo", "review", before=_at_the_desk),
    Picture("audit", "demo", "audit"),
    Picture("release", "demo", "release", 820, before=_with_demo_rows),
    Picture("../diversity", "demo", "diversity", 780, before=_grown_and_parsed),  # the README's own
    Picture("import", "my-own-file", "pools", before=_looked_at("answers.csv")),
    Picture("own-review", "my-own-file", "review", before=_at_the_desk),
    Picture("corpus", "texts-to-tasks", "corpus"),
    Picture("source", "texts-to-tasks", "review", before=_at_the_desk),
)
LEFT_OUT = (
    "release",
    "project",
    "reproduce",
    "rating undo",
    "seeds promote",
    "run start mine",
)  # not seen on a picture


def take(folder: Path = FOLDER, only: Collection[str] = ()) -> None:
    """Take every picture anew, or only those named."""
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import CHROMIUM, QUIET, running, settled
    from tests.docs.test_documents import TUTORIALS
    from tests.ports import free_port

    folder.mkdir(exist_ok=True)
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", *QUIET]
    wanted = [one for one in PICTURES if not only or Path(one.name).name in only]
    for tutorial in TUTORIALS:
        if tutorial.stem not in {one.tutorial for one in wanted}:
            continue
        with TemporaryDirectory(prefix="winnow-pictures-") as place:
            data = Path(place) / "data"
            os.environ |= {"WINNOW_DATA_DIR": str(data), "WINNOW_REVIEWER": "me", "TZ": "UTC"}
            os.environ.pop("WINNOW_DATABASE_URL", None)
            os.chdir(place)
            pool = _make_pool(tutorial)
            with running(free_port(), Path(place) / "server.log", data) as app, sync_playwright() as driver:
                browser = driver.chromium.launch(
                    executable_path=which("chromium") or CHROMIUM, args=arguments
                )  # the shell sets letters less finely
                for one in (picture for picture in wanted if picture.tutorial == tutorial.stem):
                    page = browser.new_context(
                        viewport={"width": WIDTH, "height": one.height}, color_scheme="light", reduced_motion="reduce"
                    ).new_page()
                    page.goto(f"{app.address}/{one.address}?pool={pool}&reviewer=me")
                    settled(page)
                    one.before(page)
                    settled(page)
                    page.wait_for_timeout(2_500)  # charts and tables paint themselves after the page has come to rest
                    file = folder / f"{one.name}.png"
                    page.screenshot(path=file)
                    _make_small(file)
                    page.context.close()
                    sys.stderr.write(f"{file.name}  {file.stat().st_size >> 10} KiB\n")
                browser.close()


def _make_pool(tutorial: Path) -> str:
    """Do what a tutorial's commands do, as far as a picture shows it, and return its pool's name."""
    from tests.docs.test_documents import FILE, _lines

    text = tutorial.read_text("utf-8")
    for name, content in FILE.findall(text):
        Path(name).write_text(content, "utf-8")
    for line in _lines(text):
        if not any(word in line for word in LEFT_OUT):
            assert main([*shlex.split(line.removeprefix("winnow ")), "--quiet"]) == 0, line
    return pools.every(open_database(settings.load().url))[0].name


def _make_small(file: Path) -> None:
    """Fewer colours: a page has few, and a picture is fetched by everybody who reads."""
    from PIL import Image

    with Image.open(file) as whole:
        small = whole.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(file, optimize=True)


if __name__ == "__main__":
    sys.exit(take(only=sys.argv[1:]))
