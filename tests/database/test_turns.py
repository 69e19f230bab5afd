"""Writers of one program wait for each other here, not in the database, which lets them sleep."""

from __future__ import annotations

import threading
import time

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from core.database import Database, open_database
from core.records import StorageFailed


def test_writers_of_one_program_take_turns_before_they_ask_the_database(database: Database) -> None:
    asked, waits = list[str](), threading.Event()

    @event.listens_for(database.engine, "begin")
    def _(connection: sa.Connection) -> None:
        asked.append(threading.current_thread().name)

    def write() -> None:
        waits.set()
        with database.write():
            pass

    other = threading.Thread(target=write, name="other")
    with database.write():
        other.start()
        assert waits.wait(120)
        other.join(0.2)
        assert other.is_alive() and asked == [threading.current_thread().name]
    other.join(120)
    assert asked == [threading.current_thread().name, "other"]


def test_a_writer_who_waits_too_long_is_told(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.database.engine.BUSY_TIMEOUT_MS", 50)
    with database.write(), pytest.raises(StorageFailed, match="held the database for too long"), database.write():
        pass
    with database.write():  # and the turn is free again
        pass


@pytest.mark.sqlite("PostgreSQL has a line in which writers wait")
def test_who_writes_beside_another_program_that_always_writes_is_soon_next(database: Database) -> None:
    """Two Databases stand for two programs: they know nothing of each other but the file."""
    other, turns, ended = open_database(str(database.engine.url)), list[int](), threading.Event()

    def write_on_and_on() -> None:
        while not ended.wait(0.003):
            with other.write():
                turns.append(1)
                time.sleep(0.04)

    busy = threading.Thread(target=write_on_and_on)
    busy.start()
    try:
        others = 0  # turns that came before ours
        for _ in range(6):
            asked = len(turns) + 1
            while len(turns) < asked:  # it has just begun to write
                time.sleep(0.001)
            with database.write():
                others += len(turns) - asked
        assert others <= 6
    finally:
        ended.set()
        busy.join(120)
        other.close()
