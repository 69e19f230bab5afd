"""What if the threshold had been another: exactly as if the run had used it, and the old pool stays as it is."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from core import pools
from core.database import Database
from core.gate import whatif
from core.gate.admission import PoolGate
from core.gate.replay import replay
from core.gate.rows import pairs
from core.gate.rules import TOO_CLOSE
from core.pool import arrivals, judging, tasks
from core.pool import pools as pool_store
from core.pool.arrivals import NewInstance, NewTask
from core.pool.edits import change_task
from core.pool.judgement import Judgement
from core.pools import copying
from core.records import Discard, Grade, Origin, Pool, Refused, State, Tokeniser
from core.seeds import promotion, seeds
from tests.novelty.corpora import assorted_texts

SEEDS = ("Write a poem about rain.", "List five rivers of Asia.")


def seed(text: str) -> seeds.Seed:
    return seeds.Seed("", text, (("", "…"),), False)


def grow(database: Database, pool: Pool, texts: tuple[str, ...], threshold: float) -> None:
    """Let candidates arrive as a run does: one by one, through the gate, dropped ones kept."""
    with database.write() as c:
        gate = PoolGate(c, pool, threshold)
        for number, text in enumerate(texts):
            measured = gate.measure(text)
            its = () if measured.discard else (NewInstance("", f"answer {number}"),)
            new = NewTask(
                Origin.SELF_INSTRUCT, text, False, its, discard=measured.discard, batch=0, **measured.as_fields()
            )
            (key,) = arrivals.add(c, pool.id, [new])
            (gate.drop if measured.discard else gate.accept)(key, text)


@pytest.fixture
def pool(database: Database) -> Pool:
    made = pools.make(database, "grown", own_seeds=[seed(text) for text in SEEDS])
    texts = tuple(text for text in assorted_texts(160, 5, words=12) if text)
    grow(database, made, texts, 0.7)
    return made


def accepted(database: Database, pool: Pool) -> list[str]:
    with database.read() as c:
        return [text for _, text in tasks.instructions(c, pool.id, origins=[Origin.SELF_INSTRUCT])]


def test_a_batch_stores_few_pairs_under_the_lock_and_the_others_are_found_when_they_are_asked_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = tuple(text for text in assorted_texts(80, 5, words=12) if text)
    found = []
    for name, room in (("all", 4_000), ("few", 10)):
        monkeypatch.setattr("core.gate.admission.PAIRS_AT_ONCE", room)
        pool = pools.make(database, name, own_seeds=[seed(text) for text in SEEDS])
        grow(database, pool, texts, 0.7)
        with database.read() as c:
            stored, missing = len(pairs.of_pool(c, pool.id)[0]), pairs.unpaired(c, pool.id, TOO_CLOSE)
        assert (stored > 10 and not missing) if name == "all" else (stored <= 10 and missing)
        of = whatif.load(database, pool)
        found.append([of.outcome(threshold).kept.tolist() for threshold in whatif.THRESHOLDS])
    assert found[0] == found[1]


def test_of_a_large_pool_no_pairs_are_stored_as_candidates_arrive(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.gate.admission.LARGE", 1)
    pool = pools.make(database, "large", own_seeds=[seed(text) for text in SEEDS])
    texts = tuple(text for text in assorted_texts(80, 5, words=12) if text)
    grow(database, pool, texts, 0.7)
    with database.read() as c:
        assert not pairs.of_pool(c, pool.id)[0]
        kept = [text for _, text in tasks.instructions(c, pool.id, origins=[Origin.SELF_INSTRUCT])]
    outcome = whatif.load(database, pool).outcome(0.7)
    assert 1 < len(kept) == outcome.kept[len(SEEDS) :].sum() < len(texts)


@pytest.mark.parametrize("threshold", [0.5, 0.6, 0.7, 0.8, 0.9])
def test_the_curve_is_what_a_run_at_that_threshold_would_have_kept(
    database: Database, pool: Pool, threshold: float
) -> None:
    again = pools.make(database, "again", own_seeds=[seed(text) for text in SEEDS])
    with database.read() as c:
        every = tuple(text for _, text in tasks.reached_gate(c, pool.id, TOO_CLOSE))
    grow(database, again, every, threshold)
    point = whatif.load(database, pool).point(threshold)
    assert point.kept == len(accepted(database, again))
    assert point.kept + point.dropped == len(every)
    assert point.kept == len(replay(database, pool, threshold).kept)


@pytest.mark.parametrize("choose", ["on the page", "by a verb"])
def test_another_tokeniser_has_every_candidate_measured_anew(database: Database, choose: str) -> None:
    """The paper's tokeniser sees no Cyrillic: until somebody chooses the other, two such texts have nothing alike."""
    made = pools.make(database, "зима", own_seeds=[seed("Напиши длинное стихотворение о зиме.")], tokeniser="paper")
    grow(database, made, ("Напиши длинное стихотворение о зиме сейчас.",), 0.7)
    assert whatif.load(database, made).point(0.7).kept == 1
    if choose == "by a verb":
        made = pools.change(database, made.id, {"tokeniser": "unicode"})
    else:
        made = pools.choose_tokeniser(database, made.id, Tokeniser.UNICODE, seen=Tokeniser.PAPER)
    assert whatif.load(database, made).point(0.7).kept == 0


def test_applying_makes_a_new_pool_and_leaves_the_old_one_alone(database: Database, pool: Pool) -> None:
    before = accepted(database, pool)
    found = whatif.load(database, pool)
    made = copying.copy_at(database, pool, 0.5, "stricter")
    assert made.name == "stricter"
    assert made.archived_at is None
    assert accepted(database, pool) == before
    assert len(accepted(database, made)) == found.point(0.5).kept
    assert (
        accepted(database, made)
        == [text for text, kept in zip(found.texts, found.outcome(0.5).kept, strict=True) if kept][found.seeds :]
    )
    assert pools.funnel(database, made.id).seeds == 2


def test_a_copy_s_discards_name_the_neighbour_in_the_copy(database: Database, pool: Pool) -> None:
    made = copying.copy_at(database, pool, 0.5, "stricter")
    with database.read() as c:
        dropped = tasks.page(c, made.id, states=[State.DISCARDED], limit=1000)
        why = tasks.evidence(c, [task.id for task in dropped])
        for task in dropped:
            near = tasks.get(c, task.nearest_id or 0)
            assert near.pool_id == made.id
            assert near.id < task.id
            shown = why[task.id].evidence["closest"][0]
            assert (shown["task"], shown["instruction"]) == (near.id, near.instruction)
            assert why[task.id].evidence["score"] > 0.5


def test_applying_twice_at_the_used_threshold_changes_nothing(database: Database, pool: Pool) -> None:
    made = copying.copy_at(database, pool, 0.7, "same")
    assert accepted(database, made) == accepted(database, pool)
    with database.read() as c:
        old = tasks.page(c, pool.id, states=[State.ACCEPTED], limit=1000)
        new = tasks.page(c, made.id, states=[State.ACCEPTED], limit=1000)
    assert [[i.text_hash for i in task.instances] for task in old] == [
        [i.text_hash for i in task.instances] for task in new
    ]


def test_many_tasks_are_copied_in_chunks_with_the_same_result(
    database: Database, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = copying.copy_at(database, pool, 0.5, "whole")
    monkeypatch.setattr(copying, "COPIED_AT_ONCE", 7)
    assert accepted(database, copying.copy_at(database, pool, 0.5, "in chunks")) == accepted(database, whole)


def test_a_name_that_is_taken_is_refused_before_anything_is_copied(database: Database, pool: Pool) -> None:
    with pytest.raises(Refused, match="already"):
        copying.copy_at(database, pool, 0.6, pool.name)
    with database.read() as c:
        assert [one.name for one in pool_store.every(c)] == ["grown"]
        assert pool_store.every(c, archived=True) == []


def test_a_threshold_below_what_is_kept_is_refused(database: Database, pool: Pool) -> None:
    with pytest.raises(Refused, match=r"from 0\.5 up"):
        copying.copy_at(database, pool, 0.4, "loose")


def test_what_goes_and_what_comes_is_told_with_the_neighbour(database: Database, pool: Pool) -> None:
    found = whatif.load(database, pool)
    goes, comes = whatif.differences(found, 0.7, 0.5)
    before, after = found.point(0.7).kept, found.point(0.5).kept
    assert before - len(goes) + len(comes) == after
    assert goes
    assert all(0.5 < one.score <= 1 and one.nearest for one in goes)
    assert [*map(len, whatif.differences(found, 0.6, 0.6))] == [0, 0]


def test_an_imported_pool_s_pairs_are_found_once_and_kept(database: Database) -> None:
    made = pools.make(database, "imported", own_seeds=[seed(text) for text in SEEDS])
    texts = [text for text in assorted_texts(150, 9, words=12) if text]
    with database.write() as c:
        arrivals.add(c, made.id, [NewTask(Origin.IMPORT, text) for text in texts])
    first = whatif.load(database, made)
    with database.read() as c:
        assert pairs.unpaired(c, made.id, TOO_CLOSE) == []
    again = whatif.load(database, made)
    assert first.curve() == again.curve()
    for threshold in (0.5, 0.7, 0.9):
        assert first.point(threshold).kept == len(replay(database, made, threshold).kept)


def test_new_seeds_and_edits_are_seen(database: Database, pool: Pool) -> None:
    before = whatif.state_of(database, pool)
    assert whatif.state_of(database, pool) == before
    text = random.Random(1).choice(accepted(database, pool))
    seeds.add(database, pool.id, [seed(text)])
    seeded = whatif.state_of(database, pool)
    assert seeded != before
    assert whatif.load(database, pool).point(0.7).kept == len(replay(database, pool, 0.7).kept)
    with database.write() as c:
        task = next(task for task in tasks.page(c, pool.id, origin=Origin.SELF_INSTRUCT, states=[State.ACCEPTED]))
        change_task(c, task, SEEDS[0], task.is_classification)
    assert whatif.state_of(database, pool) != seeded
    for threshold in (0.5, 0.7):
        assert whatif.load(database, pool).point(threshold).kept == len(replay(database, pool, threshold).kept)


def test_what_other_filters_dropped_never_reached_the_gate(database: Database, pool: Pool) -> None:
    before = len(whatif.load(database, pool))
    with database.write() as c:
        arrivals.add(c, pool.id, [NewTask(Origin.SELF_INSTRUCT, "Draw.", discard=Discard("unfit-word"))])
    assert len(whatif.load(database, pool)) == before


def test_a_promotion_keeps_what_if_replay_and_the_store_of_one_mind(database: Database) -> None:
    """The promoted seed is a copy of a candidate: it drops neither that candidate nor leaves its pairs unmeasured."""
    made = pools.make(database, "promoted", own_seeds=[seed(text) for text in SEEDS])
    texts = ("Name three uses of copper wire.", "Name three uses of copper pipe today.", "Sing about the old harbour.")
    grow(database, made, texts, 0.7)
    whatif.load(database, made)
    with database.read() as c:
        first = tasks.get(c, tasks.instructions(c, made.id, origins=[Origin.SELF_INSTRUCT])[0][0])
    with database.write() as c:
        judging.rate(c, first.instances[0].id, "ada", first.instances[0].text_hash, Judgement(Grade.A))
    promotion.promote(database, first.id, "ada")
    for threshold in (0.5, 0.7, 0.9):
        kept = replay(database, made, threshold).kept
        assert whatif.load(database, made).point(threshold).kept == len(kept)
    assert list(replay(database, made, 0.7).kept) == [key for key, _ in accepted_with_ids(database, made)], (
        "at the run's own threshold nothing changes"
    )
    again = copying.copy_at(database, made, 0.7, "again")
    assert whatif.load(database, again).point(0.7).kept == len(replay(database, again, 0.7).kept) == 2


def accepted_with_ids(database: Database, pool: Pool) -> list[tuple[int, str]]:
    with database.read() as c:
        return tasks.instructions(c, pool.id, origins=[Origin.SELF_INSTRUCT])


def test_whichever_way_a_seed_changes_its_pool_s_pairs_are_found_anew(database: Database, pool: Pool) -> None:
    """Add, switch off, switch on, edit: none of the acts can leave out what follows, since it is not theirs to do."""
    with database.read() as c:
        first = tasks.seeds(c, pool.id)[0]

    def edit() -> None:
        seeds.edit(database, first.id, seed("Write a ballad about hail."))

    acts = {
        "add": lambda: seeds.add(database, pool.id, [seed("Count the ships.")]),
        "off": lambda: seeds.switch(database, [first.id], False),
        "on": lambda: seeds.switch(database, [first.id], True),
        "edit": edit,
    }
    for name, act in acts.items():
        whatif.load(database, pool)
        act()
        with database.read() as c:
            assert pairs.unpaired(c, pool.id, TOO_CLOSE), name
        assert whatif.load(database, pool).point(0.7).kept == len(replay(database, pool, 0.7).kept), name


def plainly_imported(database: Database) -> Pool:
    """A pool whose candidates came at once, so that none of their pairs is known."""
    made = pools.make(database, "brought", own_seeds=[seed(text) for text in SEEDS])
    texts = [text for text in assorted_texts(120, 9, words=6) if text]
    with database.write() as c:
        arrivals.add(c, made.id, [NewTask(Origin.IMPORT, text) for text in texts])
    return made


def kept_pairs(database: Database, pool: Pool) -> list[tuple[int, int, float]]:
    with database.read() as c:
        return sorted(zip(*pairs.of_pool(c, pool.id), strict=True))


def unpaired(database: Database, pool: Pool) -> list[int]:
    with database.read() as c:
        return pairs.unpaired(c, pool.id, TOO_CLOSE)


def test_after_a_kill_only_the_rest_of_the_pairs_is_found(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = plainly_imported(database)
    monkeypatch.setattr("core.novelty.join.STRIDE", 20)
    found, plain = whatif.stream_pairs, list[int]()

    def killed(*said: Any, since: int, **more: Any) -> Iterator[Any]:
        plain.append(since)
        for number, chunk in enumerate(found(*said, since=since, **more)):
            if len(plain) == 1 and number == 3:
                raise KeyboardInterrupt
            yield chunk

    monkeypatch.setattr(whatif, "stream_pairs", killed)
    with pytest.raises(KeyboardInterrupt):
        whatif.load(database, pool)
    left = len(unpaired(database, pool))
    assert 0 < left < 110
    whatif.load(database, pool)
    assert plain[1] > plain[0] + 20 and not unpaired(database, pool)
    again = kept_pairs(database, pool)
    with database.write() as c:
        pairs.forget(c, [task_id for task_id, _, _ in again])
    whatif.load(database, pool)
    assert kept_pairs(database, pool) == again and again


def test_two_programs_that_find_pairs_at_once_lose_none(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one forgets what this one has kept, and is killed: nothing is marked that lacks a pair."""
    pool, keep = plainly_imported(database), pairs.keep
    monkeypatch.setattr(whatif, "WRITTEN_AT_ONCE", 2)
    others = [3]

    def forgotten(c: Any, rows: Any) -> None:
        keep(c, rows)
        if len(rows) == 2 and others[0]:  # what was kept together, of one candidate with more of them
            others[0] -= 1
            pairs.forget(c, [rows[0][0]])

    monkeypatch.setattr(pairs, "keep", forgotten)
    whatif.load(database, pool)
    assert others == [0] and not unpaired(database, pool)
    found = kept_pairs(database, pool)
    with database.write() as c:
        pairs.forget(c, [task_id for task_id, _, _ in found])
    whatif.load(database, pool)
    assert kept_pairs(database, pool) == found


def test_a_text_that_changes_meanwhile_is_not_marked_with_the_pairs_of_the_one_before(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, find = plainly_imported(database), whatif.stream_pairs
    first = unpaired(database, pool)[0]

    def edited(*said: Any, **more: Any) -> Iterator[Any]:
        for chunk in find(*said, **more):
            with database.write() as c:
                change_task(c, tasks.get(c, first), "Write a poem about the sea.", None)
            yield chunk

    monkeypatch.setattr(whatif, "stream_pairs", edited)
    whatif.load(database, pool)
    assert first in unpaired(database, pool)
