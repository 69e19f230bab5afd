"""A release is whole or not there, and the same rows give the same bytes."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from core.records import Refused, Turn
from core.release import clients
from core.release.files import _first_of_each
from core.release.hashed import HashedFile
from core.release.row import Judged, RejectedAnswer, ReleaseRow
from core.release.split import Shares
from core.release.spool import TOGETHER, Spool
from core.release.staging import ReleaseFailed, ReleaseStopped
from core.release.verify import verify
from core.release.writer import write_release
from tests.release.release_rows import EVERY, hostile_rows, options, row, rows, source
from tests.warm_reader import AS_INSTALLED

GOLDEN = Path(__file__).with_name("golden")
ROOT = Path(__file__).parents[2]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def golden_rows() -> list[ReleaseRow]:
    """Return twelve plain rows, the last of which has all that is hard: formula, line ends, emoji, surrogate."""
    return [*rows(11), row(11, output="=1\u2028\x00😀\ud800 שלום", demo=True)]


def test_the_same_rows_and_options_give_the_same_bytes_in_folder_and_archive(tmp_path: Path) -> None:
    choices = options(shares=Shares(0.6, 0.2, 0.2), created_at="2024-05-01")
    for name in ("one", "two", "one.zip", "two.zip"):
        write_release(source(hostile_rows()), tmp_path / name, choices, predicate={"min_grade": "B"})
        time.sleep(0.01)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_another_seed_gives_other_bytes(tmp_path: Path) -> None:
    for seed in (1, 2):
        write_release(source(rows(12)), tmp_path / str(seed), options("self-instruct", seed=seed))
    first, second = contents(tmp_path / "1"), contents(tmp_path / "2")
    assert first["self-instruct/train.jsonl"] != second["self-instruct/train.jsonl"]


def test_a_small_release_has_the_golden_bytes(tmp_path: Path) -> None:
    """After a wanted change: GOLDEN=write python -m pytest tests/release -k golden, then read the diff."""
    write_release(source(golden_rows()), tmp_path / "release", options())
    unversioned = {
        name: content
        for name, content in contents(tmp_path / "release").items()
        if not name.endswith((".parquet", "croissant.json", "manifest.json", "SHA256SUMS"))
    }
    if os.environ.get("GOLDEN") == "write":
        for name, content in unversioned.items():
            (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / name).write_bytes(content)
    assert unversioned == contents(GOLDEN)


def test_the_manifest_holds_the_rule_the_counts_and_every_file(tmp_path: Path) -> None:
    rule = {"min_grade": "B", "include_demo": False}
    release = write_release(source(rows(12)), tmp_path / "r", options(created_at="2024-05-01"), predicate=rule)
    manifest = json.loads((tmp_path / "r/manifest.json").read_bytes())
    assert manifest["predicate"] == rule and manifest["created_at"] == "2024-05-01"
    assert manifest["counts"]["rows"] == release.rows == 12 and manifest["counts"]["rows from seed"] == 4
    assert {"orjson", "pyarrow", "pandas", "datasets"} <= manifest["versions"].keys()
    listed = {file["path"] for file in manifest["files"]} | {"manifest.json", "SHA256SUMS"}
    assert listed == contents(tmp_path / "r").keys() == {file.path for file in release.files}
    assert {file["read_by"] for file in manifest["files"] if "format" in file} == {"datasets", "pandas", "pyarrow"}
    assert "created_at" not in json.dumps(json.loads((tmp_path / "r/manifest.json").read_bytes())["options"])


def test_no_task_is_on_two_sides(tmp_path: Path) -> None:
    write_release(source(rows(60)), tmp_path / "r", options("jsonl", "alpaca", shares=Shares(0.6, 0.2, 0.2)))
    tasks = {
        path.stem: {json.loads(line)["task"] for line in path.open("rb")} for path in (tmp_path / "r/jsonl").iterdir()
    }
    assert {side: len(keys) for side, keys in tasks.items()} == {"train": 18, "validation": 6, "test": 6}
    assert (
        not tasks["train"] & tasks["test"] | tasks["train"] & tasks["validation"] | tasks["test"] & tasks["validation"]
    )


def test_a_share_too_small_for_the_tasks_writes_no_empty_file_and_says_so(tmp_path: Path) -> None:
    release = write_release(source(rows(4)), tmp_path / "r", options("jsonl", shares=Shares(0.9, 0.05, 0.05)))
    assert [path.name for path in (tmp_path / "r/jsonl").iterdir()] == ["train.jsonl"]
    assert sum("There is no" in note for note in release.notes) == 2


def test_nothing_to_release_two_rows_of_one_id_and_a_taken_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="admits no row"):
        write_release(source([]), tmp_path / "r", options())
    with pytest.raises(Refused, match="Two rows have the id"):
        write_release(source([row(1), row(1)]), tmp_path / "r", options())
    (tmp_path / "r").mkdir()
    write_release(source(rows(12)), tmp_path / "r", options("jsonl"))
    with pytest.raises(Refused, match="exists"):
        write_release(source(rows(12)), tmp_path / "r", options("jsonl"))
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_rows_are_read_once_so_that_nothing_changes_between_the_passes(tmp_path: Path) -> None:
    passes = iter([rows(12)])
    write_release(lambda: iter(next(passes)), tmp_path / "r", options("jsonl", "self-instruct"))
    assert next(passes, None) is None and verify(tmp_path / "r").ok
    assert [path.name for path in tmp_path.iterdir()] == ["r"]  # nor is what was kept between them left behind


def test_a_row_comes_back_from_between_the_passes_as_it_was(tmp_path: Path) -> None:
    given = [
        (row(1, output="a\ud800b"), {"output": "\ud800"}),
        (
            row(
                2,
                turns=(Turn("user", "hi"),),
                judged=Judged(False, 1.5, 2),
                pairs=(RejectedAnswer("worse", "edit", -1.0),),
                lineage={"run": 1, "ratings": [{"by": "r1", "grade": "A"}]},
                fields={"a column": "x"},
                admitted=False,
            ),
            {},
        ),
        *((row(number), {}) for number in range(3, 2 * TOGETHER)),
    ]
    spool = Spool(tmp_path)
    for one, exact in given:
        spool.add(one, exact)
    assert list(spool) == list(spool) == given
    spool.close()
    assert not list(tmp_path.iterdir())


def test_lines_are_in_the_order_of_their_hash_and_the_first_of_equal_ones_stays() -> None:
    dice = Random(7)
    hashes = [dice.randbytes(2) + bytes(12) + dice.randbytes(2) for _ in range(300)] * 2
    dice.shuffle(hashes)
    order, lines = _first_of_each(bytearray(b"".join(hashes)))
    places = {one: hashes.index(one) for one in hashes}
    assert list(order) == [places[one] for one in sorted(places)]
    assert [order[line] for line in lines if line >= 0] == [place for place, line in enumerate(lines) if line >= 0]
    assert [place for place, line in enumerate(lines) if line >= 0] == sorted(places.values())


@pytest.mark.parametrize("after", [0, 1, 7, 20, 40])
def test_a_full_disk_leaves_nothing_and_says_one_clear_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    left, write = [after], HashedFile.write

    def full(self: HashedFile, chunk: bytes | memoryview) -> int:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, chunk)

    monkeypatch.setattr(HashedFile, "write", full)
    with pytest.raises(ReleaseFailed) as caught:
        write_release(source(rows(12)), tmp_path / "r", options())
    assert str(caught.value) == (
        f"The disk that holds {tmp_path} is full; nothing was left behind; free some space and try again."
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("limit", [50_000, 1_000_000, 3_000_000])
def test_a_limit_of_the_system_on_file_size_leaves_nothing(tmp_path: Path, limit: int) -> None:
    program = f"""
import resource, signal
from pathlib import Path
from core.release.writer import write_release
from tests.release.release_rows import options, row, source
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
given = [row(n, output=str(n) * 3_000) for n in range(800)]
try:
    write_release(source(given), Path({str(tmp_path / "r")!r}), options())
except Exception as problem:
    print(type(problem).__name__, problem)
"""
    said = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said.startswith("ReleaseFailed The disk that holds") and said.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_killed_process_leaves_no_release_and_the_next_one_clears_up(tmp_path: Path) -> None:
    program = f"""
import sys, time
from pathlib import Path
from core.release.writer import write_release
from tests.release.release_rows import options, rows
def slow():
    for each in rows(2_000):
        yield each
def progress(stage, done, total):
    if stage == "writing rows":
        print(stage, flush=True)
        time.sleep(60)
write_release(slow, Path({str(tmp_path / "r")!r}), options("jsonl", "csv", "parquet"), progress=progress)
"""
    writer = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE)
    assert writer.stdout is not None and writer.stdout.readline() == b"writing rows\n"
    with pytest.raises(Refused, match="being written by another process"):
        write_release(source(rows(12)), tmp_path / "r", options("jsonl"))
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    assert not (tmp_path / "r").exists()
    write_release(source(rows(12)), tmp_path / "r", options("jsonl"))
    assert [path.name for path in tmp_path.iterdir()] == ["r"] and verify(tmp_path / "r").ok


@pytest.mark.parametrize(
    "stage", ["counting", "writing", "reading back", "loading with datasets", "checking", "packing"]
)
def test_a_stop_stops_at_every_stage_and_leaves_nothing(tmp_path: Path, stage: str) -> None:
    stages: list[str] = []

    def progress(name: str, done: int, total: int) -> None:
        stages.append(name)

    def should_stop() -> bool:
        return any(name.startswith(stage) for name in stages)

    with pytest.raises(ReleaseStopped):
        write_release(
            source(rows(1_200)), tmp_path / "r.zip", options(*EVERY), progress=progress, should_stop=should_stop
        )
    assert not list(tmp_path.iterdir())


def test_progress_counts_up_to_all_rows(tmp_path: Path) -> None:
    heard: list[tuple[str, int, int]] = []
    write_release(source(rows(1_200)), tmp_path / "r", options("jsonl"), progress=lambda *said: heard.append(said))
    assert [said[1:] for said in heard if said[0] == "writing rows"] == [(500, 1_200), (1_000, 1_200), (1_200, 1_200)]


def test_a_file_that_reads_back_differently_is_never_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = HashedFile.write

    def careless(self: HashedFile, chunk: bytes | memoryview) -> int:
        return write(self, bytes(chunk).replace(b"7 is a fine number", b"8 is a fine number"))

    monkeypatch.setattr(HashedFile, "write", careless)
    with pytest.raises(ReleaseFailed, match=r"alpaca/train\.json was written but row 8 reads back differently"):
        write_release(source(rows(12)), tmp_path / "r", options("alpaca"))
    assert not list(tmp_path.iterdir())


def test_a_folder_may_have_a_name_that_looks_like_a_pattern(tmp_path: Path) -> None:
    made = write_release(source(rows(12)), tmp_path / "a[1]*", options("jsonl"))
    assert [file.read_by for file in made.files if file.format] == ["datasets"]
    assert verify(made.path).ok


def test_texts_that_datasets_would_turn_into_dates_are_not_offered(tmp_path: Path) -> None:
    dates = [row(n, output=f"2020-01-{n + 1:02d} 00:00:00") for n in range(12)]
    with pytest.raises(ReleaseFailed, match="every text in its column output looks like a date"):
        write_release(source(dates), tmp_path / "r", options("alpaca"))
    assert not list(tmp_path.iterdir())


def test_the_reader_as_it_is_installed_reads_back_and_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "_command", AS_INSTALLED)
    made = write_release(source(rows(12)), tmp_path / "r", options("jsonl", "alpaca"))
    assert [file.read_by for file in made.files if file.format] == ["datasets", "datasets"]
    dates = [row(n, output=f"2020-01-{n + 1:02d} 00:00:00") for n in range(12)]
    with pytest.raises(ReleaseFailed, match="every text in its column output looks like a date"):
        write_release(source(dates), tmp_path / "dates", options("alpaca"))


class Counted(str):
    """A text that counts how many like it there are, those that come back from disk included."""

    __slots__ = ()
    alive = most = 0

    def __new__(cls, text: str) -> Counted:
        Counted.alive += 1
        Counted.most = max(Counted.most, Counted.alive)
        return super().__new__(cls, text)

    def __del__(self) -> None:
        Counted.alive -= 1


def test_rows_are_streamed_and_never_held(tmp_path: Path) -> None:
    def streamed() -> Iterator[ReleaseRow]:
        for each in rows(5_000):
            yield replace(each, output=Counted(each.output + "x" * 100))

    formats = tuple(name for name in EVERY if name != "parquet")
    write_release(streamed, tmp_path / "r", options(*formats))
    assert TOGETHER <= Counted.most <= 3 * TOGETHER
