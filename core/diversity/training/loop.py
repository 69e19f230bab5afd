"""The training loop: a margin on whole trees and cross-entropy on tags, within a budget of minutes.

The loss on trees is benepar's (the best tree under scores raised by one for every wrong label must not beat the right
one), computed with the compiled decoder of `chart` in place of a differentiable chart, which is several times faster on
a CPU and has the same gradient: the loss depends on the scores of two trees alone.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.diversity.berkeley import batches as even_batches
from core.diversity.berkeley import decode
from core.diversity.chart import best_spans, tree_from_spans
from core.diversity.spanscores import SpanScorer, SpanScores
from core.diversity.training.examples import IGNORED, TrainingSentence, batches
from core.diversity.training.score import ParserScore, score
from core.diversity.tree import Node

_WARM_UP = 200
_LOWER_CASE = 0.2
_WITHOUT_STOP = 0.15
_LEAST_RATE = 0.02


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How long and how fast to learn. `minutes` is the whole budget, over which the rate falls as a cosine."""

    minutes: float
    rate: float = 1.5e-3
    seed: int = 1
    max_words: int = 900
    synthetic_per_round: int = 4_500
    tagged_per_round: int = 3_500
    max_steps: int | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """What there is to learn from: treebank sentences with and without final stop, synthetic ones, tagged ones."""

    treebank: Sequence[tuple[TrainingSentence, TrainingSentence | None]]
    synthetic: Sequence[TrainingSentence] = ()
    tagged: Sequence[TrainingSentence] = ()


def train(
    model: Any,
    material: Material,
    dev: Sequence[TrainingSentence],
    plan: TrainingPlan,
    out: Path,
    report: Callable[[str], None] = print,
) -> ParserScore:
    """Train until the budget is spent, keep the checkpoint that is best on `dev` in `out`, and return its score."""
    import torch

    torch.manual_seed(plan.seed)
    draw = random.Random(plan.seed)
    scorer = SpanScorer(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=plan.rate, betas=(0.9, 0.98), eps=1e-9, weight_decay=0.01)
    began, budget = time.monotonic(), plan.minutes * 60
    best: ParserScore | None = None
    step = rounds = 0
    done = False
    while not done:
        rounds += 1
        model.train()
        losses: list[float] = []
        for batch in batches(_round(material, plan, draw), plan.max_words, draw):
            spent = time.monotonic() - began
            done = spent > budget or step == plan.max_steps
            if done:
                break
            for group in optimizer.param_groups:
                group["lr"] = plan.rate * _pace(step, spent / budget)
            loss = batch_loss(model, scorer, batch, lower=[draw.random() < _LOWER_CASE for _ in batch])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            losses.append(float(loss.detach()))
            step += 1
        reached = evaluate(model, dev)
        mean = math.fsum(losses) / max(1, len(losses))
        report(
            f"round {rounds}, minute {(time.monotonic() - began) / 60:.1f}, step {step}, loss {mean:.3f}, dev {reached}"
        )
        if best is None or reached.f1 + reached.tags > best.f1 + best.tags:
            best = reached
            torch.save({"config": model.config, "state_dict": model.state_dict()}, out)
    assert best is not None
    return best


def evaluate(model: Any, examples: Sequence[TrainingSentence]) -> ParserScore:
    """The model's score on examples that have trees."""
    gold = [example.tree for example in examples if example.tree is not None]
    return score(gold, parse(model, [example.words for example in examples if example.tree is not None]))


def parse(model: Any, sentences: Sequence[Sequence[str]]) -> list[Node]:
    """The model's trees for tokenised sentences, dropout off."""
    import torch

    model.eval()
    scorer = SpanScorer(model)
    labels, names = model.decoder.label_from_index, model.tag_from_index
    found: dict[int, Node] = {}
    for batch in even_batches([len(sentence) for sentence in sentences]):
        with torch.inference_mode():
            scores = scorer([sentences[n] for n in batch])
            decoded, tags = decode(scores), scores.tags.argmax(-1).tolist()
        for n, spans, own in zip(batch, decoded, tags, strict=True):
            named = [(first, end, labels[label]) for first, end, label in spans]
            found[n] = tree_from_spans(sentences[n], [names[tag] for tag in own[: len(sentences[n])]], named)
    return [found[n] for n in range(len(sentences))]


def batch_loss(model: Any, scorer: SpanScorer, batch: Sequence[TrainingSentence], lower: Sequence[bool]) -> Any:
    """The loss of one batch, a scalar tensor; `lower` says which sentences are read in lower case."""
    words = [
        [word.lower() for word in example.words] if small else list(example.words)
        for example, small in zip(batch, lower, strict=True)
    ]
    scores = scorer(words)
    return tree_loss(scores, batch) + model.tag_loss_scale * _tag_loss(scores, batch)


def tree_loss(scores: SpanScores, batch: Sequence[TrainingSentence]) -> Any:
    """The mean over sentences of how far the strongest wrong tree comes within its margin, a scalar tensor."""
    import numpy
    import torch
    from torch.nn import functional

    gold = numpy.zeros(scores.spans.shape[0], numpy.int64)
    for b, example in enumerate(batch):
        n = len(example.words)
        for first, last, label in example.spans:
            gold[scores.starts[b] + first * n - first * (first - 1) // 2 + last - first] = label
    wanted = torch.from_numpy(gold)
    chosen, label = _strongest_rival(scores, wanted)
    sentence = torch.from_numpy(numpy.repeat(numpy.arange(len(batch)), numpy.diff(scores.starts)))
    rival = scores.spans[chosen, label] + (label != wanted[chosen]).float()
    phrases = torch.nonzero(wanted).squeeze(1)
    zeros = scores.spans.new_zeros(len(batch))
    rivals = zeros.index_add(0, sentence[chosen], rival)
    rights = zeros.index_add(0, sentence[phrases], scores.spans[phrases, wanted[phrases]])
    has_tree = torch.tensor([float(example.tree is not None) for example in batch])
    return (functional.relu(rivals - rights) * has_tree).sum() / has_tree.sum().clamp(min=1)


def _strongest_rival(scores: SpanScores, wanted: Any) -> tuple[Any, Any]:
    """The spans (rows) and labels of the best tree of each sentence, every wrong label one better than its score."""
    import numpy
    import torch

    with torch.no_grad():
        raised = scores.spans.detach() + 1.0
        raised[torch.arange(len(wanted)), wanted] -= 1.0
        for b, length in enumerate(scores.lengths):
            raised[scores.starts[b] + length - 1, 0] -= 1e9
        best, label = raised.max(-1)
        values, choose = best.double().numpy(), best_spans()
        masks = [
            choose(values[scores.starts[b] : scores.starts[b + 1]], length) for b, length in enumerate(scores.lengths)
        ]
    rows = torch.from_numpy(numpy.nonzero(numpy.concatenate(masks))[0])
    return rows, label[rows]


def _tag_loss(scores: SpanScores, batch: Sequence[TrainingSentence]) -> Any:
    import torch
    from torch.nn import functional

    tags = torch.full(scores.tags.shape[:2], IGNORED, dtype=torch.long)
    for b, example in enumerate(batch):
        tags[b, : len(example.tags)] = torch.tensor(example.tags)
    flat = scores.tags.reshape(-1, scores.tags.shape[-1])
    return functional.cross_entropy(flat, tags.reshape(-1), ignore_index=IGNORED, label_smoothing=0.03)


def _round(material: Material, plan: TrainingPlan, draw: random.Random) -> list[TrainingSentence]:
    """One round's examples: all of the treebank, a fresh sample of the rest."""
    chosen = [bare if bare is not None and draw.random() < _WITHOUT_STOP else full for full, bare in material.treebank]
    chosen += draw.sample(list(material.synthetic), min(len(material.synthetic), plan.synthetic_per_round))
    chosen += draw.sample(list(material.tagged), min(len(material.tagged), plan.tagged_per_round))
    return chosen


def _pace(step: int, spent: float) -> float:
    """The share of the full learning rate: rising over the first steps, falling as a cosine over the budget."""
    falling = 0.5 * (1 + math.cos(math.pi * min(1.0, spent)))
    return min(1.0, (step + 1) / _WARM_UP) * (falling * (1 - _LEAST_RATE) + _LEAST_RATE)


def treebank_pairs(
    trees: Sequence[Node], convert: Callable[[Node], TrainingSentence]
) -> Iterator[tuple[TrainingSentence, TrainingSentence | None]]:
    """Each tree's example, with the one that has lost its final stop."""
    from core.diversity.training.treebank import without_final_stop

    for tree in trees:
        bare = without_final_stop(tree)
        yield convert(tree), convert(bare) if bare is not None else None
