"""Every layout of a file gives the same rows, and what a row has beside its text is kept, counted and told."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from core.database import Database
from core.gate.sight import script_of
from core.importing.examples import RowReader
from core.importing.importer import import_tasks
from core.importing.incoming import examples
from core.importing.kept import columns_kept
from core.importing.look import look
from core.importing.roles import Role
from core.pool import beside, standing
from core.pool.arrivals import IMPORTED
from core.records import Fault, Pool, Turn
from tests.importing.files import ASK, BEFORE, EARLIER, LAKE, REPLY, RIVER, imported, put

ROWS = [
    {"instruction": RIVER, "input": "short", "output": "Po", "n": "1"},
    {"instruction": LAKE, "input": "", "output": "Blue,\nmostly", "n": "2"},
]


def written(layout: str, folder: Path) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq
    import zstandard

    path = folder / f"f.{layout}"
    jsonl = "".join(json.dumps(row) + "\n" for row in ROWS)
    table = '"instruction"{0}input{0}output{0}n\n' + "".join(
        "{0}".join(f'"{cell}"' for cell in row.values()) + "\n" for row in ROWS
    )
    match layout:
        case "jsonl.gz":
            path.write_bytes(gzip.compress(jsonl.encode()))
        case "jsonl.zst":
            half = jsonl.index("\n") + 1
            pack = zstandard.ZstdCompressor().compress
            path.write_bytes(pack(jsonl[:half].encode()) + pack(jsonl[half:].encode()))
        case "parquet":
            pq.write_table(pa.Table.from_pylist(ROWS), path)
        case "arrow" | "stream.arrow":
            found = pa.Table.from_pylist(ROWS)
            kind = pa.ipc.new_file if layout == "arrow" else pa.ipc.new_stream
            with kind(str(path), found.schema) as sink:
                sink.write_table(found)
        case "tsv":
            path.write_text(table.replace("{0}", "\t"))
        case "semicolon.csv":
            path.write_text(table.replace("{0}", ";"))
        case "utf16.csv":
            path.write_text("\ufeff" + table.replace("{0}", ","), encoding="utf-16-le")
        case "utf16.tsv":
            path.write_text(table.replace("{0}", "\t"), encoding="utf-16-be")
        case "utf16.jsonl":
            path.write_text(jsonl, encoding="utf-16")
        case "yaml":
            path.write_text("".join(f"- {json.dumps(row)}\n" for row in ROWS))
        case "many.yml":
            path.write_text(
                "---\n".join("\n".join(f"{k}: {json.dumps(v)}" for k, v in row.items()) + "\n" for row in ROWS)
            )
        case "pretty.json":
            path.write_text("\n".join(json.dumps(row, indent=2) for row in ROWS))
        case "wrapped.json":
            path.write_text(json.dumps({"version": 1, "data": ROWS}, indent=1))
        case "hub.json":
            path.write_text(json.dumps({"rows": [{"row_idx": n, "row": row} for n, row in enumerate(ROWS)]}))
    return path


LAYOUTS = (
    *("jsonl.gz", "jsonl.zst", "parquet", "arrow", "stream.arrow", "tsv", "semicolon.csv", "utf16.csv", "utf16.tsv"),
    *("utf16.jsonl", "yaml", "many.yml", "pretty.json", "wrapped.json", "hub.json"),
)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_rows(database: Database, pool: Pool, tmp_path: Path, layout: str) -> None:
    report = import_tasks(database, pool, written(layout, tmp_path), filtered=False)
    assert (report.bad, report.rows, report.instances) == (0, 2, 2), report.faults
    kept = {task.instruction: (task.instances[0].input, task.instances[0].output) for task in imported(database, pool)}
    assert kept == {RIVER: ("short", "Po"), LAKE: ("", "Blue,\nmostly")}
    assert report.as_mapping()["fields"] == {"instruction": "instruction", "input": "input", "output": "output"}
    assert report.as_mapping()["unused"] == ["n"]


def test_the_report_of_an_import_names_columns_of_the_file_alone(
    database: Database, pool: Pool, tmp_path: Path
) -> None:
    rated = {"instruction": RIVER, "generations": ["Danube", "Ebro"], "ratings": [5, 2]}
    (tmp_path / "f.jsonl").write_text(json.dumps(rated) + "\n")
    report = import_tasks(database, pool, tmp_path / "f.jsonl")
    assert report.fields == {"instruction": Role.INSTRUCTION, "generations": Role.OUTPUT}


def test_one_pretty_object_is_a_row(database: Database, pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "task_run.kiln").write_text(json.dumps({"v": 1, "input": RIVER, "output": {"output": "Po"}}, indent=2))
    report = import_tasks(database, pool, tmp_path / "task_run.kiln")
    assert (report.rows, report.instances, report.format) == (1, 1, "kiln")


def test_two_conversations_that_end_alike_are_two_instances_and_come_in_once(
    database: Database, pool: Pool, tmp_path: Path
) -> None:
    other = {
        "messages": [
            {"role": "user", "content": "Another opening"},
            {"role": "assistant", "content": "Yes?"},
            ASK,
            REPLY,
        ]
    }
    file = put(tmp_path, {"messages": [ASK, REPLY]}, {"messages": [*BEFORE, ASK, REPLY]}, other, other)
    first, again = (import_tasks(database, pool, file) for _ in range(2))
    assert (first.instances, first.known, again.instances, again.known) == (3, 1, 0, 4)
    (task,) = imported(database, pool)
    with database.read() as c:
        kept = beside.of(c, [one.id for one in task.instances])
    assert [kept[one.id].turns if one.id in kept else () for one in task.instances] == [
        (),
        EARLIER,
        (Turn("user", "Another opening"), Turn("assistant", "Yes?")),
    ]


def test_rows_that_bring_the_same_instance_leave_what_they_have_beside_it(
    database: Database, pool: Pool, tmp_path: Path
) -> None:
    pair = {"prompt": RIVER, "chosen": "Danube"}
    file = put(tmp_path, {**pair, "rejected": "The sea", "n": 1}, {**pair, "rejected": "A lake", "m": 2})
    for _ in range(2):
        report = import_tasks(database, pool, file)
        (task,) = imported(database, pool)
        with database.read() as c:
            its = beside.of_instance(c, task.instances[0].id)
        assert (its.rejected, its.extra) == (("The sea", "A lake"), {"n": 1, "m": 2})
    assert (report.rejected, report.known) == (2, 2)


def test_a_negative_label_comes_in_as_a_rating_and_never_as_a_good_row(
    database: Database, pool: Pool, tmp_path: Path
) -> None:
    good, bad = ({"prompt": RIVER, "completion": text, "label": text == "Po"} for text in ("Po", "The sea"))
    report = import_tasks(database, pool, put(tmp_path, {**bad, "label": None}, good, bad))
    assert (report.negative, report.instances, report.known) == (1, 2, 1)
    (task,) = imported(database, pool)
    with database.read() as c:
        said = {one.output: [(r.reviewer, r.valid) for r in standing.current(c, one.id)] for one in task.instances}
    assert said == {"The sea": [(IMPORTED, False)], "Po": [(IMPORTED, True)]}
    import_tasks(database, pool, put(tmp_path, good, bad))
    with database.read() as c:
        assert [len(standing.current(c, one.id)) for one in task.instances] == [1, 1]


def test_rows_without_an_output_are_counted_and_kept(database: Database, pool: Pool, tmp_path: Path) -> None:
    report = import_tasks(
        database, pool, put(tmp_path, {"instruction": RIVER, "input": "x", "output": ""}, {"question": LAKE, "n": 4})
    )
    assert (report.rows, report.without_output, report.is_unanswered, report.instances) == (2, 2, True, 0)
    assert "None of the rows has an output" in report.warnings[0]
    with database.read() as c:
        assert beside.of_task(c, imported(database, pool)[1].id).extra == {"n": 4}
    answered = import_tasks(database, pool, put(tmp_path, {"instruction": "Name a hill now.", "output": "Ben"}))
    assert (answered.without_output, answered.is_unanswered, answered.warnings) == (0, False, [])


def test_the_released_list_of_instructions_has_no_answers_by_design(
    database: Database, pool: Pool, tmp_path: Path
) -> None:
    report = import_tasks(database, pool, put(tmp_path, {"instruction": RIVER, "most_similar": {}, "request_idx": 3}))
    assert (report.without_output, report.is_unanswered) == (1, False)


def test_single_messages_become_the_tree_that_they_make_wherever_they_stand(tmp_path: Path) -> None:
    def message(name: str, parent: str | None, text: str, **more: Any) -> dict[str, Any]:
        role = "prompter" if len(name) % 2 else "assistant"
        tree = {"message_tree_id": name[0]} if name[0] == "a" else {}
        return {"message_id": name, "parent_id": parent, "text": text, "role": role, **tree, **more}

    flat = [
        message("b", None, "Name a sea", lang="en"),
        message("a11", "a1", RIVER),
        message("a1", "a", EARLIER[1].text, rank=0.0),
        message("a", None, EARLIER[0].text),
        message("b1", "b", "The Baltic"),
        message("a2", "a", "Go away", rank="1"),
        message("a111", "a11", "Danube"),
        message("c1", "nowhere", "Lost"),
        message("c11", "c1", "Lost too"),
    ]
    file = tmp_path / "messages.jsonl"
    file.write_text("\n".join(map(json.dumps, flat)))
    reader = RowReader()
    rows = list(examples(file, reader))
    found = [row[1] for row in rows if not isinstance(row, Fault)]
    faults = [row for row in rows if isinstance(row, Fault)]
    assert [(one.instruction, one.instances[0].output) for one in found] == [
        ("Name a sea", "The Baltic"),
        (EARLIER[0].text, EARLIER[1].text),
        (RIVER, "Danube"),
    ]
    first, last = found[1].instances[0].beside, found[2].instances[0].beside
    assert first and first.rejected == ("Go away",) and last and last.turns == EARLIER
    assert first.extra["output about"] == {"message_id": "a1", "message_tree_id": "a", "rank": 0}
    assert first.extra["rejected about"][0]["message_id"] == "a2"
    seen = look(file)
    assert "lang" in seen.unused and "output about" in seen.unused and seen.fields == {"prompt": Role.CONVERSATION}
    assert reader.format == "oasst" and [fault.line for fault in faults] == [8, 9]
    assert "nowhere" in faults[0].reason and "no question" in faults[1].reason


SCRIPTS = {
    "写一首关于秋天的诗": "Chinese",
    "秋についての詩を書く": "Japanese",
    "가을에 관한 시": "Korean",
    "Напиши стих": "Cyrillic",
    "اكتب قصيدة": "Arabic",
    "Écris un poème": "Latin with accents",
    "Write": "",
}


@pytest.mark.parametrize(("text", "script"), SCRIPTS.items())
def test_a_script_is_called_what_people_call_it(text: str, script: str) -> None:
    assert script_of([text, "and some English"]) == script


def test_what_was_kept_beside_can_be_chosen_by_its_name(database: Database, pool: Pool, tmp_path: Path) -> None:
    file = tmp_path / "f.jsonl"
    file.write_text(json.dumps({"instruction": RIVER, "response": "Danube", "category": "open", "n": 3}))
    assert columns_kept(database, pool.id) == []
    import_tasks(database, pool, file)
    assert columns_kept(database, pool.id) == ["category", "n"]
