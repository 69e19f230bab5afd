"""What the tokenisers see."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rouge_score import tokenize as reference

from core.novelty.tokens import Tokeniser, Vocabulary, VocabularyFull, tokenise, unseen_share
from tests.novelty.corpora import ANY_SCRIPT


@settings(deadline=None)
@given(ANY_SCRIPT)
@example("İstanbul IŞIK \u212a\u00e9 ﬁne ² Ⅷ ſ")
@example("a\x85b\u2028c\x1cd_e'f-9")
@example("\ud800x\x00y")
def test_paper_tokens_are_those_of_the_reference(text):
    assert tokenise(text, Tokeniser.PAPER) == reference.tokenize(text, None)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_on_ascii_both_tokenisers_agree(text):
    assert tokenise(text, Tokeniser.UNICODE) == tokenise(text, Tokeniser.PAPER)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("写一首诗", ["写", "一", "首", "诗"]),
        ("GPT4写诗。", ["gpt4", "写", "诗"]),
        ("コーヒーをください", ["コ", "ー", "ヒ", "ー", "を", "く", "だ", "さ", "い"]),
        ("ﾃｽﾄ", ["テ", "ス", "ト"]),
        ("ที่นี่", ["ที่", "นี่"]),
        ("ភាសា", ["ភា", "សា"]),
        ("မြန်မာ", ["မြ", "န်", "မာ"]),
        ("ຂ້ອຍ", ["ຂ້", "ອ", "ຍ"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("cafe\u0301 caf\u00e9", ["café", "café"]),
        ("Привет, мир!", ["привет", "мир"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("می\u200cخواهم", ["میخواهم"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("\U00020000\U0002a6d6", ["\U00020000", "\U0002a6d6"]),
        ("don't stop_now", ["don", "t", "stop", "now"]),
        ("naïve—test…", ["naïve", "test"]),
    ],
)
def test_unicode_tokens_are_words_and_characters_where_words_have_no_spaces(text, tokens):
    assert tokenise(text, Tokeniser.UNICODE) == tokens


@settings(deadline=None)
@given(ANY_SCRIPT)
def test_unicode_tokens_do_not_change_when_cut_again(text):
    tokens = tokenise(text, Tokeniser.UNICODE)
    assert tokenise(" ".join(tokens), Tokeniser.UNICODE) == tokens


@settings(deadline=None)
@given(ANY_SCRIPT)
def test_case_never_changes_unicode_tokens_of_cased_scripts(text):
    assert tokenise(text.casefold(), Tokeniser.UNICODE) == tokenise(text, Tokeniser.UNICODE)


def test_a_pool_is_told_which_share_of_its_letters_paper_can_not_see():
    assert unseen_share(["Write a poem", "List 5 cats"]) == 0
    assert unseen_share(["写一首诗"]) == 1
    assert unseen_share(["ab写一"]) == 0.5
    assert unseen_share(["cafés"]) == 0.2
    assert unseen_share(["écrire", "ABCD"]) == 0.1
    assert unseen_share(["123 !?"]) == 0
    assert unseen_share([]) == 0


def test_unicode_sees_every_letter():
    assert unseen_share(["写一首诗", "Écrire", "สวัสดี", "Straße İ", "ﬁne ﾃｽﾄ"], Tokeniser.UNICODE) == 0


@settings(deadline=None)
@given(st.lists(st.lists(st.text(max_size=4), max_size=6), max_size=8))
def test_a_vocabulary_keeps_different_tokens_apart(texts):
    vocabulary = Vocabulary()
    coded = [vocabulary.add(tokens) for tokens in texts]
    codes = dict(zip([t for ts in texts for t in ts], "".join(coded), strict=True))
    assert len(set(codes.values())) == len(codes) == len(vocabulary)
    assert [vocabulary.look_up(tokens) for tokens in texts] == coded
    assert vocabulary.look_up(["never", "seen before"]) == "\0\0"


def test_a_vocabulary_holds_all_of_unicode_without_surrogates_and_then_says_what_to_do():
    vocabulary = Vocabulary()
    coded = vocabulary.add([str(number) for number in range(Vocabulary.CAPACITY)])
    assert coded[-1] == chr(0x10FFFF)
    coded.encode("utf-8")
    with pytest.raises(VocabularyFull, match="import its texts at once"):
        vocabulary.add(["one more"])
