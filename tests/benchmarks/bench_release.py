"""How long 82,000 rows take in every format at once, against a plain json.dump of the same rows in the same run.

python tests/benchmarks/bench_release.py [ROWS]
"""

from __future__ import annotations

import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from core.records import Origin
from core.release.formats import FORMATS
from core.release.options import ReleaseOptions
from core.release.rows import ReleaseRow
from core.release.split import Shares
from core.release.writer import write_release

WORDS = [f"word{number}" for number in range(5_000)] + ["naïve", "数据", "😀", "שלום"]


def rows(count: int) -> Iterator[ReleaseRow]:
    """Yield rows with about the lengths of the Self-Instruct set: 16, 13 and 19 words (Table 1)."""
    draw = random.Random(1)

    def text(words: int) -> str:
        return " ".join(draw.choices(WORDS, k=max(1, int(draw.expovariate(1 / words)))))

    for number in range(count):
        yield ReleaseRow(
            f"i{number}",
            f"t{number * 2 // 3}",
            text(16),
            "" if number % 9 < 4 else text(13),
            text(19),
            number % 5 == 0,
            Origin.SEED if number < 175 else Origin.SELF_INSTRUCT,
            verb=WORDS[number % 300],
            lineage={
                "run": 12,
                "request": number,
                "model": "base",
                "settings": {"temperature": 0.7, "top_p": 0.5},
                "seeds": [f"seed_{seed}" for seed in draw.sample(range(175), 8)],
                "filters": ["length", "words", "novelty"],
                "ratings": [{"reviewer": "ann", "grade": "A"}],
            },
        )


def main() -> None:
    """Print seconds, ratios and the peak of memory of this process and its children."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 82_000
    with tempfile.TemporaryDirectory() as scratch:
        timed("generating the rows", lambda: sum(1 for _ in rows(count)))
        before = peak()
        options = ReleaseOptions("Bench", tuple(FORMATS), Shares(0.9, 0.05, 0.05))
        stages: dict[str, float] = {}
        latest = [time.perf_counter()]

        def progress(stage: str, done: int, total: int) -> None:
            now = time.perf_counter()
            stages[stage] = stages.get(stage, 0.0) + now - latest[0]
            latest[0] = now

        folder = timed(
            "folder, every format",
            lambda: write_release(lambda: rows(count), Path(scratch, "release"), options, progress=progress),
        )
        after = peak()
        zipped = timed("zip, every format", lambda: write_release(lambda: rows(count), Path(scratch, "r.zip"), options))
        one = ReleaseOptions("Bench", ("alpaca",))
        alpaca = timed("folder, alpaca alone", lambda: write_release(lambda: rows(count), Path(scratch, "one"), one))
        size = sum(path.stat().st_size for path in Path(scratch, "release").rglob("*") if path.is_file())
        plain = timed("plain json.dump of the rows", lambda: dump(count, Path(scratch, "plain.json")))
    for stage, seconds in sorted(stages.items(), key=lambda item: -item[1])[:12]:
        print(f"    {stage:<40} {seconds:6.2f} s")
    print(f"ratios to json.dump: folder {folder / plain:.1f}, zip {zipped / plain:.1f}, alpaca {alpaca / plain:.1f}")
    print(f"{count:,} rows, {size / 1e6:.0f} MB in {len(FORMATS)} formats")
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory: {before:.0f} MB before, {after:.0f} MB after the folder; a checking child {children:.0f} MB")


def dump(count: int, path: Path) -> None:
    """Write instruction, input and output of all rows the plain way: one list, one json.dump."""
    table = [{"instruction": row.instruction, "input": row.input, "output": row.output} for row in rows(count)]
    with path.open("w", encoding="utf-8") as file:
        json.dump(table, file)


def timed(name: str, work: object) -> float:
    """Run the work, print and return its seconds."""
    start = time.perf_counter()
    work()  # type: ignore[operator]
    seconds = time.perf_counter() - start
    print(f"{name:<40} {seconds:6.2f} s")
    return seconds


def peak() -> float:
    """Return the peak of this process's memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
