"""`python -m core.diversity.training VERB`: from corpora to a parser that can be chosen by its name."""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one verb: trees, synthesise, train, score or shrink."""
    choices = _arguments().parse_args(arguments)
    choices.run(choices)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m core.diversity.training", description="Train a small Berkeley parser."
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    trees = verbs.add_parser("trees", help="turn a copy of the GUM corpus into one tree a line")
    trees.add_argument("corpus", type=Path, help="folder with const/*.ptb and splits.md")
    trees.add_argument("out", type=Path, help="folder for train.txt, dev.txt and test.txt")
    trees.set_defaults(run=_trees)

    synthesise = verbs.add_parser("synthesise", help="make instruction-like sentences with their trees")
    synthesise.add_argument("count", type=int)
    synthesise.add_argument("out", type=Path)
    synthesise.add_argument("--seed", type=int, default=1)
    synthesise.add_argument("--words", type=Path, help="frequent words, one a line (default: the wordfreq package)")
    synthesise.set_defaults(run=_synthesise)

    train = verbs.add_parser("train", help="train a parser and keep the best checkpoint")
    train.add_argument("--trees", type=Path, nargs="+", required=True, help="treebank, one tree a line")
    train.add_argument("--dev", type=Path, nargs="+", required=True, help="trees that choose the checkpoint")
    train.add_argument("--synthetic", type=Path, nargs="*", default=[], help="synthetic trees, one a line")
    train.add_argument("--tagged", type=Path, nargs="*", default=[], help="CoNLL-U files, of which the tags are learnt")
    train.add_argument("--out", type=Path, required=True, help="checkpoint to write")
    train.add_argument("--start", type=Path, help="checkpoint to start from; feed-forward layers may have grown")
    train.add_argument("--minutes", type=float, default=30)
    train.add_argument("--steps", type=int, help="stop after so many steps, however much time is left")
    train.add_argument("--rate", type=float, default=1.2e-3, help="highest learning rate")
    train.add_argument("--seed", type=int, default=1)
    train.add_argument("--max-words", type=int, default=80, help="longer sentences are left out")
    train.add_argument("--set", type=json.loads, default={}, metavar="JSON", help='hyperparameters, {"d_ff": 512}')
    train.set_defaults(run=_train)

    score = verbs.add_parser("score", help="score a checkpoint on trees")
    score.add_argument("model", type=Path)
    score.add_argument("trees", type=Path, nargs="+")
    score.set_defaults(run=_score)

    shrink = verbs.add_parser("shrink", help="write a checkpoint in half precision, to be chosen as a parser")
    shrink.add_argument("model", type=Path)
    shrink.add_argument("out", type=Path)
    shrink.set_defaults(run=_shrink)
    return parser


def _trees(choices: argparse.Namespace) -> None:
    from core.diversity.training.treebank import convert_gum

    for split, count in sorted(convert_gum(choices.corpus, choices.out).items()):
        print(f"{split}: {count} trees")


def _synthesise(choices: argparse.Namespace) -> None:
    from core.diversity.training.synthetic.grammar import Grammar
    from core.diversity.training.synthetic.words import Words, frequent_words

    draw = random.Random(choices.seed)
    grammar = Grammar(Words(frequent_words(choices.words), draw), draw)
    with choices.out.open("w", encoding="utf-8") as file:
        for tree in grammar.sentences(choices.count):
            file.write(f"{tree}\n")


def _train(choices: argparse.Namespace) -> None:
    import torch

    from core.diversity.training.examples import from_tags, from_tree
    from core.diversity.training.loop import Material, TrainingPlan, train, treebank_pairs
    from core.diversity.training.model import new_model, settings, warm_start
    from core.diversity.training.treebank import read_tagged, read_trees

    trees = [tree for path in choices.trees for tree in read_trees(path)]
    synthetic = [tree for path in choices.synthetic for tree in read_trees(path)]
    torch.manual_seed(choices.seed)
    model = new_model([*trees, *synthetic], settings(**choices.set))
    if choices.start is not None:
        warm_start(model, torch.load(choices.start, map_location="cpu", weights_only=True))
    short = [tree for tree in trees if sum(1 for _ in tree.words()) <= choices.max_words]
    material = Material(
        treebank=list(treebank_pairs(short, lambda tree: from_tree(tree, model))),
        synthetic=[from_tree(tree, model) for tree in synthetic],
        tagged=[from_tags(words, model) for path in choices.tagged for words in read_tagged(path, choices.max_words)],
    )
    dev = [from_tree(tree, model) for path in choices.dev for tree in read_trees(path)]
    parameters = sum(parameter.numel() for parameter in model.parameters())
    print(f"{parameters:,} parameters; {len(short)} trees, {len(synthetic)} synthetic, {len(material.tagged)} tagged")
    plan = TrainingPlan(choices.minutes, choices.rate, choices.seed, max_steps=choices.steps)
    print(f"best on dev: {train(model, material, dev, plan, choices.out)}")


def _score(choices: argparse.Namespace) -> None:
    from core.diversity.berkeley import BerkeleyParser
    from core.diversity.sentence import Sentence
    from core.diversity.training.examples import as_read
    from core.diversity.training.score import score
    from core.diversity.training.treebank import read_trees

    gold = [tree for path in choices.trees for tree in read_trees(path)]
    words = [tuple(as_read(word.word) for word in tree.words()) for tree in gold]
    parser = BerkeleyParser(choices.model)
    print(score(gold, parser.trees([Sentence(each, (True,) * len(each)) for each in words])))


def _shrink(choices: argparse.Namespace) -> None:
    import torch

    checkpoint = torch.load(choices.model, map_location="cpu", weights_only=True)
    halved = {
        name: value.half() if value.is_floating_point() else value for name, value in checkpoint["state_dict"].items()
    }
    torch.save({"config": checkpoint["config"], "state_dict": halved}, choices.out)
    print(
        f"{choices.out}: {choices.out.stat().st_size / 1e6:.1f} MB; lay it into the data folder's parsers to choose it"
    )


if __name__ == "__main__":
    main()
