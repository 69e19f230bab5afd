"""The history: everything that people did, newest first, found again, taken back; and a pool that is gone for good."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from core import pools
from core.__main__ import main
from core.actor import acting_as
from core.database import Database, open_database, restoring
from core.database.schema import journal, metadata, ratings
from core.history import backups, history
from core.history.happened import Kind, Place, Wanted
from core.importing.importer import import_tasks
from core.pool import arrivals, judging
from core.pool.arrivals import NewInstance, NewTask
from core.pool.filters import Filter
from core.pool.judgement import Judgement
from core.records import Grade, Origin, Pool, Refused
from core.release.making import make
from core.release.order import ReleaseOrder
from core.release.predicate import Predicate
from core.review import bulk, desk, editing, queues
from core.review import history as item_history
from core.review.editing import Text
from core.review.whole import task
from core.runs import control
from core.seeds import seeds
from core.seeds.seeds import Seed
from tests import databases


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(databases.address(tmp_path))


@pytest.fixture
def pool(database: Database) -> Pool:
    made = pools.make(database, "p")
    new = [NewTask(Origin.IMPORT, f"Name river {n}.", False, (NewInstance("", f"River {n}"),)) for n in range(4)]
    with database.write() as c:
        arrivals.add(c, made.id, new)
    return made


def instance_of(database: Database, pool: Pool, n: int) -> tuple[int, str]:
    found = bulk.table(database, pool.id, Filter(contains=f"river {n}"), "Ada").rows[0]
    return found.instance_id, task(database, found.task_id).task.instances[0].text_hash


def all_acts(database: Database, pool: Pool, size: int, wanted: Wanted | None = None) -> list[str]:
    found, before = [], None
    while True:
        page = history.page(database, pool.id, wanted, before=before, limit=size)
        found += [one.key for one in page.acts]
        before = page.following
        if before is None:
            return found


def test_the_history_says_who_did_what_to_which_text_newest_first(database: Database, pool: Pool) -> None:
    queue = queues.make(database, pool.id, "all", actor="Ada").id
    its, _ = instance_of(database, pool, 1)
    shown = desk.look_at(database, queue, its, "Ada")
    desk.judge(database, shown, "Ada", Judgement(Grade.A))
    editing.edit(database, its, shown.text_hash, Text("Name river 1, please.", "", "Rhine"), "Bo")
    seed = seeds.of_pool(database, pool.id)[0]
    seeds.switch(database, [seed.id], False, "Cy")
    acts = history.page(database, pool.id).acts
    assert [(one.who, one.kind) for one in acts] == [
        ("Cy", Kind.SWITCHED), ("Bo", Kind.EDITED), ("Ada", Kind.RATED), ("Ada", Kind.QUEUED), ("", Kind.POOL),
    ]  # fmt: skip
    assert [one.at for one in acts] == sorted((one.at for one in acts), reverse=True)
    assert acts[2].text.startswith("Name river 1") and acts[2].instance_id == its
    assert (acts[2].detail, acts[2].said) == ("", ""), (
        "who looked was not told: that somebody judged, not what they said"
    )
    assert acts[0].as_json()["at"].endswith("+00:00")  # type: ignore[attr-defined]
    assert history.people(database, pool.id) == ["Ada", "Bo", "Cy"]
    assert {one.kind for one in history.page(database, pool.id, Wanted(instance_id=its)).acts} >= {Kind.RATED}
    for size in (1, 2, 3):
        assert all_acts(database, pool, size) == [one.key for one in acts], "page by page nothing is lost or twice"
    assert [one.who for one in history.page(database, pool.id, Wanted(who="Bo")).acts] == ["Bo"]
    assert [one.kind for one in history.page(database, pool.id, Wanted(kind=Kind.RATED)).acts] == [Kind.RATED]
    assert history.page(database, pool.id, Wanted(until=acts[-1].at)).acts == ()


def test_what_somebody_said_stands_there_once_it_can_colour_no_answer(database: Database, pool: Pool) -> None:
    queue = queues.make(database, pool.id, "all", wanted=2, overlap=True, actor="Ada").id
    its, _ = instance_of(database, pool, 1)
    frozen, text_hash = instance_of(database, pool, 2)

    def judged(reviewer: str, grade: Grade) -> None:
        desk.judge(database, desk.look_at(database, queue, its, reviewer), reviewer, Judgement(grade))

    def said(viewer: str) -> list[str]:
        acts = history.page(database, pool.id, Wanted(kind=Kind.RATED), viewer=viewer).acts
        return [one.told for one in acts]

    judged("Ada", Grade.C)
    with database.write() as c:
        judging.rate(c, frozen, "Ada", text_hash, Judgement(Grade.D), "audit:7")
    assert said("Ada") == ["D, in audit 7", "C"], "one's own"
    assert said("Bo") == said("") == ["in audit 7", ""], "Bo is still to judge it, blind"
    judged("Bo", Grade.B)
    assert said("Bo") == ["B", "in audit 7", "C"], "an audit shows its answers by its own rule"
    assert said("Cy") == said("Bo"), "nobody is asked for it any more"


def test_what_can_be_taken_back_says_what_would_follow_first(database: Database, pool: Pool) -> None:
    seen = bulk.fitting(database, pool.id, Filter(contains="river"))
    bulk.reject(database, seen, "not needed", "Ada")
    act = history.page(database, pool.id).acts[0]
    assert (act.kind, act.n, act.can_undo) == (Kind.REJECTED, 4, True)
    assert "4 instances come back" in history.way_back(database, pool.id, act.key).sentence
    assert pools.funnel(database, pool.id).instances == 0, "looking changed nothing"
    assert history.undo(database, pool.id, act.key, "Bo") == 4
    assert pools.funnel(database, pool.id).instances == 4
    newest, before, _ = history.page(database, pool.id).acts
    assert (newest.kind, newest.who) == (Kind.RESTORED, "Bo") and before.undone and not before.can_undo
    with pytest.raises(Refused):
        history.undo(database, pool.id, act.key, "Bo")
    for wrong in ("d999999", "x1", "r1", "", "d²", "d-1", "d" + "9" * 40):
        with pytest.raises(Refused):
            history.way_back(database, pool.id, wrong)


def test_no_act_of_another_pool_is_taken_back_from_here(database: Database, pool: Pool) -> None:
    bulk.reject(database, bulk.fitting(database, pool.id, Filter(contains="river")), "not needed", "Ada")
    act, _ = history.page(database, pool.id).acts
    other = pools.make(database, "other")
    for take_back in (history.way_back, lambda *its: history.undo(*its, "Bo")):
        with pytest.raises(Refused, match="no act"):
            take_back(database, other.id, act.key)
    assert pools.funnel(database, pool.id).instances == 0


@pytest.mark.parametrize(
    "place", ["", "now", "0x1p+0", "0x1p+0/", "0x1p+0/d²", "0x1p+0/dzz", "nan/d1", "0x1p+99999/d1"]
)
def test_a_place_that_no_page_named_is_refused(place: str) -> None:
    with pytest.raises(Refused, match="no place"):
        Place.of(place)


@pytest.mark.sqlite("counts its steps")
def test_a_page_of_forty_times_the_acts_takes_no_more_steps(database: Database, pool: Pool) -> None:
    its, text_hash = instance_of(database, pool, 2)
    row = {"pool_id": pool.id, "instance_id": its, "round": "", "kind": "rate", "text_hash": text_hash, "flags": [],
           "note": "", "from_file": True}  # fmt: skip

    def pages_of(n: int) -> int:
        with database.write() as c:
            first = c.execute(sa.select(sa.func.count()).select_from(ratings)).scalar_one()
            new = [{**row, "reviewer": f"r{at % 5}", "at": 1e9 + at} for at in range(first, n)]
            c.execute(ratings.insert(), new)
        seen = 0
        with databases.steps(database) as taken:
            page = history.page(database, pool.id, limit=50)
            for _ in range(9):
                seen += len(page.acts)
                page = history.page(database, pool.id, before=page.following, limit=50)
        assert seen == 450
        return taken[0]

    few = pages_of(500)
    assert pages_of(20_000) < 2 * few
    assert history.people(database, pool.id) == [f"r{n}" for n in range(5)]


@pytest.mark.sqlite("looks into its file")
def test_a_pool_deleted_for_good_leaves_a_tombstone_and_not_a_letter_of_its_texts(
    database: Database, pool: Pool, tmp_path: Path
) -> None:
    other = pools.make(database, "other")
    its, _ = instance_of(database, pool, 3)
    queue = queues.make(database, pool.id, "all", actor="Ada").id
    desk.judge(database, desk.look_at(database, queue, its, "Ada"), "Ada", Judgement(Grade.A, note="very secret"))
    with pytest.raises(Refused):
        pools.delete(database, pool.id, "P", "Ada")
    stone = pools.delete(database, pool.id, "p", "Ada", "a person asked for it")
    assert (stone.name, stone.actor, stone.reason) == ("p", "Ada", "a person asked for it")
    assert stone.counts["instances"] > 4 and stone.counts["ratings"] == 1
    assert [one.name for one in pools.every(database)] == ["other"]
    assert pools.funnel(database, other.id).seeds == 175, "the other pool has all that it had"
    with database.read() as c:
        left = {
            table.name for table in metadata.sorted_tables
            if "pool_id" in table.c and table.name != "tombstones"
            and c.execute(sa.select(sa.func.count()).where(table.c.pool_id == pool.id)).scalar_one()
        }  # fmt: skip
    assert left == set()
    database.close()
    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"River 3" not in written and b"very secret" not in written
    assert bulk.table(open_database(databases.address(tmp_path)), other.id, Filter(search="river"), "Ada").rows == ()


def test_an_item_names_the_releases_it_was_in_and_whether_its_text_was_another(
    database: Database, pool: Pool, tmp_path: Path
) -> None:
    first, text_hash = instance_of(database, pool, 1)
    order = ReleaseOrder(("csv",), Predicate.everything())
    for name in ("one", "two"):
        made = make(database, pool, order, tmp_path / name, actor="Ada")
        if name == "one":
            editing.edit(database, first, text_hash, Text("Name river 1.", "", "The Po"), "Ada", "")
    its = history.page(database, pool.id, Wanted(instance_id=first, kind=Kind.RELEASED)).acts
    assert [(one.detail, one.who) for one in its] == [
        (f"in release {made.id}, two", "Ada"),
        (f"in release {made.id - 1}, one, with another text than now", "Ada"),
    ]
    found = bulk.table(database, pool.id, Filter(instance_ids=(first,)), "Ada").rows[0]
    assert len(history.page(database, pool.id, Wanted(task_id=found.task_id, kind=Kind.RELEASED)).acts) == 2
    assert not history.page(database, pool.id, Wanted(instance_id=first, kind=Kind.RELEASED, who="Bob")).acts
    assert [one.as_it_is for one in item_history.releases(database, first, "Ada") or ()] == [False, True]
    queues.make(database, pool.id, "waits", actor="Ada")
    assert item_history.releases(database, first, "Bob") is None, "what went out was approved: Bob judges it first"


def test_acts_that_have_no_row_with_a_name_are_known_by_name_too(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"instruction": "Say what a lighthouse is for.", "output": "It warns ships."}\n')
    with acting_as("Ada"):
        pool = pools.make(database, "q", own_seeds=[])
        seeds.add(database, pool.id, [Seed("", "Name a river.", (("", "Rhine"),), False)])
        run = control.start(database, pool.id, "self-instruct", {})
    with acting_as("Bo"):
        control.pause(database, run.id)
        pools.change(database, pool.id, {"guidelines": "Be kind."})
        import_tasks(database, pool, file)
        queue = queues.make(database, pool.id, "all")
        queues.archive(database, queue.id)
        pools.archive(database, pool.id)
    control.resume(database, run.id)
    told = [(one.who, one.kind, one.detail) for one in history.page(database, pool.id).acts]
    assert told == [
        ("", Kind.RAN, f"resumed a run: run {run.id}"),
        ("Bo", Kind.POOL, "archived the pool"),
        ("Bo", Kind.CLOSED, f"closed a queue: queue {queue.id}, all"),
        ("Bo", Kind.QUEUED, "all"),
        ("Bo", Kind.IMPORTED, "rows.jsonl"),
        ("Bo", Kind.SET, "changed a setting: guidelines"),
        ("Bo", Kind.RAN, f"paused a run: run {run.id}"),
        ("Ada", Kind.RAN, f"run {run.id}, self-instruct: queued"),
        ("Ada", Kind.SEEDED, "added seeds: 1 of 1"),
        ("Ada", Kind.POOL, "made the pool: with 0 seeds"),
    ]
    assert history.people(database, pool.id) == ["Ada", "Bo"]
    of_ada = history.page(database, pool.id, Wanted(who="Ada")).acts
    assert [one.kind for one in of_ada] == [Kind.RAN, Kind.SEEDED, Kind.POOL]
    for size in (1, 3):
        assert len(all_acts(database, pool, size)) == len(told)
    with database.write() as c:
        c.execute(journal.delete())  # a database of before
    assert {one.who for one in history.page(database, pool.id, Wanted(kind=Kind.RAN)).acts} == {""}


def test_a_verb_writes_down_who_sits_at_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--by", "Cy", "pool", "make", "q"]) == 0
    monkeypatch.setenv("WINNOW_REVIEWER", "Dee")
    assert main(["pool", "archive", "q"]) == 0
    capsys.readouterr()
    assert main(["history", "q", "--json"]) == 0
    acts = json.loads(capsys.readouterr().out)["acts"]
    assert [(one["who"], one["detail"]) for one in acts] == [
        ("Dee", "archived the pool"), ("Cy", "made the pool: with 175 seeds"),
    ]  # fmt: skip


@pytest.mark.sqlite("backup copies a file")
def test_a_backup_and_its_restoring_stand_in_the_history_of_what_is_there_then(tmp_path: Path) -> None:
    """By the names of the files alone; a restored database is another one, and says itself where it comes from."""
    url = f"sqlite:///{tmp_path / 'winnow.db'}"
    database = open_database(url)
    pools.make(database, "p")
    with acting_as("Ada"):
        copy = backups.back_up(database, tmp_path / "friday.db")

    def told() -> list[tuple[str, str]]:
        there = open_database(url)
        acts = history.page(there, pools.named(there, "p").id, Wanted(kind=Kind.BACKUP)).acts
        there.close()
        return [(one.who, one.detail) for one in acts]

    database.close()
    assert told() == [("Ada", "wrote a backup: friday.db")]
    with acting_as("Bo"):
        done = backups.restore(url, copy)
    assert done.kept is not None
    of_bo = ("Bo", f"put a backup in place: friday.db; what was there before is {done.kept.name}")
    assert told() == [of_bo], "the line of the backup itself is in the file that was put aside"
    with acting_as("Cleo"):
        restoring.ask(url, copy)
    assert backups.restore_asked(url) is not None and backups.restore_asked(url) is None
    assert [who for who, _ in told()] == ["Cleo"], "who asked for it, not who started the program"
    assert str(tmp_path) not in str(told())
