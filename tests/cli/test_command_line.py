"""The command line as a script uses it: one JSON object, an exit code, one clear line."""

from __future__ import annotations

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main, parser
from core.settings import PROJECT, load
from tests import databases
from tests.fake_openai import FakeOpenAI

Winnow = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def winnow(capsys: pytest.CaptureFixture[str]) -> Winnow:
    """Run a verb with --json: exit code, the one object on standard output, what standard error said."""

    def run(*arguments: object) -> tuple[int, Any, str]:
        capsys.readouterr()
        code = main([*map(str, arguments), "--json"])
        said = capsys.readouterr()
        assert said.out.count("\n") == 1, said.out
        return code, json.loads(said.out), said.err

    return run


def leaves(of: argparse.ArgumentParser, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every verb, with the verbs below it."""
    below = [action for action in of._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield path, of
    for action in below:
        for name, one in action.choices.items():
            yield from leaves(one, (*path, name))


VERBS = dict(leaves(parser()))
MAKES_A_POOL = {("import",), ("generate",), ("pool",)}


def positionals(verb: Any) -> list[argparse.Action]:
    return [action for action in verb._actions if not action.option_strings]


@pytest.mark.parametrize("path", VERBS, ids=" ".join)
def test_every_verb_answers_in_json(path: tuple[str, ...]) -> None:
    assert "--json" in VERBS[path]._option_string_actions


OF_A_POOL = [
    path
    for path, verb in VERBS.items()
    if path not in MAKES_A_POOL and positionals(verb) and positionals(verb)[0].dest == "pool"
]


@pytest.mark.parametrize("path", OF_A_POOL, ids=" ".join)
def test_a_verb_that_is_refused_says_so_in_one_object_and_one_line(
    winnow: Winnow, path: tuple[str, ...], tmp_path: Path
) -> None:
    verb = VERBS[path]
    others = [
        str(tmp_path / "x.jsonl") if action.type in (None, Path) and not action.choices else "1"
        for action in positionals(verb)[1:]
        if action.nargs not in ("?", "*")
    ]
    options: list[str] = []
    for action in verb._actions:
        if action.option_strings and action.required:
            options += [action.option_strings[0], next(iter(action.choices)) if action.choices else "1"]
    code, found, err = winnow(*path, "nope", *others, *options)
    assert code == 1
    assert list(found) == ["error"] and "\n" not in found["error"]
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments", [[], ["sing"], ["generate"], ["generate", "p", "--target", "many"], ["import", "p"], ["novelty"]]
)
def test_wrong_usage_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().out == ""


def test_the_demo_way_from_seeds_to_figures(winnow: Winnow, tmp_path: Path) -> None:
    code, grown, err = winnow("generate", "demo", "--provider", "demo", "--batches", "2")
    assert (code, grown["state"]) == (0, "done")
    assert "tasks accepted" in err
    assert winnow("pools")[1]["pools"] == [
        {
            "name": "demo",
            "seeds": 175,
            "candidates": grown["candidates"],
            "accepted": grown["accepted"],
            "instances": grown["pool_instances"],
            "reviewed": 0,
            "approved": 0,
        }
    ]
    code, replayed, _ = winnow("novelty", "demo", "--threshold", "0.7", "--items")
    assert (code, replayed["kept"]) == (0, grown["accepted"])
    assert len(replayed["dropped_items"]) == replayed["dropped"] == grown["discards"]["too-close"]
    code, table, _ = winnow("statistics", "demo")
    assert (code, table["instructions"], table["instances"]) == (0, grown["accepted"], grown["pool_instances"])
    code, written, _ = winnow("seeds", "demo", tmp_path / "seeds.jsonl")
    assert (code, written["seeds"]) == (0, 175)
    rows = [json.loads(line) for line in (tmp_path / "seeds.jsonl").read_text("utf-8").splitlines()]
    assert sum(len(row["instances"]) for row in rows) == 246
    assert winnow("seeds", "demo", tmp_path / "one.jsonl", "--one-instance")[0] == 0
    released = [json.loads(line) for line in (tmp_path / "one.jsonl").read_text("utf-8").splitlines()]
    assert [row["instances"] for row in released] == [row["instances"][:1] for row in rows], "as in the released file"
    code, imported, _ = winnow("import", "second", tmp_path / "seeds.jsonl", "--as", "seeds")
    assert (code, imported["tasks"], imported["as"]) == (0, 175, "seeds")


@pytest.mark.sqlite("backup copies a file")
def test_a_backup_holds_what_the_pool_holds(winnow: Winnow, tmp_path: Path) -> None:
    _, grown, _ = winnow("generate", "demo", "--provider", "demo", "--batches", "1")
    code, copied, _ = winnow("backup", tmp_path / "copy.db")
    assert code == 0
    with sqlite3.connect(copied["file"]) as c:
        assert c.execute("SELECT count(*) FROM tasks WHERE demo").fetchone() == (grown["candidates"],)
    c.close()


def test_doctor_tells_what_it_found(winnow: Winnow) -> None:
    code, found, _ = winnow("doctor")
    assert {check["name"] for check in found["checks"]} >= {"python", "database", "seeds", "model"}
    assert code == (0 if found["ok"] else 1)
    assert next(check for check in found["checks"] if check["name"] == "database")["ok"]


ROWS = [
    {"instruction": "Name a river in Europe please.", "output": "Danube"},
    {"instruction": "Name a river in Europe, please!", "output": "Po"},
    {"instruction": "", "output": "x"},
]


def test_an_import_makes_its_pool_and_reports_bad_rows(winnow: Winnow, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(map(json.dumps, ROWS)))
    code, found, _ = winnow("import", "new", file)
    assert code == 0
    assert {k: found[k] for k in ("tasks", "accepted", "discarded", "bad_rows", "already_there")} == {
        "tasks": 2,
        "accepted": 1,
        "discarded": 1,
        "bad_rows": 1,
        "already_there": 0,
    }
    assert found["discards"] == {"too-close": 1}
    assert found["report"] == [{"line": 3, "reason": "the field instruction is empty"}]
    code, found, _ = winnow("import", "new", file)
    assert (code, found["tasks"], found["already_there"]) == (0, 0, 2)


def test_a_file_of_no_use_makes_no_pool(winnow: Winnow, tmp_path: Path) -> None:
    for name, content in (("bad.jsonl", "bad\n"), ("notes.txt", "Notes.")):
        (tmp_path / name).write_text(content)
        for kind in ("tasks", "seeds"):
            code, found, _ = winnow("import", "new", tmp_path / name, "--as", kind)
            assert (code, list(found)) == (1, ["error"])
    assert winnow("pools")[1] == {"pools": []}


def test_seeds_for_an_old_pool_take_the_place_of_the_built_in_ones(winnow: Winnow, tmp_path: Path) -> None:
    assert winnow("pool", "make", "old")[0] == 0
    (tmp_path / "own.jsonl").write_text(json.dumps({**ROWS[0], "is_classification": False}))
    code, found, err = winnow("import", "old", tmp_path / "own.jsonl", "--as", "seeds")
    assert (code, found["tasks"]) == (0, 1)
    assert "175 built-in seeds" in err
    assert winnow("pools")[1]["pools"][0]["seeds"] == 1
    assert winnow("import", "old", tmp_path / "own.jsonl", "--as", "seeds")[1]["tasks"] == 0


def test_a_pools_settings_are_set_by_their_names_and_an_unfit_value_is_told(winnow: Winnow) -> None:
    assert winnow("pool", "make", "mine", "--tokeniser", "unicode")[0] == 0
    assert winnow("pool", "set", "mine", "--parser", "lexicon")[0] == 0
    assert winnow("novelty", "mine")[1]["tokeniser"] == "unicode"
    code, found, _ = winnow("pool", "set", "mine")
    assert (code, "--tokeniser" in found["error"]) == (1, True)
    code, found, _ = winnow("pool", "archive", "mine", "--tokeniser", "paper")
    assert code == 1 and "pool set" in found["error"]


def test_a_chinese_import_chooses_the_tokeniser_that_reads_it_and_an_unfit_one_is_warned_of(
    winnow: Winnow, tmp_path: Path
) -> None:
    rows = [
        {"instruction": text, "output": "好"}
        for text in ("写一首关于秋天的诗", "写一首关于秋天的诗歌", "解释光合作用的原理")
    ]
    (tmp_path / "f.jsonl").write_text("\n".join(map(json.dumps, rows)))
    code, found, _ = winnow("import", "中文", tmp_path / "f.jsonl")
    assert (code, found["accepted"], found["discards"], "warning" in found) == (0, 2, {"too-close": 1}, False)
    own = [{**row, "is_classification": False} for row in rows]
    (tmp_path / "s.jsonl").write_text("\n".join(map(json.dumps, own)))
    code, found, err = winnow("import", "blind", tmp_path / "s.jsonl", "--as", "seeds", "--tokeniser", "paper")
    assert code == 0
    assert "can't see 100% of the letters" in found["warning"] and found["warning"] in err
    for english, words in (
        ("old", ("import", "old", tmp_path / "s.jsonl", "--as", "seeds")),
        ("new", ("seeds", "add", "new", tmp_path / "s.jsonl")),
    ):
        assert winnow("pool", "make", english)[0] == 0  # among 175 seeds in English
        _, found, err = winnow(*words)
        assert "can't see 100% of the letters" in found["warning"] and found["warning"] in err
    _, found, _ = winnow("import", "old", tmp_path / "s.jsonl", "--as", "seeds", "--tokeniser", "unicode")
    assert "warning" not in found, "the pool has the tokeniser that was named"


@pytest.mark.parametrize(
    "flags",
    [
        ["--set", "novelty_threshold=high"],
        ["--set", "instructions=5"],
        ["--set", "colour=blue"],
        ["--set", "colour"],
        ["--target", "0"],
        ["--concurrency", "0"],
    ],
)
def test_a_run_that_makes_no_sense_is_refused_before_it_begins(winnow: Winnow, flags: list[str]) -> None:
    code, found, _ = winnow("generate", "demo", "--provider", "demo", *flags)
    assert (code, list(found)) == (1, ["error"])
    assert winnow("pools")[1] == {"pools": []}


@pytest.mark.parametrize("number", [10**30, -(10**30), 2**63])
@pytest.mark.parametrize(
    "command",
    [
        *(["audit", "show", "{}"], ["run", "pause", "{}"], ["finetune", "status", "{}"]),
        *(["audit", "new", "demo", "--run", "{}"], ["discards", "demo", "--limit", "{}"]),
        *(["export", "demo", "{out}", "--all", "--seed", "{}"], ["discards", "demo", "--rescue", "{}"]),
    ],
    ids=lambda command: " ".join(command),
)
def test_a_number_that_no_database_holds_is_one_sentence(
    winnow: Winnow, command: list[str], number: int, tmp_path: Path
) -> None:
    winnow("pool", "make", "demo")
    code, found, _ = winnow(*(part.format(number, out=tmp_path / "out") for part in command))
    assert (code, list(found)) == (1, ["error"])


def test_a_server_that_is_not_there_is_one_sentence_and_exit_code_1(winnow: Winnow) -> None:
    code, found, err = winnow("generate", "p", "--base-url", "http://127.0.0.1:1/v1", "--model", "m")
    assert (code, found["state"]) == (1, "failed")
    assert found["message"].startswith("Nothing answers at") and "Traceback" not in err


def test_the_key_of_the_environment_is_used_and_never_written(winnow: Winnow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-in-the-environment-0815")
    with FakeOpenAI(key="sk-in-the-environment-0815") as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        code, found, err = winnow("generate", "p", "--model", "fake", "--endpoint", "completions")
    assert (code, found["state"]) == (0, "done")
    assert "0815" not in json.dumps(found) + err
    assert b"environment-0815" not in databases.written(load().data_dir)


def as_program(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "core", *arguments],
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_any_text_can_be_shown_whatever_the_terminal(tmp_path: Path, encoding: str, winnow: Winnow) -> None:
    rows = [{"instruction": f"Say {text} to all of them", "output": "x"} for text in ("\ud83d", "好的", "👍🏽")]
    (tmp_path / "f.jsonl").write_text("\n".join(map(json.dumps, rows * 2)))
    winnow("import", "p", tmp_path / "f.jsonl", "--no-filter")
    for flags in (["--json"], []):
        done = as_program("novelty", "p", "--threshold", "0.1", "--items", *flags, PYTHONIOENCODING=encoding)
        assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
        if flags:
            assert {one["instruction"] for one in json.loads(done.stdout)["dropped_items"]} <= {
                row["instruction"] for row in rows
            }


@pytest.mark.slow
@pytest.mark.sqlite("a limit on its file")
def test_a_full_disk_is_one_sentence_and_the_same_command_goes_on(tmp_path: Path) -> None:
    """The program may write files of 1.4 MB at most: its database ends there."""
    data = tmp_path / "full"
    with FakeOpenAI() as server:
        arguments = [
            "generate",
            "p",
            "--base-url",
            server.url,
            "--model",
            "fake",
            "--endpoint",
            "completions",
            "--json",
        ]
        done = subprocess.run(
            [sys.executable, "-m", "core", *arguments],
            cwd=PROJECT,
            env=databases.environment(data),
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_400_000, 1_400_000)),
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        said = json.loads(done.stdout)
        message = said.get("error") or said["message"]
        assert message.startswith(("The disk is full", "The disk refused")) and "\n" not in message
        paid = len(server.requests)
        assert paid > 0
        again = as_program(*arguments, WINNOW_DATA_DIR=str(data))
        assert (again.returncode, json.loads(again.stdout)["run"]) == (0, 1), again.stderr


def test_a_database_of_another_kind_or_place_is_a_sentence(winnow: Winnow, monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("nonsense", "sqlite:////proc/nowhere/winnow.db", "oracle9://x/y"):
        monkeypatch.setenv("WINNOW_DATABASE_URL", address)
        code, found, err = winnow("pools")
        assert (code, list(found)) == (1, ["error"]), address
        assert "Traceback" not in err


def test_import_looks_first_and_says_what_every_column_became(winnow: Winnow, tmp_path: Path) -> None:
    file = tmp_path / "f.jsonl"
    file.write_text('{"question": "Name a river in Europe.", "remark": "Danube", "n": 4, "label": false}\n')
    code, seen, _ = winnow("import", "looked", file, "--look")
    assert (code, seen["fields"], seen["without_output"]) == (0, {"question": "instruction", "label": "label"}, 1)
    assert winnow("pools")[1]["pools"] == []
    code, mapped, _ = winnow("import", "looked", file, "--look", "--map", "output=remark")
    assert mapped["fields"] == {"question": "instruction", "remark": "output", "label": "label"}
    assert mapped["first"][0]["instances"][0]["label"] == "not good"
    code, done, _ = winnow("import", "looked", file, "--map", "output=remark")
    assert (code, done["unused"], done["without_output"], done["negative"]) == (0, ["n"], 0, 1)
    assert done["fields"]["remark"] == "output"
    for wrong in ("output=nothing", "colour=remark", "output"):
        assert winnow("import", "looked", file, "--map", wrong)[0] == 1


def test_import_ends_with_1_where_no_row_has_an_answer(winnow: Winnow, tmp_path: Path) -> None:
    (tmp_path / "f.jsonl").write_text('{"question": "Name a river in Europe."}\n')
    code, found, _ = winnow("import", "p", tmp_path / "f.jsonl")
    assert (code, found["rows"], found["without_output"]) == (1, 1, 1)
    assert "None of the rows has an output" in found["warning"]


def test_import_asks_for_a_tokeniser_before_it_drops_anything(winnow: Winnow, tmp_path: Path) -> None:
    (tmp_path / "f.jsonl").write_text('{"instruction": "写一首关于秋天的诗", "output": "好的"}\n', "utf-8")
    winnow("pool", "make", "p")
    code, refused, _ = winnow("import", "p", tmp_path / "f.jsonl")
    assert code == 1 and "--tokeniser unicode" in refused["error"]
    assert winnow("pools")[1]["pools"][0]["candidates"] == 0
    code, found, _ = winnow("import", "p", tmp_path / "f.jsonl", "--tokeniser", "unicode")
    assert (code, found["accepted"]) == (0, 1)
    assert winnow("import", "p", tmp_path / "f.jsonl", "--threshold", "nan")[0] == 1
