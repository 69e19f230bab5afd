"""The shape of the small parser: a character LSTM and a self-attention encoder, no pretrained transformer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.diversity.tree import Node

CHARACTERS = {chr(number): number for number in range(256)}
"""Latin-1; `sentence.plain` brings typographic marks into it, and every other character reads as unknown."""


def settings(**changes: Any) -> Any:
    """benepar's hyperparameters for the small parser, with changes by name."""
    from benepar.nkutil import HParams

    return HParams(
        **{
            # what the model is
            "use_chars_lstm": True,
            "d_char_emb": 64,
            "use_pretrained": False,
            "pretrained_model": "none",
            "use_encoder": True,
            "d_model": 256,
            "num_layers": 4,
            "num_heads": 8,
            "d_kv": 32,
            "d_ff": 1024,
            "encoder_max_len": 512,
            "force_root_constituent": True,
            "predict_tags": True,
            "d_label_hidden": 256,
            "d_tag_hidden": 256,
            # how it learns
            "char_lstm_input_dropout": 0.2,
            "morpho_emb_dropout": 0.2,
            "attention_dropout": 0.2,
            "relu_dropout": 0.1,
            "residual_dropout": 0.2,
            "tag_loss_scale": 5.0,
            **changes,
        }
    )


def new_model(trees: Iterable[Node], shape: Any) -> Any:
    """An untrained parser with the labels and tags of the trees."""
    from benepar.parse_chart import ChartParser

    labels: set[str] = {""}
    tags: set[str] = set()
    for tree in trees:
        labels.update(label for _, _, label in labelled_spans(tree))
        tags.update(word.label for word in tree.words())
    tag_numbers = {tag: number for number, tag in enumerate(["UNK", *sorted(tags)])}
    return ChartParser(tag_numbers, {label: n for n, label in enumerate(sorted(labels))}, CHARACTERS, shape)


def labelled_spans(tree: Node) -> list[tuple[int, int, str]]:
    """(first word, last word, label) of each phrase but TOP; a chain of single children is one phrase named "S::VP"."""
    spans: list[tuple[int, int, str]] = []
    _collect(tree, 0, spans)
    return spans


def _collect(node: Node, start: int, spans: list[tuple[int, int, str]]) -> int:
    if node.is_word:
        return start + 1
    chain = []
    while True:
        if node.label != "TOP":
            chain.append(node.label)
        if len(node.children) != 1 or node.children[0].is_word:
            break
        node = node.children[0]
    end = start
    for child in node.children:
        end = _collect(child, end, spans)
    if chain:
        spans.append((start, end - 1, "::".join(chain)))
    return end


def warm_start(model: Any, checkpoint: Mapping[str, Any]) -> None:
    """Give a model a smaller checkpoint's weights, so that it starts out computing the same function.

    Feed-forward layers may have grown: new units keep their fresh input weights and get no say in the output. Raises
    ValueError when labels or tags differ.
    """
    config = checkpoint["config"]
    if config["label_vocab"] != model.label_vocab or config["tag_vocab"] != model.tag_vocab:
        raise ValueError(
            "the checkpoint to start from has other labels or tags: train on the same trees, or from nothing"
        )
    state = model.state_dict()
    for name, value in checkpoint["state_dict"].items():
        value = value.float() if value.is_floating_point() else value
        if state[name].shape == value.shape:
            state[name] = value
            continue
        grown = state[name].clone()
        if ".linear2." in name:
            grown.zero_()
        grown[tuple(slice(0, size) for size in value.shape)] = value
        state[name] = grown
    model.load_state_dict(state)
