"""Help on every page, and what a person is told where a page fails."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import documents, settings
from core.__main__ import main
from core.logs import NAME
from pages.shared import contents

Opened = Callable[..., AppTest]
ENTRIES = [entry for entries in contents.SECTIONS.values() for entry in entries]


def test_every_page_names_documents_that_there_are() -> None:
    for entry in ENTRIES:
        for name, _, mark in (one.partition("#") for one in entry.documents):
            assert name in documents.titles() and (not mark or mark in documents.marks(name)), f"{entry}: {name}#{mark}"
        assert entry.documents or entry.address == "help", f"{entry.title} leads to no document"


def test_a_link_or_picture_of_a_document_leads_to_one_that_help_shows() -> None:
    for name in documents.titles():
        for kind, piece, shows in documents.parts(name):
            assert kind == "text" or shows, f"{piece} in {name} says to nobody who hears it what it shows"
            if kind == "picture":
                assert (documents.FOLDER / piece).is_file(), f"{name}: {piece}"
            for path, _, mark in (one.partition("&at=") for one in re.findall(r"\(help\?read=([^)]+)\)", piece)):
                assert path in documents.titles(), f"{name}: {path}"
                assert not mark or mark in documents.marks(path), f"{name}: {path}#{mark}"
            assert "](#" not in piece, f"{name}: a mark that the page Help makes another way"
            assert "](../" not in piece, f"{name}: a link that the page Help cannot follow"


def test_help_shows_the_document_that_a_page_leads_to(page: Opened) -> None:
    app = page("audit")
    assert "Help on this page" in [one.value for one in app.sidebar.caption]
    app = page("help", read="explanations/audits.md")
    assert [one.value for one in app.header] == [documents.titles()["explanations/audits.md"]]
    app.selectbox(key="help-document").select("how-to/backup.md").run()
    assert app.query_params["read"] == ["how-to/backup.md"] or app.query_params["read"] == "how-to/backup.md"
    assert "winnow backup" in " ".join(one.value for one in app.markdown)


def test_help_opens_a_document_at_the_part_that_was_asked_for(page: Opened) -> None:
    whole = documents.parts("reference/settings.md")
    before, place, after = documents.parts("reference/settings.md", "the-connection")
    assert place == ("place", "## The connection", "the-connection")
    assert before[1] + place[1] + "\n" + after[1] == whole[0][1], "nothing of it is lost"
    app = page("help", read="reference/settings.md", at="the-connection")
    assert [one.value for one in app.markdown if one.value.startswith("## ")] == ["## The connection"]
    app.selectbox(key="help-document").select("how-to/backup.md").run()
    assert "at" not in app.query_params
    assert documents.parts("how-to/backup.md", "no-such-part") == documents.parts("how-to/backup.md")


def test_help_brings_the_five_steps_back(page: Opened) -> None:
    app = page("overview")
    app.button(key="guide-away").click().run()
    assert "guide-1" not in [one.key for one in app.button]
    page("help").button(key="guide-back").click().run()
    assert "guide-1" in [one.key for one in page("overview").button]


def test_the_verb_prints_what_the_page_shows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", "novelty", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["document"] == "explanations/novelty.md"
    assert main(["docs"]) == 0
    assert "tutorials/demo" in capsys.readouterr().out
    assert main(["docs", "nothing"]) == 1
    assert "`winnow docs` lists them" in capsys.readouterr().err


def test_a_page_that_fails_says_a_number_and_no_text_of_anybodys(data_dir: Path) -> None:
    from core import logs

    def failing() -> None:
        from pages.shared import faults

        assert faults.tell(ValueError("a secret text of somebody")), "else Streamlit's own box would show it"

    logs.to_file(settings.load().data_dir)
    app = AppTest.from_function(failing).run()
    shown = " ".join([app.error[0].value, *(one.value for one in app.text)])
    assert not app.exception and re.search(r"number W-[0-9a-f]{8}", shown) and "secret" not in shown
    assert "secret" in (data_dir / NAME).read_text("utf-8"), "the details are in the log"


def test_a_disk_that_is_full_is_no_fault_of_winnows() -> None:
    def failing() -> None:
        from pages.shared import faults

        faults.tell(OSError(28, "No space left on device", "/a/place"))

    app = AppTest.from_function(failing).run()
    assert [one.value for one in app.error] == ["This was not done."]
    assert app.text[0].value.startswith("The disk is full") and "/a/place" not in app.text[0].value


def test_the_server_tells_faults_its_own_way_and_offers_no_link_elsewhere() -> None:
    from streamlit import config

    import app
    from pages.shared import faults

    assert app.app._on_script_error is faults.tell
    assert config.get_option("client.showErrorLinks") == "false"
    assert config.get_option("client.showErrorDetails") == "none"
