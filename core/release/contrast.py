"""Worse answers to what a row asks: its output before a person mended it, what an import rejected, another instance
that people rated lower. From these come the pairs that preference training wants."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.pool import beside
from core.pool.judgement import FINAL
from core.records import Beside, text_hash
from core.release.predicate import Disagreement
from core.release.row import Judged, RejectedAnswer
from core.release.rows import contrast_rows, release_rows
from core.release.rows.contrast_rows import Former
from core.release.rows.release_rows import InstanceRow, StandingRating
from core.release.selection import ReleaseSelection
from core.release.verdict import judged

FIELDS = ("name", "instruction", "is_classification", "input", "output")  # in the order in which an act writes them


@dataclass(frozen=True, slots=True)
class _Text:
    """What an instance asks and answers: pairs are of rows that ask the same."""

    input: str
    output: str
    context: str


FEW = 20_000  # ids that Python's own lists hold without harm; of more a sorted copy is made where it takes least room


def _in_order(*parts: Sequence[int]) -> array[int]:
    """All these numbers, the lowest first. A small release is looked at without loading arrays."""
    if sum(map(len, parts)) <= FEW:
        return array("q", sorted(one for part in parts for one in part))
    import numpy as np

    return array("q", np.sort(np.concatenate([np.array(part, np.int64) for part in parts])).tobytes())


class Contrasts:
    """Looks up the pairs of rows, a piece at a time."""

    def __init__(self, c: sa.Connection, selection: ReleaseSelection) -> None:
        self._c = c
        self._disagreement = selection.predicate.disagreement
        # Who may be the worse one: what goes out, and what was left behind for its grade alone.
        self._known = _in_order(selection.admitted, selection.judged)

    def of(
        self, rows: Sequence[InstanceRow], its_judged: Mapping[int, Judged], its_beside: Mapping[int, Beside]
    ) -> dict[int, tuple[RejectedAnswer, ...]]:
        """Return the pairs of each of these rows that has any, without doubles, in the order edit, import, task."""
        formers = contrast_rows.formers(self._c, [row.task_id for row in rows])
        siblings = self._siblings([row.task_id for row in rows])
        old = self._scores_of_old(rows, formers)
        found: dict[int, tuple[RejectedAnswer, ...]] = {}
        for row in rows:
            score = its_judged[row.instance_id].score
            made = [*self._by_edit(row, formers.get(row.task_id, ()), score, old)]
            made += [
                RejectedAnswer(text, "import") for text in its_beside.get(row.instance_id, beside.NOTHING).rejected
            ]
            made += _by_rating(row, siblings.get(row.task_id, {}), score)
            worse = {pair.rejected: pair for pair in reversed(made)}  # the first of the same text stays
            kept = [pair for pair in dict.fromkeys(worse[pair.rejected] for pair in made) if _differs(pair, row)]
            if kept:
                found[row.instance_id] = tuple(kept)
        return found

    def _by_edit(
        self, row: InstanceRow, changes: Sequence[Former], score: float | None, old: Mapping[tuple[int, str], float]
    ) -> Iterator[RejectedAnswer]:
        """The outputs that people replaced while the question was as it is now; not those that an undo took back."""
        for text in _former_outputs(row, changes):
            was = old.get((row.instance_id, text_hash(row.instruction, row.input, text)))
            margin = round(score - was, 4) if score is not None and was is not None else None
            if margin is None or margin >= 0:  # a text that people liked better before its edit says nothing
                yield RejectedAnswer(text, "edit", margin)

    def _scores_of_old(
        self, rows: Sequence[InstanceRow], formers: Mapping[int, Sequence[Former]]
    ) -> dict[tuple[int, str], float]:
        """The mean grade of each former text that was rated, by instance and hash."""
        ids = [row.instance_id for row in rows if any(one.field == "output" for one in formers.get(row.task_id, ()))]
        said = contrast_rows.ratings_of_old(self._c, ids)
        scores = {key: judged(ratings, self._disagreement).score for key, ratings in said.items()}
        return {key: score for key, score in scores.items() if score is not None}

    def _siblings(self, task_ids: Iterable[int]) -> dict[int, dict[int, tuple[_Text, float]]]:
        """By task of several instances: those that may be compared, with text and mean grade, by id."""
        texts = contrast_rows.siblings(self._c, sorted(set(task_ids)))
        ids = [one.instance_id for its in texts.values() for one in its if self._may_be_compared(one.instance_id)]
        scores = scores_of(self._c, ids, self._disagreement)
        contexts = {one: beside.context(its) for one, its in beside.of(self._c, list(scores)).items()}
        return {
            task_id: {
                one.instance_id: (_Text(one.input, one.output, contexts.get(one.instance_id, "")), score)
                for one in its
                if one.instance_id in scores and (score := scores[one.instance_id].score) is not None
            }
            for task_id, its in texts.items()
        }

    def _may_be_compared(self, instance_id: int) -> bool:
        place = bisect_left(self._known, instance_id)
        return place < len(self._known) and self._known[place] == instance_id


def scores_of(c: sa.Connection, instance_ids: Sequence[int], disagreement: Disagreement) -> dict[int, Judged]:
    """What the ratings of the present texts of these instances come to; those that nobody rated are left out."""
    said: dict[int, list[StandingRating]] = {}
    for one in release_rows.judgements(c, instance_ids) if instance_ids else ():
        said.setdefault(one.instance_id, []).append(standing(one))
    return {instance_id: judged(ratings, disagreement) for instance_id, ratings in said.items()}


def standing(one: Any) -> StandingRating:
    """A rating of the present text as a verdict hears it."""
    return StandingRating(one.instance_id, one.reviewer, one.round == FINAL, True, one.grade, one.valid)


def _by_rating(
    row: InstanceRow, siblings: Mapping[int, tuple[_Text, float]], score: float | None
) -> list[RejectedAnswer]:
    mine = siblings.get(row.instance_id)
    if mine is None or score is None:
        return []
    text, _ = mine
    return [
        RejectedAnswer(other.output, "task", round(score - its, 4))
        for other, its in siblings.values()
        if (other.input, other.context) == (text.input, text.context) and its < score
    ]


def _former_outputs(row: InstanceRow, changes: Sequence[Former]) -> Iterator[str]:
    """Walk back through the acts, the latest first, and yield each output that stood below the present question."""
    instruction, given = row.instruction, row.input
    for act in _acts(changes):
        before = {one.field: one.before for one in act if one.instance_id in (None, row.instance_id)}
        instruction, given = before.get("instruction", instruction), before.get("input", given)
        same = (instruction, given) == (row.instruction, row.input)
        if same and "output" in before and not act[0].reason.endswith("undone"):
            yield before["output"]


def _acts(changes: Sequence[Former]) -> Iterator[list[Former]]:
    """Changes by act: one act writes instruction, kind, input and output of an instance in this order, in a row.

    Two acts in a row that look like one are taken for one; a pair is then missing, and none is wrong.
    """
    act: list[Former] = []
    for change in changes:
        if act and not _of_one_act(change, act[-1]):
            yield act
            act = []
        act.append(change)
    if act:
        yield act


def _of_one_act(earlier: Former, later: Former) -> bool:
    together = earlier.id + 1 == later.id and (earlier.actor, earlier.reason) == (later.actor, later.reason)
    same = earlier.instance_id in (None, later.instance_id)
    return together and same and FIELDS.index(earlier.field) < FIELDS.index(later.field)


def _differs(pair: RejectedAnswer, row: InstanceRow) -> bool:
    return bool(pair.rejected.strip()) and pair.rejected.strip() != row.output.strip()
