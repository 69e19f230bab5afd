"""Texts that somebody waits for come before buttons; nobody waits for long."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import pytest

from pages.review import turns


def drawn_after(done: list[str]) -> threading.Thread:
    def draw() -> None:
        with turns.after_texts():
            done.append("buttons")

    thread = threading.Thread(target=draw)
    thread.start()
    return thread


def test_buttons_come_when_nobody_waits_for_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 60.0)
    done: list[str] = []
    with turns.text_first(), turns.text_first():
        first, second = drawn_after(done), drawn_after(done)
        time.sleep(0.05)
        done.append("texts")
    first.join(30)
    second.join(30)
    assert done == ["texts", "buttons", "buttons"]


def test_a_text_that_hangs_keeps_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 0.01)
    done: list[str] = []
    with turns.text_first(), turns.after_texts():
        drawn_after(done).join(30)
    assert done == ["buttons"]


def test_a_text_that_failed_is_waited_for_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 60.0)
    done: list[str] = []
    with suppress(ZeroDivisionError), turns.text_first():
        raise ZeroDivisionError
    drawn_after(done).join(30)
    assert done == ["buttons"]
