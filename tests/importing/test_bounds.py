"""No file takes more than a bounded memory or time, packed or not; what is refused of it is named."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.importing import bounds
from core.importing.files import rows_of_file
from core.records import Fault, Refused
from core.settings import PROJECT

GOOD = b'{"instruction": "Name a river.", "output": "Po"}'
HUGE = 200 << 20


def packed(path: Path, *parts: bytes | tuple[bytes, int]) -> Path:
    """A gzip file of these parts, each as often as it says."""
    pack = zlib.compressobj(1, zlib.DEFLATED, 31)
    with path.open("wb") as file:
        for part in parts:
            piece, times = part if isinstance(part, tuple) else (part, 1)
            block = piece * max(1, min(times, (1 << 20) // len(piece)))
            for _ in range(max(1, times * len(piece) // len(block))):
                file.write(pack.compress(block))
        file.write(pack.flush())
    return path


def one_long_line(folder: Path) -> Path:
    return packed(folder / "line.jsonl.gz", GOOD + b"\n" + b'{"instruction": "', (b"a", HUGE), b'"}\n' + GOOD + b"\n")


def one_huge_element(folder: Path) -> Path:
    return packed(folder / "element.json.gz", b"[" + GOOD + b',{"instruction": "', (b"a", HUGE), b'"}]')


def empty_lists(folder: Path) -> Path:
    return packed(folder / "lists.jsonl.gz", b'{"a": [', (b"[],", HUGE // 3), b"[]]}\n" + GOOD + b"\n")


def lists_of_a_row(folder: Path) -> Path:
    """The worst row that is let in: as large as a row may be, of nothing but empty lists."""
    n = (bounds.ROW - 100) // 3
    return packed(folder / "worst.jsonl.gz", GOOD + b'\n{"instruction": "Go on", "a": [', (b"[],", n), b"[]]}\n")


def one_long_cell(folder: Path) -> Path:
    return packed(folder / "cell.csv.gz", b"instruction,output\nGo,there\n", (b"a", HUGE), b",x\n")


def endless_quotes(folder: Path) -> Path:
    return packed(folder / "quotes.csv.gz", b"instruction,output\nGo,there\n", (b'"a\n",', HUGE // 5))


def white_space(folder: Path) -> Path:
    return packed(folder / "space.json.gz", b"[" + GOOD, (b"   \n", HUGE // 4), b"]")


def deep(folder: Path) -> Path:
    return packed(
        folder / "deep.jsonl.gz", b'{"a": ' + b"[" * 400 + b"]" * 400 + b"}\n", (b"[", HUGE // 10), b"\n" + GOOD
    )


def references(folder: Path) -> Path:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    (folder / "laughs.yaml").write_text("- instruction: Go\n  output: there\n- " + "\n  ".join(lines) + "\n")
    return folder / "laughs.yaml"


def one_text_in_every_row(folder: Path) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    long = pa.DictionaryArray.from_arrays(pa.array([0] * 500, pa.int32()), pa.array(["a" * (2 << 20)]))
    short = pa.array(["Go"] * 500)
    pq.write_table(pa.table({"instruction": short, "output": long}), folder / "dictionary.parquet")
    return folder / "dictionary.parquet"


BOMBS: list[Callable[[Path], Path]] = [
    *(one_long_line, one_huge_element, empty_lists, lists_of_a_row, one_long_cell, endless_quotes, white_space, deep),
    *(references, one_text_in_every_row),
]
READ = """
import json, sys
from pathlib import Path
from core.importing.examples import RowReader, Unreadable
from core.importing.files import rows_of_file
from core.records import Fault
def most_memory():  # in kB; the rusage of a program begins with that of the program which started it
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

good, faults = 0, []
for row in rows_of_file(Path(sys.argv[1])):
    if isinstance(row, Fault):
        faults.append(row.reason)
    else:
        good += 1
        try:
            RowReader().read(row[1])
        except Unreadable as error:
            faults.append(str(error))
print(json.dumps([good, faults[:3], most_memory() // 1024]))
"""


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda make: make.__name__)
def test_a_bomb_is_read_in_bounded_memory_and_named(tmp_path: Path, bomb: Callable[[Path], Path]) -> None:
    file = bomb(tmp_path)
    assert file.stat().st_size < 4 << 20
    done = subprocess.run(
        [sys.executable, "-c", READ, str(file)], cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    good, faults, megabytes = json.loads(done.stdout)
    assert good >= 1 and megabytes < 400, (good, faults, megabytes)
    if bomb not in (white_space, lists_of_a_row, one_text_in_every_row):
        assert faults, "what was left out is not named"


def test_a_file_that_unpacks_out_of_all_proportion_is_read_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.importing.opening.HARMLESS", 1 << 20)
    monkeypatch.setattr("core.importing.opening.RATIO", 50)
    file = packed(tmp_path / "f.jsonl.gz", (GOOD + b"\n", 200_000))
    found = list(rows_of_file(file))
    last = found[-1]
    assert len(found) > 1000 and isinstance(last, Fault) and "far more than it can hold in earnest" in last.reason
    honest = tmp_path / "honest.jsonl.gz"
    honest.write_bytes(gzip.compress(b"".join(b'{"instruction": "%d", "output": "x"}\n' % n for n in range(60_000))))
    assert not any(isinstance(row, Fault) for row in rows_of_file(honest))


def test_a_column_that_unpacks_from_next_to_nothing_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"instruction": ["a" * (100 << 20)], "output": ["x"]})
    pq.write_table(table, tmp_path / "f.parquet", compression="zstd", use_dictionary=False)
    assert (tmp_path / "f.parquet").stat().st_size < 1 << 20
    with pytest.raises(Refused, match="far more than it can hold"):
        list(rows_of_file(tmp_path / "f.parquet"))


def test_a_file_of_too_many_rows_is_refused_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "ROWS", 10)
    (tmp_path / "f.jsonl").write_bytes((GOOD + b"\n") * 11)
    with pytest.raises(Refused, match="more than 10 rows; split it"):
        list(rows_of_file(tmp_path / "f.jsonl"))


def chinese(encoding: str) -> Iterator[bytes]:
    text = "instruction,input,output\n写一首关于秋天的诗,,好的\n解释什么是光合作用,短,是的\n"
    yield text.encode(encoding)
    yield ("\ufeff" + text).encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["unmarked", "marked"])
def test_a_table_may_begin_with_chinese_letters(tmp_path: Path, encoding: str, mark: str) -> None:
    (tmp_path / "f.csv").write_bytes(f"{mark}指令,输出\n写一首诗,好的\n".encode(encoding))
    assert [row[1] for row in rows_of_file(tmp_path / "f.csv") if not isinstance(row, Fault)] == [
        {"指令": "写一首诗", "输出": "好的"}
    ]
    (tmp_path / "f.csv").write_bytes("指令,输出\n写一首诗,好的\n".encode("utf-32"))
    assert next(iter(rows_of_file(tmp_path / "f.csv")))[1]["输出"] == "好的"


@pytest.mark.parametrize("encoding", ["gb18030", "big5"])
def test_names_of_columns_in_another_encoding_are_refused_and_not_called_none(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "f.csv").write_bytes("指令,輸出\n寫一首詩,好的\n".encode(encoding))
    with pytest.raises(Refused, match="columns are not UTF-8; save the file as UTF-8"):
        list(rows_of_file(tmp_path / "f.csv"))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8"])
def test_chinese_tables_in_utf_16_are_read(tmp_path: Path, encoding: str) -> None:
    for content in chinese(encoding):
        (tmp_path / "f.csv").write_bytes(content)
        found = [row[1] for row in rows_of_file(tmp_path / "f.csv") if not isinstance(row, Fault)]
        assert [row["output"] for row in found] == ["好的", "是的"]
        assert found[0]["instruction"] == "写一首关于秋天的诗"
    (tmp_path / "f.csv").write_bytes(content[:-3] + b"\xd8\xd8\x00")  # a broken end is named without raw bytes
    assert all("\\x" not in row.reason for row in rows_of_file(tmp_path / "f.csv") if isinstance(row, Fault))


def _varint(n: int, length: int = 0) -> bytes:
    """A number as a Parquet footer has it, padded to as many bytes as wanted."""
    found = bytearray()
    while n > 127 or len(found) + 1 < length:
        found.append(n & 127 | 128)
        n >>= 7
    return bytes([*found, n])


def test_a_footer_that_calls_a_bomb_small_is_not_believed(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file, table = tmp_path / "f.parquet", pa.table({"instruction": ["Name a river."], "output": ["a" * (100 << 20)]})
    pq.write_table(table, file, compression="zstd", use_dictionary=False, write_statistics=False)
    with pq.ParquetFile(file) as honest:
        told = _varint(2 * honest.metadata.row_group(0).column(1).total_uncompressed_size)
    raw = file.read_bytes()
    at = raw.rindex(told)
    file.write_bytes(raw[:at] + _varint(2 * 1000, len(told)) + raw[at + len(told) :])
    with pq.ParquetFile(file) as lying:
        assert lying.metadata.row_group(0).column(1).total_uncompressed_size == 1000
    with pytest.raises(Refused, match="far more than it can hold"):
        list(rows_of_file(file))


def test_a_column_whose_name_is_no_text_is_a_fault(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = tmp_path / "f.parquet"
    pq.write_table(pa.table({"instruction": ["Name a river."], "output": ["Danube"]}), file, store_schema=False)
    file.write_bytes(file.read_bytes().replace(b"instruction", b"instr\xc9ction"))
    [fault] = rows_of_file(file)
    assert isinstance(fault, Fault) and "cannot be read from here on" in fault.reason


def test_one_text_for_a_thousand_cells_does_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of a few KB that says the same 4 MB for 3,000 rows was 12 GB in the database."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    monkeypatch.setattr(bounds, "HARMLESS", 1 << 20)
    same = pa.DictionaryArray.from_arrays(pa.array([0] * 3_000, pa.int32()), pa.array(["a" * 40_000]))
    table = pa.table({"instruction": [f"Name river {n}." for n in range(3_000)], "output": same})
    pq.write_table(table, tmp_path / "f.parquet", compression="zstd")
    with pa.ipc.new_file(str(tmp_path / "f.arrow"), table.schema) as sink:
        sink.write_table(table)
    for name in ("f.parquet", "f.arrow"):
        *read, fault = rows_of_file(tmp_path / name)
        assert isinstance(fault, Fault) and "far more than it can hold" in fault.reason
        assert len(read) < 1_500


def test_a_table_has_a_bound_of_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    monkeypatch.setattr(bounds, "COLUMNS", 20)
    table = pa.table({f"c{n}": [1] for n in range(21)})
    pq.write_table(table, tmp_path / "f.parquet")
    with pa.ipc.new_file(str(tmp_path / "f.arrow"), table.schema) as sink:
        sink.write_table(table)
    (tmp_path / "f.csv").write_text(",".join(table.column_names) + "\n" + ",".join("1" * 21) + "\n")
    for name in ("f.parquet", "f.arrow", "f.csv"):
        with pytest.raises(Refused, match="21 columns"):
            list(rows_of_file(tmp_path / name))
