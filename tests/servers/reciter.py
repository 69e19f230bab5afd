"""A causal model of two layers that is trained for about a minute until it recites valid replies of every step.

`make(folder)` writes it as any Hub model is written: Llama weights, a byte-level BPE tokenizer of its own, and a chat
template of one line; vLLM, `transformers serve` and (by `to_gguf`) llama.cpp all load it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.records import Endpoint
from tests.llm.tiny_model import TEMPLATE
from tests.servers.lessons import Lesson, lesson

VOCABULARY, CONTEXT = 2000, 2048
STEPS, BATCH, RATE = 400, 12, 3e-3
NEAR = 64  # tokens of a prompt that most lessons keep: what a reply depends on stands at its end


def make(folder: Path, steps: int = STEPS) -> Path:
    """Write the trained model and its tokenizer into the folder, and return it."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    torch.set_num_threads(1)  # matrices this small are slower on several
    chance = random.Random("lessons")
    tokenizer = _tokenizer([lesson(chance) for _ in range(1500)])
    tokenizer.save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=CONTEXT,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        initializer_range=0.05,
    )
    model = LlamaForCausalLM(config)
    _train(model, tokenizer, chance, steps)
    model.generation_config.do_sample = True  # without it `transformers serve` swallows the temperature
    model.save_pretrained(folder)
    return folder


def _tokenizer(lessons: Sequence[Lesson]) -> Any:
    from tokenizers import ByteLevelBPETokenizer
    from transformers import PreTrainedTokenizerFast

    trained = ByteLevelBPETokenizer()
    texts = [part for each in lessons for part in (each.prompt, each.reply)]
    special = ["<s>", "</s>", "<pad>"]
    trained.train_from_iterator(texts, vocab_size=VOCABULARY, special_tokens=special, show_progress=False)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=trained._tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def _train(model: Any, tokenizer: Any, chance: random.Random, steps: int) -> None:
    """Cross entropy over the replies alone; the rate rises over 20 steps and falls over the last seven tenths."""
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01, betas=(0.9, 0.98))
    model.train()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min((step + 1) / 20, 1.0, (1 - step / steps) / 0.7)
        ids, labels = _batch(tokenizer, chance)
        hidden = model.model(input_ids=ids).last_hidden_state[:, :-1]
        asked = labels[:, 1:] != -100
        loss = torch.nn.functional.cross_entropy(model.lm_head(hidden[asked]), labels[:, 1:][asked])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    model.eval()


def _batch(tokenizer: Any, chance: random.Random) -> tuple[Any, Any]:
    """Token ids and labels of some lessons, filled up on the right; one batch in four has its prompts whole."""
    import torch

    whole = chance.random() < 0.25
    rows = []
    for _ in range(BATCH // 3 if whole else BATCH):
        each = lesson(chance)
        prompt = tokenizer(_asked(each))["input_ids"]
        reply = [*tokenizer(each.reply)["input_ids"], tokenizer.eos_token_id]
        rows.append((prompt if whole else prompt[-NEAR:], reply))
    longest = max(len(prompt) + len(reply) for prompt, reply in rows)
    ids = torch.full((len(rows), longest), tokenizer.pad_token_id)
    labels = torch.full((len(rows), longest), -100)
    for place, (prompt, reply) in enumerate(rows):
        both = torch.tensor([*prompt, *reply])
        ids[place, : len(both)] = both
        labels[place, len(prompt) : len(both)] = both[len(prompt) :]
    return ids, labels


def _asked(each: Lesson) -> str:
    """The text that the model goes on after: the prompt, or the chat template's around it."""
    return each.prompt if each.endpoint is Endpoint.COMPLETIONS else f"user: {each.prompt}\nassistant: "
