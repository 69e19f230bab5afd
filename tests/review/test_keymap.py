"""Keys that a reviewer has changed."""

from __future__ import annotations

import pytest

from core.database import Database
from core.pool import pools
from core.records import Refused
from core.review import keymap


def test_a_changed_key_is_the_reviewers_own_and_the_act_that_had_it_takes_the_free_one(database: Database) -> None:
    keymap.change(database, "anna", "skip", " N ")
    mine = keymap.of_reviewer(database, "anna")
    assert (mine["skip"], mine["no"]) == ("n", "s") and len(set(mine.values())) == len(keymap.USUAL)
    assert keymap.of_reviewer(database, "ben") == dict(keymap.USUAL)
    keymap.reset(database, "anna")
    assert keymap.of_reviewer(database, "anna") == dict(keymap.USUAL)


@pytest.mark.parametrize(("act", "key"), [("skip", "c"), ("skip", "ctrl+s"), ("skip", ""), ("note", "shift+n")])
def test_a_key_that_no_page_can_hear_is_refused(database: Database, act: str, key: str) -> None:
    with pytest.raises(Refused):
        keymap.change(database, "anna", act, key)


def test_the_way_to_the_note_is_not_swapped_onto_a_key_with_shift(database: Database) -> None:
    with pytest.raises(Refused):
        keymap.change(database, "anna", "redo", "t")
    assert keymap.of_reviewer(database, "anna") == dict(keymap.USUAL)


@pytest.mark.parametrize("kept", ["</script><script>alert(1)</script>", "shift+t", "", 7, ["n"]])
def test_a_key_that_a_database_from_elsewhere_brings_is_one_or_the_usual_one_holds(
    database: Database, kept: object
) -> None:
    with database.write() as c:
        pools.prefer(c, "keys of anna", {"note": kept, "skip": "n"})
    assert keymap.of_reviewer(database, "anna") == {**keymap.USUAL, "skip": "n"}
