"""Full-text search: words from their beginning, quotes as written, any script, and nothing that an edit left behind."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from core import pools
from core.database import Database, open_database
from core.pool import arrivals, edits, filters, tasks
from core.pool import search as how
from core.pool.arrivals import NewInstance, NewTask
from core.pool.filters import Filter
from core.pool.search import Term, terms
from core.records import Origin, Refused
from tests import databases
from tests.database.test_migrations import old_database

TEXTS = (
    ("Summarize the article about sea otters.", "Sea otters float; they don't swim far.", "Otters rest on kelp."),
    ("Write C++ code that sums a list.", "", "for (int x : list) total += x; // 100%_sure"),
    ("Übersetze den Satz über die Straße.", "ΣΟΦΙΑ", "Привет, МИР"),
    ("为我写一首关于大海的诗。", "用五言绝句", "海上生明月，天涯共此时。"),
    ("اكتب رسالة قصيرة", "", "السلام عليكم"),
    ("Say nothing.", "<script>alert('x')</script>", 'NEAR("a" b) OR * : ^ -'),
    ("Rename snake_case.", "café42 naïve", f"x²y\nnewline 12e5x {'long' * 700}"),
)


@pytest.fixture(params=["in the index", "not yet"])
def pool_id(database: Database, request: pytest.FixtureRequest) -> int:
    """A pool whose words are in the index, or wait for it, as an import's last ones do."""
    if request.param == "not yet" and not database.is_sqlite:
        pytest.skip("PostgreSQL has all words in its index")
    pool = pools.make(database, "many tongues", own_seeds=[])
    with database.write() as c:
        new = [NewTask(Origin.IMPORT, said, instances=(NewInstance(given, out),)) for said, given, out in TEXTS]
        if request.param == "not yet":
            arrivals.add_and_append(c, pool.id, new, {})
        else:
            arrivals.add(c, pool.id, new)
    return pool.id


def found(database: Database, pool_id: int, search: str, within: str = "") -> list[int]:
    """The places in TEXTS of what a search finds."""
    with database.read() as c:
        rows = filters.matching(c, pool_id, Filter(search=search, within=within))
        assert filters.count(c, pool_id, Filter(search=search, within=within)) == len(rows)
        first = min(row.task_id for row in filters.matching(c, pool_id, Filter()))
    return [row.task_id - first for row in rows]


@pytest.mark.parametrize(
    ("search", "places"),
    [
        ("otters", [0]),
        ("OTTER", [0]),  # a word is found from its beginning, in any case
        ("tters", []),  # and from nowhere else
        ("otters kelp", [0]),  # all of them, whichever text each is in
        ("otters list", []),
        ("kelp -float", []),
        ("otters -list", [0]),
        ("-otters -list", [2, 3, 4, 5, 6]),
        ('"rest on kelp"', [0]),
        ('"kelp on rest"', []),
        ("“rest on kelp” otters", [0]),
        ('"ters rest"', [0]),  # quoted: exactly these characters, wherever they begin
        ("c++", [1]),
        ("don't", [0]),
        ("100%_", [1]),
        ('"100%"', [1]),
        ("straße ÜBER", [2]),
        ("σοφια", [2]),
        ("привет мир", [2]),
        ('"привет, мир"', [2]),
        ("大海", [3]),
        ("海", [3]),
        ("明月 绝句", [3]),
        ("سلام", [4]),
        ("<script>", [5]),
        ("NEAR(", [5]),
        ("* : ^", [5]),
        ('"', [0, 1, 2, 3, 4, 5, 6]),  # asks for nothing
        ("and or not", []),  # no operators: three words
        ("snake", [6]),
        ("case", [6]),  # a line below parts words
        ("newline", [6]),
        ("CAFÉ", [6]),
        ("caf", [6]),
        ("ve", []),  # a letter with an accent does not
        ("42", []),  # nor does a digit
        ("12e5x", [6]),
        ("longlonglong", [6]),
        ("long" * 40, [6]),
        ("gl", []),
    ],
)
def test_a_search_finds(database: Database, pool_id: int, search: str, places: list[int]) -> None:
    assert found(database, pool_id, search) == places


@pytest.mark.parametrize(("search", "places"), [("OTTER", [0]), ("case", [6]), ("otters kelp -list", [0])])
def test_words_that_are_common_are_found_as_well(
    database: Database, pool_id: int, monkeypatch: pytest.MonkeyPatch, search: str, places: list[int]
) -> None:
    monkeypatch.setattr(how, "MANY", 0)
    assert found(database, pool_id, search) == places


def test_a_search_can_look_in_one_field(database: Database, pool_id: int) -> None:
    assert found(database, pool_id, "otters", "instruction") == [0]
    assert found(database, pool_id, "kelp", "input") == []
    assert found(database, pool_id, "kelp", "output") == [0]
    assert found(database, pool_id, "-kelp", "output") == [1, 2, 3, 4, 5, 6]
    with pytest.raises(Refused, match="no field"):
        found(database, pool_id, "kelp", "title")


def test_what_is_looked_for_is_read_as_people_write_it() -> None:
    assert terms('two words -not "as written" -"nor this" e-mail "open') == [
        Term("two", True),
        Term("words", True),
        Term("not", True, True),
        Term("as written", False),
        Term("nor this", False, True),
        Term("e-mail", False),
        Term("open", False),
    ]


def test_an_edit_is_found_by_its_new_words_alone(database: Database, pool_id: int) -> None:
    with database.write() as c:
        task = tasks.by_ids(c, [row.task_id for row in filters.matching(c, pool_id, Filter())][:1])[0]
        edits.change_task(c, task, "Describe the zebra.", None, "ann")
        edits.change_instance(c, task.id, task.instances[0].id, "", "It has stripes.", "ann")
    assert found(database, pool_id, "zebra stripes") == [0]
    assert found(database, pool_id, "otters") == []


def test_what_comes_later_is_found_and_a_write_that_failed_is_not(database: Database, pool_id: int) -> None:
    late = NewTask(Origin.IMPORT, "A walrus.", instances=(NewInstance("", "tusks"), NewInstance("", "whiskers")))

    class Broken(Exception):
        pass

    def break_off() -> None:
        with database.write() as c:
            arrivals.add(c, pool_id, [late])
            raise Broken

    with pytest.raises(Broken):
        break_off()
    assert found(database, pool_id, "walrus") == []
    with database.write() as c:
        (task_id,) = arrivals.add(c, pool_id, [late])
        arrivals.append_instances(c, task_id, [NewInstance("on ice", "asleep")])
    assert len(found(database, pool_id, "walrus")) == 3
    assert len(found(database, pool_id, "walrus asleep")) == 1


def test_an_old_database_is_searched_after_its_upgrade(tmp_path: Path) -> None:
    url = databases.new(tmp_path)
    old_database(url)
    opened = open_database(url)
    with opened.write() as c:
        c.execute(
            sa.text(
                "INSERT INTO instances (pool_id, task_id, position, is_seed, state, has_input, text_hash,"
                " input, output) VALUES (1, 1, 0, false, 'accepted', false, 'x', '', 'The Volga.')"
            )
        )
        arrivals.add(c, 1, [NewTask(Origin.IMPORT, "Name a lake.", instances=(NewInstance("", "Baikal."),))])
    with opened.read() as c:
        assert [row.id for row in filters.matching(c, 1, Filter(search="name"))] == [1, 2]
        assert [row.id for row in filters.matching(c, 1, Filter(search="river volga"))] == [1]
    opened.close()


def test_the_index_is_whole_by_its_own_check(database: Database, pool_id: int) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL keeps its own index up")
    test_an_edit_is_found_by_its_new_words_alone(database, pool_id)
    with database.write() as c:
        how.index_new(c)
        for words in ("task_words", "instance_words"):
            c.exec_driver_sql(f"INSERT INTO {words} ({words}, rank) VALUES ('integrity-check', 1)")  # noqa: S608
