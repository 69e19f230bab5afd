"""What people bring: every layout they have it in, with everything that is wrong in it, once and only once."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core import pools
from core.database import Database, open_database
from core.gate.replay import replay
from core.importing.importer import CHUNK, first_instructions, import_seeds, import_tasks, rules_for
from core.pool import pools as pool_store
from core.pool import tasks
from core.records import Origin, Pool, State
from core.seeds.seeds import Seed
from core.settings import PROJECT
from tests import databases
from tests.importing.files import FLAT, HILL, LAKE, RIVER, imported, lines, pairs
from tests.selfinstruct import plain_reading
from tests.selfinstruct.test_loop import plain_gate

SEED_ROW = {
    "id": "seed_task_0",
    "name": "river",
    "instruction": RIVER,
    "instances": [{"input": "", "output": "Danube"}, {"input": "short", "output": "Po"}],
    "is_classification": False,
}


GENERATED = {
    "instruction": RIVER,
    "most_similar": {"Name a lake.": 0.57},
    "avg_similarity_score": 0.06,
    "metadata": {"is_classification": False},
    "request_idx": 4,
}


CHAT = {"messages": [{"role": "user", "content": RIVER}, {"role": "assistant", "content": "Danube"}]}


TALK = {"conversations": [{"from": "human", "value": RIVER}, {"from": "gpt", "value": "Danube"}]}


ASKED = {"prompt": RIVER, "completion": " Danube"}


FORMATS = [
    ("seeds", SEED_ROW, [("", "Danube"), ("short", "Po")]),
    ("self-instruct-instructions", GENERATED, []),
    ("self-instruct", FLAT, [("", "Danube")]),
    ("openai-chat", CHAT, [("", "Danube")]),
    ("sharegpt", TALK, [("", "Danube")]),
    ("prompt-completion", ASKED, [("", "Danube")]),
]


@pytest.mark.parametrize(("name", "row", "expected"), FORMATS, ids=[name for name, _, _ in FORMATS])
@pytest.mark.parametrize("layout", ["jsonl", "json", "jsonl.gz", "json.gz", "bom.jsonl", "bom.json", "parquet"])
def test_every_format_is_known_by_its_fields_in_every_layout(
    database: Database, pool: Pool, tmp_path: Path, name: str, row: Any, expected: Any, layout: str
) -> None:
    path = tmp_path / f"file.{layout}"
    text = json.dumps([row], indent=2) if "json" in layout.split(".") else lines(row)
    if layout == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist([row]), path)
    else:
        content = (b"\xef\xbb\xbf" if "bom" in layout else b"") + text.encode()
        path.write_bytes(gzip.compress(content) if layout.endswith("gz") else content)
    report = import_tasks(database, pool, path)
    assert (report.format, report.rows, report.tasks, report.bad) == (name, 1, 1, 0)
    assert pairs(database, pool) == {RIVER: expected}


@pytest.mark.parametrize("mark", [",", "\t"])
def test_tables_of_text_keep_quotes_line_breaks_and_empty_cells(
    database: Database, pool: Pool, tmp_path: Path, mark: str
) -> None:
    path = tmp_path / "table.csv"
    rows = [
        ["Instruction", "Input", "Output"],
        [f'"{RIVER}"', "", '"Say ""Danube"",\nthen stop"'],
        [LAKE, "blue", "Como"],
    ]
    path.write_text("\ufeff" + "\r\n".join(mark.join(row) for row in rows), encoding="utf-8", newline="")
    assert import_tasks(database, pool, path).bad == 0
    assert pairs(database, pool) == {RIVER: [("", 'Say "Danube",\nthen stop')], LAKE: [("blue", "Como")]}


def test_rows_of_one_instruction_become_one_task_wherever_they_stand(
    database: Database, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.importing.importer.CHUNK", 2)
    rows = [
        {"instruction": text, "input": str(n), "output": f"o{n}"} for n, text in enumerate([RIVER, LAKE, RIVER] * 3)
    ]
    (tmp_path / "f.jsonl").write_text(lines(*rows))
    report = import_tasks(database, pool, tmp_path / "f.jsonl")
    assert (report.tasks, report.instances) == (2, 9)
    assert pairs(database, pool) == {
        RIVER: [(str(n), f"o{n}") for n in (0, 2, 3, 5, 6, 8)],
        LAKE: [(str(n), f"o{n}") for n in (1, 4, 7)],
    }
    assert [[i.position for i in task.instances] for task in imported(database, pool)] == [[*range(6)], [*range(3)]]


def test_importing_twice_adds_nothing_and_new_rows_of_a_known_file_are_added(
    database: Database, pool: Pool, tmp_path: Path
) -> None:
    rows = [{"instruction": f"Name {n} rivers of land number {n}", "output": f"{n}"} for n in range(5)]
    (tmp_path / "f.jsonl").write_text(lines(GENERATED, *rows))
    for filtered in (True, False):
        first = import_tasks(database, pool, tmp_path / "f.jsonl", filtered=filtered)
        before = pairs(database, pool)
        again = import_tasks(database, pool, tmp_path / "f.jsonl", filtered=not filtered)
        assert (again.tasks, again.instances, again.known) == (0, 0, 6)
        assert pairs(database, pool) == before
    assert first.tasks == 0
    (tmp_path / "f.jsonl").write_text(lines(*rows, {**rows[0], "output": "another"}, FLAT))
    more = import_tasks(database, pool, tmp_path / "f.jsonl")
    assert (more.tasks, more.instances, more.known) == (0, 2, 5)  # RIVER was there without an instance
    assert pairs(database, pool)[RIVER] == [("", "Danube")]


def test_a_row_that_equals_a_seed_still_keeps_its_own_instance(database: Database, tmp_path: Path) -> None:
    pool = pools.make(database, "a pool", own_seeds=[Seed("s", RIVER, (("", "Danube"),), False)])
    (tmp_path / "f.jsonl").write_text(lines(FLAT))
    import_tasks(database, pool, tmp_path / "f.jsonl", filtered=False)
    assert pairs(database, pool) == {RIVER: [("", "Danube")]}


HOSTILE = [
    "<script>alert(1)</script> write something about it",
    "Explain **bold** and [a link](javascript:alert(1)) to me",
    "Write the emoji 👩‍👩‍👧‍👦🏳️‍🌈 and nothing else",
    "Half a pair \ud83d and the other \ude00 half stay",
    "A NUL \0 in the middle of it all",
    "Right to left \u202e and private \U0010f800 \U0010ffff ends",
    "Describe {instruction} and {examples} and %s and {{}}",
]


@pytest.mark.parametrize("layout", ["jsonl", "json"])
def test_any_text_comes_in_as_it_is(database: Database, pool: Pool, tmp_path: Path, layout: str) -> None:
    rows = [{"instruction": text, "input": text[::-1], "output": text * 2} for text in HOSTILE]
    rows.append({"instruction": "Write a very long answer now", "input": "", "output": "x好" * 500_000})
    path = tmp_path / f"f.{layout}"
    path.write_text(json.dumps(rows) if layout == "json" else "".join(json.dumps(row) + "\n" for row in rows))
    report = import_tasks(database, pool, path, filtered=False)
    assert report.bad == 0
    assert pairs(database, pool) == {row["instruction"]: [(row["input"], row["output"])] for row in rows}
    assert import_tasks(database, pool, path, filtered=False).tasks == 0


def drawn(n: int) -> list[dict[str, str]]:
    """Rows with repetitions, near-repetitions and everything that a rule drops."""
    import random

    chance = random.Random(5)
    words = ["river", "lake", "small", "the", "near", "explain", "a"]
    texts = [" ".join(chance.choices(words, k=chance.randint(2, 8))) for _ in range(n)]
    texts[::17] = ["Draw a picture of it now"] * len(texts[::17])
    texts[5::23] = ["Écrire une lettre pour lui"] * len(texts[5::23])
    return [
        {
            "instruction": text,
            "input": chance.choice(["", "x", "note:"]),
            "output": chance.choice(["one", "two", "", "x", "so:"]),
        }
        for text in texts
    ]


def test_the_decisions_of_an_import_are_those_of_the_rules_and_of_the_reference_program(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.importing.importer.CHUNK", 50)
    own = [Seed("s", "explain the small river near a lake", (("", "Out."),), False)]
    pool = pools.make(database, "a pool", own_seeds=own)
    rows = drawn(300)
    (tmp_path / "f.jsonl").write_text(lines(*rows))
    import_tasks(database, pool, tmp_path / "f.jsonl")
    once = list(dict.fromkeys(row["instruction"] for row in rows))
    fit = [text for text in once if plain_reading.instruction_rule(text) is None]
    decided = dict(zip(fit, plain_gate([own[0].instruction], fit, 0.7), strict=True))
    found = imported(database, pool)
    assert [task.instruction for task in found] == once
    with database.read() as c:
        why = tasks.evidence(c, [task.id for task in found])
    for task in found:
        rule = plain_reading.instruction_rule(task.instruction)
        expected = rule or (None if decided[task.instruction] else "too-close")
        assert (why[task.id].rule if task.id in why else None) == expected, task.instruction
        if expected == "too-close":
            near = why[task.id].evidence["closest"][0]
            with database.read() as c:
                assert tasks.get(c, near["task"]).instruction == near["instruction"]
            assert task.nearest_id == near["task"] and task.nearest_score == near["score"] > 0.7
        for instance in task.instances:
            pair = (instance.input, instance.output)
            fits = expected is None and bool(plain_reading.kept_instances([pair], False))
            assert (instance.state is State.ACCEPTED) == fits, (task.instruction, pair)
    assert 20 < sum(decided.values()) < len(decided) - 20
    assert set(replay(database, pool, 0.7).kept) == {t.id for t in found if t.state is State.ACCEPTED}


def test_without_filters_every_row_with_an_output_is_kept(database: Database, pool: Pool, tmp_path: Path) -> None:
    rows = drawn(100)
    (tmp_path / "f.jsonl").write_text(lines(*rows))
    report = import_tasks(database, pool, tmp_path / "f.jsonl", filtered=False)
    assert report.accepted == report.tasks == len({row["instruction"] for row in rows})
    unique = {(row["instruction"], row["input"], row["output"]) for row in rows}
    assert report.instances == sum(output != "" for _, _, output in unique)


def test_chinese_goes_into_a_pool_that_reads_chinese_and_is_compared_there(database: Database, tmp_path: Path) -> None:
    texts = ["写一首关于秋天的诗", "写一首关于秋天的诗歌", "解释什么是光合作用", "列出三种健康的早餐"]
    (tmp_path / "f.jsonl").write_text(lines(*({"instruction": text, "output": "好的"} for text in texts)), "utf-8")
    chosen = pools.fitting_tokeniser(first_instructions(tmp_path / "f.jsonl"))
    assert chosen == "unicode"
    pool = pools.make(database, "中文", tokeniser=chosen)
    import_tasks(database, pool, tmp_path / "f.jsonl")
    assert [task.state for task in imported(database, pool)] == [
        State.ACCEPTED,
        State.DISCARDED,
        State.ACCEPTED,
        State.ACCEPTED,
    ]
    blind = pools.make(database, "blind", own_seeds=[], tokeniser="paper")
    assert rules_for(blind).drop_non_ascii_start  # the paper's rule, where the paper's tokeniser was chosen
    import_tasks(database, blind, tmp_path / "f.jsonl", filtered=False)
    assert "can't see 100%" in pools.blindness(database, blind)


def run_import(folder: Path, file: Path, *flags: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "core", "import", "a pool", str(file), "--json", *flags]
    environment = databases.environment(folder)
    return subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def whole(folder: Path) -> list[Any]:
    database = open_database(databases.address(folder))
    with database.read() as c:
        found = tasks.page(c, pool_store.get(c, "a pool").id, origin=Origin.IMPORT, limit=1_000_000)
    text = {task.id: task.instruction for task in found}
    database.close()
    return [
        (t.instruction, t.state, text.get(t.nearest_id or 0), [(i.input, i.output, i.state) for i in t.instances])
        for t in found
    ]


@pytest.mark.slow
def test_an_import_that_was_killed_and_is_repeated_ends_like_one_that_was_not(tmp_path: Path) -> None:
    rows = [
        {"instruction": f"Name the {n} rivers {'of a land by the blue sea'[: n % 25]}", "input": "", "output": f"{n}"}
        for n in range(3500)
    ]
    file = tmp_path / "f.jsonl"
    file.write_text(lines(*rows, *rows[::7]))
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    assert run_import(calm, file).wait() == 0
    stored = [0]
    for wanted in (0, 1, 2001):
        program = run_import(killed, file)
        while program.poll() is None and not databases.rows(killed, "SELECT 1 FROM pools"):
            time.sleep(0.01)
        while program.poll() is None and tasks_in(killed) < wanted:
            time.sleep(0.005)
        program.send_signal(signal.SIGKILL)
        program.communicate()
        stored.append(tasks_in(killed))
    program = run_import(killed, file)
    report = json.loads(program.communicate()[0])
    assert program.returncode == 0
    assert whole(killed) == whole(calm)
    assert report["tasks"] == 3500 - stored[-1]
    assert all(n % CHUNK == 0 or n == 3500 for n in stored) and max(stored) > 2000  # whole steps only


def tasks_in(folder: Path) -> int:
    found = databases.rows(folder, "SELECT count(*) FROM tasks WHERE origin = 'import'")
    return int(found[0][0]) if found else 0


def test_seeds_replace_the_built_in_ones_of_a_new_pool_and_switch_them_off_in_an_old_one(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "seeds.jsonl").write_text(lines(SEED_ROW, {**SEED_ROW, "instruction": HILL}))
    old = pools.make(database, "old")
    report = import_seeds(database, old.id, tmp_path / "seeds.jsonl")
    assert (report.tasks, report.known) == (2, 0)
    with database.read() as c:
        assert len(tasks.seeds(c, old.id)) == 177
    assert import_seeds(database, old.id, tmp_path / "seeds.jsonl").tasks == 0


def test_what_a_seed_has_no_place_for_is_told_and_a_label_that_says_nothing_is_a_fault(
    database: Database, tmp_path: Path
) -> None:
    table = [
        "instruction,input,output,is_classification,topic",
        "Name a river.,,Po,maybe,geo",
        "Name a lake.,,Garda,1,geo",
    ]
    (tmp_path / "seeds.csv").write_text("\n".join([*table, "Is 3 odd?,,yes,no,"]))
    nested = {**SEED_ROW, "is_classification": "perhaps"}
    (tmp_path / "seeds.jsonl").write_text(lines(nested, {**SEED_ROW, "instruction": HILL, "topic": "geo"}))
    pool = pools.make(database, "p")
    for name, new in (("seeds.csv", [True, False]), ("seeds.jsonl", [False])):
        report = import_seeds(database, pool.id, tmp_path / name)
        assert [fault.reason for fault in report.faults] == ["the field is_classification is neither yes nor no"]
        assert "Not kept: topic (1 row)." in report.without_place[0]
        with database.read() as c:
            stored = {task.id: task.is_classification for task in tasks.seeds(c, pool.id)}
        assert [stored[added] for added in report.added] == new
    (tmp_path / "graded.jsonl").write_text(lines({"instruction": "Name a bay.", "output": "Biscay", "grade": "B"}))
    assert "its grade or label (1 row)" in import_seeds(database, pool.id, tmp_path / "graded.jsonl").without_place[0]
