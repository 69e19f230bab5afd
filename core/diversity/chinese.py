"""Chinese tree (Chinese Treebank categories) to the verb closest to the root and its first direct noun object."""

from __future__ import annotations

from collections.abc import Sequence

from core.diversity.tree import Node

_VERBS = frozenset(("VV", "VC", "VE", "VA"))
_VERB_COMPOUNDS = frozenset(("VCD", "VRD", "VSB", "VPT", "VNV", "VCP"))
_NOUNS = frozenset(("NN", "NR", "NT"))
_CLAUSES = frozenset(("IP", "CP", "VP"))
_POLITE = frozenset(("请", "請", "帮", "幫", "让", "讓"))
_OBJECT_MARKERS = frozenset(("BA",))


def extract(tree: Node) -> tuple[str | None, str | None]:
    """Verb and noun as written (Chinese words do not inflect); None for what the sentence does not have."""
    phrase = _first_verb_phrase(tree)
    return _words(phrase, None) if phrase is not None else (None, None)


def _words(phrase: Node, moved: Node | None) -> tuple[str | None, str | None]:
    """`moved` is the object that 把 put before the verb."""
    for n, part in enumerate(phrase.children):
        later = phrase.children[n + 1 :]
        if part.label in _OBJECT_MARKERS:
            clause = next((other for other in later if other.label in _CLAUSES), None)
            inner = _first_verb_phrase(clause) if clause is not None else None
            nouns = [
                other for other in (*later, *(clause.children if clause is not None else ())) if other.label == "NP"
            ]
            if inner is not None:
                return _words(inner, nouns[0] if nouns else None)
        verb = _verb(part)
        if verb is not None:
            clause = next((other for other in later if other.label in _CLAUSES), None)
            inner = _first_verb_phrase(clause) if verb in _POLITE and clause is not None else None
            if inner is not None:
                return _words(inner, None)
            objects = [moved] if moved is not None else [other for other in later if other.label == "NP"]
            return verb, None if part.label == "VC" or not objects else _head(objects[-1].children or objects[-1:])
        if part.label == "VP":
            return _words(part, moved)
    return None, None


def _first_verb_phrase(tree: Node) -> Node | None:
    if tree.label == "VP" and tree.children:
        return tree
    for part in tree.children:
        if part.label in ("IP", "CP", "VP", "TOP", "FRAG", "CP-Q") and (found := _first_verb_phrase(part)) is not None:
            return found
    return None


def _verb(part: Node) -> str | None:
    if part.is_word and part.label in _VERBS:
        return part.word
    if part.label in _VERB_COMPOUNDS:
        return "".join(word.word for word in part.words())
    return None


def _head(parts: Sequence[Node]) -> str | None:
    """The last noun: Chinese noun phrases end in their head, and the first member stands for a coordination."""
    cut = next((n for n, part in enumerate(parts) if part.label in ("PU", "CC") and n > 0), len(parts))
    for part in reversed(parts[:cut]):
        if part.is_word and part.label in _NOUNS:
            return part.word
        if part.label in ("NP", "NN") and part.children:
            return _head(part.children)
    return None
