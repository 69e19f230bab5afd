"""How many texts a second one core selects, against a plain reading of the rules over the same texts in the same run.

python tests/benchmarks/bench_select.py [TEXTS]

The texts are made up, with lengths, line breaks and flaws drawn to lie near those of C4: two thirds are shorter than
1200 characters, one in a hundred passes.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from core.corpus.job import SelectionJob, SelectionSettings, write_job
from core.corpus.select import glance, verdict
from core.corpus.select_settings import PRESETS
from core.corpus.selection import select_corpus
from core.corpus.shards import plan_shards
from core.corpus.verbs import own_verbs
from tests.corpus.plain_reading import plain_failures

COMMON = """
the of and to in a is that for it as was with be by on not his but at are this have from or had an they
which one you were all there would their him been has when who will more no if out so said what up its
about into than them can only other new some could time these two may then do first any now such like
over man even most made after also
"""
RARE = ["Boston", "Anna", "March", "NASA", "U.S.", "I", "2020", "-", "OK", "we", "my", "he", "our"]
WORDS = COMMON.split()
TARGET, MOST_MB = 12_000, 300
PEAK = """
import sys
from pathlib import Path
from core.corpus.job import read_job
from core.corpus.sift import sift
job = read_job(sys.argv[1])
sift(job, job.shards[0])
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


def some_text(chance: random.Random, verbs: list[str]) -> str:
    """Return a text of a web page's length; one in a hundred is made to pass."""
    if chance.random() < 0.01:
        lines = [" ".join(chance.choices(WORDS, k=40))]
        lines += [f"{verb} " + " ".join(chance.choices(WORDS, k=45)) for verb in chance.sample(verbs, 6)]
        return "\n".join(lines)
    paragraph = chance.choice([30, 60, 90, 200])
    pieces: list[str] = []
    for _ in range(int(chance.lognormvariate(5.4, 0.9))):
        pieces.append(chance.choice(WORDS) if chance.random() > 0.03 else chance.choice(RARE))
        if chance.random() < 0.07:
            pieces.append(chance.choice(",,.?.!’&"))
        pieces.append("\n" if chance.random() < 1 / paragraph else " ")
    return "".join(pieces)


def main() -> int:
    """Print texts a second, ratios, memory of a worker, and seconds by number of shards; 1 where a promise broke."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60_000
    chance = random.Random(1)
    verbs = own_verbs()
    plain_verbs = sorted(verb for verb in verbs.base if verb.isalpha() and verb.islower())
    texts = [some_text(chance, plain_verbs) for _ in range(count)]
    print(f"{count:,} texts, {sum(map(len, texts)) / count:,.0f} characters on average")
    for name, rules in PRESETS.items():
        released = rules.capitals_as_released
        base, ing = set(verbs.base), set(verbs.ing)
        plain = rate(name, "plain reading", texts, lambda text: plain_failures(text, base, ing, released))  # noqa: B023
        every = rate(name, "every rule", texts, lambda text: verdict(text, rules, verbs))  # noqa: B023
        quick = rate(name, "at a glance", texts, lambda text: glance(text, rules, verbs))  # noqa: B023
        print(
            f"  against the plain reading: every rule {every / plain:.1f} times, at a glance {quick / plain:.1f} times"
        )
    with tempfile.TemporaryDirectory() as scratch:
        return 0 if whole(Path(scratch), texts) else 1


def rate(name: str, what: str, texts: list[str], judge: Callable[[str], object]) -> float:
    """Print and return texts a second."""
    start = time.perf_counter()
    for text in texts:
        judge(text)
    speed = len(texts) / (time.perf_counter() - start)
    print(f"{name}, {what}: {speed:,.0f} texts/s")
    return speed


def whole(scratch: Path, texts: list[str]) -> bool:
    """Measure the whole way: read JSON lines, judge, write, merge, in worker processes; return whether it held."""
    holds = True
    corpus = scratch / "corpus"
    corpus.mkdir()
    lines = "".join(json.dumps({"text": text, "url": "https://example.org/"}) + "\n" for text in texts)

    def seconds(shards: int, workers: int, decisions: bool = False) -> float:
        for number in range(shards):
            (corpus / f"{number}.jsonl").write_text(lines, encoding="utf-8")
        folder = Path(tempfile.mkdtemp(dir=scratch))
        start = time.perf_counter()
        select_corpus([str(corpus)], folder, SelectionSettings(decisions=decisions), workers=workers)
        return time.perf_counter() - start

    seconds(1, 1)  # warms the file cache for the libraries
    # What eight more shards cost is the work; what is left over is starting a worker and loading libraries, once.
    for decisions in (False, True):
        one, nine = seconds(1, 1, decisions), seconds(9, 1, decisions)
        speed = 8 * len(texts) / (nine - one)
        holds &= speed >= TARGET
        label = "with a decision a text" if decisions else "without decisions"
        print(f"whole way {label}: {speed:,.0f} texts/s a core ({speed / TARGET:.1f} times the {TARGET:,} promised)")
        for file in corpus.iterdir():
            file.unlink()
    for shards in (2, 4, 8):
        print(f"{shards} shards: {seconds(shards, 1):.1f} s with one worker, {seconds(shards, 2):.1f} s with two")
    if sys.platform == "linux":
        (scratch / "peak" / "shards").mkdir(parents=True)
        job = write_job(
            SelectionJob(
                scratch / "peak",
                scratch,
                SelectionSettings(),
                own_verbs(),
                tuple(plan_shards([str(corpus / "0.jsonl")], scratch)),
            )
        )
        done = subprocess.run([sys.executable, "-c", PEAK, str(job)], capture_output=True, text=True, check=True)
        peak = int(done.stdout) // 1024
        holds &= peak < MOST_MB
        print(f"peak memory of a worker: {peak} MB of the {MOST_MB} MB promised")
    return holds


if __name__ == "__main__":
    sys.exit(main())
