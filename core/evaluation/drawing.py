"""Drawing a blind round: which responses are judged together, and by how many."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import combinations
from typing import Any

import sqlalchemy as sa

from core.actor import acting
from core.database import Database, wholes
from core.evaluation.rows import responses, rounds, sets
from core.evaluation.rows.rounds import Unit
from core.evaluation.words import Round, RoundKind
from core.records import Refused

MOST_AT_ONCE = 4
ALL_PAIRS_UP_TO = 3  # models; with more, each task gets one drawn pairing
_SEEDS = 2**63
_TRIES = 5


def draw(
    database: Database,
    set_name: str,
    *,
    models: Sequence[str] = (),
    kind: RoundKind = RoundKind.GRADE,
    side: int = 1,
    tasks: int | None = None,
    overlap: float | None = None,
    seed: int | None = None,
    name: str = "",
    actor: str = "",
) -> Round:
    """Draw a blind round over the responses of `models` (all who answered), to `tasks` tasks of the set (all).

    Grading shows one to four responses at once, choosing two to four. Of two: every pair where there are up to three
    models, else one drawn pairing a task; of more: each response in one group, the best of which is chosen. `overlap`:
    raters that an item wants, 1.3 for three in ten twice; None: everybody rates all.
    Raises Refused where there is nothing to judge.
    """
    side = max(2, side) if kind is RoundKind.CHOOSE else side
    if not 1 <= side <= MOST_AT_ONCE:
        raise Refused(f"One to {MOST_AT_ONCE} responses fit side by side; choose a number between.")
    if overlap is not None and not 1 <= overlap <= 50:
        raise Refused("An item wants at least one rater; the overlap is a number from 1, such as 1.3 or 2.")
    if seed is not None and not 0 <= seed < _SEEDS:
        raise Refused("A seed is a whole number from 0 with at most 18 digits; choose another.")
    for _ in range(_TRIES):  # drawn outside the lock, under which the round is only stored
        with database.read() as c:
            of = sets.get(c, set_name)
            before = rounds.how_many(c, of.id)
            by_task = _responses_by_task(c, of.id, models)
        its_seed = before + 1 if seed is None else seed
        drawn = _drawn_tasks(sorted(by_task), tasks, its_seed)
        units = _units({task: by_task[task] for task in drawn}, kind, side, overlap, its_seed)
        if not units:
            raise Refused(
                f"The set {set_name} has nothing to judge yet; bring in responses first"
                + (", of two models at least." if kind is RoundKind.CHOOSE else ".")
            )
        title = " ".join(name.split()) or f"Round {before + 1}"
        if len(title) > 80:
            raise Refused("A round's name has at most 80 characters; choose a shorter one.")
        how: dict[str, Any] = {"overlap": overlap, "seed": its_seed, "actor": actor or acting()}
        with suppress(wholes.Overtaken):
            whole = rounds.drawing(of.id, before, title, kind, side, **how)
            return wholes.store(database, whole, rounds.unit_rows(units))
    raise Refused("Others were drawing rounds of this set at the same moment; draw again.")


def _responses_by_task(c: sa.Connection, set_id: int, models: Sequence[str]) -> dict[int, list[int]]:
    wanted = {responses.model(c, name).name for name in models}
    found: dict[int, list[int]] = {}
    for number, (model, task, _) in responses.heads(c, set_id).items():
        if not wanted or model in wanted:
            found.setdefault(task, []).append(number)
    return found


def _drawn_tasks(there: Sequence[int], most: int | None, seed: int) -> list[int]:
    if most is not None and most < 1:
        raise Refused("A round has at least one task; choose a larger number.")
    if most is None or most >= len(there):
        return list(there)
    return sorted(random.Random(f"{seed}/tasks").sample(list(there), most))


def _units(
    by_task: Mapping[int, list[int]], kind: RoundKind, side: int, overlap: float | None, seed: int
) -> list[Unit]:
    draw = random.Random(f"{seed}/units")
    groups: list[tuple[int, tuple[int, ...]]] = []
    for task, its in by_task.items():
        shuffled = draw.sample(its, len(its))
        if kind is RoundKind.GRADE:
            groups += [(task, group) for group in _even(shuffled, side)]
        elif side > 2:
            groups += [(task, group) for group in _even(shuffled, side) if len(group) > 1]
        elif len(its) <= ALL_PAIRS_UP_TO:
            groups += [(task, pair) for pair in combinations(shuffled, 2)]
        else:
            groups += [(task, (shuffled[at], shuffled[at - 1])) for at in range(1, len(shuffled), 2)]
            if len(shuffled) % 2:
                groups.append((task, (shuffled[-1], draw.choice(shuffled[:-1]))))
    twice = draw.sample(range(len(groups)), round((overlap % 1) * len(groups))) if overlap else []
    more = set(twice)
    return [
        Unit(at + 1, task, tuple(sorted(group)), None if overlap is None else int(overlap) + (at in more))
        for at, (task, group) in enumerate(groups)
    ]


def _even(shuffled: Sequence[int], side: int) -> list[tuple[int, ...]]:
    """Groups of at most `side`, as even as can be: five by four are three and two."""
    parts = -(-len(shuffled) // side)
    return [tuple(shuffled[at::parts]) for at in range(parts)]
