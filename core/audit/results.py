"""What an audit found, for who may see it: page, command line, report and download all come through here.

Blindness has one home. While a reviewer is in the middle of judging, nothing of what others said is opened to them.
Who has judged nothing may ask to look, and who is done sees it; both are noted, and what they answer afterwards is told
apart (Self-Instruct, section 4.3: two raters who do not know of each other).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from threading import Lock

import sqlalchemy as sa

from core.audit.audit import judged_items, of_items, rules, sample
from core.audit.findings import Findings
from core.audit.frozen import Audit
from core.audit.judged import JudgedItem
from core.audit.report import AuditReport
from core.audit.rows import audit_answers, audits
from core.database import Database
from core.pool import judged_then, pools
from core.pool.filter_words import in_words
from core.words import number_of


@dataclass(frozen=True, slots=True)
class StillJudging:
    """Nothing is opened: the reader has judged `judged` of `size` items. `progress`: how many each reviewer has judged.

    Who has judged none may still choose to look instead.
    """

    audit: Audit
    judged: int
    size: int
    progress: Mapping[str, int]

    @property
    def may_look(self) -> bool:
        return self.judged == 0

    @property
    def sentence(self) -> str:
        """Why nothing is shown, in plain words."""
        if self.may_look:
            return (
                "You have not judged this audit. Judge it first if you mean to: what you see here would colour your "
                "answers. If you go on, that is noted, and answers that you give afterwards are marked in the report."
            )
        return (
            f"You have judged {self.judged} of {number_of(self.size, 'item')}. What others said, and the result, "
            f"open when you "
            "have judged them all, so that nothing colours your answers."
        )


@dataclass(frozen=True, slots=True)
class Result:
    """What an audit found by now, as a page, a verb or a file shows it. `progress`: items judged by each reviewer."""

    audit: Audit
    progress: Mapping[str, int]
    report: AuditReport

    @property
    def found(self) -> Findings:
        return self.report.findings

    @property
    def items(self) -> tuple[JudgedItem, ...]:
        return self.report.items


@dataclass(frozen=True, slots=True)
class Opened:
    """A pool's audits as one reader may see them, the latest first: results, and those that stay closed."""

    results: tuple[Result, ...]
    closed: tuple[StillJudging, ...]


def result(database: Database, audit_id: int, reader: str, *, look: bool = False) -> Result | StillJudging:
    """What an audit found, and a note that the reader has seen it; StillJudging while it would colour their answers.

    `look`: the reader has judged nothing and chooses to see it all the same. Raises NotFound.
    """
    with database.read() as c:
        audit = audits.get(c, audit_id)
        closed = still_judging(c, audit, reader, look)
        is_noted = audit_answers.has_looked(c, audit, reader) or not audit_answers.progress(c, audit)
    if closed is not None:
        return closed
    if not is_noted:
        with database.write() as c:
            audit_answers.look(c, audit, reader)
    with database.read() as c:
        return _read(c, audit, str(database.engine.url))


def opened(database: Database, pool_id: int, reader: str) -> Opened:
    """The results of a pool's audits that the reader may see without asking, noted as in `result`."""
    with database.read() as c:
        there = audits.of_pool(c, pool_id)
    each = [result(database, audit.id, reader) for audit in there]
    return Opened(
        tuple(one for one in each if isinstance(one, Result)),
        tuple(one for one in each if isinstance(one, StillJudging)),
    )


def opened_as_of(database: Database, pool_id: int, reader: str, at: float) -> Opened:
    """The same as of a time (seconds since 1970): audits drawn by then, with the answers that were there by then.

    What stays closed to the reader today stays closed.
    """
    there = opened(database, pool_id, reader)
    with database.read() as c:
        newest = judged_then.known_by(c, pool_id, at).newest
        results = tuple(
            _read(c, one.audit, str(database.engine.url), newest) for one in there.results if one.audit.created_at <= at
        )
    return Opened(results, tuple(one for one in there.closed if one.audit.created_at <= at))


def open_rounds(database: Database, pool_id: int, reader: str) -> tuple[StillJudging, ...]:
    """Note that the reader is given what was said in a pool's audits, and return those that stay closed to them."""
    closed, unnoted = [], []
    with database.read() as c:
        for audit in audits.of_pool(c, pool_id):
            still = still_judging(c, audit, reader, look=True)
            if still is not None:
                closed.append(still)
            elif audit_answers.progress(c, audit) and not audit_answers.has_looked(c, audit, reader):
                unnoted.append(audit)
    if unnoted:
        with database.write() as c:
            for audit in unnoted:
                audit_answers.look(c, audit, reader)
    return tuple(closed)


def shared_items(database: Database, one: Audit, other: Audit) -> int:
    """How many items, with the very same text, are in both samples."""
    with database.read() as c:
        return audits.shared(c, one, other)


def still_judging(c: sa.Connection, audit: Audit, reader: str, look: bool = False) -> StillJudging | None:
    """What keeps an audit closed to a reader, None where it is open: they owe no answer, or have chosen to look."""
    done = audit_answers.answered(c, audit, reader)
    mine = sum(kind == "rate" for kind in done.values())
    if mine == len(done):
        return None
    by = audit_answers.progress(c, audit)
    if mine == 0 and (look or not by or audit_answers.has_looked(c, audit, reader)):
        return None
    return StillJudging(audit, mine, len(done), by)


def _read(c: sa.Connection, audit: Audit, where: str, newest: int | None = None) -> Result:
    items = judged_items(c, audit, newest)
    looked = audit_answers.looked_after(c, audit)
    given = [rating for item in items for rating in item.ratings]
    late = {one.id: one.reviewer for one in given if one.id > looked.get(one.reviewer, one.id)}
    key = (where, audit.id, frozenset(late), tuple(_shape(item) for item in items))
    report = AuditReport(
        audit.name,
        pools.by_id(c, audit.pool_id).name,
        in_words(audit.filter),
        audit.created_at,
        time.time(),
        sample(c, audit),
        rules(c, audit),
        _worked_out.get(key) or _worked_out.keep(key, of_items(items, audit, late)),
        items,
        audit_answers.given_after_looking(c, audit),
        audit_answers.looks(c, audit),
    )
    return Result(audit, audit_answers.progress(c, audit), report)


def _shape(item: JudgedItem) -> Hashable:
    """Everything in an item that its audit's figures depend on."""
    last_word = item.adjudication.id if item.adjudication is not None else None
    said = tuple(rating.id for rating in item.ratings)
    return said, last_word, item.unfinished, tuple(sorted(item.attributes.items()))


class _WorkedOut:
    """Figures of the latest results: their intervals come from thousands of resamples, and pages ask at every click."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, Findings] = OrderedDict()

    def get(self, key: Hashable) -> Findings | None:
        with self._lock:
            return self._kept.get(key)

    def keep(self, key: Hashable, found: Findings) -> Findings:
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return found


_worked_out = _WorkedOut(64)
