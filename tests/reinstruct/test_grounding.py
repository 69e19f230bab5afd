"""How much of an answer its source supports."""

from __future__ import annotations

import pytest

from core.reinstruct.grounding import ground

SOURCE = "Soak the peas overnight. Cook them for ninety minutes with 1,200 ml of water, says Anna Brandt of Kiel."


def test_an_answer_out_of_the_source_is_wholly_supported() -> None:
    grounding = ground(SOURCE, SOURCE)
    assert grounding.support == 1.0
    assert [sentence.support for sentence in grounding.sentences] == [1.0, 1.0]
    assert grounding.numbers == grounding.names == ()


def test_a_sentences_support_is_its_share_of_tokens_in_the_sources_order() -> None:
    grounding = ground("Soak the beans overnight. Overnight peas the soak.", SOURCE)
    first, second = grounding.sentences
    assert first.support == pytest.approx(3 / 4)
    assert second.support == pytest.approx(1 / 4)  # backwards, one word at a time
    assert grounding.support == pytest.approx(4 / 8)


def test_sentences_know_their_place_and_list_marks_belong_to_none() -> None:
    answer = "Steps:\n1. Soak the peas. Cook them!\n- Add 1.5 l of water\n**Note.** 水很热。很好。"
    sentences = [answer[sentence.start : sentence.end] for sentence in ground(answer, SOURCE).sentences]
    assert sentences == [
        "Steps:",
        "Soak the peas.",
        "Cook them!",
        "Add 1.5 l of water",
        "**Note.",
        "水很热。",
        "很好。",
    ]


def test_numbers_that_the_source_does_not_have_are_named_once() -> None:
    assert ground("Use 1200 ml and 90 minutes, not 80 or 1.5; 80 at most.", SOURCE).numbers == ("80", "1.5")
    assert ground("Cook for seven hours, or one.", SOURCE).numbers == ("seven",)
    assert ground("1. Soak.\n2. Cook.\n3) Eat.", SOURCE).numbers == ()


def test_names_that_the_source_does_not_have_are_named() -> None:
    assert ground("According to Anna Brandt's Kiel book and Harvard, soak. Then Peter agrees.", SOURCE).names == (
        "Harvard",
        "Peter",
    )
    assert ground("Then it boils. However, wait.\n- Serve it.\n**Enjoy.** Eat.", SOURCE).names == ()


@pytest.mark.parametrize(
    ("answer", "sentences"),
    [
        ("Ask Dr. Gray about it. Then soak.", ["Ask Dr. Gray about it.", "Then soak."]),
        ("Mr. and Mrs. Brandt agree.", ["Mr. and Mrs. Brandt agree."]),
        ("Dr. J. R. Gray wrote it.", ["Dr. J. R. Gray wrote it."]),
        ("See Fig. 3 and no. 7, e.g. peas.", ["See Fig. 3 and no. 7, e.g. peas."]),
        ("They founded Brandt & Co. The firm grew.", ["They founded Brandt & Co.", "The firm grew."]),
        ("Take vitamin C. It helps.", ["Take vitamin C.", "It helps."]),
        ("So said “the Prof.” She left.", ["So said “the Prof.” She left."]),
        ("It rained. Nobody came.", ["It rained.", "Nobody came."]),
    ],
)
def test_a_shortened_word_ends_no_sentence(answer: str, sentences: list[str]) -> None:
    assert [answer[one.start : one.end] for one in ground(answer, SOURCE).sentences] == sentences


def test_a_title_is_no_name_and_the_name_behind_it_is() -> None:
    assert ground("Dr. Gray says: soak. As Dr Gray and Prof. Kern say.", SOURCE).names == ("Gray", "Kern")
    assert ground("Then Mrs. Gray and St. Ives.", "Gray of Ives").names == ()


def test_chinese_is_compared_character_by_character() -> None:
    assert ground("水很冷。", "今天水很热").support == pytest.approx(2 / 3)


def test_an_answer_without_words_claims_nothing() -> None:
    grounding = ground("...", SOURCE)
    assert grounding.support == 1.0 and grounding.sentences == ()
