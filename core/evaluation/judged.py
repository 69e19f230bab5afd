"""What stands in a set's blind rounds, as grades and as duels: the ground of every figure about people."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from core.evaluation.grading import Graded
from core.evaluation.rows import responses, rounds, seats, sets
from core.evaluation.rows.seats import StandingJudgement
from core.evaluation.strength import Duel
from core.evaluation.words import EvaluationSet, RoundKind
from core.records import Grade

_POINTS = {grade: -at for at, grade in enumerate(Grade)}


@dataclass(frozen=True, slots=True)
class Judgements:
    """A set's standing judgements. `late`: given by reviewers after they had seen results, by name.

    `duels`: choices among two to four, and grades that one rater gave to several models' responses to one task.
    `lengths`: characters by (model, task).
    """

    graded: tuple[Graded, ...]
    last_words: Mapping[tuple[str, int], Grade]
    duels: tuple[Duel, ...]
    clusters: Mapping[int, str]
    lengths: Mapping[tuple[str, int], int]
    late: Mapping[str, int]
    raters: tuple[str, ...]


def judgements(c: sa.Connection, of: EvaluationSet) -> Judgements:
    """Return what stands; a reviewer's latest grade of a response counts where several rounds asked for it.

    What was read last of each set is kept: one page asks for it several times over, and ten thousand judgements take a
    while. It is read anew as soon as anything was said, answered or looked at since.
    """
    moment = (seats.newest(c, of.id), responses.newest(c, of.id), tuple(sorted(rounds.looks(c, of.id))))
    with _LOCK:
        kept = _KEPT.setdefault(c.engine, {})
        if of.id in kept and kept[of.id][0] == moment:
            return kept[of.id][1]
    found = _read(c, of)
    with _LOCK:
        kept[of.id] = (moment, found)
    return found


_LOCK = Lock()
_KEPT: WeakKeyDictionary[Any, dict[int, tuple[Hashable, Judgements]]] = WeakKeyDictionary()


def _read(c: sa.Connection, of: EvaluationSet) -> Judgements:
    heads = responses.heads(c, of.id)
    clusters = sets.clusters(c, of.id)
    standing = seats.standing(c, of.id)
    looks = rounds.looks(c, of.id)
    late: dict[str, int] = {}
    for each in standing:
        look = looks.get(each.reviewer)
        # What a file brings was said at the time that it names; what was said here goes by the order of events.
        if look and (each.at > look.at if each.imported else each.event_id > look.after_rating):
            late[each.reviewer] = late.get(each.reviewer, 0) + 1
    graded: dict[tuple[str, int], Graded] = {}
    duels: list[Duel] = []
    for each in standing:
        if each.kind is RoundKind.GRADE:
            grades = {int(number): Grade(given) for number, given in each.said.get("grades", {}).items()}
            for number, grade in grades.items():
                model, task, _ = heads[number]
                graded.pop((each.reviewer, number), None)  # the latest comes last
                graded[(each.reviewer, number)] = Graded(model, task, each.reviewer, grade, each.at, clusters[task])
        else:
            duels += _chosen_duels(each, heads)
    duels += _graded_duels(graded.values())
    last = {}
    for said in seats.last_words(c, of.id):
        model, task, _ = heads[int(said["response"])]
        last[(model, task)] = Grade(said["grade"])
    return Judgements(
        tuple(graded.values()),
        last,
        tuple(duels),
        clusters,
        {(model, task): length for model, task, length in heads.values()},
        late,
        tuple(sorted({each.reviewer for each in standing})),
    )


def _graded_duels(graded: Iterable[Graded]) -> Iterator[Duel]:
    """Each rater's grades of several models' responses to one task, as comparisons: the better grade won."""
    by_rater: dict[tuple[str, int], list[Graded]] = {}
    for each in graded:
        by_rater.setdefault((each.reviewer, each.task), []).append(each)
    for (reviewer, task), its in by_rater.items():
        for one, two in combinations(sorted(its, key=lambda each: each.model), 2):
            difference = _POINTS[one.grade] - _POINTS[two.grade]
            outcome = 0.5 if not difference else float(difference > 0)
            bad = not difference and not one.grade.is_valid
            yield Duel(task, one.model, two.model, outcome, bad, reviewer)


def _chosen_duels(each: StandingJudgement, heads: Mapping[int, tuple[str, int, int]]) -> Iterator[Duel]:
    """A choice as comparisons: the best has won against each of the others; of those nothing is known.

    A tie, or all bad, is one between each two.
    """
    winner = each.said.get("winner")
    bad = each.said.get("choice") == "both-bad"
    for one, two in combinations(sorted(each.shown), 2):
        if winner is None or winner in (one, two):
            outcome = 0.5 if winner is None else float(winner == one)
            yield Duel(each.task_id, heads[one][0], heads[two][0], outcome, bad, each.reviewer)
