"""One loaded parser for the whole session: loading it costs more than all the tests that use it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from core.diversity.berkeley import BerkeleyParser
from core.diversity.parser import Parser, parser_named
from core.diversity.sentence import SentenceReader
from core.diversity.tree import Node
from core.diversity.verbnoun import NOTHING, VerbNoun, verb_noun

Pairs = Callable[[Sequence[str]], list[VerbNoun]]


@pytest.fixture(scope="session")
def built_in(tmp_path_factory: pytest.TempPathFactory) -> Parser:
    return parser_named("built-in small", tmp_path_factory.mktemp("parsers"))


@pytest.fixture(scope="session")
def berkeley(built_in: Parser) -> BerkeleyParser:
    assert isinstance(built_in.model, Path)
    return BerkeleyParser(built_in.model)


@pytest.fixture(scope="session")
def reader() -> SentenceReader:
    return SentenceReader()


@pytest.fixture(scope="session")
def trees_of(berkeley: BerkeleyParser, reader: SentenceReader) -> Callable[[Sequence[str]], list[Node | None]]:
    def trees(texts: Sequence[str]) -> list[Node | None]:
        sentences = [reader.first_sentence(text) for text in texts]
        found = iter(berkeley.trees([sentence for sentence in sentences if sentence is not None]))
        return [next(found) if sentence is not None else None for sentence in sentences]

    return trees


@pytest.fixture(scope="session")
def pairs_of(trees_of: Callable[[Sequence[str]], list[Node | None]]) -> Pairs:
    def pairs(texts: Sequence[str]) -> list[VerbNoun]:
        return [verb_noun(tree) if tree is not None else NOTHING for tree in trees_of(texts)]

    return pairs
