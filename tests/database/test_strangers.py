"""A database that is not Winnow's, or not whole, is refused with a way out and left as it is, byte for byte."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from core import pools
from core.database import Database, anatomy, open_database, restoring, revisions
from core.database.engine import _engine
from core.database.revisions import HEAD
from core.records import StorageFailed

sqlite = pytest.mark.sqlite("about its file")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A database of today with a pool in it."""
    file = tmp_path_factory.mktemp("whole") / "winnow.db"
    opened = open_database(f"sqlite:///{file}")
    pools.make(opened, "mine", own_seeds=[])
    opened.close()
    return file.read_bytes()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "winnow.db"


def change(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as c:
        for statement in statements:
            c.execute(statement)
        c.commit()


def says(revision: str) -> str:
    return f"UPDATE alembic_version SET version_num = '{revision}'"  # noqa: S608


VERSIONS = "CREATE TABLE alembic_version (version_num TEXT)"
ANOTHERS = {
    "another program": ("CREATE TABLE bookmarks (id INTEGER)",),
    "one that counts its versions as we do": (VERSIONS, "INSERT INTO alembic_version VALUES ('0005')"),
    "one with a revision of today": (VERSIONS, "INSERT INTO alembic_version VALUES ('0000')", says(HEAD)),
    "a view alone": ("CREATE VIEW v AS SELECT 1 AS a",),
    "its versions alone": (VERSIONS,),
}
OURS_CHANGED = {
    "a table missing": (["DROP TABLE members"], "lacks members.instance_id and 3 more"),
    "a column more": (["ALTER TABLE pools ADD COLUMN mine TEXT"], "has pools.mine, which that revision has not"),
    "an index missing": (["DROP INDEX ix_members_instance_id"], "lacks the index ix_members_instance_id"),
    "a trigger missing": (["DROP TRIGGER task_counts_come"], "lacks the trigger task_counts_come"),
    "a trigger more": (
        ["CREATE TRIGGER evil AFTER INSERT ON ratings BEGIN DELETE FROM ratings; END"],
        "has the trigger evil",
    ),
    "the index of words missing": (["DROP TABLE task_words"], "lacks task_words.instruction"),
    "no version": (["DELETE FROM alembic_version"], "does not say of which revision it is"),
    "two versions": (["INSERT INTO alembic_version VALUES ('0021')"], "does not say of which revision it is"),
    "a revision of tomorrow": ([says("9999")], "revision 9999.*newer Winnow"),
    "a word of alembic's": ([says("heads")], "revision heads.*newer Winnow"),
    "alembic's own way to say two": ([says(f"{HEAD}@head")], "newer Winnow"),
    "no revision in it": ([says("")], "newer Winnow"),
    "a revision of 100,000 signs": ([says("x" * 100_000)], "newer Winnow"),
    "an older revision than it is": ([says("0021")], r"has .+ and \d+ more, which that revision has"),
}


def refused(place: Path, why: str) -> None:
    """Open it twice, and find it as it was both times, with nothing beside it."""
    before = place.read_bytes()
    for _ in range(2):
        with pytest.raises(StorageFailed, match=why) as told:
            open_database(f"sqlite:///{place}")
        assert len(str(told.value)) < 500 and "\n" not in str(told.value)
    assert place.read_bytes() == before
    assert [path.name for path in place.parent.iterdir()] == [place.name]


@sqlite
@pytest.mark.parametrize("kind", ANOTHERS)
def test_a_database_of_another_program_is_not_changed_by_being_refused(place: Path, kind: str) -> None:
    change(place, *ANOTHERS[kind])
    refused(place, r"other tables than Winnow's and is left as it is; set WINNOW_DATA_DIR")
    with pytest.raises(StorageFailed, match=r"choose another backup|other tables"):
        restoring.restore(f"sqlite:///{place.parent / 'new.db'}", place)


@sqlite
@pytest.mark.parametrize("kind", OURS_CHANGED)
def test_one_of_ours_that_is_not_whole_is_refused_and_no_backup_either(place: Path, whole: bytes, kind: str) -> None:
    statements, why = OURS_CHANGED[kind]
    place.write_bytes(whole)
    change(place, *statements)
    refused(place, why)
    with pytest.raises(StorageFailed, match=f"{why}|names no version"):
        restoring.restore(f"sqlite:///{place.parent / 'new.db'}", place)
    assert [path.name for path in place.parent.iterdir()] == [place.name]


@sqlite
def test_tables_and_indexes_of_somebodys_own_are_theirs(place: Path, whole: bytes) -> None:
    place.write_bytes(whole)
    change(place, "CREATE TABLE mine (a)", "CREATE INDEX my_own ON ratings (at)", "ANALYZE")
    opened = open_database(f"sqlite:///{place}")
    assert [pool.name for pool in pools.every(opened)] == ["mine"]
    opened.close()


@sqlite
def test_an_upgrade_that_fails_leaves_the_database_as_it_was_and_no_copies(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page asks every two seconds whether the database can be opened now: each would leave a copy."""
    _of_revision(place, "0021")
    before = place.read_bytes()
    look = anatomy.of
    seen: list[int] = []

    def not_whole(connection: sa.Connection) -> anatomy.Anatomy:
        seen.append(1)
        found = look(connection)
        return anatomy.Anatomy(found.revision, found.columns, frozenset(), found.triggers) if len(seen) % 2 else found

    monkeypatch.setattr(anatomy, "of", lambda c: look(c) if not _is_upgraded(c) else not_whole(c))
    for _ in range(2):
        seen.clear()
        with pytest.raises(StorageFailed, match="lacks the index"):
            open_database(f"sqlite:///{place}")
    assert [path.name for path in tmp_path.iterdir()] == [place.name]
    assert place.read_bytes() == before
    monkeypatch.undo()
    open_database(f"sqlite:///{place}").close()
    assert len(list(tmp_path.glob("*.bak"))) == 1


def _is_upgraded(c: sa.Connection) -> bool:
    return bool(c.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == HEAD)


def _of_revision(place: Path, revision: str) -> None:
    from alembic import command

    bare = Database(_engine(f"sqlite:///{place}"))
    config = revisions._config()
    with bare.engine.execution_options(writes=True).connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    bare.close()


def test_what_a_new_database_is_made_of_is_what_is_asked_of_every_one(database: Database) -> None:
    """On both databases: no trigger or index of the migrations is unknown to whoever compares."""
    with database.read() as c:
        found = anatomy.of(c)
        dialect = c.dialect.name
    today = anatomy.today(dialect)
    assert found.triggers == today.triggers
    assert found.indexes >= today.indexes
    assert {pair for pair in found.columns if pair[0] in today.tables} - {
        ("alembic_version", "version_num")
    } == today.columns
    assert anatomy.difference(found, today, today) == ""


@pytest.mark.parametrize("kind", ["a table missing", "a column more", "an index missing", "two versions"])
def test_another_database_is_looked_at_too(database: Database, kind: str) -> None:
    statements, why = OURS_CHANGED[kind]
    with database.write() as c:
        for statement in statements:
            c.execute(sa.text(statement))
    with pytest.raises(StorageFailed, match=why):
        open_database(database.engine.url.render_as_string(hide_password=False).replace("+pg8000", ""))
