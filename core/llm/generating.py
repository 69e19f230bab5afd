"""Generation by transformers: one batch of prompts, one sampling, penalties and stops as OpenAI's protocol has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
)

from core.llm.writing import Declined, Decoding, Written

TAIL = 24  # tokens in whose text a stop sequence that just ended is looked for


class Generator:
    """A loaded model. `device` is where it runs, in words."""

    def __init__(self, name: str) -> None:
        """Load a folder or a hub name. Raises OSError or ValueError where it is none."""
        self._tokenizer = AutoTokenizer.from_pretrained(name, padding_side="left")
        if torch.cuda.is_available():
            place, self.device, dtype = "cuda", torch.cuda.get_device_name(), "auto"
        elif torch.backends.mps.is_available():
            place, self.device, dtype = "mps", "this machine's GPU", "auto"
        else:
            place, self.device, dtype = "cpu", "this machine's processor", torch.float32
        model: Any = AutoModelForCausalLM.from_pretrained(name, dtype=dtype)
        self._model = model.to(place).eval()
        if self._tokenizer.pad_token_id is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token or self._tokenizer.convert_ids_to_tokens(0)
        config = self._model.config
        self._context = int(getattr(config, "max_position_embeddings", 0) or 0)

    def write(
        self, asked: Sequence[tuple[str | Sequence[Mapping[str, Any]], Mapping[str, Any]]], how: Decoding
    ) -> list[Written | Declined]:
        """Return a reply to each prompt (or list of messages, with what its template is told), in order."""
        prompts = [self._prompt(spoken, template) for spoken, template in asked]
        found: list[Written | Declined | None] = [
            prompt if isinstance(prompt, Declined) else self._too_long(prompt, how) for prompt in prompts
        ]
        fitting = [n for n, one in enumerate(found) if one is None]
        if fitting:
            written = self._generate([str(prompts[n]) for n in fitting], how)
            for n, one in zip(fitting, written, strict=True):
                found[n] = one
        return [one for one in found if one is not None]

    def _prompt(self, spoken: str | Sequence[Mapping[str, Any]], template: Mapping[str, Any]) -> str | Declined:
        if isinstance(spoken, str):
            return spoken
        if not self._tokenizer.chat_template:
            return Declined(400, "This model has no chat template; ask it on the endpoint completions.")
        return str(
            self._tokenizer.apply_chat_template(
                [dict(message) for message in spoken], tokenize=False, add_generation_prompt=True, **template
            )
        )

    def _too_long(self, prompt: str | Declined, how: Decoding) -> Declined | None:
        n = len(self._tokenizer(str(prompt))["input_ids"])
        if not self._context or n + how.most <= self._context:
            return None
        return Declined(
            400,
            f"This model's maximum context length is {self._context} tokens. However, you requested {n + how.most} "
            f"tokens ({n} in the messages, {how.most} in the completion).",
            "context_length_exceeded",
        )

    def _generate(self, prompts: Sequence[str], how: Decoding) -> list[Written]:
        # A template writes its own special tokens; a bare prompt gets the tokenizer's.
        packed = self._tokenizer(list(prompts), return_tensors="pt", padding=True)
        packed = {name: packed[name].to(self._model.device) for name in ("input_ids", "attention_mask")}
        length = packed["input_ids"].shape[1]
        sampled = how.temperature > 0
        sampling: dict[str, Any] = {"do_sample": False}
        if sampled:
            sampling = {"do_sample": True, "temperature": how.temperature, "top_p": how.top_p or 1e-6, "top_k": 0}
        with torch.inference_mode():
            came = self._model.generate(
                **packed,
                max_new_tokens=how.most,
                pad_token_id=self._tokenizer.pad_token_id,
                logits_processor=LogitsProcessorList(
                    [_Penalties(length, how)] if how.presence or how.frequency else []
                ),
                stopping_criteria=StoppingCriteriaList(
                    [_Stops(self._tokenizer, length, how.stops)] if how.stops else []
                ),
                **sampling,
            )
        return [
            self._written(row[length:].tolist(), int(mask.sum()), how)
            for row, mask in zip(came, packed["attention_mask"], strict=True)
        ]

    def _written(self, tokens: list[int], prompt_tokens: int, how: Decoding) -> Written:
        ends = self._model.generation_config.eos_token_id
        ends = {ends} if isinstance(ends, int) else set(ends or ())
        end = next((place for place, token in enumerate(tokens) if token in ends), None)
        own = tokens if end is None else tokens[:end]
        text = self._tokenizer.decode(own, skip_special_tokens=True)
        stop = min((at for one in how.stops if (at := text.find(one)) >= 0), default=None)
        if stop is not None:  # after it the row was padded while others went on
            return Written(text[:stop], "stop", prompt_tokens, len(self._tokenizer(text[:stop])["input_ids"]))
        whole = end is not None or len(tokens) < how.most
        return Written(text, "stop" if whole else "length", prompt_tokens, len(own))


class _Penalties(LogitsProcessor):  # type: ignore[misc]
    """OpenAI's presence and frequency penalties, over the tokens written so far."""

    def __init__(self, length: int, how: Decoding) -> None:
        self._length, self._how = length, how

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        written = input_ids[:, self._length :]
        counts = torch.zeros_like(scores).scatter_add_(1, written, torch.ones_like(written, dtype=scores.dtype))
        return scores - self._how.frequency * counts - self._how.presence * (counts > 0).to(scores.dtype)


class _Stops(StoppingCriteria):  # type: ignore[misc]
    """Ends a row whose text has come to a stop sequence; the others go on."""

    def __init__(self, tokenizer: Any, length: int, stops: tuple[str, ...]) -> None:
        self._tokenizer, self._length, self._stops = tokenizer, length, stops

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        tails = self._tokenizer.batch_decode(input_ids[:, max(self._length, input_ids.shape[1] - TAIL) :])
        return torch.tensor([any(stop in tail for stop in self._stops) for tail in tails], device=input_ids.device)
