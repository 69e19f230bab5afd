"""What stands before Streamlit where a file comes, asked of itself: who may send stays Streamlit's to say."""

from __future__ import annotations

import ast
import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from streamlit.testing.v1 import AppTest

from core.importing import uploads
from core.settings import PROJECT
from pages.shared import uploading
from pages.shared.uploading import IN_ITS_PLACE, NO_ROOM, ToDisk

EDGE = b"edge"
ADDRESS = "/_stcore/upload_file/session/file"
CONTENT = b"\r\n--edg\r\n" * 3000 + bytes(range(256))


@pytest.fixture(autouse=True)
def _small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LARGE", 1000)


def part(content: bytes, name: str = "a river.jsonl") -> bytes:
    head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/x\r\n\r\n'
    return head.encode() + content + b"\r\n"


def sent(body: bytes, refuses: bool = False, length: int | None = None) -> tuple[int, list[tuple[str, bytes]]]:
    """The answer to an upload, and the files that an app which reads as Streamlit does was given."""
    given: list[tuple[str, bytes]] = []

    async def put(request: Request) -> Response:
        if refuses:
            raise HTTPException(403)
        form = await request.form()
        for file in form.values():
            given.append((file.filename, await file.read()))  # type: ignore[union-attr,arg-type]
        return Response(status_code=204)

    app = Starlette(routes=[Route("/_stcore/upload_file/{session}/{file}", put, methods=["PUT"])])
    pieces = [body[at : at + 700] for at in range(0, len(body), 700)]
    answered: list[int] = []

    async def receive() -> Any:
        if not pieces:
            return {"type": "http.disconnect"}
        more = len(pieces) > 1 or (length or 0) > len(body)
        return {"type": "http.request", "body": pieces.pop(0), "more_body": more}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answered.append(message["status"])

    headers = [(b"content-type", b"multipart/form-data; boundary=edge"), (b"content-length", b"%d" % len(body))]
    scope = {"type": "http", "method": "PUT", "path": ADDRESS, "headers": headers, "query_string": b""}
    with suppress(ClientDisconnect):  # a server hears it where a browser hangs up
        asyncio.run(ToDisk(app)(scope, receive, send))  # type: ignore[arg-type]
    return answered[0], given


def on_disk(data_dir: Path) -> list[Path]:
    return sorted((data_dir / "uploads").glob("*/*.jsonl"))


def test_the_bytes_are_on_disk_and_the_app_gets_a_few_words_under_the_same_name(data_dir: Path) -> None:
    assert sent(part(CONTENT) + b"--edge--\r\n") == (204, [("a river.jsonl", IN_ITS_PLACE)])
    kept = uploading._kept.get(("session", "file"))
    assert kept is not None and kept.name == "a river.jsonl"
    assert [path.read_bytes() for path in on_disk(data_dir)] == [CONTENT]
    uploading._kept.take(kept)
    kept.close()
    assert on_disk(data_dir) == []


def test_what_the_app_refuses_is_not_read_and_what_is_not_one_whole_file_leaves_nothing(data_dir: Path) -> None:
    whole = part(CONTENT) + b"--edge--\r\n"
    assert sent(whole, refuses=True) == (403, [])
    assert sent(part(CONTENT) + part(CONTENT, "b.jsonl") + b"--edge--\r\n") == (400, [])
    assert sent(b"nothing of the kind" * 100) == (400, [])
    assert sent(part(CONTENT), length=1 << 20) == (500, []), "nobody hears it: the browser hung up"
    assert on_disk(data_dir) == [] and uploading._kept.get(("session", "file")) is None


def test_a_small_file_goes_the_way_it_always_went(data_dir: Path) -> None:
    assert sent(part(b"small") + b"--edge--\r\n") == (204, [("a river.jsonl", b"small")])
    assert on_disk(data_dir) == []


def test_a_full_disk_is_told(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(uploading._Body, "_write", full)
    told = (204, [("a river.jsonl", NO_ROOM)])
    assert sent(part(CONTENT) + b"--edge--\r\n") == told
    assert on_disk(data_dir) == []
    monkeypatch.setattr(uploading, "LaidFile", full)
    assert sent(part(CONTENT) + b"--edge--\r\n") == told

    def page() -> None:
        from io import BytesIO

        from pages.shared.uploading import NO_ROOM, sent

        upload = BytesIO(NO_ROOM)
        upload.size = len(NO_ROOM)  # type: ignore[attr-defined]
        assert sent(upload) is None

    assert [one.value[:35] for one in AppTest.from_function(page).run().error] == [
        "The upload could not be written; ma"
    ]


def test_every_field_for_files_is_asked_where_its_file_is() -> None:
    """Without it a page would read the few words that Streamlit was handed."""
    asked, found = set(), set()
    for path in (PROJECT / "pages").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                place = (path.name, getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
                if name in ("file_uploader", "chat_input", "camera_input", "audio_input"):
                    found.add(place)
                if name in ("sent", "all_sent"):
                    asked |= {(path.name, one.lineno, one.col_offset) for one in node.args if hasattr(one, "lineno")}
    assert found and found <= asked, found - asked
