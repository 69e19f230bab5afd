"""Reading a weighted tree grammar, and drawing trees from it. `grammar.txt` explains the notation at its head."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from core.diversity.training.synthetic.words import Words
from core.diversity.tree import Node

MAX_WORDS = 45

_GRAMMAR = Path(__file__).parent / "grammar.txt"
_RULE = re.compile(r"\s+(\d+)(!?) (.+)")
_TOKEN = re.compile(r"\^?\(|\)(?:\?\d+)?|\^?<\w+>(?:\?\d+)?|[^\s()]+")
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Element:
    """One part of a rule: a symbol, or a bracket that holds words to choose from or further parts."""

    symbol: str = ""
    label: str = ""
    words: tuple[str, ...] = ()
    parts: tuple[Element, ...] = ()
    chance: int = 100
    capital: bool = False


@dataclass(frozen=True, slots=True)
class Production:
    """What may stand for a symbol; `shallow` rules end the nesting."""

    weight: int
    shallow: bool
    parts: tuple[Element, ...]


class Grammar:
    """Draws sentences with their trees."""

    def __init__(self, words: Words, draw: random.Random, path: Path = _GRAMMAR) -> None:
        self._words = words
        self._draw = draw
        self._rules = read_rules(path)

    def sentences(self, count: int) -> Iterator[Node]:
        """So many trees under TOP, of at most `MAX_WORDS` words, their first word with a capital."""
        while count:
            tree = Node("TOP", tuple(self._expand("sentence", 0)))
            length = sum(1 for _ in tree.words())
            if 1 <= length <= MAX_WORDS:
                yield _with_article(_with_capital(tree))
                count -= 1

    def _expand(self, symbol: str, depth: int) -> list[Node]:
        rules = self._rules[symbol]
        shallow = [rule for rule in rules if rule.shallow]
        if shallow:
            depth += 1
            if depth > _DEEPEST:
                rules = shallow
        (rule,) = self._draw.choices(rules, [rule.weight for rule in rules])
        return [node for part in rule.parts for node in self._element(part, depth)]

    def _element(self, element: Element, depth: int) -> list[Node]:
        if element.chance < 100 and self._draw.random() * 100 >= element.chance:
            return []
        if element.symbol:
            nodes = self._expand(element.symbol, depth)
        elif element.words:
            nodes = [Node(element.label, word=self._word(self._draw.choice(element.words)))]
        else:
            nodes = [Node(element.label, tuple(node for part in element.parts for node in self._element(part, depth)))]
        return [_with_capital(nodes[0]), *nodes[1:]] if element.capital and nodes else nodes

    def _word(self, choice: str) -> str:
        capital, choice = choice.startswith("^"), choice.removeprefix("^")
        if not choice.startswith("$") or len(choice) == 1:
            return choice
        name, _, form = choice[1:].partition(":")
        word = self._words.word(name, form)
        return word.capitalize() if capital else word


def read_rules(path: Path) -> dict[str, list[Production]]:
    """Symbol -> its rules. Raises ValueError naming a line that cannot be read or a symbol without rules."""
    rules: dict[str, list[Production]] = {}
    symbol = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            symbol = line.strip()
            rules[symbol] = []
            continue
        match = _RULE.fullmatch(line)
        if match is None:
            raise ValueError(f"{path.name}, line {number}: a rule is a weight and what stands for the symbol")
        tokens = [] if match[3].strip() == "-" else _TOKEN.findall(match[3])
        parts = tuple(_read(tokens, path.name, number))
        rules[symbol].append(Production(int(match[1]), bool(match[2]), parts))
    used = {name for found in rules.values() for rule in found for part in rule.parts for name in _symbols(part)}
    if missing := used - set(rules):
        raise ValueError(f"{path.name}: no rules for {', '.join(sorted(missing))}")
    return rules


def _read(tokens: list[str], file: str, number: int) -> list[Element]:
    """The elements of a rule; consumes the tokens up to the bracket that closes them."""
    found: list[Element] = []
    while tokens and not tokens[0].startswith(")"):
        token = tokens.pop(0)
        capital, token = token.startswith("^"), token.removeprefix("^")
        if token.startswith("<") and len(token) > 1:
            name, _, chance = token.partition(">")
            found.append(Element(symbol=name[1:], chance=int(chance[1:] or 100), capital=capital))
            continue
        if token != "(" or len(tokens) < 2:
            raise ValueError(f"{file}, line {number}: {token} stands where a bracket or a symbol should")
        label = tokens.pop(0)
        inside = tokens[0].removeprefix("^")[:1] in ("(", "<") and len(tokens[0]) >= 1 and tokens[0] not in ("<", "^")
        parts = tuple(_read(tokens, file, number)) if inside else ()
        words = () if inside else tuple(tokens.pop(0).split("|"))
        if not tokens or not tokens[0].startswith(")"):
            raise ValueError(f"{file}, line {number}: the bracket {label} is not closed")
        chance = tokens.pop(0)[2:]
        found.append(Element(label=label, words=words, parts=parts, chance=int(chance or 100), capital=capital))
    return found


def _symbols(element: Element) -> Iterator[str]:
    if element.symbol:
        yield element.symbol
    for part in element.parts:
        yield from _symbols(part)


def _with_capital(node: Node) -> Node:
    """The tree with its first word's first letter in upper case."""
    if node.is_word:
        return Node(node.label, word=node.word[:1].upper() + node.word[1:])
    return Node(node.label, (_with_capital(node.children[0]), *node.children[1:]))


def _with_article(tree: Node) -> Node:
    """The tree with "an" for every "a" before a vowel."""
    words = list(tree.words())
    before_vowel = {
        id(word)
        for word, following in pairwise(words)
        if word.label == "DT" and word.word.lower() == "a" and following.word[:1].lower() in "aeiou"
    }
    return _rewritten(tree, before_vowel)


def _rewritten(node: Node, before_vowel: set[int]) -> Node:
    if node.is_word:
        return Node(node.label, word=node.word + "n") if id(node) in before_vowel else node
    return Node(node.label, tuple(_rewritten(child, before_vowel) for child in node.children))
