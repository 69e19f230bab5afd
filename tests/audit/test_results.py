"""Blindness has one home: page, command line, report and download open an audit to the same people, and note it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.__main__ import main
from core.audit import audit as audits_of
from core.audit import judging, ratings_file, results
from core.audit.frozen import Audit
from core.audit.results import Result, StillJudging
from core.audit.rows import audit_answers
from core.database import Database
from core.pool.judgement import Judgement
from core.records import Grade, Refused
from tests.audit.audits import BAD, GOOD, judge, pool_of

SECRET = Judgement(Grade.C, None, True, True, False, note="secret of Ines")


@pytest.fixture
def audit(database: Database) -> Audit:
    """Four items, all of them judged by ines."""
    made = audits_of.new(database, pool_of(database, 12), size=4, seed=3)
    judge(database, made, "ines", lambda item: SECRET)
    return made


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main([*words]) == code
    out = capsys.readouterr()
    return out.out + out.err


def begin(database: Database, audit: Audit, reviewer: str) -> None:
    judging.hand_in(database, audit, judging.turn(database, audit, reviewer), reviewer, GOOD)


def looked(database: Database, audit: Audit) -> tuple[str, ...]:
    with database.read() as c:
        return audit_answers.looks(c, audit)


def test_who_is_in_the_middle_of_judging_sees_nothing_even_when_they_ask(database: Database, audit: Audit):
    begin(database, audit, "jonas")
    for look in (False, True):
        closed = results.result(database, audit.id, "jonas", look=look)
        assert isinstance(closed, StillJudging)
        assert (closed.judged, closed.size, closed.may_look) == (1, 4, False)
        assert "secret" not in repr(closed)
    assert looked(database, audit) == ()


def test_who_has_judged_nothing_is_asked_first_and_a_look_is_noted(database: Database, audit: Audit):
    closed = results.result(database, audit.id, "kim")
    assert isinstance(closed, StillJudging) and closed.may_look
    assert looked(database, audit) == ()
    assert isinstance(results.result(database, audit.id, "kim", look=True), Result)
    assert isinstance(results.result(database, audit.id, "kim"), Result), "who has looked is not asked again"
    assert looked(database, audit) == ("kim",)


def test_who_has_judged_all_sees_it_and_is_noted(database: Database, audit: Audit):
    assert isinstance(results.result(database, audit.id, "ines"), Result)
    assert looked(database, audit) == ("ines",)


def test_an_audit_that_nobody_has_judged_is_open_and_nothing_is_noted(database: Database):
    made = audits_of.new(database, pool_of(database, 5), size=3)
    assert isinstance(results.result(database, made.id, "kim"), Result)
    assert looked(database, made) == ()


def test_show_and_report_refuse_who_is_judging_and_note_who_looks(
    database: Database, audit: Audit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    begin(database, audit, "jonas")
    for words in (("show", str(audit.id)), ("report", str(audit.id), str(tmp_path / "r.md"))):
        told = said(capsys, "audit", *words, "--reviewer", "jonas", code=1)
        assert "You have judged 1 of 4 items" in told and "n=" not in told
    assert not (tmp_path / "r.md").exists() and looked(database, audit) == ()
    assert "One person has opened the result by now" in said(
        capsys, "audit", "show", str(audit.id), "--reviewer", "kim"
    )
    said(capsys, "audit", "report", str(audit.id), str(tmp_path / "r.md"), "--reviewer", "lea")
    assert looked(database, audit) == ("kim", "lea")
    assert "2 people have opened the result by now, 2 of them without having judged" in (tmp_path / "r.md").read_text()


def test_the_list_keeps_what_is_closed_closed(database: Database, audit: Audit, capsys: pytest.CaptureFixture[str]):
    begin(database, audit, "jonas")
    for who in ("jonas", "kim"):
        [row] = json.loads(said(capsys, "audit", "list", "things", "--reviewer", who, "--json"))["audits"]
        assert (row["open"], row["valid"]) == (False, None)
    [row] = json.loads(said(capsys, "audit", "list", "things", "--reviewer", "ines", "--json"))["audits"]
    assert (row["open"], row["valid"]["n"]) == (True, 4)


def test_a_file_of_ratings_holds_of_an_audit_only_what_its_reader_may_see(
    database: Database, audit: Audit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    begin(database, audit, "jonas")
    mine = [json.loads(line) for line in ratings_file.lines(database, audit.pool_id, "jonas")]
    assert [(row["reviewer"], row["round"]) for row in mine] == [("jonas", audit.round)]
    assert looked(database, audit) == ()
    path = tmp_path / "r.jsonl"
    told = said(capsys, "ratings", "export", "things", str(path), "--reviewer", "jonas")
    assert "Of audit 1 only your own answers" in told and "secret" not in path.read_text()
    said(capsys, "ratings", "export", "things", str(path), "--reviewer", "kim")
    assert path.read_text().count("secret") == 4 and looked(database, audit) == ("kim",)


def test_answers_after_a_look_are_told_apart_whatever_the_clock_says(
    database: Database, audit: Audit, monkeypatch: pytest.MonkeyPatch
):
    results.result(database, audit.id, "kim", look=True)
    monkeypatch.setattr("time.time", lambda: 1_000.0)  # the clock is set back by decades
    judge(database, audit, "kim", lambda item: BAD)
    seen = results.result(database, audit.id, "ines").report
    assert seen.after_looking == {"kim": 4}
    assert "4 of the ratings, by one reviewer" in seen.blindness


def test_answers_after_a_look_count_in_the_shares_and_in_no_figure_of_agreement(database: Database, audit: Audit):
    results.result(database, audit.id, "kim", look=True)
    judge(database, audit, "kim", lambda item: BAD)
    seen = results.result(database, audit.id, "ines")
    assert seen.found.valid.yes == 0 and {each.grade.value: each.share.yes for each in seen.found.grades}["D"] == 4
    assert seen.found.agreement.n == 0 and "no item has answers from two" in seen.found.agreement.raw.meaning


def test_who_is_in_the_middle_of_judging_settles_nothing(database: Database, audit: Audit):
    begin(database, audit, "jonas")
    with pytest.raises(Refused, match="Judge every item"):
        judging.settle(database, audit, 1, "jonas", Judgement(Grade.B))
    judging.settle(database, audit, 1, "kim", Judgement(Grade.B))
    assert looked(database, audit) == ("kim",)


def test_a_last_word_that_was_not_on_screen_is_not_overruled(database: Database, audit: Audit):
    judging.settle(database, audit, 1, "kim", Judgement(Grade.B), seen=None)
    with pytest.raises(Refused, match="settled this item since"):
        judging.settle(database, audit, 1, "lea", Judgement(Grade.D), seen=None)
    shown = results.result(database, audit.id, "lea", look=True).items[0]
    judging.settle(database, audit, 1, "lea", Judgement(Grade.D), seen=shown.adjudication.id)
    assert results.result(database, audit.id, "lea").items[0].grade is Grade.D


def test_undo_in_an_old_window_takes_back_nothing_else(database: Database, audit: Audit):
    begin(database, audit, "jonas")
    old = judging.turn(database, audit, "jonas")
    begin(database, audit, "jonas")
    with pytest.raises(Refused, match="another window"):
        judging.take_back(database, audit, "jonas", old.last)
    assert judging.turn(database, audit, "jonas").judged == 2
