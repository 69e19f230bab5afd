"""Every selection rule at its boundary, and all of them against one plain reading."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.corpus.rules import RULE_IDS
from core.corpus.select import TextVerdict, glance, verdict
from core.corpus.select_settings import PRESETS, SelectSettings, preset, settings_from_json, settings_to_json
from core.corpus.verbs import Verbs
from core.records import Refused
from tests.corpus.plain_reading import plain_failures

BASE = ["wash", "peel", "slice", "heat", "stir", "pour", "serve", "cool", "grate", "drain", "cover"]
ING = ["washing", "peeling", "slicing", "heating", "stirring", "pouring", "serving", "cooling", "grating", "draining"]
VERBS = Verbs(frozenset(BASE), frozenset([*ING, "covering"]))
MENDED, PAPER = PRESETS["mended"], PRESETS["paper_exact"]


def text(starts: list[str] = BASE[:5], opening: str = "soup for six people", length: int = 1500) -> str:
    """A text that passes: an opening line, then a paragraph for each start, filled up to the length."""
    body = opening + "".join(f"\n{start} the carrots" for start in starts)
    return body + (" slowly" * length)[: max(0, length - len(body))]


def failed(text: str, settings: SelectSettings = MENDED) -> tuple[str, ...]:
    return verdict(text, settings, VERBS).failed


def test_the_plain_example_is_kept_by_both_presets() -> None:
    assert verdict(text(), MENDED, VERBS) == TextVerdict(kept=True, failed=())
    assert verdict(text(), PAPER, VERBS) == TextVerdict(kept=True, failed=())


@pytest.mark.parametrize(("length", "rules"), [(1199, ("length",)), (1200, ()), (3000, ()), (3001, ("length",))])
def test_a_text_has_1200_to_3000_characters(length: int, rules: tuple[str, ...]) -> None:
    assert len(text(length=length)) == length
    assert failed(text(length=length)) == rules


@pytest.mark.parametrize("mark", ["...", "…", "™", "#", "&", "*", "®", "@"])
def test_a_forbidden_string_drops_a_text(mark: str) -> None:
    assert failed(text(opening=f"soup{mark}for six")) == ("forbidden-strings",)


def test_two_full_stops_are_not_three() -> None:
    assert failed(text(opening="soup.. for six. .")) == ()


@pytest.mark.parametrize(
    ("opening", "dropped"),
    [
        ("soup we like and my aunt likes", False),
        ("soup we like and my aunt and our uncle like", True),
        ("soup WE like and My aunt and ouR uncle like", True),
        ("we like what we like and us too", False),  # the first word stands after no space
        ("soup we're, i've said and we've said", False),  # a comma follows the first
        ("soup we're sure i've said and we've said so", True),
        ("soup for us, for him, for us. And us.", False),  # no space follows
        ("soup i i i like", False),  # the spaces between are shared: two are counted
        ("soup i i i i i like", True),
        ("soup\the\tlikes\tshe\tlikes\tus\ttoo", False),  # tabs are neither space nor line break
        ("soup hewe he she likes", False),
    ],
)
def test_at_most_two_personal_pronouns(opening: str, dropped: bool) -> None:
    assert ("pronouns" in failed(text(opening=opening))) is dropped


def test_a_pronoun_after_a_line_break_counts() -> None:
    starts = ["wash", "we", "my", "peel", "slice"]
    assert "pronouns" not in failed(text(starts))
    assert "pronouns" in failed(text([*starts, "she"]))


def test_at_most_one_question_mark() -> None:
    assert failed(text(opening="soup for six?")) == ()
    assert failed(text(opening="soup for six??")) == ("question-marks",)


@pytest.mark.parametrize(
    ("opening", "paper", "mended"),
    [
        ("soup for NASA and OK", True, True),
        ("soup for NASA and OK and I too", False, False),
        ("soup of 2020 and 2021 and 2022", False, True),
        ("soup - for - six -", False, True),
        ("soup for 6 - A", False, True),
        ("soup U.S. (OK) A/C", False, False),
        ("soup NASAs OKs IDs", True, True),
        ("soup 中文 中文 中文", False, True),
    ],
)
def test_at_most_two_words_in_capitals(opening: str, paper: bool, mended: bool) -> None:
    assert ("capitals" not in failed(text(opening=opening), PAPER)) is paper
    assert ("capitals" not in failed(text(opening=opening), MENDED)) is mended


def test_words_that_start_a_paragraph_repeat_at_most_once() -> None:
    assert failed(text([*BASE[:5], "wash"])) == ()
    assert failed(text([*BASE[:5], "wash", "peel"])) == ("varied-starts",)
    assert failed(text([*BASE[:5], "wash", "wash"])) == ("varied-starts",)


def test_the_first_paragraph_has_no_start_and_other_spellings_have_none_either() -> None:
    # "wash" at the top stands after no line break; a digit, comma, tab or accent is no letter or space.
    assert failed(text(BASE[:3], opening="wash it")) == ("verb-starts",)
    for start in ("2wash", "stir,", "stir\t", "stír", "-stir"):
        assert failed(text([*BASE[:3], start])) == ("verb-starts",)
    assert failed(text([*BASE[:3], "STIR"])) == ()


@pytest.mark.parametrize("words", [BASE, ING])
@pytest.mark.parametrize(("count", "kept"), [(3, False), (4, True), (10, True), (11, False)])
def test_four_to_ten_paragraphs_start_with_a_verb(words: list[str], count: int, kept: bool) -> None:
    words = [*words, "covering"] if words is ING else words
    assert ("verb-starts" not in failed(text(words[:count]))) is kept


@pytest.mark.parametrize("words", [BASE, ING])
def test_line_breaks_are_fewer_than_verbs_plus_two(words: list[str]) -> None:
    assert failed(text([*words[:4], "carrots"])) == ()
    assert failed(text([*words[:4], "carrots", "onions"])) == ("verb-starts",)
    assert failed(text(words[:4], opening="soup\n\nfor six"), PAPER) == ("verb-starts",)


@pytest.mark.parametrize("words", [BASE, ING])
@pytest.mark.parametrize("between", ["\n\n", "\n \t\n", "\n\n\n"])
def test_paragraphs_with_a_blank_line_between_them_read_as_those_without(words: list[str], between: str) -> None:
    airy = text(words[:5]).replace("\n", between)
    assert failed(airy) == () == failed(text(words[:5]), PAPER)
    assert failed(airy, PAPER) == ("verb-starts",), "as released"


def test_base_and_ing_verbs_are_not_added_up() -> None:
    assert failed(text(["wash", "peel", "slicing", "stirring"])) == ("verb-starts",)


def test_a_word_that_is_both_kinds_counts_for_both() -> None:
    verbs = Verbs(frozenset([*BASE[:3], "string"]), frozenset([*ING[:3], "string"]))
    assert verdict(text([*BASE[:3], "string"]), MENDED, verbs).kept
    assert verdict(text([*ING[:3], "string"]), MENDED, verbs).kept


def test_failed_rules_come_in_the_papers_order() -> None:
    assert failed("Is it? Is it? We & I, my my my NASA NASA NASA") == RULE_IDS[:2] + RULE_IDS[2:5] + ("verb-starts",)


def test_thresholds_are_settings() -> None:
    loose = SelectSettings(shortest=10, longest=5000, forbidden=(), most_questions=5, fewest_verbs=1)
    assert failed("What? Why? Me & you.\nwash it", loose) == ()
    strict = SelectSettings(pronouns=("they",), most_pronouns=0)
    assert failed(text(opening="soup they like"), strict) == ("pronouns",)


def test_presets_and_settings_survive_json() -> None:
    for settings_ in PRESETS.values():
        assert settings_from_json(settings_to_json(settings_)) == settings_
    with pytest.raises(Refused, match="no selection preset"):
        preset("paper")
    with pytest.raises(Refused, match="colour"):
        settings_from_json({"colour": 3})


pieces = st.sampled_from(
    [" we ", " i ", "\ni ", " I've ", "\nhe ", " us ", "?", "NASA", " A ", " - ", "2020 ", "...", "..", "…", "&", "@"]
    + ["É", "ß", "\n", "\n\n", " ", "\t", "\r\n", "\x85", "İ", "ǅ", "K", "ᾳ", ".", ", ", "“x” "]
    + [f"\n{word} " for word in [*BASE, *ING, "carrots"]]
    + [f"\n{word.title()} the " for word in BASE]
    + [" soup of the day" * 20, "x" * 300, " slowly" * 40]
)  # fmt: skip
texts = st.lists(pieces, max_size=40).map("".join) | st.text(max_size=200) | st.just(text())
changed = st.builds(lambda left, piece, at: left[:at] + piece + left[at:], st.just(text()), texts, st.integers(0, 1500))


@settings(max_examples=400, deadline=None)
@given(texts | changed, st.sampled_from([MENDED, PAPER]))
def test_rules_agree_with_a_plain_reading(content: str, chosen: SelectSettings) -> None:
    plain = plain_failures(content, set(VERBS.base), set(VERBS.ing), chosen.capitals_as_released)
    decided = verdict(content, chosen, VERBS)
    assert list(decided.failed) == plain
    assert decided.kept is (not plain)
    seen = glance(content, chosen, VERBS)
    assert seen.first == (plain[0] if plain else None)
    assert seen.alone is (len(plain) == 1)
