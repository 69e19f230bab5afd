"""`diversity`, `parser`, `discards` and `novelty --curve`: the pages' numbers without a browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core import pools
from core.__main__ import main
from core.database import Database
from core.pool import arrivals
from core.pool.arrivals import NewTask
from core.records import Grade, Origin
from tests.diversity.looked_at import PAIRS, pool_to_look_at, rate

Told = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """Run a verb with --json; return its exit code and the one object on standard output."""

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        code = main([*arguments, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


def test_diversity_tells_every_number_of_the_page(database: Database, told: Told) -> None:
    pool_to_look_at(database, parsed=False)
    code, found = told("diversity", "looked at", "--parser", "lexicon", "--tasks", "--verbs", "2", "--nouns", "1")
    assert code == 0
    assert found["parser"]["name"] == "lexicon"
    assert found["counts"]["tasks"] == found["counts"]["parsed"] == 6
    assert {"verb": "write", "noun": "poem", "count": 2} in found["pairs"]
    assert found["coverage"]["sectors"] == [
        {"verb": "write", "noun": "poem", "count": 2},
        {"verb": "sort", "noun": "list", "count": 1},
    ]
    assert found["coverage"]["share"] == pytest.approx(0.5)
    assert sum(bar["count"] for bar in found["rouge"]["bins"]) == 6
    assert found["lengths"]["unit"] == "words"
    assert found["table1"]["this"]["instructions"] == 6
    assert [task["instruction"] for task in found["tasks"]] == list(PAIRS)
    assert {"instruction", "verb", "noun", "seed_score"} <= set(found["tasks"][0])


def test_filters_hold_on_the_command_line_too(database: Database, told: Told) -> None:
    pool_to_look_at(database)
    for options, n in ((["--run", "1"], 6), (["--origin", "seed"], 2), (["--classification", "yes"], 3)):
        assert told("diversity", "looked at", "--parser", "lexicon", *options)[1]["counts"]["tasks"] == n
    code, found = told("diversity", "looked at", "--state", "perfect")
    assert code == 1
    assert "no state" in found["error"]


def test_a_release_and_a_pool_stand_side_by_side(
    database: Database, told: Told, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pool_to_look_at(database)
    assert told("release", "make", "looked at", str(tmp_path / "one"), "--all", "--format", "csv")[0] == 0
    asked = ("diversity", "show", "looked at", "--parser", "lexicon", "--release", "last", "--against", "looked at")
    code, found = told(*asked)
    assert code == 0 and found["names"] == ["looked at, release 1", "looked at"]
    assert found["release"] == 1 and found["against"]["release"] is None
    assert found["counts"]["tasks"] == found["against"]["counts"]["tasks"] == 6
    bars = [
        [(bar["from"], bar["to"]) for bar in side["lengths"]["output"]["bins"]] for side in (found, found["against"])
    ]
    assert bars[0] == bars[1], "bars that can stand side by side"
    assert {"verb": "write", "noun": "poem", "left": 2, "right": 2}.items() <= found["side_by_side"][0].items()
    file = tmp_path / "beside.html"
    assert main([*asked, "--by-valid", "--html", str(file)]) == 0
    page = file.read_text(encoding="utf-8")
    own = page[page.rindex("<h1>") :]
    assert "<h1>looked at, release 1 beside looked at</h1>" in own and own.count("<section>") == 2
    assert "<td>write poem</td><td>2</td><td>2</td>" in own and "chart-2-verbs" in own
    told_in_words = capsys.readouterr().out
    assert "looked at, release 1" in told_in_words and "write poem" in told_in_words
    shown = told("release", "show", "looked at", "last")[1]
    assert (shown["id"], told("release", "show", "looked at", "one")[1]["id"]) == (1, 1)
    code, found = told("diversity", "show", "looked at", "--against-release", "7")
    assert code == 1 and "no release" in found["error"]


def test_a_second_time_parses_nothing(database: Database, told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    pool_to_look_at(database, parsed=False)
    first = told("diversity", "looked at", "--parser", "lexicon")[1]
    second = told("diversity", "looked at")[1]
    assert second == first  # the pool keeps its parser
    with database.read() as c:
        assert c.exec_driver_sql("SELECT count(*) FROM runs WHERE method = 'parse'").scalar() == 1


def test_the_charts_are_written_as_one_page(database: Database, told: Told, tmp_path: Path) -> None:
    pool_to_look_at(database)
    file = tmp_path / "charts.html"
    code, found = told("diversity", "looked at", "--parser", "lexicon", "--html", str(file))
    assert (code, found["html"]) == (0, str(file))
    assert "26,559 of 52,445" in file.read_text(encoding="utf-8")
    assert told("diversity", "looked at", "--html", str(tmp_path / "no" / "folder.html"))[0] == 1


def test_each_verb_and_object_is_told_with_its_share_valid(database: Database, told: Told, tmp_path: Path) -> None:
    pool = pool_to_look_at(database)
    poems = [text for text, (verb, noun) in PAIRS.items() if (verb, noun) == ("write", "poem")]
    rate(database, pool, poems[0], Grade.A)
    rate(database, pool, poems[1], Grade.D)
    file = tmp_path / "charts.html"
    words = ("--parser", "lexicon", "--by-valid", "--html", str(file))
    sectors = told("diversity", "looked at", *words)[1]["coverage"]["sectors"]
    (poem,) = [one for one in sectors if one["noun"] == "poem"]
    assert (poem["rated"], poem["valid"], poem["percent_valid"]["value"]) == (2, 1, 50.0)
    assert 0 < poem["percent_valid"]["low"] < 50 < poem["percent_valid"]["high"] < 100
    assert all(one["percent_valid"]["value"] is None for one in sectors if not one["rated"])
    assert "of 2 rated instances in the chart 1 valid" in file.read_text(encoding="utf-8")


def test_a_pool_that_no_parser_reads_still_has_its_other_numbers(database: Database, told: Told) -> None:
    pool = pools.make(database, "deutsch")
    with database.write() as c:
        texts = [f"Schreibe ein Gedicht über das Meer und die Stadt Nummer {n}." for n in range(200)]
        arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, text) for text in texts])
    code, found = told("diversity", "deutsch")
    assert code == 0
    assert found["parser"] is None
    assert "German" in found["no_parser"]
    assert (found["pairs"], found["rouge"]["n"]) == ([], 200)


def test_parsers_are_listed_and_unknown_ones_refused(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = told("parser", "list")
    assert code == 0
    assert [parser["name"] for parser in found["parsers"]][-2:] == ["built-in small", "lexicon"]
    assert found["installable"]["benepar_en3"] == "en" and found["installable"]["benepar_zh2"] == "zh"
    assert main(["diversity", "parser", "list"]) == 0
    assert "benepar_zh2: reads Chinese; not here" in capsys.readouterr().out
    code, found = told("parser", "install", "nonsense")
    assert code == 1
    assert "no parser named nonsense" in found["error"]


def test_discards_are_listed_rescued_and_put_back(database: Database, told: Told) -> None:
    pool_to_look_at(database)
    code, found = told("discards", "looked at")
    assert (code, found["by_rule"], found["passed"]) == (0, {"unfit-word": 1}, 6)
    (one,) = found["discards"]
    assert (one["instruction"], one["evidence"]) == ("Draw it.", {"word": "draw"})
    _, found = told("discards", "looked at", "--rescue", str(one["task_id"]))
    assert (found["rescued"], found["discards"]) == (1, [])
    _, found = told("discards", "looked at", "--put-back", str(one["task_id"]))
    assert (found["put_back"], len(found["discards"])) == (1, 1)


def test_the_curve_agrees_with_the_gate_at_each_threshold(database: Database, told: Told) -> None:
    pool_to_look_at(database)
    code, found = told("novelty", "looked at", "--curve")
    assert code == 0
    for point in found["curve"]:
        _, gate = told("novelty", "looked at", "--threshold", str(point["threshold"]))
        assert (point["kept"], point["dropped"]) == (gate["kept"], gate["dropped"])


def test_a_text_that_is_no_utf_8_does_not_break_the_output(database: Database, told: Told) -> None:
    pool = pools.make(database, "cut", own_seeds=[])
    with database.write() as c:
        arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, "Write a poem about \ud83d and the sea.")])
    code, found = told("diversity", "cut", "--parser", "lexicon", "--tasks")
    assert code == 0
    assert found["tasks"][0]["verb"] == "write"
