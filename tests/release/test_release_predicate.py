"""A rule is readable JSON, says which field is wrong, and asks for what a person approved by default."""

from __future__ import annotations

import json
import random

import pytest

from core.records import Grade, Refused
from core.release.predicate import Disagreement, Predicate, parsed, predicate_of
from tests.release.release_pools import random_rule


def test_the_default_rule_is_what_a_person_approved() -> None:
    rule = Predicate()
    assert (rule.min_ratings, rule.valid, rule.min_grade, rule.no_open_flags) == (1, True, Grade.B, True)
    assert not rule.include_demo and not rule.include_seeds and rule.disagreement is Disagreement.ALL
    assert "demo excluded" in rule.in_words()


@pytest.mark.parametrize("seed", range(30))
def test_a_rule_comes_back_from_its_json_as_it_was(seed: int) -> None:
    rule = random_rule(random.Random(seed))
    assert parsed(rule.text) == predicate_of(rule.as_json()) == rule
    assert json.loads(rule.text) == rule.as_json()


def test_what_a_rule_leaves_out_has_its_default() -> None:
    assert parsed("{}") == Predicate()
    assert parsed('{"min_grade": null}').min_grade is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("min_grade", "E"),
        ("min_grade", 1),
        ("min_ratings", -1),
        ("min_ratings", True),
        ("min_ratings", 1.5),
        ("valid", "yes"),
        ("disagreement", "loud"),
        ("no_open_flags", 1),
        ("origins", "self-instruct"),
        ("origins", ["seed"]),
        ("origins", ["moon"]),
        ("runs", ["1"]),
        ("runs", [0]),
        ("max_per_task", 0),
        ("max_per_verb", "3"),
        ("max_classification", -1),
        ("max_classification_share", 1.5),
        ("max_classification_share", float("nan")),
        ("novelty", 0),
        ("novelty", "0.7"),
        ("away_from", "text"),
        ("away_from", [1]),
        ("away_threshold", 2),
        ("include_seeds", None),
        ("include_demo", "no"),
    ],
)
def test_a_bad_field_is_named(field: str, value: object) -> None:
    with pytest.raises(Refused, match=f"field {field} "):
        predicate_of({field: value})


def test_an_unknown_field_and_what_is_no_json_are_refused_in_one_sentence() -> None:
    with pytest.raises(Refused, match='no field "grade"; its fields are origins, runs'):
        parsed('{"grade": "B"}')
    with pytest.raises(Refused, match=r"no JSON: .* in line 2, column"):
        parsed('{"valid": true,\n nonsense}')
    with pytest.raises(Refused, match="no JSON object"):
        parsed("[]")
    for text, why in (("[" * 100_000, "nested too deeply"), ("1" * 5_000, "thousands of digits")):
        with pytest.raises(Refused, match=f"no JSON: .*{why}"):
            parsed(text)
