"""Sentences that name a thing and command nothing: "A Python shell.", "Search engine.", "Access to a calendar." """

from __future__ import annotations

from collections.abc import Sequence

from core.diversity.english.lemma import base_readings, is_plural_noun, lemma, readings
from core.diversity.english.vocabulary import each
from core.diversity.tree import Node

DETERMINERS = each("a an the this that these those my your our their his her its some any every each another no")
"""Words that open a noun phrase, and so no command."""

_TOOLS = each(
    """adviser advisor agent analyser analyzer api app assistant bot browser calculator chatbot checker client coach
    compiler console converter debugger desk detector editor engine finder formatter generator interface interpreter
    maker manager organiser organizer parser planner platform player plugin recogniser recognizer recorder reviewer
    runner scanner scheduler search shell simulator software solver specialist suite summariser summarizer terminal tool
    tracker trainer translator tutor validator viewer widget wizard"""
)
_NO_FIRST_PARTS = each(
    """make build design program use run start open try buy show name compare need want work draft sketch call contact
    update upgrade"""
)
"""Verbs that are nouns too, but before the name of a tool a command that lost its article: "Design calculator"."""
_BEHIND_A_NAME = each("for of with in on from by at about to as using that which who whose and or . , ; : ! ( -")
_NOUN_WITH = frozenset((("access", "to"), ("guide", "to"), ("answer", "to")))
"""Nouns that only look like verbs, because the verb takes its object without the preposition."""
_MADE = each(
    """base build call create design develop intend know make name optimise optimize program specialise specialize
    train tune use write"""
)
"""Verbs whose past without an object is a participle: "an assistant [designed to book flights]"."""


def names_a_tool(words: Sequence[str]) -> bool:
    """Whether a sentence without an article is the name of a tool or its holder: "Spell checker for reports." """
    small = [word.lower() for word in words]
    if tuple(small[:2]) in _NOUN_WITH:
        return True
    end = next((n for n, word in enumerate(small) if word in _BEHIND_A_NAME), len(small))
    name = small[:end]
    if len(name) < 2 or name[-1] not in _TOOLS or name[0] in _NO_FIRST_PARTS:
        return False
    return all(_can_be_part(word) for word in name[:-1])


def is_noun_phrase(tree: Node, top: Node | None) -> bool:
    """Whether a sentence opens as a noun phrase and has no verb of its own, whatever its relative clauses hold.

    `top` is what the tree takes for the main verb phrase, None where there is none.
    """
    first = tree.first
    if first.word.lower() not in DETERMINERS and first.label not in ("DT", "PRP$", "NNS"):
        return False
    if top is None:
        return True
    head = next((word for word in top.words() if not word.label.startswith("RB")), top.first)
    if not (head.is_verb or head.label in ("MD", "TO")):
        return True  # "A command line [tool/NN for ...]"
    if head.label in ("VBN", "VBG"):
        return True  # "An AI model [trained on recipes]"
    path = tree.path_to(top)
    if first.word.lower() not in ("a", "an") or len(path) < 2 or path[-2].children[0].first is not first:
        return False
    base = lemma(head.word, "VERB", head.label in ("VB", "VBP"))
    if head.label == "VBD":
        return base in _MADE and not any(part.label == "NP" for part in top.children)
    return head.label == "VBP" and base not in ("be", "have", "do") and _is_one(path[-2].children[0])


def _can_be_part(word: str) -> bool:
    known = base_readings(word)
    return word.isalpha() and word not in DETERMINERS and (not readings(word) or bool(known & {"NOUN", "ADJ", "PROPN"}))


def _is_one(subject: Node) -> bool:
    """Whether "a code" is one thing, which no verb without -s can follow."""
    return (
        subject.label == "NP"
        and not is_plural_noun(subject.last.word)
        and not any(word.label == "CC" for word in subject.words())
    )
