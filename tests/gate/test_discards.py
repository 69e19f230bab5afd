"""The ledger of what the filters dropped."""

from __future__ import annotations

import pytest

from core import pools
from core.database import Database
from core.gate import ledger, rescue
from core.gate.rows import discards
from core.pool import arrivals, tasks
from core.pool.arrivals import NewInstance, NewTask
from core.records import Discard, Origin, Pool, State


@pytest.fixture
def pool(database: Database) -> Pool:
    """Five candidates: two dropped by rules of the instruction, one that lost an instance, two that stay."""
    made = pools.make(database, "with discards", own_seeds=[])
    with database.write() as c:
        arrivals.add(
            c,
            made.id,
            [
                NewTask(Origin.SELF_INSTRUCT, "Write a poem.", instances=(NewInstance("", "Roses."),)),
                NewTask(Origin.SELF_INSTRUCT, "Draw a cat.", discard=Discard("unfit-word", {"word": "draw"}), batch=0),
                NewTask(Origin.SELF_INSTRUCT, "Go.", discard=Discard("too-short", {"words": 1}), batch=1),
                NewTask(
                    Origin.SELF_INSTRUCT,
                    "Name 100% of the rivers.",
                    instances=(NewInstance("in", "in", Discard("same-as-input")), NewInstance("", "Danube")),
                ),
                NewTask(Origin.SELF_INSTRUCT, "List the moons."),
            ],
        )
    return made


def page(database: Database, pool: Pool, **asked) -> list[discards.Discarded]:
    with database.read() as c:
        return discards.page(c, pool.id, **asked)


def test_every_discard_is_there_with_rule_and_evidence_newest_first(database: Database, pool: Pool) -> None:
    found = page(database, pool)
    assert [(one.instruction, one.rule) for one in found] == [("Go.", "too-short"), ("Draw a cat.", "unfit-word")]
    assert found[1].evidence == {"word": "draw"}
    assert found[0].batch == 1


def test_discarded_instances_have_a_list_of_their_own(database: Database, pool: Pool) -> None:
    (one,) = page(database, pool, of_instances=True)
    assert (one.rule, one.input, one.output) == ("same-as-input", "in", "in")
    assert one.instance_id is not None


def test_the_ledger_is_read_by_key(database: Database, pool: Pool) -> None:
    first = page(database, pool, limit=1)
    second = page(database, pool, limit=1, before_id=first[0].decision_id)
    assert [one.instruction for one in first + second] == ["Go.", "Draw a cat."]
    assert page(database, pool, before_id=second[0].decision_id) == []


@pytest.mark.parametrize(("search", "n"), [("CAT", 1), ("a%", 0), ("", 2)])
def test_a_search_takes_wildcards_for_what_they_are(database: Database, pool: Pool, search: str, n: int) -> None:
    assert len(page(database, pool, search=search)) == n


def test_a_rule_alone_can_be_asked_for(database: Database, pool: Pool) -> None:
    assert [one.instruction for one in page(database, pool, rule="too-short")] == ["Go."]


def test_survival_counts_what_each_rule_dropped_whatever_people_did_later(database: Database, pool: Pool) -> None:
    with database.read() as c:
        before = ledger.candidates(c, pool.id).dropped
    rescue.rescue(database, [(page(database, pool)[0].task_id, None)], "ada")
    with database.read() as c:
        assert ledger.candidates(c, pool.id).dropped == before == {"unfit-word": 1, "too-short": 1}
        assert ledger.candidates(c, pool.id).arrived == 5


def test_a_rescued_discard_moves_to_the_rescued_ones(database: Database, pool: Pool) -> None:
    one = page(database, pool)[0]
    rescue.rescue(database, [(one.task_id, None)], "ada")
    assert [left.task_id for left in page(database, pool)] == [page(database, pool, rescued=False)[0].task_id]
    (rescued,) = page(database, pool, rescued=True)
    assert (rescued.task_id, rescued.state) == (one.task_id, State.ACCEPTED)
    rescue.put_back(database, [(one.task_id, None)], "ada")
    assert page(database, pool, rescued=True) == []
    assert len(page(database, pool)) == 2  # the first discard, once, and not the putting back


def test_what_arrived_adds_up_to_what_is_accepted_whatever_people_do(database: Database, pool: Pool) -> None:
    def adds_up() -> ledger.Survival:
        with database.read() as c:
            for found in (ledger.candidates(c, pool.id), ledger.answers(c, pool.id)):
                kept = found.arrived - sum(found.dropped.values()) + found.rescued - found.taken_out
                assert kept == found.accepted
                assert found.discarded == found.arrived - found.accepted - found.taken_out
            return ledger.candidates(c, pool.id)

    assert adds_up().rescued == 0
    dropped = [one.task_id for one in page(database, pool)]
    rescue.rescue(database, [(task_id, None) for task_id in dropped], "ada")
    assert adds_up().rescued == 2
    rescue.put_back(database, [(dropped[0], None)], "ada")
    assert adds_up().rescued == 1
    with database.write() as c:
        tasks.set_state(c, dropped[1], State.REJECTED)
    assert (adds_up().rescued, adds_up().taken_out) == (1, 1)
