"""What comes in parts: nobody sees it before its last one, and what a kill left is taken away."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core import pools
from core.audit import audit
from core.database import Database, wholes
from core.database.schema import (
    audit_items,
    audits,
    evaluation_rounds,
    evaluation_sets,
    evaluation_tasks,
    evaluation_units,
)
from core.evaluation import models, rating
from core.evaluation.drawing import draw
from core.evaluation.importing import What, import_file
from core.history import history
from core.pool.sealed import Seals
from core.records import Refused
from tests.review.pool_of_texts import pool_of

N = 12
TEXTS = [f"Name the mountain number {k} of the land" for k in range(N)]


class Killed(BaseException):
    """The program ends here."""


@dataclass(frozen=True)
class Kind:
    """How one of a kind is made, what of it is seen, and where it is stored."""

    make: Callable[[], object]
    seen: Callable[[], Sequence[object]]
    table: sa.Table
    parts: sa.Table


@pytest.fixture(params=["audit", "set", "round"])
def kind(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Kind]:
    """An audit, an evaluation set or a blind round of a dozen, made in parts of five."""
    monkeypatch.setattr(wholes, "AT_ONCE", 5)
    pool_id = pool_of(database, N)
    told, answers = tmp_path / "set.jsonl", tmp_path / "ours.jsonl"
    told.write_text("".join(json.dumps({"instruction": text, "output": "one"}) + "\n" for text in TEXTS))
    answers.write_text("".join(json.dumps({"instruction": text, "response": "b"}) + "\n" for text in TEXTS))

    def seals() -> list[str | None]:
        with database.read() as c:
            held = Seals(c, pools.with_id(database, pool_id))
        return [name for text in TEXTS if (name := held.holds(text))]

    if request.param == "audit":
        seen = lambda: [*audit.every(database, pool_id), *history.people(database, pool_id)]  # noqa: E731
        yield Kind(lambda: audit.new(database, pool_id, size=N), seen, audits, audit_items)
    elif request.param == "set":
        seen = lambda: [*models.every_set(database), *seals()]  # noqa: E731
        yield Kind(lambda: import_file(database, "set", told, What.SET), seen, evaluation_sets, evaluation_tasks)
    else:
        import_file(database, "set", told, What.SET)
        import_file(database, "set", answers, What.RESPONSES)
        seen = lambda: rating.of_set(database, "set", "ann")  # noqa: E731
        yield Kind(lambda: draw(database, "set"), seen, evaluation_rounds, evaluation_units)


def cut_off(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make one as far as it comes with a kill after its second part."""

    def in_turns(rows: Sequence[Any], at_once: int) -> Iterator[Sequence[Any]]:
        yield rows[:at_once]
        yield rows[at_once : 2 * at_once]
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(wholes, "in_turns", in_turns)
        patch.setattr(wholes, "_drop", lambda *_: None)  # who is killed takes nothing away
        with pytest.raises(Killed):
            kind.make()


def there(database: Database, kind: Kind) -> tuple[int, int]:
    with database.read() as c:
        return tuple(  # type: ignore[return-value]
            c.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for table in (kind.table, kind.parts)
        )


def test_what_a_kill_cut_off_is_seen_by_nobody(database: Database, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off(kind, monkeypatch)
    assert there(database, kind) == (1, 10)
    assert not kind.seen()


def test_the_next_one_takes_away_what_a_kill_left_and_leaves_what_is_being_made(
    database: Database, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(kind, monkeypatch)
    kind.make()
    assert there(database, kind) == (2, 10 + N) and kind.seen()
    monkeypatch.setattr(wholes, "LEFT_S", -1.0)
    wholes.sweep(database, kind.table, kind.parts)
    assert there(database, kind) == (1, N) and kind.seen()


def test_what_fails_in_the_middle_leaves_nothing(
    database: Database, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_turns(rows: Sequence[Any], at_once: int) -> Iterator[Sequence[Any]]:
        yield rows[:at_once]
        raise Refused("No more.")

    monkeypatch.setattr(wholes, "in_turns", in_turns)
    with pytest.raises(Refused):
        kind.make()
    assert there(database, kind) == (0, 0)


def test_who_lay_still_too_long_is_told_so(database: Database, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_turns(rows: Sequence[Any], at_once: int) -> Iterator[Sequence[Any]]:
        yield rows[:at_once]
        monkeypatch.setattr(wholes, "LEFT_S", -1.0)
        wholes.sweep(database, kind.table, kind.parts)
        yield rows[at_once:]

    monkeypatch.setattr(wholes, "in_turns", in_turns)
    with pytest.raises(Refused, match="do it again"):
        kind.make()
    assert there(database, kind) == (0, 0)
