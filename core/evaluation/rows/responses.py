"""Models, and what they answered."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database.parts import in_parts
from core.database.schema import evaluation_models, evaluation_responses, evaluation_tasks, finetunes, releases
from core.evaluation.words import Model, Response, why_empty
from core.missing import no_such_name

_MODELS = sa.select(evaluation_models, releases.c.name.label("release")).outerjoin(
    releases, releases.c.id == evaluation_models.c.release_id
)


@dataclass(frozen=True, slots=True)
class NewResponse:
    """An answer about to be stored."""

    task_id: int
    text: str
    finish_reason: str = ""
    run_id: int | None = None
    request_id: int | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """How much of a set a model has answered. `length`: mean characters. `why_empty`: empty ones by their reason."""

    model: Model
    responses: int
    length: float
    why_empty: Mapping[str, int]

    @property
    def empty(self) -> int:
        """Responses that hold no answer."""
        return sum(self.why_empty.values())


def model(c: sa.Connection, name: str) -> Model:
    """The model of that name; NotFound names those there are."""
    row = c.execute(_MODELS.where(evaluation_models.c.name == name)).first()
    if row is None:
        there = [each.name for each in models(c)]
        raise no_such_name("model with responses", name, there, "`winnow evaluate respond` asks one")
    return _model(row)


def models(c: sa.Connection) -> list[Model]:
    """Every model, in the order in which they came."""
    return [_model(row) for row in c.execute(_MODELS.order_by(evaluation_models.c.id))]


def ensure(c: sa.Connection, names: Iterable[str], *, demo: bool = False) -> dict[str, int]:
    """Return the ids of these models, making those that are not there."""
    found = {}
    for name in dict.fromkeys(names):
        known = c.execute(sa.select(evaluation_models.c.id).where(evaluation_models.c.name == name)).scalar()
        if known is None:
            new = evaluation_models.insert().values(name=name, demo=demo, created_at=time.time())
            known = c.execute(new.returning(evaluation_models.c.id)).scalar_one()
        found[name] = int(known)
    return found


def describe(c: sa.Connection, model_id: int, said: Mapping[str, Any]) -> None:
    """Say what a model learned from: release_id, data, size, quality."""
    c.execute(evaluation_models.update().where(evaluation_models.c.id == model_id).values(**said))


def rows_of_release(c: sa.Connection, release_id: int) -> tuple[str, int] | None:
    """(name, rows) of a release, None where there is none of that number."""
    row = c.execute(sa.select(releases.c.name, releases.c.rows).where(releases.c.id == release_id)).first()
    return (row.name, row.rows) if row else None


def release_at(c: sa.Connection, path: str) -> int | None:
    """The newest release that was written to that path, None where there is none."""
    query = sa.select(releases.c.id).where(releases.c.path == path).order_by(releases.c.id.desc())
    return c.execute(query.limit(1)).scalar()


def releases_here(c: sa.Connection, limit: int = 200) -> list[tuple[int, str, int]]:
    """(id, name, rows) of the newest releases."""
    query = sa.select(releases.c.id, releases.c.name, releases.c.rows).order_by(releases.c.id.desc()).limit(limit)
    return [(row.id, row.name, row.rows) for row in c.execute(query)]


def tuned(c: sa.Connection) -> list[tuple[str, int | None, str]]:
    """(model, release id or None, where the release lies) of fine-tuning jobs that brought one, the newest first."""
    query = (
        sa.select(finetunes.c.result, releases.c.id, finetunes.c.release_path)
        .outerjoin(releases, releases.c.path == finetunes.c.release_path)
        .where(finetunes.c.result != "")
        .order_by(finetunes.c.id.desc())
    )
    return [(row.result, row.id, row.release_path) for row in c.execute(query)]


def stored(c: sa.Connection, set_id: int, model_id: int, tasks: Sequence[int] | None = None) -> dict[int, str]:
    """A model's answers to a set, or to these of its tasks, by task id."""
    table = evaluation_responses
    query = sa.select(table.c.task_id, table.c.text).where(table.c.model_id == model_id)
    if tasks is None:
        return {row.task_id: row.text for row in c.execute(query.where(table.c.set_id == set_id))}
    return {
        row.task_id: row.text for some in in_parts(tasks) for row in c.execute(query.where(table.c.task_id.in_(some)))
    }


def answered_tasks(c: sa.Connection, set_id: int, model_id: int) -> set[int]:
    table = evaluation_responses
    query = sa.select(table.c.task_id).where(table.c.set_id == set_id, table.c.model_id == model_id)
    return set(c.execute(query).scalars())


def has_answered(c: sa.Connection, task_id: int, model_id: int) -> bool:
    table = evaluation_responses
    return (
        c.execute(sa.select(table.c.id).where(table.c.task_id == task_id, table.c.model_id == model_id)).first()
        is not None
    )


def add(c: sa.Connection, set_id: int, model_id: int, new: Sequence[NewResponse]) -> None:
    """Store answers; the caller knows that none of these tasks has one of this model yet."""
    now = time.time()
    rows = [
        {
            "set_id": set_id,
            "task_id": each.task_id,
            "model_id": model_id,
            "run_id": each.run_id,
            "request_id": each.request_id,
            "finish_reason": each.finish_reason,
            "length": len(each.text),
            "created_at": now,
            "text": each.text,
        }
        for each in new
    ]
    for some in in_parts(rows):
        c.execute(evaluation_responses.insert(), some)


def answered(c: sa.Connection, set_id: int) -> list[Answered]:
    """The models that answered a set, in the order in which they came. No text is read."""
    table = evaluation_responses
    without = sa.case((table.c.length == 0, 0), else_=1).label("length")
    query = (
        sa.select(table.c.model_id, table.c.finish_reason, without, sa.func.count(), sa.func.sum(table.c.length))
        .where(table.c.set_id == set_id)
        .group_by(table.c.model_id, table.c.finish_reason, without)
        .order_by(table.c.finish_reason)
    )
    n: Counter[int] = Counter()
    characters: Counter[int] = Counter()
    empty: dict[int, Counter[str]] = {}
    for model_id, reason, has_text, count, length in c.execute(query):
        n[model_id] += count
        characters[model_id] += int(length)
        why = why_empty(reason, has_text)
        if why:
            empty.setdefault(model_id, Counter())[why] += count
    return [
        Answered(each, n[each.id], characters[each.id] / n[each.id], dict(empty.get(each.id, {})))
        for each in models(c)
        if each.id in n
    ]


def of_set(c: sa.Connection, set_id: int, model_ids: Sequence[int] | None = None) -> list[Response]:
    """A set's answers, by model and position."""
    table = evaluation_responses
    query = _RESPONSES.where(table.c.set_id == set_id)
    if model_ids is not None:
        query = query.where(table.c.model_id.in_(model_ids))
    return [_response(row) for row in c.execute(query.order_by(table.c.model_id, evaluation_tasks.c.position))]


def of_task(c: sa.Connection, task_id: int) -> list[Response]:
    """Every model's answer to a task."""
    query = _RESPONSES.where(evaluation_responses.c.task_id == task_id)
    return [_response(row) for row in c.execute(query.order_by(evaluation_responses.c.model_id))]


def texts(c: sa.Connection, ids: Sequence[int]) -> dict[int, str]:
    """The texts of these responses."""
    table = evaluation_responses
    return {row.id: row.text for row in c.execute(sa.select(table.c.id, table.c.text).where(table.c.id.in_(ids)))}


def heads(c: sa.Connection, set_id: int) -> dict[int, tuple[str, int, int]]:
    """(model, task id, length) of each response of a set by id. No text is read."""
    table = evaluation_responses
    query = (
        sa.select(table.c.id, evaluation_models.c.name, table.c.task_id, table.c.length)
        .join(evaluation_models, evaluation_models.c.id == table.c.model_id)
        .where(table.c.set_id == set_id)
        .order_by(table.c.model_id, table.c.id)
    )
    return {row.id: (row.name, row.task_id, row.length) for row in c.execute(query)}


def newest(c: sa.Connection, set_id: int) -> int:
    """The id of a set's latest response: responses are only ever added."""
    table = evaluation_responses
    return int(c.execute(sa.select(sa.func.max(table.c.id)).where(table.c.set_id == set_id)).scalar() or 0)


def models_of(c: sa.Connection, ids: Iterable[int]) -> dict[int, int]:
    """The model of each of these responses, by response id."""
    table, wanted = evaluation_responses, set(ids)
    query = sa.select(table.c.id, table.c.model_id)
    return {row.id: row.model_id for row in c.execute(query) if row.id in wanted}


_RESPONSES = (
    sa.select(evaluation_responses, evaluation_models.c.name)
    .join(evaluation_models, evaluation_models.c.id == evaluation_responses.c.model_id)
    .join(evaluation_tasks, evaluation_tasks.c.id == evaluation_responses.c.task_id)
)


def _model(row: sa.Row[Any]) -> Model:
    return Model(row.id, row.name, row.release_id, row.release or "", row.data, row.size, row.quality, row.demo)


def _response(row: sa.Row[Any]) -> Response:
    return Response(row.id, row.task_id, row.name, row.text, row.finish_reason, row.run_id)
