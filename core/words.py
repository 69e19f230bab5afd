"""How many words a text has, also where no space stands between them: limits of words then mean words.

Between white space where words are written apart. In runs of Chinese, Japanese, Thai, Lao, Khmer, Burmese or Tibetan a
word breaker (ICU's, by dictionary) says where words end; no two breakers agree on all of them.
"""

from __future__ import annotations

import re

# Han, kana, bopomofo, Thai, Lao, Burmese, Khmer, Tibetan: scripts that put no space between words.
UNSPACED = (
    r"\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30ff"
    r"\u3105-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
)
_RUN = re.compile(rf"[{UNSPACED}]+")


def count_words(text: str) -> int:
    """The number of words: between white space, and by a word breaker in scripts that are written without it."""
    if text.isascii() or not _RUN.search(text):
        return len(text.split())
    return spaced_words(text) + sum(map(_broken, _RUN.findall(text)))


def has_unspaced(text: str) -> bool:
    """Whether some of the text is in a script that puts no space between words."""
    return not text.isascii() and _RUN.search(text) is not None


def spaced_words(text: str) -> int:
    """The words outside the scripts without spaces; punctuation between characters is no word."""
    return sum(any(map(str.isalnum, word)) for word in _RUN.sub(" ", text).split())


def _broken(run: str) -> int:
    from icu4py.breakers import WordBreaker

    # Breaking is by dictionary; the locale decides nothing here but must be named.
    return sum(any(map(str.isalnum, word)) for word in WordBreaker(run, "en"))


ENDS = 700  # characters at the beginning, and at the end, of a sentence that are told in any case


def with_capital(text: str) -> str:
    """The same text with its first letter large, as a label or a sentence begins; the rest stays ("top p": "Top p")."""
    return text[:1].upper() + text[1:]


def brief(sentence: str) -> str:
    """A sentence as long as people read: it quotes what was given, which may be of any length."""
    return sentence if len(sentence) <= 2 * ENDS else f"{sentence[:ENDS]} [...] {sentence[-ENDS:]}"


def name_of(text: str, longest: int) -> str:
    """A name as it is stored, blanks as one; "" where it is none: empty, too long, or nothing of it can be seen."""
    name = " ".join(text.split())
    return name if len(name) <= longest and any(map(str.isprintable, name.replace(" ", ""))) else ""


_ONE = {"are": "is", "were": "was", "have": "has", "do": "does"}


def number_of(n: int, noun: str, verb: str = "") -> str:
    """A count and its noun as people say it: "1 task", "1,200 batches". `verb`: what many do: "1 item waits"."""
    said = f"{n:,} {noun if n == 1 else plural(noun)}"
    if not verb:
        return said
    return f"{said} {_ONE.get(verb, plural(verb)) if n == 1 else verb}"


LEAST_USD = 0.0001  # that is told as a number: less would read as nothing


def money(usd: float | None) -> str:
    """Dollars; an unknown price says so and never reads as nothing."""
    if usd is None:
        return "price unknown"
    if 0 < usd < LEAST_USD:
        return f"less than ${LEAST_USD}"
    return f"${usd:,.2f}" if usd >= 1 or usd == 0 else f"${usd:.4f}"


def spent(requests: int, tokens: int, usd: float | None, known: float = 0.0) -> str:
    """What was asked for and paid. `known`: what is known of it where `usd` as a whole is not."""
    dollars = f"{money(known)} and what was asked for at an unknown price" if usd is None and known else money(usd)
    return f"{number_of(requests, 'request')}, {number_of(tokens, 'token')}, {dollars}"


def cost_of_each(usd: float | None, n: int, noun: str) -> str:
    """What each of `n` cost, as a clause: "$0.0022 for each of 171 approved instances"; "" where nothing was paid, a
    price is unknown, or there is none of them."""
    if not usd or not n:
        return ""
    return f"{money(usd / n)} for {'the one' if n == 1 else f'each of {n:,}'} {noun if n == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """A regular noun's plural, by its last word: tasks, batches, entries."""
    if noun.endswith("person"):
        return noun.removesuffix("person") + "people"
    if noun.endswith(("ch", "sh", "s", "x")):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}s"
