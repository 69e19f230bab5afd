"""The evaluation set that ships with Winnow: its form, its novelty, its right answers, and its demo responses."""

import csv
import doctest
import io
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from itertools import combinations, permutations, product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
from rouge_score import rouge_scorer

SEEDS = Path(__file__).parents[2] / "seeds"
SET = SEEDS / "evaluation"
MODELS = ("demo-base", "demo-tuned", "demo-strong")
REVIEWERS = ("demo-anna", "demo-ben")
MAX_LINE = 20_000


@cache
def lines(name: str) -> list[str]:
    return (SET / name).read_text(encoding="utf-8").splitlines()


@cache
def records(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(name)]


def tasks() -> list[dict[str, Any]]:
    return records("user_100.jsonl")


def given(number: int) -> str:
    return str(tasks()[number]["instances"][0]["input"])


def answer(number: int) -> str:
    return str(tasks()[number]["instances"][0]["output"])


def response(model: str, number: int) -> str:
    (text,) = [
        row["response"]
        for row in records("demo_responses.jsonl")
        if (row["model"], row["id"]) == (model, f"user_task_{number}")
    ]
    return str(text)


def code(text: str) -> str:
    """Return the only fenced block of a text, or the whole of a text without fences."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    if not blocks:
        return text
    (block,) = blocks
    return str(block)


def run_python(source: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    exec(compile(source, "evaluation set", "exec"), namespace)  # noqa: S102 -- our own shipped snippets, and the point is to run them
    return namespace


def words(text: str) -> int:
    return len(text.split())


# ---- form ----------------------------------------------------------------------------------------------------------


def test_there_are_100_tasks_in_the_schema_of_the_papers_user_oriented_set() -> None:
    assert len(tasks()) == 100
    for number, task in enumerate(tasks()):
        assert list(task) == ["id", "motivation_app", "instruction", "instances"]
        assert task["id"] == f"user_task_{number}"
        (instance,) = task["instances"]
        assert list(instance) == ["input", "output"]
        for text in (task["motivation_app"], task["instruction"], instance["input"], instance["output"]):
            assert isinstance(text, str)
            assert text == text.strip()
        assert task["motivation_app"] and task["instruction"] and instance["output"]


def test_they_come_from_at_least_25_kinds_of_application_none_of_which_dominates() -> None:
    kinds = Counter(task["motivation_app"] for task in tasks())
    assert len(kinds) >= 25
    assert max(kinds.values()) <= 6


def test_between_20_and_25_tasks_need_no_input() -> None:
    assert 20 <= sum(not given(number) for number in range(100)) <= 25


@pytest.mark.parametrize("name", ["user_100.jsonl", "demo_responses.jsonl", "demo_ratings.jsonl"])
def test_characters_are_written_as_themselves_and_lines_stay_short(name: str) -> None:
    assert [json.dumps(record, ensure_ascii=False) for record in records(name)] == lines(name)
    assert max(len(line.encode()) for line in lines(name)) <= MAX_LINE


@pytest.mark.slow
def test_no_task_resembles_a_seed_or_another_task() -> None:
    scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
    seed_lines = (SEEDS / "seed_tasks.jsonl").read_text(encoding="utf-8").splitlines()
    seeds = [json.loads(line)["instruction"] for line in seed_lines]
    ours = [task["instruction"] for task in tasks()]
    pairs = [*product(ours, seeds), *combinations(ours, 2)]
    alike = [pair for pair in pairs if scorer.score(*pair)["rougeL"].fmeasure > 0.6]
    assert len(pairs) == 100 * len(seeds) + 4950
    assert alike == []


def test_no_answer_is_a_seeds_answer() -> None:
    seed_lines = (SEEDS / "seed_tasks.jsonl").read_text(encoding="utf-8").splitlines()
    outputs = {instance["output"] for line in seed_lines for instance in json.loads(line)["instances"]}
    assert outputs.isdisjoint(answer(number) for number in range(100))
    assert len({answer(number) for number in range(100)}) == 100


def test_the_readme_tells_the_counts_of_the_files() -> None:
    readme = (SET / "README.md").read_text(encoding="utf-8")
    kinds = {task["motivation_app"] for task in tasks()}
    without_input = sum(not given(number) for number in range(100))
    assert f"100 tasks, {len(kinds)} kinds of application, {without_input} without input" in readme
    grades = {(row["reviewer"], row["model"], row["id"]): row["grade"] for row in records("demo_ratings.jsonl")}
    for model in MODELS:
        texts = [response(model, number) for number in range(100)]
        empty = sum(not text for text in texts)
        shares = [
            f"{sum(grades[key] in 'AB' for key in grades if key[:2] == (reviewer, model))} of 40"
            for reviewer in REVIEWERS
        ]
        mean = sum(map(words, texts)) / 100
        assert f"| `{model}` | {empty} | {mean:.0f} | {shares[0]} | {shares[1]} |" in readme
    agreed, both = agreement()
    assert f"in {agreed} of {both} pairs of grades ({100 * agreed / both:.1f}%)" in readme


# ---- demo responses and ratings ------------------------------------------------------------------------------------


def test_every_demo_model_answers_every_task_once_in_order() -> None:
    expected = [(model, f"user_task_{number}") for model in MODELS for number in range(100)]
    assert [(row["model"], row["id"]) for row in records("demo_responses.jsonl")] == expected
    assert all(list(row) == ["model", "id", "response"] for row in records("demo_responses.jsonl"))


def test_the_base_model_leaves_two_or_three_answers_empty_and_the_others_none() -> None:
    empty = Counter(row["model"] for row in records("demo_responses.jsonl") if not row["response"].strip())
    assert set(empty) == {"demo-base"}
    assert 2 <= empty["demo-base"] <= 3


def test_no_two_demo_models_give_the_same_answer_unless_it_is_the_only_right_one() -> None:
    for number in range(100):
        tuned = response("demo-tuned", number)
        assert response("demo-base", number) != tuned
        assert response("demo-strong", number) != tuned


def agreement() -> tuple[int, int]:
    """Return on how many responses both reviewers gave the same grade, and how many both graded."""
    grades = {(row["reviewer"], row["model"], row["id"]): row["grade"] for row in records("demo_ratings.jsonl")}
    both = [(grades[REVIEWERS[0], *key[1:]], grades[key]) for key in grades if key[0] == REVIEWERS[1]]
    return sum(one == other for one, other in both), len(both)


def test_both_reviewers_grade_the_same_40_tasks_for_every_model() -> None:
    rows = records("demo_ratings.jsonl")
    assert len(rows) == len({(row["reviewer"], row["model"], row["id"]) for row in rows}) == 240
    rated = {(row["reviewer"], row["model"]): set[str]() for row in rows}
    for row in rows:
        assert list(row) == ["reviewer", "model", "id", "grade"]
        assert row["grade"] in ("A", "B", "C", "D")
        rated[row["reviewer"], row["model"]].add(row["id"])
    assert set(rated) == set(product(REVIEWERS, MODELS))
    (same,) = {frozenset(ids) for ids in rated.values()}
    assert len(same) == 40
    assert same <= {task["id"] for task in tasks()}


def test_reviewers_agree_as_often_as_people_do_and_differ_by_one_grade_at_most() -> None:
    agreed, both = agreement()
    assert both == 120
    assert 0.70 <= agreed / both <= 0.85
    grades = {
        (row["reviewer"], row["model"], row["id"]): "ABCD".index(row["grade"]) for row in records("demo_ratings.jsonl")
    }
    assert all(abs(grade - grades[REVIEWERS[0], *key[1:]]) <= 1 for key, grade in grades.items())


def test_an_empty_answer_is_graded_d_and_each_model_is_better_than_the_one_before() -> None:
    rows = records("demo_ratings.jsonl")
    assert any(not response(row["model"], int(row["id"][10:])) for row in rows)
    assert all(row["grade"] == "D" for row in rows if not response(row["model"], int(row["id"][10:])))
    for reviewer in REVIEWERS:
        valid = [sum(r["grade"] in "AB" for r in rows if (r["reviewer"], r["model"]) == (reviewer, m)) for m in MODELS]
        assert valid[0] < valid[1] < valid[2]


# ---- limits that the instructions set ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "limit"),
    [(0, 120), (7, 80), (19, 60), (25, 90), (35, 80), (46, 80), (53, 70), (59, 35), (85, 50)],
)
def test_an_answer_keeps_to_its_limit_of_words(number: int, limit: int) -> None:
    assert re.search(rf"\b{limit} words", tasks()[number]["instruction"])
    assert words(answer(number)) <= limit


def test_answers_keep_to_their_limits_of_characters() -> None:
    post = answer(10)
    assert len(post) <= 280
    assert len(re.findall(r"#\w+", post)) == 2
    assert "!" not in post
    assert len(answer(21).split("\n")[0]) <= 50
    assert answer(21).split("\n")[1] == ""
    assert len(answer(68)) <= 250
    assert all(len(line.split(": ", 1)[1]) <= 45 for line in answer(80).splitlines())
    assert words(answer(46)) >= 60


def test_slides_have_short_titles_and_bullets() -> None:
    slides = answer(39).split("\n\n")
    assert len(slides) == 3
    for slide in slides:
        title, *bullets = slide.split("\n")
        assert words(title) <= 6
        assert len(bullets) in (2, 3)
        assert all(words(bullet.removeprefix("- ")) <= 8 for bullet in bullets)


# ---- code ----------------------------------------------------------------------------------------------------------


def test_the_shares_hold_what_the_docstring_promises() -> None:
    namespace = run_python(code(answer(6)))
    for test in doctest.DocTestFinder().find(namespace["split_evenly"], "split_evenly", globs=namespace):
        assert doctest.DocTestRunner(verbose=False).run(test) == (0, 2)
    shares = namespace["split_evenly"]
    strong = run_python(code(response("demo-strong", 6)))["split_evenly"]
    for cents, people in product(range(60), range(1, 9)):
        split = shares(cents, people)
        assert sum(split) == cents
        assert len(split) == people
        assert max(split) - min(split) <= 1
        assert split == sorted(split, reverse=True) == strong(cents, people)


@pytest.mark.parametrize("model", [None, "demo-strong"])
def test_durations_are_read_and_everything_else_is_refused(model: str | None) -> None:
    seconds = run_python(code(response(model, 65) if model else answer(65)))["seconds"]
    assert [seconds(text) for text in ("1h30m", "45s", "2h5s", "0s", "90m")] == [5400, 45, 7205, 0, 5400]
    for text in ("", "5", "1m1h", "1h 30m", "-1s", "1h\n", "h"):
        with pytest.raises(ValueError):
            seconds(text)


def test_the_booking_script_posts_the_curl_commands_request(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    sent: dict[str, Any] = {}

    class Reply:
        def raise_for_status(self) -> None:
            sent["checked"] = True

        def json(self) -> dict[str, str]:
            assert sent["checked"]
            return {"id": "b-7"}

    def post(url: str, **options: Any) -> Reply:
        sent.update(options, url=url)
        return Reply()

    monkeypatch.setenv("TOKEN", "t")
    monkeypatch.setitem(sys.modules, "requests", SimpleNamespace(post=post))
    run_python(code(answer(24)))
    assert capsys.readouterr().out == "b-7\n"
    assert sent["url"] in given(24)
    assert sent["headers"] == {"Authorization": "Bearer t"}
    assert sent["json"] == json.loads(given(24).split("-d '")[1].removesuffix("'"))
    assert sent["timeout"] == 10


def test_the_merge_keeps_both_intentions() -> None:
    first_names = run_python(code(answer(88)))["first_names"]
    people = ["bo", "Al", "cy", "Di"]
    assert first_names(people, limit=3) == ["Al", "bo", "cy"]
    assert len(first_names(list("abcdefghijklm"))) == 10
    assert run_python(response("demo-tuned", 88))["first_names"](people, limit=3) != ["Al", "bo", "cy"]


def test_the_date_pattern_accepts_the_impossible_date_that_the_answer_names() -> None:
    (impossible,) = re.findall(r"`(\d{4}-\d\d-\d\d)`", answer(38))
    assert re.match(given(38), impossible)
    with pytest.raises(ValueError):
        date.fromisoformat(impossible)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_largest_files_are_found_outside_git(tmp_path: Path) -> None:
    (tmp_path / "sub" / ".git").mkdir(parents=True)
    for name, size in [("a", 105), ("sub/b c", 120), ("sub/.git/pack", 300), ("small", 3)]:
        with (tmp_path / name).open("wb") as sparse:
            sparse.truncate(size * 1024 * 1024)
    for script in (code(answer(16)), code(response("demo-strong", 16))):
        shown = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        assert [re.split(r"\s", line, maxsplit=1)[1] for line in shown.splitlines()] == ["./sub/b c", "./a"]


@pytest.mark.skipif(shutil.which("bash") is None or shutil.which("awk") is None, reason="needs bash and awk")
def test_statuses_are_counted_most_frequent_first(tmp_path: Path) -> None:
    statuses = ["200", "404", "200", "500", "404", "200"]
    lines = [f'1.2.3.4 - - [01/Jan/2025:00:00:00 +0000] "GET / HTTP/1.1" {status} 12' for status in statuses]
    (tmp_path / "access.log").write_text("\n".join(lines) + "\n")
    for script in (code(answer(86)), code(response("demo-strong", 86))):
        shown = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        assert [line.split() for line in shown.splitlines()] == [["3", "200"], ["2", "404"], ["1", "500"]]


# ---- SQL -----------------------------------------------------------------------------------------------------------

LOANS = """
    CREATE TABLE loans(book TEXT, member TEXT, lent_on TEXT, returned_on TEXT);
    INSERT INTO loans VALUES
      ('b1', 'Zoe', '2025-03-01', NULL), ('b2', 'Zoe', '2025-01-05', NULL), ('b3', 'Zoe', '2024-12-05', NULL),
      ('b4', 'Ada', '2025-03-01', NULL), ('b5', 'Ada', '2025-02-01', NULL), ('b6', 'Ada', '2025-02-02', NULL),
      ('b7', 'Bo', '2025-03-02', NULL), ('b8', 'Bo', '2025-02-01', NULL), ('b9', 'Bo', '2025-02-02', NULL),
      ('c1', 'Cy', '2025-01-02', '2025-01-09'), ('c2', 'Cy', '2025-01-02', NULL), ('c3', 'Cy', '2025-01-02', NULL),
      ('d1', 'Eve', '2025-01-01', NULL), ('d2', 'Eve', '2025-01-01', NULL), ('d3', 'Eve', '2025-01-01', NULL),
      ('d4', 'Eve', '2025-01-01', NULL);
"""
ORDERS = """
    CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE orders(id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers, ordered_on TEXT);
    INSERT INTO customers VALUES (1, 'Zoe'), (2, 'Ada'), (3, 'Bo'), (4, 'Cy'), (5, 'Eve');
    INSERT INTO orders(customer_id, ordered_on) VALUES
      (1, '2024-01-01'), (1, '2024-12-31'), (2, '2024-06-01'), (2, '2025-01-01'), (3, '2023-12-31'), (5, '2024-03-03');
"""
READINGS = """
    CREATE TABLE readings(id INTEGER PRIMARY KEY, sensor TEXT NOT NULL, minute TEXT NOT NULL, value REAL);
    INSERT INTO readings VALUES
      (1, 'a', '10:00', 1), (2, 'a', '10:00', NULL), (3, 'b', '10:00', 3), (4, 'a', '10:01', 4), (5, 'a', '10:00', 5);
"""
QUERIES = [
    (3, LOANS, "", [("Eve", 4), ("Ada", 3), ("Zoe", 3)]),
    (62, ORDERS, "", [("Eve",), ("Zoe",)]),
    (34, READINGS, "SELECT id FROM readings ORDER BY id", [(3,), (4,), (5,)]),
]


def rows_of(schema: str, statement: str, then: str) -> list[tuple[Any, ...]]:
    database = sqlite3.connect(":memory:")
    database.executescript(schema)
    rows = database.execute(statement).fetchall()
    return database.execute(then).fetchall() if then else rows


@pytest.mark.parametrize(("number", "schema", "then", "expected"), QUERIES)
def test_the_statement_gives_the_rows_that_were_asked_for(
    number: int, schema: str, then: str, expected: list[tuple[Any, ...]]
) -> None:
    assert rows_of(schema, code(answer(number)), then) == expected
    assert rows_of(schema, code(response("demo-strong", number)), then) == expected
    assert rows_of(schema, response("demo-tuned", number), then) != expected


# ---- structured answers --------------------------------------------------------------------------------------------


def test_json_answers_say_what_was_asked() -> None:
    assert json.loads(answer(12)) == [1.2, 0.85, 3.5, 400, None, round(2 * 0.45359237, 3), round(12 * 0.028349523, 3)]
    rule = json.loads(answer(17))
    assert list(rule) == ["trigger", "conditions", "actions"]
    devices = given(17).splitlines()[0].removeprefix("Devices: ").split(", ")
    assert {part["device"] for part in [rule["trigger"], *rule["conditions"], *rule["actions"]]} <= set(devices)
    assert rule["actions"][1]["after_seconds"] == 3 * 60
    categories = json.loads(answer(22))
    assert list(categories) == [line.split()[0] for line in given(22).splitlines()]
    assert set(categories.values()) <= {"housing", "food", "transport", "leisure", "other"}
    assert json.loads(answer(57)) == {"intent": "change", "order": "FR-88213", "urgent": True, "language": "fr"}
    report = json.loads(answer(70))
    assert list(report) == ["who", "what", "when", "where", "why"]
    assert all(words(text) <= 12 for text in report.values())
    keeper = json.loads(answer(79))
    assert list(keeper) == ["name", "age", "one_line", "secret", "stats", "rumours"]
    assert sum(keeper["stats"].values()) == 22
    assert len(keeper["rumours"]) == 3
    bought = [(entry["item"], entry["amount"], entry["unit"]) for entry in json.loads(answer(97))]
    assert bought == [("milk", 3, "l"), ("eggs", 6, None), ("bread", None, None), ("semolina", 0.5, "kg")]


def test_the_log_becomes_one_record_a_line() -> None:
    parsed = [json.loads(line) for line in answer(81).splitlines()]
    source = [re.fullmatch(r"\[(.*?)\] (\w+) (.*?)(?: \(user=(\w+)\))?", line) for line in given(81).splitlines()]
    assert [(p["time"], p["level"], p["event"], p["user"]) for p in parsed] == [
        line.groups() for line in source if line
    ]


def test_the_booking_schema_accepts_and_refuses_as_described() -> None:
    schema = json.loads(answer(82))
    jsonschema.Draft202012Validator.check_schema(schema)
    valid = jsonschema.Draft202012Validator(schema).is_valid
    booking: dict[str, Any] = {"room": "B12", "minutes": 90, "guests": 4}
    assert valid(booking)
    assert valid(booking | {"note": "x" * 200, "minutes": 240})
    for wrong in (
        {"room": "E12"},
        {"room": "B123"},
        {"minutes": 100},
        {"minutes": 0},
        {"minutes": 255},
        {"guests": 0},
        {"guests": 1.5},
        {"note": "x" * 201},
        {"extra": 1},
    ):
        assert not valid(booking | wrong)
    assert not any(valid({key: booking[key] for key in booking if key != left_out}) for left_out in booking)


def test_the_addresses_parse_as_csv_with_five_fields() -> None:
    rows = list(csv.DictReader(io.StringIO(answer(49))))
    assert [row["name"] for row in rows] == ["Petra Quist", "J. Omondi", "Lopez & Sons, Ltd", "Tariq Aziz"]
    assert all(set(row) == {"name", "street", "number", "postcode", "city"} for row in rows)
    assert all(value is not None and value in given(49) for row in rows for value in row.values())


def test_the_html_opens_and_closes_every_tag() -> None:
    open_tags: list[str] = []
    seen: list[str] = []

    class Balanced(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            open_tags.append(tag)
            seen.append(tag)
            assert all(name == "href" for name, _ in attrs)

        def handle_endtag(self, tag: str) -> None:
            assert open_tags.pop() == tag

    Balanced().feed(answer(58))
    assert open_tags == []
    assert seen == ["h2", "p", "strong", "ol", "li", "li", "p", "a", "code"]


def test_the_rehearsal_is_on_eight_tuesdays() -> None:
    event = dict(re.split(r"[:;]", line, maxsplit=1) for line in answer(44).splitlines())
    zone, start = event["DTSTART"].split(":")
    assert zone == "TZID=Europe/Lisbon"
    assert datetime.strptime(start, "%Y%m%dT%H%M%S").strftime("%A %H:%M") == "Tuesday 18:30"
    assert event["DTEND"].endswith("20250304T200000")
    assert event["RRULE"] == "FREQ=WEEKLY;BYDAY=TU;COUNT=8"
    assert event["UID"] == "choir-2025@example.org"


def test_references_are_sorted_and_every_one_stands_once() -> None:
    found = answer(51).splitlines()
    assert found == sorted(found, key=lambda line: (line.split(",")[0].casefold(), re.findall(r"\((\d{4})\)", line)))
    known = {re.sub(r"\W+", " ", line).casefold().strip() for line in given(51).splitlines()}
    assert {re.sub(r"\W+", " ", line).casefold().strip() for line in found} == known


def test_latex_environments_and_bibtex_braces_balance() -> None:
    for number in (11, 67):
        source = code(answer(number))
        assert re.findall(r"\\begin\{(\w+)\}", source) == re.findall(r"\\end\{(\w+)\}", source)[::-1]
    assert not re.search(r"(?<!\\)[$%]|R&", code(answer(67)))
    assert answer(26).count("{") == answer(26).count("}")


# ---- arithmetic and puzzles ----------------------------------------------------------------------------------------


def minutes(clock: str) -> int:
    hours, rest = clock.split(":")
    return int(hours) * 60 + int(rest)


def clock(total: float) -> str:
    return f"{int(total) // 60:02d}:{int(total) % 60:02d}"


def test_the_only_long_gap_is_the_one_that_the_calendar_answer_names() -> None:
    busy = {
        minute
        for start, end in re.findall(r"(\d\d:\d\d)–(\d\d:\d\d)", given(5))
        for minute in range(minutes(start), minutes(end))
    }
    free = [minute for minute in range(9 * 60, 17 * 60) if minute not in busy]
    starts = [minute for minute in free if minute - 1 not in free]
    gaps = [(start, next(m for m in range(start, 17 * 60 + 1) if m not in free)) for start in starts]
    told = [(minutes(start), minutes(end)) for start, end in re.findall(r"(\d\d:\d\d)–(\d\d:\d\d)", answer(5))]
    assert sorted(told) == gaps
    assert [gap for gap in gaps if gap[1] - gap[0] >= 45] == told[:1]


def test_the_last_connection_in_time_is_chosen() -> None:
    first, second = (
        [(minutes(dep), minutes(arr)) for dep, arr in re.findall(r"dep (\S+) arr (\d\d:\d\d)", line)]
        for line in given(13).splitlines()
    )
    fitting = [(a, b) for a in first for b in second if b[0] >= a[1] + 8 and b[1] <= 18 * 60 + 30]
    leave, onward = max(fitting)
    assert answer(13).startswith(f"Leave Kempen at {clock(leave[0])} and arrive in Ostheim at {clock(leave[1])}.")
    assert f"Wait {onward[0] - leave[1]} minutes and take the {clock(onward[0])}" in answer(13)


def table(text: str) -> list[list[str]]:
    """Return the cells of a markdown table, the line under the header left out."""
    rows = [
        [cell.strip().strip("*") for cell in line.strip("|").split("|")] for line in text.splitlines() if "|" in line
    ]
    return [row for row in rows if not set("".join(row)) <= set("-: ")]


def number_in(cell: str) -> float:
    return float(cell.replace(",", "").rstrip("%") or 0)


def test_net_and_vat_add_up_to_gross() -> None:
    *items, total = table(answer(14))[1:]
    for _, net, rate, vat, gross in items:
        assert number_in(net) * number_in(rate) / 100 == pytest.approx(number_in(vat))
        assert number_in(net) + number_in(vat) == pytest.approx(number_in(gross))
        assert gross in given(14)
    for column in (1, 3, 4):
        assert sum(number_in(item[column]) for item in items) == pytest.approx(number_in(total[column]))


def test_the_machine_is_written_down_to_its_residual_value() -> None:
    rows = [[number_in(cell) for cell in row] for row in table(answer(60))[1:]]
    assert rows == [[2025 + n, (9000 - 1200) / 4, 9000 - (n + 1) * (9000 - 1200) / 4] for n in range(4)]
    assert rows[-1][2] == 1200


def test_the_filled_table_adds_up_in_both_directions() -> None:
    fees, sales, total = ([number_in(cell) for cell in row[1:]] for row in table(answer(87))[1:])
    assert [a + b for a, b in zip(fees, sales, strict=True)] == total
    assert all(first + second == year for first, second, year in (fees, sales, total))
    blanks = [cell for row in table(given(87)) for cell in row if cell == "?"]
    kept = [cell for row in table(given(87)) for cell in row if cell != "?"]
    assert len(blanks) == 3
    assert all(cell in answer(87) for cell in kept)


def test_the_dilution_halves_from_tube_to_tube() -> None:
    concentrations = [number_in(row[-1].removesuffix(" µM")) for row in table(answer(40))[1:]]
    assert concentrations == [80 / 2**n for n in range(5)]


def test_the_taper_needs_sixty_tablets() -> None:
    rows = table(answer(55))[1:]
    assert [number_in(row[2].removesuffix(" mg")) / 5 for row in rows] == [number_in(row[3]) for row in rows]
    assert f"= {3 * sum(int(row[3]) for row in rows)} tablets" in answer(55)
    last = date(2025, 3, 3) + timedelta(days=11)
    assert (date(2025, 3, 3).strftime("%A"), last.strftime("%A")) == ("Monday", rows[-1][1].split("–")[1])


def test_the_material_on_the_board_is_counted_right() -> None:
    worth = {"q": 9, "r": 5, "b": 3, "n": 3, "p": 1}
    board = given(45).split()[0]
    white, black = (
        sum(worth.get(piece.lower(), 0) for piece in board if piece.isupper() is side) for side in (True, False)
    )
    assert f"together {white}." in answer(45).splitlines()[0]
    assert f"together {black}." in answer(45).splitlines()[1]
    assert f"Black is ahead by {black - white}" in answer(45)


def test_the_critical_path_is_the_longest_chain() -> None:
    plan = {}
    for line in given(75).splitlines():
        name, days, after = re.fullmatch(r"(\w): (\d) days?(?:, after (.*))?", line).groups()  # type: ignore[union-attr]
        plan[name] = (int(days), (after or "").split(" and ") if after else [])
    finish: dict[str, int] = {}
    for name, (days, after) in plan.items():
        finish[name] = days + max((finish[task] for task in after), default=0)
    end = max(finish.values())
    latest = dict.fromkeys(plan, end)
    for name, (days, after) in reversed(plan.items()):
        for task in after:
            latest[task] = min(latest[task], latest[name] - days)
    slack = {name: latest[name] - finish[name] for name in plan}
    path = " → ".join(name for name in plan if not slack[name])
    assert f"Critical path: {path}" in answer(75)
    assert f"= {end} days" in answer(75)
    assert re.findall(r"- (\w): (\d) days", answer(75)) == [(name, str(days)) for name, days in slack.items() if days]


def test_the_sudoku_has_this_solution_alone() -> None:
    puzzle = [line.split() for line in given(94).splitlines()]

    def solves(grid: tuple[tuple[str, ...], ...]) -> bool:
        boxes = [{grid[r + i][c + j] for i in (0, 1) for j in (0, 1)} for r in (0, 2) for c in (0, 2)]
        columns = [set(column) for column in zip(*grid, strict=True)]
        return all(len(group) == 4 for group in [*boxes, *columns])

    fitting = [
        [
            row
            for row in permutations("1234")
            if all(given in (".", cell) for given, cell in zip(line, row, strict=True))
        ]
        for line in puzzle
    ]
    (solution,) = [grid for grid in product(*fitting) if solves(grid)]
    assert "\n".join(" ".join(row) for row in solution) == answer(94)
    assert response("demo-tuned", 94) != answer(94)


def test_the_spread_of_answers_gives_the_figures_told() -> None:
    counts = {int(grade): int(count) for grade, count in re.findall(r"(\d): (\d+)", given(76))}
    values = sorted(grade for grade, count in counts.items() for _ in range(count))
    mean, middle = sum(values) / len(values), (values[24] + values[25]) / 2
    agree = sum(value >= 4 for value in values)
    expected = f"n = {len(values)}, mean {mean:.2f}, median {middle}"
    assert answer(76).startswith(expected)
    assert f"agreement {agree} of {len(values)} = {100 * agree / len(values):.0f}%" in answer(76)
    assert f"({sum(value <= 2 for value in values)} of {len(values)})" in answer(76)


RACE = 21.0975 * (52.5 * 60 / 10 + 15)
SAVED = 150 * (1.002**24 - 1) / 0.002
TAX = 0.2 * 20_000 + 0.35 * 17_500
FIGURES = [
    (9, f"{13 + 6 - 12} pm"),
    (14, f"{1236 / 1.2:,.2f}"),
    (15, f"{8 * 5 / 2:.0f} cm². {2 * 27 / 9:.0f} cm."),
    (32, f"{RACE // 3600:.0f}:{RACE % 3600 // 60:02.0f}:{RACE % 60:02.0f}"),
    (64, f"1 hour and {minutes('13:15') - minutes('11:40') - 60} minutes"),
    (66, f"until {(date(2025, 6, 2) + timedelta(days=30)).day} July"),
    (74, f"Total: {350 + 150 + 800 + 120:,} m"),
    (78, f"{TAX:,.0f} ÷ 47,500 ≈ {100 * TAX / 47_500:.1f}%"),
    (78, f"{1000 * 0.65:.0f} of it remain"),
    (85, f"warm ({sum('warm' in line.lower() for line in given(85).splitlines())} of 5)"),
    (85, f"sticks or broke ({sum('zip' in line.lower() for line in given(85).splitlines())})"),
    (90, f"arrive at {clock(minutes('17:20') + 4 + 25)}"),
    (90, f"gets you there at {clock(minutes('17:39') + 22 + 8)}"),
    (90, f"€{16 - 2.8:.2f}"),
    (92, f"€{SAVED:,.2f}"),
    (92, f"€{SAVED - 3600:.2f} of it is interest"),
]


@pytest.mark.parametrize(("number", "figure"), FIGURES)
def test_a_calculated_figure_stands_in_the_answer(number: int, figure: str) -> None:
    assert figure in answer(number)


def test_saving_month_by_month_gives_the_same_balance() -> None:
    balance = 0.0
    for _ in range(24):
        balance = balance * 1.002 + 150
    assert f"€{balance:,.2f}" in answer(92)


def test_both_clues_have_the_letters_of_their_answer() -> None:
    assert sorted("silent") == sorted("tinsel") == sorted("listen")
    assert answer(73).count("(6)") == 2
