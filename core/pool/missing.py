"""What is asked for and is not there, in one sentence that names the next act; the one owner of such sentences."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

import sqlalchemy as sa

from core.database.schema import (
    audits,
    corpus_texts,
    evaluation_rounds,
    evaluation_sets,
    finetunes,
    instances,
    pools,
    queues,
    releases,
    runs,
    tasks,
)
from core.records import NotFound


@dataclass(frozen=True, slots=True)
class Numbered:
    """A kind of thing that has a number: its word, its table, how a pool's are listed, and what makes a first one."""

    word: str
    table: sa.Table
    listed: str
    first: str
    of: sa.Table = pools


RUN = Numbered("run", runs, "winnow run list {of}", "`winnow run start POOL` begins one")
TASK = Numbered("task", tasks, "winnow task list {of}", "`winnow run start POOL` grows some")
INSTANCE = Numbered("instance", instances, "winnow item list {of}", "`winnow run start POOL` grows some")
TEXT = Numbered("corpus text", corpus_texts, "winnow corpus texts {of}", "`winnow corpus select POOL FILE` brings some")
QUEUE = Numbered("queue", queues, "winnow queue list {of}", "`winnow queue make POOL NAME` makes one")
AUDIT = Numbered("audit", audits, "winnow audit list {of}", "`winnow audit new POOL` draws one")
RELEASE = Numbered("release", releases, "winnow release list {of}", "`winnow release make POOL FOLDER` writes one")
TUNING = Numbered("fine-tuning job", finetunes, "winnow finetune status", "`winnow finetune plan RELEASE` shows one")
ROUND = Numbered(
    "blind round",
    evaluation_rounds,
    "winnow evaluate rounds {of}",
    "`winnow evaluate draw SET` draws one",
    evaluation_sets,
)


def no_such(c: sa.Connection, kind: Numbered, number: int) -> NotFound:
    """The error for a number that nothing has: it names the newest there is, and the verb that lists its like."""
    belongs = kind.table.c.set_id if kind.of is evaluation_sets else kind.table.c.pool_id
    query = sa.select(kind.table.c.id, kind.of.c.name).join(kind.of, kind.of.c.id == belongs, isouter=True)
    if "whole" in kind.table.c:
        query = query.where(kind.table.c.whole)
    newest = c.execute(query.order_by(kind.table.c.id.desc()).limit(1)).first()
    if newest is None:
        return NotFound(f"There is no {kind.word} {number}, and none at all yet: {kind.first}.")
    listed = kind.listed.format(of=shlex.quote(newest.name or ""))
    of = f", of {newest.name}" if newest.name else ""
    return NotFound(f"There is no {kind.word} {number}; the newest is {newest.id}{of}. `{listed}` lists them.")
