"""The rows of a release as they come from a pool, each with where it came from. Read in pieces, never held."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from core.gate import rules
from core.llm.findings import told
from core.moments import moment
from core.pool import beside
from core.pool.guidelines import QUESTIONS
from core.records import Origin, Refused
from core.release.contrast import Contrasts, scores_of
from core.release.row import Judged, ReleaseRow, RowSource
from core.release.rows import contrast_rows, release_rows
from core.release.rows.release_rows import InstanceRow
from core.release.selection import ReleaseSelection

PIECE = 1000
PLANS_KEPT = 64


def source(
    c: sa.Connection,
    pool_id: int,
    selection: ReleaseSelection,
    *,
    fields: Sequence[str] = (),
    with_pairs: bool = True,
    with_judged: bool = True,
) -> RowSource:
    """Return what reads the admitted rows, in order of task and position, as the connection sees them.

    A row's id is i and the instance's number, its task t and the task's: unique and the same in every release of a
    database. Its lineage names run, method, settings (a hash), provider, model and requests; the tasks shown in the
    prompt; the filters it passed and the one that a person overruled; nearest task and seed; ratings and edits, people
    as r1, r2 in order of their first rating, without names and notes; the file that it was imported from.

    `fields`: columns of imported rows that go with it, as text; Refused where none of the pool has one. `with_judged`:
    also, in their places, what reviewers judged and the rule left behind for that; `with_pairs`: worse answers.
    """
    for name in fields:
        if not contrast_rows.has_column(c, pool_id, name):
            known = ", ".join(beside.columns(c, pool_id)) or "none at all"
            raise Refused(f'No imported row of this pool has a column "{name}"; there is {known}.')
    lineage, parser = _Lineage(c, pool_id), release_rows.best_parser(c, pool_id)
    contrasts = Contrasts(c, selection) if with_pairs else None

    def read() -> Iterator[ReleaseRow]:
        for some in _pieces(selection, with_judged):
            found = release_rows.rows(c, [instance_id for instance_id, _ in some])
            ids = [row.instance_id for row in found]
            verbs = release_rows.verbs_of(c, pool_id, parser, {row.task_id for row in found})
            besides = beside.of(c, ids)
            scores = scores_of(c, ids, selection.predicate.disagreement)
            scores |= {
                row.instance_id: Judged(True)  # people chose it
                for row in found
                if row.origin == Origin.SEED.value and row.instance_id not in scores
            }
            told = {row.instance_id: scores.get(row.instance_id, Judged()) for row in found}
            pairs = contrasts.of(found, told, besides) if contrasts else {}
            for row, its, (_, admitted) in zip(found, lineage.of(found), some, strict=True):
                had = besides.get(row.instance_id, beside.NOTHING)
                yield ReleaseRow(
                    f"i{row.instance_id}",
                    f"t{row.task_id}",
                    row.instruction,
                    row.input,
                    row.output,
                    row.is_classification,
                    Origin(row.origin),
                    row.demo,
                    verbs.get(row.task_id),
                    its,
                    had.system,
                    had.turns,
                    had.thoughts,
                    told[row.instance_id],
                    pairs.get(row.instance_id, ()),
                    {name: _as_text(had.extra.get(name)) for name in fields},
                    admitted,
                )

    return read


def _pieces(selection: ReleaseSelection, with_judged: bool) -> Iterator[list[tuple[int, bool]]]:
    """Instance ids, each with whether it is admitted, a thousand or so at a time."""
    some: list[tuple[int, bool]] = []
    bad = zip(selection.judged_before, selection.judged, strict=True) if with_judged else iter(())
    before, judged_id = next(bad, (None, 0))
    for place, instance_id in enumerate(selection.admitted):
        while before is not None and before <= place:
            some.append((judged_id, False))
            before, judged_id = next(bad, (None, 0))
        some.append((instance_id, True))
        if len(some) >= PIECE:
            yield some
            some = []
    while before is not None:
        some.append((judged_id, False))
        before, judged_id = next(bad, (None, 0))
        if len(some) >= PIECE:
            yield some
            some = []
    if some:
        yield some


def _as_text(value: Any) -> str:
    """A field of an imported row as a table of texts holds it: no text as JSON, nothing as an empty one."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def sentences(c: sa.Connection, selection: ReleaseSelection) -> tuple[str, ...]:
    """How the rows were made, for the card: one sentence a run."""
    said = []
    for run in release_rows.runs_of(c, selection.runs):
        target = run.settings.get("target") or {}
        by = f" with the model {target['model']} ({target.get('provider', 'custom')})" if target.get("model") else ""
        missed = told(_not_taken(run))
        said.append(
            f"Run {run.id}: {_method(run)}{by}, settings {_digest(run.settings)}.{f' {missed}' if missed else ''}"
        )
    return tuple(said)


class _Lineage:
    """Looks up where rows came from, a piece at a time."""

    def __init__(self, c: sa.Connection, pool_id: int) -> None:
        self._c = c
        self._name = {name: f"r{place}" for place, name in enumerate(release_rows.people(c, pool_id), start=1)}
        self._imports = release_rows.imports_of(c, pool_id)
        self._runs: dict[int, Any] = {}
        self._plans: OrderedDict[tuple[int, int], Sequence[Sequence[int]]] = OrderedDict()

    def of(self, rows: Sequence[InstanceRow]) -> Iterator[dict[str, Any]]:
        """Yield the lineage of each row, in order."""
        tasks = {row.task_id for row in rows}
        asked = {one for row in rows for one in (row.task_request, row.instance_request) if one is not None}
        requests = release_rows.requests_by_id(self._c, asked)
        ratings = _grouped(release_rows.judgements(self._c, [row.instance_id for row in rows]), "instance_id")
        edits = _grouped(release_rows.edits_of(self._c, tasks), "task_id")
        rescues = _grouped(release_rows.rescues_of(self._c, tasks), "task_id")
        for run in release_rows.runs_of(self._c, {row.run_id for row in rows if row.run_id} - self._runs.keys()):
            self._runs[run.id] = _method(run), _digest(run.settings), run.settings, _not_taken(run)
        for row in rows:
            found: dict[str, Any] = {"text_hash": row.text_hash, **self._made(row, requests)}
            found |= self._filtered(row, rescues.get(row.task_id, ()))
            found |= _near(row)
            found["ratings"] = [self._rating(one) for one in ratings.get(row.instance_id, ())]
            found["edits"] = [
                self._edit(one)
                for one in edits.get(row.task_id, ())
                if one.instance_id is None or one.instance_id == row.instance_id
            ]
            yield found

    def _made(self, row: InstanceRow, requests: Mapping[int, Any]) -> dict[str, Any]:
        """Which run, model and requests made a row, and which tasks its prompt showed; or which file brought it."""
        if row.import_id is not None:
            file = self._imports[row.import_id]
            return {"import": {"file": file.file_name, "sha256": file.sha256, "format": file.format}}
        if row.run_id is None:
            return {}
        method, settings, _, not_taken = self._runs[row.run_id]
        made: dict[str, Any] = {"run": row.run_id, "method": method, "settings": settings}
        known = [one for one in (row.task_request, row.instance_request) if one is not None and one in requests]
        if known:
            first, asked = requests[known[0]], {requests[one].step: one for one in known}
            made |= {"provider": first.provider, "model": first.model, "requests": asked}
            missed = {step: not_taken[step] for step in asked if step in not_taken}
            made |= {"not_taken": missed} if missed else {}
        shown = self._shown(row, requests)
        return {**made, "shown": [f"t{task_id}" for task_id in shown]} if shown else made

    def _shown(self, row: InstanceRow, requests: Mapping[int, Any]) -> Sequence[int]:
        """The tasks whose instructions stood in the prompt: the batch's draw at the place in the request's key."""
        request = requests.get(row.task_request) if row.task_request is not None else None
        place = request.key.rpartition("/")[2] if request is not None else ""
        if row.run_id is None or row.batch is None or not place.isdecimal():
            return ()
        examples = self._examples(row.run_id, row.batch)
        return examples[int(place)] if int(place) < len(examples) else ()

    def _examples(self, run_id: int, number: int) -> Sequence[Sequence[int]]:
        key = (run_id, number)
        if key not in self._plans:
            self._plans[key] = release_rows.batch_plan(self._c, run_id, number).get("examples") or ()
            if len(self._plans) > PLANS_KEPT:
                self._plans.popitem(last=False)
        return self._plans[key]

    def _filtered(self, row: InstanceRow, rescues: Sequence[Any]) -> dict[str, Any]:
        _, _, settings, _ = self._runs.get(row.run_id or 0, ("", "", {}, {}))
        asked = rules.of_run(Origin(row.origin), settings)
        if not asked:
            return {}
        over = [one.rule for one in rescues if one.instance_id is None or one.instance_id == row.instance_id]
        passed = {"filters": [rule for rule in asked if rule not in over]}
        return {**passed, "overruled": list(dict.fromkeys(over))} if over else passed

    def _rating(self, one: Any) -> dict[str, Any]:
        said = {"by": self._name[one.reviewer], "grade": one.grade, "valid": one.valid}
        said |= {asked.key: yes for asked in QUESTIONS if (yes := getattr(one, asked.key)) is not None}
        return {**said, "round": one.round} if one.round else said

    def _edit(self, one: Any) -> dict[str, Any]:
        return {"field": one.field, "by": self._name.get(one.actor, ""), "at": moment(one.at)}


def _near(row: InstanceRow) -> dict[str, Any]:
    near = {"nearest": (row.nearest_id, row.nearest_score), "nearest_seed": (row.seed_id, row.seed_score)}
    return {
        name: {"task": f"t{task_id}", "rouge_l": round(score, 4)}
        for name, (task_id, score) in near.items()
        if task_id is not None and score is not None
    }


def _method(run: Any) -> str:
    """What the run's way is called: the method, or the name that its settings give to a variant of it."""
    return str((run.settings.get("settings") or {}).get("label") or run.method)


def _not_taken(run: Any) -> Mapping[str, Mapping[str, str]]:
    """By step and parameter, which of the run's settings its model did not take."""
    found = (run.counts or {}).get("not_taken") or {}
    return found if isinstance(found, Mapping) else {}


def _digest(settings: Any) -> str:
    """Twelve hex digits that stand for a run's settings: equal settings, equal digits."""
    whole = json.dumps(settings, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return sha256(whole.encode()).hexdigest()[:12]


def _grouped(found: Sequence[Any], column: str) -> dict[int, list[Any]]:
    groups: dict[int, list[Any]] = {}
    for one in found:
        groups.setdefault(getattr(one, column), []).append(one)
    return groups
