"""A new pool that several want at once is made once."""

from __future__ import annotations

import threading

import pytest

from core import pools
from core.database import Database
from core.records import Refused
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
