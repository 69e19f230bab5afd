"""What an audit says of a release: no percentage below twenty items, the pool beside it, and an audit of its own."""

from __future__ import annotations

from pathlib import Path

from core.audit import audit as audits_of
from core.audit import results
from core.audit.rows import audit_answers, audits
from core.database import Database
from core.evaluation import models
from core.evaluation.importing import What, import_file
from core.pool import pools
from core.pool.filter_words import in_words
from core.pool.filters import Filter
from core.release import preview
from core.release.card import _audit
from core.release.estimate import audit_lines, audit_what_goes_out, pool_audit, quality
from core.release.making import make
from core.release.options import ReleaseOptions
from core.release.order import ReleaseOrder
from core.release.predicate import Predicate
from core.release.selection import ReleaseSelection, select
from tests.audit.audits import BAD, GOOD, judge, pool_of

EVERYTHING = Predicate(valid=False, min_grade=None, min_ratings=0)


def selected(database: Database, pool_id: int, rule: Predicate) -> ReleaseSelection:
    with database.read() as c:
        return select(c, pool_id, rule)


def said(database: Database, pool_id: int, rule: Predicate) -> str:
    with database.read() as c:
        estimate = quality(c, pool_id, select(c, pool_id, rule))
    return estimate.sentence


def card(database: Database, pool_id: int, rule: Predicate) -> str:
    with database.read() as c:
        whole, told = pool_audit(c, pool_id)
        lines = audit_lines(c, pool_id, select(c, pool_id, rule))
    return "\n".join(_audit(ReleaseOptions("t", ("alpaca",), audit=lines, pool_audit=whole, pool_audit_said=told)))


def test_one_audited_item_gives_no_percentage_but_how_many_are_missing(database: Database):
    pool = pool_of(database, 60)
    made = audits_of.new(database, pool, size=1)
    judge(database, made, "ines", lambda item: GOOD)
    assert said(database, pool, EVERYTHING) == "Of 60 instances here audit 1 judged 1; a percentage needs 20."
    shown = card(database, pool, EVERYTHING)
    assert "Only 1 of the audited items went out" in shown and "100.0" not in shown and "too few" in shown


def test_twenty_audited_items_give_one_and_the_card_has_the_pools_own_audit_too(database: Database):
    pool = pool_of(database, 60)
    made = audits_of.new(database, pool, size=40)
    judge(database, made, "ines", lambda item: GOOD if item.position <= 30 else BAD)
    assert said(database, pool, EVERYTHING).startswith("About 75% valid [")
    shown = card(database, pool, EVERYTHING)
    assert "### Of the rows in this release" in shown and "### Of the pool that they were chosen from" in shown
    assert shown.count("75.0") == 8 and "One instance each of 40 of 60 tasks was judged" in shown


def test_an_audit_of_what_goes_out_draws_from_exactly_that(database: Database):
    pool = pool_of(database, 60, instances=3)
    every = selected(database, pool, EVERYTHING).admitted
    made = audit_what_goes_out(database, pool, EVERYTHING, "ines")
    assert set(made.filter.instance_ids) == set(every) and made.drawn == 60
    few = audits_of.new(database, pool, wanted=Filter(instance_ids=tuple(every[:7])))
    assert {item.instance_id for item in audits_of.items(database, few)} <= set(every[:7])
    assert sum(few.instances.values()) == 7 and in_words(few.filter) == "7 chosen instances"
    judge(database, few, "ines", lambda item: GOOD)
    with database.read() as c:
        estimate = quality(c, pool, selected(database, pool, EVERYTHING))
    assert (estimate.share.population, estimate.outside) == (7, len(every) - 7)
    assert "a percentage needs" in estimate.sentence


def half_judged(database: Database) -> tuple[int, Predicate]:
    """A pool whose audit ines has judged whole and jonas begun."""
    pool = pool_of(database, 60)
    made = audits_of.new(database, pool, size=40)
    judge(database, made, "ines", lambda item: GOOD if item.position <= 30 else BAD)
    judge(database, made, "jonas", lambda item: GOOD if item.position <= 3 else None)
    return pool, EVERYTHING


def test_the_preview_keeps_the_estimate_from_who_still_judges_and_from_who_has_not_asked(database: Database):
    pool, rule = half_judged(database)
    assert preview.preview(database, pool, rule, "ines").quality.startswith("About 75% valid")
    for reader in ("jonas", "kim"):
        told = preview.preview(database, pool, rule, reader).quality
        assert "opens when you have judged" in told and "75" not in told
    before = preview.state(database, pool, "kim")
    with database.read() as c:
        audit = audits.of_pool(c, pool)[0]
    results.result(database, audit.id, "kim", look=True)
    assert preview.state(database, pool, "kim") != before, "what was kept for who had not looked is not shown again"
    assert preview.preview(database, pool, rule, "kim").quality.startswith("About 75% valid")


def test_a_card_tells_nothing_of_an_audit_to_who_still_judges_it_and_who_reads_it_is_noted(
    database: Database, tmp_path: Path
):
    pool_id, rule = half_judged(database)
    with database.read() as c:
        pool, audit = pools.by_id(c, pool_id), audits.of_pool(c, pool_id)[0]
    order = ReleaseOrder(("jsonl",), rule)
    make(database, pool, order, tmp_path / "his", actor="jonas")
    his = (tmp_path / "his" / "README.md").read_text()
    assert "who wrote this release was still judging it" in his and "75.0" not in his
    make(database, pool, order, tmp_path / "kims", actor="command line", reader="kim")
    assert "75.0" in (tmp_path / "kims" / "README.md").read_text()
    with database.read() as c:
        assert audit_answers.looks(c, audit) == ("kim",)


def test_a_preview_is_worked_out_again_once_a_set_is_opened_or_sealed(database: Database, tmp_path: Path):
    pool = pool_of(database, 3)
    states = [preview.state(database, pool, "ines")]
    path = tmp_path / "set.jsonl"
    path.write_text('{"instruction": "Do thing 1.", "output": "x"}\n')
    import_file(database, "sealed", path, What.SET)
    for opened in (True, False):
        states.append(preview.state(database, pool, "ines"))
        models.open_for(database, "things", "sealed", opened)
    states.append(preview.state(database, pool, "ines"))
    assert len(set(states)) == 3 and states[1] == states[3]
