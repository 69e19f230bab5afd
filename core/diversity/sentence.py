"""Text to the words of its first sentence, as the parsers want them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

MAX_WORDS = 120
"""Longer sentences are cut here: the chart grows with the square of the length, and the object comes early."""

_MAX_PARAGRAPH = 2_000
_MAX_WORD = 60
_FULL_STOPS = frozenset(".!?。！？｡؟।")
_PLAIN = str.maketrans(
    dict.fromkeys("“”„«»", '"') | dict.fromkeys("‘’‹›", "'") | dict.fromkeys("–—−‐‑", "-") | {"\u00a0": " ", "…": "."}
)
# What follows a blank line or a colon at the end of a line is the instruction's input.
_END_OF_INSTRUCTION = re.compile(r"\n[ \t]*\n|(?<=:)[ \t]*\n")
_BULLET = re.compile(r"^\s*(?:[-*+•>#]+|\(?\d{1,3}[.):])\s+(?=\S)")
_HYPHENATED = re.compile(r"\b(re)-(?=[a-z])|\b(role)[- ](?=play(?:ing)? as\b)", re.IGNORECASE)
_TAG = re.compile(r"<(/?[A-Za-z][A-Za-z0-9]{0,15})\s*/?>")
# Keywords that are prepositions and conjunctions elsewhere: "a Ruby for loop", "the nested for loops".
_KEYWORD = re.compile(
    r"\b(?:((?:the|these|those|all|any|nested|simple|two|three|use|using) )"
    r"(?:for|while|if|if-else|do-while)[ -](?=(?:loop|statement)s\b)"
    r"|(?:for|while|if|if-else|do-while|switch|try)[ -](?=(?:loop|statement)\b))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """The words of one sentence, and whether white space follows each of them."""

    words: tuple[str, ...]
    space_after: tuple[bool, ...]


class SentenceReader:
    """Finds the first sentence of a text and cuts it into words, with spaCy's rules (no model, no download)."""

    def __init__(self, language: str = "en") -> None:
        """Loads spaCy; for Chinese also jieba, which cuts text into words. ImportError when either is missing."""
        import spacy

        if language == "zh":
            self._tokenize: Any = spacy.blank("zh", config={"nlp": {"tokenizer": {"segmenter": "jieba"}}}).make_doc
        else:
            self._tokenize = spacy.blank(language).make_doc

    def first_sentence(self, text: str) -> Sentence | None:
        """The first sentence that has a word of letters, cut after `MAX_WORDS` words; None for a text without one."""
        for paragraph in instruction_paragraphs(text):
            for sentence in _sentences(self._tokenize(paragraph[:_MAX_PARAGRAPH])):
                tokens = [token for token in sentence if not token.is_space][:MAX_WORDS]
                if any(token.is_alpha and (len(token) > 1 or len(tokens) > 3) for token in tokens):
                    return Sentence(
                        tuple(token.text[:_MAX_WORD] for token in tokens),
                        tuple(bool(token.whitespace_) for token in tokens),
                    )
        return None


def _sentences(tokens: Iterable[Any]) -> Iterator[list[Any]]:
    """A sentence ends behind its full stops and the closing marks that follow them."""
    sentence: list[Any] = []
    ended = False
    for token in tokens:
        stops = token.text in _FULL_STOPS
        if ended and not stops and not token.is_punct:
            yield sentence
            sentence, ended = [], False
        ended = ended or stops
        sentence.append(token)
    yield sentence


def instruction_paragraphs(text: str) -> list[str]:
    """The paragraphs of a text in plain characters, bullets and list numbers taken off."""
    return [_BULLET.sub("", part) for part in _END_OF_INSTRUCTION.split(plain(text)) if part.strip()]


def plain(text: str) -> str:
    """The text in characters that parsers know: straight quotes and hyphens, no control characters; tags in quotes."""
    text = "".join(map(_visible, in_plain_marks(text)))
    text = _HYPHENATED.sub(lambda found: found[1] or found[2], text)
    return _KEYWORD.sub(lambda found: found[1] or "", _TAG.sub(r'"\1"', text))


def in_plain_marks(text: str) -> str:
    """The text with typographic quotes, dashes and spaces replaced by those of a keyboard."""
    return text.translate(_PLAIN)


def _visible(letter: str) -> str:
    if letter in "\n\t" or letter.isprintable():
        return letter
    return "" if unicodedata.category(letter) in ("Cf", "Cs") else " "
