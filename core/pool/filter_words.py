"""A filter as people read it: every criterion by what it asks."""

from __future__ import annotations

from typing import Any

from core.pool.filters import Filter

_RATED = {"unrated": "not rated", "rated": "rated", "stale": "rated, then edited", "skipped": "skipped"}


def in_words(wanted: Filter) -> str:
    """A filter in one line; what it looks for comes from people, so show it as plain text."""
    said = [_criterion(name, value, wanted) for name, value in wanted.as_saved().items()]
    return "; ".join(filter(None, said)) or "every accepted instance"


def _criterion(name: str, value: Any, wanted: Filter) -> str:
    """One criterion; "" where another one says it."""
    match name:
        case "within" | "value":
            return ""
        case "origin":
            return f"source {value}"
        case "run_id":
            return f"run {value}"
        case "verb":
            return f"root verb {value}"
        case "is_classification":
            return "classification tasks" if value else "tasks that are no classification"
        case "has_input":
            return "with an input" if value else "with an empty input"
        case "demo":
            return "demo's" if value else "not demo's"
        case "valid":
            return "judged valid" if value else "judged not valid"
        case "disagreement":
            return "reviewers differ"
        case "rated":
            return _RATED.get(value, str(value))
        case "grades":
            return f"grade {' or '.join(value)}"
        case "flag":
            return f"flag {value}"
        case "search":
            return f"search {value} in {wanted.within or 'any field'}"
        case "contains":
            return f"“{value}” in {wanted.within or 'any field'}"
        case "column":
            return f"{value} is “{wanted.value}”"
        case "in_release":
            return f"in release {value}"
        case "not_in_release":
            return f"not in release {value}"
        case "instance_ids":
            return f"{len(value):,} chosen instance{'s' * (len(value) != 1)}"
        case "task_ids":
            return f"{len(value):,} chosen task{'s' * (len(value) != 1)}"
    bound = "at least" if name.endswith("_from") else "at most"
    what = {"seed": "ROUGE-L to a seed", "nearest": "ROUGE-L to a task", "length": "characters"}[name.split("_")[0]]
    return f"{what} {bound} {value}"
