"""Text to the first sentence, and any text at all to a pair."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.diversity.berkeley import BerkeleyParser
from core.diversity.lexicon import verb_noun_by_lexicon
from core.diversity.sentence import MAX_WORDS, SentenceReader, plain
from core.diversity.verbnoun import verb_noun
from tests.diversity.conftest import Pairs

TRAPS = sorted({"do", "is", "n't", "the", ",", "what", ":", "how", "given", "write", "you", "'s", "to", ".", "have"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Read it. Then write.", "Read it ."),
        ("1. Write a haiku.", "Write a haiku ."),
        ("Sort these:\n3, 1, 2", "Sort these :"),
        ("Summarize this\n\nThe town is old.", "Summarize this"),
        ("“Stop” — it’s late…", '" Stop " - it \'s late .'),
        ("Center the <div>", 'Center the " div "'),
        ("...?! Write a poem", "Write a poem"),
    ],
)
def test_the_first_sentence_in_plain_characters_is_read(reader: SentenceReader, text: str, words: str) -> None:
    sentence = reader.first_sentence(text)
    assert sentence is not None
    assert " ".join(sentence.words) == words


@pytest.mark.parametrize("text", ["", " \n\n ", "?!", "12 + 34", "\x00\x01", "🙂🙂"])
def test_a_text_without_words_has_no_sentence(reader: SentenceReader, text: str) -> None:
    assert reader.first_sentence(text) is None


def test_a_long_sentence_is_cut(reader: SentenceReader) -> None:
    sentence = reader.first_sentence("word " * 4_000)
    assert sentence is not None
    assert len(sentence.words) == MAX_WORDS


def test_control_and_invisible_characters_are_taken_out() -> None:
    assert plain("wri\u200bte\x07a \ud800poem") == "write a poem"


def test_long_and_odd_texts_cost_no_crash(pairs_of: Pairs) -> None:
    odd = [
        "x" * 9_000,
        "(" * 300 + " a",
        "a_" * 5_000,
        "\n" * 5_000 + "Write",
        "é" * 200 + " write",
        "写一首诗",
        "<a><b>" * 400,
    ]
    assert len(pairs_of(odd)) == len(odd)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(text=st.text(max_size=120))
def test_no_text_breaks_the_parser(berkeley: BerkeleyParser, reader: SentenceReader, text: str) -> None:
    sentence = reader.first_sentence(text)
    if sentence is not None:
        (tree,) = berkeley.trees([sentence])
        assert [word.word for word in tree.words()] == list(sentence.words)
        verb_noun(tree)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200) | st.lists(st.sampled_from(TRAPS)).map(" ".join))
def test_no_text_breaks_the_lexicon(text: str) -> None:
    pair = verb_noun_by_lexicon(text)
    assert pair.verb is None or pair.verb
