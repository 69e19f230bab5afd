"""The pairs against labels made by reading, for the built-in parser and for the rule that needs none."""

from __future__ import annotations

import pytest

from core.diversity.lexicon import verb_noun_by_lexicon
from tests.diversity.conftest import Pairs
from tests.diversity.labelled import labelled, misses


def test_the_built_in_parser_gets_all_sixty_four_right(pairs_of: Pairs) -> None:
    rows = labelled("instructions_64.tsv")
    assert len(rows) == 64
    assert misses(rows, pairs_of([row.instruction for row in rows])) == []


def test_the_built_in_parser_gets_at_least_95_in_100_of_two_hundred_right(pairs_of: Pairs) -> None:
    rows = labelled("instructions_200.tsv")
    wrong = misses(rows, pairs_of([row.instruction for row in rows]))
    assert len(rows) == 200
    assert len(wrong) <= 10, wrong


def test_what_was_never_tuned_on_is_right_95_in_100_times(pairs_of: Pairs) -> None:
    rows = labelled("instructions_held_out.tsv")
    wrong = misses(rows, pairs_of([row.instruction for row in rows]))
    assert len(rows) == 80
    assert len(wrong) <= 4, wrong


@pytest.mark.parametrize(
    ("name", "number", "right"), [("instructions_roles_100.tsv", 100, 98), ("instructions_roles_held_out.tsv", 40, 36)]
)
def test_descriptions_of_tools_and_roles_are_no_commands(name: str, number: int, right: int, pairs_of: Pairs) -> None:
    rows = labelled(name)
    wrong = misses(rows, pairs_of([row.instruction for row in rows]))
    assert len(rows) == number
    assert len(rows) - len(wrong) >= right, wrong


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("instructions_64.tsv", 58),
        ("instructions_200.tsv", 168),
        ("instructions_roles_100.tsv", 96),
        ("instructions_roles_held_out.tsv", 36),
    ],
)
def test_the_lexicon_gets_five_in_six_right(name: str, right: int) -> None:
    rows = labelled(name)
    wrong = misses(rows, [verb_noun_by_lexicon(row.instruction) for row in rows])
    assert len(rows) - len(wrong) >= right, wrong


@pytest.mark.parametrize(
    ("instruction", "verb", "noun"),
    [
        ("Explain the 'h1' HTML tag.", "explain", "tag"),
        ("Make a table comparing apples and pears.", "make", "table"),
        ("My job is writing a story.", "be", None),
        ("She is writing a story.", "write", "story"),
        ("Explain quantum computing.", "explain", "computing"),
        ("Of what elements is Helium composed?", "compose", None),
        ("Describe the Divide and Conquer algorithm.", "describe", "algorithm"),
        ("Create a list C with the elements of both.", "create", "list"),
        ("Find the selfies and smoothies.", "find", "selfie"),
        ("Lay the table.", "lay", "table"),
        ("Write a Ruby for loop to print 1 to 10.", "write", "loop"),
        ("Re-write the email.", "rewrite", "email"),
        ("“Fix” the client’s address — please.", "fix", "address"),
    ],
)
def test_a_known_trap_is_read_rightly(pairs_of: Pairs, instruction: str, verb: str, noun: str | None) -> None:
    (pair,) = pairs_of([instruction])
    assert (pair.verb, pair.noun) == (verb, noun)
