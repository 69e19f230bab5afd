"""Tree to main verb phrase: which clause is the main one, and where its lexical verb is."""

from __future__ import annotations

from collections.abc import Sequence

from core.diversity.english.lemma import base_readings, is_base_verb, lemma
from core.diversity.english.vocabulary import ASSIGNMENTS, AUXILIARY
from core.diversity.tree import Node

_NOT_CLAUSES = frozenset(
    (
        "SBAR",
        "PP",
        "NP",
        "ADVP",
        "ADJP",
        "PRN",
        "INTJ",
        "WHNP",
        "WHADVP",
        "WHPP",
        "WHADJP",
        "QP",
        "PRT",
        "CONJP",
        "LST",
        "X",
    )
)
_CLAUSES = frozenset(("VP", "S", "SQ"))


def main_verb_phrase(node: Node) -> Node | None:
    """The first verb phrase (or question with its auxiliary in front) of the first main clause, or None."""
    if node.is_word:
        return None
    if node.label == "VP" or (node.label == "SQ" and any(_is_finite(part) for part in node.children)):
        return node
    for n, part in enumerate(node.children):
        if part.is_verb and _opens_flat_phrase(part, node.children[n:]):
            return Node("VP", node.children[n:])
        if part.is_word or part.label in _NOT_CLAUSES or _is_opening(part, node.children[n + 1 :]):
            continue
        found = main_verb_phrase(part)
        if found is not None:
            return found
    return None


def lexical_verb_phrase(phrase: Node, subject: Node | None = None) -> Node:
    """The phrase of the lexical verb: past coordination (its first member), "to", modals and auxiliaries.

    `subject` is the noun phrase before the verb; after "your task is" a gerund is no progressive.
    """
    while (inner := _step_inward(phrase, subject)) is not None:
        phrase = inner
    return phrase


def predicate_tag(phrase: Node) -> str:
    """The tag of the first word that is no adverb."""
    return next((word.label for word in phrase.words() if not word.label.startswith("RB")), "")


def _is_finite(part: Node) -> bool:
    return part.is_verb or (part.is_word and part.label == "MD")


def _opens_flat_phrase(verb: Node, rest: Sequence[Node]) -> bool:
    """Whether a verb outside any VP heads the clause that the parser left flat."""
    if verb.label in ("VB", "VBP") and is_base_verb(verb.word):
        return True
    return not any(part.label in _CLAUSES for part in rest)


def _is_opening(part: Node, later: Sequence[Node]) -> bool:
    """A participle or infinitive that another clause follows: "Using X, do Y", "Given X, do Y"."""
    if part.label not in ("S", "VP") or any(child.label == "NP" for child in part.children if part.label == "S"):
        return False
    if not any(other.label in ("VP", "SQ", "S", "SBARQ") or other.is_verb for other in later):
        return False
    return part.first.label in ("VBG", "VBN", "TO", "IN") and not any(other.label == "CC" for other in later[:2])


def _step_inward(phrase: Node, subject: Node | None) -> Node | None:
    parts = phrase.children
    at = next((n for n, part in enumerate(parts) if part.is_verb or part.label in ("MD", "TO")), None)
    if at is None:
        return next((m for p in parts if p.label in _CLAUSES and (m := main_verb_phrase(p)) is not None), None)
    head, word = parts[at], parts[at].word.lower()
    if _is_noun_taken_for_verb(head):
        for part in parts[at + 1 :]:
            if part.label in ("VP", "S") and (found := main_verb_phrase(part)) is not None:
                return found
    before = [part for part in parts[:at] if part.label == "VP"]
    if before:
        return before[0]  # [[VP changed] and rewritten]
    after = [part for part in parts[at + 1 :] if part.label == "VP"]
    if AUXILIARY.get(word) == "be":
        after = [part for part in after if _continues_be(part, subject)]
    if after and (head.label in ("MD", "TO") or word in AUXILIARY or phrase.label == "SQ"):
        return after[0]
    if head.label == "MD" and phrase.label == "SQ":
        return _buried_verb_phrase(parts[at + 1 :])
    if word == "let" and len(parts) > at + 1 and parts[at + 1].first.word.lower() in ("'s", "us", "s"):
        return _phrase_after_lets(parts[at + 1 :])
    return None


def _is_noun_taken_for_verb(head: Node) -> bool:
    """ "Desk/VB jobs require ..." """
    small = head.word.lower()
    known = base_readings(small)
    return head.label in ("VB", "VBP") and small not in AUXILIARY and bool(known) and "VERB" not in known


def _continues_be(part: Node, subject: Node | None) -> bool:
    """Whether "be" is the auxiliary of this phrase: not so in "is it [safe to ...]" and "the goal is [writing ...]"."""
    tag = predicate_tag(part)
    if tag == "VBG" and subject is not None:
        nouns = [child.word for child in subject.words() if child.is_noun]
        if nouns and lemma(nouns[0], "NOUN") in ASSIGNMENTS:
            return False
    return tag in ("VBN", "VBG", "VBD", "VB", "TO")


def _buried_verb_phrase(parts: Sequence[Node]) -> Node | None:
    """The base-form verb phrase that belongs to "How can a company with few employees ... build trust"."""
    for part in parts:
        for node in part.nodes():
            if node.label == "VP" and node.children[0].is_word and node.children[0].label == "VB":
                return node
    return None


def _phrase_after_lets(parts: Sequence[Node]) -> Node | None:
    for part in parts:
        for inner in (part, *part.children):
            if inner.label == "VP":
                return inner
    return None
