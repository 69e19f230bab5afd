"""Answers for sentences in which the parser did not see the verb: the word order says what the brackets do not."""

from __future__ import annotations

from collections.abc import Sequence

from core.diversity.english.lemma import base_readings, is_base_verb, lemma
from core.diversity.english.nounphrase import head_noun
from core.diversity.english.objects import object_phrases
from core.diversity.tree import Node

VerbAndNoun = tuple[str | None, str | None]
"""Verb and noun as they stand in the sentence."""

_BEFORE_A_COMMAND = frozenset(("please", "now", "then"))
_PUNCTUATION = frozenset(("``", "''", ":", ",", "LS"))
_QUESTION_WORDS = frozenset(("WRB", "WP", "WDT", "WP$"))


def opening_verb(tree: Node, has_clause: bool) -> VerbAndNoun | None:
    """Verb and noun of a sentence that opens with a base-form verb not tagged as one; None where the tree will do.

    `has_clause` says whether the tree has a finite or imperative main clause.
    """
    words = list(tree.words())
    at = 0
    while at < len(words) - 1 and (words[at].word.lower() in _BEFORE_A_COMMAND or words[at].label in _PUNCTUATION):
        at += 1
    opening, following = words[at], words[at + 1 : at + 2]
    if not is_base_verb(opening.word) or not _overrules_tag(opening, following, has_clause):
        return None
    if not has_clause and following and following[0].label == ":" and at + 2 < len(words):
        return None  # a label: "Question: ..."
    return _command(tree, opening)


def _overrules_tag(opening: Node, following: Sequence[Node], has_clause: bool) -> bool:
    if not has_clause:
        return True
    tag = opening.label
    if tag.startswith("VB"):
        return False
    if base_readings(opening.word.lower()) == {"VERB"} and tag not in ("RB", "IN", "UH"):
        return True
    if tag[0] not in "NJ" or not following:
        return False
    counted = following[0].label == "CD" and following[0].word.isalpha()  # "Name/NN one way", not "Figure 1 shows"
    return counted or following[0].label in ("DT", "PRP$", "PRP")


def _command(tree: Node, opening: Node) -> VerbAndNoun:
    path = tree.path_to(opening)
    parents = path[:-1]
    parent = parents[-1] if parents else tree
    rest = _after(parent, opening)
    if parent.label == "NP" and rest:  # the verb was taken into its object
        inner = parent
        for outer in reversed(parents[:-1]):
            if outer.label != "NP" or outer.children[0] is not inner:
                break
            rest, inner = [*rest, *outer.children[1:]], outer
        return opening.word, head_noun(Node("NP", tuple(rest)))
    if not rest and len(parents) > 1:  # the word is alone in its phrase
        rest = _after(parents[-2], parent)
    if len(rest) > 1 and rest[0].label == "NP" and rest[1].label == "VP":
        return opening.word, None  # "Imagine [you are ...]"
    phrases = object_phrases(lemma(opening.word, "VERB", is_base=True), rest)
    return opening.word, head_noun(phrases[0]) if phrases else None


def _after(parent: Node, child: Node) -> list[Node]:
    at = next((n for n, part in enumerate(parent.children) if part is child), len(parent.children))
    return list(parent.children[at + 1 :])


def passive_question(tree: Node, phrase: Node) -> str | None:
    """The participle of a question read as "be" + noun: "How is [glass made]?", "Of what is [paper made]?" """
    words = [word for _, word in zip(range(2), tree.words(), strict=False)]
    asks = words[0].word.lower() in ("how", "why", "when", "where")
    asks = asks or (words[0].label in ("IN", "TO") and len(words) > 1 and words[1].label in _QUESTION_WORDS)
    nouns = [part for part in phrase.children if part.label == "NP"]
    if not asks or len(nouns) != 1 or not nouns[0].children:
        return None
    last = nouns[0].children[-1]
    return last.first.word if last.label == "VP" and last.first.label == "VBN" else None


def inverted_question(tree: Node, phrase: Node, auxiliary: Node) -> VerbAndNoun | None:
    """Verb and noun of a question whose verb was taken into its subject: "How should [a runner drink] ...?"

    The noun is the direct object after the subject, or None.
    """
    subject = next((part for part in phrase.children if part.label == "NP"), None)
    if subject is None:
        return None
    inside = list(subject.words())
    if len(inside) > 1 and is_base_verb(inside[-1].word) and not _verb_comes_later(tree, phrase, subject):
        phrases = object_phrases(lemma(inside[-1].word, "VERB", is_base=True), _after(phrase, subject))
        return inside[-1].word, head_noun(phrases[0]) if phrases else None
    words = [word for word in tree.words() if word.word.isalpha()]
    if words and words[-1] is not auxiliary and is_base_verb(words[-1].word):
        return words[-1].word, None  # "What does the phrase X mean?"
    flat = [part for part in subject.children if part.is_word]
    if len(flat) > 1 and is_base_verb(flat[-1].word):
        return flat[-1].word, None  # "How does [democracy work] ..."
    return None


def _verb_comes_later(tree: Node, phrase: Node, subject: Node) -> bool:
    """Whether the verb may still stand at the end of the sentence, behind the subject and its complements."""
    last = [word for word in tree.words() if word.word.isalpha()][-1:]
    complement = _after(phrase, subject)
    inside = list(subject.words())
    return bool(last) and last[0].label.startswith("VB") and bool(complement) and inside[-1] is not last[0]
