"""Arrays of numbers on their way between the process that compares, the run and the database: packed, in parts."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

PART = 1 << 20  # bytes before packing: some milliseconds under the write lock

# By name, in the order in which they are sent. Those that grow by a stretch are kept stretch by stretch; the others
# change everywhere, and stand anew in every step.
GROWING = {"later": np.int32, "earlier": np.int32, "score": np.float64, "kept": np.uint64}
REPLACED = {
    "nearest": np.int32,
    "closest": np.float64,
    "forest_one": np.int32,
    "forest_other": np.int32,
    "forest_score": np.float64,
}
BEFORE = {"ids": np.int64, "shown": np.bool_}
TYPES: dict[str, Any] = GROWING | REPLACED | BEFORE


def in_packed_parts(array: NDArray[Any]) -> Iterator[bytes]:
    """The array, part by part."""
    size = PART // array.dtype.itemsize
    for start in range(0, len(array), size):
        yield zlib.compress(array[start : start + size].tobytes(), 1)


def whole(name: str, parts: Iterable[bytes]) -> NDArray[Any]:
    """The array of that name, which may be written to."""
    return np.frombuffer(bytearray().join(map(zlib.decompress, parts)), TYPES[name])
