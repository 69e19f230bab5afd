"""A large file on its way from a real browser, through Streamlit as it is installed: on disk, and not in memory."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from tests.browser.conftest import running, settled
from tests.ports import free_port

pytestmark = pytest.mark.browser
MB = 1 << 20
FIRST = 20 * MB  # large enough to go to the disk
SIZE = 140 * MB
STANDS_S = 5  # that nothing more is loaded


def most_memory(process_id: int) -> int:
    """The peak so far, in bytes."""
    status = Path(f"/proc/{process_id}/status")
    if not status.exists():
        pytest.skip("this system does not tell what a process takes")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0]) * 1024


def standing_peak(process_id: int) -> int:
    """The peak, in bytes, once it no longer rises: a page loads more after the browser shows its first lines."""
    until, peak, since = time.monotonic() + 120, most_memory(process_id), time.monotonic()
    while time.monotonic() - since < STANDS_S and time.monotonic() < until:
        time.sleep(0.2)
        if (now := most_memory(process_id)) > peak:
            peak, since = now, time.monotonic()
    return peak


def test_a_large_upload_goes_to_the_disk_and_not_into_memory(page, tmp_path: Path) -> None:
    first, large = tmp_path / "first.jsonl", tmp_path / "large.jsonl"
    row = json.dumps({"instruction": "Name the rivers of the land", "output": "word " * 800}) + "\n"
    first.write_text(row * (FIRST // len(row)))
    large.write_text(row * (SIZE // len(row)))
    data = tmp_path / "data"
    with running(free_port(), tmp_path / "server.log", data) as app:
        page.goto(f"{app.address}/pools")
        settled(page)
        page.locator("input[type=file]").set_input_files(first)
        page.get_by_text("first.jsonl  ·", exact=False).first.wait_for(timeout=300_000)
        settled(page)
        before = standing_peak(app.process.pid)  # with all that an upload and a look load
        page.locator("input[type=file]").set_input_files(large)
        page.get_by_text("large.jsonl  ·", exact=False).first.wait_for(timeout=300_000)
        settled(page)
        (laid,) = (data / "uploads").glob("*/large.jsonl")
        assert laid.stat().st_size == large.stat().st_size
        assert most_memory(app.process.pid) - before < SIZE // 4
        page.get_by_role("button", name=re.compile("Put .* aside")).click()
        page.get_by_role("button", name=re.compile("Put .* aside")).wait_for(state="detached", timeout=300_000)
        assert not list((data / "uploads").glob("*/*.jsonl"))
