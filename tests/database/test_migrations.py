"""An old database opens, a newer one is left alone, and the tables are what the program thinks they are."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import warnings
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import core.database
from core import pools
from core.database import Database, open_database
from core.database.engine import _engine
from core.database.revisions import HEAD
from core.database.schema import evaluation_looks, metadata
from core.gate.rows import pairs
from core.gate.rules import TOO_CLOSE
from core.pool import pools as pool_store
from core.records import Origin, StorageFailed, Task
from core.release import past
from core.review import whole
from core.seeds import seeds
from core.seeds.seeds import of_pool
from core.settings import PROJECT
from tests import databases


def migrations(database: Database | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(core.database.__file__).parent / "migrations"))
    if database:
        config.attributes["connection"] = database.engine.execution_options(writes=True).connect()
    return config


def differences(c: sa.Connection) -> list[object]:
    """What the tables have otherwise than the schema says; the index of words is SQLite's own affair,
    and by what PostgreSQL finds who names a row, and words, is its."""
    with warnings.catch_warnings():  # an index of a part of a column is not compared in SQLite's: `layout` does
        warnings.simplefilter("ignore")
        return compare_metadata(MigrationContext.configure(c, opts={"include_name": _is_ours}), metadata)


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    its_own = (name or "").startswith("ix_named_") or (name or "").endswith("s_words")
    return not its_own and (kind != "table" or not is_index(name or ""))


def is_index(table: str) -> bool:
    return table.startswith(("task_words", "instance_words"))


def layout(file: Path) -> dict[str, set[tuple[object, ...]]]:
    """Columns (type, null, default, key), foreign keys and indexes of every table, as SQLite itself tells them."""
    with sqlite3.connect(file) as c:
        every = [row[0] for row in c.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        names = [name for name in every if not is_index(name)]
        found: dict[str, set[tuple[object, ...]]] = {}
        for name in set(names) - {"alembic_version", "sqlite_sequence"}:
            columns = {row[1:] for row in c.execute(f"PRAGMA table_info({name})")}
            keys = {row[2:5] for row in c.execute(f"PRAGMA foreign_key_list({name})")}
            indexes = {
                (row[2], *(part[2] for part in c.execute(f"PRAGMA index_info({row[1]})")))
                for row in c.execute(f"PRAGMA index_list({name})").fetchall()
            }
            found[name] = columns | keys | indexes
    c.close()
    return found


def test_the_migrations_make_exactly_the_tables_of_the_schema(database: Database, tmp_path: Path) -> None:
    with database.read() as c:
        assert differences(c) == []
    if database.path is None:
        return
    straight = sa.create_engine(f"sqlite:///{tmp_path / 'straight.db'}")
    metadata.create_all(straight)
    assert layout(database.path) == layout(tmp_path / "straight.db")


def test_the_revision_that_a_database_is_opened_to_is_the_last_one() -> None:
    assert ScriptDirectory.from_config(migrations()).get_current_head() == HEAD


def old_database(url: str) -> None:
    """A database as the first revision left it, with a pool and a seed in it."""
    from core.database.engine import _engine

    bare = Database(_engine(url))
    config = migrations(bare)
    command.upgrade(config, "0001")
    config.attributes["connection"].close()
    with bare.write() as c:
        c.execute(sa.text("INSERT INTO pools (name, settings, created_at) VALUES ('an old pool', '{}', 1.0)"))
        c.execute(
            sa.text(
                "INSERT INTO tasks (pool_id, origin, state, instruction, instruction_hash, created_at, paired)"
                " VALUES (1, 'seed', 'accepted', 'Name a river.', 'x', 1.0, false)"
            )
        )
    bare.close()


def seeds_in(database: Database, name: str) -> list[Task]:
    return of_pool(database, pools.named(database, name).id)


def test_an_old_database_is_copied_aside_and_upgraded_with_all_it_has(tmp_path: Path) -> None:
    url = databases.new(tmp_path)
    old_database(url)
    opened = open_database(url)
    assert [task.instruction for task in seeds_in(opened, "an old pool")] == ["Name a river."]
    with opened.read() as c:
        assert differences(c) == []
    opened.close()
    if not opened.is_sqlite:
        return
    copies = list(tmp_path.glob("new.db.0001.*.bak"))
    assert len(copies) == 1
    with sqlite3.connect(copies[0]) as c:
        assert c.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert c.execute("SELECT instruction FROM tasks").fetchone() == ("Name a river.",)
    c.close()


@pytest.mark.sqlite("a file with its journal")
def test_an_old_database_that_was_not_closed_well_is_copied_with_its_latest_rows(tmp_path: Path) -> None:
    file = tmp_path / "winnow.db"
    old_database(f"sqlite:///{file}")
    writer = sqlite3.connect(file)  # keeps its journal open, as a program that was killed leaves it
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("UPDATE tasks SET instruction = 'Name a lake.'")
    writer.commit()
    open_database(f"sqlite:///{file}").close()
    with sqlite3.connect(next(tmp_path.glob("*.bak"))) as c:
        assert c.execute("SELECT instruction FROM tasks").fetchone() == ("Name a lake.",)
    c.close()
    writer.close()


def test_a_newer_database_is_refused_in_a_sentence_and_not_touched(tmp_path: Path) -> None:
    file, url = tmp_path / "winnow.db", databases.address(tmp_path)
    opened = open_database(url)
    with opened.write() as c:
        c.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    opened.close()
    before = file.read_bytes() if opened.is_sqlite else b""
    for _ in range(2):
        with pytest.raises(StorageFailed, match=r"revision 9999.*newer Winnow"):
            open_database(url)
    assert not opened.is_sqlite or file.read_bytes() == before
    assert [path.name for path in tmp_path.glob("*.bak")] == []


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    url = databases.new(tmp_path)
    other = sa.create_engine(url.replace("postgresql:", "postgresql+pg8000:"))
    with other.begin() as c:
        c.execute(sa.text("CREATE TABLE bookmarks (id INTEGER)"))
    other.dispose()
    with pytest.raises(StorageFailed, match="other tables"):
        open_database(url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("These are notes, and no database at all. " * 50)
    with pytest.raises(StorageFailed, match="not a database"):
        open_database(f"sqlite:///{tmp_path / 'notes.txt'}")


# What landed is somebody's database: a change of it is a migration of its own, and a line more here.
LANDED = {
    "0001": "b839f2be0e1077f7",
    "0002": "4edd8d12427979b8",
    "0003": "6fc120a90d22e16b",
    "0004": "1b37211c1b6f7d00",
    "0005": "f9535aec3b4c50bc",
    "0006": "dee814d737da0073",
    "0007": "70aca915d9b549f5",
    "0008": "e608d7e1aab5b8e7",
    "0009": "4500bb9b60221149",
    "0010": "860b93a686ccc22f",
    "0011": "1f3df80f5ca40f81",
    "0012": "5f5c39b4f76b92db",
    "0013": "8565a48971a98888",
    "0014": "7b3b48b53d1a828e",
    "0015": "82c4dbe8ede3193a",
    "0016": "2658a2fda2367bc9",
    "0017": "0f0c74f0ecf74341",
    "0018": "80b2579ae364983a",
    "0019": "11cabdc7ddda790e",
    "0020": "0cbd9b0e052229f7",
    "0021": "d51b3f39a8594275",
    "0022": "cd2c1f70aec89214",
    "0023": "19c6234018da5d73",
    "0024": "cfd4e96031d4a50e",
    "0025": "ba951e592d2d2c5d",
    "0026": "fbfc87dcb027a8cb",
    "0027": "fdee19476ee0147e",
    "0028": "8ee913053af9bb26",
    "0029": "44c42046a08e215b",
    "0030": "244c467e3aa05a72",
}


def test_no_migration_that_landed_was_changed() -> None:
    versions = Path(core.database.__file__).parent / "migrations" / "versions"
    found = {path.name[:4]: sha256(path.read_bytes()).hexdigest()[:16] for path in sorted(versions.glob("[0-9]*.py"))}
    assert found == LANDED


@pytest.mark.sqlite("a file of an earlier version")
@pytest.mark.parametrize("dropped_before", [False, True])
def test_the_table_that_was_never_filled_goes_from_every_database(tmp_path: Path, dropped_before: bool) -> None:
    """Programs between two versions made databases of revision 0013 without it."""
    address = f"sqlite:///{tmp_path / 'winnow.db'}"
    old = Database(_engine(address))
    config = migrations(old)
    command.upgrade(config, "0013")
    with config.attributes["connection"] as c:
        if dropped_before:
            c.execute(sa.text("DROP TABLE batch_jobs"))
        c.commit()
    old.close()
    opened = open_database(address)
    with opened.read() as c:
        assert "batch_jobs" not in sa.inspect(c).get_table_names()
    opened.close()


@pytest.mark.sqlite("a file of an earlier version")
def test_looks_at_results_of_before_keep_what_was_said_until_then(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'winnow.db'}"
    old = Database(_engine(address))
    config = migrations(old)
    command.upgrade(config, "0016")
    with config.attributes["connection"] as c:
        for statement in (
            "INSERT INTO evaluation_sets (id, name, layout, counts, created_at) VALUES (1, 's', 'rows', '{}', 0)",
            "INSERT INTO evaluation_rounds (id, set_id, name, kind, side, seed, created_at)"
            " VALUES (1, 1, 'r', 'grade', 1, 1, 0)",
            "INSERT INTO evaluation_ratings (id, round_id, unit, reviewer, kind, said, at) VALUES"
            " (1, 1, 1, 'anna', 'rate', '{}', 10), (2, 1, 2, 'anna', 'rate', '{}', 20),"
            " (3, 1, 3, 'ben', 'rate', '{}', 30)",
            "INSERT INTO evaluation_looks (set_id, reviewer, at) VALUES (1, 'anna', 25), (1, 'ben', 5)",
        ):
            c.execute(sa.text(statement))
        c.commit()
    old.close()
    opened = open_database(address)
    with opened.read() as c:
        found = dict(c.execute(sa.select(evaluation_looks.c.reviewer, evaluation_looks.c.after_rating)).all())
    opened.close()
    assert found == {"anna": 2, "ben": 0}


@pytest.mark.slow
def test_programs_that_open_a_new_database_at_the_same_moment_all_get_it(tmp_path: Path) -> None:
    url = databases.new(tmp_path)
    script = (
        "from core.database import open_database\n"
        "from core import pools\n"
        "import sys\n"
        "sys.stdin.read()\n"
        f"d = open_database({url!r})\n"
        "pools.make(d, sys.argv[1], own_seeds=[])\n"
    )
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", script, f"pool {n}"], cwd=PROJECT, stdin=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for n in range(3)
    ]
    said = [program.communicate()[1].decode() for program in programs]
    assert [program.returncode for program in programs] == [0, 0, 0], said
    opened = open_database(url)
    with opened.read() as c:
        assert {pool.name for pool in pool_store.every(c)} == {"pool 0", "pool 1", "pool 2"}


@pytest.mark.parametrize(
    "address",
    [
        "nonsense",
        "sqlite9:///x.db",
        "postgresql://127.0.0.1:notaport/x",
        "postgresql://127.0.0.1/no-user",
        "postgresql+psycopg://ann@127.0.0.1/x",
        "postgresql://ann@127.0.0.1/x?sslmode=perhaps",
        "postgresql://ann@127.0.0.1/x?ssl=on",
    ],
)
def test_a_wrong_address_of_a_database_is_said_in_a_sentence(address: str) -> None:
    with pytest.raises(StorageFailed, match="WINNOW_DATABASE_URL"):
        open_database(address)


def test_pools_keep_their_names_apart(database: Database) -> None:
    pools.make(database, "one", own_seeds=[])
    with database.read() as c:
        assert [pool.name for pool in pool_store.every(c)] == ["one"]


@pytest.mark.sqlite("a file of an earlier version")
def test_what_a_release_of_before_held_is_not_known_and_said_so(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'winnow.db'}"
    old = Database(_engine(address))
    config = migrations(old)
    command.upgrade(config, "0021")
    with config.attributes["connection"] as c:
        c.execute(sa.text("INSERT INTO pools (id, name, settings, created_at) VALUES (1, 'an old pool', '{}', 1.0)"))
        c.execute(
            sa.text(
                "INSERT INTO releases (pool_id, name, path, kind, predicate, options, rows, counts, excluded, files,"
                " notes, sha256, created_at)"
                " VALUES (1, 'r', '/r', 'folder', '{}', '{}', 9, '{}', '{}', '[]', '[]', 'x', 1.0)"
            )
        )
        c.commit()
    old.close()
    opened = open_database(address)
    [made] = past.every(opened, 1)
    assert (made.rows, made.members) == (9, None)
    assert "winnow release members" in past.holdings(opened, 1)[0].unknown
    opened.close()


@pytest.mark.sqlite("a file of an earlier version")
def test_what_was_measured_before_there_were_epochs_holds_and_no_row_is_written_anew(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'winnow.db'}"
    old = Database(_engine(address))
    config = migrations(old)
    command.upgrade(config, "0022")
    with config.attributes["connection"] as c:
        c.execute(sa.text("INSERT INTO pools (id, name, settings, created_at) VALUES (1, 'an old pool', '{}', 1.0)"))
        new = "INSERT INTO tasks (id, pool_id, origin, state, instruction, instruction_hash, created_at, seed_id,"
        new += " seed_score, paired) VALUES"
        c.execute(sa.text(f"{new} (1, 1, 'seed', 'accepted', 'Name a river.', 'x', 1.0, null, null, false)"))
        c.execute(sa.text(f"{new} (2, 1, 'import', 'accepted', 'Name a lake.', 'y', 1.0, 1, 0.5, true)"))
        c.commit()
    old.close()
    migrate = ScriptDirectory.from_config(config).get_revision("0023").module
    assert "execute" not in migrate.upgrade.__code__.co_names
    opened = open_database(address)
    [task] = whole.page(opened, 1, origin=Origin.IMPORT)
    assert (task.seed_id, task.seed_score) == (1, 0.5)
    with opened.read() as c:
        assert pairs.unpaired(c, 1, TOO_CLOSE) == []
    seeds.switch(opened, [1], on=False)
    [task] = whole.page(opened, 1, origin=Origin.IMPORT)
    assert (task.seed_id, task.seed_score) == (None, None)
    with opened.read() as c:
        assert pairs.unpaired(c, 1, TOO_CLOSE) == [2]
    opened.close()
