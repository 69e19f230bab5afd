"""A constituency tree: phrases with a Penn Treebank category, and words with their part-of-speech tag."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BRACKETED = re.compile(r"\(|\)|[^\s()]+")


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A phrase (`label` "NP", with children) or a word (`label` "NN", no children). Nodes compare by identity."""

    label: str
    children: tuple[Node, ...] = ()
    word: str = ""

    @property
    def is_word(self) -> bool:
        return not self.children

    @property
    def is_verb(self) -> bool:
        return not self.children and self.label.startswith("VB")

    @property
    def is_noun(self) -> bool:
        return not self.children and self.label.startswith("NN") and any(letter.isalpha() for letter in self.word)

    @property
    def first(self) -> Node:
        """The first word of the phrase."""
        node = self
        while node.children:
            node = node.children[0]
        return node

    @property
    def last(self) -> Node:
        """The last word of the phrase."""
        node = self
        while node.children:
            node = node.children[-1]
        return node

    def words(self) -> Iterator[Node]:
        """The words of the phrase, from left to right."""
        return (node for node in self.nodes() if node.is_word)

    def nodes(self) -> Iterator[Node]:
        """The node and everything below it, parents before children, from left to right."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))

    def path_to(self, wanted: Node) -> list[Node]:
        """The nodes from this one down to `wanted`, both included; empty when `wanted` is not below."""
        if self is wanted:
            return [self]
        for child in self.children:
            if below := child.path_to(wanted):
                return [self, *below]
        return []

    def __str__(self) -> str:
        inner = self.word if self.is_word else " ".join(map(str, self.children))
        return f"({self.label} {inner})"


def category(label: str) -> str:
    """A label without its function tags ("NP-SBJ=2" is "NP"); bracket labels such as "-LRB-" stay as they are."""
    return label if label.startswith("-") else re.split(r"[-=|]", label, maxsplit=1)[0]


def read_tree(bracketed: str) -> Node:
    """The tree that a line such as "(S (VP (VB Stop)))" writes down.

    Raises ValueError for a line that is not one whole tree.
    """
    tokens = _BRACKETED.findall(bracketed)
    node, end = _read(tokens, 0)
    if end != len(tokens):
        raise ValueError("one tree a line, please: text follows the last bracket")
    return node


def _read(tokens: list[str], at: int) -> tuple[Node, int]:
    if len(tokens) < at + 4 or tokens[at] != "(":
        raise ValueError("a tree is (LABEL word) or (LABEL tree tree ...)")
    label, at = category(tokens[at + 1]), at + 2
    if tokens[at] != "(":
        if tokens[at + 1 : at + 2] != [")"]:
            raise ValueError(f"the word {tokens[at]} is not closed by a bracket")
        return Node(label, word=tokens[at]), at + 2
    children: list[Node] = []
    while at < len(tokens) and tokens[at] == "(":
        child, at = _read(tokens, at)
        children.append(child)
    if at >= len(tokens):
        raise ValueError(f"the phrase {label} is not closed by a bracket")
    return Node(label, tuple(children)), at + 1
