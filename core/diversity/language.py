"""Which language a pool's instructions are in: by script, and for Latin letters by everyday words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_SCRIPTS = {
    "LATIN": "latin",
    "CJK": "zh",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CYRILLIC": "ru",
    "ARABIC": "ar",
    "HEBREW": "he",
    "GREEK": "el",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "TAMIL": "ta",
    "THAI": "th",
    "LAO": "lo",
    "KHMER": "km",
    "MYANMAR": "my",
}
"""First word of a letter's Unicode name -> the language most written with it."""

_EVERYDAY_WORDS = {
    "en": "the a an of to in is and for that with this on what how write give from your are by it",
    "de": "der die das und ein eine einen nicht ist mit für den von zu schreibe wie was auf im dem sie",
    "fr": "le la les des un une et est pour que dans écris donne avec du qui sur vous ce au quel",
    "es": "el los las una que y en por para con del escribe es un cómo cuál qué al se tu dame",
    "it": "il gli una che per con di del della scrivi è nel come quale un sono questo dei da le",
    "pt": "o os uma que para com do da não em escreva é um como qual dos as no na se",
    "nl": "de het een van en is voor met dat niet schrijf op hoe wat zijn je te bij aan geef",
    "sv": "och en ett att det som är för med på skriv inte av hur vad den till av om ge",
    "pl": "i w na z do nie jest się napisz że to jak dla co podaj oraz który przez po o",
    "tr": "ve bir bu için ile ne nasıl yaz da de mi olan en daha gibi çok her kadar ver",
    "id": "dan yang untuk dengan dari di ini itu apa tulis adalah bagaimana berikan pada ke sebuah",
    "vi": "và của là một cho các viết có không được trong những hãy về này với như bạn",
}
_VOTES = {
    word: [language for language, words in _EVERYDAY_WORDS.items() if word in words.split()]
    for words in _EVERYDAY_WORDS.values()
    for word in words.split()
}
_WORD = re.compile(r"[^\W\d_]+")
_READ_LETTERS = 400

NAMES = {
    "en": "English", "zh": "Chinese", "ja": "Japanese", "ko": "Korean", "ru": "Cyrillic script", "ar": "Arabic script",
    "he": "Hebrew", "el": "Greek", "hi": "Devanagari script", "bn": "Bengali", "ta": "Tamil", "th": "Thai", "lo": "Lao",
    "km": "Khmer", "my": "Burmese", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian",
    "pt": "Portuguese", "nl": "Dutch", "sv": "Swedish", "pl": "Polish", "tr": "Turkish", "id": "Indonesian",
    "vi": "Vietnamese",
}  # fmt: skip
"""Language code -> its name in a sentence."""


@dataclass(frozen=True, slots=True)
class Language:
    """The language of most texts of a sample: its code ("und" when no text has letters), and how many of how many."""

    code: str
    texts: int
    of: int

    @property
    def name(self) -> str:
        return NAMES.get(self.code, "an unknown language")


def language_of(texts: Iterable[str]) -> Language:
    """The language of most of the texts. Texts in Latin letters share one vote on which language theirs is."""
    scripts: Counter[str] = Counter()
    votes: Counter[str] = Counter()
    read = 0
    for text in texts:
        read += 1
        start = text[:_READ_LETTERS]
        script = _script(start)
        scripts[script] += 1
        if script == "latin":
            for word in set(_WORD.findall(start.lower())):
                for language in _VOTES.get(word, ()):
                    votes[language] += 1
    if not scripts:
        return Language("und", 0, read)
    script, count = scripts.most_common(1)[0]
    return Language(_latin_language(votes) if script == "latin" else script, count, read)


def _latin_language(votes: Counter[str]) -> str:
    """English unless another language has clearly more of its words: short commands may hold none of anyone's."""
    if not votes:
        return "en"
    language, count = votes.most_common(1)[0]
    return language if count > 1.3 * votes["en"] else "en"


def _script(text: str) -> str:
    counts = Counter(script for letter in text if letter.isalpha() and (script := _script_of(letter)))
    if counts["ja"] and counts["ja"] * 10 >= counts["zh"]:  # Japanese mixes kana with the characters of Chinese
        counts["ja"] += counts.pop("zh", 0)
    # One character of Chinese says about as much as three Latin letters.
    counts["latin"] //= 3
    script, count = counts.most_common(1)[0]
    return script if count or any(letter.isalpha() for letter in text) else "und"


@lru_cache(maxsize=20_000)
def _script_of(letter: str) -> str:
    return _SCRIPTS.get(unicodedata.name(letter, "?").split()[0], "")
