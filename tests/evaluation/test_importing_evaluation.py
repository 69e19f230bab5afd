"""Every schema of evaluation's files comes in, joins by its text, and says what did not join."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.database import Database
from core.evaluation import models, results, winning
from core.evaluation.importing import What, import_file
from core.evaluation.results import GradeSheet, ScoreSheet
from core.evaluation.winning import WinSheet
from core.records import Grade, NotFound, Refused
from tests.evaluation.sets_of_models import a_set, answers, write


def test_user_oriented_tasks_keep_id_application_input_and_expert_answer(database: Database, tmp_path: Path) -> None:
    name = a_set(database, tmp_path)
    first, second, *_ = models.tasks(database, name)
    assert (first.external_id, first.category, first.input) == ("u0", "Gmail", "")
    assert (second.input, second.references) == ("input 1", ("answer 1 as an expert writes it",))


def superni(path: Path, name: str, instances: int) -> None:
    whole = {
        "Definition": [f"In this task, {name} something."],
        "Categories": ["Question Answering"],
        "Domains": ["News"],
        "Positive Examples": [],
        "Instances": [
            {"id": f"{name}-{at}", "input": f"{name} {at}", "output": [f"x {at}", "y"]} for at in range(instances)
        ],
    }
    path.mkdir(parents=True, exist_ok=True)
    (path / f"{name}.json").write_text(json.dumps(whole, indent=1), encoding="utf-8")


def test_a_folder_of_superni_tasks_brings_a_hundred_instances_of_each(database: Database, tmp_path: Path) -> None:
    superni(tmp_path / "ni", "task001_copy", 130)
    superni(tmp_path / "ni", "task002_turn", 40)
    done = import_file(database, "ni", tmp_path / "ni", What.SET)
    assert (done.added, done.left_out) == (140, 30)
    tasks = models.tasks(database, "ni", limit=200)
    assert {task.cluster for task in tasks} == {"task001_copy", "task002_turn"}
    assert tasks[0].references[1] == "y" and tasks[0].category == "Question Answering"
    import_file(database, "again", tmp_path / "ni", What.SET)
    assert [t.input for t in models.tasks(database, "again", limit=200)] == [t.input for t in tasks]
    import_file(database, "other seed", tmp_path / "ni", What.SET, seed=1)
    assert [t.input for t in models.tasks(database, "other seed", limit=200)] != [t.input for t in tasks]


def test_one_superni_file_written_over_many_lines_is_a_set_too(database: Database, tmp_path: Path) -> None:
    superni(tmp_path, "task003_one", 3)
    assert import_file(database, "one", tmp_path / "task003_one.json", What.SET).added == 3


def test_plain_csv_and_jsonl_rows_are_sets(database: Database, tmp_path: Path) -> None:
    (tmp_path / "plain.csv").write_text("instruction,input,output\nAdd them.,1 2,3\nSay hi.,,hi\n", encoding="utf-8")
    assert import_file(database, "csv", tmp_path / "plain.csv", What.SET).added == 2
    rows = [{"prompt": "Name it.", "references": ["a", "b"]}, {"prompt": ""}]
    done = import_file(database, "jsonl", write(tmp_path / "rows.jsonl", rows), What.SET)
    assert done.added == 1 and done.faults == ((2, "no instruction"),)
    assert models.tasks(database, "jsonl")[0].references == ("a", "b")


def test_a_set_never_changes_and_the_same_file_again_adds_nothing(database: Database, tmp_path: Path) -> None:
    a_set(database, tmp_path)
    again = import_file(database, "small", tmp_path / "small.jsonl", What.SET)
    assert (again.added, again.known) == (0, 12)
    other = write(tmp_path / "other.jsonl", [{"instruction": "Another.", "output": "x"}])
    with pytest.raises(Refused, match="never changes"):
        import_file(database, "small", other, What.SET)


def test_predictions_join_by_text_after_folding_white_space_and_count_what_does_not(
    database: Database, tmp_path: Path
) -> None:
    a_set(database, tmp_path)
    rows = [
        {"prompt": "…", "instruction": " Do the evaluated  thing number 1.\n", "input": "input 1", "response": "x"},
        {"prompt": "…", "instruction": "Do the evaluated thing number 0.", "input": "", "response": ""},
        {"prompt": "…", "instruction": "Do something else.", "input": "", "response": "y"},
        {"prompt": "…", "instruction": "Do the evaluated thing number 1.", "input": "another input", "response": "z"},
    ]
    path = write(tmp_path / "davinci.jsonl", rows)
    done = import_file(database, "small", path, What.RESPONSES)
    assert (done.added, done.unmatched, done.models) == (2, 2, ("davinci",))
    again = import_file(database, "small", path, What.RESPONSES, model="davinci")
    assert (again.added, again.known) == (0, 2)


def test_a_response_that_differs_from_the_stored_one_is_counted_and_changes_nothing(
    database: Database, tmp_path: Path
) -> None:
    a_set(database, tmp_path)
    answers(database, tmp_path, ["m"])
    other = write(tmp_path / "o.jsonl", [{"model": "m", "id": "u0", "response": "something else"}])
    done = import_file(database, "small", other, What.RESPONSES)
    assert (done.added, done.differs) == (0, 1)
    task = models.tasks(database, "small")[0]
    found = models.responses_to(database, "small", task.id, "anna")
    assert isinstance(found, tuple) and found[0].text == "answer 0 indeed"


def annotation(at: int, preference: float | None, model: str = "ours", annotator: str = "judge") -> dict[str, object]:
    return {
        "annotator": annotator,
        "dataset": "selfinstruct",
        "instruction": f"Do the evaluated thing number {at}." + (f"\n\ninput {at}" if at % 3 else ""),
        "output_1": "a reference",
        "generator_1": "davinci",
        "output_2": "ours " * (at + 1),
        "generator_2": model,
        "preference": preference,
    }


def test_annotations_give_the_leaderboards_figures(database: Database, tmp_path: Path) -> None:
    a_set(database, tmp_path)
    values: list[float | None] = [1, 2, 2, 1.5, 0, 2, 1.25, None, 2, 1]
    rows = [annotation(at, value) for at, value in enumerate(values)]
    rows.append({**annotation(0, 2), "instruction": "Of no task here."})
    done = import_file(database, "small", write(tmp_path / "annotations.jsonl", rows), What.ANNOTATIONS)
    assert (done.added, done.unmatched) == (10, 1)
    found = winning.win_rates(database, "small", "anna")
    assert isinstance(found, WinSheet) and (found.by, found.baseline) == ("judge", "davinci")
    ours = found.models["ours"]
    shares = [0, 1, 1, 0.5, 0.5, 1, 0.25, 1, 0]
    assert (ours.n, ours.wins, ours.losses, ours.draws, ours.left_out) == (9, 4, 3, 2, 1)
    assert ours.win_rate == pytest.approx(100 * sum(shares) / 9)
    assert ours.length == pytest.approx(sum(5 * (at + 1) for at in range(10)) / 10)
    other_side = winning.win_rates(database, "small", "anna", baseline="ours")
    assert isinstance(other_side, WinSheet)
    assert other_side.models["davinci"].win_rate == pytest.approx(100 - 100 * sum(shares) / 9)


def test_two_models_in_one_annotation_file_are_told_apart(database: Database, tmp_path: Path) -> None:
    a_set(database, tmp_path)
    rows = [annotation(at, 2) for at in range(6)] + [annotation(at, 1, "theirs") for at in range(4)]
    import_file(database, "small", write(tmp_path / "two.jsonl", rows), What.ANNOTATIONS)
    found = winning.win_rates(database, "small", "")
    assert isinstance(found, WinSheet)
    assert {name: (each.n, each.win_rate) for name, each in found.models.items()} == {
        "ours": (6, 100.0),
        "theirs": (4, 0.0),
    }


def test_grades_from_elsewhere_count_and_a_second_grade_replaces_the_first(database: Database, tmp_path: Path) -> None:
    a_set(database, tmp_path)
    answers(database, tmp_path, ["m", "n"])
    rows = [
        {"reviewer": who, "model": model, "id": f"u{at}", "grade": "AB"[at % 2]}
        for who in ("anna", "ben")
        for model in ("m", "n")
        for at in range(12)
    ]
    path = write(tmp_path / "grades.jsonl", rows)
    assert import_file(database, "small", path, What.GRADES).added == 48
    assert import_file(database, "small", path, What.GRADES).known == 48
    changed = write(tmp_path / "grades.jsonl", [{"reviewer": "anna", "model": "m", "id": "u0", "grade": "d"}])
    assert import_file(database, "small", changed, What.GRADES).added == 1
    found = results.grades(database, "small", "")
    assert isinstance(found, GradeSheet)
    n, m = found.models  # the better one first
    assert (m.ratings, m.n, m.counts[Grade.D], n.counts[Grade.A]) == (24, 12, 1, 6)
    assert found.agreement is not None and found.agreement.n == 24 and found.disputed == 1
    assert found.variants == 2
    assert found.apart[0].position == 1 and found.apart[0].points == {"m": 2.5, "n": 4.0}


def test_grades_that_are_no_grades_are_named_with_their_line(database: Database, tmp_path: Path) -> None:
    a_set(database, tmp_path)
    answers(database, tmp_path, ["m"])
    rows = [
        {"reviewer": "anna", "model": "m", "id": "u0", "grade": "E"},
        {"reviewer": "anna", "model": "m", "id": "u1", "grade": "A"},
        {"reviewer": "anna", "model": "who", "id": "u1", "grade": "A"},
        {"model": "m", "id": "u1", "grade": "A"},
        {"reviewer": "anna", "model": "m", "id": "u1", "grade": "A", "at": "last week"},
    ]
    done = import_file(database, "small", write(tmp_path / "g.jsonl", rows), What.GRADES)
    assert (done.added, done.unmatched) == (1, 1)
    assert done.faults == (
        (1, "the grade 'E' is not A, B, C or D"),
        (4, "no reviewer"),
        (5, "at is no time; give ISO 8601 or seconds since 1970"),
    )


def test_a_file_that_belongs_to_another_set_is_refused_with_the_count(database: Database, tmp_path: Path) -> None:
    a_set(database, tmp_path)
    rows = [{"instruction": "Not here.", "output": "x", "generator": "g"}]
    with pytest.raises(Refused, match="1 row is of no task"):
        import_file(database, "small", write(tmp_path / "f.jsonl", rows), What.RESPONSES)
    grade = {"reviewer": "anna", "model": "nobody", "id": "u0", "grade": "A"}
    with pytest.raises(Refused, match="1 row is of no task"):
        import_file(database, "small", write(tmp_path / "g.jsonl", [grade]), What.GRADES)
    assert models.every_set(database)[0].rounds == 0  # nothing half made is left behind
    with pytest.raises(NotFound, match="there is small"):
        import_file(database, "big", write(tmp_path / "f.jsonl", rows), What.RESPONSES)


def test_scores_by_model_come_from_the_stored_responses(database: Database, tmp_path: Path) -> None:
    a_set(database, tmp_path)
    rows = [{"id": f"u{at}", "response": f"Answer {at}, as an expert writes it!"} for at in range(12)]
    import_file(database, "small", write(tmp_path / "p.jsonl", rows), What.RESPONSES, model="perfect")
    answers(database, tmp_path, ["other"])
    found = results.scores(database, "small", "anna")
    assert isinstance(found, ScoreSheet)
    assert found.models["perfect"].overall.exact_match == 100
    assert found.models["perfect"].overall.rouge_l.value == pytest.approx(100)
    assert (found.models["other"].overall.rouge_l.value or 100) < 60
    assert {row.name for row in found.models["other"].by_category} == {"Gmail", "Notion", "Excel"}
