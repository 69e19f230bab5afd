"""Texts that are laid on a disk are the same texts."""

import errno
import io

import pytest

from core.novelty import on_disk
from core.novelty.on_disk import Joined, TextsOnDisk
from core.records import StorageFailed

TEXTS = [f"Text {n} \0 with 中文, a lone \ud83d and\nlines" for n in range(133)]


@pytest.mark.parametrize("together", [1, 100, on_disk.TOGETHER])
def test_texts_on_disk_come_back_as_they_were_in_any_order(monkeypatch: pytest.MonkeyPatch, together: int) -> None:
    monkeypatch.setattr(on_disk, "TOGETHER", together)
    laid = TextsOnDisk(TEXTS)
    assert (len(laid), list(laid)) == (len(TEXTS), TEXTS)
    assert [laid[n] for n in reversed(range(len(TEXTS)))] == TEXTS[::-1]
    for part in (slice(62, 67), slice(67, 62, -2), slice(0, 0), slice(-3, None)):
        assert laid[part] == TEXTS[part]
    assert laid.several([90, 3, 3]) == [TEXTS[90], TEXTS[3], TEXTS[3]]
    assert laid[-1] == TEXTS[-1] and list(TextsOnDisk()) == [] and TextsOnDisk([""])[0] == ""
    laid.append("one more")
    assert laid[len(TEXTS)] == "one more" and laid[0] == TEXTS[0]
    laid.append("and one")
    assert laid[-2:] == ["one more", "and one"]


def test_a_disk_that_takes_no_more_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(on_disk.tempfile, "TemporaryFile", Full)
    with pytest.raises(StorageFailed, match=r"takes no more .No space left on device.; free some space"):
        list(TextsOnDisk(TEXTS))


def test_two_sequences_are_one_the_second_from_a_place_on() -> None:
    joined = Joined(["first"], TextsOnDisk(TEXTS), 100)
    assert list(joined) == ["first", *TEXTS[100:]]
    assert joined[1:4] == TEXTS[100:103] and joined[4:0:-2] == [TEXTS[103], TEXTS[101]] and joined[:0] == []
    assert joined[:2] == ["first", TEXTS[100]] and len(joined) == len(TEXTS) - 99
