"""Trees and tagged sentences as training reads them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from core.diversity.tree import Node, category, read_tree
from core.foreign import told

FREE_GENRES = frozenset(("academic", "bio", "court", "interview", "news", "speech", "textbook", "vlog", "voyage"))
"""GUM's genres whose texts may be used for anything (some under CC BY-SA)."""

_HEADING = re.compile(r"## (\w+)")
_DOCUMENT = re.compile(r"\s*\*\s*(\S+)")
_SQUARE = frozenset(("-LRB-", "-RRB-", "-LSB-", "-RSB-", "-LCB-", "-RCB-"))


def read_trees(path: Path) -> list[Node]:
    """The trees of a file, one a line. Raises ValueError naming the line that is none."""
    trees = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            try:
                trees.append(read_tree(line))
            except ValueError as error:
                raise ValueError(f"{path.name}, line {number}: {told(error)}") from error
    return trees


def read_tagged(path: Path, max_words: int) -> Iterator[list[tuple[str, str]]]:
    """(word, Penn tag) lists from a CoNLL-U file: sentences of 2 to `max_words` words without spaces inside."""
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        rows = [line.split("\t") for line in block.split("\n") if line[:1].isdigit()]
        words = [(row[1], row[4]) for row in rows if row[0].isdigit()]
        if 2 <= len(words) <= max_words and not any(" " in word for word, _ in words):
            yield words


def convert_gum(corpus: Path, out: Path, genres: Iterable[str] = FREE_GENRES) -> Counter[str]:
    """Write train.txt, dev.txt and test.txt from a copy of GUM; return how many trees each got.

    Function tags, traces and masked sentences are left out. Raises ValueError where the folder holds no GUM.
    """
    chosen = frozenset(genres)
    splits = _splits(corpus / "splits.md")
    files = sorted((corpus / "const").glob("*.ptb"))
    if not files:
        raise ValueError(f"{corpus} has no constituency files (const/*.ptb): give the folder of a copy of GUM.")
    lines: dict[str, list[str]] = {}
    for file in files:
        if file.stem.split("_")[1] in chosen:
            kept = [str(tree) for tree in map(clean, _trees_of(file)) if tree is not None]
            lines.setdefault(splits.get(file.stem, "train"), []).extend(kept)
    out.mkdir(parents=True, exist_ok=True)
    for split, trees in lines.items():
        (out / f"{split}.txt").write_text("\n".join(trees) + "\n", encoding="utf-8")
    return Counter({split: len(trees) for split, trees in lines.items()})


def clean(tree: Node) -> Node | None:
    """The tree under TOP, without traces and empty or repeated phrases; None when nothing or only masks are left."""
    bare = _without_traces(tree)
    if bare is None or bare.is_word:
        return None
    words = [word.word for word in bare.words()]
    if len(words) > 2 and any(set(word) == {"_"} for word in words):
        return None
    children = bare.children if bare.label in ("TOP", "ROOT", "S1", "") else (bare,)
    return Node("TOP", children if len(children) == 1 else (Node("FRAG", children),))


def without_final_stop(tree: Node) -> Node | None:
    """The tree less its last full stop: instructions often have none. None when it has none to lose."""
    last = tree.last
    path = tree.path_to(last)
    if last.label != "." or len(path) < 2 or len(path[-2].children) < 2:
        return None
    return _replaced(tree, path, 0)


def _replaced(node: Node, path: list[Node], depth: int) -> Node:
    if depth == len(path) - 2:
        return Node(node.label, node.children[:-1])
    return Node(node.label, (*node.children[:-1], _replaced(node.children[-1], path, depth + 1)))


def _splits(listing: Path) -> dict[str, str]:
    """Document -> train, dev or test."""
    found: dict[str, str] = {}
    current = ""
    for line in listing.read_text(encoding="utf-8").splitlines():
        if heading := _HEADING.match(line):
            current = heading[1]
        elif (document := _DOCUMENT.match(line)) and current:
            found[document[1]] = current
    return found


def _trees_of(file: Path) -> Iterator[Node]:
    for block in re.split(r"\n\s*\n", file.read_text(encoding="utf-8")):
        if block.strip():
            yield read_tree(block)


def _without_traces(node: Node) -> Node | None:
    if node.label == "-NONE-":
        return None
    label = node.label if node.label in _SQUARE else category(node.label)
    if node.is_word:
        return Node(label, word=node.word)
    children = tuple(kept for child in node.children if (kept := _without_traces(child)) is not None)
    if not children:
        return None
    if len(children) == 1 and not children[0].is_word and children[0].label == label:
        return children[0]
    return Node(label, children)
