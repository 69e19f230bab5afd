"""Determinism on the demo: a project replayed over the stored replies comes out the same, or says where not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core import pools
from core.__main__ import main
from core.database import Database, schema
from core.llm.target import DEMO
from core.pool import judging, tasks
from core.pool.judgement import Judgement
from core.project import export, replay
from core.records import Budget, Endpoint, Grade, Instance, Origin, Pool, RunState, State
from core.reinstruct.plan import METHOD as REINSTRUCT
from core.reinstruct.plan import ReinstructPlan
from core.reinstruct.settings import preset
from core.review import editing
from core.runs import control, runner
from core.runs.until import Until
from core.seeds import promotion, seeds
from core.selfinstruct.loop import METHOD, SelfInstructPlan
from core.selfinstruct.settings import SelfInstructSettings
from core.settings import PROJECT

DEMO_MODEL = ("--provider", "demo")
SMALL = (*DEMO_MODEL, "--prompts-per-batch", "2")
DEMO_CORPUS = PROJECT / "seeds" / "corpus" / "demo.jsonl"


def said(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*map(str, words), "--json"]) == code
    return dict(json.loads(capsys.readouterr().out))


def test_the_demo_comes_out_the_same_again_and_a_changed_number_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    said(capsys, "run", "start", "demo", *SMALL, "--batches", "3")
    said(capsys, "run", "start", "demo", *SMALL, "--batches", "1", "--seed", "7")
    file = tmp_path / "demo.json"
    assert said(capsys, "project", "export", "demo", file)["runs"] == 2
    text = file.read_text("utf-8")
    assert "api_key" not in text and '"models": [\n        "demo"' in text
    whole = json.loads(text)
    found = said(capsys, "reproduce", file)
    assert (found["same"], found["differences"], found["left"]) == (True, [], [])
    assert found["replayed"] == [one["run"] for one in whole["runs"]]

    whole["runs"][0]["settings"]["settings"]["novelty_threshold"] = 0.3  # another setting: other tasks come out
    whole["funnel"]["approved"] = 5
    file.write_text(json.dumps(whole), "utf-8")
    found = said(capsys, "reproduce", file, code=1)
    where = [one["where"] for one in found["differences"]]
    assert "funnel.approved" in where
    assert any(name.startswith("replay of run 1: candidates") for name in where)


def test_what_people_and_files_changed_between_runs_is_as_it_was_when_a_run_is_done_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"instruction": "Say what a lighthouse is for.", "output": "It warns ships."}) + "\n")
    first = said(capsys, "run", "start", "p", *SMALL, "--batches", "1")
    task = next(one for one in said(capsys, "task", "list", "p", "--origin", "self-instruct")["tasks"])
    instance = said(capsys, "task", "show", task["id"])["instances"][0]["id"]
    said(capsys, "item", "edit", instance, "--instruction", "Count from one to seven in Latin.", "--reviewer", "Ada")
    second = said(capsys, "task", "list", "p", "--origin", "self-instruct")["tasks"][1]["id"]
    said(capsys, "item", "reject", "p", "--reason", "dull", "--task", second, "--confirm", _fits(capsys, second))
    said(capsys, "pool", "import", "p", rows)
    said(capsys, "seeds", "off", "p", 3)
    run = said(capsys, "run", "start", "p", *SMALL, "--batches", "1", "--seed", "5")
    said(capsys, "seeds", "on", "p", 3)
    said(capsys, "seeds", "off", "p", 5, 9, 11)
    said(capsys, "seeds", "add", "p", "--instruction", "Name the colour of a ripe lemon.", "--output", "Yellow")
    file = tmp_path / "p.json"
    said(capsys, "project", "export", "p", file)
    found = said(capsys, "reproduce", file)
    assert (found["differences"], found["left"]) == ([], [])
    assert found["replayed"] == [first["run"], run["run"]] and found["same"]


def _fits(capsys: pytest.CaptureFixture[str], task: int) -> int:
    return int(said(capsys, "item", "reject", "p", "--reason", "dull", "--task", task)["fits"])


def test_what_is_no_project_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"format": "another"}')
    assert "winnow project export" in said(capsys, "reproduce", tmp_path / "x.json", code=1)["error"]


def test_a_project_that_somebody_made_up_is_refused_in_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    said(capsys, "run", "start", "p", *SMALL, "--batches", "1")
    file = tmp_path / "p.json"
    said(capsys, "project", "export", "p", file)
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    for at, evil, why in (
        (("pool",), 3, "its pool has no name"),
        (("runs",), {}, "it has no list of runs"),
        (("runs", 0), None, "of run 1 in its list is missing"),
        (("runs", 0, "counts"), "", "the counts of run 1"),
        (("runs", 0, "counts", "accepted"), {}, "a number of run 1"),
        (("runs", 0, "batches"), 10**30, "a number of run 1"),
        (("runs", 0, "counts", "accepted"), deep, "it is nested more deeply than any"),
        (("runs", 0, "settings"), {}, "has no settings of run 1"),
        (("runs", 0, "settings", "settings", "prompts_per_batch"), 10**9, "prompts_per_batch"),
        (("runs", 0, "settings", "settings", "instances"), [], "instances"),
    ):
        whole = json.loads(file.read_text("utf-8"))
        place: Any = whole
        for name in at[:-1]:
            place = place[name]
        place[at[-1]] = evil
        (tmp_path / "evil.json").write_text(json.dumps(whole), "utf-8")
        told = said(capsys, "reproduce", tmp_path / "evil.json", code=1)
        assert why in (told.get("error") or told["left"][0])
    whole = json.loads(file.read_text("utf-8"))
    whole["runs"][0] |= {"batches": 10**9, "models": ["x" * 100_000]}
    whole["runs"][0]["settings"]["target"] = 10**9
    file.write_text(json.dumps(whole), "utf-8")
    assert main(["reproduce", str(file)]) == 1
    assert len(capsys.readouterr().out) < 20_000, "what differs is told, and shortened"


def test_texts_that_became_tasks_become_the_same_tasks_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    said(capsys, "pool", "make", "p")
    said(capsys, "corpus", "select", "p", DEMO_CORPUS)
    both = said(capsys, "corpus", "run", "p", *DEMO_MODEL, "--batches", "2", "--set", "texts_per_batch=6")
    alone = said(capsys, "corpus", "reverse", "p", *DEMO_MODEL, "--batches", "1", "--set", "texts_per_batch=5")
    grown = said(capsys, "run", "start", "p", *SMALL, "--batches", "1")
    task = said(capsys, "task", "list", "p", "--origin", "reinstruct")["tasks"][0]["id"]
    said(capsys, "item", "reject", "p", "--reason", "dull", "--task", task, "--confirm", _fits(capsys, task))
    answers = said(capsys, "corpus", "rewrite", "p", *DEMO_MODEL)
    file = tmp_path / "p.json"
    said(capsys, "project", "export", "p", file)
    found = said(capsys, "reproduce", file)
    assert (found["differences"], found["left"]) == ([], [])
    assert found["replayed"] == [both["run"], alone["run"], grown["run"], answers["run"]] and found["same"]
    assert both["accepted"] and answers["completed"]

    whole = json.loads(file.read_text("utf-8"))
    whole["runs"][1]["settings"]["settings"]["novelty_threshold"] = 0.05  # nearly nothing is new enough
    file.write_text(json.dumps(whole), "utf-8")
    where = [one["where"] for one in said(capsys, "reproduce", file, code=1)["differences"]]
    assert any(name.startswith(f"replay of run {both['run']}: accepted") for name in where)


def test_what_people_rate_reject_and_edit_while_a_run_grows_counts_again_from_the_same_batch_on(
    database: Database, tmp_path: Path
) -> None:
    pool = pools.make(database, "p")
    settings = SelfInstructSettings(approved_examples_only=True, generated_per_prompt=3, prompts_per_batch=2)
    plan = SelfInstructPlan(settings, replace(DEMO, concurrency=2), Until(batches=3)).as_mapping()
    run = control.start(database, pool.id, METHOD, plan, Budget(requests=30), here=True)
    run = runner.work_here(database, run.id)
    assert run.state is RunState.STOPPED, "the budget ends it within its batches"
    with database.read() as c:
        made = [task for task in tasks.page(c, pool.id, run_id=run.id, limit=100) if task.state is State.ACCEPTED]
    items = [task.instances[0] for task in made if task.instances and task.instances[0].state is State.ACCEPTED][:7]
    rate(database, items, "Ada", Grade.A)
    rate(database, items[4:5], "Bo", Grade.D)  # the later word counts
    hashes = {one.id: one.text_hash for one in items}
    editing.reject(database, items[6].id, hashes[items[6].id], "dull", "Ada", whole_task=True)
    editing.reject(database, items[3].id, hashes[items[3].id], "dull", "Ada")
    other = editing.Text("Count from one to seven in Latin.", "", "Unus, duo, tres, quattuor, quinque, sex, septem.")
    editing.edit(database, items[0].id, hashes[items[0].id], other, "Ada")
    run = runner.work_here(database, control.resume(database, run.id, Budget(), here=True).id)
    assert run.state is RunState.DONE
    shown = [{task for drawn in one.plan["examples"] for task in drawn} for one in control.batches(database, run.id)]
    approved = {one.task_id for one in items[1:3]} | {items[5].task_id}  # an edit makes old ratings stale
    assert not shown[0] & approved and shown[-1] & approved == shown[-1] & {task.id for task in made}
    rate(database, items[1:6], "Cy", Grade.D)  # what is said later changes nothing about it
    file = tmp_path / "p.json"
    export.write(database, pool, file, "Ada")
    found = replay.reproduce(database, file, "Ada")
    assert (found.differences, found.left, found.replayed) == ((), (), (run.id,))


def rate(database: Database, items: Sequence[Instance], reviewer: str, grade: Grade) -> None:
    with database.write() as c:
        for one in items:
            judging.rate(c, one.id, reviewer, tasks.instance(c, one.id).text_hash, Judgement(grade))


def test_a_run_that_was_taken_up_with_other_seeds_is_done_again_with_those_it_knew(
    database: Database, tmp_path: Path
) -> None:
    pool = pools.make(database, "p")
    settings = SelfInstructSettings(prompts_per_batch=2, seeds_per_prompt=4)
    plan = SelfInstructPlan(settings, replace(DEMO, concurrency=2), Until(batches=3)).as_mapping()
    run = control.start(database, pool.id, METHOD, plan, Budget(requests=20), here=True)
    run = runner.work_here(database, run.id)
    assert run.state is RunState.STOPPED and 1 <= run.counts["batches"] < 3, "in the middle of its batches"
    its = seeds.of_pool(database, pool.id)
    seeds.switch(database, [seed.id for seed in its[::3]], on=False, actor="Ada")
    edited = seeds.Seed("rivers", "Name three rivers that flow west.", (("", "Ebro, Loire and Tagus"),), False)
    seeds.edit(database, its[1].id, edited, "Ada")
    seeds.add(database, pool.id, [seeds.Seed("lemon", "Name the colour of a lemon.", (("", "Yellow"),), False)])
    with database.read() as c:
        made = [task for task in tasks.page(c, pool.id, run_id=run.id, limit=100) if task.instances]
    rate(database, made[0].instances[:1], "Ada", Grade.A)
    promotion.promote(database, made[0].id, "Ada")
    run = runner.work_here(database, control.resume(database, run.id, Budget(), here=True).id)
    assert run.state is not RunState.FAILED and run.counts["batches"] == 3
    assert len(run.counts["looked"]) == 2
    seeds.switch(database, [seed.id for seed in its[::3]], on=True, actor="Ada")
    file = tmp_path / "p.json"
    export.write(database, pool, file, "Ada")
    found = replay.reproduce(database, file, "Ada")
    assert (found.differences, found.left, found.replayed) == ((), (), (run.id,))

    with database.write() as c:  # as an earlier Winnow left it, where the journal alone tells when it was resumed
        c.execute(schema.runs.update().values(counts={**run.counts, "looked": []}))
    found = replay.reproduce(database, file, "Ada")
    assert (found.differences, found.left) == ((), ())
    with database.write() as c:  # and one without a journal
        c.execute(schema.journal.delete())
    found = replay.reproduce(database, file, "Ada")
    assert any(one.where.startswith(f"replay of run {run.id}: candidates") for one in found.differences)
    (left,) = found.left
    assert f"Run {run.id} was begun" in left and "cannot be checked" in left


def test_texts_whose_run_was_taken_up_with_other_seeds_become_the_same_tasks_again(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = replace(preset(Endpoint.CHAT), texts_per_batch=4)
    plan = ReinstructPlan(settings, replace(DEMO, endpoint=Endpoint.CHAT, concurrency=2), Until(batches=2)).as_mapping()

    def asked(pool: Pool) -> list[str]:
        with database.read() as c:
            return [one.instruction for one in tasks.page(c, pool.id, origin=Origin.REINSTRUCT, limit=100)]

    said(capsys, "corpus", "select", "p", DEMO_CORPUS)
    pool = pools.named(database, "p")
    run = control.start(database, pool.id, REINSTRUCT, plan, Budget(requests=7), here=True)
    run = runner.work_here(database, run.id)
    assert run.state is RunState.STOPPED and 1 <= run.counts["batches"] < 2, "in the middle of its batches"
    accepted = run.counts["accepted"]
    recorded = (DEMO_CORPUS.parent / "reverse.jsonl").read_text("utf-8").splitlines()
    later = [text for text in (json.loads(line)["text"] for line in recorded) if text not in asked(pool)]
    its = seeds.of_pool(database, pool.id)
    seeds.switch(database, [seed.id for seed in its[::3]], on=False, actor="Ada")
    made = seeds.add(database, pool.id, [seeds.Seed("s", text, (("", "An answer."),), False) for text in later])
    run = runner.work_here(database, control.resume(database, run.id, Budget(), here=True).id)
    assert run.state is not RunState.FAILED and len(run.counts["looked"]) == 2
    assert run.counts["accepted"] == accepted, "the new seeds drop what says the same"
    seeds.switch(database, made, on=False, actor="Ada")
    file = tmp_path / "p.json"
    export.write(database, pool, file, "Ada")
    found = replay.reproduce(database, file, "Ada")
    assert (found.differences, found.left, found.replayed) == ((), (), (run.id,))
