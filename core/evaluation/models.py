"""Sets and models as people manage them: what there is, what a model learned from, who may hold a set's texts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.database import Database
from core.evaluation.blindness import owing
from core.evaluation.rows import responses, sets
from core.evaluation.rows.responses import Answered as Answered
from core.evaluation.words import EvaluationSet, EvaluationTask, Model, Response, StillRating
from core.pool import pool_settings, pools
from core.records import Refused
from core.words import name_of


@dataclass(frozen=True, slots=True)
class SetView:
    """A set with how much it holds. `opened_in`: names of the pools that may hold its texts."""

    set: EvaluationSet
    tasks: int
    responses: int
    rounds: int
    opened_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """A release that a model may have learned from."""

    id: int
    name: str
    rows: int


@dataclass(frozen=True, slots=True)
class TunedModel:
    """A model that a fine-tuning job brought, and the release that it learned from (None: of another database)."""

    name: str
    release_id: int | None
    release_path: str


def every_set(database: Database) -> tuple[SetView, ...]:
    """Return all sets in the order in which they came."""
    with database.read() as c:
        sizes = sets.sizes(c)
        opened = {pool.name: set(pool_settings.of(pool).opened_sets) for pool in pools.every(c)}
        return tuple(
            SetView(each, *sizes.get(each.id, (0, 0, 0)), tuple(p for p, names in opened.items() if each.name in names))
            for each in sets.every(c)
        )


def tasks(database: Database, set_name: str, after: int = 0, limit: int = 50) -> tuple[EvaluationTask, ...]:
    """Return the tasks that follow a position."""
    with database.read() as c:
        return tuple(sets.page(c, sets.get(c, set_name).id, after, limit))


def answered(database: Database, set_name: str, reader: str) -> tuple[Answered, ...] | StillRating:
    """Return the models that answered a set with their counts; StillRating while the reader owes judgements."""
    with database.read() as c:
        of = sets.get(c, set_name)
        return owing(c, of, reader) or tuple(responses.answered(c, of.id))


def responses_to(database: Database, set_name: str, task_id: int, reader: str) -> tuple[Response, ...] | StillRating:
    """Return every model's answer to a task; StillRating while the reader owes judgements."""
    with database.read() as c:
        of = sets.get(c, set_name)
        return owing(c, of, reader) or tuple(responses.of_task(c, sets.task_in(c, of, task_id).id))


def tuned(database: Database) -> tuple[TunedModel, ...]:
    """Return the models that fine-tuning jobs brought, each once, the newest first."""
    with database.read() as c:
        found: dict[str, TunedModel] = {}
        for name, release_id, path in responses.tuned(c):
            found.setdefault(name, TunedModel(name, release_id, path))
    return tuple(found.values())


def releases(database: Database) -> tuple[ReleaseView, ...]:
    """Return the releases of this database, the newest first."""
    with database.read() as c:
        return tuple(ReleaseView(*row) for row in responses.releases_here(c))


def release_number(database: Database, named: str) -> int:
    """Return the number of a release that is named by its number or by the folder where it lies; Refused for others."""
    if named.isdecimal():
        return int(named)
    with database.read() as c:
        found = responses.release_at(c, str(Path(named).absolute()))
    if found is None:
        raise Refused(f"This database has no release at {named}; give the number that the page Release lists.")
    return found


def register(
    database: Database,
    name: str,
    *,
    release_id: int | None = None,
    data: str | None = None,
    size: int | None = None,
    quality: str | None = None,
) -> Model:
    """Say what a model learned from, making it where it is not there: a release of this database, or other data.

    A release brings its number of rows as the size. What is None stays as it was. Raises Refused for a release that is
    not there.
    """
    name = " ".join(name.split())
    check(name, size)
    said: dict[str, Any] = {}
    with database.write() as c:
        if release_id is not None:
            release = responses.rows_of_release(c, release_id)
            if release is None:
                raise Refused(f"There is no release {release_id} here; the page Release lists them with their numbers.")
            said = {"release_id": release_id, "size": release[1] if size is None else size}
        elif size is not None:
            said["size"] = size
        if data is not None:
            said["data"] = data
        if quality is not None:
            said["quality"] = quality
        model_id = responses.ensure(c, [name])[name]
        if said:
            responses.describe(c, model_id, said)
        return responses.model(c, name)


def check(name: str, size: int | None = None) -> None:
    """Raise Refused for a name or a size that no model has, before anything is asked of it or stored."""
    if not name_of(name, 200):
        raise Refused("A model's name has 1 to 200 characters that can be seen; choose another.")
    if size is not None and not 0 < size < 2**63:
        raise Refused("A size is the number of training instances, at least 1.")


def open_for(database: Database, pool: str, set_name: str, opened: bool = True) -> None:
    """Let a pool hold a sealed set's texts from now on, or no longer: only ever at a person's word, set by set."""
    with database.write() as c:
        name, its = sets.get(c, set_name).name, pools.get(c, pool)
        known = set(pool_settings.of(its).opened_sets)
        pools.configure(c, its.id, opened_sets=sorted(known | {name} if opened else known - {name}))
