"""Arrays: the forms in which compiled code reads a pool's texts, and what it works in."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.novelty.score import Numbers

MachineWords = NDArray[np.uint64]
Offsets = NDArray[np.int32 | np.int64]  # in another array, in half the memory while that one is not too long
PLACES = 64  # of a token among a text's rarest; those further on share the last


class TextArrays(NamedTuple):
    """Texts one after the other. A token's number is its rank by rarity in the pool: 0 for the rarest."""

    tokens: NDArray[np.int32]  # in reading order
    offsets: Offsets  # text i is [offsets[i], offsets[i + 1])
    signature: MachineWords  # (texts, 2): 128 bits, see kernels.sketch


class Bounds(NamedTuple):
    """What a pair must satisfy to pass a threshold, by text length m (`needed` by m + n)."""

    needed: Numbers  # least LCS that passes
    shortest: Numbers  # shortest partner that can pass; 0 where none can
    longest: Numbers
    prefix: Numbers  # how many of the rarest tokens must hold a common one


class Postings(NamedTuple):
    """For each token, the texts that have it among their rarest: in buckets of one length and one place in the text's
    rarest, each in order of arrival, so that a bucket is looked at or passed over as a whole."""

    start: Numbers  # by token: its first bucket
    kind: NDArray[np.int32]  # by bucket: length * PLACES + place, rising within a token
    room: Offsets  # by bucket: its first entry
    filled: NDArray[np.int32]  # by bucket
    position: NDArray[np.int32]
    signature: MachineWords  # (entries, 2): the text's, kept here so that a scan reads memory in order; (entries, 1):
    # its halves laid over each other


class Recent(NamedTuple):
    """The texts of the stretch in hand that got in: for each token a chain of entries, the newest first."""

    newest: NDArray[np.int32]  # by token: an entry, -1 for none
    before: NDArray[np.int32]  # by entry: the one before it in its chain
    position: NDArray[np.int32]  # by entry: the text


class ClosestSoFar(NamedTuple):
    """By text: the closest of those that are in and keep it out, -1 for none, their LCS and how many tokens both have.

    The numbers stand for themselves, so that the closest text need not be among those at hand.
    """

    place: NDArray[np.int32]
    lcs: NDArray[np.int32]
    total: NDArray[np.int32]

    @classmethod
    def none(cls, count: int) -> "ClosestSoFar":
        """Return room for `count` texts, none of which has one."""
        return cls(np.full(count, -1, np.int32), np.zeros(count, np.int32), np.ones(count, np.int32))


class Scratch(NamedTuple):
    """Working memory of one thread."""

    mask: MachineWords  # by token: where it occurs in 64 tokens of the text in hand
    seen: NDArray[np.int32]  # by text: the last text that was compared with it
    carry: MachineWords  # by token of the other text
    rarest: NDArray[np.int32]  # for the tokens of a text, see posting.rarest_of
    hit: NDArray[np.int32]
    hit_lcs: NDArray[np.int32]
