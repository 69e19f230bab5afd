"""How much of an answer its source supports: shown beside the answer and filterable, never a reason to drop it.

A low number is a place to look, not a verdict: a good paraphrase shares few words with its source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Words of any script; Chinese, Japanese and Korean characters count one by one, as they are written without spaces.
TOKEN = re.compile(r"[぀-ヿ㐀-䶿一-鿿가-힯]|[^\W_぀-ヿ㐀-䶿一-鿿가-힯]+")
LINE = re.compile(r"[^\n]+")
SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)*_]*\s+|(?<=[。！？])")
LIST_MARK = re.compile(r"\s*(?:(?:\d{1,3}[.)]|[-*•])\s+)?")
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
NAME = re.compile(r"[^\W\d_][\w'’-]+")
SENTENCE_OPENING = re.compile(r"[\s\"'“‘(*#:]*\Z")
# A full stop after these is part of the word. A title stands before a name and is none itself.
_TITLES = "dr mr mrs ms mx prof rev hon gen col capt cmdr lt sgt sr sra st fr pres gov sen rep messrs"
_SHORTENED = """
    jr vs no nos fig figs vol vols pp ed eds ch sec eq approx ca cf dept univ inc ltd corp co est al mt ave rd blvd
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun e.g i.e viz
"""
_OPENERS = "a an the it its this that these those he she they we i you in on at if when but and so"
TITLES, OPENS_SENTENCE = frozenset(_TITLES.split()), frozenset(_OPENERS.split())
SHORTENED = TITLES | frozenset(_SHORTENED.split())
BEFORE_STOP = re.compile(r"([^\W\d_]+(?:\.[^\W\d_]+)*)\.[\"'”’)*_]*\Z")
THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
NUMBER_WORDS = {word: str(value) for value, word in enumerate(f"{_UNITS} seventeen eighteen nineteen".split())}
NUMBER_WORDS |= {
    word: str(10 * tens)
    for tens, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2)
}


@dataclass(frozen=True, slots=True)
class GroundedSentence:
    """One sentence of an answer: its place in it, and its support, the ROUGE-L precision against the source (0 to 1).

    Precision: the longest common subsequence of tokens over the sentence's tokens.
    """

    start: int
    end: int
    support: float


@dataclass(frozen=True, slots=True)
class Grounding:
    """What the source says of an answer.

    `support`: the mean of the sentences' support, weighted by their tokens; 1 for an answer without tokens. `numbers`
    and `names`: those in the answer that the source does not have, each once, in order.
    """

    support: float
    sentences: tuple[GroundedSentence, ...]
    numbers: tuple[str, ...]
    names: tuple[str, ...]


def ground(answer: str, source: str) -> Grounding:
    """Return how far the source supports the answer, sentence by sentence."""
    from rapidfuzz.distance import LCSseq

    source_tokens = tokens_of(source)
    measured = []
    shared = tokens_in_all = 0
    for start, end in sentences(answer):
        tokens = tokens_of(answer[start:end])
        if tokens:
            common = LCSseq.similarity(tokens, source_tokens)
            measured.append(GroundedSentence(start, end, common / len(tokens)))
            shared += common
            tokens_in_all += len(tokens)
    return Grounding(
        support=shared / tokens_in_all if tokens_in_all else 1.0,
        sentences=tuple(measured),
        numbers=_new_numbers(answer, source),
        names=_new_names(answer, source),
    )


def tokens_of(text: str) -> list[str]:
    """The words of a text as grounding compares them."""
    return TOKEN.findall(text.casefold())


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """The places of a text's sentences; a line break ends one, and the mark of a list item belongs to none."""
    for line in LINE.finditer(text):
        start = _after_list_mark(text, line.start())
        for gap in SENTENCE_END.finditer(text, start, line.end()):
            if _is_shortened(text[start : gap.start()], text[gap.end() : line.end()]):
                continue
            yield start, gap.start()
            start = gap.end()
        yield start, line.end()


def _is_shortened(before: str, after: str) -> bool:
    """Whether the full stop belongs to the word before it ("Dr. Gray", "J. Gray", "e.g. peas") and ends no sentence."""
    match = BEFORE_STOP.search(before)
    if match is None or not after:
        return False
    word = match[1]
    following = re.match(r"[\"'“‘(*_]*([^\W_]+)", after)
    follower = following[1] if following else ""
    if word.lower() in SHORTENED:
        # What is no title may end a sentence too ("... and Co. The firm"): then a sentence's opener follows.
        return word.lower() in TITLES or follower.lower() not in OPENS_SENTENCE or follower[:1].islower()
    is_initial = len(word) == 1 and word.isupper() and word != "I"
    return is_initial and follower[:1].isupper() and follower.lower() not in OPENS_SENTENCE


def _after_list_mark(text: str, start: int) -> int:
    mark = LIST_MARK.match(text, start)
    return mark.end() if mark else start


def _new_numbers(answer: str, source: str) -> tuple[str, ...]:
    known = {value for value, _ in _numbers(source)}
    found = [number for start, end in sentences(answer) for number in _numbers(answer[start:end])]
    return tuple(dict.fromkeys(written for value, written in found if value not in known))


def _numbers(text: str) -> Iterator[tuple[str, str]]:
    """The numbers in a text, each as its value ("1200") and as it is written ("1,200", "three")."""
    for match in re.finditer(rf"{NUMBER.pattern}|[a-z]+", text, re.IGNORECASE):
        written = match.group()
        if written[0].isdigit():
            yield (written.replace(",", "") if THOUSANDS.fullmatch(written) else written), written
        elif (value := NUMBER_WORDS.get(written.lower())) and value != "1":  # "one" is mostly no number
            yield value, written


def _new_names(answer: str, source: str) -> tuple[str, ...]:
    known = {_bare(word) for word in NAME.findall(source)}
    found = [word for start, end in sentences(answer) for word in _names(answer[start:end])]
    return tuple(dict.fromkeys(word for word in found if _bare(word) not in known))


def _names(sentence: str) -> Iterator[str]:
    """The capitalised words of a sentence, save the one that opens it."""
    for match in NAME.finditer(sentence):
        if _bare(match.group()) in TITLES and sentence[match.end() : match.end() + 1] in (".", " "):
            continue
        if match.group()[0].isupper() and not _opens(sentence, match.start()):
            yield match.group().removesuffix("'s").removesuffix("’s")


def _opens(sentence: str, at: int) -> bool:
    """Whether a word opens its sentence, and so has its capital from there; one behind an opening title has its own."""
    return SENTENCE_OPENING.fullmatch(sentence, 0, at) is not None


def _bare(word: str) -> str:
    return word.casefold().removesuffix("'s").removesuffix("’s")
