"""Thousands of acts of every kind at random, from several tabs and with a clock that jumps, against a plain recount.

`python -m tests.review.random_acts --acts 10000 --seeds 10` draws fresh seeds, prints each, and ends with 1 on any
difference.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

from core.audit import audit as audits_of
from core.audit import judging, results
from core.audit.frozen import Audit
from core.database import Database, open_database
from core.gate import rescue
from core.importing import importer
from core.importing.files import rows_of_file
from core.moments import seconds_of
from core.pool import filters, items, pools, standing
from core.pool.filters import Filter
from core.pool.judgement import Judgement
from core.pool.queue_items import QueueOrder
from core.pools import making
from core.records import Grade, NotFound, Refused, State
from core.review import bulk, desk, differences, editing, queues, ratings
from core.review.desk import Shown
from core.review.editing import Text
from core.seeds import promotion, seeds
from core.seeds.seeds import Seed
from tests.review.recount import check

PEOPLE = ("ann", "bob", "cyd", "dan")
WORDS = ("name", "river", "city", "sort", "poem", "list", "colour", "heron", "tree", "song", "old", "map")


class World:
    """A pool in which things happen. Refusals are counted; anything else that is raised is a fault."""

    def __init__(self, database: Database, seed: int, folder: Path) -> None:
        self.database, self.draw, self.folder = database, random.Random(seed), folder
        own = [Seed(f"s{k}", self.sentence(), (("", "x"),), False) for k in range(3)]
        self.pool = making.make(database, f"random {seed} {time.monotonic_ns()}", own_seeds=own)
        self.tabs: list[tuple[str, Shown]] = []
        self.lasts: list[tuple[str, int, Any]] = []
        self.looks: list[bulk.Fitting] = []
        self.disputes: list[differences.Difference] = []
        self.audit_tabs: list[tuple[Audit, str, judging.AuditTurn]] = []
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.log: list[str] = []
        self.clock = 0.0
        for _ in range(2):
            self.import_tasks()
        self.make_queue()

    def run(self, acts: int, check_every: int = 20) -> list[str]:
        """Do so many acts; return what differs as soon as anything does."""
        names, weights = list(WEIGHTS), list(WEIGHTS.values())
        right = time.time
        with mock.patch("time.time", self._wrong_time(right)):
            for number in range(acts):
                name = self.draw.choices(names, weights)[0]
                try:
                    getattr(self, name)()
                    self.done[name] += 1
                except (Refused, NotFound) as refusal:
                    self.refused[name] += 1
                    self.log.append(f"{number} {name} refused: {refusal}")
                else:
                    self.log.append(f"{number} {name}")
                if number % check_every and number < acts - 1:
                    continue
                whole = number % (check_every * 10) == 0 or number == acts - 1
                if found := check(self.database, self.pool.id, self.draw, whole=whole):
                    return [f"after act {number}", *found[:8], *self.log[-check_every - 2 :]]
        return []

    def _wrong_time(self, right: Callable[[], float]) -> Callable[[], float]:
        return lambda: right() + self.clock

    # what the world consists of

    def sentence(self) -> str:
        return " ".join(self.draw.choice(WORDS) for _ in range(self.draw.randrange(3, 7)))

    def judgement(self) -> Judgement:
        grade = self.draw.choice([*Grade, None])
        valid = None if grade else self.draw.choice([True, False])
        flags = tuple(self.draw.sample(["odd", "unsafe", "check"], self.draw.choice([0, 0, 0, 1, 2])))
        return Judgement(
            grade, valid, self.draw.choice([True, False, None]), flags=flags, note=self.draw.choice(["", "n"])
        )

    def queue(self) -> int:
        return self.draw.choice(list(queues.names(self.database, self.pool.id, "ann")))

    def tab(self) -> tuple[str, Shown]:
        """One of the open tabs, most often the newest; a new one where there is none."""
        if not self.tabs or self.draw.random() < 0.15:
            self.open_queue()
        if not self.tabs:
            raise Refused("no tab")
        return self.tabs[-1] if self.draw.random() < 0.7 else self.draw.choice(self.tabs)

    def keep(self, reviewer: str, shown: Shown | None) -> None:
        if shown is not None:
            self.tabs = [*self.tabs[-7:], (reviewer, shown)]

    def instance(self) -> int:
        with self.database.read() as c:
            return int(self.draw.choice([row.id for row in filters.matching(c, self.pool.id, Filter())] or [0]))

    def of_any_state(self, state: State) -> list[tuple[int, int]]:
        import sqlalchemy as sa

        from core.database.schema import instances

        query = sa.select(instances.c.task_id, instances.c.id)
        its = (instances.c.pool_id == self.pool.id, instances.c.is_seed.is_(False), instances.c.state == state.value)
        with self.database.read() as c:
            return [(task, one) for task, one in c.execute(query.where(*its))]

    def filter(self) -> Filter:
        return self.draw.choice(
            [
                Filter(),
                Filter(contains=self.draw.choice(WORDS)),
                Filter(rated=self.draw.choice(["unrated", "rated", "stale", "skipped"])),
                Filter(grades=(self.draw.choice(list(Grade)).value,)),
                Filter(disagreement=True),
                Filter(flag=self.draw.choice(["odd", "look"])),
                Filter(has_input=self.draw.random() < 0.5),
            ]
        )

    # the acts

    def open_queue(self) -> None:
        who, queue = self.draw.choice(PEOPLE), self.queue()
        self.keep(who, desk.open_queue(self.database, queue, who))

    def look_at(self) -> None:
        who = self.draw.choice(PEOPLE)
        self.keep(who, desk.look_at(self.database, self.queue(), self.instance(), who))

    def judge(self) -> None:
        who, shown = self.tab()
        self.keep(who, desk.judge(self.database, shown, who, self.judgement()))

    def skip(self) -> None:
        who, shown = self.tab()
        self.keep(who, desk.skip(self.database, shown, who))

    def begin(self) -> None:
        who, shown = self.tab()
        desk.begin(self.database, shown, who, replace(self.judgement(), grade=None))

    def look_at_undo(self) -> None:
        who, queue = self.draw.choice(PEOPLE), self.queue()
        self.lasts = [*self.lasts[-3:], (who, queue, desk.screen(self.database, queue, None, who).last)]

    def undo(self) -> None:
        if not self.lasts or self.draw.random() < 0.6:
            self.look_at_undo()
        who, queue, last = self.draw.choice(self.lasts[-2:])
        self.keep(who, desk.undo(self.database, queue, who, last))

    def redo(self) -> None:
        who, queue = self.draw.choice(PEOPLE), self.queue()
        undone = desk.screen(self.database, queue, None, who).undone
        if undone is not None:
            self.keep(who, desk.redo(self.database, queue, who, undone))

    def back(self) -> None:
        who, shown = self.tab()
        self.keep(who, desk.back(self.database, shown.queue_id, shown, who))

    def edit(self) -> None:
        who, shown = self.tab()
        with self.database.read() as c:
            now = items.get(c, shown.instance_id)
        instruction = self.sentence() if self.draw.random() < 0.3 else now.instruction
        output = self.draw.choice([now.output, self.sentence(), "same"])
        given = self.draw.choice([now.input, "", "given"])
        editing.edit(self.database, shown.instance_id, shown.text_hash, Text(instruction, given, output), who)

    def split(self) -> None:
        who, shown = self.tab()
        parts = [("", self.sentence()), ("part", self.sentence())]
        editing.split(self.database, shown.instance_id, shown.text_hash, parts, who)

    def merge(self) -> None:
        who, shown = self.tab()
        with self.database.read() as c:
            now = items.get(c, shown.instance_id)
        others = [one for one in now.siblings if one != now.instance_id]
        some = self.draw.sample(others, min(len(others), 1))
        text = Text("", now.input, self.draw.choice([now.output, self.sentence()]))
        editing.merge(self.database, shown.instance_id, shown.text_hash, some, text, who)

    def reject(self) -> None:
        who, shown = self.tab()
        whole = self.draw.random() < 0.4
        editing.reject(self.database, shown.instance_id, shown.text_hash, "bad", who, whole)

    def look_at_table(self) -> None:
        self.looks = [*self.looks[-2:], bulk.fitting(self.database, self.pool.id, self.filter())]

    def bulk_reject(self) -> None:
        self.look_at_table()
        seen = self.draw.choice(self.looks)
        if seen.n > 6:
            raise Refused("too many to be fun")
        bulk.reject(self.database, seen, "bulk", self.draw.choice(PEOPLE))

    def bulk_flag(self) -> None:
        self.look_at_table()
        bulk.flag(
            self.database, self.draw.choice(self.looks), "look", self.draw.choice(PEOPLE), self.draw.random() < 0.6
        )

    def undo_in_table(self) -> None:
        events = bulk.table(self.database, self.pool.id, Filter(), "ann", 1, 12).events
        if events:
            editing.undo(self.database, self.draw.choice(events).id, self.draw.choice(PEOPLE))

    def rescue(self) -> None:
        dropped = self.of_any_state(State.DISCARDED)
        if dropped:
            task, one = self.draw.choice(dropped)
            rescue.rescue(self.database, [(task, self.draw.choice([None, one]))], "ann")

    def put_back(self) -> None:
        there = self.of_any_state(State.ACCEPTED)
        if there:
            task, one = self.draw.choice(there)
            rescue.put_back(self.database, [(task, self.draw.choice([None, one]))], "ann")

    def promote(self) -> None:
        with self.database.read() as c:
            task_id = items.get(c, self.instance()).task_id
        promotion.promote(self.database, task_id, "ann")

    def add_seed(self) -> None:
        seeds.add(self.database, self.pool.id, [Seed("more", self.sentence(), (("", "y"),), False)])

    def switch_seed(self) -> None:
        every = seeds.of_pool(self.database, self.pool.id, switched_off=True)
        seeds.switch(self.database, [self.draw.choice(every).id], self.draw.random() < 0.6, "ann")

    def edit_seed(self) -> None:
        one = self.draw.choice(seeds.of_pool(self.database, self.pool.id, switched_off=True))
        seeds.edit(self.database, one.id, Seed("s", self.sentence(), (("", "z"),), False), "ann")

    def import_tasks(self) -> None:
        path = self.folder / "tasks.jsonl"
        new = [
            {"instruction": self.sentence(), "input": self.draw.choice(["", "in"]), "output": self.sentence()}
            for _ in range(self.draw.randrange(1, 9))
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in new))
        with self.database.read() as c:
            pool = pools.by_id(c, self.pool.id)
        importer.import_tasks(self.database, pool, path, filtered=self.draw.random() < 0.7)

    def import_ratings(self) -> None:
        path = self.folder / "ratings.jsonl"
        with self.database.read() as c:
            lines = list(ratings.export(c, self.pool.id))
        some = [json.loads(line) for line in self.draw.sample(lines, min(3, len(lines)))]
        for row in some:
            row["at"] = max(0.0, seconds_of(row["at"]) + self.draw.choice([-5000, 0, 0, 5000]))
            row["reviewer"] = self.draw.choice([row["reviewer"], "eva", "ann"])
            if self.draw.random() < 0.5:
                row["grade"], row["valid"] = "D", False
        path.write_text("".join(json.dumps(row) + "\n" for row in some))
        ratings.read(self.database, self.pool.id, rows_of_file(path))

    def known_answer(self) -> None:
        one, who = self.instance(), self.draw.choice(PEOPLE)
        with self.database.read() as c:
            its_hash, seen = standing.of(c, one, who, "gold")
        differences.known_answer(self.database, one, its_hash, self.draw.choice(list(Grade)), who, seen)

    def last_word(self) -> None:
        who = self.draw.choice(("lead", "ann"))
        walk = differences.walk(self.database, self.pool.id, who)
        if walk.shown is not None:
            self.disputes = [*self.disputes[-3:], walk.shown]
        if self.disputes:
            one = self.draw.choice(self.disputes)
            its = one.item
            differences.last_word(self.database, its.instance_id, its.text_hash, self.judgement(), who, one.seen)

    def take_back_last_word(self) -> None:
        who = self.draw.choice(("lead", "ann"))
        last = differences.walk(self.database, self.pool.id, who).last
        if last is not None:
            differences.take_back(self.database, self.pool.id, who, last)

    def new_audit(self) -> None:
        if len(audits_of.every(self.database, self.pool.id)) < 4:
            wanted = self.draw.choice([Filter(), self.filter()])
            audits_of.new(self.database, self.pool.id, wanted=wanted, size=self.draw.randrange(2, 6))

    def audit(self) -> Audit:
        return self.draw.choice(audits_of.every(self.database, self.pool.id) or self._none())

    def _none(self) -> list[Audit]:
        raise Refused("no audit")

    def audit_tab(self) -> tuple[Audit, str, judging.AuditTurn]:
        """Most often what is next for somebody, else an old window."""
        if not self.audit_tabs or self.draw.random() < 0.8:
            audit, who = self.audit(), self.draw.choice(PEOPLE)
            place = self.draw.choice([None, None, None, self.draw.randrange(1, audit.drawn + 1)])
            turn = judging.turn(self.database, audit, who, place)
            if turn is None:
                raise Refused("they have judged it whole")
            self.audit_tabs = [*self.audit_tabs[-5:], (audit, who, turn)]
            return self.audit_tabs[-1]
        return self.draw.choice(self.audit_tabs)

    def audit_judge(self) -> None:
        audit, who, turn = self.audit_tab()
        first, second, third = (self.draw.random() < 0.7 for _ in range(3))
        said = Judgement(self.draw.choice(list(Grade)), None, first, second, third, note=self.draw.choice(["", "n"]))
        judging.hand_in(self.database, audit, turn, who, said)

    def audit_pass_on(self) -> None:
        audit, who, turn = self.audit_tab()
        judging.pass_on(self.database, audit, turn, who)

    def audit_undo(self) -> None:
        audit, who, turn = self.audit_tab()
        judging.take_back(self.database, audit, who, turn.last)

    def audit_settle(self) -> None:
        audit, who = self.audit(), self.draw.choice((*PEOPLE, "lead"))
        first, second, third = (self.draw.choice([True, False, None]) for _ in range(3))
        said = Judgement(self.draw.choice([*Grade, None]), None, first, second, third)
        judging.settle(self.database, audit, self.draw.randrange(1, audit.drawn + 1), who, said)

    def audit_look(self) -> None:
        results.result(self.database, self.audit().id, self.draw.choice(PEOPLE), look=self.draw.random() < 0.3)

    def make_queue(self) -> None:
        if len(queues.names(self.database, self.pool.id)) > 5:
            queues.archive(self.database, self.queue())
        wanted = self.draw.choice([1, 1, 2, 3])
        queues.make(
            self.database,
            self.pool.id,
            f"queue {self.draw.getrandbits(40)}",
            self.filter(),
            order=self.draw.choice(list(QueueOrder)),
            seed=self.draw.randrange(100),
            wanted=wanted,
            overlap=wanted > 1 and self.draw.random() < 0.5,
            repeat_share=self.draw.choice([0, 0, 0.3]),
        )

    def refresh(self) -> None:
        queues.refresh(self.database, self.queue())

    def set_clock(self) -> None:
        self.clock = self.draw.choice([-86_400.0, -3600.0, -60.0, 0.0, 60.0, 3600.0])


WEIGHTS = {
    "judge": 30,
    "open_queue": 10,
    "look_at": 6,
    "skip": 6,
    "begin": 3,
    "undo": 12,
    "redo": 4,
    "back": 3,
    "edit": 8,
    "split": 4,
    "merge": 4,
    "reject": 4,
    "bulk_reject": 2,
    "bulk_flag": 3,
    "undo_in_table": 6,
    "rescue": 3,
    "put_back": 2,
    "promote": 1,
    "add_seed": 1,
    "switch_seed": 1,
    "edit_seed": 1,
    "import_tasks": 1,
    "import_ratings": 3,
    "known_answer": 2,
    "last_word": 5,
    "take_back_last_word": 2,
    "make_queue": 1,
    "new_audit": 1,
    "audit_judge": 14,
    "audit_pass_on": 2,
    "audit_undo": 3,
    "audit_settle": 3,
    "audit_look": 1,
    "refresh": 2,
    "set_clock": 2,
    "look_at_undo": 1,
    "look_at_table": 1,
}


def try_seed(seed: int, acts: int, check_every: int = 20, say: Callable[[str], None] = print) -> bool:
    """Whether nothing differed with this seed; what did is said."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/winnow.db")
        try:
            world = World(database, seed, Path(folder))
            found = world.run(acts, check_every)
        finally:
            database.close()
    say(
        f"seed {seed}: {sum(world.done.values())} acts, {sum(world.refused.values())} refused, {len(found)} differences"
    )
    for line in found:
        say(f"  {line}")
    return not found


def main() -> int:
    """Fresh seeds, each printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--acts", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, help="begin with this seed instead of fresh ones")
    options = parser.parse_args()
    fresh = random.SystemRandom()
    chosen = [fresh.randrange(2**31) if options.first is None else options.first + k for k in range(options.seeds)]
    tried = [try_seed(seed, options.acts) for seed in chosen]
    return 0 if all(tried) else 1


if __name__ == "__main__":
    sys.exit(main())
