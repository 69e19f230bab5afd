"""Correcting a text in place; splitting, merging, rejecting an instance: nothing is overwritten, all can be undone.

Each of them is one event, which names the instance that it was about.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from core.database import Database
from core.pool import edits, items, long_acts, tasks
from core.pool.items import Item
from core.records import Refused, State
from core.review.rows import acts, parts

SPLIT, MERGED = "split", "merged"
# A sign of a script that is written without spaces is a word of its own; so is the end of a line.
_ALONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORDS = re.compile(rf"\n|[^\S\n]+|[{_ALONE}]|[^\W{_ALONE}]+|[^\w\s]")
_PAIRS = 2_000_000  # of words, up to which difflib takes a few tenths of a second


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a diff: `kind` is same, gone or new."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """The three texts of an instance, as somebody wants them."""

    instruction: str
    input: str
    output: str


def edit(database: Database, instance_id: int, text_hash: str, text: Text, actor: str, reason: str = "") -> int | None:
    """Give an instance new texts, the instruction for its whole task; return the event, None where nothing differs.

    Ratings of the old text become stale and the item waits again. Refused where it was edited since `text_hash`.
    """
    if not text.instruction.strip():
        raise Refused("An instruction cannot be empty; reject the task instead.")
    if not text.output.strip():
        raise Refused("An output cannot be empty; reject the instance instead.")
    with database.write() as c:
        item = _unchanged(c, instance_id, text_hash)
        task = tasks.get(c, item.task_id)
        of_task = edits.change_task(c, task, text.instruction, task.is_classification, actor, reason)
        of_instance = edits.change_instance(c, task.id, instance_id, text.input, text.output, actor, reason)
        if not of_task and not of_instance:
            return None
        n = len(item.siblings) if of_task else 1
        told = {"instance": instance_id, "edits": of_task + of_instance}
        return acts.edited(c, item.pool_id, n, reason, actor, told)


def split(
    database: Database, instance_id: int, text_hash: str, parts: Sequence[tuple[str, str]], actor: str, reason: str = ""
) -> int:
    """Replace an instance by two or more (input, output) of the same task; return the event, which can be undone."""
    if len(parts) < 2 or any(not output.strip() for _, output in parts):
        raise Refused("A split needs two or more parts, each with an output; fill them in.")
    if len(set(parts)) < len(parts):
        raise Refused("Two parts of the split are the same; change one of them.")
    with database.write() as c:
        item = _unchanged(c, instance_id, text_hash)
        made = items.append(c, item.task_id, parts, item.request_id, item.beside)
        told = {"what": SPLIT, "instance": instance_id, "made": made}
        return acts.reject(c, item.pool_id, [instance_id], reason or SPLIT, actor, told)


def merge(
    database: Database, keep_id: int, text_hash: str, other_ids: Sequence[int], text: Text, actor: str, reason: str = ""
) -> int:
    """Let one instance stand for others of its task, with the given texts; return the event, which can be undone."""
    if not text.output.strip():
        raise Refused("An output cannot be empty; write what stays.")
    with database.write() as c:
        item = _unchanged(c, keep_id, text_hash)
        strangers = set(other_ids) - set(item.siblings) | ({keep_id} & set(other_ids))
        if strangers or not other_ids:
            raise Refused("Only other instances of the same task can be merged into this one; choose its siblings.")
        why = reason or MERGED
        changed = edits.change_instance(c, item.task_id, keep_id, text.input, text.output, actor, why)
        told = {"what": MERGED, "instance": keep_id, "edits": changed}
        return acts.reject(c, item.pool_id, list(other_ids), why, actor, told)


def reject(
    database: Database, instance_id: int, text_hash: str, reason: str, actor: str, whole_task: bool = False
) -> int:
    """Take an instance, or its whole task, out of the pool with a reason; return the event, which can be undone."""
    if not reason.strip():
        raise Refused("A rejection needs a reason; write one in a few words.")
    with database.write() as c:
        item = _unchanged(c, instance_id, text_hash)
        alone, of_tasks = ([], [item.task_id]) if whole_task else ([instance_id], [])
        told = {"what": "rejected", "instance": instance_id}
        return acts.reject(c, item.pool_id, alone, reason.strip(), actor, told, of_tasks)


def undo(database: Database, event_id: int, actor: str) -> int:
    """Take back an edit, rejection, split, merge or bulk act; return how many instances it had touched."""
    with database.read() as c:
        is_long = parts.is_long(c, event_id)
    if is_long:
        return _undo_in_parts(database, event_id, actor)
    with database.write() as c:
        return undo_in(c, event_id, actor)


def undo_in(c: sa.Connection, event_id: int, actor: str) -> int:
    """The same inside a transaction that is open; only for an act that is not long."""
    done = acts.get(c, event_id)
    touched = acts.undo(c, event_id, actor)
    if "before" in done.told:  # a merge of an early version, which named the texts and not their changes
        kept, before = tasks.instance(c, done.told["kept"]), done.told["before"]
        edits.change_instance(c, kept.task_id, kept.id, before[0], before[1], actor, "merge undone")
    return touched


def _undo_in_parts(database: Database, event_id: int, actor: str) -> int:
    """Take back an act on many so that others can write between; what was cut off is taken up where it was."""
    with database.write() as c:
        done, back = parts.begin_undo(c, event_id, actor)
    last: int | None = 0
    while last is not None:
        with database.write() as c:
            last = parts.go_on_undoing(c, done, back, last)
    return long_acts.end(database, back.id)


def word_diff(before: str, after: str) -> list[Piece]:
    """The way from one text to the other in whole words, spaces and signs; a space between changes goes with them."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    steps = _steps(old, new)
    pieces: list[Piece] = []
    gone = come = ""
    for at, (tag, i, j, k, m) in enumerate(steps):
        was, now = "".join(old[i:j]), "".join(new[k:m])
        between = was.isspace() and 0 < at < len(steps) - 1
        if tag != "equal" or between:
            gone, come = gone + was, come + now
            continue
        pieces += [*_changed(gone, come), Piece("same", was)]
        gone = come = ""
    return pieces + _changed(gone, come)


def _steps(old: list[str], new: list[str]) -> Sequence[tuple[str, int, int, int, int]]:
    """As difflib has it, which keeps long stretches together; of long texts, for which that would take half a minute
    at worst, by the longest common subsequence."""
    if len(old) * len(new) <= _PAIRS:
        return difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    from rapidfuzz.distance import Indel

    return [(str(s.tag), s.src_start, s.src_end, s.dest_start, s.dest_end) for s in Indel.opcodes(old, new)]


def _changed(gone: str, come: str) -> list[Piece]:
    return [Piece(kind, text) for kind, text in (("gone", gone), ("new", come)) if text]


def diff_text(before: str, after: str) -> str:
    """A word diff as plain text: what is gone in [-...-], what is new in {+...+}."""
    marks = {"same": ("", ""), "gone": ("[-", "-]"), "new": ("{+", "+}")}
    return "".join(f"{marks[p.kind][0]}{p.text}{marks[p.kind][1]}" for p in word_diff(before, after))


def _unchanged(c: sa.Connection, instance_id: int, text_hash: str) -> Item:
    item = items.get(c, instance_id)
    if item.text_hash != text_hash:
        raise Refused("The text has been edited since it was shown; look at the new text first.")
    if item.state is not State.ACCEPTED:
        raise Refused("This item has been taken out of the pool since it was shown; nothing was changed.")
    return item
