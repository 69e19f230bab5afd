"""English tree to the verb closest to the root and its first direct noun object (Self-Instruct section 4.2)."""

from __future__ import annotations

from core.diversity.english.clause import lexical_verb_phrase, main_verb_phrase
from core.diversity.english.descriptions import is_noun_phrase, names_a_tool
from core.diversity.english.lemma import is_base_verb, lemma
from core.diversity.english.objects import direct_object, fronted_object, governed_parts
from core.diversity.english.repair import VerbAndNoun, inverted_question, opening_verb, passive_question
from core.diversity.tree import Node

_NOT_VERBS = frozenset(("RB", "UH", ",", ".", "``", "''", ":", "TO", "HYPH", "-LRB-", "-RRB-", "LS", "SYM"))


def extract(tree: Node) -> tuple[str | None, str | None]:
    """The lemmas of the root verb and of its direct object's head noun; None for what the sentence does not have."""
    verb, noun, is_base = _words(tree)
    return (
        (lemma(verb, "VERB", is_base) or None) if verb else None,
        (lemma(noun, "NOUN") or None) if noun else None,
    )


def _words(tree: Node) -> tuple[str | None, str | None, bool]:
    """Verb, noun, and whether the verb stands in its base form."""
    top = main_verb_phrase(tree)
    if names_a_tool([word.word for word in tree.words()]) or is_noun_phrase(tree, top):
        return None, None, False
    repaired = opening_verb(tree, has_clause=top is not None and _is_clause(top))
    if repaired is not None:
        return *repaired, True
    if top is None:
        top = next((node for node in tree.nodes() if node.label == "VP" and not node.is_word), None)
    if top is None:  # "Answer: 2 + 2"
        return (tree.first.word, None, True) if is_base_verb(tree.first.word) else (None, None, False)
    phrase = lexical_verb_phrase(top, _subject(tree, top))
    verb = _verb(phrase)
    if verb is None:
        return None, None, False
    return *_with_object(tree, top, phrase, verb), verb.label in ("VB", "VBP")


def _is_clause(top: Node) -> bool:
    """Whether the phrase can be a main clause: it has a verb and is no participle ("Name 5 cities [found in ...]")."""
    if top.label == "VP" and top.first.label in ("VBN", "VBG"):
        return False
    return any(part.is_verb or part.label in ("MD", "TO", "VP", "S", "SQ") for part in top.children)


def _subject(tree: Node, top: Node) -> Node | None:
    path = tree.path_to(top)
    if len(path) < 2:
        return None
    before: Node | None = None
    for part in path[-2].children:
        if part is top:
            return before
        if part.label == "NP":
            before = part
    return None


def _verb(phrase: Node) -> Node | None:
    words = [part for part in phrase.children if part.is_word]
    if phrase.label == "SQ":  # a question left flat: "does the variable x hold"
        words = [word for word in words[1:] if word.label == "VB"] + words
    candidates = (
        [word for word in words if word.is_verb],
        [word for word in words if word.label == "MD"],
        [word for word in words if word.label not in _NOT_VERBS],
    )
    return next((found[0] for found in candidates if found), None)


def _with_object(tree: Node, top: Node, phrase: Node, verb: Node) -> VerbAndNoun:
    base = lemma(verb.word, "VERB", verb.label in ("VB", "VBP"))
    if base == "be":
        return passive_question(tree, phrase) or verb.word, None
    if phrase.label == "SQ" and (base == "do" or verb.label == "MD"):
        question = inverted_question(tree, phrase, verb)
        if question is not None:
            return question[0], question[1] or fronted_object(tree, phrase)
    noun = direct_object(base, governed_parts(tree, top, phrase, verb), inverted=phrase.label == "SQ")
    return verb.word, noun or fronted_object(tree, phrase)
