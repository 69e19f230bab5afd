"""The diversity page without a browser: what it says, its filters, its parser, what a click brings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import pools
from core.database import Database
from core.database.schema import releases
from core.diversity import job
from core.diversity.parser import LEXICON, Parser
from core.diversity.parsing import ParsedChunk, parse_texts
from core.pool import arrivals
from core.pool import pools as pool_store
from core.pool.arrivals import NewTask
from core.records import Grade, Origin, Pool
from core.release.making import make
from core.release.order import ReleaseOrder
from pages.diversity.picked import KEY, Picked
from pages.shared.charts import as_csv
from tests.diversity.looked_at import PAIRS, lexicon, pool_to_look_at, rate
from tests.pages.conftest import first_start

Page = Callable[..., AppTest]
READ: dict[tuple[str, ...], list[ParsedChunk]] = {}


@pytest.fixture(autouse=True)
def texts_are_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same texts go to a parsing process once in this module, and not in each test."""

    def parsed(texts: Sequence[str], parser: Parser, _should_stop: Callable[[], bool]) -> Iterator[ParsedChunk]:
        key = (parser.label, *texts)
        if key not in READ:
            READ[key] = list(parse_texts(texts, parser))
        yield from READ[key]

    monkeypatch.setattr(job, "parse_texts", parsed)


def ready(database: Database) -> Pool:
    """A pool whose parser is the word list and that is parsed."""
    pool = pool_to_look_at(database)
    with database.write() as c:
        pool = pool_store.configure(c, pool.id, parser=LEXICON)
    job.parse_here(database, pool, lexicon(), lambda counts: None)
    return pool


def shown(app: AppTest) -> str:
    return "\n".join(str(each.value) for kind in (app.text, app.caption, app.info) for each in kind)


def charts(app: AppTest) -> int:
    return len(app.get("plotly_chart"))


def test_an_empty_pool_says_what_would_fill_it(page: Page) -> None:
    app = page("diversity")
    assert "Grow the pool, import a file" in shown(app)
    assert charts(app) == 0


def test_a_parsed_pool_shows_every_chart_and_names_its_parser(page: Page, database: Database) -> None:
    first_start()
    app = page("diversity", pool=ready(database).name)
    assert charts(app) == 4  # sunburst, ROUGE-L, coverage, lengths
    assert "parser: word list, no parser · 6 of 6 parsed" in shown(app)
    table = app.dataframe[-1].value
    assert table["this selection"].iloc[0] == "6"
    assert table["paper"].iloc[0] == "52,445"


def test_filters_change_what_is_counted(page: Page, database: Database) -> None:
    first_start()
    pool = ready(database)
    rate(database, pool, "Sort the list of cities.", Grade.B)
    app = page("diversity", pool=pool.name)
    app.selectbox(key="state").set_value("approved").run()
    assert not app.exception
    assert "1 of 1 parsed" in shown(app)
    app.selectbox(key="kind").set_value("classification").run()
    assert "No task is here" in shown(app)


def test_two_selections_stand_side_by_side(page: Page, database: Database) -> None:
    first_start()
    pool = ready(database)
    rate(database, pool, "Sort the list of cities.", Grade.A)
    app = page("diversity", pool=pool.name)
    app.selectbox(key="against").set_value("approved").run()
    assert not app.exception
    assert "looked at: all but the seeds, all accepted tasks, n = 6" in shown(app)
    assert "looked at: all but the seeds, approved (rated A or B), n = 1" in shown(app)
    table = app.dataframe[-1].value
    assert (table["looked at"].iloc[0], table["looked at, approved"].iloc[0]) == ("6", "1")


def test_another_pool_can_stand_beside(page: Page, database: Database) -> None:
    first_start()
    pool = ready(database)
    other = pools.make(database, "the other", own_seeds=[])
    with database.write() as c:
        arrivals.add(c, other.id, [NewTask(Origin.IMPORT, text) for text in PAIRS])
        pool_store.configure(c, other.id, parser=LEXICON)
    app = page("diversity", pool=pool.name)
    app.selectbox(key="against").set_value("pool the other").run()
    assert not app.exception
    assert "the other: all but the seeds, all accepted tasks, n = 6" in shown(app)


def test_a_release_stands_beside_its_pool(page: Page, database: Database, tmp_path: Path) -> None:
    first_start()
    pool = ready(database)
    rate(database, pool, "Write an essay on salt.", Grade.A)
    made = make(database, pool, ReleaseOrder(("csv",)), tmp_path / "r")
    app = page("diversity", pool=pool.name)
    app.selectbox(key="state").set_value(f"release-{made.id}")
    app.selectbox(key="against").set_value("accepted").run()
    assert not app.exception
    assert f"{pool.name}: what release {made.id} held, n = 1" in shown(app)
    assert f"{pool.name}: all but the seeds, all accepted tasks, n = 6" in shown(app)
    beside = next(table.value for table in app.dataframe if "points more" in table.value.columns)
    assert list(beside[f"n, {pool.name}, release {made.id}"]) == [1, 0, 0]
    app.selectbox(key="against").set_value(f"release-{made.id}").run()
    assert not app.exception and "fault" not in shown(app), "two releases have no batches to draw"
    assert charts(app) == 6  # twice the sunburst, ROUGE-L and lengths
    before = make(database, pool, ReleaseOrder(("csv",)), tmp_path / "before")
    with database.write() as c:
        c.execute(releases.update().where(releases.c.id == before.id).values(members=None))
    app.run().selectbox(key="state").set_value(f"release-{before.id}").run()
    assert not app.exception and "winnow release members" in shown(app)


def test_opening_the_page_begins_to_parse_what_is_new(page: Page, database: Database) -> None:
    first_start()
    pool = pool_to_look_at(database, parsed=False)
    with database.write() as c:
        pool_store.configure(c, pool.id, parser=LEXICON)
    app = page("diversity", pool=pool.name)
    assert "0 of 6 parsed" in shown(app)
    assert job.latest(database, pool.id) is not None


def test_a_language_that_no_parser_reads_is_said_and_the_rest_is_drawn(page: Page, database: Database) -> None:
    first_start()
    pool = pools.make(database, "deutsch")
    with database.write() as c:
        texts = [f"Schreibe ein Gedicht über das Meer und die Stadt Nummer {n}." for n in range(200)]
        arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, text) for text in texts])
    app = page("diversity", pool=pool.name)
    assert "are in German" in shown(app)
    assert "no parser here reads this pool's language" in shown(app)
    assert charts(app) == 3
    assert job.latest(database, pool.id) is None


def test_the_parser_is_chosen_for_the_pool(page: Page, database: Database) -> None:
    first_start()
    pool = ready(database)
    app = page("diversity", pool=pool.name)
    app.selectbox(key=f"parser-{pool.id}").set_value("").run()
    assert not app.exception
    with database.read() as c:
        assert pool_store.by_id(c, pool.id).settings["parser"] is None
    assert "parser: built-in small parser" in shown(app)


def test_what_is_behind_a_sector_is_listed_and_goes_to_review(page: Page, database: Database) -> None:
    first_start()
    pool = ready(database)
    app = page("diversity", pool=pool.name)
    app.session_state[KEY] = Picked(0, "write › poem", verb="write", nouns=("poem",))
    app.run()
    assert "write › poem: 2 tasks" in shown(app)
    assert all(text in _listed(app) for text in list(PAIRS)[:2])
    app.button(key="review-these").click().run()
    assert not app.exception
    from core.review.rows import queues

    with database.read() as c:
        made = next(queue for queue in queues.of_pool(c, pool.id) if queue.name == "write › poem")
    assert made.waiting == 2


def test_what_is_behind_a_bar_stands_beside_its_seeds(page: Page, database: Database) -> None:
    first_start()
    pool = ready(database)
    app = page("diversity", pool=pool.name)
    app.session_state[KEY] = Picked(0, "ROUGE-L 0.00 to 1.00", low=0.0, high=1.0)
    app.run()
    assert [one.label for one in app.button].count("Open") == 6
    bare = _listed(app)
    assert "Write a poem about rain." in bare and "List five rivers." in bare
    assert len(re.findall(r"nearest seed [01]\.\d\d", bare)) == 6


def test_csv_cells_are_no_formulas() -> None:
    written = as_csv([{"verb": "=cmd|' /C calc'!A0", "count": -3}]).decode()
    assert written.splitlines() == ["verb,count", "'=cmd|' /C calc'!A0,-3"]


def test_what_is_ticked_behind_a_sector_is_what_goes_to_review_and_what_is_opened_stands_whole(
    page: Page, database: Database
) -> None:
    first_start()
    pool = ready(database)
    app = page("diversity", pool=pool.name)
    app.session_state[KEY] = Picked(0, "write › poem", verb="write", nouns=("poem",))
    app.run()
    assert app.button(key="review-these").label == "Review these 2"
    app.checkbox[0].check().run()
    assert app.button(key="review-these").label == "Review these 1"
    next(one for one in app.button if one.label == "Open").click().run()
    assert not app.exception
    assert any(one.value.startswith("Input, instance 1") for one in app.caption)


def _listed(app: AppTest) -> str:
    """The rows behind what was clicked, as HTML without the marks of common words."""
    shown = "".join(one.proto.body for one in app.get("html") if "winnow-pairs" in one.proto.body)
    return re.sub("</?mark>", "", shown)
