"""A filter in words: every criterion that there is, and no name of a field."""

from __future__ import annotations

from dataclasses import fields

from core.pool.filter_words import in_words
from core.pool.filters import Filter


def test_every_criterion_of_a_filter_is_told_by_what_it_asks() -> None:
    asked = Filter(
        origin="import", run_id=3, verb="write", seed_from=0.2, seed_to=0.4, nearest_from=0.1, nearest_to=0.6,
        length_from=10, length_to=900, grades=("A", "B"), valid=True, disagreement=True, flag="unsafe", search="poem",
        contains="the sea", within="output", is_classification=False, has_input=True, demo=False, rated="stale",
        column="topic", value="rivers", in_release=1, not_in_release=2, task_ids=(1, 2), instance_ids=(4,),
    )  # fmt: skip
    assert all(getattr(asked, one.name) != one.default for one in fields(Filter)), "a new criterion is asked for here"
    assert in_words(asked) == (
        "source import; run 3; root verb write; ROUGE-L to a seed at least 0.2; ROUGE-L to a seed at most 0.4; "
        "ROUGE-L to a task at least 0.1; ROUGE-L to a task at most 0.6; characters at least 10; characters at most "
        "900; grade A or B; judged valid; reviewers differ; flag unsafe; search poem in output; “the sea” in output; "
        "tasks that are no classification; with an input; not demo's; rated, then edited; topic is “rivers”; "
        "in release 1; not in release 2; 2 chosen tasks; 1 chosen instance"
    )
    assert in_words(Filter()) == "every accepted instance"
