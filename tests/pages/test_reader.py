"""The reader: what a text is taken for, and how high its panel is."""

from __future__ import annotations

import pytest

from pages.shared.kinds import language_of, parts_of
from pages.shared.reader import heights

PYTHON = "def greet(name):\n    return f'Hello {name}'\n\nprint(greet('you'))"
JAVA = "public class Hello {\n    public static void main(String[] args) {\n        System.out.println(1);\n    }\n}"
TABLE = "| name | n |\n|---|---|\n| oak | 3 |"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (PYTHON, "python"),
        (JAVA, "java"),
        ('#include <stdio.h>\nint main() {\n  printf("x");\n  return 0;\n}', "c"),
        ("const a = 1;\nfunction f(x) {\n  return x;\n}", "javascript"),
        ("SELECT name FROM trees WHERE height > 3;", "sql"),
        ("<html>\n<body>\n<p>Hi</p>\n</body>\n</html>", "html"),
        ('{"a": [1, 2]}', "json"),
        (TABLE, ""),
        ("oak\t3\nelm\t4", ""),
        (r"\begin{align} \frac{a}{b} \end{align}", "latex"),
        ("The oak is a tree. It lives long.", None),
        ("1. Wash the rice.\n2. Cook it.\n3. Serve.", None),
        ("Dear Anna,\n\nfor the next week I am away; write to Ben.\n\nCarl", None),
        ("If you import goods, pay duty.\nFor each of them, keep a receipt.", None),
        ("- one\n- two: three\n- four", None),
        ("[not json, a note]", None),
        ("", None),
        ("مرحبا بكم في المدينة", None),
    ],
)
def test_a_text_is_shown_as_what_it_is(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_a_fenced_block_is_code_and_what_stands_around_it_is_prose() -> None:
    parts = parts_of(f"Here it is:\n```java\n{JAVA}\n```\nRun it.")
    assert [(part.text, part.language) for part in parts] == [("Here it is:", None), (JAVA, "java"), ("Run it.", None)]


def test_an_unclosed_fence_loses_nothing() -> None:
    text = "Look:\n```python\nprint(1)"
    assert "".join(part.text for part in parts_of(text)) == text


def test_an_empty_input_is_one_line_and_the_output_has_the_rest() -> None:
    assert heights(["Name a river.", "", "The Danube."], 452) == [70, 34, 348]


def test_texts_that_do_not_fit_share_the_height_by_need() -> None:
    short, long = "word " * 20, "word " * 2000
    found = heights([short, short, long], 452)
    assert sum(found) == 452 and found[2] > 200 and min(found) >= 70
    both = heights([short, long, long], 452)
    assert sum(both) == 452 and abs(both[1] - both[2]) < 20
