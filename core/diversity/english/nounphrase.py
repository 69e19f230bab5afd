"""Noun phrase to head noun."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.diversity.english.lemma import base_readings, is_plural_noun
from core.diversity.english.vocabulary import NAMING_WORDS, NEVER_NOUNS
from core.diversity.tree import Node

_MODIFIERS = frozenset(("JJ", "JJR", "JJS", "VBN", "VBG", "ADJP", "CD", "QP", "PRP$"))
_COMPLEMENTS = frozenset(("PP", "SBAR", "VP", "S", "PRN", "SBARQ", "RRC", "ADVP", ":"))
_NESTED = frozenset(("NP", "NX", "NAC", "NML"))
_QUOTES = frozenset(("``", "''"))
_IDENTIFIER = re.compile(r"[A-Z]|[a-z]+\d*[A-Z]\w*|\w+_\w*|\w+\(\)?")


def head_noun(phrase: Node) -> str | None:
    """The word that heads a noun phrase ("a list of five recipes" -> "list"), or None where it has none ("it", "both").

    The first member stands for a coordination ("cats and dogs" -> "cats"), the thing named for its name ("the function
    getUserName" -> "function"), the word described for its quoted or verbal modifier ("the 'b' tag" -> "tag").
    """
    if phrase.is_word:
        return phrase.word if phrase.is_noun else None
    parts = _without_quoted_modifier(first_conjunct(phrase.children))
    return (
        _gerund_compound(parts)
        or _rightmost_noun(parts)
        or _adjective_as_noun(parts)
        or _noun_tagged_as_verb(parts)
        or _noun_after_of(phrase)
    )


def first_conjunct(parts: Sequence[Node]) -> Sequence[Node]:
    """The parts of the first member of a coordination; all parts where there is none or it lies inside a modifier."""
    cut = next((n for n, part in enumerate(parts) if n > 0 and part.label in ("CC", "CONJP")), None)
    if cut is None or parts[cut - 1].label in _MODIFIERS:
        return parts
    before, after = parts[:cut], parts[cut + 1 :]
    if _is_shared_modifier(before[-1], after):
        return parts
    if _is_title(before[-1], words := [word for part in after for word in part.words()]):
        return [*before, *words]
    first: list[Node] = []
    for part in before:
        if part.label in (",", ":"):
            break
        first.append(part)
    if any(part.label in ("NP", "NX") or part.is_noun for part in first):
        return first
    return [part for part in before if part.label not in (",", ":")]


def _is_shared_modifier(left: Node, after: Sequence[Node]) -> bool:
    """Whether both sides of an "and" describe a later noun: "a fun/NN and engaging story"."""
    if left.label != "NN" or not after or after[0].label not in ("JJ", "VBG", "VBN"):
        return False
    return any(part.is_noun for part in after) and "ADJ" in base_readings(left.word.lower())


def _is_title(left: Node, after: Sequence[Node]) -> bool:
    """Whether capitals make one name of what "and" joins: "Food and Drink Menus", "the Divide and Conquer method"."""
    if not left.is_noun or left.label.endswith("S") or len(after) < 2 or not all(word.is_noun for word in after):
        return False
    return left.word[0].isupper() and after[0].word[0].isupper()


def _without_quoted_modifier(parts: Sequence[Node]) -> Sequence[Node]:
    """The parts less a quoted stretch that a noun follows: the "while" loop."""
    opening = next((n for n, part in enumerate(parts) if part.label in _QUOTES), None)
    if opening is not None:
        closing = next((n for n in range(opening + 1, len(parts)) if parts[n].label in _QUOTES), None)
        if closing is not None and any(part.is_noun for part in parts[closing + 1 : closing + 2]):
            return [*parts[:opening], *parts[closing + 1 :]]
    kept = []
    for n, part in enumerate(parts):
        quoted = part.label in _NESTED and part.first.label in _QUOTES and part.last.label in _QUOTES
        if not (quoted and any(later.is_noun for later in parts[n + 1 :])):
            kept.append(part)
    return kept


def _gerund_compound(parts: Sequence[Node]) -> str | None:
    """The gerund of a compound parsed as noun + clause: "quantum computing", but not "students reading books"."""
    if len(parts) != 2 or parts[0].label != "NP" or parts[1].label != "VP" or parts[1].first.label != "VBG":
        return None
    modifier, clause = parts
    if len(modifier.children) != 1 or modifier.children[0].label not in ("NN", "JJ"):
        return None
    if any(part.label in ("NP", "S", "SBAR", "ADJP") for part in clause.children):
        return None
    gerund = clause.first.word
    describes = "ADJ" in base_readings(modifier.first.word.lower())
    return gerund if describes or "NOUN" in base_readings(gerund.lower()) else None


def _rightmost_noun(parts: Sequence[Node]) -> str | None:
    head: str | None = None
    has_phrase = any(part.label in ("NP", "NX") for part in parts)
    for n, part in enumerate(parts):
        previous = parts[n - 1] if n else None
        if part.label in _COMPLEMENTS:
            if head is not None or has_phrase:
                break
        elif head is not None and (part.label in _QUOTES or part.word in NAMING_WORDS):
            break
        elif head is not None and part.is_noun and _IDENTIFIER.fullmatch(part.word):
            continue
        elif part.label == "NNP" and head is not None and previous is not None and previous.label == "NNS":
            continue  # "25 degrees Celsius"
        elif part.is_noun or (head is not None and _continues_compound(part, previous, n == len(parts) - 1)):
            head = part.word
        elif part.label == "POS":
            head = None
        elif part.label in _NESTED:
            if any(child.label == "POS" for child in part.children):
                head = None
                continue
            inner = head_noun(part)
            if inner and (head is None or part.label in ("NX", "NML")):
                head = inner
            if part.label == "NP" and inner:
                break
    return head


def _continues_compound(part: Node, previous: Node | None, is_last: bool) -> bool:
    """Whether a word with a verb's tag ends a compound: "country names/VBZ", "a birthday greeting/VBG"."""
    if part.label == "VBZ":
        return is_plural_noun(part.word)
    after_noun = previous is not None and previous.label == "NN"
    return part.label == "VBG" and is_last and after_noun and "NOUN" in base_readings(part.word.lower())


def _adjective_as_noun(parts: Sequence[Node]) -> str | None:
    """ "the alternative which ..." """
    if not parts or parts[0].first.word.lower() != "the":
        return None
    for part in parts:
        small = part.word.lower()
        if part.label == "JJ" and small not in NEVER_NOUNS and "NOUN" in base_readings(small):
            return part.word
    return None


def _noun_tagged_as_verb(parts: Sequence[Node]) -> str | None:
    """A phrase of one word with a verb's tag: "build trust"."""
    if len(parts) == 1 and parts[0].is_verb and "NOUN" in base_readings(parts[0].word.lower()):
        return parts[0].word
    return None


def _noun_after_of(phrase: Node) -> str | None:
    """ "one of the words" """
    for part in phrase.children:
        if part.label == "PP" and part.first.word.lower() == "of":
            for inner in part.children:
                if inner.label == "NP":
                    return head_noun(inner)
    return None
