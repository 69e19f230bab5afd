"""A full disk, a read-only file, a lock that stays: one sentence each, and nothing half done."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core import pools
from core.database import Database, open_database
from core.database.engine import backup, integrity
from core.pool import arrivals, tasks
from core.pool import pools as pool_store
from core.pool.arrivals import NewInstance, NewTask
from core.records import Origin, StorageFailed


def tasks_of(n: int, words: int = 200) -> list[NewTask]:
    return [
        NewTask(Origin.IMPORT, f"Describe number {k}. {'word ' * words}", False, (NewInstance("", f"It is {k}."),))
        for k in range(n)
    ]


def counted(database: Database) -> int:
    with database.read() as c:
        return sum(sum(by_state.values()) for by_state in tasks.counts(c, 1).values())


@pytest.fixture
def full(database: Database) -> Iterator[Database]:
    """A database whose disk takes a few pages more and then no more."""
    pools.make(database, "a pool", own_seeds=[])
    with database.read() as c:
        pages = c.exec_driver_sql("PRAGMA page_count").scalar_one()

    def no_more(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages + 8}")

    database.engine.dispose()
    sa.event.listen(database.engine, "connect", no_more)
    yield database
    sa.event.remove(database.engine, "connect", no_more)


@pytest.mark.sqlite("a limit on its file")
def test_a_full_disk_is_one_sentence_and_nothing_of_the_step_is_kept(full: Database) -> None:
    with (  # noqa: PT012
        pytest.raises(StorageFailed, match=r"^The disk is full: this step was not saved[^\n]*$"),
        full.write() as c,
    ):
        arrivals.add(c, 1, tasks_of(1))
        arrivals.add(c, 1, tasks_of(500))
    assert counted(full) == 0
    with full.write() as c:
        arrivals.add(c, 1, tasks_of(1, words=2))
    assert counted(full) == 1


@pytest.mark.sqlite("a file opened for reading")
def test_a_read_only_database_can_be_looked_at_and_says_why_it_cannot_be_changed(database: Database) -> None:
    pools.make(database, "a pool", own_seeds=[])
    read_only = open_database(f"sqlite:///file:{database.path}?mode=ro&uri=true")
    with read_only.read() as c:
        assert pool_store.get(c, "a pool").name == "a pool"
    with pytest.raises(StorageFailed, match=r"^The database is read-only; [^\n]*$"):
        pools.make(read_only, "another", own_seeds=[])


def test_a_database_that_another_program_holds_is_said_in_a_sentence(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools.make(database, "a pool", own_seeds=[])
    monkeypatch.setattr("core.database.engine.BUSY_TIMEOUT_MS", 50)
    hurried = open_database(str(database.engine.url))
    with database.write():
        with pytest.raises(StorageFailed, match=r"^Another program has held the database for too long; [^\n]*$"):
            pools.make(hurried, "another", own_seeds=[])
        assert counted(hurried) == 0  # reading goes on
    pools.make(hurried, "another", own_seeds=[])


def test_writers_queue_instead_of_failing(database: Database) -> None:
    pools.make(database, "a pool", own_seeds=[])
    failed: list[BaseException] = []

    def write_some() -> None:
        try:
            for _ in range(20):
                with database.write() as c:
                    arrivals.add(c, 1, tasks_of(1, words=1))
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    writers = [threading.Thread(target=write_some) for _ in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failed == []
    assert counted(database) == 120


def test_a_writer_that_waited_sees_what_the_one_before_it_did(database: Database) -> None:
    """What looks before it writes would else write from what was."""
    pools.make(database, "a pool", own_seeds=[])
    seen: list[int] = []

    def look() -> None:
        with database.write() as c:
            seen.append(len(tasks.page(c, 1)))

    waiting = threading.Thread(target=look)
    with database.write() as c:
        waiting.start()
        time.sleep(0.2)
        arrivals.add(c, 1, tasks_of(2, words=1))
    waiting.join()
    assert seen == [2]


def test_a_reader_sees_one_moment_whatever_is_written_meanwhile(database: Database) -> None:
    pools.make(database, "a pool", own_seeds=[])
    with database.read() as c:
        before = tasks.page(c, 1)
        with database.write() as other:
            arrivals.add(other, 1, tasks_of(2, words=1))
        assert tasks.page(c, 1) == before == []
    assert counted(database) == 2


def test_what_fails_in_the_middle_of_a_step_leaves_nothing_of_it(database: Database) -> None:
    pools.make(database, "a pool", own_seeds=[])
    with pytest.raises(ZeroDivisionError), database.write() as c:  # noqa: PT012
        arrivals.add(c, 1, tasks_of(3))
        raise ZeroDivisionError
    assert counted(database) == 0


@pytest.mark.sqlite("a file with wrong bytes")
def test_a_damaged_file_is_said_in_a_sentence(database: Database, tmp_path: Path) -> None:
    pools.make(database, "a pool")
    with database.write() as c:
        arrivals.add(c, 1, tasks_of(300))
    copy = backup(database, tmp_path / "copy.db")
    spoilt = bytearray(copy.read_bytes())
    spoilt[8192 : len(spoilt) // 2] = b"\x5a" * (len(spoilt) // 2 - 8192)
    copy.write_bytes(spoilt)
    with pytest.raises(StorageFailed, match=r"damaged; put a backup in its place"):  # noqa: PT012
        opened = open_database(f"sqlite:///{copy}")
        for _ in range(2):
            counted(opened)
            with opened.read() as c:
                tasks.page(c, 1, limit=1000)


@pytest.mark.sqlite("backup copies a file")
def test_a_backup_is_one_moment_while_others_go_on_writing(database: Database, tmp_path: Path) -> None:
    """Each step stores a task and its instance: a copy in which they differ in number would be torn."""
    pools.make(database, "a pool", own_seeds=[])
    enough = threading.Event()

    def write_on() -> None:
        while not enough.is_set():
            with database.write() as c:
                arrivals.add(c, 1, tasks_of(20))

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        sizes = []
        for n in range(6):
            copy = open_database(f"sqlite:///{backup(database, tmp_path / f'{n}.db')}")
            assert integrity(copy) == "ok"
            with copy.read() as c:
                whole = tasks.page(c, 1, limit=1_000_000)
            assert len(whole) % 20 == 0
            assert all(len(task.instances) == 1 for task in whole)
            sizes.append(len(whole))
            copy.close()
            time.sleep(0.02)
    finally:
        enough.set()
        writer.join()
    assert sizes == sorted(sizes) and sizes[-1] > sizes[0]


@pytest.mark.sqlite("backup copies a file")
def test_a_backup_that_cannot_be_written_is_said_in_a_sentence_and_leaves_no_part(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "a file").write_text("in the way")
    with pytest.raises(StorageFailed, match=r"choose a (folder|file)"):
        backup(database, tmp_path / "a file" / "copy.db")
    (tmp_path / "a folder").mkdir()
    with pytest.raises(StorageFailed, match=r"choose a (folder|file)"):
        backup(database, tmp_path / "a folder")
    assert {path.name for path in tmp_path.iterdir()} == {"a file", "a folder", "data"}


@pytest.mark.sqlite("backup copies a file")
def test_a_backup_never_overwrites_the_database_itself(database: Database) -> None:
    assert database.path is not None
    with pytest.raises(StorageFailed, match="the database itself"):
        backup(database, database.path.parent / "." / database.path.name)


def test_a_server_that_hangs_up_before_it_answers_is_said_in_a_sentence(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hung_up(*_: object, **__: object) -> None:
        raise ConnectionResetError(104, "Connection reset by peer")

    database.close()
    monkeypatch.setattr(database.engine.pool, "connect", hung_up)
    for open_it in (database.read, database.write):
        with pytest.raises(StorageFailed, match="see that the server runs"), open_it():
            pass
