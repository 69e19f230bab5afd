"""Trees and tagged sentences as numbers for the model."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.diversity.sentence import in_plain_marks
from core.diversity.training.model import labelled_spans
from core.diversity.tree import Node

IGNORED = -100
"""The number of a tag that the model does not know: it costs nothing."""

_BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}", "``": '"', "''": '"'}


@dataclass(frozen=True, slots=True)
class TrainingSentence:
    """One sentence to learn from: its words, its phrases as (first, last, label number), its tag numbers.

    `tree` is None, and `spans` empty, where only the tags are known; such a sentence teaches tags alone.
    """

    words: tuple[str, ...]
    spans: tuple[tuple[int, int, int], ...]
    tags: tuple[int, ...]
    tree: Node | None


def from_tree(tree: Node, model: Any) -> TrainingSentence:
    """The example of a tree, in the model's label and tag numbers; labels it does not know are left out."""
    leaves = list(tree.words())
    known = model.label_vocab
    return TrainingSentence(
        words=tuple(as_read(leaf.word) for leaf in leaves),
        spans=tuple((first, last, known[label]) for first, last, label in labelled_spans(tree) if label in known),
        tags=tuple(model.tag_vocab.get(leaf.label, IGNORED) for leaf in leaves),
        tree=tree,
    )


def from_tags(words: Sequence[tuple[str, str]], model: Any) -> TrainingSentence:
    """The example of a tagged sentence without a tree."""
    tags = tuple(model.tag_vocab.get(tag, IGNORED) for _, tag in words)
    return TrainingSentence(tuple(as_read(word) for word, _ in words), (), tags, None)


def as_read(word: str) -> str:
    """A treebank's word as it stands in running text: "-LRB-" is "(", typographic marks are plain ones."""
    return _BRACKETS.get(word) or in_plain_marks(word)


def batches(
    examples: Sequence[TrainingSentence], max_words: int, draw: random.Random
) -> Iterator[list[TrainingSentence]]:
    """The examples in random batches of like length, at most `max_words` words (padding included) and 64 sentences."""
    order = list(range(len(examples)))
    draw.shuffle(order)
    found: list[list[TrainingSentence]] = []
    for start in range(0, len(order), 1_000):
        batch: list[TrainingSentence] = []
        for n in sorted(order[start : start + 1_000], key=lambda n: len(examples[n].words)):
            if batch and ((len(batch) + 1) * len(examples[n].words) > max_words or len(batch) == 64):
                found.append(batch)
                batch = []
            batch.append(examples[n])
        found.append(batch)
    draw.shuffle(found)
    yield from found
