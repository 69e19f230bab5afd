"""The garbage collector looks through what a page makes, not through the modules again and again."""

from __future__ import annotations

import gc
import sys
from types import ModuleType

import pytest

from core import memory
from pages.shared import heap


@pytest.fixture(autouse=True)
def thawed() -> object:
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_modules_are_put_out_of_sight_once_and_again_when_many_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "_known", 0)
    heap.settle()
    frozen = gc.get_freeze_count()
    assert frozen > 1000
    kept = [[] for _ in range(50)]
    heap.settle()
    assert gc.get_freeze_count() <= frozen and kept
    for number in range(heap._GROWN + 1):
        monkeypatch.setitem(sys.modules, f"of_a_page_{number}", ModuleType("of_a_page"))
    heap.settle()
    assert gc.get_freeze_count() > frozen


def test_what_large_work_leaves_behind_is_found_though_it_was_frozen() -> None:
    class Left:
        gone = False

        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            Left.gone = True

    Left()
    gc.freeze()
    gc.collect()
    assert not Left.gone
    memory.give_back()
    assert Left.gone and gc.get_freeze_count() > 0
