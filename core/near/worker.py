"""The process that compares: texts in, and what was known of them before; what was found out, step by step.

Started by `job`, never by hand. Lines in: how many texts there are, a line for each portion of them, a line for each
part of what an earlier process found. Lines out: how far it is, and now and then a step, which is all that is needed to
go on from there. It ends when whoever started it is gone: the next line has nobody to be told to.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Mapping
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from core import memory
from core.aside import answer, replies
from core.near import arrays
from core.novelty import Tokeniser
from core.novelty.condense import Condensed, Condensing, DecidingPairs
from core.novelty.on_disk import TextsOnDisk

SAY_S = 0.5


def main() -> None:
    """Compare one pool's texts, from where an earlier process was."""
    out = replies()
    asked = json.loads(sys.stdin.readline())
    texts, shown = TextsOnDisk(), list[bool]()
    while len(texts) < asked["texts"]:
        portion = json.loads(sys.stdin.readline())
        if "changed" in portion:
            answer(out, portion)
            return
        for text in portion["texts"]:
            texts.append(text)
        shown += portion["shown"]
        answer(out, {"stage": "reading", "done": len(texts), "of": asked["texts"]})
    known = _known(asked["done"], asked["known"]) if asked["done"] else None
    answer(out, {"stage": "sorting", "done": 0, "of": 0})
    begun = Condensing(
        texts, np.array(shown, np.bool_), Tokeniser(asked["tokeniser"]), fixed=asked["seeds"], known=known
    )
    n = len(texts)
    del texts, shown
    memory.give_back()
    _compare(out, begun, n, asked["step_s"])


def _compare(out: TextIO, begun: Condensing, n: int, step_s: float) -> None:
    found, kept_to = list[DecidingPairs](), begun.state.done
    said = stepped = time.monotonic()
    for pairs in begun.pairs():
        found.append(pairs)
        now = time.monotonic()
        if pairs.stop == n or now - stepped >= step_s:
            answer(out, {"stage": "comparing", "done": pairs.stop, "of": n})
            _step(out, begun.rest(), found, kept_to, n)
            found, kept_to, said, stepped = [], pairs.stop, time.monotonic(), time.monotonic()
        elif now - said >= SAY_S:
            said = now
            answer(out, {"stage": "comparing", "done": pairs.stop, "of": n})


def _step(out: TextIO, state: Condensed, found: list[DecidingPairs], kept_to: int, n: int) -> None:
    """Send what has come since the last step, and what changes everywhere."""
    later = np.concatenate([one.later for one in found])
    _send(out, "later", later)
    _send(out, "earlier", np.concatenate([one.earlier for one in found]))
    _send(out, "score", np.concatenate([one.score for one in found]))
    _send(out, "kept", state.kept[kept_to : state.done])
    changed: list[NDArray[Any]] = [state.nearest, state.closest, *state.forest]
    for name, array in zip(arrays.REPLACED, changed, strict=True):
        _send(out, name, array)
    answer(out, {"step": state.done, "pairs": len(later), "whole": state.done == n})


def _send(out: TextIO, name: str, array: NDArray[Any]) -> None:
    for number, part in enumerate(arrays.in_packed_parts(array)):
        answer(out, {"part": name, "number": number, "data": base64.b64encode(part).decode()})


def _known(done: int, counts: Mapping[str, int]) -> Condensed:
    """What an earlier process found: as many parts of each array as `counts` says."""
    found = {
        name: arrays.whole(name, (base64.b64decode(json.loads(sys.stdin.readline())["data"]) for _ in range(count)))
        for name, count in counts.items()
    }
    state = Condensed.of_none(len(found["nearest"]))
    state.kept[:done] = found["kept"]
    forest = (found["forest_one"], found["forest_other"], found["forest_score"])
    return Condensed(done, state.kept, found["nearest"], found["closest"], forest)


if __name__ == "__main__":
    main()
