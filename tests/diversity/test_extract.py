"""Reading pairs off trees, without a parser."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.diversity.tree import Node, read_tree
from core.diversity.verbnoun import LANGUAGES, VerbNoun, verb_noun


def sorted_words(words: str) -> list[str]:
    return sorted(words.split())


def pair(bracketed: str, language: str = "en") -> tuple[str | None, str | None]:
    found = verb_noun(read_tree(bracketed), language)
    return found.verb, found.noun


def test_the_verb_closest_to_the_root_and_its_object_are_lemmas() -> None:
    assert pair("(TOP (S (VP (VB Lists) (NP (DT the) (NNS cities)))))") == ("list", "city")


def test_an_indirect_object_is_passed_over() -> None:
    assert pair("(TOP (S (VP (VB Give) (NP (PRP me)) (NP (CD ten) (NNS tips)))))") == ("give", "tip")


def test_auxiliaries_are_passed_over() -> None:
    tree = "(TOP (SQ (MD Could) (NP (PRP you)) (VP (VB have) (VP (VBN written) (NP (DT a) (NN poem))))))"
    assert pair(tree) == ("write", "poem")


def test_the_first_member_stands_for_a_coordination() -> None:
    tree = "(TOP (S (VP (VB Compare) (CC and) (VB contrast) (NP (NP (NNS cats)) (CC and) (NP (NNS dogs))))))"
    assert pair(tree) == ("compare", "cat")


def test_being_has_no_object() -> None:
    assert pair("(TOP (S (NP (PRP You)) (VP (VBP are) (NP (DT a) (NN pirate)))))") == ("be", None)


def test_nouns_taken_for_a_verb_phrase_belong_to_the_object() -> None:
    tree = "(TOP (S (VP (VP (VB Give) (NP (DT some) (NN Food))) (CC and) (VP (NN Drink) (NNS Menus)))))"
    assert pair(tree) == ("give", "menu")


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ("(TOP (IP (VP (VV 写) (NP (QP (CD 一) (CLP (M 首))) (NP (NN 诗))))))", ("写", "诗")),
        ("(TOP (IP (VP (VV 请) (IP (VP (VV 翻译) (NP (DP (DT 这) (CLP (M 个))) (NP (NN 句子))))))))", ("翻译", "句子")),
        ("(TOP (IP (VP (BA 把) (IP (NP (NN 句子)) (VP (VV 翻译) (PP (P 成) (NP (NN 英文))))))))", ("翻译", "句子")),
        ("(TOP (IP (NP (NN 任务)) (VP (VC 是) (NP (NN 分类)))))", ("是", None)),
        ("(TOP (IP (NP (NN 天气)) (VP (ADVP (AD 很)) (VP (VA 好)))))", ("好", None)),
        ("(TOP (FRAG (NN 你好)))", (None, None)),
    ],
)
def test_a_chinese_tree_gives_its_verb_and_object(tree: str, expected: tuple[str | None, str | None]) -> None:
    assert pair(tree, "zh") == expected


@pytest.mark.parametrize(
    "tree",
    [
        "(TOP (S (VP (VB Search) (NP (NN engine))) (. .)))",
        "(TOP (NP (NP (DT A) (NN tool)) (SBAR (WHNP (WDT that)) (S (VP (VBZ converts) (NP (NNS currencies))))) (. .)))",
        "(TOP (S (NP (DT A) (NN code)) (VP (VBP review) (ADVP (RB bot))) (. .)))",
        "(TOP (S (NP (DT A) (NN bot)) (VP (VBD designed) (S (VP (TO to) (VP (VB book) (NP (NNS flights)))))) (. .)))",
        "(TOP (S (VP (VB Access) (PP (IN to) (NP (DT a) (NN calendar)))) (. .)))",
    ],
)
def test_the_description_of_a_tool_has_neither_verb_nor_noun(tree: str) -> None:
    assert pair(tree) == (None, None)


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ("(TOP (S (VP (VB Search) (NP (DT the) (NN engine))) (. .)))", ("search", "engine")),
        ("(TOP (S (VP (VB Design) (NP (NN calculator))) (. .)))", ("design", "calculator")),
        ("(TOP (S (NP (DT A) (NN tool)) (VP (VBZ converts) (NP (NNS currencies))) (. .)))", ("convert", "currency")),
        ("(TOP (S (NP (DT A) (NN team)) (VP (VBD designed) (NP (DT the) (NN tool))) (. .)))", ("design", "tool")),
        ("(TOP (S (VP (VB Access) (NP (DT the) (NN calendar))) (. .)))", ("access", "calendar")),
    ],
)
def test_a_command_or_statement_in_the_same_words_keeps_its_pair(tree: str, expected: tuple[str, str]) -> None:
    assert pair(tree) == expected


def test_only_a_verb_with_a_noun_counts_as_a_pair() -> None:
    assert VerbNoun("write", "poem").is_pair
    assert not VerbNoun("explain", None).is_pair


LABELS = st.sampled_from(
    sorted_words("S SQ SBARQ SBAR VP NP PP ADJP ADVP WHNP WHPP PRN FRAG UCP QP NX : , CC IP CP BA VCD")
)
TAGS = st.sampled_from(
    sorted_words(
        """VB VBZ VBD VBG VBN VBP MD TO NN NNS NNP NNPS JJ RB DT CD PRP WP WRB IN CC `` '' . , : POS
        VV VC"""
    )
)
WORDS = st.one_of(
    st.sampled_from(sorted_words("please write the poem is let 's named goal how what have do and \" to of me")),
    st.text(string.printable.strip() + "é诗ß", min_size=1, max_size=8),
)
LEAVES = st.builds(lambda tag, word: Node(tag, word=word), TAGS, WORDS)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda label, children: Node(label, tuple(children)), LABELS, st.lists(inner, min_size=1, max_size=4)
    ),
    max_leaves=25,
)


@settings(max_examples=400, deadline=None)
@given(TREES, st.sampled_from(sorted(LANGUAGES)))
def test_no_tree_however_odd_breaks_the_reading(tree: Node, language: str) -> None:
    found = verb_noun(Node("TOP", (tree,)), language)
    assert found.verb is None or found.verb
    assert found.noun is None or found.noun


@settings(max_examples=100, deadline=None)
@given(TREES)
def test_a_written_tree_is_read_back(tree: Node) -> None:
    marks = frozenset("()|=- \t\n\r\x0b\x0c")
    if all(not marks & set(word.word) and word.word.split() == [word.word] for word in tree.words()):
        assert str(read_tree(str(tree))) == str(tree)


@pytest.mark.parametrize(
    "line", ["", "word", "(NP", "(NP word", "(NP (NN a)) (NP (NN b))", "(NP (NN a) b)", "(NP two words)"]
)
def test_a_line_that_is_no_tree_is_refused(line: str) -> None:
    with pytest.raises(ValueError):
        read_tree(line)
