"""The command line: select, reverse, rewrite, run, training data; one JSON object, one clear line on refusal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main
from core.corpus.verbs import own_verbs
from core.database import Database
from core.pool import judging, tasks
from core.pool import pools as pool_store
from core.pool.judgement import Judgement
from core.records import Grade, Origin
from core.reinstruct.rows import reversals


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    assert main([*words, "--json"]) == code
    return dict(json.loads(capsys.readouterr().out))


def test_the_whole_way_with_the_demo(capsys: pytest.CaptureFixture[str], database: Database, tmp_path: Path) -> None:
    selected = said(capsys, "corpus", "select", "p", "demo", "--workers", "1")
    assert (selected["texts"], selected["selected"], selected["new"]) == (67, 22, 22)
    reversed_ = said(capsys, "corpus", "reverse", "p", "--provider", "demo")
    assert (reversed_["label"], reversed_["texts"], reversed_["instances"]) == ("REInstruct-style", 8, 0)
    rewritten = said(capsys, "corpus", "rewrite", "p", "--provider", "demo")
    assert rewritten["completed"] == reversed_["accepted"] and rewritten["pool_unanswered"] == 0
    both = said(capsys, "corpus", "run", "p", "--provider", "demo", "--target", "100")
    assert both["pool_texts"] == {"waiting": 0, "taken": 0, "asked": 22, "failed": 0, "off": 0}
    assert 0.5 < both["pool_support_median"] < 1
    answers = said(capsys, "corpus", "answers", "p")["answers"]
    assert len(answers) == both["instances"] + rewritten["instances"] and all(one["support"] for one in answers)
    weak = said(capsys, "corpus", "answers", "p", "--support", "75", "--queue", "weak")
    assert 0 < weak["queued"] == len(weak["answers"]) < len(answers) and weak["queue"]
    assert "fits" in said(capsys, "corpus", "answers", "p", "--search", "zzz", "--queue", "none", code=1)["error"]

    with database.read() as c:
        pool = pool_store.get(c, "p")
        made = tasks.page(c, pool.id, origin=Origin.REINSTRUCT, limit=100)
    assert len(made) == 22 and all(task.demo for task in made)
    approved = [i for task in made for i in task.instances if i.state.value == "accepted"][:2]
    with database.write() as c:
        judging.rate(c, approved[0].id, "me", approved[0].text_hash, Judgement(grade=Grade.A), seen=None)
        judging.rate(c, approved[1].id, "me", approved[1].text_hash, Judgement(grade=Grade.D), seen=None)
        text = reversals.source_of(c, approved[0].task_id)
    assert text is not None
    files = said(capsys, "reinstruct", "training-data", "p", str(tmp_path / "out"))["files"]
    assert {(file["model"], file["format"]): file["rows"] for file in files} == {
        ("reverse", "prompt-completion"): 90,
        ("reverse", "messages"): 90,
        ("rewrite", "prompt-completion"): 1,
        ("rewrite", "messages"): 1,
    }
    [row] = [json.loads(line) for line in (tmp_path / "out/rewrite.prompt-completion.jsonl").read_text().splitlines()]
    assert row["completion"] == approved[0].output and text.text.strip() in row["prompt"]
    rows = (tmp_path / "out/reverse.messages.jsonl").read_text().splitlines()
    assert all([m["role"] for m in json.loads(line)["messages"]] == ["user", "assistant"] for line in rows)


def test_decisions_are_one_line_a_text_with_the_rules_that_failed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "decisions.jsonl"
    found = said(capsys, "corpus", "select", "p", "demo", "--decisions", str(file), "--workers", "1")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(lines) == found["texts"] == 67
    assert sum(line["kept"] for line in lines) == found["kept"]
    assert all(line["kept"] != bool(line["rules"]) for line in lines)
    assert sum(found["failed"].values()) == sum(len(line["rules"]) for line in lines)


def test_a_sample_a_preset_and_thresholds_are_as_they_were_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    verbs = tmp_path / "verbs.txt"
    verbs.write_text("\n".join(f"{word} {word}ing" for word in sorted(own_verbs().base)))
    found = said(capsys, "corpus", "select", "p", "demo", "--sample", "5", "--seed", "3", "--workers", "1")
    assert found["selected"] == 5
    exact = said(capsys, "corpus", "select", "q", "demo", "--preset", "paper_exact", "--verbs", str(verbs))
    assert exact["kept"] < 25, "2020 and - are capitals there"
    wider = said(capsys, "corpus", "select", "r", "demo", "--set", "shortest=900", "--duplicates", "keep")
    assert wider["kept"] > 25 and wider["exact_duplicates"] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["corpus", "select", "p", "nowhere"], "No texts at nowhere"),
        (["corpus", "select", "p", "demo", "--set", "shortness=1"], 'no setting "shortness"'),
        (["corpus", "select", "p", "demo", "--sample", "0"], "at least 1"),
        (["corpus", "run", "nopool", "--provider", "demo"], "nopool"),
        (["reinstruct", "training-data", "nopool", "out"], "nopool"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(capsys: pytest.CaptureFixture[str], words: list[str], told: str) -> None:
    assert told in said(capsys, *words, code=1)["error"]


def test_settings_are_named_with_dots_and_checked(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "corpus", "select", "p", "demo", "--workers", "1")
    run = ["corpus", "run", "p", "--provider", "demo", "--set"]
    found = said(capsys, *run, "filters.longest_instruction=10")
    assert found["discards"] == {"instruction-too-long": 8}
    assert "no setting" in said(capsys, *run, "filters.nothing=1", code=1)["error"]
    assert "a whole number" in said(capsys, *run, "shots=many", code=1)["error"]
    assert "must contain {text}" in said(capsys, *run, "prompts.rewrite_chat=x {instruction}", code=1)["error"]


def test_paper_exact_keeps_repeated_texts_unless_told_otherwise(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    body = "soup for six people" + "".join(f"\n{word} the carrots" for word in ("wash", "peel", "slice", "fry"))
    line = json.dumps({"text": body + " slowly" * 200})
    (tmp_path / "twice.jsonl").write_text(f"{line}\n{line}\n", encoding="utf-8")
    for pool, options, selected in (("a", [], 1), ("b", ["--preset", "paper_exact"], 2)):
        found = said(capsys, "corpus", "select", pool, "twice.jsonl", "--workers", "1", *options)
        assert found["selected"] == selected
    found = said(capsys, "corpus", "select", "c", "twice.jsonl", "--preset", "paper_exact", "--duplicates", "exact")
    assert found["selected"] == 1


def test_an_empty_selection_says_which_rules_dropped_the_texts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    airy = "soup for six people" + "".join(f"\n\n{word} the carrots" for word in ("wash", "peel", "slice", "fry"))
    rows = [{"text": "too short"}, *({"text": f"{airy}{' slowly' * 200} {n}"} for n in range(3))]
    (tmp_path / "airy.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    message = said(capsys, "corpus", "select", "p", "airy.jsonl", "--preset", "paper_exact", "--workers", "1")[
        "message"
    ]
    assert message.startswith("Nothing was selected: of 4 texts, first dropped were 3 at verb-starts")
    assert "1 at length" in message and "mended counts them as one" in message
    assert said(capsys, "corpus", "select", "q", "airy.jsonl", "--workers", "1")["selected"] == 1
