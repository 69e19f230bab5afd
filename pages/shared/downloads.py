"""Files that a browser fetches: made on the click, laid on disk, and there for some minutes however often pages run.

Streamlit too makes a file on the click, but holds it in memory and forgets it with the second run of anybody's page
after that; what a button of the run before would have made it forgets at once. A browser that asks a moment later gets
nothing. `Files` stands in the place of its `MediaFileManager`, and every button that gives a file is drawn here. Who
fetches must be the browser that the file was made for, and know its address, which no one else is told. A browser whose
cookies were cleared is still that one: the page keeps the cookie that it came with, and puts it back (`page.js`).

Why a file could not be made stands below its button (`FileMaking`): Streamlit says of every reason that it failed.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse
from streamlit import runtime
from streamlit.proto.BackMsg_pb2 import BackendOperationRequest
from streamlit.proto.ForwardMsg_pb2 import BackendOperationResponse, DeferredFileResponsePayload
from streamlit.runtime import app_session
from streamlit.runtime.backend_operation_handler import DeferredFileHandler
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.web.server.starlette.starlette_app_utils import validate_xsrf_token
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME

from core import foreign, settings
from core.importing import uploads
from core.importing.uploads import LaidFile
from core.records import Refused, StorageFailed
from pages.shared import faults, scripts
from pages.shared.guards import App, Receive, Scope, Send

Content = str | bytes | Iterable[str] | Path | LaidFile

ADDRESS = "/media/made/"  # below Streamlit's own for files: its page finds the server's address in front of it
STAYS_S = 600.0  # that a file can be fetched, and fetched again
MOST_BYTES = 4 << 30  # of all files together: the oldest go before their time, the newest never
EARLIER_BUTTONS, CLICKABLE_S = 2, 10.0  # of earlier runs that a browser may still show, and how long
PATIENCE_S = 150.0  # for a file that is being made: a page itself gives up after 180
GONE = "This file is no longer there: press the button again."
NO_BUTTON = "The page has changed since this button was drawn: press it again."
NOTHING = "There is nothing to write: what this file would hold is not there yet, or no longer; reload to see what is."
CANNOT_WRITE = "The file could not be written to the data folder ({}): see to that, then press the button again."
UNDER_WAY = "The file is still being made, for it is a large one: press the button again to go on waiting."


def button(
    label: str,
    make: Callable[[], Content],
    name: str,
    mime: str | None = None,
    *,
    key: str | None = None,
    kind: Literal["primary", "secondary", "tertiary"] = "secondary",
    help: str | None = None,
    disabled: bool = False,
) -> None:
    """A button that gives what `make` returns as a file of this name: a `LaidFile` under its own, a `Path` as it is.

    `make` is called for each click, on a thread of its own and outside the script: it takes with it what it needs.
    """
    browser = st.context.cookies.get(XSRF_COOKIE_NAME)
    st.download_button(
        label,
        lambda: _lay(make(), name, mime, browser),
        name,
        mime,
        key=key,
        on_click="ignore",
        type=kind,
        help=help,
        disabled=disabled,
    )


class Files(MediaFileManager):
    """Streamlit's, but that what a click makes stays on disk, and buttons that a browser may still show still work."""

    def execute_deferred(self, file_id: str) -> str:
        """Make what the button gives (`button`); return its address."""
        with self._lock:
            entry = self._deferred_callables.get(file_id)
        if entry is None:
            raise Refused(NO_BUTTON)
        return str(entry["callable"]())

    def _remove_orphaned_deferred_callables(self) -> None:
        """Called with the lock after each run of any page, of which one may just be drawing its buttons anew."""
        drawn = {its for by_place in self._files_by_session_and_coord.values() for its in by_place.values()}
        now, before, later = time.monotonic(), getattr(self, "_undrawn", {}), Counter[tuple[str, str]]()
        self._undrawn = {its: before.get(its, now) for its in self._deferred_callables if its not in drawn}
        for file_id, since in reversed(self._undrawn.items()):
            entry = self._deferred_callables[file_id]
            its = entry["session_id"], entry["element_id"]
            later[its] += 1
            if later[its] > EARLIER_BUTTONS or now - since > CLICKABLE_S:
                self._drop_deferred_id(file_id)


class FileMaking(DeferredFileHandler):
    """Streamlit's, for one page that is open, but that the page is told why there is no file."""

    def __init__(self, get_media_file_mgr: Callable[[], MediaFileManager]) -> None:
        super().__init__(get_media_file_mgr)
        self._under_way: dict[str, asyncio.Future[str]] = {}  # by button; whoever presses again waits for the same

    async def handle(self, request: BackendOperationRequest, session_id: str) -> BackendOperationResponse:
        """The answer to a click: the file's address, or a sentence."""
        file_id, answer = request.deferred_file.file_id, BackendOperationResponse(request_id=request.request_id)
        if (making := self._under_way.get(file_id)) is None:
            making = asyncio.ensure_future(asyncio.to_thread(self._get_media_file_mgr().execute_deferred, file_id))
            self._under_way[file_id] = making
        done, _ = await asyncio.wait([making], timeout=PATIENCE_S)
        if not done:
            answer.error_msg = UNDER_WAY
            return answer
        self._under_way.pop(file_id, None)
        if (error := making.exception()) is None:
            answer.deferred_file.CopyFrom(DeferredFileResponsePayload(url=making.result()))
        else:
            answer.error_msg = faults.said(error)
        return answer


def remember_browser() -> None:
    """Have the page keep the cookie by which its files are known to be its own (`page.js` puts it back)."""
    if isinstance(value := st.context.cookies.get(XSRF_COOKIE_NAME), str):
        scripts.tell("winnowBrowser", {"name": XSRF_COOKIE_NAME, "value": value})


@asynccontextmanager
async def serving(_app: object) -> AsyncIterator[None]:
    """Have Streamlit's server keep files as this module does, and remove what a killed one has left."""
    its = runtime.get_instance()
    its._media_file_mgr = Files(its.media_file_mgr._storage)
    app_session.DeferredFileHandler = FileMaking  # type: ignore[attr-defined]
    uploads.sweep(settings.load().data_dir)
    yield None


class FromDisk:
    """ASGI middleware: answers a browser that comes for a file."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or ADDRESS not in scope["path"]:
            await self._app(scope, receive, send)
            return
        found = _kept.get(scope["path"].rpartition(ADDRESS)[2])
        cookie = Request(scope).cookies.get(XSRF_COOKIE_NAME)
        if found is None or not found.path.is_file() or not found.is_for(cookie):
            await PlainTextResponse(GONE, 404)(scope, receive, send)
            return
        answer = FileResponse(
            found.path, headers={"cache-control": "no-store"}, media_type=found.mime, filename=found.name
        )
        await answer(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _Fetchable:
    path: Path
    name: str
    mime: str | None
    browser: str | None  # the cookie of the session that it was made for
    laid: LaidFile | None  # None where the file stands elsewhere and stays there
    size: int  # bytes that go with it
    since: float

    def is_for(self, cookie: str | None) -> bool:
        return self.browser is None or validate_xsrf_token(self.browser, cookie)

    def close(self) -> None:
        if self.laid is not None:
            self.laid.close()


def _lay(content: Content, name: str, mime: str | None, browser: str | None) -> str:
    """Put it on disk; return the address under which its browser finds it."""
    name = (content.name if isinstance(content, LaidFile) else name).replace("/", "-")
    name = name.encode("utf-8", "replace").decode()
    if isinstance(content, Path):
        return ADDRESS + _kept.keep(_Fetchable(content, name, mime, browser, None, 0, time.monotonic()))
    try:
        laid = content if isinstance(content, LaidFile) else _written(content, name)
    except OSError as error:
        if foreign.is_full(error):
            raise
        raise StorageFailed(CANNOT_WRITE.format(foreign.told(error))) from error
    size = laid.path.stat().st_size
    if not size:
        laid.close()
        raise Refused(NOTHING)
    return ADDRESS + _kept.keep(_Fetchable(laid.path, name, mime, browser, laid, size, time.monotonic()))


def _written(content: str | bytes | Iterable[str], name: str) -> LaidFile:
    data_dir = settings.load().data_dir
    if isinstance(content, bytes):
        return LaidFile(data_dir, name, content)
    laid = LaidFile(data_dir, name, b"")
    try:
        with laid.path.open("w", encoding="utf-8", errors="replace", newline="") as file:
            file.writelines([content] if isinstance(content, str) else content)
    except BaseException:
        laid.close()
        raise
    return laid


class _Kept:
    """Files by their addresses' last part, for their time."""

    def __init__(self) -> None:
        self._files: dict[str, _Fetchable] = {}  # the oldest first
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def keep(self, file: _Fetchable) -> str:
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._files[token] = file
            self._sweep()
        return token

    def get(self, token: str) -> _Fetchable | None:
        with self._lock:
            self._sweep()
            return self._files.get(token)

    def _sweep(self) -> None:
        """Called with the lock: remove what has had its time, and come again for the next."""
        while self._files:
            oldest = next(iter(self._files))
            left = self._files[oldest].since + STAYS_S - time.monotonic()
            if left > 0 and (len(self._files) == 1 or sum(one.size for one in self._files.values()) <= MOST_BYTES):
                break
            self._files.pop(oldest).close()
        if self._files and self._timer is None:
            self._timer = threading.Timer(left, self._later)
            self._timer.daemon = True
            self._timer.start()

    def _later(self) -> None:
        with self._lock:
            self._timer = None
            self._sweep()


_kept = _Kept()
