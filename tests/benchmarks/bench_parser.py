"""Instructions a second through the parsing process, against benepar called one sentence at a time in the same run.

python tests/benchmarks/bench_parser.py [COUNT]

The instructions are the labelled ones of tests/diversity, repeated in a fixed random order. Baseline and product run by
turns, both without spinning threads and equally polite to other processes, so that other load meets both alike.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean, median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from core.aside import NICENESS
from core.diversity.parser import Parser, parser_named
from core.diversity.parsing import FIRST_CHUNK, parse_texts
from tests.diversity.labelled import labelled

PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}
ROUNDS = 3
BASELINE = 150
GOAL_RATE, GOAL_RATIO = 700, 10


def instructions(count: int) -> list[str]:
    """As many instructions as asked for, drawn from the labelled ones."""
    known = [row.instruction for name in ("instructions_64.tsv", "instructions_200.tsv") for row in labelled(name)]
    return random.Random(1).choices(known, k=count)


def product_rate(texts: list[str], parser: Parser) -> tuple[float, float]:
    """Instructions a second once the process runs, and the seconds until its first chunk came."""
    began = time.perf_counter()
    first = 0.0
    for chunk in parse_texts(texts, parser):
        first = first or time.perf_counter() - began
        done = chunk.done
    return (done - FIRST_CHUNK) / (time.perf_counter() - began - first), first


class OneAtATime:
    """benepar as its documentation uses it: one sentence a call."""

    def __init__(self, model: Path) -> None:
        import benepar

        from core.diversity.berkeley import from_nltk
        from core.diversity.sentence import SentenceReader
        from core.diversity.verbnoun import verb_noun

        self._parser = benepar.Parser(str(model))
        self._read = SentenceReader().first_sentence
        self._sentence = benepar.InputSentence
        self._pair: Callable[[Any], object] = lambda tree: verb_noun(from_nltk(tree))

    def rate(self, texts: list[str]) -> float:
        """Instructions a second for the same work: text in, verb and noun out."""
        began = time.perf_counter()
        for text in texts:
            if sentence := self._read(text):
                words = self._sentence(words=list(sentence.words), space_after=list(sentence.space_after))
                self._pair(self._parser.parse(words))
        return len(texts) / (time.perf_counter() - began)


def main() -> None:
    """Print the rates of each round, their medians and the ratio."""
    if any(os.environ.get(name) != value for name, value in PASSIVE.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | PASSIVE)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 6_000
    os.nice(NICENESS)
    texts = instructions(count)
    parser = parser_named("built-in small")
    assert parser.model is not None
    baseline = OneAtATime(parser.model)
    baseline.rate(texts[:10])
    print(f"{count} instructions of {mean(len(text.split()) for text in texts):.1f} words, {os.cpu_count()} cores")
    alone, together, ratios = [], [], []
    for turn in range(ROUNDS):
        alone.append(baseline.rate(texts[turn * BASELINE : (turn + 1) * BASELINE]))
        rate, first = product_rate(texts, parser)
        together.append(rate)
        ratios.append(rate / alone[-1])
        print(
            f"round {turn + 1}: one at a time {alone[-1]:.0f}/s, through the process {rate:.0f}/s "
            f"(first chunk after {first:.1f} s), ratio {ratios[-1]:.1f}, load {os.getloadavg()[0]:.1f}"
        )
    print(f"median: {median(together):.0f}/s (goal {GOAL_RATE}), ratio {median(ratios):.1f} (goal {GOAL_RATIO})")


if __name__ == "__main__":
    main()
