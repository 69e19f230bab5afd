"""Arrays: the forms in which compiled code reads a pool's texts, and what it works in."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.novelty.score import Numbers

MachineWords = NDArray[np.uint64]


class TextArrays(NamedTuple):
    """Texts one after the other. A token's number is its rank by rarity in the pool: 0 for the rarest."""

    tokens: NDArray[np.int32]  # in reading order
    rarest: NDArray[np.int32]  # the same, rarest first within each text
    offsets: Numbers  # text i is [offsets[i], offsets[i + 1])
    signature: MachineWords  # (texts, 2): 128 bits, see kernels.sketch


class Bounds(NamedTuple):
    """What a pair must satisfy to pass a threshold, by text length m (`needed` by m + n)."""

    needed: Numbers  # least LCS that passes
    shortest: Numbers  # shortest partner that can pass; 0 where none can
    longest: Numbers
    prefix: Numbers  # how many of the rarest tokens must hold a common one


class Postings(NamedTuple):
    """For each token, the texts that have it among their rarest, in order of arrival."""

    start: Numbers
    filled: Numbers
    position: NDArray[np.int32]
    length: NDArray[np.int32]
    signature: MachineWords  # the first 64 bits, kept here so that a scan reads memory in order


class Scratch(NamedTuple):
    """Working memory of one thread."""

    mask: MachineWords  # by token: where it occurs in 64 tokens of the text in hand
    seen: NDArray[np.int32]  # by text: the last text that was compared with it
    spare: Numbers  # by length of a partner: how many tokens may be in one text only; -1 where it can't pass
    carry: MachineWords  # by token of the other text
    hit: NDArray[np.int32]
    hit_lcs: NDArray[np.int32]
