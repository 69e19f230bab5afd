"""Files that a browser fetches: they outlast the runs of pages, are for one browser, and go when their time is over."""

from __future__ import annotations

import asyncio
import errno
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.proto.BackMsg_pb2 import BackendOperationRequest
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string

from core import foreign
from core.importing.uploads import LaidFile
from core.records import Refused
from core.settings import PROJECT
from pages.shared import downloads
from pages.shared.downloads import GONE, NO_BUTTON, NOTHING, UNDER_WAY, Content, FileMaking, Files, FromDisk

MINE, OTHERS = b"a token of sixteen", b"of another browser"


@pytest.fixture
def files(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    """What stands in the place of Streamlit's manager, with nothing kept from another test."""
    monkeypatch.setattr(downloads, "_kept", kept := downloads._Kept())
    yield Files(MemoryMediaFileStorage("/media"))
    if kept._timer is not None:
        kept._timer.cancel()


def drawn(files: Files, content: Content, name: str = "an answer.jsonl", mime: str | None = None) -> str:
    """A run of a page that draws one button; what the browser asks for with it."""
    files.clear_session_refs()
    cookie = generate_xsrf_token_string(MINE, 1)
    its = files.add_deferred(lambda: downloads._lay(content, name, mime, cookie), mime, "0.1", element_id="b")  # type: ignore[arg-type,return-value]
    files.remove_orphaned_files()
    return its


def fetched(address: str, token: bytes | None = MINE, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers of the answer to a browser that has this token in its cookie."""
    said: list[Any] = []

    async def app(*_: Any) -> None:
        raise AssertionError("nobody else is asked")

    async def receive() -> Any:
        await asyncio.sleep(60)

    async def send(message: Any) -> None:
        said.append(message)

    named = dict(headers)
    if token:
        named["cookie"] = f"_streamlit_xsrf={generate_xsrf_token_string(token, 2)}"  # masked anew with each page
    sent = [(name.encode(), value.encode()) for name, value in named.items()]
    scope = {"type": "http", "method": "GET", "path": address, "headers": sent, "query_string": b""}
    asyncio.run(FromDisk(app)(scope, receive, send))
    its = {name.decode(): value.decode() for name, value in said[0]["headers"]}
    return said[0]["status"], b"".join(message.get("body", b"") for message in said[1:]), its


def on_disk(data_dir: Path) -> list[str]:
    return sorted(path.name for path in (data_dir / "uploads").glob("*/[!.]*"))


def test_a_file_is_there_however_often_pages_run_before_the_browser_asks(files: Files, data_dir: Path) -> None:
    address = files.execute_deferred(drawn(files, "één\n"))
    for _ in range(3):
        drawn(files, "not asked for")
    assert on_disk(data_dir) == ["an answer.jsonl"]
    for _ in range(2):  # a page looks whether it can be fetched, then fetches it
        status, body, headers = fetched(address)
        assert (status, body.decode()) == (200, "één\n")
        assert headers["content-disposition"] == "attachment; filename*=utf-8''an%20answer.jsonl"
    assert fetched(address, range="bytes=2-3")[1] == "één\n".encode()[2:4]


def test_a_button_that_a_browser_still_shows_works_after_the_next_run_and_not_for_ever(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = drawn(files, "first")
    later = [drawn(files, "second"), drawn(files, "third")]
    assert fetched(files.execute_deferred(shown))[1] == b"first"
    drawn(files, "fourth")
    with pytest.raises(Refused, match="press it again"):
        files.execute_deferred(shown)
    assert fetched(files.execute_deferred(later[0]))[1] == b"second"
    monkeypatch.setattr(downloads, "CLICKABLE_S", -1.0)
    drawn(files, "fifth")
    with pytest.raises(Refused, match="press it again"):
        files.execute_deferred(later[1])
    assert len(files._deferred_callables) == 1


def test_only_the_browser_that_it_was_made_for_gets_it(files: Files) -> None:
    address = files.execute_deferred(drawn(files, b"mine", "mine.zip"))
    for token in (OTHERS, None):
        status, body, _ = fetched(address, token)
        assert (status, body.decode()) == (404, GONE)
    assert fetched(f"{address}x")[0] == 404
    assert fetched(address)[:2] == (200, b"mine")


def test_files_go_when_their_time_is_over_and_the_oldest_where_they_take_too_much(
    files: Files, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "MOST_BYTES", 10)
    addresses = [files.execute_deferred(drawn(files, b"12345678", f"{n}.txt")) for n in range(2)]
    assert [fetched(address)[0] for address in addresses] == [404, 200]
    assert on_disk(data_dir) == ["1.txt"]
    monkeypatch.setattr(downloads, "STAYS_S", 0.0)
    downloads._kept._later()  # what the timer calls
    assert on_disk(data_dir) == []
    assert fetched(addresses[1])[0] == 404


def test_a_written_file_goes_out_as_it_stands_and_what_fails_on_the_way_leaves_nothing(
    files: Files, data_dir: Path
) -> None:
    stands = data_dir / "release.zip"
    stands.write_bytes(b"PK")
    assert fetched(files.execute_deferred(drawn(files, stands, "pool-release.zip")))[1] == b"PK"
    laid = LaidFile(data_dir, "2.zip", b"PK2")  # its name is known when it is made
    assert 'filename="2.zip"' in fetched(files.execute_deferred(drawn(files, laid)))[2]["content-disposition"]

    def breaks() -> Iterator[str]:
        yield "a line\n"
        raise ValueError("the rest is gone")

    with pytest.raises(ValueError, match="the rest"):
        files.execute_deferred(drawn(files, breaks(), "half.jsonl"))
    assert on_disk(data_dir) == ["2.zip"]
    stands.unlink()


async def pressed(maker: FileMaking, its: str) -> Any:
    """What the server answers a page in which this button is pressed."""
    asked = BackendOperationRequest(request_id="1")
    asked.deferred_file.file_id = its
    return await maker.handle(asked, "a session")


def test_a_page_is_told_in_a_sentence_why_there_is_no_file(
    files: Files, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses() -> Iterator[str]:
        yield "a line\n"
        raise Refused("This pool is gone: choose another one.")

    def told(content: Content) -> str:
        answer = asyncio.run(pressed(FileMaking(lambda: files), drawn(files, content)))
        assert not answer.HasField("deferred_file")
        return str(answer.error_msg)

    assert told(refuses()) == "This pool is gone: choose another one."
    assert told("") == NOTHING
    assert asyncio.run(pressed(FileMaking(lambda: files), "of a page long ago")).error_msg == NO_BUTTON
    assert "fault of Winnow's own, number W-" in told(7)  # type: ignore[arg-type]

    assert on_disk(data_dir) == []
    (data_dir / "uploads").rename(data_dir / "away")
    (data_dir / "uploads").write_text("in its place")
    assert "could not be written to the data folder (File exists)" in told("a line\n")
    monkeypatch.setattr(downloads, "_written", full)
    assert told("a line\n") == foreign.IS_FULL


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_that_takes_longer_than_a_page_waits_is_made_once_and_there_at_the_next_click(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on, lines = threading.Event(), iter(["a line\n"])  # a second making would find none left

    def slow() -> Iterator[str]:
        may_go_on.wait(60)
        yield from lines

    async def twice() -> tuple[Any, Any]:
        maker, its = FileMaking(lambda: files), drawn(files, slow())
        monkeypatch.setattr(downloads, "PATIENCE_S", 0.01)
        first = await pressed(maker, its)
        monkeypatch.setattr(downloads, "PATIENCE_S", 60.0)
        may_go_on.set()
        return first, await pressed(maker, its)

    first, second = asyncio.run(twice())
    assert first.error_msg == UNDER_WAY
    assert fetched(second.deferred_file.url)[1] == b"a line\n"


def test_every_button_that_gives_a_file_is_drawn_in_one_place() -> None:
    wrong = {
        path.relative_to(PROJECT).as_posix()
        for path in (PROJECT / "pages").rglob("*.py")
        if re.search(r"\bdownload_button\b", path.read_text(encoding="utf-8"))
    }
    assert wrong == {"pages/shared/downloads.py"}
    assert hasattr(st, "download_button")
