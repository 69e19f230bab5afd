"""Files of no use, files that end too early and files with bad rows: told by line, and the rest is kept."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from core.database import Database
from core.importing.importer import first_instructions, import_tasks
from core.records import Pool, Refused
from tests.importing.files import FLAT, LAKE, RIVER, imported, lines, pairs

BAD = [
    ("not json", "not JSON"),
    ('{"instruction": "x"', "not JSON"),
    ("[1, 2]", "not a JSON object"),
    ('{"instruction": "", "output": "x"}', "instruction is empty"),
    ('{"instruction": 5, "output": "x"}', "instruction is not text"),
    ('{"instruction": "a b", "output": null}', None),
    ('{"topic": "x", "remark": "y"}', "its fields are: topic, remark"),
    ('{"messages": [{"role": "user", "content": "x"}]}', None),
    ('{"messages": [{"role": "assistant", "content": "x"}]}', "no turn of a user (turns: assistant)"),
    ('{"messages": [{"role": "wizard", "content": "x"}]}', 'an unknown role ("wizard")'),
    ('{"messages": "x"}', "not a list of turns"),
    ('{"messages": [{"role": "user", "content": [1]}, {"role": "assistant", "content": "x"}]}', "no text in content"),
    (
        '{"conversations": [{"from": "human", "value": " "}, {"from": "gpt", "value": "x"}]}',
        "the turn of user is empty",
    ),
    ('{"instruction": "a", "instances": [{"input": "x"}]}', "has no output"),
    ('{"n": ' + "1" * 5000 + "}", "thousands of digits"),
    ("[" * 100_000, "nested too deeply"),
]


def test_bad_rows_are_reported_with_line_and_reason_and_the_rest_is_kept(
    database: Database, pool: Pool, tmp_path: Path
) -> None:
    good = [
        {"instruction": f"Name river number {n} of the {word} list", "output": "Po"} for n, word in enumerate("abc")
    ]
    text = lines(good[0]) + "\n" + "".join(row + "\n" for row, _ in BAD) + lines(good[1])
    content = text.encode() + b'{"instruction": "caf\xe9", "output": "x"}\n' + lines(good[2]).encode()
    (tmp_path / "f.jsonl").write_bytes(content)
    report = import_tasks(database, pool, tmp_path / "f.jsonl", filtered=False)
    expected = {n: reason for n, (_, reason) in enumerate(BAD, 3) if reason}
    found = {fault.line: fault.reason for fault in report.faults}
    for line, reason in expected.items():
        assert reason in found[line], line
    assert "not UTF-8" in found[4 + len(BAD)]
    assert [task.instruction for task in imported(database, pool)][:1] == [good[0]["instruction"]]
    assert {row["instruction"] for row in good} <= set(pairs(database, pool))
    assert report.bad == len(report.faults) == len(expected) + 1


def test_a_bad_row_of_a_json_list_is_named_by_its_line_and_a_break_by_where_it_is(
    database: Database, pool: Pool, tmp_path: Path
) -> None:
    content = json.dumps([FLAT, {"instruction": ""}, {**FLAT, "instruction": LAKE}], indent=1).encode()
    content = content.replace(b"]", b',\n{"instruction": "caf\xe9", "output": "x"},\n NaN,\n {"instruction"}]')
    (tmp_path / "f.json").write_bytes(content)
    report = import_tasks(database, pool, tmp_path / "f.json")
    assert list(pairs(database, pool)) == [RIVER, LAKE]
    at = content.decode("latin-1").split("\n")
    assert [(fault.line, fault.reason[:15]) for fault in report.faults] == [
        (7, "the field instr"),
        (len(at) - 2, "not UTF-8; save"),
        (len(at) - 1, "not a JSON obje"),
        (len(at), "the JSON list b"),
    ]


@pytest.mark.parametrize("cut", [0.3, 0.9])
@pytest.mark.parametrize("layout", ["json", "json.gz", "jsonl.gz", "csv", "parquet"])
def test_a_file_that_ends_too_early_gives_what_it_has_and_says_where(
    database: Database, pool: Pool, tmp_path: Path, layout: str, cut: float
) -> None:
    rows = [
        {"instruction": f"Name {n} rivers of the land {n * n}", "input": os.urandom(40).hex(), "output": f"{n}"}
        for n in range(3000)
    ]
    path = tmp_path / f"f.{layout}"
    if layout == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist(rows), path)
        content = path.read_bytes()
    elif layout == "csv":
        content = ("instruction,input,output\n" + "".join(",".join(row.values()) + "\n" for row in rows)).encode()
    else:
        content = (json.dumps(rows) if layout.startswith("json.") or layout == "json" else lines(*rows)).encode()
    content = gzip.compress(content) if layout.endswith("gz") else content
    path.write_bytes(content[: int(len(content) * cut)])
    if layout == "parquet":  # its index stands at the end
        with pytest.raises(Refused, match="cannot be read"):
            import_tasks(database, pool, path)
        return
    report = import_tasks(database, pool, path, filtered=False)
    assert 0.25 * cut * 3000 < report.tasks < 3000
    assert report.bad <= 1 and len(imported(database, pool)) == report.tasks


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.jsonl", b"", "is empty"),
        ("blank.json", b" \n\t", "is empty"),
        ("notes.txt", b"Some notes.", "neither JSON"),
        ("nothing.json", b"[]", "no row"),
        ("header.csv", b"instruction,output\n", "no row"),
        ("other.csv", b"a,b\n1,2\n", "its fields are: a, b"),
        ("broken.jsonl.gz", b"\x1f\x8b\x08\x00broken", "damaged"),
        ("short.jsonl.gz", gzip.compress(b'{"a": 1}')[:12], "damaged"),
        ("broken.parquet", b"PAR1" + b"x" * 50, "cannot be read"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_a_file_of_no_use_is_refused_in_a_sentence(
    database: Database, pool: Pool, tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Refused, match=reason) as refused:
        import_tasks(database, pool, tmp_path / name)
    assert "\n" not in str(refused.value)
    with pytest.raises(Refused):
        first_instructions(tmp_path / name)
    with pytest.raises(Refused, match="no file"):
        import_tasks(database, pool, tmp_path)


def test_a_report_keeps_the_first_thousand_faults_and_counts_them_all(
    database: Database, pool: Pool, tmp_path: Path
) -> None:
    (tmp_path / "f.jsonl").write_text("bad\n" * 3000 + lines(FLAT))
    report = import_tasks(database, pool, tmp_path / "f.jsonl")
    assert (report.bad, len(report.faults), report.tasks) == (3000, 1000, 1)
