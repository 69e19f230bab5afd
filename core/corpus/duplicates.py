"""Repeated texts across shards: the first in the corpus's order stays, later ones are traced to it.

Memory grows with the texts that were kept, by about 40 bytes each, and with those that truly resemble another one;
the sketches themselves stay on disk. Only rows that share a key with another row ever reach the index.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORD = re.compile(r"\w+")
SCHEME = "affine32"
MIX = np.uint64(0x9E3779B97F4A7C15)


class Sketcher:
    """Turns a kept text into the bytes that duplicates are found by: its SHA-256 and, where wanted, its MinHash."""

    def __init__(self, permutations: int, shingle_words: int) -> None:
        self._shingle_words = shingle_words
        self._blank: Any = None
        self._permutations = permutations

    def sketch(self, digest: bytes, text: str) -> bytes:
        """Return 32 bytes of hash and four bytes for each permutation."""
        if not self._permutations:
            return digest
        if self._blank is None:
            # Only here: a shard that keeps nothing never loads datasketch and scipy.
            from datasketch import MinHash

            self._blank = MinHash(self._permutations, scheme=SCHEME)
        minhash = self._blank.copy()
        minhash.update_batch(shingles(text, self._shingle_words))
        return digest + bytes(minhash.hashvalues.astype("<u4").tobytes())


def shingles(text: str, words: int) -> list[bytes]:
    """Return the runs of that many words, lower-cased; a shorter text is one shingle."""
    tokens = [token.encode() for token in WORD.findall(text.lower())]
    return [b" ".join(tokens[start : start + words]) for start in range(max(1, len(tokens) - words + 1))]


Repeats = dict[int, int]
"""Rows that repeat an earlier text, each with the row that stays for it."""


def find_duplicates(files: Sequence[Path], permutations: int, threshold: float) -> tuple[Repeats, Repeats]:
    """Return the exact and the near duplicates among the rows of the shards' sketches.

    Rows are numbered through all files in order. A near duplicate resembles the one that stays by at least `threshold`.
    Without permutations only exact duplicates are found.
    """
    tables = _Tables(files, permutations)
    exact = _exact(tables)
    near = _near(tables, permutations, threshold, exact) if permutations else {}
    # An exact repeat of a text that is itself a near duplicate is traced to the text that stays.
    return {row: near.get(original, original) for row, original in exact.items()}, near


class _Tables:
    """The sketches of all shards, mapped from disk."""

    def __init__(self, files: Sequence[Path], permutations: int) -> None:
        row = np.dtype([("sha", "<u8", (4,)), ("sketch", "<u4", (permutations,))])
        self._maps = [np.memmap(file, dtype=row, mode="r") for file in files if file.stat().st_size]
        self._starts = np.cumsum([0] + [len(table) for table in self._maps])
        self.rows = int(self._starts[-1])

    def hashes(self) -> Iterator[NDArray[np.uint64]]:
        for table in self._maps:
            yield np.asarray(table["sha"][:, 0])

    def bands(self, start: int, end: int) -> Iterator[NDArray[np.uint64]]:
        for table in self._maps:
            key = np.zeros(len(table), dtype=np.uint64)
            for column in range(start, end):
                key = (key ^ table["sketch"][:, column]) * MIX
                key ^= key >> np.uint64(29)
            yield key

    def __getitem__(self, row: int) -> Any:
        at = int(np.searchsorted(self._starts, row, side="right")) - 1
        return self._maps[at][row - int(self._starts[at])]


def _exact(tables: _Tables) -> Repeats:
    first: dict[bytes, int] = {}
    repeats: Repeats = {}
    for row in _colliding(tables.hashes(), tables.rows).nonzero()[0].tolist():
        original = first.setdefault(tables[row]["sha"].tobytes(), row)
        if original != row:
            repeats[row] = original
    return repeats


def _near(tables: _Tables, permutations: int, threshold: float, exact: Repeats) -> Repeats:
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=permutations)
    meets = np.zeros(tables.rows, dtype=bool)
    for start, end in index.hashranges:
        meets |= _colliding(tables.bands(start, end), tables.rows)
    permuted = MinHash(permutations, scheme=SCHEME).permutations
    stays: dict[int, Any] = {}
    repeats: Repeats = {}
    for row in meets.nonzero()[0].tolist():
        if row in exact:
            continue
        sketch = MinHash(hashvalues=tables[row]["sketch"], permutations=permuted, scheme=SCHEME)
        alike = [other for other in index.query(sketch) if sketch.jaccard(stays[other]) >= threshold]
        if alike:
            repeats[row] = min(alike)
        else:
            stays[row] = sketch
            index.insert(row, sketch)
    return repeats


def _colliding(parts: Iterator[NDArray[np.uint64]], rows: int) -> NDArray[np.bool_]:
    """Return which rows share their key with another row."""
    keys = np.fromiter((), dtype=np.uint64) if not rows else np.concatenate(list(parts))
    order = np.argsort(keys, kind="stable")
    twins = np.zeros(rows, dtype=bool)
    same = keys[order][1:] == keys[order][:-1]
    twins[order[1:][same]] = True
    twins[order[:-1][same]] = True
    return twins
