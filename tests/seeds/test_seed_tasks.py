"""The 175 seed tasks that ship with Winnow: their form, their variety, and that what they say is right."""

import contextlib
import csv
import io
import json
import math
import re
import shutil
import sqlite3
import subprocess
from collections import deque
from datetime import date
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from rapidfuzz.distance import LCSseq

SEEDS = Path(__file__).parents[2] / "seeds" / "seed_tasks.jsonl"
LINES = SEEDS.read_text(encoding="utf-8").splitlines()
TASKS: list[dict[str, Any]] = [json.loads(line) for line in LINES]
BY_NAME = {task["name"]: task for task in TASKS}

# The words and openings that the Self-Instruct filters drop (arXiv 2212.10560, section 2.2 and its code).
DROPPED_WORDS = re.compile(r"\b(images?|graphs?|pictures?|files?|maps?|draw|plot|go to)\b", re.IGNORECASE)


def source_of(name: str) -> str:
    return str(BY_NAME[name]["instances"][0]["input"])


def answer_of(name: str) -> str:
    return str(BY_NAME[name]["instances"][0]["output"])


def code_of(name: str, language: str) -> str:
    """Return the only fenced block of that language in the task's output."""
    (block,) = re.findall(rf"```{language}\n(.*?)```", answer_of(name), re.DOTALL)
    return str(block)


def run_python(source: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    exec(compile(source, "seed", "exec"), namespace)  # noqa: S102 -- our own shipped snippets, and the point is to run them
    return namespace


def rouge_tokens(text: str) -> list[str]:
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).split()


# ---- form ----------------------------------------------------------------------------------------------------------


def test_there_are_175_tasks_25_of_them_classification() -> None:
    assert len(TASKS) == 175
    assert sum(task["is_classification"] for task in TASKS) == 25


def test_every_task_has_the_papers_schema() -> None:
    for number, task in enumerate(TASKS):
        assert list(task) == ["id", "name", "instruction", "instances", "is_classification"]
        assert task["id"] == f"seed_task_{number}"
        assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", task["name"])
        assert isinstance(task["is_classification"], bool)
        assert task["instances"]
        for instance in task["instances"]:
            assert list(instance) == ["input", "output"]
            for text in (task["instruction"], instance["input"], instance["output"]):
                assert isinstance(text, str)
                assert text == text.strip()
        inputs = [instance["input"] for instance in task["instances"]]
        assert len(set(inputs)) == len(inputs), "an example more is another example"
    assert len(BY_NAME) == 175


def test_characters_are_written_as_themselves_one_task_a_line() -> None:
    assert [json.dumps(task, ensure_ascii=False) for task in TASKS] == LINES


def test_about_half_of_the_tasks_need_no_input() -> None:
    assert 80 <= sum(task["instances"][0]["input"] == "" for task in TASKS) <= 95


def test_no_seed_would_fall_to_the_filters_that_it_helps_to_feed() -> None:
    for task in TASKS:
        instruction = task["instruction"]
        assert 3 < len(instruction.split()) <= 150
        assert not DROPPED_WORDS.search(instruction), instruction
        assert not instruction.startswith("Write a program")
        assert instruction[0].isascii(), instruction
        assert instruction[0].isalnum(), instruction
        assert not instruction.endswith(":")
        for instance in task["instances"]:
            assert instance["output"]
            assert instance["input"] != instance["output"]
            assert not instance["input"].endswith(":")
            assert not instance["output"].endswith(":")


# ---- variety -------------------------------------------------------------------------------------------------------


def test_no_two_instructions_resemble_each_other() -> None:
    tokens = [rouge_tokens(task["instruction"]) for task in TASKS]
    for (one, a), (other, b) in combinations(zip(TASKS, tokens, strict=True), 2):
        score = 2 * LCSseq.similarity(a, b) / (len(a) + len(b))
        assert score <= 0.5, (one["name"], other["name"])


def test_instructions_open_in_many_different_ways() -> None:
    assert len({rouge_tokens(task["instruction"])[0] for task in TASKS}) >= 110
    assert sum("?" in task["instruction"] for task in TASKS) >= 25


def test_a_classification_answer_is_one_label_and_no_sentence() -> None:
    labels = [instance["output"] for task in TASKS if task["is_classification"] for instance in task["instances"]]
    assert all(len(label.split()) <= 3 and "\n" not in label and not label.endswith(".") for label in labels)
    assert len(set(labels)) >= 20


def test_a_classification_label_is_named_in_the_instruction() -> None:
    for task in TASKS:
        for instance in task["instances"]:
            if task["is_classification"]:
                assert instance["output"].lower() in task["instruction"].lower(), task["name"]


LABELS = {
    "contract_change_favours": "tenant landlord neither",
    "scandinavian_language": "Danish Norwegian Swedish",
    "music_period": "Baroque Classical Romantic modern",
    "triangle_type": "acute right obtuse",
    "waste_sorting": "paper glass organic hazardous residual",
    "literal_or_figurative": "literally figuratively",
    "bug_severity": "blocker major minor cosmetic",
    "vegan_check": "vegan vegetarian neither",
    "odd_divisors": "true false",
    "chess_phase": "opening middlegame endgame",
    "measurement_level": "nominal ordinal interval ratio",
    "pure_function": "pure impure",
    "rock_type": "igneous sedimentary metamorphic",
    "deductive_or_inductive": "deductive inductive",
    "route_letter": "finance personnel legal building_services",
    "register_of_sentence": "formal neutral slang",
    "reply_type": "agreement refusal evasion",
    "bank_chat_intent": "lost_card balance transfer complaint",
    "time_complexity": "O(log_n) O(n) O(n_log_n) O(n²)",
    "paper_section": "introduction methods results discussion",
    "same_address": "same different",
    "cloud_genus": "cirrus cumulus stratus",
    "bat_relative": "bird whale",
    "triage_phone_message": "emergency same_day routine",
    "evidence_for_claim": "supports contradicts open",
}


def test_every_classification_seed_shows_each_of_its_labels_once() -> None:
    shown = {
        task["name"]: sorted(instance["output"] for instance in task["instances"])
        for task in TASKS
        if task["is_classification"]
    }
    assert shown == {
        name: sorted(label.replace("_", " ") for label in labels.split()) for name, labels in LABELS.items()
    }


def test_at_least_twelve_other_seeds_have_a_second_example_and_some_a_third() -> None:
    others = [len(task["instances"]) for task in TASKS if not task["is_classification"]]
    assert sum(several >= 2 for several in others) >= 12
    assert sum(several >= 3 for several in others) >= 2


def test_the_second_examples_are_right_too() -> None:
    def second(name: str, of: str = "output", which: int = 1) -> str:
        return str(BY_NAME[name]["instances"][which][of])

    for which in (1, 2):
        given, found = (second("unscramble_kitchen_words", of, which).split("\n") for of in ("input", "output"))
        assert all(sorted(a.lower()) == sorted(b) for a, b in zip(given, found, strict=True))
    assert second("insert_commas").replace(",", "") == second("insert_commas", "input")
    metres = [int(number) for number in re.findall(r": (\d+) m", second("rank_distances"))]
    assert metres == [round(x) for x in (2600 * 0.3048, 800, 1609.344 / 2, 900 * 0.9144)] == sorted(metres)
    assert json.loads(second("extract_order_fields"))["quantity"] == 1
    assert json.loads(second("yaml_to_json")) == {
        "title": "Weekly soup", "serves": 4, "spicy": True, "tags": ["lentils", "winter"],
    }  # fmt: skip
    assert json.dumps(json.loads(second("yaml_to_json")), indent=2) == second("yaml_to_json")
    kept = list(csv.reader(io.StringIO(second("deduplicate_contacts"))))
    rows = list(csv.reader(io.StringIO(second("deduplicate_contacts", "input"))))
    assert all(row in rows for row in kept) and len({row[1].lower() for row in rows}) == len(kept)
    sold = list(csv.DictReader(io.StringIO(second("pivot_sales_table", "input"))))
    for shop in ("Market", "Corner"):
        months = [sum(int(s["units"]) for s in sold if (s["shop"], s["month"]) == (shop, m)) for m in ("Apr", "May")]
        assert f"| {shop} | {' | '.join(map(str, [*months, sum(months)]))} |" in second("pivot_sales_table")
    assert [date.fromisoformat(line) for line in second("reformat_dates_iso").split("\n")] == [
        date(2005, 11, 7), date(2022, 1, 31), date(1978, 12, 24),
    ]  # fmt: skip
    paid = {"Eva": 150, "Finn": 75, "Gil": 15}
    share = sum(paid.values()) / 3
    assert all(f"{name} pays €{share - paid[name]:.0f}" in second("split_holiday_costs") for name in ("Finn", "Gil"))
    pure, impure = (BY_NAME["pure_function"]["instances"][n]["input"] for n in (1, 0))
    tags = ["a"]
    assert run_python(str(pure))["with_tag"](tags, "b") == ["a", "b"] and tags == ["a"]
    assert run_python(str(impure))["add_tag"](tags, "b") == ["a", "b"] and tags == ["a", "b"]
    sides = {
        str(i["output"]): [int(n) for n in re.findall(r"\d+", i["input"])]
        for i in BY_NAME["triangle_type"]["instances"]
    }
    for kind, (a, b, c) in sides.items():
        assert kind == ("right" if a * a + b * b == c * c else "acute" if a * a + b * b > c * c else "obtuse")


def test_most_other_answers_are_between_20_and_200_words_long() -> None:
    lengths = [len(task["instances"][0]["output"].split()) for task in TASKS if not task["is_classification"]]
    assert sum(20 <= length <= 200 for length in lengths) >= 0.8 * len(lengths)


@pytest.mark.parametrize(
    ("name", "most_words"),
    [
        ("shorten_kettle_blurb", 25),
        ("nominate_colleague", 120),
        ("persuade_council_bench", 100),
        ("adapt_notice_for_children", 60),
        ("monologue_lighthouse", 110),
    ],
)
def test_an_answer_keeps_to_the_length_it_was_asked_for(name: str, most_words: int) -> None:
    assert len(answer_of(name).split()) <= most_words


# ---- Python that ships in answers ----------------------------------------------------------------------------------


def test_merge_ranges_joins_overlapping_and_touching_ranges() -> None:
    merge = run_python(code_of("merge_date_ranges", "python"))["merge_ranges"]
    may = [date(2024, 5, day) for day in range(1, 32)]
    assert merge([(may[3], may[5]), (may[0], may[2]), (may[9], may[14]), (may[10], may[11]), (may[16], may[20])]) == [
        (may[0], may[5]),
        (may[9], may[14]),
        (may[16], may[20]),
    ]
    assert merge([]) == []


def test_the_debugged_function_forgets_and_the_original_does_not() -> None:
    broken = run_python(source_of("debug_shared_default"))["collect"]
    mended = run_python(code_of("debug_shared_default", "python"))["collect"]
    assert (broken([1, None]), broken([2])) == ([1, 2], [1, 2])
    assert (mended([1, None]), mended([2])) == ([1], [2])


def test_the_refactored_function_gives_the_same_results() -> None:
    before = run_python(source_of("refactor_shipping"))["shipping"]
    after = run_python(code_of("refactor_shipping", "python"))["shipping"]
    for case in [(c, w, m) for c in ("NL", "DE") for w in (0, 2, 2.1, 30) for m in (True, False)]:
        assert before(*case) == after(*case)


def test_the_faster_function_gives_the_same_results() -> None:
    slow = run_python(source_of("speed_up_common"))["common"]
    fast = run_python(code_of("speed_up_common", "python"))["common"]
    for a, b in [("banana", "nab"), ("", "x"), ("abc", ""), ("cabbage", "gecab")]:
        assert slow(list(a), list(b)) == fast(list(a), list(b))


def test_the_documented_function_behaves_as_its_docstring_says() -> None:
    documented = run_python(code_of("document_function", "python"))["parse_duration"]
    original = run_python(source_of("document_function"))["parse_duration"]
    assert documented("1h5s") == original("1h5s") == 3605
    assert documented("2h30m") == 9000
    for text in ("", "1h 5s", "5"):
        with pytest.raises(ValueError):
            documented(text)


def test_the_leap_year_cases_are_right() -> None:
    cases = re.findall(r"\((\d{4}), (True|False)\)", code_of("test_leap_year", "python"))
    assert len(cases) == 4
    for year, expected in cases:
        assert (int(year) % 4 == 0 and (int(year) % 100 != 0 or int(year) % 400 == 0)) is (expected == "True")


def test_the_card_mask_hides_cards_and_spares_longer_numbers() -> None:
    mask = run_python(code_of("mask_card_numbers", "python"))["mask"]
    assert mask("paid with 4539-1488-0343-6467 today") == "paid with **** **** **** 6467 today"
    assert mask("4539 1488 0343 6467, 4539148803436467") == "**** **** **** 6467, **** **** **** 6467"
    assert mask("ref 12345678901234567890") == "ref 12345678901234567890"


def test_the_predicted_output_is_what_python_prints() -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        run_python(source_of("python_output_puzzle"))
    assert f"```\n{printed.getvalue()}```" in answer_of("python_output_puzzle")


def test_the_recommended_deque_keeps_the_ten_latest() -> None:
    recent = run_python(code_of("choose_data_structure", "python"))["recent"]
    assert isinstance(recent, deque)
    recent.extend(range(20))
    assert list(recent) == list(range(10, 20))


def test_the_function_called_impure_changes_its_argument() -> None:
    tags = ["a"]
    run_python(source_of("pure_function"))["add_tag"](tags, "b")
    assert tags == ["a", "b"]


def test_the_clock_pattern_takes_exactly_the_1440_minutes_of_a_day() -> None:
    found = re.search(r"`(\^.*?\$)`", answer_of("regex_24h_time"))
    assert found is not None
    pattern = re.compile(found.group(1))
    times = [f"{hour:02}:{minute:02}" for hour in range(100) for minute in range(100)]
    assert sum(bool(pattern.match(text)) for text in times) == 24 * 60
    assert not any(pattern.match(text) for text in ("9:30", "24:00", "12:60", "12:305", "x12:30"))


def test_the_snippet_called_n_log_n_counts_n_log_n() -> None:
    for n in (16, 64, 256):
        steps = run_python("total = 0\n" + f"n = {n}\n" + source_of("time_complexity").replace("+= j", "+= 1"))["total"]
        assert steps == n * math.log2(n)


# ---- SQL, shell, tables --------------------------------------------------------------------------------------------


def rows(schema: str, query: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.executescript(schema)
        return database.execute(query).fetchall()


def test_customers_without_orders_are_found_even_beside_an_ownerless_order() -> None:
    schema = """
        CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE orders(id INTEGER PRIMARY KEY, customer_id INTEGER NULL, placed_on DATE);
        INSERT INTO customers VALUES (1, 'Zoe'), (2, 'Bo'), (3, 'Ada');
        INSERT INTO orders VALUES (1, 2, '2024-01-01'), (2, NULL, '2024-01-02');
    """
    assert rows(schema, code_of("customers_without_orders", "sql")) == [("Ada",), ("Zoe",)]


def test_the_running_balance_restarts_for_each_account() -> None:
    schema = """
        CREATE TABLE payments(account TEXT, paid_on TEXT, amount INTEGER);
        INSERT INTO payments VALUES ('b', '2024-01-01', 7), ('a', '2024-01-02', -3), ('a', '2024-01-01', 10);
    """
    balances = [row[3] for row in rows(schema, code_of("running_balance", "sql"))]
    assert balances == [10, 7, 7]


def test_an_empty_department_shows_0_after_the_fix_and_1_before() -> None:
    schema = """
        CREATE TABLE departments(id INTEGER, name TEXT);
        CREATE TABLE employees(id INTEGER, department_id INTEGER);
        INSERT INTO departments VALUES (1, 'Law'), (2, 'Lab');
        INSERT INTO employees VALUES (1, 2), (2, 2);
    """
    assert set(rows(schema, source_of("fix_sql_count"))) == {("Law", 1), ("Lab", 2)}
    assert set(rows(schema, code_of("fix_sql_count", "sql"))) == {("Law", 0), ("Lab", 2)}


def test_tied_best_sellers_all_appear() -> None:
    schema = """
        CREATE TABLE sales(region TEXT, product TEXT, units INTEGER);
        INSERT INTO sales VALUES ('N', 'tea', 2), ('N', 'tea', 3), ('N', 'jam', 5), ('N', 'oil', 4), ('S', 'oil', 1);
    """
    assert rows(schema, code_of("top_product_per_region", "sql")) == [("N", "jam", 5), ("N", "tea", 5), ("S", "oil", 1)]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_bash_loop_renames_odd_names_and_overwrites_nothing(tmp_path: Path) -> None:
    for name in ("a b.jpeg", "-x.jpeg", "c.jpeg", "c.jpg"):
        (tmp_path / name).write_text(name)
    subprocess.run(["bash", "-c", code_of("jpeg_to_jpg", "bash")], cwd=tmp_path, check=False)
    assert {path.name for path in tmp_path.iterdir()} == {"a b.jpg", "-x.jpg", "c.jpeg", "c.jpg"}
    assert (tmp_path / "c.jpg").read_text() == "c.jpg"


@pytest.mark.skipif(shutil.which("awk") is None or shutil.which("bash") is None, reason="needs bash and awk")
def test_the_awk_line_sums_the_third_column_without_the_header(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text("day,shop,units\n1,a,2.5\n2,b,4\n")
    command = ["bash", "-c", code_of("awk_column_sum", "bash")]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout == "6.5\n"


def test_json_answers_are_json_and_csv_answers_have_even_rows() -> None:
    assert json.loads(answer_of("yaml_to_json"))["limits"] == {"requests_per_minute": 60, "burst": None}
    assert json.loads(answer_of("extract_order_fields"))["quantity"] == 3
    for name, width, count in [("deduplicate_contacts", 3, 4), ("generate_csv_fixture", 5, 6)]:
        table = list(csv.reader(io.StringIO(answer_of(name))))
        assert len(table) == count
        assert {len(row) for row in table} == {width}


def test_the_pivoted_table_adds_up_to_its_source() -> None:
    sold = list(csv.DictReader(io.StringIO(source_of("pivot_sales_table"))))
    for shop in ("Harbour", "Station"):
        months = [
            sum(int(sale["units"]) for sale in sold if (sale["shop"], sale["month"]) == (shop, month))
            for month in ("Jan", "Feb", "Mar")
        ]
        row = " | ".join(map(str, [shop, *months, sum(months)]))
        assert f"| {row} |" in answer_of("pivot_sales_table")


# ---- arithmetic and puzzles ----------------------------------------------------------------------------------------

FIGURES = [
    ("loan_payment", f"€{18000 * 0.005 / (1 - 1.005**-48):.2f} a month"),
    ("loan_payment", f"{48 * 422.73:,.2f}"),
    ("dilute_saline", f"≈ {200 * 3 / 0.9 - 200:.0f} ml of water"),
    ("estimate_dripping_tap", f"≈ {round(86_400 * 0.05 * 365 / 1000, -1):,.0f} litres"),
    ("simplify_radical", f"9√2 ≈ {math.sqrt(72) + math.sqrt(50) - math.sqrt(8):.2f}"),
    ("differentiate_product", f"≈ {(2 / 3) ** 2 * math.exp(-2):.4f}"),
    ("committee_combinations", f"There are {math.comb(12, 4) - math.comb(7, 4) - math.comb(5, 4)} possible"),
    ("screening_probability", f"about {100 * 50 * 0.98 / (50 * 0.98 + 9950 * 0.04):.0f}%"),
    ("weighted_grade", f"You need {(80 - 0.3 * 84 - 0.3 * 71) / 0.4:.2f}"),
    ("unit_fuel", f"≈ {(100 / 1.609344) / (6.5 / 3.785411784):.1f} miles"),
    ("household_budget", f"Left over: 2,600 − 1,915 = €{2600 - (890 + 130 + 45 + 180 + 420 + 250)}"),
    ("compound_fee_effect", f"€{10_000 * 1.058**30:,.0f}"),
    ("compound_fee_effect", f"€{10_000 * 1.045**30:,.0f}"),
    ("caffeine_timing", f"about {100 * 0.5 ** (7 / 5):.0f} mg at 23:00"),
    ("next_in_sequence", ", ".join(str(2 ** (n - 1) + 1) for n in (6, 7)) + f" and {2**7 + 1}"),
]


@pytest.mark.parametrize(("name", "figure"), FIGURES)
def test_a_calculated_figure_stands_in_the_answer(name: str, figure: str) -> None:
    assert figure in answer_of(name)


def test_the_factors_multiply_out_to_the_quadratic() -> None:
    assert "(3x + 4)(2x − 5)" in answer_of("factorise_quadratic")
    assert all((3 * x + 4) * (2 * x - 5) == 6 * x * x - 7 * x - 20 for x in range(-5, 6))


def test_the_ranked_lengths_rise_and_are_rounded_right() -> None:
    metres = [int(number) for number in re.findall(r": (\d+) m", answer_of("rank_distances"))]
    assert all(a < b for a, b in pairwise(metres))
    assert metres == [round(x) for x in (300 * 0.3048, 100, 120 * 0.9144, 1852 / 16, 1609.344 / 10)]


def test_unscrambled_words_use_exactly_the_letters_given() -> None:
    given = source_of("unscramble_kitchen_words").split("\n")
    found = answer_of("unscramble_kitchen_words").split("\n")
    assert len(given) == 5
    assert all(sorted(jumbled.lower()) == sorted(word) for jumbled, word in zip(given, found, strict=True))


def test_the_commas_are_the_only_change_in_the_comma_task() -> None:
    assert answer_of("insert_commas").replace(",", "") == source_of("insert_commas")


def test_every_chord_rises_by_three_semitones() -> None:
    pitch = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11, "B♭": 10, "E♭": 3}

    def roots(line: str) -> list[int]:
        return [pitch[name] for name in re.findall(r"[A-G]♭?", line)]

    before, after = roots(source_of("transpose_chords")), roots(answer_of("transpose_chords").split("\n")[-1])
    assert [(note + 3) % 12 for note in before] == after


def test_the_labels_of_the_mathematical_questions_are_right() -> None:
    assert (answer_of("triangle_type") == "obtuse") is (7**2 + 9**2 < 12**2)
    squares = (n * n for n in range(1, 40))
    assert (answer_of("odd_divisors") == "true") is all(
        sum(square % d == 0 for d in range(1, square + 1)) % 2 for square in squares
    )
