"""Asynchronous work from code that isn't asynchronous, also where an event loop runs already, as in a notebook."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

T = TypeVar("T")


def finished(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine. An interruption by hand (Ctrl-C, a notebook's stop) cancels it, and is raised on."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    return _beside(work)


def _beside(work: Coroutine[Any, Any, T]) -> T:
    """In a thread with a loop of its own: one that runs already takes no other within it. Who acts stays the same."""
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = Future()

    async def whole() -> T:
        task = asyncio.current_task()
        assert task is not None
        begun.set_result((asyncio.get_running_loop(), task))
        return await work

    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(copy_context().run, asyncio.run, whole())
        try:
            return _answer(answer)
        except KeyboardInterrupt:
            loop, task = begun.result()
            loop.call_soon_threadsafe(task.cancel)  # and the thread is waited for, so that what came home is kept
            raise


def _answer(answer: Future[T]) -> T:
    return answer.result()
