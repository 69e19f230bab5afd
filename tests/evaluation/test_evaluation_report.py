"""The report: the paper's rows beside, names from people inert, nothing for who still rates."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from core.database import Database
from core.evaluation import demo, drawing, rating, report, report_forms
from core.evaluation.importing import What, import_file
from core.evaluation.report import EvaluationReport
from core.evaluation.words import StillRating
from tests.evaluation.sets_of_models import write

HOSTILE = "<img src=http://evil.example/x.png> ![p](http://evil.example/p.png) | **b**"


@pytest.fixture
def made(database: Database, tmp_path: Path) -> EvaluationReport:
    demo.load(database)
    rows = [{"model": HOSTILE, "id": f"user_task_{at}", "response": "x"} for at in range(6)]
    import_file(database, demo.NAME, write(tmp_path / "h.jsonl", rows), What.RESPONSES)
    grades = [{"reviewer": HOSTILE, "model": HOSTILE, "id": f"user_task_{at}", "grade": "A"} for at in range(6)]
    import_file(database, demo.NAME, write(tmp_path / "g.jsonl", grades), What.GRADES)
    found = report.report(database, demo.NAME, "zoe")
    assert isinstance(found, EvaluationReport)
    return found


def test_both_forms_hold_every_section_and_the_papers_rows(made: EvaluationReport, tmp_path: Path) -> None:
    paths = report_forms.write(made, tmp_path / "out")
    page, text = (path.read_text(encoding="utf-8") for path in paths)
    for title in ("Grades by people, blind", "Differences on the same tasks", "Reference scores", "Win rates"):
        assert title in page and title in text
    assert page.count("InstructGPT 003 (paper)") == 2 and "demo-strong" in page  # its bar and its row
    assert "88.1%" in text.replace("\\", "")
    assert "<td class=n>252</td>" in page and ">A 192</i>" in page, "a number is never broken; a bar says its grade"


def test_names_from_people_do_nothing(made: EvaluationReport) -> None:
    page = report_forms.html(made)
    assert "<img" not in page and "&lt;img src=http://evil.example" in page and "default-src 'none'" in page
    rendered = MarkdownIt().enable("table").render(report_forms.markdown(made))
    assert "<img" not in rendered and "<strong>b" not in rendered and "<a " not in rendered


def test_one_file_is_written_where_its_ending_says_which(made: EvaluationReport, tmp_path: Path) -> None:
    (path,) = report_forms.write(made, tmp_path / "deep" / "r.md")
    assert path.read_text(encoding="utf-8").startswith("# Evaluation on user")


def test_who_still_rates_gets_no_report(database: Database) -> None:
    demo.load(database)
    its = drawing.draw(database, demo.NAME, tasks=1)
    rating.turn(database, its.id, "anna")
    assert isinstance(report.report(database, demo.NAME, "anna"), StillRating)
