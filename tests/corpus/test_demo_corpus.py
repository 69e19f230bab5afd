"""The demo corpus shows something of everything: a third is kept, every rule drops a text alone, replies are untidy."""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from core.corpus.job import SelectionSettings
from core.corpus.rules import RULE_IDS
from core.corpus.selection import CorpusSelection, select_corpus
from core.reinstruct.answers import parse_answer, parse_instruction
from core.reinstruct.filters import FilterSettings, unfit_answer, unfit_instruction
from core.reinstruct.grounding import ground

DEMO = Path(__file__).parents[2] / "seeds" / "corpus"


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def replies(step: str) -> dict[str, dict[str, Any]]:
    return {row["source_hash"]: row for row in rows(DEMO / f"{step}.jsonl")}


@pytest.fixture(scope="module")
def selection(tmp_path_factory: pytest.TempPathFactory) -> CorpusSelection:
    folder = tmp_path_factory.mktemp("demo")
    return select_corpus([str(DEMO / "demo.jsonl")], folder, SelectionSettings(), workers=1)


def test_about_a_third_is_selected_and_every_rule_fails_alone(selection: CorpusSelection) -> None:
    assert selection.funnel.texts == len(rows(DEMO / "demo.jsonl")) >= 60
    assert selection.merged
    assert 0.3 < selection.merged.selected / selection.funnel.texts < 0.4
    assert set(selection.funnel.alone) == set(RULE_IDS)
    assert (selection.merged.exact_duplicates, selection.merged.near_duplicates) == (1, 2)


def test_every_selected_text_has_both_replies(selection: CorpusSelection) -> None:
    selected = rows(selection.folder / "selected.jsonl")
    for step in ("reverse", "rewrite"):
        recorded = replies(step)
        assert {text["hash"] for text in selected} <= recorded.keys()
        hashes = {sha256(text["text"].encode()).hexdigest() for text in rows(DEMO / "demo.jsonl")}
        assert recorded.keys() <= hashes, "no reply to a text that is not there"


def test_replies_are_dropped_by_many_rules_and_most_pass(selection: CorpusSelection) -> None:
    reverse, rewrite = replies("reverse"), replies("rewrite")
    settings = FilterSettings(drop_refusals=True)
    outcomes: Counter[str] = Counter()
    doubted = 0
    for text in rows(selection.folder / "selected.jsonl"):
        asked, answered = reverse[text["hash"]], rewrite[text["hash"]]
        answer = parse_answer(answered["text"])
        dropped = unfit_instruction(parse_instruction(asked["text"]), settings) or unfit_answer(
            answer, settings, was_cut=answered["finish_reason"] == "length"
        )
        outcomes[dropped.rule if dropped else "kept"] += 1
        grounding = ground(answer, text["text"])
        doubted += not dropped and bool(grounding.numbers or grounding.names)
        assert dropped or grounding.support > 0.5
    rules = {"instruction-too-long", "says-this", "says-web-text", "says-information-provided", "refusal", "cut"}
    assert set(outcomes) == rules | {"kept"}
    assert outcomes["kept"] >= 15
    assert 3 <= doubted <= outcomes["kept"] / 2
