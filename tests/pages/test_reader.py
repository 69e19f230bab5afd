"""The reader: what a text is taken for, and how high its panel is."""

from __future__ import annotations

import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pages.shared.kinds import Part, is_markdown, language_of, parts_of
from pages.shared.reader import LINE, heights, wanted
from pages.shared.rendered import as_html

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


HOSTILE = (
    "![seen](http://evil.example/a.png) ![x](data:image/svg+xml;base64,AAAA)",
    "[a](http://evil.example/b) [b](javascript:alert(1)) [c][r] <http://auto.example>\n\n[r]: http://e.example/c 'x'",
    "<img src=x onerror=alert(1)><script>alert(2)</script>\n\n<style>*{top:0}</style>\n\n<iframe src=//e.example>",
    '```js" onmouseover="alert(1)\n</code></pre><img src=y>\n```',
    "| <b>x</b> | ![i](http://evil.example/i) |\n|---|---|\n| <a href=http://evil.example>y</a> | z |",
    '[![i](http://evil.example/i)](http://evil.example) [x](http://e.example/"onclick=alert(1))',
    "# <svg onload=alert(1)>\n\n> &lt;img src=z&gt; &#60;img src=z&#62; \\<img src=z>",
    "x" * 50 + "*" * 3000 + "[" * 3000 + "> " * 300,
)
OURS = {
    *("p", "em", "strong", "s", "u", "code", "pre", "br", "hr", "ul", "ol", "li", "blockquote"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, attrs))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_rendered_markdown_has_our_tags_alone_and_no_address_in_any_attribute(text: str) -> None:
    tags = _Tags()
    tags.feed(as_html(text))
    assert {tag for tag, _ in tags.seen} <= OURS
    allowed = {("class", f"heading h{n}") for n in range(1, 7)} | {
        ("style", f"text-align:{side}") for side in ("left", "right", "center")
    }
    assert {one for _, attrs in tags.seen for one in attrs if one[0] != "start"} <= allowed


def test_a_link_and_an_image_tell_in_words_where_they_would_lead() -> None:
    shown = as_html("[the sea](http://a.example/x) and ![a boat](http://b.example/y.png)")
    assert shown == "<p><u>the sea</u> (http://a.example/x) and <em>[image: a boat (http://b.example/y.png)]</em></p>\n"


def test_what_can_be_markdown_is_prose_and_its_tables_and_never_code() -> None:
    assert is_markdown(Part("A *list*")) and is_markdown(Part(TABLE, ""))
    assert not is_markdown(Part(JAVA, "java")) and not is_markdown(Part("oak\t3\nelm\t4", ""))


def test_a_line_of_code_has_room_for_its_frame() -> None:
    prose, code = heights(["Name a river.", "The Danube."], 900)[0], heights(["SELECT 1;", "Yes."], 900)[0]
    assert code > prose


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_colours_of_code_have_contrast_on_every_ground_of_both_themes(theme: str) -> None:
    project = Path(__file__).parents[2]
    grounds = tomllib.loads((project / ".streamlit" / "config.toml").read_text())["theme"][theme]
    css = (project / "pages" / "shared" / "reader.css").read_text()
    colours = [pair[theme == "dark"] for pair in re.findall(r"light-dark\((#\w{6}), (#\w{6})\)", css)]
    assert len(colours) == 4
    for ground in (grounds["backgroundColor"], grounds["secondaryBackgroundColor"]):
        for colour in colours:
            dark, bright = sorted((_luminance(ground), _luminance(colour)))
            assert (bright + 0.05) / (dark + 0.05) >= 4.5, (ground, colour)


def test_where_there_is_room_a_panel_has_the_lines_that_a_narrow_window_needs() -> None:
    instruction = "Given a list of ingredients, suggest a dinner that can be cooked in under thirty minutes."
    first, _, last = heights([instruction, "Pork.", "Braise it."], 440)
    assert first >= 46 + 2 * LINE and first + last < 440
    crowded = heights([instruction, "Pork.", "line\n" * 400], 440)
    assert sum(crowded) == 440 and crowded[0] < first + LINE


def test_panels_as_high_as_they_want_cut_nothing() -> None:
    two_lines, one_line = "Rewrite this so that a child of eight can follow it. " * 3, "A short input."
    given = heights([two_lines, one_line], wanted([two_lines, one_line]))
    assert given[0] >= 46 + 2 * LINE and given[1] >= 46 + LINE
    assert wanted([two_lines, one_line]) > 160, "what Evaluate gave both, whatever they were"
