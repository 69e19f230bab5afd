"""Two texts compared in place: what is marked, and what is told in a line."""

from __future__ import annotations

import pytest

from pages.shared import marked


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    bodies: list[str] = []
    monkeypatch.setattr("pages.shared.marked.st.html", bodies.append)
    return bodies


def test_changed_code_is_monospaced_and_hostile_text_stays_text(drawn: list[str]) -> None:
    before = "def area(r):\n    return r * r * 3\n\nprint(area(2))  # <b>"
    marked.change(before, before.replace("3", "3.14"))
    marked.change("one word", "two words")
    assert drawn[0].startswith('<div class="winnow-change mono"') and "&lt;b&gt;" in drawn[0]
    assert drawn[1].startswith('<div class="winnow-change"')


def test_only_white_space_that_changed_is_seen(drawn: list[str]) -> None:
    marked.change("a b\nc", "a  b\n\nc")
    assert "<del> </del><ins>  </ins>" in drawn[0] and "<ins>↵\n</ins>" in drawn[0]


def test_what_stayed_for_long_is_told_in_a_line_and_the_change_is_in_sight(drawn: list[str]) -> None:
    stays = " ".join(f"word{n}" for n in range(400))
    marked.change(f"{stays} end {stays}", f"{stays} finish {stays}")
    shown = drawn[0]
    assert "word399 <del>end</del><ins>finish</ins> word0" in shown and "word200" not in shown
    assert shown.count("characters as they were") == 2 and len(shown) < 1500
    marked.change(f"a{' ' * 2000}b", f"c{' ' * 2000}b")
    assert "<del>a</del><ins>c</ins>" in drawn[1]


def test_a_sentence_of_which_little_stands_in_the_source_is_told_from_one_that_does(drawn: list[str]) -> None:
    source = "The mill was built by the river in 1820. It burned down twice."
    answer = "The mill was built by the river. Napoleon sold several of his green elephants in the spring there. Xyz."
    marked.grounded(source, answer, 300)
    (shown,) = drawn
    assert 'class="a0" title="100% of its words' in shown
    assert 'class="a1 little"' in shown and 'class="a2 none" title="no word of it' in shown
    assert ".s0{background:rgb(216 170 40/0.48)}" in shown, "the more of it stands there, the stronger the mark"
