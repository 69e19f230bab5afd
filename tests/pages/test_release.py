"""The page Release: what would go out and why the rest would not, and that nothing leaves without a yes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from core.database import Database
from core.database.schema import instances, members, tasks
from core.importing.rows import imports
from core.pool import beside
from core.pool.beside import NewBeside
from core.records import Beside, RunState
from core.release.making import make
from core.release.order import ReleaseOrder
from core.release.predicate import Predicate
from core.release.rows import releases
from core.release.verify import verify
from core.review import editing
from core.runs.rows import runs
from tests.release.release_pools import rated_pool

Page = Callable[..., AppTest]


def shown(app: AppTest) -> str:
    kinds = (app.text, app.caption, app.markdown, app.info, app.error, app.success)
    return "\n".join(str(each.value) for kind in kinds for each in kind)


def go_out(app: AppTest) -> str:
    return next(str(metric.value) for metric in app.metric if metric.label == "go out")


def by_key(widgets, key: str):
    return next(each for each in widgets if each.key == key)


def test_a_pool_without_instances_says_what_would_fill_it(page: Page) -> None:
    assert "This pool has no accepted instance yet" in shown(page("release"))


def test_the_preview_counts_what_goes_out_and_every_reason(page: Page, database: Database) -> None:
    pool = rated_pool(database, "kind")
    app = page("release", pool="kind")
    assert go_out(app) == "4 of 12"
    table = app.dataframe[0].value
    assert dict(zip(table["left out because"], table["instances"], strict=True)) == {
        "nobody has rated it": 6,
        "judged not valid": 2,
    }
    assert len(app.dataframe[1].value) == 4, "the sample shows what goes out, and nothing that was judged not valid"
    assert "valid · grade at least B" in shown(app) and "demo excluded" in shown(app)
    assert not any(box.label == "Include demo rows" for box in app.checkbox)
    assert pool.id


def test_demo_rows_are_one_visible_tick_away(page: Page, database: Database) -> None:
    rated_pool(database, "made up", demo=True)
    app = page("release", pool="made up")
    assert go_out(app) == "0 of 12" and "12 of 12 instances were replayed from recordings" in shown(app)
    next(box for box in app.checkbox if box.label == "Include demo rows").check().run()
    assert go_out(app) == "4 of 12" and "demo included" in shown(app)


def test_the_form_changes_the_rule_and_a_past_rule_is_taken_up_again(
    page: Page, database: Database, tmp_path: Path
) -> None:
    pool = rated_pool(database, "kind")
    make(database, pool, ReleaseOrder(("csv",), Predicate.everything()), tmp_path / "all")
    app = page("release", pool="kind")
    by_key(app.number_input, f"rule-{pool.id}-max_per_task").set_value(1)
    by_key(app.number_input, f"rule-{pool.id}-min_ratings").set_value(0)
    app.run()
    assert not app.exception and go_out(app) == "10 of 12"
    by_key(app.button, f"rule-of-{1}").click().run()
    assert not app.exception and go_out(app) == "12 of 12" and "whatever its review" in shown(app)
    by_key(app.button, "rule-approved").click().run()
    assert go_out(app) == "4 of 12"


def test_a_rule_that_needs_what_is_not_there_says_so_and_writes_nothing(page: Page, database: Database) -> None:
    pool = rated_pool(database, "kind")
    app = page("release", pool="kind")
    by_key(app.number_input, f"rule-{pool.id}-max_per_verb").set_value(1).run()
    assert not app.exception and "have not been parsed" in shown(app)
    assert by_key(app.button, "write-nothing").disabled


def test_shares_that_do_not_add_up_are_told_and_write_nothing(page: Page, database: Database) -> None:
    rated_pool(database, "kind")
    app = page("release", pool="kind")
    by_key(app.number_input, "share-validation").set_value(20).run()
    assert "does not add up to 1" in shown(app) and by_key(app.button, "write-nothing").disabled


def test_a_large_release_is_a_run_and_is_listed_when_it_is_done(
    page: Page, database: Database, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.release.write.AT_ONCE", 0)
    pool = rated_pool(database, "kind")
    app = page("release", pool="kind")
    by_key(app.button, "write-run").click().run()
    assert not app.exception
    for _ in range(1_800):
        with database.read() as c:
            run = runs.of_pool(c, pool.id)[0]
        if run.state not in (RunState.QUEUED, RunState.RUNNING):
            break
        time.sleep(0.1)
    assert (run.state, run.message) == (RunState.DONE, "4 rows written to release-1, read back and checked.")
    app.run()
    assert not app.exception and "4 rows written to release-1" in shown(app)
    with database.read() as c:
        [made] = releases.of_pool(c, pool.id)
    assert Path(made.path) == data_dir / "releases/kind/release-1" and verify(Path(made.path)).ok
    by_key(app.button, f"verify-{made.id}").click().run()
    assert "is whole" in shown(app)


def test_the_hub_and_fine_tuning_show_what_would_be_sent_and_send_nothing(
    page: Page, database: Database, tmp_path: Path
) -> None:
    pool = rated_pool(database, "many", grades="A" * 12)
    made = make(database, pool, ReleaseOrder(("openai-chat",)), tmp_path / "r")
    app = page("release", pool="many")
    by_key(app.text_input, f"hub-{made.id}").input("ann/kind")
    by_key(app.button, f"hub-plan-{made.id}").click().run()
    assert "private dataset ann/kind at https://huggingface.co" in shown(app)
    by_key(app.text_input, f"tune-model-{made.id}").input("small")
    by_key(app.button, f"tune-plan-{made.id}").click().run()
    assert "Send 12 rows of openai-chat/train.jsonl" in shown(app)
    assert by_key(app.button, f"tune-send-{made.id}").disabled
    by_key(app.checkbox, f"tune-yes-{made.id}").check().run()
    by_key(app.button, f"tune-send-{made.id}").click().run()
    assert not app.exception and "trains nothing" in shown(app)


def test_a_column_of_imported_rows_narrows_the_rule_and_goes_out_on_request(page: Page, database: Database) -> None:
    pool = rated_pool(database, "brought", grades="AAAA")
    with database.write() as c:
        its = instances.select().where(instances.c.pool_id == pool.id, instances.c.is_seed.is_(False))
        for row in c.execute(its.order_by(instances.c.id).limit(2)).all():
            topic = Beside(extra={"topic": "rivers"})
            beside.add(c, pool.id, [NewBeside(row.task_id, row.id, topic, _import(c, pool.id, row.task_id), 1)])
    app = page("release", pool="brought")
    before = go_out(app)
    by_key(app.text_area, f"rule-{pool.id}-fields").set_value("topic = rivers").run()
    assert not app.exception and before != go_out(app) and go_out(app).startswith("2 of")
    assert "topic is rivers" in shown(app)
    assert by_key(app.multiselect, f"release-fields-{pool.id}").options == ["topic"]
    by_key(app.text_area, f"rule-{pool.id}-fields").set_value("topic").run()
    assert "is not COLUMN = VALUE" in shown(app)


def _import(c: sa.Connection, pool_id: int, task_id: int) -> int:
    import_id = imports.begin(c, pool_id, "f.jsonl", "0" * 64, "columns")
    imports.end(c, import_id, {"unused": ["topic"]})
    c.execute(tasks.update().where(tasks.c.id == task_id).values(import_id=import_id))
    return import_id


def test_the_card_begins_with_what_the_last_release_said_but_for_its_version(
    page: Page, database: Database, tmp_path: Path
) -> None:
    pool = rated_pool(database, "kind")
    said = ReleaseOrder(
        ("csv",), title="Kind tasks", license="cc0-1.0", description="Of rivers.", version="1.0", languages=("en", "de")
    )
    make(database, pool, said, tmp_path / "first")
    app = page("release", pool="kind")
    fields = {each.label: each.value for each in (*app.text_input, *app.text_area)}
    assert fields["Name"] == "Kind tasks" and fields["Licence"] == "cc0-1.0" and fields["Languages"] == "en, de"
    assert fields["Description"] == "Of rivers."
    version = next(each for each in app.text_input if each.label == "Version")
    assert not version.value and version.placeholder == "the last was 1.0"


def test_what_went_since_the_last_release_is_listed_and_can_be_read_whole(
    page: Page, database: Database, tmp_path: Path
) -> None:
    pool = rated_pool(database, "kind")
    make(database, pool, ReleaseOrder(("csv",), Predicate()), tmp_path / "first")
    with database.read() as c:
        held = sa.select(instances).join(members, members.c.instance_id == instances.c.id).order_by(instances.c.id)
        one = c.execute(held.limit(1)).one()
    editing.edit(database, one.id, one.text_hash, editing.Text("Write it anew.", "", "Quite another answer."), "ann")
    app = page("release", pool="kind")
    assert any("0 came · 0 changed · 1 went" in each.label for each in app.expander)
    app.segmented_control(key="since-which").set_value("went").run()
    assert not app.exception
    texts = [each for each in app.dataframe if "instruction" in each.value]
    (table,) = (each for each in texts if list(each.value["instruction"]) == ["Write it anew."])
    assert list(table.proto.selection_mode), "a tick reads the row whole"
