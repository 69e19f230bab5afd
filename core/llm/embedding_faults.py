"""What a server's complaint about a request for embeddings means, read from its words.

The words are facts, seen against real programs or read in public issues (OpenAI, vLLM, llama-server, Ollama, Text
Embeddings Inference, DashScope, SiliconFlow; November 2026).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class EmbeddingFault(StrEnum):
    """What is wrong with a request for embeddings."""

    NO_EMBEDDINGS = "no embeddings"  # the model, or the server as it was started, makes none
    TOO_LONG = "too long"  # one of the texts
    TOO_MANY = "too many"  # texts, or tokens of all of them together


@dataclass(frozen=True, slots=True)
class EmbeddingComplaint:
    """A fault, and how many texts a request may have, where the words say so."""

    fault: EmbeddingFault
    most: int | None = None


_NONE = re.compile(
    r"(does(n't| not)|do not|can(no|')t) support (the )?['\"`]?embed|not an? embeddings? model|no embeddings? endpoint"
    r"|not allowed to generate embeddings|embeddings? (is|are)( not|n't) (supported|enabled|available)"
    r"|(task|model)\W.{0,40}\bembed\w*\W.{0,20}not supported|not support the ['\"`]?embed|--embeddings?\b",
    re.IGNORECASE,
)
_TOO_LONG = re.compile(
    r"must have less than \d+ tokens|is too large to process|maximum input length|input length exceeds"
    r"|maximum context length|context (length|window|size)|longer than the (maximum|model)|max_model_len"
    r"|maximum sequence length|sequence length|too many tokens in (the )?(input|text)|input (text )?is too long",
    re.IGNORECASE,
)
_TOO_MANY = re.compile(
    r"batch[ _]size|array too long|maximum request size|max_tokens_per_request|too (many|large)|length limit exceeded"
    r"|list should have at most|at most \d+ (items|inputs|texts)|(inputs|texts|items|tokens) (per|in (one|a)) request",
    re.IGNORECASE,
)
_MOST = re.compile(
    r"(?:maximum allowed batch size|maximum length|larger than|at most|no more than|up to|less than or equal to"
    r"|limit(?:ed)?(?: of| to| is)?|max(?:imum)?(?: is| of)?)\W{0,3}(\d{1,5})\b(?! ?tokens)",
    re.IGNORECASE,
)


def complaint_of(status: int, message: str) -> EmbeddingComplaint | None:
    """What a complaint means; None where it is none that only embeddings know."""
    if _NONE.search(message) or status == 501:
        return EmbeddingComplaint(EmbeddingFault.NO_EMBEDDINGS)
    if status not in (400, 413, 422, 500):
        return None
    if _TOO_LONG.search(message):
        return EmbeddingComplaint(EmbeddingFault.TOO_LONG)
    if status == 413 or (status != 500 and _TOO_MANY.search(message)):
        found = _MOST.search(message)
        return EmbeddingComplaint(EmbeddingFault.TOO_MANY, int(found[1]) if found and int(found[1]) else None)
    return None
