"""Asynchronous work from code that isn't: with a loop around it and without; interrupted, it is put down."""

from __future__ import annotations

import asyncio
import threading

import pytest

from core.actor import acting, acting_as
from core.llm.eventloop import finished


async def _who() -> tuple[str, int]:
    await asyncio.sleep(0)
    return acting(), threading.get_ident()


def test_without_a_loop_the_work_is_done_here_and_within_one_beside_it_by_the_same_person() -> None:
    with acting_as("Ada"):
        assert finished(_who()) == ("Ada", threading.get_ident())

        async def cell() -> tuple[str, int]:
            return finished(_who())

        name, thread = asyncio.run(cell())
    assert name == "Ada" and thread != threading.get_ident()


def test_what_goes_wrong_beside_a_loop_is_raised_here() -> None:
    async def broken() -> None:
        raise ValueError("seen")

    async def cell() -> None:
        finished(broken())

    with pytest.raises(ValueError, match="seen"):
        asyncio.run(cell())


def test_an_interruption_in_a_notebook_puts_the_work_down(monkeypatch: pytest.MonkeyPatch) -> None:
    began, ended = threading.Event(), threading.Event()

    async def endless() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    def interrupted(self: object, timeout: float | None = None) -> None:
        began.wait()
        raise KeyboardInterrupt

    async def cell() -> None:
        with monkeypatch.context() as patched:
            patched.setattr("core.llm.eventloop._answer", interrupted)
            finished(endless())

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(cell())
    assert ended.is_set()
