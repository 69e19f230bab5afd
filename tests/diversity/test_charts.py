"""The charts: what they say, that nothing in them is markup, and that two stand on equal axes."""

from __future__ import annotations

import json
import re

import pytest

from core.diversity.axes import highest_share, length_histograms
from core.diversity.charts import length_bars, rouge_bars, sector_id, shown, sunburst
from core.diversity.growth import growth
from core.diversity.growth_chart import growth_lines
from core.diversity.report import PAPER_MEANS, ReportSide, html_report
from core.diversity.statistics import rouge_histogram, verb_noun_table
from core.diversity.table1 import table1
from core.diversity.theme import DARK, LIGHT, Theme, hue
from core.diversity.verbnoun import VerbNoun
from core.diversity.view import DiversityFigures, TextLengths

HOSTILE = '<b>x</b><a href="http://evil.example">&'


def a_look(pairs: dict[VerbNoun, int], lengths: dict[int, int] | None = None) -> DiversityFigures:
    n = sum(pairs.values())
    counted = lengths or {3: n}
    texts = TextLengths({"instruction": counted, "input": {}, "output": counted}, "words", table1([], []), 0)
    steps = growth([(1, number // 3, True, "write", f"noun {number}") for number in range(n)])
    return DiversityFigures(n, 0, pairs, tuple(0.1 for _ in range(n)), texts, steps)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_sunburst_says_its_share_and_the_paper_s(theme: Theme) -> None:
    table = verb_noun_table({VerbNoun("write", "poem"): 3, VerbNoun("sort", "list"): 1, VerbNoun("go", None): 4})
    figure = sunburst(table, theme, "built-in small parser")
    said = re.sub("<[^>]*>", " ", figure.layout.title.text)
    for part in ("4 of 8 have a verb-noun pair", "26,559 of 52,445", "cover 50%", "14%", "built-in small parser"):
        assert part in said
    ids = list(figure.data[0].ids)
    assert sector_id("write", "poem") in ids
    assert dict(zip(ids, figure.data[0].values, strict=True))["write/poem"] == 3
    assert figure.layout.paper_bgcolor == theme.ground


def test_every_label_is_text_and_no_markup() -> None:
    table = verb_noun_table({VerbNoun(HOSTILE, HOSTILE): 3})
    trace = sunburst(table, LIGHT, HOSTILE).data[0]
    for text in (*trace.labels[1:], *(re.sub("</?b>|<br>", "", hover) for hover in trace.customdata)):
        assert "<" not in text
        assert not re.search("&(?!amp;|lt;|gt;)", text)
    assert "<a" not in sunburst(table, LIGHT, HOSTILE).layout.title.text


def test_control_characters_are_shown_and_long_words_cut() -> None:
    assert shown("a\x00b\u202ec") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"
    assert len(shown("x" * 500)) < 20


def test_verbs_keep_their_colour_side_by_side() -> None:
    one = verb_noun_table({VerbNoun("write", "poem"): 3, VerbNoun("sort", "list"): 1})
    other = verb_noun_table({VerbNoun("sort", "list"): 5})
    order = ["write", "sort"]
    colours = [
        dict(zip(figure.data[0].ids, figure.data[0].marker.colors, strict=True))["sort"]
        for figure in (sunburst(one, LIGHT, "p", order), sunburst(other, LIGHT, "p", order))
    ]
    assert colours[0] == colours[1]


def test_neighbouring_hues_differ() -> None:
    colours = [hue(place, 20, LIGHT.verb) for place in range(20)]
    assert len(set(colours)) == 20
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours)


def test_two_histograms_stand_on_equal_axes() -> None:
    one, other = rouge_histogram([0.1] * 9 + [0.5]), rouge_histogram([0.1, 0.9])
    top = highest_share([one, other])
    figures = [rouge_bars(each, LIGHT, top=top) for each in (one, other)]
    assert figures[0].layout.yaxis.range == figures[1].layout.yaxis.range
    assert max(figures[0].data[0].y) == pytest.approx(90)
    assert "%" in figures[0].layout.yaxis.title.text


def test_lengths_side_by_side_share_their_bars() -> None:
    pairs = {VerbNoun("write", "poem"): 4}
    short, long = a_look(pairs, {3: 4}), a_look(pairs, {30: 2, 300: 2})
    first, second = length_histograms([short, long])
    assert [bar.low for bar in first["instruction"].bins] == [bar.low for bar in second["instruction"].bins]
    assert sum(bar.count for bar in first["instruction"].bins) == sum(bar.count for bar in second["instruction"].bins)
    assert first["instruction"].mean == 3
    figure = length_bars(first, LIGHT, "words", PAPER_MEANS)
    assert "mean words: instruction 3.0" in re.sub("<[^>]*>", "", figure.layout.title.text)


def test_steps_are_put_together_in_a_long_run() -> None:
    rows = [(1, number // 2, number % 2 == 0, "write", f"noun {number}") for number in range(1_000)]
    steps = growth(rows)
    assert len(steps) <= 60
    assert sum(step.candidates for step in steps) == steps[-1].number == 1_000
    assert sum(step.batches for step in steps) == 500
    assert sum(step.new_pairs for step in steps) == steps[-1].pairs == 500
    assert {step.acceptance for step in steps} == {0.5}


def test_what_came_without_batches_is_cut_into_slices() -> None:
    steps = growth([(None, None, True, "write", "poem")] * 600)
    assert len(steps) == 60
    assert [step.new_pairs for step in steps[:2]] == [1, 0]


def test_a_run_that_stops_finding_is_seen_in_words() -> None:
    rows = [(1, number // 10, True, "write", f"noun {number}" if number < 50 else "noun 1") for number in range(200)]
    said = growth_lines(growth(rows), LIGHT).layout.title.text
    assert "100 in the first quarter, 0 in the last" in said


def test_without_a_pair_no_line_says_nothing_was_found() -> None:
    figure = growth_lines(growth([(1, number // 10, True, None, None) for number in range(30)]), LIGHT)
    assert set(figure.data[0].y) == {None} and set(figure.data[1].y) == {100}
    assert "a task that is not parsed has none" in figure.layout.title.text


def test_the_report_is_one_page_without_any_address() -> None:
    page = html_report([ReportSide(HOSTILE, "all", a_look({VerbNoun(HOSTILE, "poem"): 5}), "word list")])
    own = re.sub(r"<script>/\*\*.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)=", page[: page.index("<script>")] + own)
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_a_report_without_a_parser_says_why() -> None:
    page = html_report([ReportSide("pool", "all", a_look({}), "", "Nobody reads <Klingon>.")])
    assert "Nobody reads &lt;Klingon&gt;." in page
    assert "Root verbs" not in page[page.index("</script>") :]


def test_figures_are_json() -> None:
    figure = sunburst(verb_noun_table({VerbNoun("a\ud800", "b"): 1}), LIGHT, "p")
    json.loads(figure.to_json())
