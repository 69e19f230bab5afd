"""A sample can be drawn again to the item, is fair, and knows which exact texts it froze."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from core.records import Refused
from core.statistics.sampling import Allocation, Member, allocate, draw

POPULATION = [
    Member(task, tuple((10 * task + i, f"hash-{task}-{i}") for i in range(1 + task % 3))) for task in range(500)
]
FIRST_FIVE = [(203, 2032), (452, 4521), (25, 251), (145, 1450), (29, 291)]
FINGERPRINT = "e91907a8e9ac9a3e"
SIZES = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 300), min_size=1)


def test_the_sample_of_a_seed_is_this_one_on_every_machine():
    sample = draw(POPULATION, 5, seed=7)
    assert [(item.task_id, item.instance_id) for item in sample.items] == FIRST_FIVE
    assert sample.fingerprint.startswith(FINGERPRINT)


def test_another_interpreter_with_another_hash_seed_draws_the_same():
    program = (
        "from core.statistics.sampling import Member, draw\n"
        "population = {Member(t, tuple((10 * t + i, f'hash-{t}-{i}') for i in range(1 + t % 3))) for t in range(500)}\n"
        "print(draw(population, 200, 7).fingerprint)"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert printed == {draw(POPULATION, 200, 7).fingerprint}


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 500), st.integers(0, 10**9))
def test_the_order_of_the_population_does_not_matter(random, size, seed):
    shuffled = list(POPULATION)
    random.shuffle(shuffled)
    assert draw(shuffled, size, seed) == draw(POPULATION, size, seed)


def test_another_seed_draws_another_sample():
    first, second = (draw(POPULATION, 200, seed) for seed in (7, 8))
    assert first.fingerprint != second.fingerprint
    assert first.population_hash == second.population_hash
    # Two independent samples of 200 in 500 share 80 on average, with a standard deviation of 5.4.
    assert 55 < len({i.task_id for i in first.items} & {i.task_id for i in second.items}) < 105


def test_no_task_is_drawn_twice_and_each_brings_one_of_its_own_instances():
    sample = draw(POPULATION, 200, seed=7)
    assert len({item.task_id for item in sample.items}) == 200
    assert [item.position for item in sample.items] == list(range(1, 201))
    for item in sample.items:
        assert (item.instance_id, item.text_hash) in POPULATION[item.task_id].instances


def test_every_task_and_every_instance_has_the_same_chance():
    small = [Member(task, ((3 * task, "a"), (3 * task + 1, "b"), (3 * task + 2, "c"))) for task in range(10)]
    drawn = [item for seed in range(1500) for item in draw(small, 3, seed).items]
    tasks = Counter(item.task_id for item in drawn)
    instances = Counter(item.text_hash for item in drawn)
    assert chisquare([tasks[task] for task in range(10)]).pvalue > 0.001
    assert chisquare(list(instances.values())).pvalue > 0.001


def test_a_larger_sample_of_the_same_seed_begins_with_the_smaller():
    assert draw(POPULATION, 400, seed=7).items[:200] == draw(POPULATION, 200, seed=7).items


def test_a_pool_smaller_than_the_sample_is_taken_whole():
    sample = draw(POPULATION[:30], 200, seed=7)
    assert (len(sample.items), sample.requested) == (30, 200)


def test_tasks_without_instances_are_not_in_the_population():
    sample = draw([*POPULATION[:5], Member(900, ())], 200, seed=7)
    assert (sum(sample.tasks.values()), len(sample.items)) == (5, 5)


@pytest.mark.parametrize(
    ("population", "size", "message"),
    [
        ([], 200, "nothing to sample"),
        ([Member(1, ())], 200, "nothing to sample"),
        (POPULATION, 0, "at least 1"),
        ([POPULATION[1], POPULATION[1]], 2, "Task 1 is listed twice"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_reason(population, size, message):
    with pytest.raises(Refused, match=message):
        draw(population, size, seed=7)


def test_an_edit_or_a_new_task_changes_the_populations_hash():
    whole = draw(POPULATION, 3, seed=7).population_hash
    assert draw(POPULATION[:-1], 3, seed=7).population_hash != whole
    edited = [*POPULATION[:-1], Member(499, ((4990, "edited"),))]
    assert draw(edited, 3, seed=7).population_hash != whole


# Strata

STRATIFIED = [Member(m.task_id, m.instances, "rare" if m.task_id < 20 else "common") for m in POPULATION]


def test_a_proportional_sample_has_each_stratums_share():
    sample = draw(STRATIFIED, 100, 7, Allocation.PROPORTIONAL)
    assert Counter(item.stratum for item in sample.items) == {"common": 96, "rare": 4}
    assert sample.tasks == {"common": 480, "rare": 20}
    assert sample.instances == {"common": 960, "rare": 39}


def test_an_equal_sample_has_as_many_from_each():
    sample = draw(STRATIFIED, 30, 7, Allocation.EQUAL)
    assert Counter(item.stratum for item in sample.items) == {"common": 15, "rare": 15}


def test_strata_are_mixed_in_the_order_of_review():
    order = [item.stratum for item in draw(STRATIFIED, 40, 7, Allocation.EQUAL).items]
    assert sum(one != other for one, other in pairwise(order)) > 12


def test_what_a_small_stratum_cannot_give_the_others_do():
    assert allocate({"a": 3, "b": 100, "c": 100}, 61, Allocation.EQUAL) == {"a": 3, "b": 29, "c": 29}


def test_a_tiny_stratum_is_not_forgotten():
    assert allocate({"huge": 100_000, "tiny": 1}, 200, Allocation.PROPORTIONAL) == {"huge": 199, "tiny": 1}


@settings(max_examples=80, deadline=None)
@given(SIZES, st.integers(1, 600), st.sampled_from(Allocation))
def test_an_allocation_uses_the_whole_sample_and_no_stratum_beyond_its_size(sizes, size, allocation):
    given_out = allocate(sizes, size, allocation)
    assert sum(given_out.values()) == min(size, sum(sizes.values()))
    assert all(0 <= count <= sizes[name] for name, count in given_out.items())


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(50, 300), min_size=2), st.integers(60, 100))
def test_a_proportional_allocation_is_within_one_of_the_fair_part(sizes, size):
    total = sum(sizes.values())
    for name, count in allocate(sizes, size, Allocation.PROPORTIONAL).items():
        assert abs(count - size * sizes[name] / total) < 1
