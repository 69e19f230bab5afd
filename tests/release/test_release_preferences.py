"""Data that trainers of now can use: pairs, labels and scores out of what people did in a pool."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core import extensions
from core.database import Database
from core.evaluation.importing import What, import_file
from core.pool import arrivals, beside, edits, judging, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.pool.beside import NewBeside
from core.pool.judgement import Judgement
from core.records import Beside, Grade, Instance, Origin, Pool, Refused, Turn
from core.release import formats
from core.release.formats import FORMATS, Format
from core.release.making import make
from core.release.options import REINSTRUCT_STYLE
from core.release.order import ReleaseOrder, order_of
from core.release.predicate import Predicate
from core.release.writer import write_release
from tests.release.release_pools import opened, rated_pool
from tests.release.release_rows import options, row, rows, source


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return opened(tmp_path / "data")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.open("rb")]


def its(database: Database, pool: Pool, place: int) -> Instance:
    """The instance of the task that arrived at that place."""
    with database.read() as c:
        return next(one for one in _all(c, pool) if one.output.endswith(f" {place}"))


def _all(c: Any, pool: Pool) -> list[Instance]:
    from core.database.schema import instances

    ids = [found.id for found in c.execute(instances.select().where(instances.c.pool_id == pool.id))]
    return [tasks.instance(c, one) for one in ids]


def give(database: Database, pool: Pool, place: int, had: Beside) -> None:
    instance = its(database, pool, place)
    with database.write() as c:
        beside.add(c, pool.id, [NewBeside(instance.task_id, instance.id, had)])


def edit(database: Database, instance: Instance, output: str, grade: Grade | None, reason: str = "") -> Instance:
    with database.write() as c:
        edits.change_instance(c, instance.task_id, instance.id, instance.input, output, "ann", reason)
        now = tasks.instance(c, instance.id)
        if grade:
            judging.rate(c, now.id, "ann", now.text_hash, Judgement(grade))
        return now


def test_kto_has_what_people_approved_and_what_they_judged_invalid_in_the_order_of_the_pool(
    database: Database, tmp_path: Path
) -> None:
    pool = rated_pool(database, grades="ADBCDA")
    made = make(database, pool, ReleaseOrder(("trl-kto", "llamafactory-kto", "jsonl")), tmp_path / "r")
    said = lines(tmp_path / "r/trl-kto/train.jsonl")
    assert [each["label"] for each in said] == [True, False, True, False, False, True]
    assert [each["completion"][0]["content"] for each in said] == [f"output {n}" for n in range(6)]
    assert said[0]["prompt"][0]["content"].endswith("\n\ninput 0")
    assert [each["kto_tag"] for each in lines(tmp_path / "r/llamafactory-kto/train.jsonl")] == [
        each["label"] for each in said
    ]
    assert made.rows == 3 and len(lines(tmp_path / "r/jsonl/train.jsonl")) == 3
    assert "trl-kto has 6 records of 3 rows and 3 that the rule left behind as judged" in " ".join(made.notes)
    lineage = lines(tmp_path / "r/lineage.jsonl")
    assert [each.get("admitted", True) for each in lineage] == [each["label"] for each in said]
    for place, each in enumerate(lineage, start=1):
        assert each["lines"]["trl-kto"] == [place] and bool(each["lines"]["rows"]) is each.get("admitted", True)


def test_a_valid_row_of_too_low_a_grade_is_neither_a_good_nor_a_bad_example(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database, grades="ABD")
    make(database, pool, ReleaseOrder(("trl-kto",), Predicate(min_grade=Grade.A)), tmp_path / "r")
    assert [each["label"] for each in lines(tmp_path / "r/trl-kto/train.jsonl")] == [True, False]


def test_what_stands_near_given_texts_is_no_bad_example_either(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database, grades="AADD")
    near = "Describe the colour number 3 in one sentence."
    make(database, pool, ReleaseOrder(("trl-kto",), Predicate(away_from=(near,), away_threshold=0.95)), tmp_path / "r")
    said = lines(tmp_path / "r/trl-kto/train.jsonl")
    assert [each["completion"][0]["content"] for each in said] == ["output 0", "output 1", "output 2"]


def test_what_is_near_an_evaluation_set_is_no_bad_example(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database, n=0)
    asked = ("Plan a birthday party for nine children.", "Name a river of Europe.", "Explain why the sky looks blue.")
    with database.write() as c:
        new = [NewTask(Origin.IMPORT, text, False, (NewInstance("", f"To {text}"),)) for text in asked]
        for task, grade in zip(tasks.by_ids(c, arrivals.add(c, pool.id, new)), "ADD", strict=True):
            [now] = task.instances
            judging.rate(c, now.id, "ann", now.text_hash, Judgement(Grade(grade)))
    sealed = {"id": "a", "instruction": asked[1], "output": "Danube."}
    (tmp_path / "set.jsonl").write_text(json.dumps(sealed) + "\n")
    import_file(database, "rivers", tmp_path / "set.jsonl", What.SET)
    make(database, pool, ReleaseOrder(("trl-kto", "score")), tmp_path / "r")
    answers = [each["completion"][0]["content"] for each in lines(tmp_path / "r/trl-kto/train.jsonl")]
    assert answers == [f"To {asked[0]}", f"To {asked[2]}"]
    assert [each["score"] for each in lines(tmp_path / "r/score/train.jsonl")] == [4.0, 1.0]


def test_an_edit_and_its_ratings_make_a_pair_with_a_margin(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database, grades="CA")
    edit(database, its(database, pool, 0), "a better output", Grade.A)
    make(database, pool, ReleaseOrder(("trl-dpo", "trl-reward", "llamafactory-ranking")), tmp_path / "r")
    [pair] = lines(tmp_path / "r/trl-dpo/train.jsonl")
    assert pair["chosen"] == [{"role": "assistant", "content": "a better output"}]
    assert pair["rejected"] == [{"role": "assistant", "content": "output 0"}]
    assert lines(tmp_path / "r/trl-reward/train.jsonl") == [{**pair, "margin": 2.0}]
    [ranked] = lines(tmp_path / "r/llamafactory-ranking/train.jsonl")
    assert (ranked["chosen"]["value"], ranked["rejected"]["value"]) == ("a better output", "output 0")


def test_an_undone_edit_a_worse_edit_and_one_of_another_question_make_no_pair(
    database: Database, tmp_path: Path
) -> None:
    pool = rated_pool(database, grades="AAA")
    back = edit(database, its(database, pool, 0), "regretted", None)
    edit(database, back, "output 0", None, reason="undone")
    edit(database, its(database, pool, 1), "worse but passing", Grade.B)
    with database.write() as c:
        asked = its(database, pool, 2)
        edits.change_instance(c, asked.task_id, asked.id, "another input", "its output", "ann")
        now = tasks.instance(c, asked.id)
        judging.rate(c, now.id, "ann", now.text_hash, Judgement(Grade.A))
    with pytest.raises(Refused, match="trl-dpo was left out: no row has a better and a worse answer"):
        make(database, pool, ReleaseOrder(("trl-dpo",)), tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_rejected_answers_of_an_import_and_lower_rated_ones_of_the_task_are_pairs(
    database: Database, tmp_path: Path
) -> None:
    pool = rated_pool(database, grades="A", n=12)
    give(database, pool, 0, Beside(rejected=("output 0", "a bad one", "another")))
    answers = {"a good one": Grade.A, "a plain one": Grade.B, "a wrong one": Grade.D, "not rated": None}
    several = tuple(NewInstance("", output) for output in answers)
    with database.write() as c:
        new = [NewTask(Origin.IMPORT, "Name a colour.", False, (*several, NewInstance("x", "of another input")))]
        [task] = tasks.by_ids(c, arrivals.add(c, pool.id, new))
        for now in task.instances:
            if grade := answers.get(now.output, Grade.D):
                judging.rate(c, now.id, "ann", now.text_hash, Judgement(grade))
    make(database, pool, ReleaseOrder(("trl-reward", "jsonl")), tmp_path / "r")
    said = lines(tmp_path / "r/trl-reward/train.jsonl")
    assert [(each["chosen"][0]["content"], each["rejected"][0]["content"], each["margin"]) for each in said] == [
        ("output 0", "a bad one", 0.0),
        ("output 0", "another", 0.0),
        ("a good one", "a plain one", 1.0),
        ("a good one", "a wrong one", 3.0),
        ("a plain one", "a wrong one", 2.0),
    ]


def test_scores_are_the_mean_of_what_people_said_of_the_present_text(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database, grades="ABD")
    second = its(database, pool, 1)
    with database.write() as c:
        judging.rate(c, second.id, "bob", second.text_hash, Judgement(Grade.A))
    make(database, pool, ReleaseOrder(("score",)), tmp_path / "r")
    said = lines(tmp_path / "r/score/train.jsonl")
    assert [(each["score"], each["ratings"]) for each in said] == [(4.0, 1), (3.5, 2), (1.0, 1)]
    assert said[1]["messages"][-1] == {"role": "assistant", "content": "output 1"}


def test_a_system_prompt_and_turns_are_in_chat_formats_and_the_others_say_what_they_leave_out(
    database: Database, tmp_path: Path
) -> None:
    pool = rated_pool(database, grades="A" * 12)
    before = (Turn("user", "Hello"), Turn("assistant", "Hello yourself"))
    give(database, pool, 0, Beside("Be kind.", before, thoughts="It said hello."))
    chat = ("trl-messages", "openai-chat", "sharegpt", "trl-prompt", "trl-kto")
    made = make(database, pool, ReleaseOrder((*chat, "alpaca", "jsonl", "csv", "parquet")), tmp_path / "r")
    roles = ["system", "user", "assistant", "user"]
    for name, field in (("trl-messages", "messages"), ("openai-chat", "messages"), ("trl-prompt", "prompt")):
        first = lines(tmp_path / f"r/{name}/train.jsonl")[0][field]
        assert [turn["role"] for turn in first][:4] == roles and first[0]["content"] == "Be kind."
    first = lines(tmp_path / "r/sharegpt/train.jsonl")[0]["conversations"]
    assert [turn["from"] for turn in first] == ["system", "human", "gpt", "human", "gpt"]
    whole = lines(tmp_path / "r/jsonl/train.jsonl")[0]
    assert whole["system"] == "Be kind." and json.loads(whole["turns"])[1]["content"] == "Hello yourself"
    assert whole["thoughts"] == ""
    [note] = [note for note in made.notes if "leaves out the system prompt" in note]
    assert note.startswith("alpaca leaves out the system prompt of 1 row and the earlier turns of 1")


def test_thoughts_go_out_on_request_alone(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database, grades="A" * 12)
    give(database, pool, 0, Beside(thoughts="It said hello."))
    order = ReleaseOrder(("trl-messages", "alpaca", "openai-chat", "jsonl"), thoughts=True)
    assert order_of(order.as_json()) == order
    made = make(database, pool, order, tmp_path / "r")
    told = "<think>\nIt said hello.\n</think>\n\noutput 0"
    assert lines(tmp_path / "r/trl-messages/train.jsonl")[0]["messages"][-1]["content"] == told
    assert json.loads((tmp_path / "r/alpaca/train.json").read_bytes())[0]["output"] == told
    assert lines(tmp_path / "r/jsonl/train.jsonl")[0]["thoughts"] == "It said hello."
    assert lines(tmp_path / "r/openai-chat/train.jsonl")[0]["messages"][-1]["content"] == "output 0"
    assert "openai-chat leaves out the thoughts of 1 row." in made.notes


def test_fields_of_imported_rows_are_released_and_filtered_by(database: Database, tmp_path: Path) -> None:
    pool = rated_pool(database, grades="AAAA")
    give(database, pool, 0, Beside(extra={"topic": "rivers", "rank": 3}))
    give(database, pool, 1, Beside(extra={"topic": "songs"}))
    make(database, pool, ReleaseOrder(("jsonl", "csv", "parquet"), fields=("topic", "rank")), tmp_path / "all")
    said = [(each["imported_topic"], each["imported_rank"]) for each in lines(tmp_path / "all/jsonl/train.jsonl")]
    assert said == [("rivers", "3"), ("songs", ""), ("", ""), ("", "")]
    rule = Predicate(fields=(("topic", "rivers"),))
    made = make(database, pool, ReleaseOrder(("jsonl",), rule), tmp_path / "rivers")
    assert made.rows == 1 and made.excluded["field"] == 11 and "topic is rivers" in rule.in_words()
    with pytest.raises(Refused, match='has a column "colour"'):
        make(database, pool, ReleaseOrder(("jsonl",), fields=("colour",)), tmp_path / "none")


def test_a_tools_answer_is_left_out_of_openai_files_and_said(tmp_path: Path) -> None:
    given = [row(n, turns=(Turn("user", "?"), Turn("tool", "42"))) if n == 3 else row(n) for n in range(12)]
    release = write_release(source(given), tmp_path / "r", options("openai-chat", "trl-messages"))
    assert len(lines(tmp_path / "r/openai-chat/train.jsonl")) == 11
    assert len(lines(tmp_path / "r/trl-messages/train.jsonl")) == 12
    assert "openai-chat leaves out 1 row whose earlier turns hold a tool's answer." in release.notes


def test_openai_pairs_keep_openais_rules(tmp_path: Path) -> None:
    write_release(source(rows(30)), tmp_path / "r", options("openai-dpo"))
    first = lines(tmp_path / "r/openai-dpo/train.jsonl")[0]
    assert set(first) == {"input", "preferred_output", "non_preferred_output"}
    assert first["input"]["messages"][-1]["role"] == "user" and len(first["preferred_output"]) == 1
    with pytest.raises(Refused, match="fewer than 10 rows"):
        write_release(source(rows(12)), tmp_path / "few", options("openai-dpo"))


def test_the_layout_of_the_paper_is_always_the_same(tmp_path: Path) -> None:
    write_release(source(rows(4)), tmp_path / "r", options("paper"))
    said = lines(tmp_path / "r/paper/train.jsonl")
    assert said[0]["prompt"] == "Task: Say something kind about the number 0.\nInput: Number: 0\nOutput:"
    assert said[1]["prompt"] == "Task: Say something kind about the number 0.\nOutput:"
    assert said[0]["completion"] == " 0 is a fine number."


def test_every_second_copy_of_a_seed_is_in_the_shuffled_file(tmp_path: Path) -> None:
    seeds = [row(n, id=f"i{n}", task=f"t{n}", origin=Origin.SEED, output=f"answer {n}") for n in range(175)]
    release = write_release(source(seeds), tmp_path / "r", options("self-instruct", style=REINSTRUCT_STYLE))
    assert len(lines(tmp_path / "r/self-instruct/train.jsonl")) == 350
    assert not any("Duplicates" in note for note in release.notes)


def test_a_package_from_outside_brings_a_format(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "site/winnow_shout-1.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: winnow-shout\nVersion: 1\n")
    (package / "entry_points.txt").write_text("[winnow.formats]\nshout = winnow_shout:SHOUT\n")
    (tmp_path / "site/winnow_shout.py").write_text(
        "from core.release.formats import Format, Shape, one\n"
        "SHOUT = Format('shout', Shape.LINES, 'datasets', one(lambda row, seed, copy: {'text': row.output.upper()}))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    formats.every.cache_clear()
    try:
        write_release(source(rows(4)), tmp_path / "r", options("shout", "jsonl"))
        assert lines(tmp_path / "r/shout/train.jsonl")[0] == {"text": "0 IS A FINE NUMBER."}
        points = "[winnow.formats]\nshout = json:dumps\nloud = winnow_shout:SHOUT\nalpaca = winnow_shout:SHOUT\n"
        (package / "entry_points.txt").write_text(points)
        formats.every.cache_clear()
        there = formats.every()
        assert [*there] == [*FORMATS, "loud"] and there["loud"].name == "loud", "its name is that of the entry point"
        assert there["alpaca"] is FORMATS["alpaca"], "and none that is taken"
        [nothing, taken] = sorted(extensions.load(extensions.FORMATS, Format, FORMATS).faults, reverse=True)
        assert "shout" in nothing and "is no Format" in nothing and "alpaca" in taken and "rename it" in taken
    finally:
        formats.every.cache_clear()
