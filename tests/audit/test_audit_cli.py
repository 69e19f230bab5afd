"""The audit verbs, as somebody at a terminal or a script uses them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main
from core.database import Database
from tests.audit.audits import pool_of


@pytest.fixture
def folder(database: Database, tmp_path: Path) -> Path:
    """The folder of files; the verbs find the database where the environment says."""
    pool_of(database, 40)
    pool_of(database, 5, name="show")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    assert main(["audit", *words, "--json"]) == code
    [line] = capsys.readouterr().out.splitlines()
    return json.loads(line)


def rated(folder: Path, made: dict[str, Any], *reviewers: str) -> Path:
    """A file of ratings of every item by these reviewers: the second differs on every fourth item."""
    lines = [
        {
            "instance": item["instance"],
            "reviewer": who,
            "grade": "C" if at and item["position"] % 4 == 0 else "AB"[item["position"] % 2],
            "instruction_valid": True,
            "input_appropriate": True,
            "output_correct": item["position"] % 2 == 0,
        }
        for item in made["items"]
        for at, who in enumerate(reviewers)
    ]
    path = folder / "ratings.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def test_a_new_audit_prints_its_id_and_its_items_in_order(folder: Path, capsys: pytest.CaptureFixture[str]):
    made = said(capsys, "things", "--size", "20", "--seed", "7", "--name", "first")
    assert [item["position"] for item in made["items"]] == list(range(1, 21))
    assert {"instance", "instruction", "input", "output"} <= made["items"][0].keys()
    assert (made["name"], made["seed"], made["population"]) == ("first", 7, {"tasks": 40, "instances": 40})
    again = said(capsys, "new", "things", "--size", "20", "--seed", "7")
    assert again["id"] == made["id"] + 1 and again["items"] == made["items"]


def test_show_gives_table_2_grades_and_with_two_reviewers_agreement(folder: Path, capsys: pytest.CaptureFixture[str]):
    made = said(capsys, "things", "--size", "20")
    number = str(made["id"])
    assert "agreement" not in said(capsys, "show", number)
    said(capsys, "import", number, str(rated(folder, made, "ines")))
    one = said(capsys, "show", number)
    assert "agreement" not in one
    assert one["questions"]["output_correct"] == {
        "n": 20, "yes": 10, "percent": 50.0,
        "low": pytest.approx(29.93, abs=0.01), "high": pytest.approx(70.07, abs=0.01),
    }  # fmt: skip
    assert one["questions"].keys() == {"instruction_valid", "input_appropriate", "output_correct", "all_valid"}
    assert one["grades"] == {"A": 10, "B": 10, "C": 0, "D": 0}
    done = said(capsys, "import", number, str(rated(folder, made, "ines", "jonas")))
    assert (done["added"], done["known"], done["bad"]) == (20, 20, [])
    two = said(capsys, "show", number)["agreement"]
    assert two["n"] == 20 and two["raw"] == 0.75
    keys = {"cohen_kappa", "cohen_kappa_valid", "weighted_kappa", "krippendorff_alpha", "spearman"}
    assert all(two[key] is None or -1 <= two[key] <= 1 for key in keys)


def test_a_pool_that_is_called_like_a_verb_can_be_audited(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert said(capsys, "new", "show", "--size", "3")["pool"] == "show"
    assert [row["items"] for row in said(capsys, "list", "show")["audits"]] == [3]
    with pytest.raises(SystemExit) as wrong:
        main(["audit", "show"])
    assert wrong.value.code == 2


def test_json_may_stand_before_the_pool(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["audit", "--json", "things", "--size", "2"]) == 0
    assert len(json.loads(capsys.readouterr().out)["items"]) == 2


def test_the_population_can_be_narrowed(folder: Path, capsys: pytest.CaptureFixture[str]):
    made = said(capsys, "things", "--origin", "import", "--classification", "yes", "--search", "thing")
    assert all(int(item["instruction"][9:-1]) % 6 == 0 for item in made["items"]) and len(made["items"]) == 7
    refused = said(capsys, "things", "--run", "99", code=1)
    assert "widen the filter" in refused["error"]


def test_a_report_is_written_by_suffix_or_both_into_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]):
    made = said(capsys, "things", "--size", "4")
    number = str(made["id"])
    said(capsys, "import", number, str(rated(folder, made, "ines", "jonas")))
    said(capsys, "report", number, str(folder / "one.md"))
    both = said(capsys, "report", number, str(folder / "reports"))["files"]
    assert [Path(file).suffix for file in both] == [".html", ".md"]
    for path in (folder / "one.md", *map(Path, both)):
        text = path.read_text(encoding="utf-8")
        assert all(item["instruction"] in text for item in made["items"]) and "jonas" in text
    assert "ends in .html or .md" in said(capsys, "report", number, str(folder / "one.pdf"), code=1)["error"]


def test_bad_rows_are_told_by_line_and_a_file_without_a_good_one_fails(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    number = str(said(capsys, "things", "--size", "4")["id"])
    path = folder / "bad.jsonl"
    path.write_text('{"reviewer": "i", "grade": "A"}\n')
    done = said(capsys, "import", number, str(path), code=1)
    assert [row["line"] for row in done["bad"]] == [1]


def test_an_audit_that_is_not_there_is_told_in_a_sentence(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert "There is no audit 77" in said(capsys, "show", "77", code=1)["error"]


YES = ("--instruction-valid", "yes", "--input-appropriate", "yes", "--output-correct", "yes")


def test_an_audit_is_judged_at_the_terminal_as_blind_as_on_the_page(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number = str(said(capsys, "things", "--size", "2")["id"])
    first = said(capsys, "next", number, "--reviewer", "ann")
    assert (first["position"], first["judged"], first["of"]) == (1, 0, 2) and first["instruction"]
    assert "three questions" in said(capsys, "judge", number, "1", "--grade", "A", "--reviewer", "ann", code=1)["error"]
    then = said(capsys, "judge", number, "1", "--grade", "A", *YES, "--reviewer", "ann")
    assert (then["position"], then["judged"]) == (2, 1)
    assert said(capsys, "undo", number, "--reviewer", "ann")["position"] == 1
    assert said(capsys, "undo", number, "--redo", "--reviewer", "ann")["redone"]
    settle = ("settle", number, "1", "--grade", "D", "--reviewer")
    assert "blind" in said(capsys, *settle, "ann", code=1)["error"], "in the middle of judging"
    assert said(capsys, "judge", number, "2", "--later", "--reviewer", "ann")["position"] == 2
    assert said(capsys, "judge", number, "2", "--grade", "B", *YES, "--reviewer", "ann")["done"]
    for place in ("1", "2"):
        said(capsys, "judge", number, place, "--grade", "C", *YES, "--reviewer", "ben")
    assert said(capsys, *settle, "cyd")["settled"]


def test_on_a_terminal_one_item_comes_after_the_other(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    number = str(said(capsys, "things", "--size", "2")["id"])
    assert "one after the other" in said(capsys, "judge", number, code=1)["error"], "a program names the place"
    monkeypatch.setattr("sys.stdin", Terminal("y\ny\nx\nn\nb\nl\nu\nq\n"))
    assert main(["audit", "judge", number]) == 0
    told = capsys.readouterr()
    assert told.out.strip() == "1 of 2 judged; next is 2."
    assert "item 2, 1 of 2 judged by me" in told.err and "Grade" in told.err


def test_an_audit_is_drawn_from_what_a_release_held_and_from_what_it_did_not(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    out = ["release", "make", "things", str(folder / "one"), "--all", "--format", "csv", "--quiet"]
    assert main(out) == 0
    capsys.readouterr()
    made = said(capsys, "new", "things", "--in-release", "last", "--search", "thing", "--size", "5")
    assert made["population"] == {"tasks": 40, "instances": 40} and made["filter"]["in_release"] == 1
    assert main(["audit", "new", "things", "--not-in-release", "one"]) == 1
    assert "widen the filter" in capsys.readouterr().err
    assert main(["audit", "new", "things", "--in-release", "two"]) == 1
    assert "no release" in capsys.readouterr().err
