"""Sequences whose parts are made when they are asked for: read from a database, from the disk or worked out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import TypeVar, overload

Part = TypeVar("Part")
AT_ONCE = 1_000  # parts that are made together when all are gone through


class MadeWhenAsked(Sequence[Part]):
    """What these have in common: one place, a slice or all, each by `several`."""

    @abstractmethod
    def several(self, places: Sequence[int]) -> list[Part]:
        """The parts at these places, counted from 0."""

    @overload
    def __getitem__(self, place: int) -> Part: ...
    @overload
    def __getitem__(self, place: slice) -> list[Part]: ...
    def __getitem__(self, place: int | slice) -> Part | list[Part]:
        if isinstance(place, slice):
            return self.several(range(*place.indices(len(self))))
        return self.several([range(len(self))[place]])[0]

    def __iter__(self) -> Iterator[Part]:
        for start in range(0, len(self), AT_ONCE):
            yield from self[start : start + AT_ONCE]
