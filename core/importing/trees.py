"""Files whose rows are single messages of a tree (Open Assistant's flat files): put together, one row a tree.

A tree's messages may stand anywhere in the file; as many are held as fit a bounded memory, and the tree that was begun
first is let go when there are more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from core.importing.files import NumberedRow, rows_of_file
from core.records import Fault

HELD = 200_000  # messages that wait for their tree to be whole
OF_A_MESSAGE = ("message_id", "parent_id", "text", "role")

Message = dict[str, Any]


@dataclass(slots=True)
class _Tree:
    """Messages by their ids in order, with the lines on which they stand."""

    messages: dict[str, tuple[int, Message]] = field(default_factory=dict)


def rows_of_trees(path: Path) -> Iterator[NumberedRow | Fault]:
    """Every row of a file, trees of single messages put together; the others as they are."""
    found = rows_of_file(path)
    first = next(found, None)
    if first is None:
        return iter(())
    every = chain((first,), found)
    return _gathered(every) if not isinstance(first, Fault) and _is_message(first[1]) else every


def _is_message(row: Mapping[str, Any]) -> bool:
    return all(name in row for name in OF_A_MESSAGE) and "replies" not in row


def _gathered(found: Iterable[NumberedRow | Fault]) -> Iterator[NumberedRow | Fault]:
    trees: dict[str, _Tree] = {}
    gone: set[str] = set()  # trees that were let go before the file's end
    tree_of: dict[str, str] = {}  # of messages without the id of a tree
    held = 0
    for row in found:
        if isinstance(row, Fault):
            yield row
            continue
        line, fields = row
        if not _is_message(fields) or not isinstance(fields["message_id"], str):
            yield Fault(line, "not a message with an id, as the rows before it are")
            continue
        message_id, parent = fields["message_id"], fields["parent_id"]
        tree_id = str(fields.get("message_tree_id") or tree_of.get(str(parent or ""), message_id))
        tree_of[message_id] = tree_id
        if tree_id in gone:
            yield Fault(line, f"its tree of messages began more than {HELD:,} messages earlier; sort the file by tree")
            continue
        trees.setdefault(tree_id, _Tree()).messages[message_id] = (line, dict(fields))
        held += 1
        while held > HELD:
            oldest = next(iter(trees))
            gone.add(oldest)
            tree = trees.pop(oldest)
            held -= len(tree.messages)
            yield from _nested(oldest, tree)
    for tree_id, tree in trees.items():
        yield from _nested(tree_id, tree)


def _nested(tree_id: str, tree: _Tree) -> Iterator[NumberedRow | Fault]:
    """A tree as one row, its replies inside one another; a message without its parent is told with its line."""
    roots = []
    for message_id, (line, message) in tree.messages.items():
        parent = message["parent_id"]
        if parent in (None, ""):
            roots.append(message_id)
        elif str(parent) in tree.messages and str(parent) != message_id:
            tree.messages[str(parent)][1].setdefault("replies", []).append(message)
        else:
            yield Fault(line, f"the message that it answers ({str(parent)[:40]}) is not in the file")
    reached: set[str] = set()
    for root in roots:
        line, message = tree.messages[root]
        reached |= _ranked(message)
        yield line, {"message_tree_id": tree_id, "prompt": message}
    for message_id, (line, message) in tree.messages.items():
        if message_id not in reached and str(message["parent_id"]) in tree.messages:
            yield Fault(line, "it answers a message that no question of the file leads to")


def _ranked(message: Message) -> set[str]:
    """Ranks as numbers, which tables keep as 0.0 and text files as "0"; return the ids of the messages below."""
    waiting, seen = [message], set[str]()
    while waiting:
        one = waiting.pop()
        seen.add(one["message_id"])
        rank = one.get("rank")
        if isinstance(rank, float | str) and str(rank).removesuffix(".0").isdecimal():
            one["rank"] = int(float(rank))
        waiting += one.get("replies", ())
    return seen
