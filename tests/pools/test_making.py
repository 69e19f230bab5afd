"""A new pool that several want at once is made once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from core import pools
from core.database import Database
from core.evaluation import models
from core.pool.judgement import is_name
from core.records import Refused
from core.review import queues
from core.seeds import seeds


def test_of_programs_that_make_the_same_new_pool_at_once_one_gets_it_and_the_others_join_it(
    database: Database,
) -> None:
    ready, came = threading.Barrier(6), []

    def want() -> None:
        ready.wait()
        came.append(pools.get_or_make(database, "shared"))

    wanting = [threading.Thread(target=want) for _ in range(6)]
    for one in wanting:
        one.start()
    for one in wanting:
        one.join()
    assert len(came) == 6, "nobody was refused"
    assert len({pool.id for pool, _ in came}) == 1
    assert sorted(made for _, made in came) == [False] * 5 + [True]
    assert len(seeds.of_pool(database, came[0][0].id)) == 175


def test_a_pool_that_is_there_is_not_made_again(database: Database) -> None:
    made = pools.make(database, "there", own_seeds=[])
    assert pools.get_or_make(database, "there") == (made, False)
    with pytest.raises(Refused, match="choose another"):
        pools.make(database, "there")


@pytest.mark.parametrize("name", ["", " ", "\0", "\u200b \u200b", "\u202e", "a" * 201])
def test_a_name_that_nobody_can_see_is_none(database: Database, name: str) -> None:
    there = pools.make(database, "there", own_seeds=[])
    acts: list[Callable[[], object]] = [
        lambda: pools.make(database, name, own_seeds=[]),
        lambda: pools.rename(database, there.id, name),
        lambda: queues.make(database, there.id, name),
        lambda: models.check(name),
    ]
    for act in acts:
        with pytest.raises(Refused, match="can be seen"):
            act()
    assert not is_name(name)
