"""The page Discards: what was dropped, why, and the way back."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from core import pools
from core.database import Database
from core.gate import rescue, rules
from core.pool import arrivals, tasks
from core.pool import pools as pool_store
from core.pool.arrivals import NewInstance, NewTask
from core.records import Discard, Origin, State
from tests.pages.conftest import first_start

Page = Callable[..., AppTest]
HOSTILE = "<b>Draw</b> ![x](http://evil.example/x.png) =1+1"


def with_discards(database: Database) -> int:
    with database.read() as c:
        pool = pool_store.get(c, "demo")
    near = {"task": 1, "score": 0.83, "instruction": "Write a poem about the ocean."}
    too_close = Discard("too-close", {"score": 0.83, "threshold": 0.7, "closest": [near]})
    with database.write() as c:
        arrivals.add(
            c,
            pool.id,
            [
                NewTask(Origin.SELF_INSTRUCT, "List the moons.", instances=(NewInstance("", "Io"),)),
                NewTask(Origin.SELF_INSTRUCT, HOSTILE, discard=Discard("unfit-word", {"word": "draw"})),
                NewTask(Origin.SELF_INSTRUCT, "Write a poem about the sea.", discard=too_close),
            ],
        )
    return pool.id


def listed(app: AppTest) -> list[str]:
    """What stands in each row, its sides after each other, as a browser shows it."""
    rows = [one.proto.body for one in app.get("html") if 'class="winnow-pairs"' in one.proto.body]
    return [html.unescape(re.sub(r"</?mark>", "", row)).replace("</div>", "\n") for row in rows]


def ticks(app: AppTest) -> list[str]:
    return [each.key for each in app.checkbox if str(each.key).startswith("choose-discard-")]


def shown(app: AppTest) -> str:
    return "\n".join(str(each.value) for kind in (app.text, app.caption, app.markdown, app.info) for each in kind)


def test_an_empty_ledger_says_what_would_fill_it(page: Page) -> None:
    assert "What a filter drops will be here" in shown(page("ledger"))


def test_discards_are_listed_with_rule_and_evidence_and_the_funnel_adds_up(page: Page, database: Database) -> None:
    first_start()
    with_discards(database)
    app = page("ledger")
    first, second = listed(app)
    for told in ("Write a poem about the sea.", f"{rules.sentence('too-close')}: 0.83 > 0.70", "about the ocean."):
        assert told in first, "whole, beside what it is too close to"
    assert f"{rules.sentence('unfit-word')}: draw" in second
    survival = app.dataframe[0].value
    assert list(survival["left"]) == [3, 2, 1, 1]  # the last row is what is accepted
    assert [round(share) for share in survival["share left"]] == [100, 67, 33, 33]
    columns = json.loads(app.dataframe[0].proto.columns)
    assert sum(columns[name].get("width", 0) for name in columns) <= 400, "all four columns stand on 820 pixels"


def test_a_rule_and_a_search_narrow_the_list(page: Page, database: Database) -> None:
    first_start()
    with_discards(database)
    app = page("ledger")
    app.selectbox(key="discard-rule").set_value("unfit-word").run()
    (row,) = listed(app)
    assert HOSTILE in row
    app.selectbox(key="discard-rule").set_value(None)
    app.text_input(key="discard-search").set_value("SEA").run()
    (row,) = listed(app)
    assert "Write a poem about the sea." in row


def test_a_discarded_text_is_read_whole_in_place_and_ticks_choose_for_the_acts(page: Page, database: Database) -> None:
    first_start()
    with_discards(database)
    app = page("ledger")
    close, word = ticks(app)
    app.button(key=close.replace("choose-", "open-")).click().run()
    assert not app.exception
    assert "It came by import; no request is behind it." in shown(app)
    assert "score: 0.83\nthreshold: 0.7" in shown(app)
    app.button(key="tick-all-discard-").click().run()
    assert [each.value for each in app.checkbox if each.key in (close, word)] == [True, True]
    app.checkbox(key=close).uncheck().run()
    next(button for button in app.button if button.label == "Rescue 1").click().run()
    assert not app.exception and ticks(app) == [close]
    with database.read() as c:
        (left,) = tasks.page(c, pool_store.get(c, "demo").id, states=[State.DISCARDED])
    assert left.instruction == "Write a poem about the sea."


def test_hostile_text_is_in_no_markdown_or_label(page: Page, database: Database) -> None:
    first_start()
    with_discards(database)
    app = page("ledger")
    assert all("evil.example" not in str(each.value) for each in (*app.markdown, *app.caption))
    assert all("evil.example" not in str(each.label) for each in app.button)


def test_what_was_rescued_has_a_list_of_its_own(page: Page, database: Database) -> None:
    first_start()
    pool_id = with_discards(database)
    with database.read() as c:
        dropped = tasks.page(c, pool_id, states=[State.DISCARDED])
    rescue.rescue(database, [(dropped[0].id, None)], "ada")
    app = page("ledger")
    (row,) = listed(app)
    assert "Write a poem about the sea." in row
    app.segmented_control(key="discard-state").set_value("rescued").run()
    (row,) = listed(app)
    assert HOSTILE in row
    assert next(button for button in app.button if button.label.startswith("Discard")).disabled


def test_rescue_needs_a_choice(page: Page, database: Database) -> None:
    first_start()
    with_discards(database)
    app = page("ledger")
    assert next(button for button in app.button if button.label.startswith("Rescue")).disabled


def test_an_imported_pool_has_a_ledger_too(page: Page, database: Database) -> None:
    first_start()
    pool = pools.make(database, "imported", own_seeds=[])
    with database.write() as c:
        arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, "Go.", discard=Discard("too-short", {"words": 1}))])
    app = page("ledger", pool="imported")
    (row,) = listed(app)
    assert "Go." in row and f"{rules.sentence('too-short')}: 1" in row


def test_a_list_with_nothing_in_it_says_why_and_what_to_do(page: Page, database: Database) -> None:
    first_start()
    pool = pools.make(database, "clean", own_seeds=[])
    with database.write() as c:
        arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, "Name a river.")])
    app = page("ledger", pool="clean")
    assert "all that came got in" in shown(app)
    app.text_input(key="discard-search").set_value("sea").run()
    assert "search for less" in shown(app)
    app.text_input(key="discard-search").set_value("")
    app.segmented_control(key="discard-state").set_value("rescued").run()
    assert "rescued yet" in shown(app)
    assert "no seeds" in shown(page("seeds", pool="clean"))
