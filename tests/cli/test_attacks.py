"""What somebody who wrote a text, or mistyped a path, could do to whoever works at the terminal: nothing."""

from __future__ import annotations

import ast
import json
import os
import sys
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import pools
from core.__main__ import main
from core.children import without_secrets
from core.corpus import shards, verbs
from core.database import Database, open_database
from core.database.engine import backup
from core.pool import arrivals
from core.pool.arrivals import NewInstance, NewTask
from core.project import export
from core.records import NotFound, Origin, Refused, StorageFailed
from core.release.verify import verify
from core.replacing import LINES, PAGE, TABLE, may_write, put
from core.settings import PROJECT
from pages.shared import faults

pytestmark = pytest.mark.sqlite("about files, its own among them")
EVIL = "\x1b]52;c;ZXZpbA==\x07\x1b[2J\x9b31mName a river\r\x08\u202e in the land.\x00"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WINNOW_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def database(place: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{place / 'data' / 'winnow.db'}")
    for name in ("mine", "theirs"):
        pool = pools.make(opened, name, own_seeds=[])
        with opened.write() as c:
            new = NewTask(Origin.IMPORT, f"{EVIL} {name}", False, (NewInstance("", EVIL),), completed=True)
            arrivals.add(c, pool.id, [new])
    yield opened
    opened.close()


@pytest.mark.parametrize("words", [["item", "list", "mine"], ["item", "show", "1"], ["item", "show", "1", "--json"]])
def test_a_text_does_nothing_to_the_terminal_that_shows_it(
    database: Database, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 0
    told = capsys.readouterr().out
    assert "Name a river" in told and not set(told) & set("\x00\x07\x08\r\x1b\x9b\u202e")
    assert "--json" not in words or EVIL in json.loads(told).values(), "a program gets the text as it is"


def test_no_name_does_so_in_a_refusal(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pool", "import", EVIL, "x"]) == 1
    assert not set(capsys.readouterr().err) & set("\x07\x1b\x9b")


def test_an_instance_of_another_pool_is_not_taken_out_from_here(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["item", "reject", "theirs", "--instance", "1", "--reason", "no"]) == 1
    assert "has no instance 1" in capsys.readouterr().err
    assert main(["item", "reject", "mine", "--instance", "1", "--reason", "no"]) == 0


@pytest.mark.parametrize(
    "words",
    [
        ["project", "export", "mine"],
        ["rating", "export", "mine"],
        ["seeds", "export", "mine"],
        ["diversity", "near", "mine", "--csv"],
    ],
    ids=" ".join,
)
def test_nothing_is_written_over_the_database_or_another_kind_of_file(
    database: Database, place: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    thesis = place / "thesis.tex"
    thesis.write_bytes(b"\\documentclass{article}\x00")
    whole = (place / "data" / "winnow.db").read_bytes()
    for there in (place / "data" / "winnow.db", thesis):
        assert main([*words, str(there)]) == 1
        assert "left as it is" in capsys.readouterr().err
    assert thesis.read_bytes().startswith(b"\\doc")
    assert (place / "data" / "winnow.db").read_bytes()[:16] == whole[:16]
    assert list(place.glob("*.part*")) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_no_pipe_or_device_is_replaced_by_a_file(database: Database, place: Path) -> None:
    pipe = place / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(StorageFailed, match="no plain file"):
        backup(database, pipe)
    for begins in (LINES, PAGE, TABLE):
        with pytest.raises(Refused, match="no plain file"):
            may_write(pipe, begins)
    assert pipe.is_fifo()


def test_a_file_of_the_same_kind_an_empty_one_and_a_new_one_may_be_written(tmp_path: Path) -> None:
    for held in (b"", b'{"a": 1}\n', b"\xef\xbb\xbf [1]"):
        (tmp_path / "a").write_bytes(held)
        may_write(tmp_path / "a", LINES)
    may_write(tmp_path / "new", PAGE)


def test_no_program_that_is_started_gets_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD", "WINNOW_DATABASE_URL"):
        monkeypatch.setenv(name, "not for others")
    assert "not for others" not in without_secrets(MORE="1").values() and without_secrets(MORE="1")["MORE"] == "1"


def test_every_program_is_started_without_the_keys() -> None:
    started = 0
    for file in (PROJECT / "core").rglob("*.py"):
        text = file.read_text("utf-8")
        if "subprocess." not in text or file.parent.name == "recipes":  # what a release carries runs without Winnow
            continue
        for call in ast.walk(ast.parse(text)):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in ("subprocess.Popen", "subprocess.run"):
                assert "without_secrets(" in text and any(word.arg == "env" for word in call.keywords), file.name
                started += 1
    assert started >= 4


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("kind", ["pipe", "device", "large"])
def test_what_never_ends_is_not_read(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "texts.txt"
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "device":
        place.symlink_to("/dev/zero")
    else:
        place.write_bytes(b" " * 2_000_000)
        monkeypatch.setattr(export, "LARGEST", 1 << 20)
        monkeypatch.setattr(verbs, "LARGEST", 1 << 20)
    with pytest.raises(Refused):
        export.read(place)
    with pytest.raises(Refused):
        verbs.read_verbs(place)
    if kind != "large":
        with pytest.raises(NotFound):
            shards.plan_shards([str(place)], tmp_path)


@pytest.mark.parametrize("name", ["manifest.json", "SHA256SUMS"])
@pytest.mark.parametrize("held", [b" " * 40_000_000, b"[" * 1_000_000], ids=["a bomb", "deep"])
def test_a_release_from_elsewhere_is_read_within_bounds(tmp_path: Path, name: str, held: bytes) -> None:
    bomb = tmp_path / "release.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b'{"files": []}' if name != "manifest.json" else held)
        archive.writestr("SHA256SUMS", b"" if name != "SHA256SUMS" else held)
    tracemalloc.start()
    try:
        assert not verify(bomb).ok
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["in a file", "in a device", "a link to nothing", "a link to itself"])
def test_where_no_file_can_be_the_sentence_says_so_and_nothing_is_replaced(
    database: Database, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    thesis, link = tmp_path / "thesis.tex", tmp_path / "link.jsonl"
    thesis.write_text("three years")
    link.symlink_to({"a link to nothing": "/nowhere/x", "a link to itself": "link.jsonl"}.get(kind, "/nowhere/y"))
    there = {"in a file": thesis / "out.jsonl", "in a device": Path("/dev/zero/out.jsonl")}.get(kind, link)
    for words in (["seeds", "export", "mine"], ["rating", "export", "mine"], ["project", "export", "mine"], ["backup"]):
        assert main([*words, str(there)]) == 1
        told = capsys.readouterr().err
        assert "no folder" in told or "link that leads nowhere" in told or "no place for a file" in told, told
        assert "File exists" not in told and "Errno" not in told
    assert thesis.read_text() == "three years" and link.is_symlink()
    assert {path.name for path in tmp_path.iterdir()} == {"data", "thesis.tex", "link.jsonl"}


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_report_that_a_full_disk_cuts_short_leaves_the_one_before(tmp_path: Path) -> None:
    import resource

    place = tmp_path / "report.html"
    put(place, "<p>the one before")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))  # Python is told of it as of a full disk
    try:
        with pytest.raises(OSError, match="large"):
            put(place, "<p>" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert place.read_text() == "<p>the one before"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_refusal_is_as_long_as_people_read_on_a_page_too(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(faults.st, "error", lambda text: None)
    monkeypatch.setattr(faults.st, "text", told.append)
    assert faults.tell(Refused(f"{'x' * 100_000} is no pool; choose another."))
    assert len(told[0]) < 2_000 and told[0].endswith("is no pool; choose another.")
