"""What the command prints for people: bars, progress, and tables that fit their terminal."""

from __future__ import annotations

import sys
import time

import pytest

from core.cli.bar import bar, columns_of, table
from core.cli.console import Console


def test_elsewhere_than_on_a_terminal_progress_is_a_line_a_minute(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    desk = Console(False)
    for _ in range(180):
        desk.progress("so far")
        clock[0] += 1
    assert capsys.readouterr().err.count("so far") == 3


def test_on_a_narrow_terminal_progress_stays_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    Console(False).progress(f"{bar(3, 9, 5.0)}; {'many figures, ' * 9}")
    assert len(capsys.readouterr().err.removeprefix("\r\x1b[K")) == 59


def test_a_bar_says_rate_and_time_left() -> None:
    told = bar(30, 90, 60.0)
    assert told.startswith("[########................] 30 of 90") and "30.0 a minute" in told and "2 min left" in told
    assert bar(0, 10, 5.0) == "[........................] 0 of 10"


def test_a_table_sets_numbers_right_and_counts_wide_letters_twice() -> None:
    assert table(("n", "text"), [(5, "好的"), (1200, "a\x1b[31mb")]) == ["    n  text", "    5  好的", "1,200  a [31mb"]


def test_a_table_is_as_wide_as_its_terminal_and_texts_give_way_before_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = (7, "2026-11-22 05:11", "请用中文写一首关于秋天的短诗，要求押韵，并且不要超过四行，同时提到月亮", "a" * 90)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for columns in (80, 120, 200):
        monkeypatch.setenv("COLUMNS", str(columns))
        told = table(("n", "at", "text", "output"), [row, (8, "2026-11-22 05:12", "家👩\u200d🌾", "b")])
        assert max(map(columns_of, told)) <= columns and "2026-11-22 05:11" in told[1]
        assert ("…" in told[1]) == (columns < 200), "where there is room nothing is cut"
        assert "👩\u200d🌾" in told[2], "an emoji is not taken apart"
    monkeypatch.undo()
    assert "a" * 59 + "…" in table(("output",), [(row[-1],)])[1], "elsewhere, as for grep, it does not matter"


def test_numbers_that_were_set_out_already_stand_to_the_right_and_times_are_never_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [("71.9", "60.1 to 80.2", "92%", "yes"), ("8.0", "-", "4%", "no")]
    head, first, second = table(("yes %", "interval", "share", "fits"), rows)
    assert head == "yes %      interval  share  fits"
    assert second == "  8.0             -     4%  no" and len(first.rstrip()) == len(head) - 1
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "48")
    _, line = table(("begun", "method", "what it says"), [("2026-11-22 07:50", "self-instruct", "so many " * 9)])
    assert line.startswith("2026-11-22 07:50  self-instruct  so")
    assert columns_of(line) <= 48
