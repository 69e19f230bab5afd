"""A random sample that does not depend on who drew it: each text's lot is a hash of the seed and the text itself.

The texts with the smallest lots win, so samples of parts merge into the sample of the whole, on any number of workers.
"""

from __future__ import annotations

import heapq
from hashlib import blake2b
from typing import Generic, TypeVar

Item = TypeVar("Item")


def lot(seed: int, text_hash: str) -> int:
    """Return the text's lot: 64 bits that only the seed and the text decide."""
    return int.from_bytes(blake2b(f"{seed}:{text_hash}".encode(), digest_size=8).digest(), "big")


class Sample(Generic[Item]):
    """The `size` items with the smallest lots of those offered; equal lots go to the earlier place."""

    def __init__(self, size: int, seed: int) -> None:
        self._size = size
        self._seed = seed
        self._heap: list[tuple[int, tuple[int, int], Item]] = []

    def offer(self, text_hash: str, place: tuple[int, int], item: Item) -> None:
        """Let an item take part. `place` (shard, row) is unique and is the order in which the winners come out."""
        # heapq keeps the smallest on top; negated, that is the item to give way.
        entry = (-lot(self._seed, text_hash), (-place[0], -place[1]), item)
        if len(self._heap) < self._size:
            heapq.heappush(self._heap, entry)
        elif self._size:
            heapq.heappushpop(self._heap, entry)

    def winners(self) -> list[Item]:
        """Return the sample in the order of the corpus."""
        return [item for _, _, item in sorted(self._heap, key=lambda entry: entry[1], reverse=True)]
