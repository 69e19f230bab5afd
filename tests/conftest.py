"""Every test has a data folder of its own, an environment without keys or addresses, and no network but loopback.

What a test says to SQLite must be something that can be said to PostgreSQL; with `--database postgresql` it is said to
a real one (tests/databases.py).
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.database import Database, open_database
from tests import databases, warm_reader

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile(
    "busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("busy")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=["sqlite", "postgresql"], default="sqlite", help="what the tests store in")


# What `make quick` leaves out: kills, parsers and models at work, long random walks, whole applications on a page,
# whole runs, releases and reports. What is left looks at every room's own parts.
SLOW_FILES = {
    *("test_kills", "test_reinstruct_kills", "test_races", "test_random_acts", "test_bounds", "test_ray_engine"),
    "test_batch_kills",
    *("test_accuracy", "test_parser", "test_parsing", "test_training", "test_local", "test_estimates", "test_job"),
    *("test_loop", "test_reinstruct_loop", "test_steering", "test_unanswered", "test_models_of_today"),
    *("test_corpus_selection", "test_corpus_job", "test_corpus_command", "test_diversity_cli", "test_run_verbs"),
    *("test_release_trainers", "test_release_writer", "test_release_speed", "test_release_push", "test_release_cli"),
    *("test_release_making", "test_release_verify", "test_release_card", "test_release_finetune"),
    *("test_release_preferences", "test_evaluation_report", "test_evaluate_cli", "test_rating", "test_grading"),
    *("test_importing_evaluation", "test_contamination", "test_report", "test_audit_cli"),
    *("test_batch_runs", "test_batch_cli", "test_lock", "test_documents", "test_recipes", "test_project"),
    *("test_release_formats", "test_release_audit", "test_release_croissant", "test_running_estimate"),
    *("test_novelty_join", "test_novelty_gate", "test_whatif", "test_corpus_reading", "test_hand", "test_history"),
    *("test_stale_tabs", "test_postgresql", "test_restoring", "test_trouble"),
    *("test_transformers5", "test_install", "test_yields", "test_agreement", "test_appendix", "test_audit_estimate"),
}
SLOW_FOLDERS = {"pages"}
# What takes longest begins first, so that no file is left at the end that one worker alone is busy with.
LONGEST = ("test_release_trainers", "test_loop", "test_kills", "test_release_writer", "test_batch_kills")
LONGEST_FOLDERS = ("browser",)


def _order(item: pytest.Item) -> int:
    if item.path.stem in LONGEST:
        return LONGEST.index(item.path.stem)
    return len(LONGEST) + (item.path.parent.name not in LONGEST_FOLDERS)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=_order)
    for item in items:
        if item.path.stem in SLOW_FILES or item.path.parent.name in SLOW_FOLDERS:
            item.add_marker(pytest.mark.slow)
    if config.getoption("--database") == "sqlite":
        return
    for item in items:
        for mark in item.iter_markers("sqlite"):
            item.add_marker(pytest.mark.skip(reason=f"of SQLite: {mark.args[0]}"))


@pytest.fixture(autouse=True, scope="session")
def database_server(pytestconfig: pytest.Config) -> Iterator[databases.Server | None]:
    """The session's own PostgreSQL server, where one is asked for."""
    if pytestconfig.getoption("--database") == "sqlite":
        yield None
        return
    databases.server = databases.Server()
    yield databases.server
    databases.server.stop()


@pytest.fixture(autouse=True, scope="session")
def statements_are_compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        databases.compile_once(patch)
        yield


@pytest.fixture(autouse=True, scope="session")
def new_files_are_copies(
    tmp_path_factory: pytest.TempPathFactory, database_server: databases.Server | None
) -> Iterator[None]:
    """A new SQLite file gets what the migrations made once in this session; tests/database run them every time."""
    if database_server:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        databases.copy_new_files(tmp_path_factory.mktemp("template") / "winnow.db", patch)
        yield


@pytest.fixture(autouse=True, scope="session")
def releases_are_read_by_one_reader() -> Iterator[None]:
    """`datasets` is loaded once; programs that tests start read releases as they are installed."""
    with warm_reader.releases_are_read_by_one():
        yield


@pytest.fixture(autouse=True)
def own_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_server: databases.Server | None
) -> Iterator[None]:
    for name in os.environ:
        if name.startswith(("WINNOW_", "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("WINNOW_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("WINNOW_DEMO_SECONDS", "0.05")  # nobody watches
    if database_server:
        monkeypatch.setenv("WINNOW_DATABASE_URL", databases.address(tmp_path / "data"))
    yield
    if database_server:
        database_server.forget(tmp_path)


@pytest.fixture(autouse=True, scope="session")
def interrupts_are_heard() -> None:
    """A shell that starts the tests in the background has them ignore Ctrl-C, and whatever they start would too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """A connection to anywhere else fails the test that asks for it."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test reached for {address[0]}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here)
        yield


@pytest.fixture(autouse=True, scope="session")
def portable_sql() -> Iterator[set[str]]:
    """A statement that PostgreSQL's dialect cannot say fails the test that sends it. Gives the statements so far."""
    said: set[str] = set()

    def say_it_in_postgresql(_c: Any, _cursor: Any, sql: str, _values: Any, context: Any, _many: bool) -> None:
        if sql not in said:
            said.add(sql)
            statement = context.compiled.statement if context and context.compiled else None
            # core/database/engine.py builds upserts for the database at hand.
            if statement is not None and not isinstance(statement, (sqlite.Insert, postgresql.Insert)):
                statement.compile(dialect=postgresql.dialect())

    sa.event.listen(sa.Engine, "before_cursor_execute", say_it_in_postgresql)
    yield said
    sa.event.remove(sa.Engine, "before_cursor_execute", say_it_in_postgresql)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(databases.address(tmp_path / "data"))
    yield opened
    opened.close()


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """A fresh database each time it is called."""
    opened: list[Database] = []

    def make() -> Database:
        opened.append(open_database(databases.address(tmp_path, str(len(opened)))))
        return opened[-1]

    yield make
    for made in opened:
        made.close()


@pytest.fixture
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries and heartbeats come in hundredths of a second."""
    monkeypatch.setattr("core.llm.patience.FIRST_BACKOFF_S", 0.01)
    monkeypatch.setattr("core.runs.runner.BEAT_S", 0.05)


@pytest.fixture
def quick_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches are packed at once and looked at all the time."""
    monkeypatch.setattr("core.llm.parcels.courier.QUIET_S", 0.02)
    monkeypatch.setattr("core.llm.parcels.at_server.FIRST_POLL_S", 0.005)
    monkeypatch.setattr("core.llm.parcels.at_server.LONGEST_POLL_S", 0.01)
    monkeypatch.setattr("core.llm.parcels.at_server.LOOK_AGAIN_S", 0.005)
