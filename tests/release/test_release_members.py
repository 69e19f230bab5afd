"""The database knows what a release held: which instances with which text; whole, or not at all."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.database import Database
from core.database.schema import instances, members, releases, tasks
from core.pool import edits, filters, judging
from core.pool import members as held
from core.pool import tasks as tasks_of
from core.pool.filters import Filter
from core.pools.deleting import delete
from core.records import Grade, Judgement, NotFound, Origin, Pool, Refused, text_hash
from core.release import filling, past, roll
from core.release.making import make
from core.release.order import ReleaseOrder
from core.release.predicate import Predicate
from core.release.released import Released
from core.release.row import ReleaseRow
from core.release.since import since_earlier
from core.release.today import OUTSIDE, today
from core.review.rows import acts
from core.settings import PROJECT
from tests.pages.test_query_plans import asked, scanned
from tests.release.release_pools import rated_pool

ORDER = ReleaseOrder(("csv",))
EVERYTHING = ReleaseOrder(("csv",), Predicate.everything())


@pytest.fixture
def pool(database: Database) -> Pool:
    return rated_pool(database)


def held_by(database: Database, release_id: int) -> dict[int, str]:
    with database.read() as c:
        return dict(held.hashes(c, release_id))


def in_files(path: Path) -> dict[int, str]:
    lines = (path / "lineage.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return {int(row["id"][1:]): row["text_hash"] for row in rows if row.get("admitted", True)}


def forget(database: Database, release_id: int) -> None:
    """Make a release one of before its members were kept."""
    with database.write() as c:
        c.execute(members.delete().where(members.c.release_id == release_id))
        c.execute(releases.update().where(releases.c.id == release_id).values(members=None))


def its_instances(database: Database, pool: Pool) -> list[tuple[int, int, str]]:
    with database.read() as c:
        made = [task for task in tasks_of.page(c, pool.id) if task.origin is Origin.SELF_INSTRUCT]
        return [(one.id, one.task_id, one.text_hash) for task in made for one in task.instances]


@pytest.mark.parametrize("target", ["folder", "r.zip", "one.csv"])
def test_a_release_knows_what_it_held_as_its_files_do(
    database: Database, pool: Pool, tmp_path: Path, target: str
) -> None:
    made = make(database, pool, ORDER, tmp_path / target)
    assert made.members == made.rows == 4
    assert past.one(database, pool.id, str(made.id)) == made
    if target == "folder":
        assert held_by(database, made.id) == in_files(tmp_path / target)
    now = {one: text for one, _, text in its_instances(database, pool)}
    assert held_by(database, made.id) == {one: now[one] for one in sorted(now)[:4]}


def test_20_000_members_are_stored_in_few_statements_under_short_locks(database: Database, pool: Pool) -> None:
    n = 20_000
    first, task_id, digest = its_instances(database, pool)[0]
    with database.write() as c:
        rising = "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < 20000) SELECT k FROM n"
        count = sa.text(rising)
        names = [one.name for one in instances.c if one.name != "id"]
        given = [sa.literal_column("n.k") if name == "position" else instances.c[name] for name in names]
        numbers = count.columns(sa.column("k", sa.Integer)).subquery("n")
        new = sa.select(*given).select_from(instances.join(numbers, sa.true())).where(instances.c.id == first)
        c.execute(instances.insert().from_select(names, new))
        ids = list(c.execute(sa.select(instances.c.id).where(instances.c.task_id == task_id)).scalars())

    def source() -> Iterator[ReleaseRow]:
        for one in ids:
            its = {"text_hash": digest}
            yield ReleaseRow(f"i{one}", f"t{task_id}", "", "", "", None, Origin.SELF_INSTRUCT, lineage=its)
        # What formats of bad answers hold beside, and no release held.
        yield ReleaseRow("i1", "t1", "", "", "", None, Origin.SELF_INSTRUCT, lineage=its, admitted=False)

    rolled = roll.Roll()
    assert sum(1 for _ in rolled.of(source)()) == len(rolled) + 1 == n + 2
    with asked(database) as statements:
        made = roll.stored(database, rolled, lambda c: recorded(c, pool, n + 1))
    assert made.members == n + 1
    assert len(statements) < 12, "a statement a part, and a few around them"
    assert len(held_by(database, made.id)) == n + 1


def recorded(c: sa.Connection, pool: Pool, n: int) -> Released:
    from core.release.rows import releases as release_rows

    empty: dict[str, object] = {name: {} for name in ("predicate", "options", "counts", "excluded")}
    its = {"name": "large", "path": "/nowhere", "kind": "folder", "files": [], "notes": [], "sha256": "", "rows": n}
    return release_rows.keep(c, pool.id, **empty, **its)


KILLED = """
import os, signal, sys
from pathlib import Path
from core import pools
from core.database import open_database
from core.pool import members
from core.release import roll
from core.release.making import make
from core.release.order import ReleaseOrder
from core.release.predicate import Predicate

roll.PART = 3
url, target = sys.argv[1], Path(sys.argv[2])
stored = []
store = members.store
def killed(c, release_id, part):
    if len(stored) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    stored.append(part)
    store(c, release_id, part)
members.store = killed
database = open_database(url)
make(database, pools.named(database, "kind"), ReleaseOrder(("csv",), Predicate.everything()), target)
"""


def test_a_kill_while_members_are_stored_leaves_none_that_count(database: Database, pool: Pool, tmp_path: Path) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    target = tmp_path / "killed"
    run = [sys.executable, "-c", KILLED, url, str(target)]
    assert subprocess.run(run, cwd=PROJECT, check=False, timeout=240).returncode == -signal.SIGKILL
    assert (target / "lineage.jsonl").exists(), "the files were in their place"
    [made] = past.every(database, pool.id)
    assert made.members is None and len(held_by(database, made.id)) == 6
    with database.read() as c, pytest.raises(Refused, match=r"release members"):
        filters.count(c, pool.id, Filter(in_release=made.id))
    assert "winnow release members" in today(database, pool.id, made.id).sentences()[0]
    assert filling.fill(database, pool.id, made.id).members == made.rows
    assert held_by(database, made.id) == in_files(target)


@pytest.mark.parametrize("target", ["folder", "r.zip"])
def test_what_an_earlier_release_held_is_read_once_from_its_files(
    database: Database, pool: Pool, tmp_path: Path, target: str
) -> None:
    made = make(database, pool, ORDER, tmp_path / target)
    then = held_by(database, made.id)
    forget(database, made.id)
    assert filling.fill(database, pool.id, made.id).members == 4
    assert held_by(database, made.id) == then
    shutil.rmtree(tmp_path / target) if target == "folder" else (tmp_path / target).unlink()
    assert filling.fill(database, pool.id, made.id).members == 4, "what is known is not asked of the files again"


def test_files_that_are_not_as_written_say_nothing(database: Database, pool: Pool, tmp_path: Path) -> None:
    made = make(database, pool, ORDER, tmp_path / "r")
    other = make(database, pool, EVERYTHING, tmp_path / "other")
    single = make(database, pool, ORDER, tmp_path / "one.csv")
    for one in (made, other, single):
        forget(database, one.id)
    with pytest.raises(Refused, match="one file without lineage"):
        filling.fill(database, pool.id, single.id)
    with (tmp_path / "other/lineage.jsonl").open("a") as file:
        file.write("\n")
    with pytest.raises(Refused, match=r"lineage.jsonl was changed"):
        filling.fill(database, pool.id, other.id)
    shutil.rmtree(tmp_path / "r")
    with pytest.raises(Refused, match="no longer at"):
        filling.fill(database, pool.id, made.id)
    make(database, pool, EVERYTHING, tmp_path / "r")  # another release in its place
    with pytest.raises(Refused, match="another release"):
        filling.fill(database, pool.id, made.id)
    assert past.one(database, pool.id, str(made.id)).members is None
    with pytest.raises(NotFound, match='no release "77"'):
        filling.fill(database, pool.id, 77)


def test_a_release_tells_what_became_of_what_it_held(database: Database, pool: Pool, tmp_path: Path) -> None:
    first = make(database, pool, ORDER, tmp_path / "first")
    (edited, task_id, _), (gone, _, _), (flagged, _, _), (again, _, text) = its_instances(database, pool)[:4]
    assert today(database, pool.id, first.id).qualifies == 4
    with database.write() as c:
        edits.change_instance(c, task_id, edited, "input 0", "another output", "ann")
        acts.reject(c, pool.id, [gone], "bad", "ann")
        acts.flag(c, pool.id, [flagged], "look", "ann", True)
        judging.rate(c, again, "ann", text, Judgement(Grade.D))
    found = today(database, pool.id, first.id)
    assert (list(found.edited), list(found.rejected), list(found.flagged), list(found.rated)) == (
        [edited], [gone], [flagged], [again],
    )  # fmt: skip
    assert found.qualifies == 0
    assert {reason: list(some) for reason, some in found.left.items()} == {
        "stale": [edited], "flagged": [flagged], "invalid": [again], OUTSIDE: [gone],
    }  # fmt: skip
    told = "\n".join(found.sentences())
    assert "It held 4 instances. Since then: edited 1, out of the pool 1, with an open flag 1, rated anew 1." in told
    assert "would still let out 0 of them; not: " in told and "1 no longer in the pool" in told


def test_two_releases_are_told_apart_by_what_they_held(database: Database, pool: Pool, tmp_path: Path) -> None:
    first = make(database, pool, ORDER, tmp_path / "first")
    (edited, task_id, _), (gone, _, _) = its_instances(database, pool)[:2]
    with database.write() as c:
        edits.change_instance(c, task_id, edited, "input 0", "another output", "ann")
        acts.reject(c, pool.id, [gone], "bad", "ann")
    second = make(database, pool, EVERYTHING, tmp_path / "second")
    with database.read() as c:
        assert since_earlier(c, pool.id, first.id) is None
        found = since_earlier(c, pool.id, second.id)
    assert found is not None and (found.went, found.changed) == ((gone,), (edited,))
    assert set(found.came) == {one for one, _, _ in its_instances(database, pool)[4:]}
    assert found.in_words == "8 came · 1 went · 1 changed their text"
    forget(database, first.id)
    with database.read() as c:
        found = since_earlier(c, pool.id, second.id)
    assert found is not None and "release members" in found.in_words


def test_a_pool_is_narrowed_to_a_release_or_to_what_is_not_in_it(
    database: Database, pool: Pool, tmp_path: Path
) -> None:
    made = make(database, pool, ORDER, tmp_path / "r")
    other = rated_pool(database, "other")
    theirs = make(database, other, ORDER, tmp_path / "theirs")
    every = [one for one, _, _ in its_instances(database, pool)]
    with database.write() as c:
        _, task_id, _ = its_instances(database, pool)[0]
        edits.change_instance(c, task_id, every[0], "input 0", "another output", "ann")
    with database.read() as c:
        inside = [row.id for row in filters.matching(c, pool.id, Filter(in_release=made.id))]
        outside = [row.id for row in filters.matching(c, pool.id, Filter(not_in_release=made.id))]
        assert (inside, outside) == (every[:4], every[4:]), "whatever its text is by now"
        assert filters.count(c, pool.id, Filter(in_release=made.id)) == 4
        with pytest.raises(NotFound, match="no release"):
            filters.count(c, pool.id, Filter(in_release=theirs.id))
        assert Filter.of(Filter(not_in_release=made.id).as_saved()) == Filter(not_in_release=made.id)
        assert [one.release_id for one in held.of_instance(c, every[0])] == [made.id]
        assert [one.as_it_is for one in held.of_instance(c, every[0])] == [False]
        assert [one.as_it_is for one in held.of_instance(c, every[1])] == [True]
        assert held.of_instance(c, every[5]) == []


def test_no_question_about_members_reads_a_table_whole(database: Database, pool: Pool, tmp_path: Path) -> None:
    first = make(database, pool, ORDER, tmp_path / "first")
    second = make(database, pool, EVERYTHING, tmp_path / "second")
    with asked(database) as statements:
        with database.read() as c:
            for wanted in (Filter(in_release=first.id), Filter(not_in_release=first.id)):
                filters.count(c, pool.id, wanted)
                filters.matching(c, pool.id, wanted)
            held.of_instance(c, its_instances(database, pool)[0][0])
        today(database, pool.id, second.id)
        past.state(database, pool.id)
    wrong = [sql for sql, values in statements.items() if scanned(database, sql, values) - {"parses"}]
    assert not wrong, "\n\n".join(wrong)


def test_a_text_is_kept_by_the_hash_that_ratings_name(database: Database, pool: Pool, tmp_path: Path) -> None:
    made = make(database, pool, ORDER, tmp_path / "r")
    with database.read() as c:
        joined = instances.join(tasks, tasks.c.id == instances.c.task_id)
        texts = sa.select(instances.c.id, tasks.c.instruction, instances.c.input, instances.c.output).select_from(
            joined
        )
        now = {row.id: text_hash(row.instruction, row.input, row.output) for row in c.execute(texts)}
    assert all(now[one] == text for one, text in held_by(database, made.id).items())


def test_a_pool_that_is_deleted_takes_what_its_releases_held_with_it(
    database: Database, pool: Pool, tmp_path: Path
) -> None:
    other = rated_pool(database, "other")
    theirs = make(database, other, ORDER, tmp_path / "theirs")
    made = make(database, pool, ORDER, tmp_path / "r")
    assert delete(database, pool.id, pool.name, "ann", "a mistake").counts["members"] == 4
    assert held_by(database, made.id) == {} and len(held_by(database, theirs.id)) == 4


@pytest.mark.parametrize(
    "doctored", ['{"id": "i1", "text_hash": "00"}\n', "[" * 100_000, '{"id": "x", "text_hash": 5}']
)
def test_a_lineage_that_is_swapped_after_the_check_says_nothing(
    database: Database, pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, doctored: str
) -> None:
    made = make(database, pool, ORDER, tmp_path / "r")
    then = held_by(database, made.id)
    forget(database, made.id)
    lineage, verify = tmp_path / "r/lineage.jsonl", filling.verify
    whole = lineage.read_text("utf-8")
    monkeypatch.setattr(filling, "verify", lambda path: (verify(path), lineage.write_text(doctored))[0])
    with pytest.raises(Refused, match="changed while it was read"):
        filling.fill(database, pool.id, made.id)
    assert past.one(database, pool.id, str(made.id)).members is None
    monkeypatch.undo()
    lineage.write_text(whole, "utf-8")
    assert filling.fill(database, pool.id, made.id).members == 4
    assert held_by(database, made.id) == then
