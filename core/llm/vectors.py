"""Vectors of texts: read from what a server sent, kept small, and found again. The door to what is kept of them.

What came is on disk as it came before any of it is read here. A vector is kept at length 1 in 16-bit floats, two bytes
a number: 50,000 texts in 1,536 dimensions take 154 MB, and no angle changes by more than a thousandth.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.llm.rows import embeddings as rows
from core.llm.rows.embeddings import EmbeddingAsk as EmbeddingAsk
from core.llm.rows.embeddings import VectorSource as VectorSource

if TYPE_CHECKING:
    from numpy.typing import NDArray

plan, drop_unanswered, came, unread, ask, keep = (
    rows.plan,
    rows.drop_unanswered,
    rows.came,
    rows.unread,
    rows.ask,
    rows.keep,
)
kept, length, vectors, forget = rows.kept, rows.length, rows.vectors, rows.forget

PACKED = np.dtype("<f2")
MOST_NUMBERS = 65_536  # of a vector: far more than any model of today has


def read_vectors(came: bytes, n: int) -> list[bytes | None]:
    """The vectors of a reply about `n` texts, packed, in the order of the texts; None for one that is of no use.

    Numbers may come as such or as base64. Of no use: missing, not finite, all noughts, of another length than the
    first that is of use, told twice and otherwise the second time.
    """
    found: list[bytes | None] = [None] * n
    told_twice: set[int] = set()
    items = json.loads(came)
    length = 0
    for at, item in enumerate(items if isinstance(items, list) else ()):
        if not isinstance(item, dict):
            continue
        place = item.get("index", at)
        if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place < n:
            continue
        numbers = _numbers(item.get("embedding"))
        packed = None if numbers is None else _packed(numbers)
        if packed is not None and len(packed) == (length := length or len(packed)):
            if found[place] not in (None, packed):
                told_twice.add(place)
            found[place] = packed
    return [None if place in told_twice else packed for place, packed in enumerate(found)]


def unpacked(packed: Sequence[bytes]) -> NDArray[np.float32]:
    """Packed vectors as numbers (texts x dimensions)."""
    return np.frombuffer(b"".join(packed), PACKED).reshape(len(packed), -1).astype(np.float32)


def _numbers(sent: Any) -> NDArray[np.float64] | None:
    """The numbers of one embedding as a server wrote them."""
    try:
        if isinstance(sent, str):
            with np.errstate(invalid="ignore"):
                return np.frombuffer(base64.b64decode(sent, validate=True), "<f4").astype(np.float64)
        if isinstance(sent, list) and 0 < len(sent) <= MOST_NUMBERS:
            if isinstance(sent[0], list):  # a vector a token, as llama.cpp gives for models that write: their mean
                with np.errstate(over="ignore"):
                    return np.asarray(np.asarray(sent, np.float64).mean(axis=0))
            if all(type(one) in (int, float) for one in sent):
                return np.asarray(sent, np.float64)
    except (binascii.Error, ValueError, TypeError, OverflowError):
        return None
    return None


def _packed(numbers: NDArray[np.float64]) -> bytes | None:
    if numbers.ndim != 1 or not 0 < len(numbers) <= MOST_NUMBERS or not np.isfinite(numbers).all():
        return None
    with np.errstate(over="ignore"):
        length = float(np.linalg.norm(numbers))
    if not (np.isfinite(length) and length):
        return None
    return (numbers / length).astype(PACKED).tobytes()
