"""Ratings of an audit that were made elsewhere: in by file, whole, once, and only of the text that was drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.audit import audit as audits_of
from core.audit.audit_import import import_ratings
from core.audit.frozen import Audit, FrozenItem
from core.audit.rows import audit_answers, audits
from core.database import Database
from core.importing.files import rows_of_file
from core.records import Grade
from core.review.rating_file import BadRow, RatingImport, rating_row
from tests.audit.audits import GOOD, judge, pool_of


@pytest.fixture
def audit(database: Database) -> Audit:
    pool = pool_of(database, 12)
    return audits_of.new(database, pool, size=6, seed=2)


def items(database: Database, audit: Audit) -> list[FrozenItem]:
    with database.read() as c:
        return audits.every_item(c, audit)


def take_in(database: Database, audit: Audit, folder: Path, lines: list[Any]) -> RatingImport:
    path = folder / "ratings.jsonl"
    path.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
    return import_ratings(database, audit.id, rows_of_file(path))


def test_a_file_of_ratings_comes_in_once(database: Database, audit: Audit, tmp_path: Path):
    lines = [
        {
            "instance": item.instance_id,
            "reviewer": "ines",
            "grade": "B",
            "instruction_valid": True,
            "input_appropriate": True,
            "output_correct": False,
            "flags": ["tone"],
            "note": "nearly",
            "at": 1_700_000_000 + item.position,
        }
        for item in items(database, audit)
    ]
    assert take_in(database, audit, tmp_path, lines) == RatingImport(6, 0, ())
    assert take_in(database, audit, tmp_path, lines) == RatingImport(0, 6, ())
    with database.read() as c:
        ratings = audit_answers.standing_ratings(c, audit, audit.round)
        assert [r.at for r in ratings] == [1_700_000_001.0 + k for k in range(6)]
        assert {(r.reviewer, r.grade, r.valid, r.output_correct, r.flags, r.note) for r in ratings} == {
            ("ines", Grade.B, True, False, ("tone",), "nearly")
        }
        assert len(audit_answers.history(c, audit)) == 6


def test_ratings_without_a_time_are_known_the_second_time_too(database: Database, audit: Audit, tmp_path: Path):
    lines = [{"instance": item.instance_id, "reviewer": "ines", "valid": True} for item in items(database, audit)]
    assert take_in(database, audit, tmp_path, lines + lines) == RatingImport(6, 6, ())
    assert take_in(database, audit, tmp_path, lines) == RatingImport(0, 6, ())


def test_a_rating_names_its_item_by_the_exact_text_alone(database: Database, audit: Audit, tmp_path: Path):
    first = items(database, audit)[0]
    line = {
        "instruction": first.instruction,
        "input": first.input,
        "output": first.output,
        "reviewer": "i",
        "grade": "A",
    }
    assert take_in(database, audit, tmp_path, [line]).added == 1
    other = {**line, "output": first.output + " "}
    [fault] = take_in(database, audit, tmp_path, [other]).faults
    assert fault.reason == "its text is in no item"


def test_a_rating_of_another_text_of_an_instance_is_refused(database: Database, audit: Audit, tmp_path: Path):
    first = items(database, audit)[0]
    line = {"instance": first.instance_id, "instruction": "Other.", "output": "x", "reviewer": "i", "grade": "A"}
    done = take_in(database, audit, tmp_path, [line])
    assert done.added == 0 and "not the one that was drawn" in done.faults[0].reason


def test_bad_rows_are_named_by_line_and_the_others_come_in(database: Database, audit: Audit, tmp_path: Path):
    good = items(database, audit)[0].instance_id
    done = take_in(
        database,
        audit,
        tmp_path,
        [
            "{not json\n",
            {"instance": good, "grade": "A"},
            {"instance": good, "reviewer": "i", "grade": "E"},
            {"instance": good, "reviewer": "i", "grade": "A", "valid": False},
            {"instance": good, "reviewer": "i"},
            {"instance": 10**12, "reviewer": "i", "grade": "A"},
            {"instance": good, "reviewer": "i", "grade": "A", "at": "tomorrow"},
            {"instance": good, "reviewer": "i", "grade": "A", "at": 9e12},
            {"instance": good, "reviewer": "i", "grade": "A", "round": f"audit:{audit.id + 1}"},
            {"reviewer": "i", "grade": "A"},
            {"instance": good, "reviewer": "i", "grade": "A", "output_correct": "perhaps"},
            {"instance": good, "reviewer": "i", "grade": "A", "round": "gold"},
            {"instance": good, "reviewer": "i", "grade": "A", "round": audit.final_round},
            {"instance": good, "reviewer": "i", "grade": "a", "at": "2026-01-02T03:04:05Z", "audit": audit.id},
        ],
    )
    assert done.added == 1
    assert [fault.line for fault in done.faults] == list(range(1, 14))


def test_an_older_rating_does_not_replace_a_newer_one(database: Database, audit: Audit, tmp_path: Path):
    judge(database, audit, "ines", lambda item: GOOD)
    first = items(database, audit)[0]
    old = {"instance": first.instance_id, "reviewer": "ines", "grade": "D", "at": 1_500_000_000}
    assert take_in(database, audit, tmp_path, [old]).added == 1
    with database.read() as c:
        assert audit_answers.answer(c, audit, first.instance_id, "ines").said.grade is Grade.A


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["instance", "instruction", "input", "output", "reviewer", "grade", "valid", "flags", "note", "at", "audit"]
        ),
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=12)
        | st.lists(st.text(max_size=3) | st.integers(), max_size=2)
        | st.sampled_from(["A", "yes", "no", "nan", "inf", "1e999", "٣", "\ud800"]),
    )
)
def test_any_row_is_a_rating_or_a_bad_row(row: dict[str, Any]):
    try:
        read = rating_row(row)
    except BadRow:
        return
    assert read.reviewer.encode() and (read.instance_id is not None or read.text_hash)
