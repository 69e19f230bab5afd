"""Verb phrase to the noun phrases that its verb governs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from core.diversity.english.lemma import is_plural_noun, readings
from core.diversity.english.nounphrase import head_noun
from core.diversity.english.vocabulary import CLAUSE_TAKERS, GIVERS, PARTICLE_VERBS, THAT_TAKERS, TIMES
from core.diversity.tree import Node

_BARRIERS = frozenset(("PP", "SBAR", "VP", "SBARQ", "CC", ":", "ADJP", "IN", "TO"))


def direct_object(base: str, governed: Sequence[Node], inverted: bool) -> str | None:
    """The head noun of the verb's first direct object.

    `base` is the verb's base form, `governed` what follows it; in an `inverted` question the noun phrase next to the
    verb may be the subject, so the last one counts.
    """
    phrases = object_phrases(base, governed)
    if not phrases:
        return None
    for phrase, following in pairwise(governed):
        verb = following.first
        if phrase is phrases[0] and following.label == "VP" and verb.label == "VBZ" and is_plural_noun(verb.word):
            return verb.word  # "[all the country] [names/VBZ in ...]"
        if phrase is phrases[0] and following.label == "VP" and following.children and following.children[0].is_noun:
            return verb.word  # "[a random alphanumeric] [string/NN of ten letters]"
    return _thing_given(base, phrases[-1:] if inverted else phrases)


def object_phrases(base: str, governed: Sequence[Node]) -> list[Node]:
    """The noun phrases that a verb governs directly, in order."""
    phrases: list[Node] = []
    for n, part in enumerate(governed):
        part = _bare_clause(part)
        following = governed[n + 1] if n + 1 < len(governed) else None
        if part.label == "NP":
            if not _says_when(part):
                phrases.append(part)
        elif part.label == "ADJP" and not phrases and part.last.is_noun and len(part.children) == 1:
            phrases.append(Node("NP", part.children))  # "feel pain" with an adjective's bracket
        elif part.is_verb and phrases:
            break
        elif part.label == "PP" and not phrases and n == 0 and (base, part.first.word.lower()) in PARTICLE_VERBS:
            phrases += [inner for inner in part.children if inner.label == "NP"][:1]
            break
        elif part.label == "PP" and not phrases and following is not None and following.label == "NP":
            continue  # "describe [in detail] the steps"
        elif part.label == "S":
            if not phrases and (subject := _object_in_clause(base, part)) is not None:
                phrases.append(subject)
            break
        elif part.label in _BARRIERS or (part.label == "," and phrases):
            break
        elif part.is_noun and not phrases:
            phrases.append(Node("NP", tuple(word for word in governed if word.is_word)))
    return phrases


def governed_parts(tree: Node, top: Node, phrase: Node, verb: Node) -> Sequence[Node]:
    """What follows the verb in its phrase; for "compare and contrast X" what follows the last of the verbs.

    `top` is the main verb phrase, `phrase` the one of the lexical verb.
    """
    parts = phrase.children
    rest = parts[next(n for n, part in enumerate(parts) if part is verb) + 1 :]
    if rest and rest[0].label in ("CC", ","):
        verbs = [n for n, part in enumerate(rest) if part.is_verb]
        phrases = [part for part in rest[1:] if part.label == "VP"]
        if verbs:
            last = max(n for n, part in enumerate(rest) if part.is_verb or part.label in ("CC", ","))
            rest = rest[last + 1 :]
        elif len(rest) > 2 and rest[1].is_word and any(part.label == "NP" for part in rest[2:]):
            rest = rest[2:]
        elif phrases:  # [VP compare and [VP contrast X]]
            return [part for part in phrases[-1].children if not part.is_verb]
    path = tree.path_to(phrase) if phrase is not top else []
    if len(path) < 2 or path[-2].label != "VP" or not any(part.label == "CC" for part in path[-2].children):
        return rest
    siblings = path[-2].children
    if rest:
        return _with_stranded_nouns(rest, siblings[next(n for n, part in enumerate(siblings) if part is phrase) + 1 :])
    others = [part for part in siblings if part.label == "VP" and part is not phrase]
    return [part for part in others[-1].children if not part.is_verb] if others else rest


def _with_stranded_nouns(governed: Sequence[Node], following: Sequence[Node]) -> Sequence[Node]:
    """The governed parts, the last joined with nouns taken for a verb phrase: "[some Food] and [Drink Menus]"."""
    if len(following) < 2 or following[0].label != "CC" or following[1].label != "VP" or governed[-1].label != "NP":
        return governed
    stranded = following[1].children
    if not all(part.is_noun for part in stranded):
        return governed
    return [*governed[:-1], Node("NP", (*governed[-1].children, following[0], *stranded))]


def fronted_object(tree: Node, phrase: Node) -> str | None:
    """The noun that a question asks for: "Which steps should I take" -> steps."""
    for question in tree.nodes():
        if question.label != "SBARQ" or not question.path_to(phrase):
            continue
        asked = next((part for part in question.children if part.label == "WHNP"), None)
        inverted = next((part for part in question.children if part.label == "SQ"), None)
        if asked is not None and inverted is not None and any(part.label == "NP" for part in inverted.children):
            return head_noun(Node("NP", asked.children))
        return None
    return None


def _bare_clause(part: Node) -> Node:
    """The clause inside an SBAR that has no conjunction of its own."""
    while part.label == "SBAR" and len(part.children) == 1 and not part.children[0].is_word:
        part = part.children[0]
    return part


def _says_when(part: Node) -> bool:
    return part.last.word.lower() in TIMES and sum(1 for _ in part.words()) <= 2


def _object_in_clause(base: str, clause: Node) -> Node | None:
    """The object that the parser made a subject: "make [the text shorter]", "make [a list to help X]"."""
    predicates = [part for part in clause.children if part.label == "VP"]
    non_finite = any(part.first.label in ("TO", "VBN", "VBG") for part in predicates)
    takes_clause = CLAUSE_TAKERS if non_finite else CLAUSE_TAKERS | THAT_TAKERS
    if predicates and base in takes_clause:
        return None
    subject = next((part for part in clause.children if part.label == "NP"), None)
    if subject is None and not predicates and any(part.is_noun for part in clause.children):
        return Node("NP", clause.children)
    return subject


def _thing_given(base: str, phrases: Sequence[Node]) -> str | None:
    """The object proper, where an indirect one may come first: "give me a list", "tell the reader a joke"."""
    first = phrases[0]
    gives = base in GIVERS
    if len(phrases) > 1:
        pronoun = all(word.label == "PRP" for word in first.words())
        person = not any(node.label in ("WHNP", "VBZ", "VBP") for node in first.nodes())
        noun_follows = gives and person and not _is_participle(phrases[1].first)
        if pronoun or noun_follows or not head_noun(first):
            return head_noun(phrases[1]) or head_noun(first)
    parts = first.children
    two = gives and len(parts) == 2 and all(part.label == "NP" for part in parts)
    if two and parts[1].first.label != "``" and not _is_participle(parts[1].first):
        return head_noun(parts[1]) or head_noun(parts[0])
    return head_noun(first)


def _is_participle(word: Node) -> bool:
    """Whether a word describes the noun before it, whatever its tag: "a table comparing/JJ apples"."""
    small = word.word.lower()
    return word.label in ("VBG", "VBN") or (small.endswith("ing") and set(readings(small)) == {"VERB"})
