"""The sentence of the source that stands behind a sentence of the answer."""

from __future__ import annotations

from core.reinstruct.supporting import supporting

SOURCE = "The heron waits in shallow water. It eats frogs and small fish. Its nest is high in a tree."


def test_each_sentence_of_an_answer_names_the_one_of_the_source_that_supports_it() -> None:
    answer = "A heron nests high in a tree. It eats small fish."
    found = supporting(answer, SOURCE)
    assert [SOURCE[slice(*one.source)] for one in found if one.source] == [
        "Its nest is high in a tree.",
        "It eats frogs and small fish.",
    ]
    assert [answer[slice(*one.answer)] for one in found] == ["A heron nests high in a tree.", "It eats small fish."]
    assert found[1].share == 1.0


def test_a_sentence_without_a_word_of_the_source_is_supported_by_none() -> None:
    (found,) = supporting("Quantum chromodynamics!", SOURCE)
    assert found.source is None and found.share == 0.0
