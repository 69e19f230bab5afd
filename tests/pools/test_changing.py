"""A pool's settings change when their owner changes them, and never by a page that somebody left open."""

from __future__ import annotations

import pytest

from core import pools
from core.database import Database
from core.records import Refused, Tokeniser


def test_a_tokeniser_that_somebody_changed_meanwhile_is_left_alone(database: Database) -> None:
    pool = pools.make(database, "shared", own_seeds=[])
    pools.choose_tokeniser(database, pool.id, Tokeniser.UNICODE, seen=Tokeniser.PAPER)
    with pytest.raises(Refused, match="unicode meanwhile"):
        pools.choose_tokeniser(database, pool.id, Tokeniser.PAPER, seen=Tokeniser.PAPER)
    assert pools.with_id(database, pool.id).settings["tokeniser"] == "unicode"


def test_a_setting_that_does_not_fit_is_refused_by_whoever_comes(database: Database) -> None:
    pool = pools.make(database, "mine", own_seeds=[])
    for given, why in (
        ({"tokeniser": "latin"}, "one of paper, unicode"),
        ({"guidelines": "x" * 20_001}, "text of at most 20,000 characters"),
        ({"colour": "red"}, 'no setting "colour"'),
    ):
        with pytest.raises(Refused, match=why):
            pools.change(database, pool.id, given)
        with pytest.raises(Refused, match=why):
            pools.make(database, "other", own_seeds=[], **given)
    with pytest.raises(Refused) as refused:
        pools.keep_guidelines(database, pool.id, "x" * 20_001, seen="")
    assert str(refused.value).endswith("is text of at most 20,000 characters; this has 20,001 characters.")
    assert pools.change(database, pool.id, {"parser": "lexicon"}).settings["parser"] == "lexicon"


def test_guidelines_that_somebody_changed_meanwhile_are_not_overwritten(database: Database) -> None:
    pool = pools.make(database, "shared", own_seeds=[])
    pools.keep_guidelines(database, pool.id, "Be strict.", seen="")
    with pytest.raises(Refused, match="meanwhile"):
        pools.keep_guidelines(database, pool.id, "Be kind.", seen="")
    assert pools.with_id(database, pool.id).settings["guidelines"] == "Be strict."
