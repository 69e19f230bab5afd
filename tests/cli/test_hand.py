"""The command `winnow`: nouns and verbs, slips of the pen, refusals, standard input and output."""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main
from core.cli import grammar, shell, streams
from core.selfinstruct.settings import SelfInstructSettings
from core.settings import PROJECT, load
from pages.shared import contents

Said = Callable[..., Any]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    def run(*words: object, code: int = 0) -> Any:
        capsys.readouterr()
        assert main([*map(str, words), "--json"]) == code
        return json.loads(capsys.readouterr().out)

    return run


def leaves(of: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    below = shell._below(of)
    if not below:
        yield path
    for name, one in below.items():
        yield from leaves(one, (*path, name))


def test_every_verb_of_the_grammar_is_declared_and_every_declared_verb_is_in_the_grammar() -> None:
    for verb in grammar.VERBS:
        declared, _ = shell.leaf(verb)
        assert shell._below(declared) == {}, verb
        assert declared.prog.startswith(f"winnow {verb.noun}")
    known = {verb.words for verb in grammar.VERBS}
    lost = [path for path in leaves(shell.parser()) if not any(words[: len(path)] == path for words in known)]
    assert lost == []


def test_every_verb_names_a_page_that_there_is_and_every_page_has_a_verb() -> None:
    pages = {entry.address for entries in contents.SECTIONS.values() for entry in entries}
    named = {verb.page for verb in grammar.VERBS} - {""}
    assert named <= pages
    assert pages - named == set(), "a page whose acts the command line lacks"


def test_todays_forms_do_what_a_noun_and_its_verb_do(said: Said) -> None:
    assert said("pool", "make", "p")["pool"] == "p"
    assert said("pools") == said("pool", "list")
    assert said("runs", "p") == said("run", "list", "p")
    assert said("statistics", "p") == said("diversity", "table1", "p")
    assert said("audit", "list", "p") == {"pool": "p", "audits": []}


def test_a_whole_way_by_nouns_and_verbs(said: Said) -> None:
    grown = said("run", "start", "p", "--provider", "demo", "--batches", "2")
    assert said("run", "show", grown["run"])["state"] == "done"
    tasks = said("task", "list", "p", "--limit", "3", "--origin", "self-instruct")["tasks"]
    whole = said("task", "show", tasks[0]["id"])
    instance = whole["instances"][0]["id"]
    assert said("run", "request", whole["request_id"])["reply"]["text"]
    assert said("rating", "give", instance, "--grade", "C", "--reviewer", "Ada")["said"] == "rated C"
    assert said("rating", "give", instance, "--grade", "A", "--reviewer", "Bo")["said"] == "rated A"
    assert [one["instance"] for one in said("rating", "differences", "p")["waiting"]] == [instance]
    said("rating", "settle", instance, "--grade", "B", "--reviewer", "Cy")
    assert said("rating", "differences", "p")["waiting"] == []
    assert "rating" in said("rating", "undo", "p", "--reviewer", "Bo", "--confirm")["undo"]
    assert said("rating", "undo", "p", "--reviewer", "Bo", "--redo")["instance"] == instance
    assert "nothing back" in said("rating", "undo", "p", "--reviewer", "Bo", "--redo", code=1)["error"]
    said("rating", "undo", "p", "--reviewer", "Bo", "--confirm")
    made = said("queue", "make", "p", "short ones", "--order", "random")
    assert said("queue", "list", "p")["queues"][-1]["waiting"] == made["waiting"] > 0
    said("queue", "close", "p", "short ones")
    assert "short ones" not in [one["name"] for one in said("queue", "list", "p")["queues"]]
    edited = said("item", "edit", instance, "--output", "Another answer.", "--reviewer", "Bo")
    assert edited["event"] and said("item", "show", instance)["output"] == "Another answer."
    fits = said("item", "reject", "p", "--reason", "a test", "--task", whole["id"])
    assert fits == {"fits": len(whole["instances"]), "changed": 0}, "counted, not done"
    assert (
        "confirmed"
        in said("item", "reject", "p", "--reason", "x", "--task", whole["id"], "--confirm", 99, code=1)["error"]
    )
    assert said("release", "preview", "p", "--all")["admitted"] > 0
    seeds = said("seeds", "list", "p")["seeds"]
    said("pool", "make", "another")
    assert "another pool" in said("seeds", "off", "another", seeds[0]["id"], code=1)["error"]
    assert said("seeds", "off", "p", seeds[0]["id"])["switched"] == 1
    assert len(said("seeds", "list", "p")["seeds"]) == len(seeds) - 1
    assert said("pool", "show", "p")["candidates"] == grown["candidates"]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["polo"], "pool"),
        (["run", "strat"], "start"),
        (["run", "start", "p", "--tagret", "5"], "--target"),
        (["generate", "p", "--tagret", "5"], "--target"),
        (["run", "start", "p", "--endpoint", "chta"], "chat"),
        (["rating", "give", "1", "--valid", "yse"], "yes"),
    ],
)
def test_a_slip_of_the_pen_is_told_what_was_meant(
    words: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert f"Did you mean {meant}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["list", "pool"], "The noun comes first: `winnow pool list`."),
        (["make"], "`winnow pool make` or `winnow queue make` or `winnow release make`."),
        (["xyzzy"], "release, finetune, evaluate, model, project, reproduce, history, backup"),
    ],
)
def test_words_in_another_order_are_put_in_order(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2 and told in capsys.readouterr().err


def test_a_plural_means_its_noun_and_help_means_help(said: Said, capsys: pytest.CaptureFixture[str]) -> None:
    said("pool", "make", "p")
    assert said("pools", "list") == said("pool", "list") and said("runs", "list")["runs"] == []
    assert said("seed", "list", "p") == said("seeds", "list", "p")
    for words in (["help"], ["pool", "help"]):
        assert main(words) == 0 and "Usage: " in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        main(["help", "pool", "list"])
    assert ended.value.code == 0 and "pool list [-h]" in capsys.readouterr().out


def test_ctrl_c_is_one_sentence_and_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def pressed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("core.pools.every", pressed)
    assert main(["pool", "list"]) == 130
    assert capsys.readouterr().err == "Stopped by hand; what was done is kept.\n"


def test_a_package_that_is_not_there_is_told_as_such(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(_: str) -> None:
        raise ModuleNotFoundError("No module named 'sqlalchemy'", name="sqlalchemy")

    monkeypatch.setattr("importlib.import_module", missing)
    assert main(["run", "list"]) == 1
    assert "The package sqlalchemy is not installed" in capsys.readouterr().err


def test_a_pool_can_begin_without_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pool", "make", "own", "--without-seeds"]) == 0
    assert "without seeds: `winnow seeds add`" in capsys.readouterr().out
    assert main(["seeds", "list", "own"]) == 0
    assert "classification" not in capsys.readouterr().out, "no row, and so no head"
    assert main(["pool", "archive", "own", "--without-seeds"]) == 1
    assert "goes with `pool make`" in capsys.readouterr().err


def test_help_says_every_default_and_the_papers_value(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["run", "start", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    paper = SelfInstructSettings()
    for name in ("novelty_threshold", "prompts_per_batch", "seeds_per_prompt", "max_words", "patience"):
        value = getattr(paper, name)
        assert f"(default {value}, paper {value})" in told, name
    assert "(default 120.0)" in told, "of the timeout"


def test_no_argument_of_any_verb_is_without_a_sentence() -> None:
    for verb in grammar.VERBS:
        declared, before = shell.leaf(verb)
        places = [action for action in declared._actions if not action.option_strings][: len(before)]
        silent = [one.dest for one in declared._actions if not one.help and one not in places]
        assert silent == [], f"{' '.join(verb.path)}"


def test_a_verbs_help_speaks_of_no_other_verb(said: Said, capsys: pytest.CaptureFixture[str]) -> None:
    for verb, own, others in (("make", "--without-seeds", "rename"), ("rename", "the new name", "--tokeniser")):
        with pytest.raises(SystemExit):
            main(["pool", verb, "--help"])
        told = capsys.readouterr().out
        assert own in told and others not in told and "for make" not in told
    assert "takes one name" in said("pool", "make", "my", "pool", code=1)["error"]


def test_help_and_completion_load_nothing_of_a_room() -> None:
    code = (
        "import sys\nfrom core.__main__ import main\n"
        "main(['--help'])\nmain(['queue', '--help'])\n"
        "sys.exit(any(name in sys.modules for name in ('sqlalchemy', 'pydantic', 'core.database', 'core.cli.queues')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, check=False).returncode == 0


def test_the_command_is_there_in_less_than_04_seconds_of_work() -> None:
    """The processor's time, which a busy machine doesn't lengthen."""

    def seconds(*words: str) -> float:
        before = os.times()
        subprocess.run([sys.executable, "-m", "core", *words], cwd=PROJECT, capture_output=True, check=True)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    assert min(seconds("--version") for _ in range(2)) < 0.4
    assert min(seconds("run", "--help") for _ in range(2)) < 0.4


def test_looking_loads_only_what_a_look_needs(said: Said) -> None:
    """A second is a long time for a list: arrays, validation, models and migrations wait for who needs them."""
    said("run", "start", "p", "--provider", "demo", "--batches", "1")
    said("audit", "new", "p", "--size", "2")
    item = said("audit", "next", "1")["instance"]
    code = (
        "import sys\nfrom core.__main__ import main\n"
        "for line in 'pool list', 'pool show p', 'task list p', 'item list p', 'run list', 'history p', "
        f"'seeds list p', 'release list p', 'discard list p', 'model price', 'queue list p', 'item show {item}', "
        "'rating agreement p', 'audit list p', 'audit show 1', 'evaluate sets', "
        "'release preview p', 'project export p -':\n"
        "    main([*line.split(), '--json'])\n"
        "heavy = ('numpy', 'scipy', 'statsmodels', 'sklearn', 'pandas', 'pydantic', 'openai', 'alembic', "
        "'sqlalchemy.orm', 'sqlalchemy.dialects.postgresql', 'pg8000')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    stored_in_sqlite = not os.environ.get("WINNOW_DATABASE_URL", "").startswith("postgresql")
    assert done.stderr.splitlines()[-1] == "[]" or not stored_in_sqlite


def test_a_dash_is_standard_input_and_output(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    row = json.dumps({"instruction": "Name a river in Europe please.", "output": "Danube"})
    for text in (row, "instruction,output\nName a mountain of the Alps.,Eiger\n"):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        capsysbinary.readouterr()
        assert main(["pool", "import", "p", "-", "--json"]) == 0
        assert json.loads(capsysbinary.readouterr().out)["accepted"] == 1
    assert main(["release", "make", "p", "-", "--all", "--json"]) == 0
    out, err = capsysbinary.readouterr()
    assert [json.loads(line)["output"] for line in out.splitlines()] == ["Danube", "Eiger"]
    told = json.loads(err.splitlines()[-1])
    assert (told["rows"], told["path"]) == (2, "standard output"), "the result went beside it"
    assert main(["release", "list", "p", "--json"]) == 0
    assert json.loads(capsysbinary.readouterr().out)["releases"][0]["path"] == "standard output"
    assert main(["rating", "give", "247", "--grade", "A"]) == 0
    capsysbinary.readouterr()
    assert main(["rating", "export", "p", "-"]) == 0
    ratings, err = capsysbinary.readouterr()
    assert json.loads(ratings)["grade"] == "A" and b"/tmp/" not in err
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(ratings)))
    assert main(["rating", "import", "p", "-", "--json"]) == 0
    assert json.loads(capsysbinary.readouterr().out)["known"] == 1


def words_of(verb: grammar.Verb, instead: str) -> tuple[list[str], dict[str, argparse.Action]]:
    """A verb with a word for each place that must be filled, and the files that it takes. `instead`: for a pool."""
    declared, before = shell.leaf(verb)
    words = list(verb.path)
    needed = [one for one in declared._actions if not one.option_strings][len(before) :]
    for action in [*needed, *(one for one in declared._actions if one.option_strings and one.required)]:
        optional = action.nargs in ("?", "*")
        word = instead if action.dest in ("pool", "name") else "1"
        word = str(next(iter(action.choices))) if action.choices else word
        if not optional:
            words += [*action.option_strings[-1:], *[word] * (action.nargs if isinstance(action.nargs, int) else 1)]
    files = {one.dest: one for one in declared._actions if streams.is_file(one)}
    return words, files


@pytest.mark.parametrize("verb", grammar.VERBS, ids=lambda verb: "-".join(verb.path))
def test_every_verb_speaks_json_and_takes_a_dash_or_says_why_not(verb: grammar.Verb) -> None:
    declared, _ = shell.leaf(verb)
    assert "--json" in declared._option_string_actions
    for action in declared._actions:
        is_path = action.type is Path or (action.metavar in ("FILE", "FOLDER", "PATH") and action.type is not None)
        if is_path and action.help != argparse.SUPPRESS:
            assert hasattr(action, "stream") != hasattr(action, "only"), f"{action.dest}: reads, writes or by_name?"
            assert hasattr(action, "only") or "- for standard" in str(action.help), action.dest


def test_every_refusal_is_one_json_object_on_the_stream_of_the_result(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what there is not, of a `-` that cannot be, and of wrong usage; standard output stays free for a file."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))

    def refused(*words: str) -> tuple[str, str]:
        capsys.readouterr()
        try:
            code = main([*words, "--json"])
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = capsys.readouterr()
        assert code in (1, 2), words
        return out, err

    for verb in grammar.VERBS:
        words, files = words_of(verb, "nowhere")
        out, _ = refused(*words, "--no-such-option")
        assert list(json.loads(out)) == ["error"], words
        for action in files.values():
            if hasattr(action, "only") and action.option_strings:
                out, _ = refused(*words, action.option_strings[-1], "-")
                assert "cannot be `-`" in json.loads(out)["error"], words
    for words in (["queue", "list", "nowhere"], ["task", "show", "9"], ["history", "nowhere"], ["polo"]):
        assert list(json.loads(refused(*words)[0])) == ["error"]
    out, err = refused("seeds", "export", "nowhere", "-")
    assert out == "" and list(json.loads(err)) == ["error"], "what is written out is a file, or nothing"
    assert "cannot be `-`" in json.loads(refused("release", "verify", "-")[0])["error"]


def test_what_is_listed_is_a_table_for_people_and_whoever_sits_there_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WINNOW_REVIEWER", "Ada")

    def table_of(*words: str) -> list[list[str]]:
        capsys.readouterr()
        assert main(list(words)) == 0
        return [line.split() for line in capsys.readouterr().out.splitlines()]

    assert main(["run", "start", "p", "--provider", "demo", "--batches", "1"]) == 0
    head, row = table_of("pool", "list")
    assert head[:4] == ["pool", "seeds", "candidates", "accepted"] and row[:2] == ["p", "175"]
    head, row, *_ = table_of("run", "list", "p")
    assert head[:4] == ["run", "pool", "method", "state"] and row[:4] == ["1", "p", "self-instruct", "done"]
    assert ["task", "rule", "text"] in table_of("discard", "list", "p")
    table_of("audit", "new", "p", "--size", "2")
    assert table_of("audit", "list", "p")[0][:3] == ["audit", "name", "judged"]
    table_of("rating", "give", table_of("item", "list", "p")[2][0], "--grade", "A")
    table_of("release", "make", "p", str(load().data_dir / "out"), "--include-demo")
    left_out = [line for line in table_of("release", "show", "p", "last") if line[:2] == ["left", "out"]]
    assert left_out[0][3:] == ["nobody", "has", "rated", "it"], "a reason is a sentence, as on the page"
    acts = table_of("history", "p")
    table_of("pool", "archive", "p")
    assert main(["pool", "list"]) == 0
    assert "put away: --archived" in capsys.readouterr().out, "why it is empty, and the nearest act"
    assert [line[2] for line in acts[1:3]] == ["Ada", "Ada"], "who released and who rated, not `command line`"


def test_quiet_says_nothing_but_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quiet", "run", "start", "p", "--provider", "demo", "--json"]) == 0
    assert capsys.readouterr().err == ""


def test_a_fault_gets_a_number_and_its_details_are_in_the_log_alone(
    said: Said, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from core import pools
    from core.logs import NAME

    def broken(*given: object, **named: object) -> None:
        raise ValueError("a secret text of somebody")

    with monkeypatch.context() as patched:
        patched.setattr(pools, "every", broken)
        first, second = said("pools", code=1)["error"], said("pools", code=1)["error"]
    assert first == second and "number W-" in first and "secret" not in first
    assert "secret" in (load().data_dir / NAME).read_text("utf-8")
    report = load().data_dir / "report.json"
    main(["doctor", "--report", str(report), "--json"])
    told = report.read_text("utf-8")
    assert first.split("number ")[1].split(";")[0] in told and "ValueError" in told and "test_hand.py" in told
    assert "secret" not in told and str(load().data_dir) not in told


def test_a_release_that_is_not_there_is_no_archive_that_waits_to_be_unpacked(said: Said, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    for words in (("release", "push", gone, "me/x"), ("finetune", "plan", gone, "--model", "m")):
        assert "There is no release at" in said(*words, code=1)["error"]
