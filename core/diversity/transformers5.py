"""Lets benepar 0.2.0 load its pretrained-transformer models (benepar_en3 and its kin) under transformers 5.

benepar asks the tokenizer where special tokens go by `build_inputs_with_special_tokens`, which transformers 5 took
away. The answer is found by tokenising one letter with and without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def mend() -> None:
    """Give tokenizers the missing method back. Does nothing where transformers has it."""
    from transformers import PreTrainedTokenizerBase

    if not hasattr(PreTrainedTokenizerBase, "build_inputs_with_special_tokens"):
        PreTrainedTokenizerBase.build_inputs_with_special_tokens = with_special_tokens


def with_special_tokens(tokenizer: Any, token_ids: Sequence[int], second: Sequence[int] | None = None) -> list[int]:
    """The ids with the special tokens that the tokenizer puts around a single text.

    Raises NotImplementedError for a pair of texts, and where the special tokens cannot be told from the text's own.
    """
    if second is not None:
        raise NotImplementedError("only a single text can be given its special tokens here")
    inner = list(tokenizer("a", add_special_tokens=False)["input_ids"])
    outer = list(tokenizer("a", add_special_tokens=True)["input_ids"])
    for at in range(len(outer) - len(inner) + 1):
        if inner and outer[at : at + len(inner)] == inner:
            return [*outer[:at], *token_ids, *outer[at + len(inner) :]]
    raise NotImplementedError("cannot tell where this tokenizer puts its special tokens")
