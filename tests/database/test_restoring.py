"""Backups are checked, a restore cannot be done wrongly, and a file that vanished under the program is noticed."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command

from core import pools
from core.database import Database, files, open_database, restoring, revisions
from core.database.engine import _engine, backup
from core.database.revisions import HEAD
from core.records import Refused, StorageFailed
from core.settings import PROJECT

pytestmark = pytest.mark.sqlite("about its file")


def names(database: Database) -> list[str]:
    return [pool.name for pool in pools.every(database)]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "winnow.db"


@pytest.fixture
def url(place: Path) -> str:
    return f"sqlite:///{place}"


@pytest.fixture
def saved(url: str, tmp_path: Path) -> Path:
    """A backup with one pool, of a database that has two since, the second one only in its write-ahead log."""
    opened = open_database(url)
    pools.make(opened, "first", own_seeds=[])
    kept = backup(opened, tmp_path / "kept.db")
    pools.make(opened, "second", own_seeds=[])
    opened.close()
    return kept


def test_a_restored_backup_is_what_is_opened_and_what_was_there_is_kept_whole(url: str, saved: Path) -> None:
    done = restoring.restore(url, saved)
    assert names(open_database(url)) == ["first"]
    assert done.revision == HEAD
    assert done.kept is not None
    assert names(open_database(f"sqlite:///{done.kept}")) == ["first", "second"]


def test_a_killed_program_s_log_is_not_replayed_into_the_backup(url: str, place: Path, saved: Path) -> None:
    """The fault that copying by hand has: the log of the old file lies beside the new one."""
    code = (
        "import os, sys\nfrom core.database import open_database\nfrom core import pools\n"
        f"db = open_database({url!r})\npools.make(db, 'third', own_seeds=[])\nos._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False)
    assert place.with_name("winnow.db-wal").exists()
    done = restoring.restore(url, saved)
    assert names(open_database(url)) == ["first"]
    assert done.kept is not None
    assert names(open_database(f"sqlite:///{done.kept}")) == ["first", "second", "third"]


def test_a_damaged_database_can_be_replaced_too(url: str, place: Path, saved: Path) -> None:
    place.write_bytes(b"\x00" * 5000)
    done = restoring.restore(url, saved)
    assert names(open_database(url)) == ["first"]
    assert done.kept is not None
    assert done.kept.read_bytes() == b"\x00" * 5000


def test_while_a_program_has_the_data_open_nothing_is_swapped(url: str, saved: Path) -> None:
    code = (
        "import sys\nfrom core.database import open_database\nfrom core import pools\n"
        f"db = open_database({url!r})\npools.every(db)\nprint('open', flush=True)\nsys.stdin.readline()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "open\n"
    try:
        with pytest.raises(Refused, match=r"has .* open: stop the app"):
            restoring.restore(url, saved)
    finally:
        holder.communicate("\n")
    assert names(open_database(url)) == ["first", "second"]


def test_what_is_no_sound_backup_is_refused_and_changes_nothing(url: str, saved: Path, tmp_path: Path) -> None:
    text, other, torn, newer = (tmp_path / name for name in ("notes.txt", "other.db", "torn.db", "newer.db"))
    text.write_text("not a database")
    sqlite3.connect(other).execute("CREATE TABLE t (a)").connection.close()
    whole = saved.read_bytes()
    torn.write_bytes(whole[: len(whole) // 2])
    newer.write_bytes(whole)
    with sqlite3.connect(newer) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for path, why in {
        tmp_path / "gone.db": "There is no file",
        text: "no SQLite database",
        other: "no pools of Winnow",
        torn: "damaged",
        newer: "does not know",
    }.items():
        with pytest.raises(StorageFailed, match=why):
            restoring.restore(url, path)
    assert names(open_database(url)) == ["first", "second"]


def test_a_restore_that_was_asked_for_is_done_at_the_next_start_and_once(url: str, saved: Path) -> None:
    restoring.ask(url, saved)
    assert restoring.asked(url) == saved
    assert restoring.restore_asked(url) is not None
    assert names(open_database(url)) == ["first"]
    assert restoring.restore_asked(url) is None


def test_a_backup_is_one_file_and_looking_at_it_leaves_nothing_beside_it(url: str, saved: Path, tmp_path: Path) -> None:
    database = open_database(url)
    folder = tmp_path / "backups"
    made = backup(database, folder / "one.db")
    database.close()
    assert files.sound(made).revision == HEAD
    assert [path.name for path in folder.iterdir()] == ["one.db"]


def test_a_backup_that_failed_leaves_nothing_behind(
    url: str, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(partial: Path) -> str:
        partial.with_name(f"{partial.name}-journal").touch()  # as SQLite does where a disk got full
        return "database or disk is full"

    database, kept = open_database(url), saved.read_bytes()
    monkeypatch.setattr(files, "complaint_of", no_room)
    for target in (tmp_path / "backups" / "one.db", saved):
        with pytest.raises(StorageFailed, match=r"^The backup to .* failed \([^)]+\); choose a folder with room"):
            backup(database, target)
        assert not [path for path in target.parent.iterdir() if files.PARTIAL in path.name]
    assert saved.read_bytes() == kept


def test_a_backup_never_overwrites_a_file_of_another_kind(url: str, saved: Path, tmp_path: Path) -> None:
    thesis = tmp_path / "thesis.txt"
    thesis.write_text("three years of work")
    with pytest.raises(StorageFailed, match="is no database and is left as it is"):
        backup(open_database(url), thesis)
    assert thesis.read_text() == "three years of work"
    assert backup(open_database(url), saved) == saved, "an older backup may be replaced"


@pytest.mark.parametrize("fate", ["deleted", "moved", "replaced"])
def test_a_file_that_vanished_takes_no_writes(url: str, place: Path, saved: Path, fate: str) -> None:
    opened = open_database(url)
    pools.every(opened)
    if fate == "replaced":
        place.with_name("new").write_bytes(saved.read_bytes())
        place.with_name("new").replace(place)
    elif fate == "moved":
        place.rename(place.with_name("elsewhere.db"))
    else:
        place.unlink()
    for _ in range(3):  # neither the connection that is open nor a new one, which would make an empty file
        with pytest.raises(StorageFailed, match="moved, deleted or replaced"):
            pools.make(opened, "lost", own_seeds=[])
    assert place.exists() == (fate == "replaced")
    if fate == "moved":
        place.with_name("elsewhere.db").rename(place)
        pools.make(opened, "kept", own_seeds=[])
        assert "kept" in names(open_database(url))


def test_what_was_acknowledged_is_on_disk(url: str, saved: Path) -> None:
    with open_database(url).read() as c:
        assert c.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2, "full: every commit is synced"


def test_a_database_that_lacks_what_its_revision_has_is_refused_with_a_way_out(url: str, place: Path) -> None:
    opened = open_database(url)
    opened.close()
    with sqlite3.connect(place) as connection:
        connection.execute("ALTER TABLE pools DROP COLUMN archived_at")
    connection.close()
    with pytest.raises(StorageFailed, match=r"lacks pools\.archived_at.*winnow restore FILE"):
        open_database(url)


@pytest.mark.parametrize("moment", ["while it copied", "while it changed tables", "before it said so"])
def test_an_upgrade_that_was_killed_leaves_one_copy_and_no_litter(place: Path, moment: str) -> None:
    bare = Database(_engine(f"sqlite:///{place}"))
    with bare.engine.execution_options(writes=True).connect() as connection:
        config = revisions._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0020")
    bare.close()
    killed = {
        "while it copied": "files.synced = lambda path: os._exit(9)",
        "while it changed tables": "revisions._keep = lambda copied: os._exit(9)",
        "before it said so": "keep = revisions._keep\nrevisions._keep = lambda copied: (keep(copied), os._exit(9))",
    }[moment]
    code = f"import os\nfrom core.database import files, open_database, revisions\n{killed}\n"
    code += f"open_database('sqlite:///{place}')"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False)
    assert done.returncode == 9
    (place.parent / "winnow.db.0020.5.bak.partial-journal").write_bytes(b"half")
    open_database(f"sqlite:///{place}").close()
    left = sorted(path.name for path in place.parent.iterdir())
    assert len(left) == 2 and left[0] == "winnow.db" and left[1].endswith(".bak"), left
    assert files.sound(place.parent / left[1]).revision == "0020"


def test_half_copies_of_backups_and_restores_that_were_killed_go_with_the_next(
    url: str, place: Path, saved: Path
) -> None:
    names = ("winnow-1.db.partial", "winnow-1.db.partial-journal", "winnow.db.restoring", "winnow.db.restoring-wal")
    for name in names:
        place.with_name(name).write_bytes(b"half")
        os.utime(place.with_name(name), (1, 1))
    place.with_name("winnow-now.db.partial").write_bytes(b"somebody writes it")
    restoring.restore(url, saved)
    assert [name for name in names if place.with_name(name).exists()] == []
    assert place.with_name("winnow-now.db.partial").exists()
