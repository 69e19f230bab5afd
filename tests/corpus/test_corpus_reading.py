"""Reading a corpus: every layout, and everything that can be wrong with a file, told by file and line."""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from core.corpus.lines import split_lines
from core.corpus.shards import TEXT_FILES_A_SHARD, plan_shards
from core.corpus.texts import SourceText, Unread, read_texts
from core.records import NotFound, Refused

LIMIT = 8_000_000


def row(text: str, **more: object) -> bytes:
    c4 = {"text": text, "timestamp": "2019-04-25T12:57:54Z", "url": "https://example.org/1"}
    return json.dumps(c4 | more, ensure_ascii=False).encode() + b"\n"


def read(path: Path, field: str = "text", longest: int = LIMIT) -> list[SourceText | Unread]:
    return list(read_texts(path, path.name, field, longest))


def texts_of(path: Path, field: str = "text", longest: int = LIMIT) -> list[str]:
    return [entry.text for entry in read(path, field, longest) if isinstance(entry, SourceText)]


def faults_of(path: Path, field: str = "text", longest: int = LIMIT) -> list[tuple[int, str]]:
    return [(entry.line, entry.reason) for entry in read(path, field, longest) if isinstance(entry, Unread)]


def write(path: Path, content: bytes) -> Path:
    packed = {".gz": gzip.compress, ".zst": zstandard.ZstdCompressor().compress}.get(path.suffix, bytes)
    path.write_bytes(packed(content))
    return path


@pytest.mark.parametrize("name", ["a.jsonl", "c4-train.00000-of-01024.json.gz", "a.jsonl.gz", "a.jsonl.zst", "a.json"])
def test_c4s_layout_is_read_plain_and_compressed(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, row("Grüße") + b"\n" + row("second\nline"))
    assert read(path) == [
        SourceText(name, 1, "Grüße", "https://example.org/1"),
        SourceText(name, 3, "second\nline", "https://example.org/1"),
    ]


def test_parquet_is_read_by_column_with_rows_as_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"body": ["one", None, "three"] * 300, "url": ["u"] * 900, "n": range(900)}), path)
    entries = read(path, field="body")
    assert len(entries) == 900
    assert entries[:3] == [
        SourceText("a.parquet", 1, "one", "u"),
        Unread("a.parquet", 2, "the text is missing"),
        SourceText("a.parquet", 3, "three", "u"),
    ]
    assert entries[899].line == 900
    [(line, reason)] = faults_of(path)
    assert line == 0 and "“text” is missing" in reason and "body" in reason


def test_a_text_file_is_one_text_without_the_line_breaks_around_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", b"\xef\xbb\xbfSoup\r\nwash it\r\n\r\n")
    assert read(path) == [SourceText("a.txt", 1, "Soup\nwash it")]


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_a_line_of_50_mb_is_passed_over_and_the_rest_kept(tmp_path: Path, ending: str) -> None:
    content = row("before") + row("x" * 50_000_000) + row("after")
    path = write(tmp_path / f"a.jsonl{ending}", content)
    assert texts_of(path) == ["before", "after"]
    assert faults_of(path) == [(2, "the line is longer than 8,000,000 bytes; it was passed over")]


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_line_of_120_mb_is_read_in_little_memory(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.jsonl{ending}"
    openers = {"": open, ".gz": gzip.open, ".zst": zstandard.open}
    with openers[ending](path, "wb") as stream:  # type: ignore[operator]
        for _ in range(120):
            stream.write(b"x" * 1_000_000)
        stream.write(b"\n" + row("after"))
    script = (
        "import sys; from pathlib import Path; from core.corpus.texts import read_texts;"
        "print([getattr(t, 'text', t.line) for t in read_texts(Path(sys.argv[1]), 'a', 'text', 8_000_000)],"
        "Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0], sep='|')"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    entries, peak = done.stdout.split("|")
    assert entries == "[1, 'after']"
    assert int(peak) < 100_000, "kilobytes"


def test_bytes_that_are_not_utf8_cost_their_line_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", row("before") + b'{"text": "caf\xe9"}\n' + row("after"))
    assert texts_of(path) == ["before", "after"]
    assert faults_of(path) == [(2, "the line is not UTF-8 (byte 14)")]


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
@pytest.mark.parametrize(("ending", "kind"), [(".gz", "gzip"), (".zst", "zstd")])
def test_a_compressed_file_cut_short_gives_what_came_before(
    tmp_path: Path, ending: str, kind: str, kept: float
) -> None:
    chance = random.Random(1)
    lines = [f"{number} {chance.random()}" for number in range(50_000)]
    path = write(tmp_path / f"a.jsonl{ending}", b"".join(map(row, lines)))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    found = texts_of(path)
    assert found == lines[: len(found)]
    assert len(found) > 50_000 * kept * 0.7
    [(line, reason)] = faults_of(path)
    assert line == len(found) + 1
    assert reason.startswith(f"the {kind} file is cut short")


def test_a_damaged_gzip_is_told_and_what_came_before_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl.gz", row("one"))
    path.write_bytes(path.read_bytes() + b"no gzip at all")
    assert texts_of(path) == ["one"]
    [(line, reason)] = faults_of(path)
    assert line == 2 and "damaged" in reason


def test_gzip_members_and_zstd_frames_one_after_the_other_are_all_read(tmp_path: Path) -> None:
    for ending in (".gz", ".zst"):
        parts = [write(tmp_path / f"{name}.jsonl{ending}", row(name)) for name in ("one", "two")]
        both = tmp_path / f"both.jsonl{ending}"
        both.write_bytes(b"".join(part.read_bytes() for part in parts))
        assert texts_of(both) == ["one", "two"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.txt"])
def test_an_empty_file_is_told(tmp_path: Path, name: str) -> None:
    assert faults_of(write(tmp_path / name, b"")) == [(0, "the file is empty")]
    (tmp_path / name).write_bytes(b"")
    assert faults_of(tmp_path / name) == [(0, "the file is empty")]


def test_lines_without_a_text_are_told_one_by_one(tmp_path: Path) -> None:
    content = row("one") + b'{"body": "x"}\n{"text": null}\n{"text": 3}\n[1]\n"x"\n{"text": "x"\n{"text": "\\ud800"}\n'
    path = write(tmp_path / "a.jsonl", content + row("last").rstrip())
    assert texts_of(path) == ["one", "last"]
    faults = faults_of(path)
    assert [line for line, _ in faults] == [2, 3, 4, 5, 6, 7, 8]
    assert "is missing" in faults[0][1] and "not a text" in faults[1][1] and "not an object" in faults[3][1]
    assert all("not JSON" in reason for _, reason in faults[5:])


def test_a_json_array_is_told_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", b'[\n{"text": "x"},\n{"text": "y"}\n]')
    [(line, reason)] = faults_of(path)
    assert line == 1 and "one JSON object a line" in reason


def test_a_parquet_file_that_is_none_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"no parquet")
    [(line, reason)] = faults_of(path)
    assert line == 0 and "cannot be read" in reason


def test_a_text_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    assert faults_of(write(tmp_path / "a.txt", b"one\ntwo \xff")) == [(2, "the text is not UTF-8 (byte 9)")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_lines_do_not_depend_on_how_the_bytes_arrive(size: int) -> None:
    content = b"one\n\nthree3\nabcdefgh\nfive5\n" + b"z" * 30 + b"\nlast"
    chunks = (content[start : start + size] for start in range(0, len(content), size))
    lines = [(line.number, line.content) for line in split_lines(chunks, longest=6)]
    assert lines == [(1, b"one"), (2, b""), (3, b"three3"), (4, None), (5, b"five5"), (6, None), (7, b"last")]


def test_shards_are_files_globs_and_folders_in_order_each_once(tmp_path: Path) -> None:
    for name in ("b/2.jsonl", "b/1.json.gz", "b/c/3.parquet", "b/readme.md", "b/.hidden.jsonl", "a.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    shards = plan_shards([str(tmp_path / "a.jsonl"), str(tmp_path / "b"), str(tmp_path / "b" / "*.jsonl")], tmp_path)
    names = [Path(file).relative_to(tmp_path).as_posix() for shard in shards for file in shard.files]
    assert names == ["a.jsonl", "b/1.json.gz", "b/2.jsonl", "b/c/3.parquet"]
    assert [shard.index for shard in shards] == [0, 1, 2, 3]


def test_many_text_files_make_few_shards(tmp_path: Path) -> None:
    for number in range(TEXT_FILES_A_SHARD + 1):
        (tmp_path / f"{number:05}.txt").touch()
    assert [len(shard.files) for shard in plan_shards([str(tmp_path)], tmp_path)] == [TEXT_FILES_A_SHARD, 1]


def test_a_place_without_texts_is_refused_with_what_would_do(tmp_path: Path) -> None:
    (tmp_path / "a.md").touch()
    for place in (str(tmp_path / "none.jsonl"), str(tmp_path / "*.jsonl"), str(tmp_path)):
        with pytest.raises(NotFound, match="jsonl"):
            plan_shards([place], tmp_path)
    with pytest.raises(Refused, match="ending"):
        plan_shards([str(tmp_path / "a.md")], tmp_path)
