"""Texts that are packed are the same texts."""

from core.novelty.packed import TOGETHER, Joined, PackedTexts

TEXTS = [f"Text {n} \0 with 中文, a lone \ud83d and\nlines" for n in range(2 * TOGETHER + 5)]


def test_packed_texts_come_back_as_they_were_in_any_order() -> None:
    packed = PackedTexts(TEXTS)
    assert (len(packed), list(packed)) == (len(TEXTS), TEXTS)
    assert [packed[n] for n in reversed(range(len(TEXTS)))] == TEXTS[::-1]
    assert packed[TOGETHER - 2 : TOGETHER + 3] == TEXTS[TOGETHER - 2 : TOGETHER + 3]
    assert packed[-1] == TEXTS[-1] and list(PackedTexts()) == []
    packed.append("one more")
    assert packed[len(TEXTS)] == "one more" and packed[0] == TEXTS[0]


def test_two_sequences_are_one_the_second_from_a_place_on() -> None:
    joined = Joined(["first"], PackedTexts(TEXTS), 100)
    assert list(joined) == ["first", *TEXTS[100:]]
    assert joined[:2] == ["first", TEXTS[100]] and len(joined) == len(TEXTS) - 99
