"""Texts to verb-noun pairs in a process of its own, chunk by chunk: no page waits and torch stays outside."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.aside import Aside
from core.diversity.parser import Parser
from core.diversity.verbnoun import VerbNoun
from core.records import WinnowError
from core.words import number_of

FIRST_CHUNK, CHUNK = 128, 1_024
"""Texts a chunk: a first short one shows soon that something happens, long ones sort into even batches."""

_MAX_LETTERS = 8_000
_POLL = 0.1


class ParsingFailed(WinnowError):
    """The parsing process could not start or died; every chunk that it had handed over is good."""


@dataclass(frozen=True, slots=True)
class ParsedChunk:
    """The pairs of `texts[start : start + len(pairs)]`, and how far the whole is."""

    start: int
    pairs: tuple[VerbNoun, ...]
    done: int
    total: int


def parse_texts(
    texts: Sequence[str], parser: Parser, should_stop: Callable[[], bool] = lambda: False
) -> Generator[ParsedChunk]:
    """Yield the pairs of all texts, in chunks and in order, as a process of its own finds them.

    `should_stop` is asked ten times a second; when it says so, or when the caller leaves the loop, the process ends and
    the iterator with it: what was yielded is what there is. Raises ParsingFailed when the process dies, which costs no
    more than the chunk in hand.
    """
    if not texts:
        return
    with Aside("core.diversity.worker", _messages(parser, texts)) as worker:
        done, ready = 0, False
        while done < len(texts):
            if should_stop():
                return
            reply = worker.reply(_POLL)
            if reply is None:
                continue
            ready = ready or "ready" in reply
            if "gone" in reply and not ready:
                raise ParsingFailed(
                    f"The {parser.label} cannot be loaded ({reply['gone']}): try again, install it or choose another."
                )
            if "gone" in reply:
                raise ParsingFailed(
                    f"The parsing process ended after {done} of {number_of(len(texts), 'instruction')} "
                    f"({reply['gone']}): what it "
                    "had parsed is kept, start again to parse the rest."
                )
            if "pairs" in reply:
                pairs = tuple(VerbNoun(verb, noun) for verb, noun in reply["pairs"])
                done = reply["start"] + len(pairs)
                yield ParsedChunk(reply["start"], pairs, done, len(texts))


def _messages(parser: Parser, texts: Sequence[str]) -> Iterator[dict[str, Any]]:
    yield {"model": str(parser.model) if parser.model else None, "language": parser.language}
    start, size = 0, FIRST_CHUNK
    while start < len(texts):
        yield {"start": start, "texts": [text[:_MAX_LETTERS] for text in texts[start : start + size]]}
        start, size = start + size, CHUNK
