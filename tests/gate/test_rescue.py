"""A discard can be taken back, and the taking back too; every step is an event."""

from __future__ import annotations

import pytest

from core import pools
from core.database import Database
from core.gate import rescue
from core.gate.rows import discards
from core.pool import arrivals, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.records import Decided, Discard, Origin, Refused, State


@pytest.fixture
def task_id(database: Database) -> int:
    """A task that was dropped with its one instance, which is good, and another that was dropped for itself."""
    pool = pools.make(database, "p", own_seeds=[])
    its = (NewInstance("", "Miaow."), NewInstance("x", "x", Discard("same-as-input")))
    with database.write() as c:
        new = NewTask(Origin.SELF_INSTRUCT, "Draw a cat.", instances=its, discard=Discard("unfit-word"))
        return arrivals.add(c, pool.id, [new])[0]


def states(database: Database, task_id: int) -> tuple[State, list[State]]:
    with database.read() as c:
        task = tasks.get(c, task_id)
    return task.state, [one.state for one in task.instances]


def test_a_rescued_task_is_accepted_with_the_instances_that_went_with_it(database: Database, task_id: int) -> None:
    assert rescue.rescue(database, [(task_id, None)], "ada") == 1
    assert states(database, task_id) == (State.ACCEPTED, [State.ACCEPTED, State.DISCARDED])


def test_a_rescue_is_an_event_with_its_actor_and_can_be_put_back(database: Database, task_id: int) -> None:
    rescue.rescue(database, [(task_id, None)], "ada")
    with database.read() as c:
        event = discards.last_decision(c, Decided.RESCUE, task_id, None)
    assert event is not None
    assert (event.actor, event.rule) == ("ada", "unfit-word")
    assert rescue.put_back(database, [(task_id, None)], "ben") == 1
    assert states(database, task_id) == (State.DISCARDED, [State.DISCARDED, State.DISCARDED])
    with database.read() as c:
        undone = discards.last_decision(c, Decided.DISCARD, task_id, None)
    assert undone is not None
    assert (undone.undoes, undone.actor, undone.rule) == (event.id, "ben", "unfit-word")


def test_rescuing_twice_changes_nothing_the_second_time(database: Database, task_id: int) -> None:
    assert rescue.rescue(database, [(task_id, None), (task_id, None)], "ada") == 1
    assert rescue.rescue(database, [(task_id, None)], "ada") == 0


def test_what_was_never_rescued_is_not_put_back(database: Database, task_id: int) -> None:
    assert rescue.put_back(database, [(task_id, None)], "ada") == 0


def test_an_instance_needs_its_task_first(database: Database, task_id: int) -> None:
    with database.read() as c:
        instance_id = tasks.get(c, task_id).instances[1].id
    with pytest.raises(Refused, match="rescue the task first"):
        rescue.rescue(database, [(task_id, instance_id)], "ada")
    rescue.rescue(database, [(task_id, None), (task_id, instance_id)], "ada")
    assert states(database, task_id) == (State.ACCEPTED, [State.ACCEPTED, State.ACCEPTED])
    rescue.put_back(database, [(task_id, instance_id)], "ada")
    assert states(database, task_id)[1][1] is State.DISCARDED


def test_many_are_rescued_together_or_not_at_all(database: Database, task_id: int) -> None:
    with database.read() as c:
        instance_id = tasks.get(c, task_id).instances[1].id
    with pytest.raises(Refused):
        rescue.rescue(database, [(task_id, instance_id), (task_id, None)], "ada")
    assert states(database, task_id)[0] is State.DISCARDED
