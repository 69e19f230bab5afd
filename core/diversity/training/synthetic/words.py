"""The classes of words that the grammar draws from."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from core.diversity.english.lemma import readings

_LISTS = Path(__file__).parent / "words.txt"
_FREQUENT = 22_000
_KINDS = {"noun": "NOUN", "verb": "VERB", "adjective": "ADJ", "adverb": "ADV", "name": ""}
# Frequent words come up more often: how fast the chance falls with the rank.
_FALL = {"noun": 700, "verb": 200, "adjective": 300, "adverb": 300, "name": 1_500}
_FROM_LIST = {"noun": 0.5, "verb": 0.72, "adjective": 0.2, "adverb": 0.1, "name": 0.3}


class Words:
    """Draws words of a class, in a form."""

    def __init__(self, frequent: Sequence[str], draw: random.Random) -> None:
        """`frequent` holds English words, the most frequent first; those of one part of speech enrich the lists."""
        self._draw = draw
        self._lists, enriched = _read_lists()
        never = set(self._lists.pop("never"))
        self._more = {name: _of_one_kind(frequent, _KINDS[name], never) for name in enriched}

    def word(self, name: str, form: str = "") -> str:
        """A word of the class, inflected for the Penn tag `form`. Raises KeyError for a class that does not exist."""
        if name == "number":
            whole = self._draw.randint(1, 999)
            return str(whole) if self._draw.random() < 0.8 else f"{whole % 10}.{self._draw.randint(1, 9)}"
        if name == "identifier":
            return self._identifier()
        word = self._drawn(name)
        return _inflected(word, form) if form else word

    def _drawn(self, name: str) -> str:
        more = self._more.get(name)
        if not more or self._draw.random() < _FROM_LIST[name]:
            return self._draw.choice(self._lists[name])
        rank = int(self._draw.expovariate(1 / min(_FALL[name], max(1, len(more) / 3))))
        word = more[min(rank, len(more) - 1)]
        return word.capitalize() if name == "name" else word

    def _identifier(self) -> str:
        one, two = self._draw.sample(self._lists["codenoun"], 2)
        forms = (
            f"{one}_{two}",
            one + two.capitalize(),
            f"{one}.{two}",
            one[0],
            f"{one[0]}{self._draw.randint(1, 9)}",
            one,
        )
        return self._draw.choice(forms)


def frequent_words(path: Path | None) -> list[str]:
    """Words by falling frequency: from a file, one a line, or from the wordfreq package.

    Raises ImportError when there is neither.
    """
    if path is not None:
        return path.read_text(encoding="utf-8").split()
    import wordfreq

    words: list[str] = wordfreq.top_n_list("en", _FREQUENT)
    return words


def _read_lists() -> tuple[dict[str, list[str]], list[str]]:
    """Class -> its words, and the classes that frequent words enrich."""
    lists: dict[str, list[str]] = {}
    enriched: list[str] = []
    current = ""
    for line in _LISTS.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        if not line.startswith(" "):
            name, _, line = line.partition(":")
            current = name.rstrip("+")
            enriched += [current] if name.endswith("+") else []
        lists.setdefault(current, []).extend(line.split())
    return lists, enriched


def _of_one_kind(frequent: Sequence[str], kind: str, never: set[str]) -> list[str]:
    """The words that are base forms of this part of speech and no other; for no part, those that the lexicon lacks."""
    found = []
    for word in frequent:
        if not (word.isalpha() and word.isascii() and len(word) > 2) or word in never:
            continue
        own = {part for part, lemmas in readings(word).items() if word in lemmas}
        if own == {kind} or (not kind and not readings(word) and len(word) > 3):
            found.append(word)
    return found


def _inflected(word: str, tag: str) -> str:
    from lemminflect import getInflection

    forms = getInflection(word, tag)
    return str(forms[0]) if forms else word
