"""What a browser session stands on: the open database, the runner, the chosen pool, the reviewer's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core import actor, logs, pools, settings
from core.database import Database, open_database
from core.evaluation import demo
from core.history import backups
from core.importing import uploads
from core.records import Pool, WinnowError
from core.runs.runner import Runner

if TYPE_CHECKING:
    from core.review.nearby import Nearby

DEMO_POOL = "demo"
restore_refusal: list[str] = []  # why a backup that was to be restored at this start was not
_SIGNED_IN = "signed-in"
CHOSEN_POOL, CHOSEN_REVIEWER = "chosen-pool", "chosen-reviewer"  # beside the widgets, whose state comes and goes


@st.cache_resource(show_spinner=False)
def database() -> Database:
    """The database of this server; a first start makes the demo pool."""
    url = settings.load().url
    try:
        backups.restore_asked(url)
    except WinnowError as error:  # the data is as it was; the page Backups tells why it still is
        restore_refusal.append(str(error))
    opened = open_database(url)
    logs.to_file(settings.load().data_dir)
    uploads.sweep(settings.load().data_dir)  # what a server that was killed was reading
    pools.sweep_beside(opened)  # and what it was copying
    if not pools.every(opened) and not pools.every(opened, archived=True):
        fill(opened)
    return opened


def fill(new: Database) -> None:
    """What a first start brings: the demo pool and the evaluation set that ships with Winnow."""
    pools.get_or_make(new, DEMO_POOL)
    demo.load(new)


@st.cache_resource(show_spinner=False)
def runner() -> Runner:
    """The one thread of this server that takes up queued runs."""
    from core.llm import demo as recordings  # brings a client of HTTP

    recordings.take(settings.load().demo_seconds)
    return Runner(database())


@st.cache_resource(show_spinner=False)
def nearby() -> Nearby:
    """What is closest to a task now, in whichever pool."""
    from core.review.nearby import Nearby  # brings numpy, which no start should wait for

    return Nearby(database())


def start() -> None:
    """Open what the session needs, at the beginning of every whole run; every page may count on it."""
    database()
    runner()
    actor.know_by(_on_screen)
    st.session_state[_SIGNED_IN] = _asked_who()


def pool() -> Pool:
    """The pool chosen in the side bar. Every page asks for it first."""
    if CHOSEN_POOL not in st.session_state:
        _enter_by_app()
    return pools.named(database(), st.session_state[CHOSEN_POOL])


def signed_in() -> str:
    """Who has signed in; "" where nobody has. Asked once a whole run: asking looks for files of secrets each time."""
    if _SIGNED_IN not in st.session_state:
        st.session_state[_SIGNED_IN] = _asked_who()
    return str(st.session_state[_SIGNED_IN])


def reviewer() -> str:
    """Who rates and edits: the signed-in user, else the name in the side bar."""
    return signed_in() or (st.session_state.get(CHOSEN_REVIEWER) or "").strip() or unless_named()


def unless_named() -> str:
    """Who rates and edits where nobody has signed in or written a name."""
    return settings.load().reviewer or "me"


def _on_screen() -> str:
    """Who acts in this thread, as every act asks: the reviewer of the page that runs in it, else nobody known."""
    return reviewer() if get_script_run_ctx(suppress_warning=True) is not None else actor.NOBODY


def _asked_who() -> str:
    if not getattr(st.user, "is_logged_in", False):
        return ""
    return str(st.user.get("email") or st.user.get("name"))


def _enter_by_app() -> None:
    """Start over through app.py.

    A server that has just started takes the folder pages/ for Streamlit's first kind of navigation, and runs a page
    that is asked for by its address without app.py. Once it knows better, the same address goes through app.py.
    """
    PagesManager.uses_pages_directory = False
    st.rerun()


def let_go(upload: Any) -> None:
    """Have Streamlit forget a file that was sent: it would stay in memory as long as the page is open."""
    here = get_script_run_ctx()
    if here is not None and isinstance(here.uploaded_file_mgr, MemoryUploadedFileManager):
        here.uploaded_file_mgr.remove_file(here.session_id, upload.file_id)
