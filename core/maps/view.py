"""A pool's map as page, verb and file show it: where every task lies, what it may be coloured by, and what is stale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from core.database import Database
from core.diversity import view as diversity
from core.diversity.selection import TaskSelection
from core.maps.lasso import Corner, inside
from core.maps.placing import MapTitle
from core.maps.recipe import MapRecipe, recipe_of
from core.maps.rows import maps
from core.pool import members
from core.records import Origin

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_GROUPS = 12  # that have a colour of their own; the rest are "others"
BANDS = ("a fifth as dense or less", "to two fifths", "to three fifths", "to four fifths", "the densest")
OTHERS, UNRATED, NO_VERB = "others", "not rated, or others still rate it", "no verb known"


class MapColour(StrEnum):
    """What the points of a map are coloured by."""

    ORIGIN = "origin"
    GRADE = "grade"
    RUN = "run"
    VERB = "verb"
    DENSITY = "density"


@dataclass(frozen=True)
class PoolMap:
    """A map with the pool's accepted tasks on it, in order of arrival; `x`, `y`, `density` lie between 0 and 1.

    `missing`: texts that came or changed since it was made; `gone`: texts on it that the pool has no more;
    `left_out`: texts that the model gave no embedding of use for.
    """

    run_id: int
    recipe: MapRecipe
    made_with: Mapping[str, str]
    made_at: float
    seconds: float
    trust: float
    trusted: int
    titles: tuple[MapTitle, ...]
    task_ids: tuple[int, ...]
    instructions: tuple[str, ...]
    hashes: tuple[str, ...]
    origins: tuple[str, ...]
    runs: tuple[int | None, ...]
    x: NDArray[np.float32]
    y: NDArray[np.float32]
    density: NDArray[np.float32]
    left_out: int
    missing: int
    gone: int

    def __len__(self) -> int:
        return len(self.task_ids)

    @property
    def is_stale(self) -> bool:
        return bool(self.missing or self.gone)

    @cached_property
    def seeds(self) -> frozenset[int]:
        """The seeds on the map, which are no candidates for review."""
        seed = Origin.SEED.value
        return frozenset(one for one, origin in zip(self.task_ids, self.origins, strict=True) if origin == seed)

    def within(self, corners: Sequence[Corner]) -> tuple[int, ...]:
        """The tasks inside a closed line on the map, in order of arrival."""
        held = inside(self.x, self.y, corners)
        return tuple(task_id for task_id, is_in in zip(self.task_ids, held.tolist(), strict=True) if is_in)


def newest(database: Database, pool_id: int) -> PoolMap | None:
    """The pool's map with the tasks of this moment on it; None before the first."""
    import numpy as np

    with database.read() as c:
        kept = maps.newest(c, pool_id)
        if kept is None:
            return None
        points = maps.points(c, kept.id, pool_id)
        missing, gone = maps.changed(c, kept.id, pool_id, kept.left_out)
    columns: Any = list(zip(*points, strict=True)) or [()] * 8
    x, y, density = (np.asarray(column, np.float32) for column in columns[5:8])
    return PoolMap(
        run_id=kept.run_id,
        recipe=recipe_of(kept.recipe),
        made_with=kept.made_with,
        made_at=kept.created_at,
        seconds=kept.seconds,
        trust=kept.trust,
        trusted=kept.trusted,
        titles=tuple(MapTitle(*title) for title in kept.titles),
        task_ids=columns[0],
        instructions=columns[1],
        origins=columns[2],
        runs=columns[3],
        hashes=columns[4],
        x=x,
        y=y,
        density=density,
        left_out=len(kept.left_out),
        missing=missing,
        gone=gone,
    )


def narrowed(database: Database, pool_id: int, shown: PoolMap, release_id: int, is_in: bool) -> PoolMap:
    """The map with only those tasks that a release held an instance of, or with only the others.

    Refused in a sentence for a release of which it is not known what it held.
    """
    with database.read() as c:
        members.known(c, pool_id, release_id)
        held = members.task_ids(c, release_id)
    kept = [at for at, task_id in enumerate(shown.task_ids) if (task_id in held) is is_in]
    return replace(
        shown,
        task_ids=tuple(shown.task_ids[at] for at in kept),
        instructions=tuple(shown.instructions[at] for at in kept),
        hashes=tuple(shown.hashes[at] for at in kept),
        origins=tuple(shown.origins[at] for at in kept),
        runs=tuple(shown.runs[at] for at in kept),
        x=shown.x[kept],
        y=shown.y[kept],
        density=shown.density[kept],
    )


def moment(database: Database, pool_id: int, parser: str) -> tuple[int, ...]:
    """Numbers of which one differs whenever a map, or what its tasks are coloured by, may be another."""
    with database.read() as c:
        its_id = maps.newest_id(c, pool_id)
    return (its_id, *diversity.moment(database, parser, TaskSelection(state="rated")))


def groups(database: Database, pool_id: int, shown: PoolMap, colour: MapColour, parser: str, viewer: str) -> list[str]:
    """What each task of a map is coloured by, in words, in the map's order.

    `parser`: the key of the parser that found the verbs. Grades are those that cannot colour the viewer's own: of
    items that no queue waits for, and of those that the viewer has rated.
    """
    if colour is MapColour.ORIGIN:
        return _few(shown.origins)
    if colour is MapColour.RUN:
        labels = {one: f"run {one}" for one in shown.runs if one is not None}
        return _few([labels.get(one or 0, origin) for one, origin in zip(shown.runs, shown.origins, strict=True)])
    if colour is MapColour.GRADE:
        with database.read() as c:
            grades = maps.grades(c, pool_id, viewer)
        return ["seed" if task_id in shown.seeds else grades.get(task_id, UNRATED) for task_id in shown.task_ids]
    if colour is MapColour.VERB:
        verbs: dict[int, str] = {}
        for origin in ("", "seed"):
            for one in diversity.listed(database, pool_id, TaskSelection(origin), parser):
                verbs[one.task_id] = one.verb or NO_VERB
        return _few([verbs.get(task_id, NO_VERB) for task_id in shown.task_ids], last=NO_VERB)
    return [BANDS[min(int(one * len(BANDS)), len(BANDS) - 1)] for one in shown.density.tolist()]


def point_by_point(shown: PoolMap, columns: Mapping[MapColour, Sequence[str]]) -> list[dict[str, Any]]:
    """The map as rows of a file: a task with its place, and what it is coloured by."""
    return [
        {
            "task": shown.task_ids[at],
            "x": round(float(shown.x[at]), 5),
            "y": round(float(shown.y[at]), 5),
            "density": round(float(shown.density[at]), 4),
            "origin": shown.origins[at],
            "run": shown.runs[at] or "",
            **{name: columns[name][at] for name in (MapColour.GRADE, MapColour.VERB) if name in columns},
            "text_hash": shown.hashes[at],
            "instruction": shown.instructions[at],
        }
        for at in range(len(shown))
    ]


def _few(values: Sequence[str], last: str = "") -> list[str]:
    """The most frequent keep their names, the rest are others."""
    counted = Counter(value for value in values if value != last)
    kept = {value for value, _ in counted.most_common(MOST_GROUPS)} | ({last} if last else set())
    return [value if value in kept else OTHERS for value in values]
