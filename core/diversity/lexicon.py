"""Verb and noun by word order and a lexicon alone: the last resort where no parser can run.

Right on about five in six instructions where the built-in parser is right on nearly all; a chart made with it says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.diversity.english.descriptions import names_a_tool
from core.diversity.english.lemma import base_readings, is_base_verb, is_plural_noun, lemma, readings
from core.diversity.english.vocabulary import AUXILIARY, CLAUSE_TAKERS, GIVERS, PARTICLE_VERBS, each
from core.diversity.sentence import MAX_WORDS, instruction_paragraphs
from core.diversity.verbnoun import NOTHING, VerbNoun

_TOKEN = re.compile(r"\w+?(?=n't\b)|n't\b|\w+(?:\+\+|#)?|'(?:s|re|ve|ll|d|m)\b|[^\w\s]")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"'(]?[A-Z0-9])|\n")
_ASKING = frozenset(("what", "how", "why", "which", "who", "whose", "when", "where"))
_MODALS = frozenset(("can", "could", "will", "would", "should", "must", "may", "might", "shall"))
_PRONOUNS = frozenset(("i", "you", "we", "they", "he", "she", "it", "me", "us", "them", "him", "there", "here"))
_DETERMINERS = each(
    """a an the this that these those my your our their his her its each every any some all no both one two three
    four five"""
)
_OPENINGS = each(
    """given based using in for if to without after before when with as considering by from on while because at"""
)
_FILLERS = frozenset(("please", ",", '"', "first", "now", "next", "then", "briefly", "kindly", "-", ":"))
_STOPS = each(
    """of in on at for to with from about into as between whether if so because when where why how what which who
    that using without during or than per below above by , : ; . ? ! ( )"""
)
_NEVER_NOUNS = each("not very more most less following next first up out down please")


def verb_noun_by_lexicon(text: str) -> VerbNoun:
    """The likely root verb and object of the text's first sentence, by English word order."""
    words = _without_opening(_first_sentence(text))
    if names_a_tool(words):
        return NOTHING
    small = [word.lower() for word in words]
    at = _verb_position(small)
    if at is None:
        return NOTHING
    verb = lemma(words[at], "VERB")
    if verb == "be":
        return VerbNoun("be", None)
    following = small[at + 1 : at + 3]
    if verb in CLAUSE_TAKERS and following and following[0] in _PRONOUNS and (verb not in GIVERS or "to" in following):
        return VerbNoun(verb, None)  # "I want you to ..."
    if following and (verb, following[0]) in PARTICLE_VERBS:
        at += 1
    noun = _object(words, small, at + 1, gives=verb in GIVERS)
    return VerbNoun(verb, lemma(noun, "NOUN") if noun else None)


def _first_sentence(text: str) -> list[str]:
    for paragraph in instruction_paragraphs(text):
        for sentence in _SENTENCE.split(paragraph):
            words: list[str] = _TOKEN.findall(sentence)[:MAX_WORDS]
            if any(word.isalpha() for word in words):
                return words
    return []


def _without_opening(words: Sequence[str]) -> Sequence[str]:
    """The words less "Given a text," and "please"."""
    while words and words[0].lower() in _OPENINGS and "," in words:
        words = words[words.index(",") + 1 :]
    while words and words[0].lower() in _FILLERS:
        words = words[1:]
    return words


def _verb_position(small: Sequence[str]) -> int | None:
    if not small:
        return None
    if small[0] == "do" and small[1:2] in (["not"], ["n't"]):
        return _next_verb(small, 2)
    if small[0] == "let" and small[1:2] in (["'s"], ["us"]):
        return _next_verb(small, 2)
    if ":" in small[1:3]:  # "Task: ..."
        return _after_label(small)
    if small[0] in _DETERMINERS and small[1:2] not in ([","], ["'s"]):
        return _verb_behind_subject(small)
    states = small[0] in _PRONOUNS or small[0] in _DETERMINERS
    if small[0] in _ASKING or small[0] in _MODALS or small[0] in AUXILIARY or states:
        return _verb_of_clause(small, asks=not states)
    return next((n for n, word in enumerate(small[:4]) if is_base_verb(word) and not _is_function_word(word)), None)


def _verb_behind_subject(small: Sequence[str]) -> int | None:
    """The verb of "The tool searches the web"; None for "A tool that searches the web", which names a thing."""
    for n in range(1, len(small)):
        word = small[n]
        if _in_relative_clause(small, n):
            continue
        if word in _MODALS or _is_auxiliary(small, n):
            return _verb_by_auxiliary(small, n, asks=False)
        if n > 1 and _agrees(small, n):
            return n
    return None


def _is_auxiliary(small: Sequence[str], at: int) -> bool:
    """Not so the possessive "'s" of "the user's calendar", nor AI, which is cut like "ai n't"."""
    word = small[at]
    return word in AUXILIARY and word not in ("'s", "s") and (word != "ai" or small[at + 1 : at + 2] == ["n't"])


def _in_relative_clause(small: Sequence[str], at: int) -> bool:
    return any(word in ("that", "which", "who", "whose", "where") for word in small[max(1, at - 2) : at])


def _agrees(small: Sequence[str], at: int) -> bool:
    """Whether the word can be the verb of the noun before it: "tool searches", "tools search", "tool searched the"."""
    word, noun = small[at], small[at - 1]
    if not _is_verb(word) or _is_function_word(noun) or "NOUN" not in readings(noun):
        return False
    if any(other in _STOPS for other in small[1:at]):
        return False
    if word.endswith("ed"):
        return small[at + 1 : at + 2] != [] and (small[at + 1] in _DETERMINERS or small[at + 1] in _PRONOUNS)
    if is_base_verb(word):
        return is_plural_noun(noun)
    return word.endswith("s") and "NOUN" in base_readings(noun)


def _after_label(small: Sequence[str]) -> int | None:
    cut = small.index(":") + 1
    at = _verb_position(small[cut:])
    return None if at is None else cut + at


def _verb_of_clause(small: Sequence[str], asks: bool) -> int | None:
    """The verb of a question or statement: behind the auxiliary and, in a question, the subject."""
    auxiliary = next((n for n, word in enumerate(small) if word in AUXILIARY or word in _MODALS), None)
    return _next_verb(small, 1) if auxiliary is None else _verb_by_auxiliary(small, auxiliary, asks)


def _verb_by_auxiliary(small: Sequence[str], auxiliary: int, asks: bool) -> int | None:
    kind = AUXILIARY.get(small[auxiliary], "modal")
    if kind in ("be", "have"):
        participles = [n for n in range(auxiliary + 1, len(small)) if _is_participle(small[n])][:1]
        near = [n for n in participles if n <= auxiliary + (3 if asks else 1)]
        return near[0] if near else auxiliary
    if small[0] in _ASKING or (asks and auxiliary == 0):
        verbs = [n for n in range(auxiliary + 2, len(small)) if _is_verb(small[n])]
        return next((n for n in verbs if _ends_verb(small[n + 1 : n + 2])), verbs[0] if verbs else None)
    return _next_verb(small, auxiliary + 1)


def _ends_verb(following: Sequence[str]) -> bool:
    """Whether a verb can stand before what follows: "did the author | choose | this"."""
    return not following or following[0] in _DETERMINERS or following[0] in _PRONOUNS or following[0] in _STOPS


def _next_verb(small: Sequence[str], start: int) -> int | None:
    return next((n for n in range(start, len(small)) if _is_verb(small[n])), None)


def _is_verb(word: str) -> bool:
    return "VERB" in readings(word) and not _is_function_word(word) and word not in AUXILIARY


def _is_participle(word: str) -> bool:
    return word.endswith(("ed", "en", "ing", "ade", "ne", "orn", "ought")) and _is_verb(word) and not is_base_verb(word)


def _is_function_word(word: str) -> bool:
    return any(word in words for words in (_MODALS, _PRONOUNS, _DETERMINERS, _STOPS, _NEVER_NOUNS))


def _object(words: Sequence[str], small: Sequence[str], start: int, gives: bool) -> str | None:
    """The last noun before the first word that ends a noun phrase."""
    if gives and small[start : start + 1] and small[start] in _PRONOUNS:
        start += 1
    noun: str | None = None
    for n in range(start, len(small)):
        word = small[n]
        known = readings(word)
        if word == "'s":
            noun = None
        elif word in _STOPS or (noun is not None and (word == "and" or word in _DETERMINERS)):
            break
        elif word != "and" and not _is_function_word(word) and word[0].isalpha() and (not known or "NOUN" in known):
            noun = words[n]
        elif noun is not None:
            break
    return noun
