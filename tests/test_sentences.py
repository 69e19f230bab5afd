"""A count and its noun are said in one place: "1 tasks" stands nowhere, neither on a page nor at a terminal."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from core.settings import PROJECT
from core.words import number_of

NOUNS = [
    "tasks",
    "instances",
    "batches",
    "items",
    "rows",
    "ratings",
    "reviewers",
    "seeds",
    "texts",
    "files",
    "candidates",
    "runs",
    "pools",
    "queues",
    "audits",
    "releases",
    "responses",
    "answers",
    "pairs",
    "requests",
    "tokens",
    "prompts",
    "parcels",
    "groups",
    "judgements",
    "comparisons",
    "raters",
    "instructions",
    "labels",
    "records",
    "packages",
    "clusters",
    "replies",
    "people",
    "blocks",
    "differences",
    "shards",
]
AFTER = re.compile(rf"^ (?:(?:accepted|rated|judged|new|different|further|given|shared) )?({'|'.join(NOUNS)})(?![\w-])")
NO_COUNTS = {  # a name before a verb of the same form ("it answers"), a text, a count whose one is told apart
    ('core/statistics/wording.py', 'have'),
    ('core/llm/opening.py', 'asked.server'),
    ('core/llm/generating.py', 'self._context'),
    ('core/llm/generating.py', 'n + how.most'),
    ('core/llm/target.py', 'server.label'),
    ('core/llm/local.py', 'self.name'),
    ('core/llm/trial.py', 'name'),
    ('core/llm/trial.py', 'read:,'),
    ('core/release/making.py', 'order.formats[0]'),
    ('core/release/croissant.py', 'origin'),
    ('pages/evaluate/rounds.py', 'best'),
    ('pages/evaluate/rounds.py', 'its.overlap:g'),
    ('pages/audit/charts.py', 'n'),
}  # fmt: skip


def counts() -> Iterator[tuple[str, int, str, str]]:
    """(file, line, what is counted, noun) of every f-string that sets a value before a plural."""
    for path in [*(PROJECT / "core").rglob("*.py"), *(PROJECT / "pages").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.JoinedStr):
                continue
            for value, text in zip(node.values, node.values[1:], strict=False):
                if isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant):
                    noun = AFTER.match(str(text.value))
                    if noun and not _is_constant(value.value) and not _is_said(value.value):
                        spec = ast.unparse(value.format_spec)[2:-1] if value.format_spec else ""
                        said = ast.unparse(value.value) + (f":{spec}" if spec else "")
                        yield path.relative_to(PROJECT).as_posix(), node.lineno, said, noun[1]


def _is_constant(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id.isupper()


def _is_said(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "number_of"


def test_a_count_before_its_noun_is_said_by_the_one_that_knows_plurals() -> None:
    lost = [f"{path}:{line}: {{{said}}} {noun}" for path, line, said, noun in counts() if (path, said) not in NO_COUNTS]
    assert lost == []


@pytest.mark.parametrize(
    ("n", "noun", "verb", "said"),
    [
        (1, "task", "", "1 task"),
        (0, "batch", "", "0 batches"),
        (1204, "new entry", "", "1,204 new entries"),
        (1, "item", "wait", "1 item waits"),
        (2, "item", "wait", "2 items wait"),
        (1, "row", "are", "1 row is"),
        (2, "person", "have", "2 people have"),
    ],
)
def test_one_is_one(n: int, noun: str, verb: str, said: str) -> None:
    assert number_of(n, noun, verb) == said
