"""The desk: one text at a time. Every act is committed, together with what comes next, before anything moves on.

A screen holds a `Shown`: which text it shows, and which rating of the reviewer's stood when it did. An act names it, so
that no judgement lands on a text that the reviewer has not seen, and none is given twice from two windows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sqlalchemy as sa

from core.database import Database
from core.pool import claims, drafts, items, judging, standing
from core.pool.items import Item
from core.pool.judgement import AGAIN, DESK_ROUNDS, OPEN_DESK, Act, Judgement
from core.records import Rating, Refused, State, StorageFailed
from core.review import editing, filling, progress
from core.review.rows import acts, parts, queues, rating_history
from core.review.rows.acts import Event
from core.review.rows.queues import Queue as Queue
from core.review.rows.queues import Served


@dataclass(frozen=True, slots=True)
class Shown:
    """What a reviewer has before them: an instance, its exact text, and their own rating of it at that moment."""

    queue_id: int
    instance_id: int
    text_hash: str
    round: str = OPEN_DESK
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class View:
    """Everything that a desk shows of one item.

    `mine`: the reviewer's standing rating. `stale`: what they said of an earlier text, where they have said nothing of
    this one. `begun`: what they have begun to say. `others`: empty until the reviewer has rated and the item has as
    many ratings as its queue wants.
    """

    item: Item
    queue: Queue
    mine: Rating | None
    begun: Judgement
    others: tuple[Rating, ...]
    stale: Rating | None = None


@dataclass(frozen=True, slots=True)
class FarAlong:
    """How far a queue is beyond its items: `answered` of the waiting ones are rated or skipped by the reviewer already;
    `given`: the ratings that all its items have, of those that it wants.
    """

    answered: int
    given: int


@dataclass(frozen=True, slots=True)
class Screen:
    """All that a desk draws, of one moment: the item, how far the queue and the reviewer are, what undo takes back.

    `counted`: what the reviewer has answered, and all have given; `per_hour` is None without a pace.
    `undone`: the rating or skip that redo gives again, where taking it back was the last that happened.
    """

    view: View | None
    queue: Queue
    last: LastAct | None
    undone: Act | None
    per_hour: float | None
    counted: FarAlong

    @property
    def seconds_left(self) -> float | None:
        """How long the reviewer has to go alone; None without a pace."""
        return progress.seconds_left(progress.left(self.queue, self.counted.answered), self.per_hour)


@dataclass(frozen=True, slots=True)
class LastAct:
    """What the next undo takes back: a rating or skip, or an event such as an edit or a rejection.

    `instruction` is that of the item which it was about, "" for an act on many.
    """

    rating: Act | None = None
    event: Event | None = None
    instruction: str = ""


def open_queue(database: Database, queue_id: int, reviewer: str) -> Shown | None:
    """What the reviewer sees first, which after a reload is what they saw last; None when nothing is left for them."""
    filling.catch_up_soon(database, queue_id)
    with database.write() as c:
        claims.shorten(c)
        found = _next(c, queue_id, reviewer)
    return found or _more(database, queue_id, reviewer)


def look_at(database: Database, queue_id: int, instance_id: int, reviewer: str) -> Shown:
    """Any item by its id, for a second look; Refused while another reviewer has it before them unrated by this one."""
    with database.write() as c:
        return _taken_up(c, queue_id, instance_id, reviewer)


def judge(database: Database, shown: Shown, reviewer: str, said: Judgement) -> Shown | None:
    """Store a judgement of the shown text, and claim the next one in the same transaction.

    Refused, with nothing stored, where the text was edited or taken out, or rated from another window since.
    """
    with database.write() as c:
        its = (shown.instance_id, reviewer, shown.text_hash)
        judging.rate(c, *its, said, shown.round, seen=shown.seen, in_pool=True)
        found = _next(c, shown.queue_id, reviewer)
        is_empty = found is None and not queues.get(c, shown.queue_id).waiting
    return _more_if_can(database, shown.queue_id, reviewer) if is_empty else found


def skip(database: Database, shown: Shown, reviewer: str) -> Shown | None:
    """Pass on the shown item, which goes to others; give the next one. One that is rated or skipped stays so.

    Refused where the text was edited or taken out, or rated from another window since.
    """
    with database.write() as c:
        its = (shown.instance_id, reviewer, shown.text_hash, shown.round)
        standing.must_be_as_seen(c, *its, shown.seen, in_pool=True)
        if shown.seen is None:
            judging.skip(c, *its)
        found = _next(c, shown.queue_id, reviewer)
        is_empty = found is None and not queues.get(c, shown.queue_id).waiting
    return _more_if_can(database, shown.queue_id, reviewer) if is_empty else found


def screen(
    database: Database, queue_id: int, shown: Shown | None, reviewer: str, counted: FarAlong | None = None
) -> Screen:
    """Everything that the desk draws. `counted`, where it is known from a moment ago, is not counted again."""
    with database.read() as c:
        its = view(c, shown, reviewer) if shown else None
        queue = its.queue if its else queues.get(c, queue_id)
        if counted is None:
            answered = rating_history.answered_but_waiting(c, queue_id, reviewer)
            given = queues.given(c, queue.pool_id, queue_id).get(queue_id, 0) if queue.wanted > 1 else queue.done
            counted = FarAlong(answered, given)
        pace = progress.pace(rating_history.times(c, queue.pool_id, reviewer))
        last, undone = _last_and_undone(c, queue.pool_id, reviewer)
        return Screen(its, queue, last, undone, pace, counted)


def back(database: Database, queue_id: int, shown: Shown | None, reviewer: str) -> Shown | None:
    """One item back in the reviewer's own history, taken up again; None where there is nothing before."""
    with database.write() as c:
        earlier = before(c, queues.get(c, queue_id).pool_id, reviewer, shown)
        return None if earlier is None else _taken_up(c, queue_id, earlier, reviewer)


def last_act(c: sa.Connection, pool_id: int, reviewer: str) -> LastAct | None:
    """What `undo` would take back now, or None where there is nothing left."""
    return _last_and_undone(c, pool_id, reviewer)[0]


def undo(database: Database, queue_id: int, reviewer: str, expected: LastAct | None = None) -> Shown | None:
    """Take back the reviewer's last act by an event; show the item that it was about, with what was said of it.

    Refused where something else would be taken back than the `expected` act that the screen named.
    """
    with database.write() as c:
        pool_id = queues.get(c, queue_id).pool_id
        last = last_act(c, pool_id, reviewer)
        if expected is not None and _identity(expected) != _identity(last):
            raise Refused("Something else was done in another window since; look at what undo says now.")
        if last is None:
            return _next(c, queue_id, reviewer)
        if last.event is not None and not parts.is_long(c, last.event.id):
            editing.undo_in(c, last.event.id, reviewer)
            return _about(c, queue_id, last.event, reviewer)
        if last.rating is not None:
            return _take_back(c, queue_id, last.rating, reviewer)
    if last.event is not None:  # an act on many, part by part
        editing.undo(database, last.event.id, reviewer)
    with database.write() as c:
        return _next(c, queue_id, reviewer)


def _take_back(c: sa.Connection, queue_id: int, back: Act, reviewer: str) -> Shown:
    judging.take_back(c, queues.get(c, queue_id).pool_id, reviewer, back)
    if back.kind == "rate":
        drafts.keep(c, back.instance_id, reviewer, back.text_hash, back.said, back.round)
    return _shown(c, queue_id, Served(back.instance_id, back.round), reviewer)


def redo(database: Database, queue_id: int, reviewer: str, expected: Act) -> Shown | None:
    """Give the rating or skip again that was taken back last, as it was; show what comes next.

    Refused where something else was done since, or where the text was edited, taken out or rated.
    """
    with database.write() as c:
        _, undone = _last_and_undone(c, queues.get(c, queue_id).pool_id, reviewer)
        if undone is None or undone.id != expected.id:
            raise Refused("Something else was done since it was taken back; rate the item as you see it now.")
        standing.must_be_accepted(c, undone.instance_id)
        _, seen = standing.of(c, undone.instance_id, reviewer, undone.round)
        its = (undone.instance_id, reviewer, undone.text_hash)
        if undone.kind == "skip":
            judging.skip(c, *its, undone.round, seen=seen)
        else:
            judging.rate(c, *its, undone.said, undone.round, seen=seen)
        return _next(c, queue_id, reviewer)


def begin(database: Database, shown: Shown, reviewer: str, said: Judgement) -> None:
    """Keep what the reviewer has begun to say of the shown text; Refused where it, or their word on it, is another."""
    with database.write() as c:
        standing.must_be_as_seen(c, shown.instance_id, reviewer, shown.text_hash, shown.round, shown.seen)
        drafts.keep(c, shown.instance_id, reviewer, shown.text_hash, said, shown.round)


def view(c: sa.Connection, shown: Shown, reviewer: str) -> View:
    """Everything that the desk shows of an item."""
    item, queue = items.get(c, shown.instance_id), queues.get(c, shown.queue_id)
    given: list[Rating] = []
    if item.rated and shown.round != AGAIN:  # a hidden repeat shows nothing of the first answer
        given = standing.current(c, shown.instance_id, OPEN_DESK)
    mine = next((rating for rating in given if rating.reviewer == reviewer), None)
    complete = mine is not None and len(given) >= queue.wanted
    begun = drafts.get(c, shown.instance_id, reviewer, shown.text_hash, shown.round)
    if begun is None:
        begun = _as_begun(mine) if mine is not None and mine.text_hash == shown.text_hash else Judgement()
    others = tuple(rating for rating in given if rating.reviewer != reviewer) if complete else ()
    stale = standing.stale(c, shown.instance_id, reviewer) if item.edited and mine is None else None
    return View(item, queue, mine, begun, others, stale)


def before(c: sa.Connection, pool_id: int, reviewer: str, shown: Shown | None) -> int | None:
    """The instance that the reviewer rated or skipped before the shown one (the latest, where that is new to them)."""
    earlier = judging.latest(c, pool_id, reviewer, (OPEN_DESK,), before_id=shown.seen if shown else None)
    return earlier.instance_id if earlier else None


def _last_and_undone(c: sa.Connection, pool_id: int, reviewer: str) -> tuple[LastAct | None, Act | None]:
    """What undo would take back, and what redo would give again: nothing of the reviewer's came after that was
    taken back."""
    rating, undone = judging.last_words(c, pool_id, reviewer, DESK_ROUNDS)
    event = acts.latest(c, pool_id, reviewer)
    after = event.after_rating if event is not None else None
    redo = undone[1] if undone is not None and (after is None or after < undone[0]) else None
    if event is not None and (rating is None or event.is_after(rating)):
        about = event.told.get("instance")
        instruction = items.instruction_of(c, about) if about is not None else ""
        return LastAct(event=event, instruction=instruction), redo
    if rating is None:
        return None, redo
    return LastAct(rating, instruction=items.instruction_of(c, rating.instance_id)), redo


def _next(c: sa.Connection, queue_id: int, reviewer: str) -> Shown | None:
    served = queues.next_item(c, queues.get(c, queue_id), reviewer)
    return _shown(c, queue_id, served, reviewer) if served else None


def _more(database: Database, queue_id: int, reviewer: str) -> Shown | None:
    """What has come to fit a queue in which nothing is left for a reviewer: looked for outside the write lock."""
    if not filling.refresh(database, queue_id):
        return None
    with database.write() as c:
        return _next(c, queue_id, reviewer)


def _more_if_can(database: Database, queue_id: int, reviewer: str) -> Shown | None:
    """The same after an act that is stored: it stays done where the database cannot be asked for more."""
    try:
        return _more(database, queue_id, reviewer)
    except StorageFailed:
        return None


def _about(c: sa.Connection, queue_id: int, event: Event, reviewer: str) -> Shown | None:
    """The item that an act was about, where it was one and nobody else has it before them; else what comes next."""
    about = event.told.get("instance")
    if about is None or standing.state_of(c, about) is not State.ACCEPTED:
        return _next(c, queue_id, reviewer)
    shown = _shown(c, queue_id, Served(about), reviewer)
    return shown if _may_show(c, shown, reviewer) else _next(c, queue_id, reviewer)


def _taken_up(c: sa.Connection, queue_id: int, instance_id: int, reviewer: str) -> Shown:
    shown = _shown(c, queue_id, Served(instance_id), reviewer)
    if not _may_show(c, shown, reviewer):
        raise Refused("Another reviewer has this item before them; take it up again in ten minutes.")
    return shown


def _may_show(c: sa.Connection, shown: Shown, reviewer: str) -> bool:
    """Whether the reviewer has rated it, or nobody else has it before them; then it is theirs for a while."""
    if shown.seen is not None:
        return True
    queue = queues.get(c, shown.queue_id)
    return claims.take(c, shown.instance_id, reviewer, OPEN_DESK, queue.wanted if queue.overlap else 1)


def _shown(c: sa.Connection, queue_id: int, served: Served, reviewer: str) -> Shown:
    if served.text_hash is not None:
        return Shown(queue_id, served.instance_id, served.text_hash, served.round)
    text_hash, seen = standing.of(c, served.instance_id, reviewer, served.round)
    return Shown(queue_id, served.instance_id, text_hash, served.round, seen)


def _identity(last: LastAct | None) -> tuple[int, int] | None:
    if last is None:
        return None
    return (last.rating.id if last.rating else 0, last.event.id if last.event else 0)


def _as_begun(mine: Rating) -> Judgement:
    return replace(mine.said, grade=None, valid=None, seconds=None)
