"""Ratings leave and come back as JSON Lines, once; a line that has no place is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.__main__ import main
from core.audit import audit as audits_of
from core.audit.frozen import Audit
from core.audit.rows import audit_answers, audits
from core.database import Database
from core.database.schema import flagged, instances, standings
from core.database.schema import ratings as rated
from core.importing.files import rows_of_file as rows_of
from core.pool import arrivals, beside, filters, judging, standing, tallies, tasks
from core.pool import pools as store
from core.pool.arrivals import NewInstance, NewTask
from core.pool.filters import Filter
from core.pool.judgement import Judgement
from core.records import Beside, Grade, Origin, Refused, Turn
from core.review import desk, editing, ratings
from core.review.editing import Text
from core.review.rating_file import RatingImport
from core.review.rows import queues, rating_history, rating_import
from tests import databases
from tests.review.pool_of_texts import open_at, pool_of


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_at(tmp_path)


@pytest.fixture
def pool_id(database: Database) -> int:
    return pool_of(database, 6)


def _rate(database: Database, pool_id: int, n: int = 3, reviewer: str = "ann", grade: Grade = Grade.B) -> None:
    with database.write() as c:
        queue = queues.default(c, pool_id)
        if reviewer != "ann":
            queue = queues.create(c, pool_id, f"for {reviewer}", wanted=9)
    shown = desk.open_queue(database, queue, reviewer)
    for _ in range(n):
        assert shown is not None
        shown = desk.judge(
            database, shown, reviewer, Judgement(grade, None, True, False, None, ("x", "y"), "Grüße 你好")
        )


def _read(database: Database, pool_id: int, lines: list[str], tmp_path: Path) -> RatingImport:
    file = tmp_path / "ratings.jsonl"
    file.write_text("".join(line.rstrip("\n") + "\n" for line in lines), encoding="utf-8")
    return ratings.read(database, pool_id, rows_of(file))


def _lines(database: Database, pool_id: int) -> list[str]:
    with database.read() as c:
        return list(ratings.export(c, pool_id))


def test_ratings_come_back_into_an_empty_copy_of_the_pool_as_they_were(database, pool_id, tmp_path):
    _rate(database, pool_id)
    lines = _lines(database, pool_id)
    assert all(json.loads(line)["at"].endswith("+00:00") for line in lines), "ISO 8601 with its zone"
    other = open_at(tmp_path / "copy")
    pool_of(other, 2)
    with other.write() as c:
        store.rename(c, 1, "elsewhere")
    copy = pool_of(other, 6)  # the same texts under other ids
    done = _read(other, copy, lines, tmp_path)
    assert (done.added, done.known, done.faults) == (3, 0, ())
    strip = lambda line: {k: v for k, v in json.loads(line).items() if k != "instance"}  # noqa: E731
    assert [strip(line) for line in _lines(other, copy)] == [strip(line) for line in lines]


def test_ratings_by_hash_alone_are_looked_for_once_and_looked_at_again_before_they_are_stored(
    database, pool_id, tmp_path, monkeypatch
):
    with database.read() as c:
        rows = c.execute(sa.select(instances.c.id, instances.c.text_hash).where(instances.c.is_seed.is_(False))).all()
    its = {"reviewer": "eva", "grade": "A"}
    here, *others = rows
    lines = [json.dumps({**its, "instance": here.id, "text_hash": here.text_hash})]
    lines += [json.dumps({**its, "instance": 10_000 + one.id, "text_hash": one.text_hash}) for one in others]
    lines += [json.dumps({**its, "text_hash": text}) for text in ("\ud800", "f" * 64)]
    look_for, passes = rating_import.look_for, []

    def then_edited(*of):
        passes.append(found := look_for(*of))
        editing.edit(database, others[0].id, others[0].text_hash, Text("New.", "", "n"), "bob")
        return found

    monkeypatch.setattr(rating_import, "look_for", then_edited)
    monkeypatch.setattr(ratings, "_AT_ONCE", 2)
    done = _read(database, pool_id, lines, tmp_path)
    assert passes == [{one.text_hash: [one.id] for one in others}]
    assert (done.added, done.known) == (len(rows) - 1, 0)
    assert [fault.line for fault in done.faults] == [2, len(rows) + 1, len(rows) + 2]
    assert {fault.reason for fault in done.faults} == {"no instance of this pool has this text"}


def test_importing_twice_adds_nothing(database, pool_id, tmp_path):
    row = {"instruction": "Describe colour number 1.", "input": "input 1.0", "output": "output 1.0"}
    line = json.dumps({**row, "reviewer": "eva", "grade": "A"})
    assert _read(database, pool_id, [line], tmp_path).added == 1
    again = _read(database, pool_id, [line, *_lines(database, pool_id)], tmp_path)
    assert (again.added, again.known) == (0, 2)


def test_an_imported_rating_counts_like_one_given_here(database, pool_id, tmp_path):
    with database.read() as c:
        instance = tasks.get(c, 2).instances[0].id
    said = {"instance": instance, "reviewer": "eva", "valid": False, "flags": ["odd"]}
    _read(database, pool_id, [json.dumps(said)], tmp_path)
    with database.read() as c:
        (one,) = standing.current(c, instance)
        assert (one.reviewer, one.grade, one.valid, one.flags) == ("eva", None, False, ("odd",))
        assert tallies.review_counts(c, pool_id).reviewed == 1


def test_an_older_rating_does_not_replace_a_newer_one(database, pool_id, tmp_path):
    with database.read() as c:
        instance = tasks.get(c, 2).instances[0].id
    newer = json.dumps({"instance": instance, "reviewer": "eva", "grade": "A", "at": 2_000.0})
    older = json.dumps({"instance": instance, "reviewer": "eva", "grade": "D", "at": 1_000.0})
    assert _read(database, pool_id, [newer, older], tmp_path).added == 2
    with database.read() as c:
        assert [one.grade for one in standing.current(c, instance)] == [Grade.A]


def test_bad_rows_are_told_by_line_and_leave_the_good_ones_in(database, pool_id, tmp_path):
    with database.read() as c:
        instance = tasks.get(c, 2).instances[0].id
    rows = [
        "{",
        "[]",
        json.dumps({"instance": instance, "reviewer": "eva", "grade": "E"}),
        json.dumps({"instance": instance, "grade": "A"}),
        json.dumps({"instance": 99_999, "reviewer": "eva", "grade": "A"}),
        json.dumps({"instruction": "Unknown.", "output": "?", "reviewer": "eva", "grade": "A"}),
        json.dumps({"reviewer": "eva", "grade": "A"}),
        json.dumps({"instance": instance, "reviewer": "eva"}),
        json.dumps({"instance": True, "reviewer": "eva", "grade": "A"}),
        json.dumps({"instance": instance, "reviewer": "eva", "grade": "A", "at": "yesterday"}),
        json.dumps({"instance": instance, "reviewer": "eva", "grade": "A", "flags": [1]}),
        json.dumps({"instance": instance, "reviewer": "\ud800", "grade": "A"}),
        json.dumps({"instance": instance, "reviewer": "eva", "grade": "A", "audit": 3}),
        "",
        json.dumps({"instance": instance, "reviewer": "eva", "grade": "A"}),
    ]
    done = _read(database, pool_id, rows, tmp_path)
    assert done.added == 1
    assert [bad.line for bad in done.faults] == list(range(1, 14))
    assert "A, B, C and D" in done.faults[2].reason and "99999" in done.faults[4].reason


def test_a_seed_or_another_pools_instance_is_not_rated_by_its_number(database, pool_id, tmp_path):
    with database.read() as c:
        seed = tasks.get(c, 1).instances[0].id
    done = _read(database, pool_id, [json.dumps({"instance": seed, "reviewer": "eva", "grade": "A"})], tmp_path)
    assert done.added == 0 and len(done.faults) == 1


def test_a_stale_rating_is_exported_without_the_text_that_it_did_not_judge(database, pool_id, tmp_path):
    _rate(database, pool_id, 1)
    row = json.loads(_lines(database, pool_id)[0])
    editing.edit(database, row["instance"], row["text_hash"], Text("New.", "", "n"), "bob")
    (stale,) = (json.loads(line) for line in _lines(database, pool_id))
    assert stale["text_hash"] == row["text_hash"] and "instruction" not in stale
    assert _read(database, pool_id, _lines(database, pool_id), tmp_path).known == 1
    with database.read() as c:
        assert rating_history.of_pool(c, pool_id) == []


def test_the_command_line_writes_reads_and_measures(database, pool_id, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WINNOW_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("WINNOW_DATABASE_URL", databases.address(tmp_path))
    _rate(database, pool_id)
    _rate(database, pool_id, 3, "bob", Grade.C)
    database.close()
    file = tmp_path / "out.jsonl"
    assert main(["ratings", "export", "texts", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ratings"] == 6
    assert len(file.read_text(encoding="utf-8").splitlines()) == 6
    assert main(["ratings", "import", "texts", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"pool": "texts", "added": 0, "known": 6, "bad": []}
    assert main(["agreement", "texts", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n"], found["raw"]) == (3, 0.0)
    assert [one["reviewer"] for one in found["reviewers"]] == ["ann", "bob"]
    assert main(["ratings", "import", "texts", str(tmp_path / "missing.jsonl")]) == 1
    assert "There is no file" in capsys.readouterr().err


def _of_every_round(database: Database, pool_id: int) -> Audit:
    """Ratings at the desk (one of them stale by now), a repeat, a known answer, a last word, and an audit with one."""
    _rate(database, pool_id, 2)
    audit = audits_of.new(database, pool_id, size=3, seed=1)
    with database.write() as c:
        one, two, three, *_ = [row.id for row in filters.matching(c, pool_id, Filter())]
        for instance, reviewer, grade, round in (
            (three, "ann", "A", ""),
            (three, "bob", "D", ""),
            (one, "ann", "C", "again"),
            (two, "lead", "B", "gold"),
            (three, "lead", "C", "final"),
        ):
            text_hash = standing.of(c, instance, reviewer)[0]
            judging.rate(c, instance, reviewer, text_hash, Judgement(Grade(grade), note="über"), round)
        audit_answers.rate(c, audit, 1, "ann", Judgement(Grade.A, None, True, True, True))
        audit_answers.rate(c, audit, 1, "bob", Judgement(Grade.D, None, True, False, True))
        audit_answers.rate(c, audit, 1, "lead", Judgement(Grade.B, None, None, True, None), round=audit.final_round)
        frozen = audits.item(c, audit, 1)
        first = standing.of(c, one, "ann")[0]
    editing.edit(database, one, first, Text("New.", "", "n"), "bob")  # what was said of the first is stale by now
    with database.read() as c:
        now = standing.of(c, frozen.instance_id, "x")[0]
    if now == frozen.text_hash:
        editing.edit(database, frozen.instance_id, now, Text("Newer.", "", "n"), "bob")
    return audit


def _emptied(database: Database) -> None:
    """Everything that people have said is gone; texts, their changes and audits are there."""
    with database.write() as c:
        for table in (standings, flagged, rated):
            c.execute(table.delete())
        for (instance,) in c.execute(sa.select(instances.c.id)).all():
            standing.recount(c, instance)


def _counting(database: Database, pool_id: int) -> object:
    with database.read() as c:
        derived = sa.select(instances.c.id, instances.c.rated, instances.c.grade, instances.c.valid)
        queue = queues.get(c, queues.of_pool(c, pool_id)[0].id)
        return c.execute(derived.order_by(instances.c.id)).all(), (queue.waiting, queue.done)


def test_a_backup_holds_every_round_and_brings_it_back_into_an_emptied_copy(database, pool_id, tmp_path):
    audit = _of_every_round(database, pool_id)
    lines, counted = _lines(database, pool_id), _counting(database, pool_id)
    rounds = [json.loads(line).get("round", "") for line in lines]
    of_audit = [audit.round, audit.round, audit.final_round]
    assert sorted(rounds) == ["", "", "", "", "again", *of_audit, "final", "gold"]
    assert _read(database, pool_id, lines, tmp_path) == RatingImport(0, len(lines), ())
    with database.read() as c:
        judged = [(item.grade, item.answer("all_valid")) for item in audits_of.judged_items(c, audit)]
    _emptied(database)
    assert _lines(database, pool_id) == []
    assert _read(database, pool_id, lines, tmp_path) == RatingImport(len(lines), 0, ())
    assert _lines(database, pool_id) == lines
    assert _counting(database, pool_id) == counted
    with database.read() as c:
        assert [(item.grade, item.answer("all_valid")) for item in audits_of.judged_items(c, audit)] == judged


def test_a_rating_of_an_audit_comes_into_that_audit_alone_and_only_of_the_frozen_text(database, pool_id, tmp_path):
    audit = audits_of.new(database, pool_id, size=3, seed=1)
    with database.read() as c:
        item = audits.item(c, audit, 1)
        other = next(
            row.id
            for row in filters.matching(c, pool_id, Filter())
            if row.id not in {one.instance_id for one in audits.every_item(c, audit)}
        )
    good = {"reviewer": "eva", "grade": "A"}
    its = {**good, "round": audit.round}
    rows = [
        {**its, "instance": item.instance_id},
        {**good, "instance": item.instance_id, "audit": audit.id, "round": "final"},
        {**its, "instance": item.instance_id, "instruction": "Another.", "output": "text"},
        {**its, "instance": other},
        {**good, "instance": item.instance_id, "round": f"audit:{audit.id + 1}"},
        {**good, "instance": item.instance_id, "round": "audit:x"},
        {**good, "instance": item.instance_id, "round": "lunch"},
        {**good, "instance": item.instance_id, "round": "gold", "audit": audit.id},
    ]
    done = _read(database, pool_id, [json.dumps(row) for row in rows], tmp_path)
    assert (done.added, [fault.line for fault in done.faults]) == (2, [3, 4, 5, 6, 7, 8])
    told = [fault.reason for fault in done.faults]
    assert "not one that was frozen" in told[0] and f"no item of audit {audit.id}" in told[1]
    assert told[2] == f"it was given in audit {audit.id + 1}, and this pool has no audit of that number"
    assert "its round is none of" in told[3] and "its round is none of" in told[4]
    with database.read() as c:
        assert [r.reviewer for r in audit_answers.standing_ratings(c, audit, audit.round)] == ["eva"]
        assert [r.reviewer for r in audit_answers.standing_ratings(c, audit, audit.final_round)] == ["eva"]
        assert rating_history.of_pool(c, pool_id) == []


def test_a_rating_that_was_taken_back_comes_back_from_the_backup(database, pool_id, tmp_path):
    _rate(database, pool_id, 1)
    lines = _lines(database, pool_id)
    with database.write() as c:
        last = judging.latest(c, pool_id, "ann")
        assert last is not None
        judging.take_back(c, pool_id, "ann", last)
    assert _lines(database, pool_id) == []
    assert _read(database, pool_id, lines, tmp_path).added == 1
    assert _lines(database, pool_id) == lines


def test_a_stale_rating_stays_with_its_instance_when_another_has_its_text_by_now(database, pool_id, tmp_path):
    _rate(database, pool_id, 1)
    row = json.loads(_lines(database, pool_id)[0])
    with database.read() as c:
        other = [one.id for one in filters.matching(c, pool_id, Filter())][-1]
        others = standing.of(c, other, "x")[0]
    editing.edit(database, row["instance"], row["text_hash"], Text("New.", "", "n"), "bob")
    editing.edit(database, other, others, Text(row["instruction"], row["input"], row["output"]), "bob")
    lines = _lines(database, pool_id)
    assert _read(database, pool_id, lines, tmp_path) == RatingImport(0, 1, ())
    _emptied(database)
    assert _read(database, pool_id, lines, tmp_path) == RatingImport(1, 0, ())
    assert json.loads(_lines(database, pool_id)[0])["instance"] == row["instance"]


def test_a_rating_without_an_instance_finds_the_one_after_the_same_conversation(database, tmp_path):
    turns = [[Turn("user", "Hello."), Turn("assistant", "Hi.")], [Turn("user", "Bye."), Turn("assistant", "Bye.")]]
    with database.write() as c:
        talks = store.create(c, "talks").id
        same = [NewInstance("", "A poem.", beside=Beside("", tuple(its))) for its in turns]
        arrivals.add(c, talks, [NewTask(Origin.IMPORT, "Now a poem.", False, tuple(same))])
        first, second = (one.id for one in tasks.get(c, tasks.instructions(c, talks)[0][0]).instances)
        before = beside.contexts(c, [first, second])
    bare = {"instruction": "Now a poem.", "input": "", "output": "A poem.", "reviewer": "eva", "grade": "A"}
    done = _read(database, talks, [json.dumps(bare)], tmp_path)
    assert done.added == 0 and "several instances have this text" in done.faults[0].reason
    done = _read(database, talks, [json.dumps({**bare, "context": before[second]})], tmp_path)
    assert done.added == 1
    with database.read() as c:
        assert (standing.current(c, first), len(standing.current(c, second))) == ([], 1)
    row = json.loads(_lines(database, talks)[0])
    assert row["context"] == before[second], "and a file says what was read before the text"
    done = _read(database, talks, [json.dumps({**row, "reviewer": "kim", "instance": first})], tmp_path)
    with database.read() as c:
        assert (done.added, len(standing.current(c, second))) == (1, 2), "another database numbers them otherwise"
    done = _read(database, talks, [json.dumps({**bare, "context": "none such"})], tmp_path)
    assert "after the same system prompt and turns" in done.faults[0].reason


@pytest.mark.parametrize(
    ("reviewer", "of_seed", "why"),
    [("x" * 201, False, "1 to 200 characters"), ("  ", False, "characters"), ("ann", True, "seeds are given")],
)
def test_what_could_not_come_back_by_file_is_not_stored(
    database: Database, pool_id: int, reviewer: str, of_seed: bool, why: str
) -> None:
    with database.write() as c:
        arrivals.add(c, pool_id, [NewTask(Origin.SEED, "Name a river.", False, (NewInstance("", "Elbe"),))])
        query = sa.select(instances.c.id, instances.c.text_hash).where(instances.c.is_seed.is_(of_seed)).limit(1)
        its, text_hash = c.execute(query).one()
    with pytest.raises(Refused, match=why), database.write() as c:
        judging.rate(c, its, reviewer, text_hash, Judgement(Grade.A))
