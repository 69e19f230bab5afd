"""A pool to look at: real texts, two runs' worth of batches, some of it rated and some dropped."""

from __future__ import annotations

from core import pools
from core.database import Database
from core.diversity.parser import LEXICON, Parser, parser_named
from core.diversity.rows import parses
from core.pool import arrivals, judging, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.pool.judgement import Judgement
from core.records import Discard, Grade, Origin, Pool
from core.runs.rows import runs

PAIRS = {
    "Write a poem about the sea.": ("write", "poem"),
    "Write a poem about a bridge.": ("write", "poem"),
    "Write an essay on salt.": ("write", "essay"),
    "Sort the list of cities.": ("sort", "list"),
    "Explain how tides work.": ("explain", None),
    "Yes or no?": (None, None),
}
SEEDS = ("Write a poem about rain.", "List five rivers.")


def lexicon() -> Parser:
    return parser_named(LEXICON)


def pool_to_look_at(database: Database, parsed: bool = True) -> Pool:
    """Six accepted tasks in two batches of a run, one that was dropped, two seeds; `parsed` as in PAIRS."""
    pool = pools.make(database, "looked at", own_seeds=[])
    with database.write() as c:
        run = runs.queue(c, pool.id, "self-instruct", {}, runs.Budget(), {})
        arrivals.add(
            c,
            pool.id,
            [NewTask(Origin.SEED, text, False, (NewInstance("", "…"),), completed=True) for text in SEEDS],
        )
        new = [
            NewTask(
                Origin.SELF_INSTRUCT,
                text,
                number % 2 == 0,
                (NewInstance("two words" if number % 2 else "", f"an answer of {number} words"),),
                run_id=run.id,
                batch=0 if number < 4 else 1,
                completed=True,
            )
            for number, text in enumerate(PAIRS)
        ]
        dropped = NewTask(
            Origin.SELF_INSTRUCT, "Draw it.", run_id=run.id, batch=1, discard=Discard("unfit-word", {"word": "draw"})
        )
        arrivals.add(c, pool.id, [*new, dropped])
        if parsed:
            keep_pairs(c, lexicon().key)
    return pool


def keep_pairs(c, key: str) -> None:
    parses.keep(c, key, [tasks.instruction_hash(text) for text in PAIRS], list(PAIRS.values()))


def rate(database: Database, pool: Pool, instruction: str, grade: Grade) -> None:
    """Give the first instance of that task a grade."""
    with database.write() as c:
        task = next(task for task in tasks.page(c, pool.id) if task.instruction == instruction)
        first = task.instances[0]
        judging.rate(c, first.id, "ada", first.text_hash, Judgement(grade=grade))
