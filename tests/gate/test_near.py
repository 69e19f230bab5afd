"""Near duplicates: the nearest other task of each, and groups, from the pairs that the gate keeps."""

from __future__ import annotations

import json

import pytest
from rouge_score.rouge_scorer import RougeScorer

from core import pools
from core.__main__ import main
from core.database import Database
from core.diversity.theme import DARK, LIGHT
from core.gate import near
from core.pool import arrivals, tasks
from core.pool.arrivals import NewTask
from core.records import Origin, Pool, State
from pages.near.chart import nearest_bars

TEXTS = [
    "Write a short poem about the sea and the rain.",
    "Write a short poem about the sea and the wind.",
    "Write a short poem about the sea and the rain.",
    "Sort the list of <b>cities</b> by the alphabet.",
    "Sort the list of cities by the alphabet backwards.",
    "Explain tides.",
    "write a short poem, about the sea and the rain",
]


def pool_of(database: Database, name: str = "near") -> Pool:
    pool = pools.make(database, name, own_seeds=[])
    with database.write() as c:
        arrivals.add(c, pool.id, [NewTask(Origin.SEED, TEXTS[5]), *(NewTask(Origin.IMPORT, text) for text in TEXTS)])
    return pool


def test_each_task_has_its_nearest_other_one_by_the_reference_s_own_score(database: Database) -> None:
    found = near.load(database, pool_of(database))
    assert found.instructions == tuple(TEXTS)  # the seed is none of them
    score = RougeScorer(["rougeL"]).score
    for place, text in enumerate(TEXTS):
        others = [score(text, other)["rougeL"].fmeasure for at, other in enumerate(TEXTS) if at != place]
        if max(others) < 0.5:
            assert found.nearest[place] == -1
        else:
            assert found.score[place] == pytest.approx(max(others))
            assert others[found.nearest[place] - (found.nearest[place] > place)] == pytest.approx(max(others))
    assert found.alone == 1 and sum(bar.count for bar in found.bars()) == 6
    assert [one.score for one in found.between(0.95, 1.0)] == [1.0] * 3
    assert sum(len(found.between(bar.low, bar.high)) for bar in found.bars()) == 6


def test_groups_hold_what_hangs_together_and_repeated_texts_bring_their_pairs(database: Database) -> None:
    found = near.load(database, pool_of(database))
    poems, cities = found.groups(0.7)
    assert poems.instructions == (*TEXTS[:3], TEXTS[6]) and poems.closest == 1.0
    assert cities.instructions == tuple(TEXTS[3:5])
    assert [len(group) for group in found.groups(1.0)] == [3]
    with pytest.raises(ValueError, match="kept from 0"):
        found.groups(0.4)


def test_a_repeated_text_keeps_its_pairs_when_the_first_one_is_taken_out(database: Database) -> None:
    pool = pool_of(database)
    near.load(database, pool)
    with database.write() as c:
        first = next(key for key, text in tasks.instructions(c, pool.id) if text == TEXTS[0])
        tasks.set_state(c, first, State.REJECTED)
    found = near.load(database, pool)
    assert first not in found.task_ids
    assert found.groups(0.7)[0].instructions == (TEXTS[1], TEXTS[2], TEXTS[6])


def test_a_pool_of_one_task_has_no_duplicates(database: Database) -> None:
    pool = pools.make(database, "one", own_seeds=[])
    assert near.load(database, pool).groups(0.7)[:] == []
    with database.write() as c:
        arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, TEXTS[0])])
    found = near.load(database, pool)
    assert (len(found), found.alone, len(found.groups(0.5))) == (1, 1, 0)


def test_the_bars_say_their_n_and_the_one_without_a_near_task_is_labelled(database: Database) -> None:
    found = near.load(database, pool_of(database))
    for theme in (LIGHT, DARK):
        drawn = str(nearest_bars(found, theme).to_plotly_json())
        assert "n = 7 accepted tasks, seeds aside; 6 have another one" in drawn and "under 0.5" in drawn


def test_the_verb_tells_the_same(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    pool = pool_of(database)
    assert main(["diversity", "near", pool.name, "--json", "--threshold", "0.7"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["tasks"], told["under_floor"], [len(one["task_ids"]) for one in told["groups"]]) == (7, 1, [4, 2])
    assert main(["diversity", "near", pool.name, "--threshold", "0.3"]) == 1
    assert "from 0.5 up" in capsys.readouterr().err
