"""Overview, seeds, generate, import, models: what a person sees and can do before anything is judged."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from html import escape
from pathlib import Path

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from core import pools
from core.database import Database
from core.database.schema import runs as run_table
from core.gate.rules import RULES
from core.importing.importer import import_tasks
from core.llm import target as models
from core.llm.closing import notes
from core.llm.parcels.words import Delivery
from core.llm.prices import Price
from core.llm.target import DEMO, Target
from core.pool import pools as pool_store
from core.pool import tasks as task_store
from core.records import Control, Endpoint, RunState, State
from core.runs import control, parcels
from core.runs import runner as runs
from core.runs.rows import runs as run_store
from core.runs.until import Until
from core.seeds import seeds
from core.selfinstruct.loop import METHOD, SelfInstructPlan
from core.selfinstruct.settings import CHAT, SelfInstructSettings
from tests.pages.conftest import first_start

Page = Callable[..., AppTest]


def demo_pool(database: Database) -> int:
    with database.read() as c:
        return pool_store.get(c, "demo").id


def grown(database: Database, batches: int = 1) -> int:
    pool_id = demo_pool(database)
    plan = SelfInstructPlan(SelfInstructSettings(), DEMO, Until(batches=batches))
    run = control.start(database, pool_id, METHOD, plan.as_mapping())
    assert runs.work_here(database, run.id).state is RunState.DONE
    return pool_id


def shown(app: AppTest) -> str:
    return "\n".join(str(element.value) for kind in (app.text, app.caption, app.markdown) for element in kind)


def button(app: AppTest, label: str):
    return next(one for one in app.button if one.label == label)


def test_a_first_start_has_a_demo_pool_with_175_seeds(page: Page) -> None:
    app = page("overview")
    assert app.metric[0].label == "seeds"
    assert app.metric[0].value == "175"
    assert "175 seeds are ready" in shown(app)


def test_the_pool_in_the_address_is_the_one_that_opens(page: Page, database: Database) -> None:
    first_start()
    pools.make(database, "other", [])
    app = page("overview", pool="other")
    assert app.metric[0].value == "0"
    assert "built from seeds, and none is switched on" in shown(app)


def test_one_batch_runs_from_the_page_and_shows_each_candidate_with_its_fate(page: Page, database: Database) -> None:
    app = page("generate")
    button(app, "Run one batch").click().run()
    pool_id = demo_pool(database)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with database.read() as c:
            run = run_store.of_pool(c, pool_id)[0]
        if run.state not in (RunState.QUEUED, RunState.RUNNING):
            break
        time.sleep(0.1)
    app.run()
    assert not app.exception
    rows = [one.proto.body for one in app.get("html") if 'class="winnow-pairs"' in one.proto.body]
    fates = [row.split('class="sign">')[1][0] for row in rows]
    assert set(fates) == {"✓", "✗"}
    dropped = [row for row, fate in zip(rows, fates, strict=True) if fate == "✗"]
    assert all(any(rule in row for rule in map(escape, RULES.values())) for row in dropped), "a rule is a sentence"
    accepted = int(next(m.value for m in app.metric if m.label == "accepted").split()[0])
    assert accepted == fates.count("✓")
    one = next(button for button in app.button if (button.key or "").startswith("open-"))
    app = one.click().run()
    assert any("The reply that it came from" in each.value for each in app.caption)


def test_what_a_run_says_of_its_replies_is_said_once(page: Page, database: Database) -> None:
    first_start()
    pool_id = grown(database)
    (run,) = control.of_pool(database, pool_id)
    told = notes(counts := {**run.counts, "surplus": 3})
    with database.write() as c:
        run_store.count(c, run.id, counts)
        c.execute(sa.update(run_table).values(message=f"{run.message} {told}"))
    assert told and shown(page("generate")).count(told) == 1


def test_a_run_can_be_paused_and_resumed_from_the_page(page: Page, database: Database) -> None:
    pool_id = demo_pool_after(page, database)
    plan = SelfInstructPlan(SelfInstructSettings(), DEMO, Until(tasks=10_000))
    run = control.start(database, pool_id, METHOD, plan.as_mapping())
    app = page("generate")
    button(app, "Pause").click().run()
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with database.read() as c:
            now = run_store.get(c, run.id)
        if now.state is RunState.PAUSED:
            break
        time.sleep(0.1)
    assert now.state is RunState.PAUSED
    app.run()
    button(app, "Resume").click().run()
    with database.read() as c:
        assert run_store.get(c, run.id).state in (RunState.QUEUED, RunState.RUNNING)
    with database.write() as c:
        run_store.ask(c, run.id, Control.STOP)


def demo_pool_after(page: Page, database: Database) -> int:
    first_start()
    return demo_pool(database)


def test_a_template_without_its_place_is_refused_in_a_sentence(page: Page) -> None:
    app = page("generate")
    area = next(a for a in app.text_area if a.label == "Instructions template")
    area.set_value("no place for examples").run()
    assert not app.exception
    assert "must contain {examples}" in shown(app)


def test_an_emptied_list_of_stops_is_none_and_can_be_filled_again() -> None:
    def draws() -> None:
        import streamlit as st

        from core.llm.sampling import Sampling
        from pages.shared import settings_form

        st.text(repr(settings_form.draw(Sampling(stop=("a", "b")), "first")))
        st.text(repr(settings_form.draw(Sampling(stop=None), "second")))

    app = AppTest.from_function(draws).run()
    assert not app.exception and [one.value for one in app.text] == ["{}", "{}"]
    stops = [one for one in app.text_input if one.label.startswith("Stop")]
    stops[0].set_value("")
    stops[1].set_value("Task:").run()
    assert [one.value for one in app.text] == ["{'stop': None}", "{'stop': ('Task:',)}"]


def test_a_model_that_needs_a_key_does_not_start_without_one(page: Page, database: Database) -> None:
    first_start()
    with database.write() as c:
        pool_store.prefer(
            c, "target", models.stored_form(Target("openai", "https://api.openai.com/v1", "gpt-4o-mini", Endpoint.CHAT))
        )
    app = page("generate")
    button(app, "Run one batch").click().run()
    assert "needs a key" in shown(app)
    with database.read() as c:
        assert run_store.of_pool(c, demo_pool(database)) == []


def test_the_box_half_price_halves_the_estimate_and_the_run_goes_in_batches(page: Page, database: Database) -> None:
    models.choose_target(database, Target("vllm", "http://127.0.0.1:9/v1", "fake", Endpoint.CHAT))
    models.set_prices(database, {"fake": Price(1_000.0, 1_000.0)})
    app = page("generate")

    def estimated() -> float:
        return float(re.findall(r"tokens, \$([\d.]+)", shown(app))[0])

    whole = estimated()
    app.checkbox(key="generate-batch-api").check().run()
    assert estimated() == pytest.approx(whole / 2, abs=0.01)
    button(app, "Run one batch").click().run()
    run = control.shown(database, demo_pool(database), METHOD)
    assert run is not None and run.settings["target"]["delivery"] == "batch"
    control.stop(database, run.id)


def test_one_batch_too_asks_where_nobody_knows_what_it_costs(page: Page, database: Database) -> None:
    models.choose_target(database, Target("custom", "http://server.invalid/v1", "fake", Endpoint.CHAT))
    app = page("generate")
    assert button(app, "Run one batch").disabled
    app.checkbox(key="without-price").check().run()
    assert not button(app, "Run one batch").disabled
    app.checkbox(key="without-price").uncheck()
    app.number_input(key="dollars").set_value(5.0).run()
    assert not button(app, "Run one batch").disabled, "a limit is an answer too"


def test_a_setting_can_be_left_to_the_model_by_emptying_its_field(page: Page) -> None:
    app = page("generate")
    field = next(one for one in app.number_input if one.label == "Temperature")
    assert field.value is not None and '"temperature"' in app.json[0].value
    field.set_value(None).run()
    assert not app.exception and '"temperature"' not in app.json[0].value


def test_a_run_that_waits_for_a_file_offers_it_and_takes_the_answers(page: Page, database: Database) -> None:
    first_start()
    pool_id = demo_pool(database)
    to = Target("vllm", "http://127.0.0.1:9/v1", "fake", Endpoint.CHAT, delivery=Delivery.FILE)
    plan = SelfInstructPlan(replace(CHAT, prompts_per_batch=2), to, Until(batches=1))
    run = runs.work_here(database, control.start(database, pool_id, METHOD, plan.as_mapping(), here=True).id)
    assert run.state is RunState.PAUSED
    app = page("generate")
    assert "waits for a file: 2 requests" in shown(app)
    assert app.subheader[0].value == f"Run {run.id}: waits for a file"
    assert [one.label for one in app.button if one.label == "Bring the answers"]
    assert parcels.file_of(database, run.id).count("\n") == 2


def test_a_price_that_is_not_known_reads_as_unknown_and_never_as_nothing(page: Page, database: Database) -> None:
    first_start()
    models.choose_target(database, Target("custom", "http://127.0.0.1:9/v1", "some-model", Endpoint.CHAT))
    app = page("generate")
    assert "price unknown" in shown(app)
    assert "$0.00" not in shown(app)


def test_seeds_are_searched_switched_off_and_on_again(page: Page, database: Database) -> None:
    app = page("seeds")
    app.text_input(key="seed-search").set_value("limerick").run()
    assert 0 < len(app.dataframe[0].value) < 10
    first = seeds.of_pool(database, demo_pool(database))[0]
    seeds.switch(database, [first.id], False, "me")
    assert "174 of 175 are switched on" in shown(page("seeds"))
    seeds.switch(database, [first.id], True, "me")
    assert "175 of 175 are switched on" in shown(page("seeds"))


def test_a_seed_without_an_output_is_not_added_and_the_page_says_why(page: Page, database: Database) -> None:
    app = page("seeds")
    form = {area.label: area for area in app.text_area}
    form["Instruction"].set_value("Say something about the weather today.")
    button(app, "Add").click().run()
    assert "an output is missing" in shown(app)
    assert "175 of 175" in shown(page("seeds"))
    form = {area.label: area for area in app.text_area}
    assert form["Instruction"].value == "Say something about the weather today.", "what was typed stays"
    form["Output"].set_value("It rains.")
    button(app, "Add").click().run()
    assert "176 of 176" in shown(app) and not any(area.value for area in app.text_area)


def test_a_pool_whose_letters_the_tokeniser_cannot_see_is_told_so(page: Page, database: Database) -> None:
    first_start()
    own = [seeds.Seed("zh", "写一首关于秋天的诗。", (("", "秋风起。"),), False)]
    pools.make(database, "中文", own, tokeniser="paper")
    app = page("seeds", pool="中文")
    assert any("can't see" in warning.value for warning in app.warning)


@pytest.mark.parametrize("name", ["", "demo"])
def test_a_pool_name_that_is_empty_or_taken_is_refused(page: Page, name: str) -> None:
    app = page("pools")
    app.text_input(key="new-pool").set_value(name).run()
    make = button(app, "Make it")
    if name:
        make.click().run()
        assert not app.exception
        assert "choose another" in shown(app)
    else:
        assert make.disabled


def test_a_new_pool_is_chosen_at_once_and_says_what_comes_next(page: Page) -> None:
    app = page("pools")
    app.text_input(key="new-pool").set_value("my pool").run()
    button(app, "Make it").click().run()
    assert app.session_state["pool"] == "my pool"
    assert "my pool is made" in shown(app)
    assert "Generate" in [one.label for one in app.main.get("page_link")], "it has the built-in seeds"
    app.text_input(key="new-pool").set_value("bare")
    app.segmented_control(key="new-pool-seeds").set_value("none yet").run()
    button(app, "Make it").click().run()
    assert "Add seeds" in [one.label for one in app.main.get("page_link")]
    app.switch_page("pages/seeds/seeds.py").run()
    assert not app.exception and not app.dataframe, "an empty table would fill the screen, and what fills it is below"
    app.text_area[0].set_value("Name a river.")
    app.text_area[2].set_value("Danube")
    next(one for one in app.button if one.label == "Add").click().run()
    assert not app.exception and len(app.dataframe) == 1
    assert "Generate from them" in [one.label for one in app.main.get("page_link")]


def test_archiving_every_pool_leaves_a_way_back(page: Page, database: Database) -> None:
    app = page("pools")
    button(app, "Put it away").click().run()
    assert not app.exception
    button(app, "Restore").click().run()
    with database.read() as c:
        assert [pool.name for pool in pool_store.every(c)] == ["demo"]


def test_hostile_text_of_an_import_is_shown_as_text(page: Page, database: Database, tmp_path: Path) -> None:
    first_start()
    file = tmp_path / "hostile.jsonl"
    hostile = "<img src=x onerror=alert(1)> ![x](http://example.invalid/x.png) **bold** [a](http://b)"
    file.write_text(f'{{"instruction": "Explain this markup: {hostile}", "input": "", "output": "ok {hostile}"}}\n')
    with database.read() as c:
        pool = pool_store.get(c, "demo")
    report = import_tasks(database, pool, file, filtered=False)
    assert report.accepted == 1
    for name in ("overview", "seeds", "generate", "ledger", "whatif", "pools"):
        app = page(name)
        assert not any("<img" in str(m.value) or "![x]" in str(m.value) for m in app.markdown)


def test_the_next_step_keeps_the_pool_that_is_not_the_first(page: Page, database: Database) -> None:
    first_start()
    pools.make(database, "other")
    app = page("overview", pool="other")
    app.button(key="next").click().run()
    assert not app.exception
    assert app.session_state["chosen-pool"] == "other"


def test_the_address_brings_the_pool_and_the_reviewer(page: Page, database: Database) -> None:
    first_start()
    pools.make(database, "other", [])
    app = page("overview", pool="other", reviewer="Ann")
    assert (app.session_state["chosen-pool"], app.session_state["chosen-reviewer"]) == ("other", "Ann")
    assert page("overview", pool="demo").session_state["chosen-pool"] == "demo"


def test_a_discarded_candidate_is_kept_anyway_by_an_event(page: Page, database: Database) -> None:
    first_start()
    pool_id = grown(database)
    with database.read() as c:
        dropped = task_store.page(c, pool_id, states=(State.DISCARDED,))[0]
    app = page("generate")
    app = app.checkbox(key=f"choose-{dropped.id}").check().run()
    app = next(one for one in app.button if one.label == "Keep 1 anyway").click().run()
    with database.read() as c:
        assert task_store.get(c, dropped.id).state is State.ACCEPTED
        came = task_store.page(c, pool_id, states=(State.ACCEPTED,), run_id=dropped.run_id)
        kept = next(task for task in came if task.instances)
    app = app.button(key=f"open-{kept.id}").click().run()
    assert any(one.value.startswith("The reply that it came from") for one in app.caption)
    app = app.checkbox(key=f"choose-{kept.id}").check().run()
    app = app.button(key="review-ticked").click().run()
    assert not app.exception
    assert any(one.value.startswith(f"0 of {len(kept.instances)} done") for one in app.text)


def test_the_released_prompts_are_asked_for_and_not_pretended(page: Page) -> None:
    app = page("generate")
    app.button_group(key="preset").set_value("paper_prompts").run()
    assert not app.exception
    assert any("reads the released program's files" in one.value for one in app.text)
    assert not any(one.label == "Run one batch" for one in app.button)


def test_the_page_says_what_prompts_show_and_why_nothing_machine_made(page: Page) -> None:
    app = page("generate")
    told = " ".join(one.value for one in app.caption)
    assert "Examples shown in prompts: 40 of seeds." in told
    assert "labels of 10 tasks." in told
    app.checkbox(
        key=next(one.key for one in app.checkbox if one.key and "approved_examples_only" in one.key)
    ).check().run()
    assert any("Seeds only, as no machine-made task is rated A or B yet." in one.value for one in app.caption)
