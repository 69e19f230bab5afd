"""Novelty at the size of the paper's pool: 52,445 made-up instructions through the gate, and the what-if curve.

Ratios are taken in processor seconds against the loop of the reference program (rouge-score, one pair at a time) in
the same run, so that other load doesn't count. Three of them: the whole gate (the promise: by each pair of a candidate
and an accepted text before it, which the loop would compare), one candidate asking for its ten closest, and every pair
really scored. Gate and join run in processes of their own, first with no compiled code on disk, then with it.
Run: `python -m tests.benchmarks.bench_novelty [--count 52445]`; a million takes minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np

PAPER_COUNT, THRESHOLD, FLOOR, CURVE = 52_445, 0.7, 0.5, (0.5, 0.6, 0.7, 0.8)
TARGET_RATIO = 4_000
REFERENCE_PAIRS, CHECKED, BATCH = 2_000, 24, 256
FUNCTION_WORDS, CONTENT_WORDS, OPENINGS = 45, 40_000, 3_000


def main() -> int:
    """Print one JSON object; return 1 where the promised ratio or a checked decision does not hold."""
    options = _options()
    if options.part:
        print(json.dumps(PARTS[options.part](pool(options.count))))
        return 0
    texts = pool(options.count)
    with tempfile.TemporaryDirectory() as cache:
        cold, warm, what_if = (_apart(part, options.count, cache) for part in ("gate", "gate", "what_if"))
    reference = _reference_seconds_a_pair(texts)
    exact, live = _exact_seconds_a_pair(texts), _live_seconds_a_pair(texts)
    wrong = _wrong_decisions(texts, warm.pop("dropped_at"))
    cold.pop("dropped_at")
    figures = {
        "texts": len(texts),
        "mean_tokens": round(float(np.mean([len(text.split()) for text in texts])), 2),
        "reference_us_a_pair": round(reference * 1e6, 1),
        "exact_ns_a_pair": round(exact * 1e9, 1),
        "one_candidate_ms": round(live * len(texts) * 1e3, 2),
        "ratio_exact": round(reference / exact),
        "ratio_one_candidate": round(reference / live),
        "ratio_gate": round(reference * warm["comparisons"] / warm["cpu_seconds"]),
        "ratio_promised": TARGET_RATIO,
        "gate_nothing_compiled": cold,
        "gate": warm,
        "what_if": what_if,
        "decisions_checked": CHECKED,
        "decisions_wrong": wrong,
    }
    print(json.dumps(figures))
    return int(figures["ratio_gate"] < TARGET_RATIO or wrong > 0)


def pool(count: int, seed: int = 7) -> list[str]:
    """Return made-up instructions in the proportions of real ones: 16 words each, a dozen similar pairs a text.

    Each begins with one of some thousand openings and follows a template with slots; words come by Zipf's law.
    """
    chance = np.random.default_rng(seed)
    function, content = _zipf(FUNCTION_WORDS, 1.5, 1.0), _zipf(CONTENT_WORDS, 12, 1.02)
    templates = max(count * 30_000 // PAPER_COUNT, 10)
    common_template, common_opening = _zipf(templates, 10, 0.52), _zipf(OPENINGS, 2, 1.0)

    def words(length: int) -> tuple[np.ndarray, np.ndarray]:
        small = chance.random(length) < 0.42
        drawn = FUNCTION_WORDS + _draw(content, length)
        return np.where(small, _draw(function, length), drawn), small

    def _draw(cumulative: np.ndarray, length: int) -> np.ndarray:
        return np.searchsorted(cumulative, chance.random(length))

    openings = [words(int(chance.integers(2, 6)))[0] for _ in range(OPENINGS)]
    made = []
    for opening in _draw(common_opening, templates):
        tail, small = words(max(1, int(chance.gamma(2.6, 14.35 / 2.6))))
        slots = np.concatenate([np.zeros(len(openings[opening]), bool), ~small & (chance.random(len(tail)) < 0.7)])
        made.append((np.concatenate([openings[opening], tail]), slots))
    texts = []
    for template in _draw(common_template, count):
        filled, slots = made[template][0].copy(), made[template][1]
        filled[slots] = FUNCTION_WORDS + _draw(content, int(slots.sum()))
        texts.append(" ".join(f"w{word}" for word in filled[chance.random(len(filled)) > 0.08]))
    return texts


def _zipf(words: int, offset: float, power: float) -> np.ndarray:
    weights = 1 / (np.arange(words) + offset) ** power
    return np.asarray(np.cumsum(weights / weights.sum()))


def _gate(texts: list[str]) -> dict[str, Any]:
    from core.novelty import admit

    seconds, cpu_seconds, admissions = _timed(lambda: admit(texts, THRESHOLD))
    in_before = np.concatenate([[0], np.cumsum(admissions.kept)[:-1]])
    dropped = np.flatnonzero(~admissions.kept)
    return {
        "seconds": seconds,
        "cpu_seconds": round(cpu_seconds, 3),
        "peak_mb": _peak_mb(),
        "kept": int(admissions.kept.sum()),
        "comparisons": int(in_before.sum()),
        "dropped_at": dict(zip(dropped.tolist(), admissions.score[dropped].tolist(), strict=True)),
    }


def _what_if(texts: list[str]) -> dict[str, Any]:
    from core.novelty import curve, similar_pairs

    seconds, _, pairs = _timed(lambda: similar_pairs(texts, floor=FLOOR))
    curve_seconds, _, points = _timed(lambda: curve(pairs, len(texts), CURVE))
    return {
        "join_seconds": seconds,
        "curve_seconds": curve_seconds,
        "pairs": len(pairs),
        "kept": {str(point.threshold): point.kept for point in points},
        "peak_mb": _peak_mb(),
    }


PARTS: dict[str, Callable[[list[str]], dict[str, Any]]] = {"gate": _gate, "what_if": _what_if}


def _apart(part: str, count: int, cache: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.bench_novelty", "--count", str(count), "--part", part]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "NUMBA_CACHE_DIR": cache}
    )
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def _reference_seconds_a_pair(texts: list[str]) -> float:
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    chosen = np.random.default_rng(1).choice(len(texts), (REFERENCE_PAIRS, 2))
    _, seconds, _ = _timed(lambda: [scorer.score(texts[one], texts[other]) for one, other in chosen])
    return seconds / REFERENCE_PAIRS


def _exact_seconds_a_pair(texts: list[str]) -> float:
    """Time with every pair's score really computed, no bound in between: a batch of candidates against the pool."""
    index = _index_of(texts)
    _, seconds, _ = _timed(lambda: index.nearest_of_each(texts[:BATCH]))
    return seconds / (BATCH * len(texts))


def _live_seconds_a_pair(texts: list[str]) -> float:
    """Time one candidate after the other against the pool, the ten closest included."""
    index = _index_of(texts)
    _, seconds, _ = _timed(lambda: [index.closest(text, 10) for text in texts[:40]])
    return seconds / (40 * len(texts))


def _index_of(texts: list[str]) -> Any:
    from core.novelty import NoveltyIndex

    index = NoveltyIndex()
    for key, text in enumerate(texts):
        index.add(key, text)
    index.closest(texts[0])
    return index


def _wrong_decisions(texts: list[str], dropped_at: dict[str, float]) -> int:
    """Check decisions drawn from both kinds against plain LCS with every text that was in before."""
    dropped = {int(at): score for at, score in dropped_at.items()}
    chance = np.random.default_rng(3)
    kept = np.setdiff1d(np.arange(len(texts)), list(dropped))
    sample = [*chance.choice(kept, CHECKED // 2), *chance.choice(list(dropped), CHECKED // 2)]
    cut = [text.split() for text in texts]
    wrong = 0
    for at in sample:
        best = max((_plain_score(cut[at], cut[other]) for other in kept[kept < at]), default=0.0)
        wrong += (best > THRESHOLD) != (at in dropped) or (at in dropped and best != dropped[at])
    return wrong


def _plain_score(one: list[str], other: list[str]) -> float:
    row = [0] * (len(other) + 1)
    for token in one:
        diagonal = 0
        for at, candidate in enumerate(other, 1):
            above = row[at]
            row[at] = diagonal + 1 if token == candidate else max(above, row[at - 1])
            diagonal = above
    return 2 * row[-1] / (len(one) + len(other)) if row[-1] else 0.0


def _timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return seconds by the clock, seconds of processor time, and what the work returned."""
    clock, processor = time.perf_counter(), time.process_time()
    done = work()
    return round(time.perf_counter() - clock, 3), time.process_time() - processor, done


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=PAPER_COUNT)
    parser.add_argument("--part", choices=list(PARTS), help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
