"""Everything that the diversity page shows of 52,445 tasks: from what is kept, and as if nothing were kept.

Run: `python -m tests.benchmarks.bench_diversity [--count 52445]`. The ratio is taken in one run, in processor seconds:
finding verbs (with the word list, the quickest parser) and nearest seeds anew, against reading them.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core import pools
from core.database import Database, open_database
from core.diversity import seedscores
from core.diversity.charts import sunburst
from core.diversity.lexicon import verb_noun_by_lexicon
from core.diversity.parser import LEXICON, parser_named
from core.diversity.rows import looks, parses
from core.diversity.selection import TaskSelection
from core.diversity.theme import LIGHT
from core.diversity.view import look
from core.pool import arrivals, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.records import Origin, Pool
from tests.diversity.labelled import labelled

PAPER_COUNT, PAPER_INSTANCES = 52_445, 82_439
GOAL_RATIO = 2
CHUNK = 5_000


def main() -> int:
    """Print one JSON object; return 1 where the promised ratio does not hold."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=PAPER_COUNT)
    count = options.parse_args().count
    parser = parser_named(LEXICON)
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'winnow.db'}")
        pool, texts = stored(database, count)
        verb_noun_by_lexicon(texts[0])
        anew, pairs = timed(lambda: [verb_noun_by_lexicon(text) for text in texts])
        hashes = [tasks.instruction_hash(text) for text in texts]
        keeping, _ = timed(lambda: keep(database, parser.key, hashes, [(pair.verb, pair.noun) for pair in pairs]))
        measuring, measured = timed(lambda: seedscores.measure(database, pool))
        reading, found = timed(lambda: look(database, pool.id, TaskSelection(), parser.key))
        drawing, _ = timed(lambda: sunburst(found.table(), LIGHT, parser.label).to_json())
        moment, _ = timed(lambda: told(database, lambda c: looks.moment(c, parser.key, TaskSelection())))
        waiting, _ = timed(lambda: told(database, lambda c: parses.is_waiting(c, pool.id, parser.key)))
        sector = found.table().sectors[0]
        opening, behind = timed(
            lambda: told(
                database,
                lambda c: looks.with_pair(c, pool.id, TaskSelection(), parser.key, sector.verb, (sector.noun,)),
            )
        )
        figures = {
            "tasks": found.tasks,
            "instances": found.texts.table1.instances,
            "page_seconds": reading,
            "sunburst_seconds": drawing,
            "unchanged_seconds": moment,
            "is_waiting_seconds": waiting,
            "sector_seconds": opening,
            "sector_tasks": len(behind),
            "keep_parses_seconds": keeping,
            "seed_scores_once_seconds": measuring,
            "seed_scores_measured": measured,
            "word_list_seconds": anew,
            "ratio_anew_to_read": round((anew + measuring) / reading, 1),
            "ratio_promised": GOAL_RATIO,
        }
        database.close()
    print(json.dumps(figures))
    return int(figures["ratio_anew_to_read"] < GOAL_RATIO)


def stored(database: Database, count: int) -> tuple[Pool, list[str]]:
    """A pool in the proportions of the paper's, of the labelled instructions with a number each."""
    chance = random.Random(3)
    known = [row.instruction for name in ("instructions_64.tsv", "instructions_200.tsv") for row in labelled(name)]
    texts = [f"{chance.choice(known)} ({number})" for number in range(count)]
    pool = pools.make(database, "large")
    for start in range(0, count, CHUNK):
        new = [
            NewTask(
                Origin.IMPORT,
                text,
                chance.random() < 0.22,
                tuple(
                    NewInstance("some input of a few words" * chance.randrange(3), "an answer that is longer " * 3)
                    for _ in range(1 + (chance.random() < PAPER_INSTANCES / PAPER_COUNT - 1))
                ),
            )
            for text in texts[start : start + CHUNK]
        ]
        with database.write() as c:
            arrivals.add(c, pool.id, new)
    return pool, texts


def keep(database: Database, parser: str, hashes: list[str], pairs: list[tuple[str | None, str | None]]) -> None:
    for start in range(0, len(hashes), CHUNK):
        with database.write() as c:
            parses.keep(c, parser, hashes[start : start + CHUNK], pairs[start : start + CHUNK])


def told(database: Database, ask: Callable[[Any], Any]) -> Any:
    with database.read() as c:
        return ask(c)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of processor time, and what the work returned."""
    began = time.process_time()
    done = work()
    return round(time.process_time() - began, 4), done


if __name__ == "__main__":
    sys.exit(main())
