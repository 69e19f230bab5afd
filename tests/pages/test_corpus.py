"""The Corpus page: from texts to answers beside their sources, and on to the desk."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core.corpus.job import SelectionSettings, begun
from core.corpus.rows import corpus
from core.corpus.rows.corpus import TextState
from core.corpus.selection_plan import METHOD as SELECTION
from core.corpus.selection_plan import SelectionPlan, demo_plan, upload_folder
from core.database import Database
from core.gate.rules import sentence
from core.llm.target import DEMO
from core.pool import pools, tasks
from core.records import Endpoint, Origin, Pool, Run, RunState
from core.reinstruct.plan import METHOD, ReinstructPlan
from core.reinstruct.settings import preset
from core.review.rows import queues
from core.runs import control
from core.runs import runner as runs
from core.runs.rows import runs as run_store
from core.runs.until import Until
from tests.fake_openai import FakeOpenAI
from tests.pages.conftest import first_start
from tests.pages.test_ledger import listed
from tests.reinstruct.reversing import reverse, with_texts

Page = Callable[..., AppTest]
HOSTILE = "<img src=x onerror=alert(1)> ![x](http://example.invalid/x.png) [a](http://b) **bold** :red[x]"


def demo(database: Database) -> Pool:
    with database.read() as c:
        return pools.get(c, "demo")


def selected(database: Database) -> Run:
    plan = demo_plan(SelectionSettings()).as_mapping()
    return runs.work_here(database, control.start(database, demo(database).id, SELECTION, plan, here=True).id)


def reversed_(database: Database, batches: int = 1) -> Run:
    plan = ReinstructPlan(
        preset(Endpoint.CHAT), replace(DEMO, endpoint=Endpoint.CHAT), Until(batches=batches)
    ).as_mapping()
    return runs.work_here(database, control.start(database, demo(database).id, METHOD, plan, here=True).id)


def shown(app: AppTest) -> str:
    kinds = (app.text, app.caption, app.markdown, app.info, app.error, app.subheader)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def button(app: AppTest, label: str):
    return next(one for one in app.button if one.label == label)


def view(app: AppTest, name: str) -> AppTest:
    app.session_state["corpus-goto"] = name
    app.run()
    assert not app.exception, app.exception[0].message
    return app


def finished(database: Database, method: str) -> Run:
    """The newest run of a method, once the app has done it."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with database.read() as c:
            run = next((one for one in run_store.of_pool(c, demo(database).id) if one.method == method), None)
        if run is not None and run.state not in (RunState.QUEUED, RunState.RUNNING):
            return run
        time.sleep(0.05)
    raise AssertionError(f"no {method} run ended")


def test_the_whole_way_from_the_demo_corpus_to_a_review_queue(page: Page, database: Database) -> None:
    app = page("corpus")
    assert "No selection yet" in shown(app)
    button(app, "Select").click().run()
    assert finished(database, SELECTION).state is RunState.DONE
    app.run()
    assert not app.exception
    funnel = app.dataframe[0].value
    assert (funnel["left"].iloc[0], funnel["left"].iloc[-1]) == (67, 22)
    assert "22 waiting" in shown(app)

    view(app, "Reverse and rewrite")
    assert "REInstruct-style" in shown(app)
    assert "65.41% does not carry over" in shown(app)
    button(app, "Run one batch").click().run()
    assert finished(database, METHOD).state is RunState.DONE
    app.run()
    batch = app.dataframe[0].value
    assert len(batch) == 8 and {"✓", "✗"} == set(batch[""])
    assert (batch[batch[""] == "✗"]["why"] != "").all()

    view(app, "Answers")
    answers = app.dataframe[0].value
    assert answers["support"].between(0, 100).all()
    assert (answers["not in the source"] != "").any()
    beside = next(one.proto.body for one in app.get("html") if 'class="winnow-grounded"' in one.proto.body)
    assert 'class="s0"' in beside and 'class="a0' in beside, "a sentence of the answer points at one of the source"
    app.segmented_control(key="answers-way").set_value("what changed").run()
    changes = next(one.proto.body for one in app.get("html") if 'class="winnow-change' in one.proto.body)
    assert "<del>" in changes and "<ins>" in changes
    app.segmented_control(key="answers-way").set_value("whole").run()
    assert answers["answer"].iloc[0] in shown(app) and app.button(key="answers-monospace-toggle")
    app.button(key="answers-monospace-toggle").click().run()
    assert any(answers["answer"].iloc[0] in one.value for one in app.code), "as this reviewer likes to read"
    app.button(key="answers-monospace-toggle").click().run()
    button(app, f"Review these {len(answers)}").click().run()
    assert not app.exception
    with database.read() as c:
        queue = next(one for one in queues.of_pool(c, demo(database).id) if one.name == "REInstruct answers")
    assert queue.filter.origin == Origin.REINSTRUCT.value and queue.waiting == len(answers)
    assert app.session_state["queue"] == queue.id
    app.switch_page("pages/review/review.py").run()
    button(app, "Source").click().run()
    assert not app.exception
    assert "of the answer's words in the text" in shown(app)
    assert "demo.jsonl, line" in shown(app)


def test_why_a_text_was_kept_or_which_rule_it_failed_is_on_the_screen(page: Page, database: Database) -> None:
    first_start()
    selected(database)
    app = view(page("corpus"), "Texts")
    texts, findings = app.dataframe[0].value, app.dataframe[1].value
    assert len(texts) == 22 and list(findings[""]) == ["✓"] * 7
    assert "1,204 characters" in list(findings["found"])
    app.session_state["corpus-which"] = "Failed one rule"
    app.run()
    assert list(app.dataframe[1].value[""]).count("✗") == 1
    assert app.dataframe[0].value["failed"].iloc[0] == "length"


def test_other_thresholds_say_what_they_would_do_before_they_do_it(page: Page, database: Database) -> None:
    first_start()
    selected(database)
    app = view(page("corpus"), "Texts")
    next(one for one in app.number_input if one.label == "Fewest characters").set_value(900).run()
    assert "1 of 10 texts that failed one rule come in, and 0 of 22 that wait would go." in shown(app)
    next(one for one in app.number_input if one.label == "Fewest characters").set_value(1500).run()
    gone = next(one for one in app.button if one.label.startswith("Leave out the"))
    gone.click().run()
    assert not app.exception
    with database.read() as c:
        left_out = corpus.counts(c, demo(database).id)[TextState.OFF]
    assert gone.label == f"Leave out the {left_out}" and left_out > 0
    next(one for one in app.number_input if one.label == "Fewest characters").set_value(900).run()
    button(app, "Select again with these").click().run()
    run = finished(database, SELECTION)
    assert run.counts["new"] == 1 and run.settings["selection"]["rules"]["shortest"] == 900


def test_a_folder_of_the_server_is_offered_and_nothing_outside_of_it(
    page: Page, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "texts"
    (root / "in").mkdir(parents=True)
    (root / "in" / "a.jsonl").write_text('{"text": "short"}\n')
    (tmp_path / "secret.jsonl").write_text('{"text": "secret"}\n')
    monkeypatch.setenv("WINNOW_CORPUS_ROOT", str(root))
    app = page("corpus")
    app.session_state["corpus-origin"] = "Folder on the server"
    app.run()
    places = next(one for one in app.multiselect)
    assert places.options == ["in", "in/a.jsonl"]
    assert button(app, "Select").disabled
    places.select("in").run()
    button(app, "Select").click().run()
    run = finished(database, SELECTION)
    assert (run.counts["texts"], run.settings["confined"]) == (1, True)
    outside = SelectionPlan(("../secret.jsonl",), str(root), SelectionSettings(), confined=True)
    control.start(database, demo(database).id, SELECTION, outside.as_mapping())
    assert "outside the folder" in finished(database, SELECTION).message


def test_an_uploaded_file_is_kept_under_its_bare_name(data_dir: Path) -> None:
    from pages.corpus.select import _kept
    from pages.shared.uploading import Sent

    folder = upload_folder([b"one text"])
    for name in ("../../evil.jsonl", "..\\evil.jsonl", "/etc/evil.jsonl", "...evil.jsonl"):
        upload = SimpleNamespace(name=name, file_id="1", getvalue=lambda: b"one text")
        assert _kept(folder, Sent(upload, None)) == "evil.jsonl"
    assert [file.name for file in folder.iterdir()] == ["evil.jsonl"]
    assert folder.is_relative_to(data_dir)


def test_answers_are_sifted_by_what_their_source_supports_and_so_sent_to_review(page: Page, database: Database) -> None:
    first_start()
    selected(database)
    reversed_(database, batches=10)
    app = view(page("corpus"), "Answers")
    every = len(app.dataframe[0].value)
    app.checkbox(key="answers-doubtful").check().run()
    doubtful = app.dataframe[0].value
    assert 0 < len(doubtful) < every and (doubtful["not in the source"] != "").all()
    app.slider(key="answers-support").set_value(70).run()
    both = app.dataframe[0].value
    assert len(both) < len(doubtful) and (both["support"] <= 70).all()
    button(app, f"Review these {len(both)}").click().run()
    with database.read() as c:
        named = [one for one in queues.of_pool(c, demo(database).id) if "support up to 70%" in one.name]
    assert [queue.waiting for queue in named] == [len(both)]
    app = view(page("corpus"), "Answers")
    app.session_state["answers-which"] = "all"
    app.run()
    assert len(app.dataframe[0].value) == 22, "what was dropped is shown with its reason"
    assert "the instruction says “this”" in list(app.dataframe[0].value["why"])


def test_hostile_texts_and_file_names_are_shown_as_text(page: Page, database: Database) -> None:
    first_start()
    pool = with_texts(database, [HOSTILE + " and more"], "demo")
    with database.write() as c:
        corpus.load(c, pool.id, 1, [{"source": HOSTILE, "line": 1, "hash": "h", "text": HOSTILE}])

    def says(body: object, prompt: str) -> str:
        return f"{HOSTILE} it" if "Background:" in prompt else f"What does {HOSTILE} mean?"

    selected(database)
    with FakeOpenAI(answer=says) as server:
        run = reverse(database, pool, server.url, batches=1)
    assert run.counts["instances"] == 1
    app = page("corpus")
    for name in ("Select", "Texts", "Reverse and rewrite", "Answers"):
        view(app, name)
        for kind in (app.markdown, app.caption, app.error, app.info, app.subheader, app.title, app.header):
            assert not any("<img" in str(one.value) or "![x]" in str(one.value) for one in kind), name
        for kind in (app.button, app.selectbox, app.metric, app.expander, app.checkbox):
            assert not any("<img" in str(one.label) for one in kind), name
    with database.read() as c:
        assert tasks.page(c, pool.id, origin=Origin.REINSTRUCT)


def test_a_model_without_its_key_does_not_start(page: Page, database: Database) -> None:
    first_start()
    selected(database)
    with database.write() as c:
        pools.prefer(
            c,
            "target",
            {
                "provider": "openai",
                "base_url": "https://api.openai.com/v1",
                "model": "some",
                "endpoint": "chat",
                "concurrency": 1,
                "timeout": 1.0,
            },
        )
    app = view(page("corpus"), "Reverse and rewrite")
    app.checkbox(key="corpus-without-price").check().run()  # its price isn't known
    button(app, "Run one batch").click().run()
    assert "needs a key" in shown(app)
    with database.read() as c:
        assert [run.method for run in run_store.of_pool(c, demo(database).id)] == [SELECTION]


def test_a_prompt_without_its_place_is_refused_in_a_sentence(page: Page, database: Database) -> None:
    first_start()
    selected(database)
    app = view(page("corpus"), "Reverse and rewrite")
    next(area for area in app.text_area if area.label == "Rewrite chat").set_value("no places").run()
    assert not app.exception and "must contain {text}" in shown(app)


def test_the_discards_of_texts_can_be_looked_for_by_their_rule(page: Page, database: Database) -> None:
    first_start()
    selected(database)
    reversed_(database)
    app = page("ledger")
    app.selectbox(key="discard-rule").set_value("says-this").run()
    assert not app.exception
    [row] = listed(app)
    assert sentence("says-this") in row


def test_the_gate_begins_off_where_texts_were_selected_as_in_the_paper(page: Page, database: Database) -> None:
    first_start()
    for name, on in (("mended", True), ("paper_exact", False)):
        plan = demo_plan(begun(name)).as_mapping()
        runs.work_here(database, control.start(database, demo(database).id, SELECTION, plan, here=True).id)
        app = view(page("corpus"), "Reverse and rewrite")
        gate = next(one for one in app.checkbox if str(one.key).endswith(f"{name}-novelty_gate"))
        assert gate.value is on
