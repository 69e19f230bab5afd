"""Files that a browser sends: a large one goes to the disk as it comes, and never into the server's memory.

Streamlit holds an upload in memory, twice while it takes it in. `ToDisk` stands before it, writes the file's bytes to
the data folder and hands Streamlit a few words in their place, under the same name. Pages pass what `st.file_uploader`
gives through `sent` or `all_sent`, which find the file again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import streamlit as st
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core import settings
from core.importing import uploads
from core.importing.uploads import LaidFile
from pages.shared.guards import App, Receive, Scope, Send

_UploadKey = tuple[str, str]  # of the session and of the file, as Streamlit's address for an upload has them

ADDRESS = "/_stcore/upload_file/"
IN_ITS_PLACE = b"Winnow keeps this file on disk."
NO_ROOM = b"Winnow had no room for this file."  # in its place too: Streamlit shows an error of HTTP by its number
AT_ONCE = 1 << 20  # bytes that are written together


class Sent:
    """A file that a browser has sent, wherever it is."""

    def __init__(self, upload: Any, laid: LaidFile | None) -> None:
        self.name, self.file_id = str(upload.name), str(upload.file_id)
        self._upload, self._laid = upload, laid

    @property
    def size(self) -> int:
        """Bytes."""
        return self._laid.path.stat().st_size if self._laid else int(self._upload.size)

    def getvalue(self) -> bytes:
        """All of it: for small files."""
        return self._laid.path.read_bytes() if self._laid else bytes(self._upload.getvalue())

    @contextmanager
    def on_disk(self) -> Iterator[Path]:
        """The file on disk, while the block lasts."""
        if self._laid:
            yield self._laid.path
        else:
            with uploads.laid_down(settings.load().data_dir, self.name, self._upload.getvalue()) as path:
                yield path

    def laid(self) -> LaidFile:
        """The file on disk, from now on the caller's to close; what Streamlit has of it stays where it is."""
        if self._laid:
            _kept.take(self._laid)
            return self._laid
        return LaidFile(settings.load().data_dir, self.name, self._upload.getvalue())


def sent(upload: Any) -> Sent | None:
    """The file in what `st.file_uploader` gives; None without one, or (with a word on the page) where it is gone."""
    if upload is None:
        return None
    if upload.size == len(NO_ROOM) and upload.getvalue() == NO_ROOM:
        st.error("The upload could not be written; make room on the disk, then choose the file again.")
        return None
    here = get_script_run_ctx()
    laid = _kept.get((here.session_id, upload.file_id)) if here else None
    if laid is None and upload.size == len(IN_ITS_PLACE) and upload.getvalue() == IN_ITS_PLACE:
        st.error("The upload is no longer there; choose the file again.")
        return None
    return Sent(upload, laid)


def all_sent(chosen: Sequence[Any]) -> list[Sent]:
    """The same of a field that takes several."""
    return [one for upload in chosen if (one := sent(upload)) is not None]


class ToDisk:
    """ASGI middleware: the body of a large upload is written to disk when Streamlit, content with its head, reads it.

    So who may send, to which session and how much is decided by Streamlit, as ever.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key, boundary = _large_upload(scope)
        if not key or not boundary:
            await self._app(scope, receive, send)
            return
        _kept.sweep()
        body = _Body(boundary)

        async def receiving() -> Scope:
            if body.is_read:
                return await receive()
            return {"type": "http.request", "body": await body.read(receive), "more_body": False}

        async def sending(message: Scope) -> None:
            if message["type"] == "http.response.start" and 200 <= message["status"] < 300 and body.laid:
                _kept.keep(key, body.laid)
                body.laid = None
            await send(message)

        try:
            await self._app(scope, receiving, sending)
        finally:
            body.close()


def _large_upload(scope: Scope) -> tuple[_UploadKey | None, bytes]:
    """Session and file of a large upload, and what its parts are told apart by; nothing for any other request."""
    if scope["type"] != "http" or scope["method"] != "PUT" or ADDRESS not in scope["path"]:
        return None, b""
    headers = {name.lower(): value for name, value in scope["headers"]}
    length = headers.get(b"content-length", b"")
    kind, options = parse_options_header(headers.get(b"content-type", b""))
    if not length.isdigit() or int(length) <= uploads.LARGE or kind != b"multipart/form-data":
        return None, b""
    session_id, _, file_id = scope["path"].rpartition(ADDRESS)[2].partition("/")
    return (session_id, file_id), options.get(b"boundary", b"")


class _Body:
    """The body of one upload: what is in its one file goes to disk, the rest stays."""

    def __init__(self, boundary: bytes) -> None:
        self.laid: LaidFile | None = None
        self.is_read = False
        self._boundary = boundary
        self._file: BinaryIO | None = None
        self._has_room = True
        self._waiting = bytearray()
        self._headers: list[tuple[bytes, bytes]] = []
        self._name, self._value = b"", b""

    async def read(self, receive: Receive) -> bytes:
        """Read it to its end; return it with a few words in the place of the file's."""
        self.is_read = True
        try:
            parser = MultipartParser(
                self._boundary,
                {
                    "on_header_field": self._on_name,
                    "on_header_value": self._on_value,
                    "on_header_end": self._on_header,
                    "on_headers_finished": self._on_headers,
                    "on_part_data": self._on_data,
                },
            )
            more = True
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    raise ClientDisconnect
                more = message.get("more_body", False)
                try:
                    if self._has_room:
                        parser.write(message.get("body", b""))
                        if len(self._waiting) >= AT_ONCE or not more:
                            await run_in_threadpool(self._write)
                except OSError:
                    self._has_room = False
                    self.close()
            if self._has_room:
                parser.finalize()
        except FormParserError as error:
            raise HTTPException(400, "This is not one whole file.") from error
        if self._file is None and self._has_room:
            raise HTTPException(400, "There is no file in it.")
        if self._file is not None:
            self._file.close()
        instead = IN_ITS_PLACE if self._has_room else NO_ROOM
        head = b"".join(name + b": " + value + b"\r\n" for name, value in self._headers)
        edge = b"--" + self._boundary
        return edge + b"\r\n" + head + b"\r\n" + instead + b"\r\n" + edge + b"--\r\n"

    def close(self) -> None:
        """Remove what nobody has taken."""
        if self._file is not None:
            with suppress(OSError):  # of what waits to be written
                self._file.close()
        if self.laid is not None:
            self.laid.close()
            self.laid = None

    def _on_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._headers.append((self._name, self._value))
        self._name, self._value = b"", b""

    def _on_headers(self) -> None:
        if self._file is not None:
            raise HTTPException(400, "One file at a time.")
        said = next((value for name, value in self._headers if name.lower() == b"content-disposition"), b"")
        name = parse_options_header(said)[1].get(b"filename", b"").decode("utf-8", "replace")
        self.laid = LaidFile(settings.load().data_dir, name, b"")
        self._file = self.laid.path.open("wb")

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self._waiting += data[start:end]

    def _write(self) -> None:
        if self._file is not None:
            self._file.write(self._waiting)
        self._waiting = bytearray()


class _Kept:
    """Files on disk by their uploads, for as long as Streamlit knows these."""

    def __init__(self) -> None:
        self._files: dict[_UploadKey, LaidFile] = {}
        self._lock = threading.Lock()

    def keep(self, key: _UploadKey, laid: LaidFile) -> None:
        with self._lock:
            self._files[key] = laid

    def get(self, key: _UploadKey) -> LaidFile | None:
        with self._lock:
            return self._files.get(key)

    def take(self, laid: LaidFile) -> None:
        """Forget a file that is somebody else's now."""
        with self._lock:
            self._files = {key: kept for key, kept in self._files.items() if kept is not laid}

    def sweep(self) -> None:
        """Remove the files of uploads that were taken back, and of sessions that are over."""
        if not runtime.exists():
            return
        known = runtime.get_instance().uploaded_file_mgr
        with self._lock:
            gone = [key for key in self._files if not known.get_files(key[0], [key[1]])]
            for key in gone:
                self._files.pop(key).close()


_kept = _Kept()
