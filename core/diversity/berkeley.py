"""Sentences to trees with a Berkeley parser (benepar). Loads torch: for the parsing process and training only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from core.diversity.chart import best_spans, tree_from_spans
from core.diversity.sentence import Sentence
from core.diversity.spanscores import SpanScorer, SpanScores, span_ends
from core.diversity.tree import Node, category

Answer = TypeVar("Answer")

BATCH = 64
_MAX_THREADS = 4
_MAX_SPANS = 20_000
"""A batch never has more spans than this, so that a few long sentences do not fill the memory."""


class BerkeleyParser:
    """A benepar model: the small built-in one by the fast pass of `spanscores`, any other by benepar itself."""

    def __init__(self, model: Path) -> None:
        """Loads a benepar checkpoint (file) or an exported model (folder)."""
        import torch
        from benepar import Parser

        from core.diversity.transformers5 import mend

        mend()
        self._benepar = Parser(str(model), batch_size=BATCH)
        self._model = self._benepar._parser
        self._model.eval()
        self._scorer = SpanScorer(self._model) if self._reads_letters() else None
        # Small layers gain little from torch's own threads; whole batches side by side keep every core busy.
        self._threads = min(_MAX_THREADS, os.cpu_count() or 1) if self._scorer else 1
        if self._scorer:
            torch.set_num_threads(1)

    def _reads_letters(self) -> bool:
        has_all = self._model.char_encoder is not None and self._model.encoder is not None
        return has_all and self._model.f_tag is not None and self._model.device.type == "cpu"

    def trees(self, sentences: Sequence[Sentence]) -> list[Node]:
        """One tree a sentence, in their order."""
        return self.answers(sentences, lambda tree: tree)

    def answers(self, sentences: Sequence[Sentence], answer: Callable[[Node], Answer]) -> list[Answer]:
        """What `answer` says to each sentence's tree, in their order; it is called from several threads.

        Sentences of like length share a batch, so that little is padded.
        """

        def of_batch(batch: Sequence[int]) -> list[Answer]:
            chosen = [sentences[n] for n in batch]
            return [answer(tree) for tree in (self._trees(chosen) if self._scorer else self._trees_by_benepar(chosen))]

        together = list(batches([len(sentence.words) for sentence in sentences]))
        with ThreadPoolExecutor(self._threads) as threads:
            answered = list(threads.map(of_batch, together))
        found = {
            n: one for batch, ones in zip(together, answered, strict=True) for n, one in zip(batch, ones, strict=True)
        }
        return [found[n] for n in range(len(sentences))]

    def _trees(self, sentences: Sequence[Sentence]) -> Iterator[Node]:
        import torch

        assert self._scorer is not None
        with torch.inference_mode():
            scores = self._scorer([sentence.words for sentence in sentences])
            decoded = decode(scores)
            tags = scores.tags.argmax(-1).tolist()
        labels, names = self._model.decoder.label_from_index, self._model.tag_from_index
        for sentence, spans, own_tags in zip(sentences, decoded, tags, strict=True):
            named = [(first, end, labels[label]) for first, end, label in spans]
            length = len(sentence.words)
            yield tree_from_spans(sentence.words, [names[tag] for tag in own_tags[:length]], named)

    def _trees_by_benepar(self, sentences: Sequence[Sentence]) -> Iterator[Node]:
        from benepar import InputSentence

        fitting = map(self._fitting, sentences)
        inputs = [InputSentence(words=list(s.words), space_after=list(s.space_after)) for s in fitting]
        return map(from_nltk, self._benepar.parse_sents(inputs))

    def _fitting(self, sentence: Sentence) -> Sentence:
        """The sentence, or as much of its start as the pretrained model can read."""
        tokenizer = getattr(self._model.retokenizer, "tokenizer", None)
        while tokenizer is not None and len(sentence.words) > 1:
            if len(tokenizer(" ".join(sentence.words))["input_ids"]) <= tokenizer.model_max_length - 8:
                break
            half = len(sentence.words) // 2
            sentence = Sentence(sentence.words[:half], sentence.space_after[:half])
        return sentence


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions of sentences in batches: sorted by length, at most `BATCH` together, fewer where they are long."""
    batch: list[int] = []
    for n in sorted(range(len(lengths)), key=lambda n: lengths[n]):
        spans = lengths[n] * (lengths[n] + 1) // 2
        if batch and (len(batch) == BATCH or spans * (len(batch) + 1) > _MAX_SPANS):
            yield batch
            batch = []
        batch.append(n)
    if batch:
        yield batch


def decode(scores: SpanScores) -> list[list[tuple[int, int, int]]]:
    """The spans of each sentence's best tree as (first word, word after the last, label number), phrases only."""
    for b, length in enumerate(scores.lengths):
        scores.spans[scores.starts[b] + length - 1, 0] -= 1e9  # the whole sentence is always a phrase
    best, label = scores.spans.max(-1)
    best, label = best.double().numpy(), label.numpy()
    choose = best_spans()
    found = []
    for b, length in enumerate(scores.lengths):
        rows = slice(scores.starts[b], scores.starts[b + 1])
        chosen = choose(best[rows], length)
        first, last = span_ends(length)
        labels = label[rows]
        chosen &= labels > 0
        triples = zip(first[chosen].tolist(), (last[chosen] + 1).tolist(), labels[chosen].tolist(), strict=True)
        found.append(list(triples))
    return found


def from_nltk(tree: Any) -> Node:
    """Our tree for one of nltk's."""
    label = category(tree.label())
    if len(tree) == 1 and isinstance(tree[0], str):
        return Node(label, word=tree[0])
    return Node(label, tuple(from_nltk(child) for child in tree))
