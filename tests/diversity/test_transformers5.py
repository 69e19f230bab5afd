"""Pretrained-transformer models load under transformers 5: shown on a tiny T5 model of our own, made here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.diversity.berkeley import BerkeleyParser
from core.diversity.sentence import Sentence
from core.diversity.transformers5 import with_special_tokens

WORDS = ["Write", "a", "short", "poem", "about", "the", "sea", "."]


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    """A T5 tokenizer with a piece for every word and letter, and T5's closing mark behind every text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import T5Tokenizer

    pieces = [
        "<pad>",
        "</s>",
        "<unk>",
        "▁",
        *sorted({f"▁{word}" for word in WORDS} | set("abcdefghijklmnopqrstuvwxyz.W")),
    ]
    unigram = Tokenizer(models.Unigram([(piece, -float(n)) for n, piece in enumerate(pieces)], unk_id=2))
    unigram.pre_tokenizer = pre_tokenizers.Metaspace()
    unigram.decoder = decoders.Metaspace()
    unigram.post_processor = processors.TemplateProcessing(single=["$A", "</s>"], special_tokens=[("</s>", 1)])
    tokenizer = T5Tokenizer(vocab=[(piece, -float(n)) for n, piece in enumerate(pieces)], extra_ids=0)
    tokenizer._tokenizer = unigram
    tokenizer.model_max_length = 64
    return tokenizer


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, tokenizer: Any) -> Path:
    """A folder as benepar's releases are: tokenizer, configuration and untrained weights."""
    import torch
    from benepar.nkutil import HParams
    from benepar.parse_chart import ChartParser
    from transformers import PreTrainedTokenizerBase, T5Config

    from core.diversity.training.model import settings
    from core.diversity.transformers5 import mend

    mend()
    folder = tmp_path_factory.mktemp("models") / "benepar_en9"
    tokenizer.save_pretrained(folder)
    small = T5Config(vocab_size=len(tokenizer), d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    small.save_pretrained(folder)
    shape = settings(use_chars_lstm=False, use_pretrained=True, d_model=32, num_layers=1, num_heads=2, d_kv=8, d_ff=16)
    tags, labels = {"UNK": 0, "NN": 1}, {"": 0, "NP": 1, "S::VP": 2}
    model = ChartParser(tags, labels, None, HParams(**shape.to_dict()), pretrained_model_path=str(folder))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"benepar": model.config}))
    torch.save(model.state_dict(), folder / "benepar_model.bin")
    if PreTrainedTokenizerBase.__dict__.get("build_inputs_with_special_tokens") is with_special_tokens:
        del PreTrainedTokenizerBase.build_inputs_with_special_tokens  # whoever loads the model has to mend it anew
    return folder


def test_a_pretrained_model_parses(exported: Path) -> None:
    parser = BerkeleyParser(exported)
    sentence = Sentence(tuple(WORDS), (True,) * 6 + (False, False))
    (tree,) = parser.trees([sentence])
    assert [word.word for word in tree.words()] == WORDS


def test_a_sentence_too_long_for_the_pretrained_model_is_cut(exported: Path) -> None:
    sentence = Sentence(("xyzxyzxyz",) * 100, (True,) * 100)
    (tree,) = BerkeleyParser(exported).trees([sentence])
    assert 1 <= sum(1 for _ in tree.words()) < 100


def test_special_tokens_go_where_the_tokenizer_puts_them(tokenizer: Any) -> None:
    assert with_special_tokens(tokenizer, [-100]) == [-100, 1]
    with pytest.raises(NotImplementedError):
        with_special_tokens(tokenizer, [-100], [-100])
