"""The log of another of Winnow's own databases, or of another copy of the same, is noticed; one's own never is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core import pools
from core.database import open_database, restoring
from core.database.engine import backup
from core.records import StorageFailed
from core.settings import PROJECT

pytestmark = pytest.mark.sqlite("about its file")


def url(place: Path) -> str:
    return f"sqlite:///{place}"


def names(place: Path) -> list[str]:
    opened = open_database(url(place))
    try:
        return [pool.name for pool in pools.every(opened)]
    finally:
        opened.close()


def stored(place: Path, *made: str) -> Path:
    opened = open_database(url(place))
    for name in made:
        pools.make(opened, name, own_seeds=[])
    opened.close()
    return place


def killed(place: Path, *made: str) -> Path:
    """A database whose program ended without a word: what it stored last is in its log."""
    code = "import os\nfrom core.database import open_database\nfrom core import pools\n"
    code += f"db = open_database({url(place)!r})\nfor name in {made!r}: pools.make(db, name, own_seeds=[])\nos._exit(9)"
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False)
    place.with_name(f"{place.name}-shm").unlink()
    return place


def log_of(place: Path) -> Path:
    return place.with_name(f"{place.name}-wal")


@pytest.fixture
def crashed(tmp_path: Path) -> Path:
    return killed(stored(tmp_path / "winnow.db", "first"), "second", "third")


@pytest.fixture
def theirs(tmp_path: Path, crashed: Path) -> Path:
    """Another database with the log of the first one laid beside it."""
    other = stored(tmp_path / "other.db", "mine")
    shutil.copy(log_of(crashed), log_of(other))
    return other


def test_another_database_s_log_is_refused_and_nothing_of_it_gets_in(theirs: Path) -> None:
    before = theirs.read_bytes()
    with pytest.raises(StorageFailed, match=r"other\.db-wal is of another database.*Move the log"):
        open_database(url(theirs))
    with pytest.raises(StorageFailed, match="is of another database"):
        restoring.examined(theirs)
    assert theirs.read_bytes() == before
    log_of(theirs).unlink()
    assert names(theirs) == ["mine"]


@pytest.mark.parametrize("kind", ["a backup", "what a restore put in place"])
def test_a_backup_put_back_by_hand_does_not_take_the_log_of_what_it_replaced(tmp_path: Path, kind: str) -> None:
    place = stored(tmp_path / "winnow.db", "first")
    opened = open_database(url(place))
    kept = backup(opened, tmp_path / "kept.db")
    opened.close()
    if kind != "a backup":
        restoring.restore(url(place), kept)
    killed(place, "second")
    shutil.copyfile(kept, place)
    with pytest.raises(StorageFailed, match="or of another copy of it"):
        open_database(url(place))
    restoring.restore(url(place), kept)  # the way out that the other messages name
    assert names(place) == ["first"]


def test_what_a_kill_left_is_its_own_log_however_it_is_looked_at(crashed: Path, tmp_path: Path) -> None:
    pair = tmp_path / "elsewhere" / "copied.db"
    pair.parent.mkdir()
    shutil.copy(crashed, pair)
    shutil.copy(log_of(crashed), log_of(pair))
    assert names(pair) == ["first", "second", "third"], "copied by hand with its log"
    link = tmp_path / "link.db"
    link.symlink_to(crashed)
    assert names(link) == ["first", "second", "third"]


@pytest.mark.parametrize("harm", ["cut in a frame", "a frame half written", "its head gone"])
def test_a_log_that_a_power_cut_tore_is_left_to_sqlite(theirs: Path, harm: str) -> None:
    """Another's log, so that each would be refused were it whole: SQLite replays nothing of it."""
    log = bytearray(log_of(theirs).read_bytes())
    if harm == "cut in a frame":
        del log[32 + 24 + 100 :]
    elif harm == "a frame half written":
        log[32 + 24 + 2000] ^= 255
    else:
        log[:32] = bytes(32)
    log_of(theirs).write_bytes(log)
    assert names(theirs) == ["mine"]


def test_a_database_of_an_earlier_winnow_has_no_number_and_its_log_is_taken(crashed: Path) -> None:
    with crashed.open("r+b") as file:
        file.seek(60)
        file.write(bytes(4))
    assert names(crashed) == ["first", "second", "third"]


def test_every_log_that_begins_anew_says_whose_it_is(tmp_path: Path) -> None:
    place, other = stored(tmp_path / "winnow.db", "first"), stored(tmp_path / "other.db", "mine")
    opened = open_database(url(place))
    for name in ("second", "third", "fourth"):  # the log is folded in each time, and written from its beginning
        pools.make(opened, name, own_seeds=[])
        with opened.engine.connect() as c:
            assert c.exec_driver_sql("PRAGMA wal_checkpoint(RESTART)").first()[0] == 0
    pools.make(opened, "fifth", own_seeds=[])
    pools.make(opened, "sixth", own_seeds=[])
    shutil.copy(log_of(place), log_of(other))
    with pytest.raises(StorageFailed, match="of another database"):
        open_database(url(other))
    opened.close()


def test_a_database_with_a_log_is_restored_with_what_its_log_holds(tmp_path: Path) -> None:
    place, source = stored(tmp_path / "winnow.db", "first"), killed(stored(tmp_path / "other.db"), "kept", "too")
    restoring.restore(url(place), source)
    assert names(place) == ["kept", "too"]
    assert os.path.exists(log_of(source)), "the backup is as it was"


@pytest.mark.parametrize("place", ["/dev/null", "/proc/kmsg", "/proc/self/environ"])
def test_what_is_no_file_on_a_disk_is_no_database(place: str) -> None:
    """`/proc/kmsg` was waited for without end."""
    with pytest.raises(StorageFailed, match="is no plain file"):
        open_database(f"sqlite:///{place}")
