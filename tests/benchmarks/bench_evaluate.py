"""Evaluate's figures: reference scores, contamination and the sheets of eight models that five people rated.

Run: `python -m tests.benchmarks.bench_evaluate [--quick]`. Scores and the contamination check are ratios against a
plain loop over a part of the same texts, in the same run; the sheets are processor seconds for one state of the set,
which pages keep afterwards.
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
from typing import Any, TypeVar

from rouge_score.rouge_scorer import RougeScorer

from core.database import Database, open_database
from core.evaluation import models, rating, results, winning
from core.evaluation.contamination import WORDS_IN_A_ROW, Checked, matches
from core.evaluation.importing import What, import_file
from core.evaluation.scores import Scorable, scored
from core.evaluation.words import SealedText
from tests.evaluation.sets_of_models import write

RESPONSES, TASKS, MODELS, RATERS = 11_900, 252, 8, 5
GOALS = {"scores_seconds": 30.0, "sheet_seconds": 1.0}
Found = TypeVar("Found")


def main() -> int:
    """Print one JSON object; return 1 where a promise does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the texts")
    part = 10 if parser.parse_args().quick else 1
    found = {**scoring(RESPONSES // part), **checking(50_000 // part)}
    with tempfile.TemporaryDirectory() as folder:
        found |= sheets(open_database(f"sqlite:///{Path(folder) / 'winnow.db'}"), Path(folder))
    slowest = max(found["sheets_cpu_seconds"].values())
    found["kept"] = found["scores_cpu_seconds"] <= GOALS["scores_seconds"] and slowest <= GOALS["sheet_seconds"]
    print(json.dumps(found))
    return 0 if found["kept"] else 1


def scoring(count: int) -> dict[str, Any]:
    """Responses with two references each, against rouge-score in one plain loop over one in forty of them."""
    draw = random.Random(2)
    vocabulary = [f"{a}{b}{c}ing" for a in "bcdfgklm" for b in ("an", "o", "istr") for c in range(80)]
    texts = [" ".join(draw.choices(vocabulary, k=draw.randint(5, 120))) for _ in range(count)]
    made = [Scorable(text, tuple(draw.choices(texts, k=2)), str(at % 119), "any") for at, text in enumerate(texts)]
    some, scorer = made[::40], RougeScorer(["rougeL"], use_stemmer=True)
    plain, _ = took(
        lambda: [max(scorer.score(ref, each.text)["rougeL"].fmeasure for ref in each.references) for each in some]
    )
    ours, _ = took(lambda: scored(made))
    ratio = (plain / len(some)) / (ours / len(made))
    return {"responses": count, "scores_cpu_seconds": ours, "scores_ratio": round(ratio, 1)}


def checking(count: int) -> dict[str, Any]:
    """Rows against a thousand sealed texts, against a plain loop over a few of them."""
    draw = random.Random(4)
    words = [f"word{at}" for at in range(8000)]
    sealed = [
        SealedText("s", at, " ".join(draw.choices(words, k=14)), " ".join(draw.choices(words, k=90)))
        for at in range(1000)
    ]
    rows = [
        Checked(at, " ".join(draw.choices(words, k=16)), "", " ".join(draw.choices(words, k=30))) for at in range(count)
    ]
    some = rows[:10]
    ours, found = took(lambda: matches(sealed, rows))
    plain, same = took(lambda: [row for row in some if in_a_plain_loop(sealed, row)])
    ratio = (plain / len(some)) / (ours / len(rows))
    return {"rows": count, "check_cpu_seconds": ours, "check_ratio": round(ratio, 1), "wrong": len(found) + len(same)}


def in_a_plain_loop(sealed: list[SealedText], row: Checked) -> bool:
    """Whether a row is too close to a sealed text, or holds thirteen of its words in a row."""
    scorer = RougeScorer(["rougeL"])
    whole = f"{row.instruction}\n{row.input}\n{row.output}".split()
    grams = {tuple(whole[at : at + WORDS_IN_A_ROW]) for at in range(len(whole) - WORDS_IN_A_ROW + 1)}
    for each in sealed:
        words = each.whole.split()
        if any(tuple(words[at : at + WORDS_IN_A_ROW]) in grams for at in range(len(words) - WORDS_IN_A_ROW + 1)):
            return True
        if scorer.score(each.instruction, row.instruction)["rougeL"].fmeasure > 0.7:
            return True
    return False


def sheets(database: Database, folder: Path) -> dict[str, Any]:
    """What the pages ask for, with nothing kept: the judgements of 8 models, 252 tasks and 5 people."""
    fill(database, folder)
    asked: dict[str, Callable[[str], object]] = {
        "sets": lambda who: models.every_set(database),
        "rounds": lambda who: rating.of_set(database, "big", who),
        "grades": lambda who: results.grades(database, "big", who),
        "win_rates": lambda who: winning.win_rates(database, "big", who),
        "scores": lambda who: results.scores(database, "big", who),
    }
    for ask in asked.values():
        ask("somebody")  # libraries are read in once
    # Who looks for the first time changes the state of the set, so nothing is kept from before.
    found = {name: took(lambda: ask(f"reads {name}"))[0] for name, ask in asked.items()}  # noqa: B023
    return {"sheets_cpu_seconds": found}


def fill(database: Database, folder: Path) -> None:
    draw = random.Random(1)
    words = [f"{a}{b}" for a in ("plan", "mail", "row", "code", "test", "city") for b in ("", "s", "ing", "ed")]

    def text(n: int) -> str:
        return " ".join(draw.choices(words, k=n))

    names = [f"model {at}" for at in range(MODELS)]
    tasks = [
        {"id": f"u{at}", "motivation_app": f"app {at % 71}", "instruction": f"Do {at} {text(18)}", "output": text(60)}
        for at in range(TASKS)
    ]
    answers = [
        {"model": m, "id": f"u{at}", "response": text(draw.randint(5, 120))} for m in names for at in range(TASKS)
    ]
    grades = [
        {"model": m, "id": f"u{at}", "reviewer": f"rater {who}", "grade": draw.choice("AABBCD")}
        for m in names
        for at in range(TASKS)
        for who in range(RATERS)
    ]
    for rows, what in ((tasks, What.SET), (answers, What.RESPONSES), (grades, What.GRADES)):
        import_file(database, "big", write(folder / f"{what.value}.jsonl", rows), what)


def took(act: Callable[[], Found]) -> tuple[float, Found]:
    """Processor seconds of this program, and what came of it."""
    started = time.process_time()
    found = act()
    return round(time.process_time() - started, 3), found


if __name__ == "__main__":
    sys.exit(main())
