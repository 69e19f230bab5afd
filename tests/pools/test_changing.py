"""A pool's settings change when their owner changes them, and never by a page that somebody left open."""

from __future__ import annotations

import pytest

from core import pools
from core.database import Database
from core.novelty import Tokeniser
from core.records import Refused


def test_a_tokeniser_that_somebody_changed_meanwhile_is_left_alone(database: Database) -> None:
    pool = pools.make(database, "shared", own_seeds=[])
    pools.choose_tokeniser(database, pool.id, Tokeniser.UNICODE, seen=Tokeniser.PAPER)
    with pytest.raises(Refused, match="unicode meanwhile"):
        pools.choose_tokeniser(database, pool.id, Tokeniser.PAPER, seen=Tokeniser.PAPER)
    assert pools.with_id(database, pool.id).settings["tokeniser"] == "unicode"


def test_guidelines_that_somebody_changed_meanwhile_are_not_overwritten(database: Database) -> None:
    pool = pools.make(database, "shared", own_seeds=[])
    pools.keep_guidelines(database, pool.id, "Be strict.", seen="")
    with pytest.raises(Refused, match="meanwhile"):
        pools.keep_guidelines(database, pool.id, "Be kind.", seen="")
    assert pools.with_id(database, pool.id).settings["guidelines"] == "Be strict."
