"""Base forms of English words, from lemminflect's lexicon and rules."""

from __future__ import annotations

import re
import sys
from functools import cache, lru_cache
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from typing import Any, Literal

from core.diversity.english.vocabulary import AUXILIARY, MODERN_VERBS, NOUN_LEMMAS

PartOfSpeech = Literal["VERB", "NOUN"]
_ACRONYM = re.compile(r"[A-Z0-9]{2,}s?")


@lru_cache(maxsize=50_000)
def lemma(word: str, part_of_speech: PartOfSpeech, is_base: bool = False) -> str:
    """The base form in lower case: "Written" -> "write", "APIs" -> "api". Empty when the word is only quote marks.

    `is_base` says that the word stands in its base form, which tells "lay the table" from "he lay in bed".
    """
    bare = word.strip("\"'`")
    small = bare.lower()
    if not small:
        return ""
    if part_of_speech == "VERB":
        if small in AUXILIARY:
            return AUXILIARY[small]
        if is_base and "VERB" in base_readings(small):
            return small
    else:
        if small in NOUN_LEMMAS:
            return NOUN_LEMMAS[small]
        if _ACRONYM.fullmatch(bare):
            return bare.rstrip("s").lower()
        if small.endswith("ies") and not readings(small):
            return small[:-1]  # new words in -ie (selfies, smoothies); those in -y are old and in the lexicon
        if small.endswith("ing") and "NOUN" not in readings(small):
            return small  # a gerund used as a noun: "computing"
    found = _lexicon().getLemma(small, upos=part_of_speech)
    return str(found[0]).lower() if found else small


@lru_cache(maxsize=50_000)
def readings(word: str) -> dict[str, tuple[str, ...]]:
    """Part of speech -> base forms, for a lower-case word; empty when the lexicon does not know it."""
    return dict(_lexicon().getAllLemmas(word))


@cache
def _lexicon() -> Any:
    """lemminflect's lemmatizer, without that package's own first lines: they load spaCy, and with it torch, which takes
    two seconds where nobody needs either.
    """
    name = f"{__package__}.lemminflect"
    spec = find_spec("lemminflect")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("No module named 'lemminflect'", name="lemminflect")
    ours = spec_from_file_location(name, spec.origin, submodule_search_locations=[*spec.submodule_search_locations])
    assert ours is not None
    sys.modules[name] = module_from_spec(ours)
    return import_module(f"{name}.core.Lemmatizer").Lemmatizer()


@lru_cache(maxsize=50_000)
def base_readings(word: str) -> frozenset[str]:
    """The parts of speech for which the lower-case word is its own base form."""
    own = frozenset(part for part, lemmas in readings(word).items() if word in lemmas)
    return own | {"VERB"} if word in MODERN_VERBS else own


def is_base_verb(word: str) -> bool:
    """Whether the word can be the base form of a verb other than be, have and do."""
    small = word.lower()
    return small not in AUXILIARY and "VERB" in base_readings(small)


def is_plural_noun(word: str) -> bool:
    """Whether the word can be the plural of a known noun."""
    single = lemma(word, "NOUN")
    return single != word.lower() and "NOUN" in base_readings(single)
