"""A large file on its way from a real browser, through Streamlit as it is installed: on disk, and not in memory."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.browser.conftest import running, settled
from tests.ports import free_port

pytestmark = pytest.mark.browser
MB = 1 << 20
SIZE = 120 * MB


def most_memory(process_id: int) -> int:
    """The peak so far, in bytes."""
    status = Path(f"/proc/{process_id}/status")
    if not status.exists():
        pytest.skip("this system does not tell what a process takes")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0]) * 1024


def test_a_large_upload_goes_to_the_disk_and_not_into_memory(page, tmp_path: Path) -> None:
    small, large = tmp_path / "small.jsonl", tmp_path / "large.jsonl"
    row = json.dumps({"instruction": "Name the rivers of the land", "output": "word " * 800}) + "\n"
    small.write_text(row)
    large.write_text(row * (SIZE // len(row)))
    data = tmp_path / "data"
    with running(free_port(), tmp_path / "server.log", data) as app:
        page.goto(f"{app.address}/pools")
        settled(page)
        page.locator("input[type=file]").set_input_files(small)
        page.get_by_text("small.jsonl  ·", exact=False).first.wait_for(timeout=300_000)
        before = most_memory(app.process.pid)  # with all that a look loads
        page.locator("input[type=file]").set_input_files(large)
        page.get_by_text("large.jsonl  ·", exact=False).first.wait_for(timeout=300_000)
        (laid,) = (data / "uploads").glob("*/large.jsonl")
        assert laid.stat().st_size == large.stat().st_size
        assert most_memory(app.process.pid) - before < SIZE // 2
        page.get_by_role("button", name=re.compile("Put .* aside")).click()
        page.get_by_role("button", name=re.compile("Put .* aside")).wait_for(state="detached", timeout=300_000)
        assert not list((data / "uploads").glob("*/*.jsonl"))
