"""Selection into a pool: live counts, nothing added twice, nothing read that must not be, and a kill loses nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core import pools
from core.corpus import selection_plan
from core.corpus.findings import examine
from core.corpus.job import Duplicates, SelectionSettings
from core.corpus.rows import corpus
from core.corpus.rows.corpus import TextState
from core.corpus.rules import RULE_IDS
from core.corpus.select import verdict
from core.corpus.select_settings import SelectSettings
from core.corpus.selection import select_corpus
from core.corpus.selection_plan import METHOD, SelectionPlan, check, demo_plan, folder_of, plan_of
from core.corpus.tuning import tune
from core.corpus.verbs import Verbs, own_verbs
from core.database import Database, open_database
from core.pool import pools as pool_store
from core.records import NotFound, Pool, Refused, Run, RunState
from core.runs import control
from core.runs import runner as runs
from core.runs.rows import runs as run_store
from core.settings import PROJECT
from tests import databases
from tests.corpus.test_corpus_selection import write_corpus

EXACT = SelectionSettings(duplicates=Duplicates.EXACT)


def select(database: Database, pool: Pool, plan: SelectionPlan) -> Run:
    run = control.start(database, pool.id, METHOD, plan.as_mapping(), here=True)
    return runs.work_here(database, run.id)


def texts(database: Database, pool: Pool) -> list[str]:
    with database.read() as c:
        return [text.text for text in corpus.page(c, pool.id, limit=100_000)]


@pytest.fixture
def pool(database: Database) -> Pool:
    return pools.make(database, "a pool")


def test_the_demo_corpus_comes_into_the_pool_with_its_funnel_and_its_misses(database: Database, pool: Pool) -> None:
    run = select(database, pool, demo_plan(SelectionSettings()))
    assert (run.state, run.message) == (RunState.DONE, "67 texts read, 22 selected, 22 new.")
    assert run.counts["survivors"][-1]["left"] == 25
    with database.read() as c:
        found = corpus.page(c, pool.id)
        misses = corpus.misses(c, run.id)
        assert corpus.counts(c, pool.id)[TextState.WAITING] == len(found) == 22
    first = found[0]
    assert (first.source, first.line, first.url) == ("demo.jsonl", 1, "https://example.org/radiator")
    assert [miss.rule for miss in misses] == sorted((miss.rule for miss in misses), key=RULE_IDS.index)
    assert {miss.rule for miss in misses} == set(RULE_IDS)
    for miss in misses:
        assert verdict(miss.text, SelectSettings(), own_verbs()).failed == (miss.rule,)


def test_the_same_again_reads_nothing_and_adds_nothing(database: Database, pool: Pool, tmp_path: Path) -> None:
    write_corpus(tmp_path / "c", 3, 40)
    plan = SelectionPlan(("c",), str(tmp_path), EXACT, workers=1)
    before = select(database, pool, plan)
    there = texts(database, pool)
    assert before.counts["new"] == len(there) > 0
    # What has been read is not needed again: the same bytes and times, but no longer any texts inside.
    for file in (tmp_path / "c").iterdir():
        stat = file.stat()
        file.write_bytes(b"\0" * stat.st_size)
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    again = select(database, pool, plan)
    assert (again.state, again.counts["new"], again.counts["texts"]) == (RunState.DONE, 0, 120)
    assert texts(database, pool) == there


def test_a_file_that_was_added_to_the_folder_brings_its_texts_alone(
    database: Database, pool: Pool, tmp_path: Path
) -> None:
    write_corpus(tmp_path / "c", 2, 40)
    plan = SelectionPlan(("c",), str(tmp_path), EXACT, workers=1)
    select(database, pool, plan)
    there = texts(database, pool)
    write_corpus(tmp_path / "d", 1, 60)
    (tmp_path / "d" / "c4-train.00000.json.gz").rename(tmp_path / "c" / "later.json.gz")
    run = select(database, pool, plan)
    assert texts(database, pool)[: len(there)] == there
    assert run.counts["new"] == len(texts(database, pool)) - len(there) > 0
    assert {text.source for text in _page(database, pool)[len(there) :]} == {"c/later.json.gz"}


def test_other_thresholds_add_what_they_let_in(database: Database, pool: Pool) -> None:
    plan = demo_plan(SelectionSettings())
    first = select(database, pool, plan)
    rules = replace(plan.settings.rules, shortest=900)
    with database.read() as c:
        misses, kept = corpus.misses(c, first.id), corpus.page(c, pool.id)
    foreseen = tune(kept, misses, rules, own_verbs())
    assert not foreseen.goes and foreseen.comes
    run = select(database, pool, replace(plan, settings=replace(plan.settings, rules=rules)))
    assert run.counts["new"] == len(foreseen.comes), "what was foreseen is what came"
    stricter = tune(kept, misses, replace(rules, shortest=1500), own_verbs())
    assert stricter.goes and all(failed == ("length",) for _, failed in stricter.goes)


def test_what_each_rule_found_is_said_in_words_and_agrees_with_the_verdict(database: Database, pool: Pool) -> None:
    select(database, pool, demo_plan(SelectionSettings()))
    for text in _page(database, pool):
        assert all(one.passes for one in examine(text.text, SelectSettings(), own_verbs()))
    words = "Our our we.\nstir it & ask? now?\nstir NASA SQL OK it\nstir more"
    found = {one.rule: one for one in examine(words, SelectSettings(), own_verbs())}
    assert found["length"].found == f"{len(words)} characters"
    assert found["forbidden-strings"].found == "&"
    assert found["pronouns"].found == "1: our"
    assert found["question-marks"].found == "2"
    assert found["capitals"].found == "3: NASA, SQL, OK"
    assert found["varied-starts"].found == "2: stir"
    assert found["verb-starts"].found == "3: stir; 3 line breaks"
    assert [rule for rule, one in found.items() if not one.passes] == list(
        verdict(words, SelectSettings(), own_verbs()).failed
    )


def test_what_cannot_be_read_is_told_by_file_and_line(database: Database, pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "short"}\nnot json\n{"body": 1}\n\xff\xfe\n')
    run = select(database, pool, SelectionPlan(("a.jsonl",), str(tmp_path), EXACT, workers=1))
    assert run.state is RunState.DONE and "3 could not be read" in run.message
    assert [(one["source"], one["line"]) for one in run.counts["unread_first"]] == [("a.jsonl", n) for n in (2, 3, 4)]


@pytest.mark.parametrize("place", ["../secret.jsonl", "{outside}", "link.jsonl", "../*.jsonl", "in/../../secret.jsonl"])
def test_a_page_cannot_read_outside_its_folder(database: Database, pool: Pool, tmp_path: Path, place: str) -> None:
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    secret = tmp_path / "secret.jsonl"
    secret.write_text('{"text": "secret"}\n')
    (root / "link.jsonl").symlink_to(secret)
    plan = SelectionPlan((place.format(outside=secret),), str(root), EXACT, confined=True)
    with pytest.raises(Refused, match="outside"):
        check(plan)
    run = select(database, pool, plan)  # and not by a run that was queued some other way
    assert run.state is RunState.FAILED and "outside" in run.message
    assert check(replace(plan, confined=False)) == 1


def test_a_page_is_offered_what_lies_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c.jsonl.gz").touch()
    (tmp_path / "a" / "notes.md").touch()
    assert selection_plan.offered(tmp_path) == ["a", "a/b", "a/b/c.jsonl.gz"]
    with pytest.raises(NotFound, match="No texts at nowhere"):
        check(SelectionPlan(("nowhere",), str(tmp_path), EXACT))


def test_a_list_of_verbs_of_ones_own_decides_and_is_kept_with_the_selection(database: Database, pool: Pool) -> None:
    name = selection_plan.keep_verbs(Verbs(frozenset({"zzz"}), frozenset()))
    run = select(database, pool, replace(demo_plan(SelectionSettings()), verbs=name))
    assert run.counts["selected"] == 0 and run.counts["failed_first"]["verb-starts"] == 27
    assert plan_of(run.settings).verbs == selection_plan.keep_verbs(Verbs(frozenset({"zzz"}), frozenset()))


def test_the_command_killed_again_and_again_ends_with_what_a_calm_one_selects(tmp_path: Path) -> None:
    write_corpus(tmp_path / "c", 8, 200)
    calm = select_corpus(["c"], tmp_path / "calm", SelectionSettings(duplicates=Duplicates.EXACT), root=tmp_path)
    command = [sys.executable, "-m", "core", "corpus", "select", "a pool", "c", "--json", "--workers", "1"]
    command += ["--duplicates", "exact"]
    folder = tmp_path / "data"
    environment = {**databases.environment(folder), "PYTHONPATH": str(PROJECT)}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    for shards in (1, 5):
        program = subprocess.Popen(command, cwd=tmp_path, env=environment, **pipes)
        while len(list((folder / "corpora").glob("1/shards/*.done.json"))) < shards and program.poll() is None:
            time.sleep(0.005)
        program.send_signal(signal.SIGKILL)
        program.communicate()
    done = {file.name: file.stat().st_mtime_ns for file in (folder / "corpora/1/shards").glob("*.done.json")}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert calm.merged is not None
    assert (found["run"], found["selected"], found["new"]) == (1, calm.merged.selected, calm.merged.selected)
    for name, at in done.items():
        assert (folder / "corpora/1/shards" / name).stat().st_mtime_ns == at, "a shard that was done is not read again"
    lines = [json.loads(line) for line in (tmp_path / "calm/selected.jsonl").read_bytes().splitlines()]
    database = open_database(databases.address(folder))
    with database.read() as c:
        pool = pool_store.get(c, "a pool")
    assert [(text.source, text.line, text.text) for text in _page(database, pool)] == [
        (line["source"], line["line"], line["text"]) for line in lines
    ]
    database.close()


def test_a_selection_that_stops_between_two_pieces_goes_on_without_a_gap(
    database: Database, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.corpus.corpus_job.PIECE", 5)
    load, calls = corpus.load, []

    def failing(*args: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        load(*args)

    monkeypatch.setattr(corpus, "load", failing)
    run = control.start(database, pool.id, METHOD, demo_plan(SelectionSettings()).as_mapping(), here=True)
    with pytest.raises(KeyboardInterrupt):
        runs.work_here(database, run.id)
    assert len(texts(database, pool)) == 10
    with database.write() as c:
        assert run_store.resume(c, run.id)
    ended = runs.work_here(database, run.id)
    assert (ended.state, ended.counts["new"]) == (RunState.DONE, 22)
    assert len(set(texts(database, pool))) == len(texts(database, pool)) == 22
    assert (folder_of(run.id) / "selected.jsonl").exists()


def _page(database: Database, pool: Pool) -> list[corpus.CorpusText]:
    with database.read() as c:
        return corpus.page(c, pool.id, limit=100_000)
