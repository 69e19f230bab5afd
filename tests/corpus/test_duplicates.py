"""Repeated texts are found across files as a plain pass with the whole index would find them."""

from __future__ import annotations

import random
from hashlib import sha256
from pathlib import Path

import pytest
from datasketch import MinHash, MinHashLSH

from core.corpus.duplicates import Sketcher, find_duplicates, shingles

PERMUTATIONS, WORDS = 64, 3


def corpus() -> list[str]:
    """Texts of which many repeat or resemble earlier ones, more or less."""
    chance = random.Random(2)
    vocabulary = [f"word{number}" for number in range(400)]
    texts: list[str] = []
    for _ in range(300):
        if texts and chance.random() < 0.5:
            words = chance.choice(texts).split()
            for _ in range(chance.choice([0, 1, 2, 4, 8, 16])):
                words[chance.randrange(len(words))] = chance.choice(vocabulary)
            texts.append(" ".join(words))
        else:
            texts.append(" ".join(chance.choices(vocabulary, k=120)))
    return texts


def plain(texts: list[str], threshold: float) -> tuple[dict[int, int], dict[int, int]]:
    index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
    first: dict[str, int] = {}
    stays: dict[int, MinHash] = {}
    exact, near = {}, {}
    for row, text in enumerate(texts):
        if text in first:
            exact[row] = first[text]
            continue
        first[text] = row
        sketch = MinHash(PERMUTATIONS)
        sketch.update_batch(shingles(text, WORDS))
        alike = [other for other in index.query(sketch) if sketch.jaccard(stays[other]) >= threshold]
        if alike:
            near[row] = min(alike)
        else:
            stays[row] = sketch
            index.insert(row, sketch)
    return {row: near.get(original, original) for row, original in exact.items()}, near


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("cuts", [[300], [0, 1, 120, 120, 300]])
def test_rows_and_files_do_not_matter_to_what_is_found(tmp_path: Path, threshold: float, cuts: list[int]) -> None:
    texts = corpus()
    sketcher = Sketcher(PERMUTATIONS, WORDS)
    sketches = [sketcher.sketch(sha256(text.encode()).digest(), text) for text in texts]
    files = []
    for start, end in zip([0, *cuts], cuts, strict=False):
        files.append(tmp_path / str(len(files)))
        files[-1].write_bytes(b"".join(sketches[start:end]))
    found = find_duplicates(files, PERMUTATIONS, threshold)
    assert found == plain(texts, threshold)
    assert len(found[0]) > 10 and len(found[1]) > 10


def test_without_sketches_exact_repeats_are_found_alone(tmp_path: Path) -> None:
    texts = ["one", "two", "one", "two!", "one"]
    sketcher = Sketcher(0, WORDS)
    (tmp_path / "a").write_bytes(b"".join(sketcher.sketch(sha256(text.encode()).digest(), text) for text in texts))
    assert find_duplicates([tmp_path / "a"], 0, 0.8) == ({2: 0, 4: 0}, {})


def test_a_text_shorter_than_a_shingle_is_one() -> None:
    assert shingles("Only two", 3) == [b"only two"]
    assert shingles("", 3) == [b""]
    assert shingles("a b c d", 3) == [b"a b c", b"b c d"]
