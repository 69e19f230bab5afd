"""Real browsers that rate at the same time, each in a process of its own, and what each of them saw."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING

from tests.trust.people import Told

if TYPE_CHECKING:
    from playwright.async_api import Error, Page

_ITEM = ".st-key-desk-item"
_IS_ANOTHER = "([at, text]) => document.querySelector(at)?.textContent !== text"
_MOVES_WITHIN_MS, _PRESSES = 20_000, 3


async def rating(program: str, address: str, browsers: int, seconds: float) -> dict[str, Told]:
    """So many browsers, opened one after the other, that rate until all have for so long; what each saw, by name."""
    from playwright.async_api import async_playwright

    told = {f"w{number}": Told() for number in range(browsers)}
    async with async_playwright() as play:
        opened = []
        for name in told:
            browser = await play.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
            page = await browser.new_page()
            _hear(page, told[name])
            await page.goto(f"http://{address}/review?reviewer={name}")
            await page.wait_for_selector(_ITEM, state="attached", timeout=120_000)
            opened.append((browser, page, told[name]))
        until = time.monotonic() + seconds
        await asyncio.gather(*(_rate(page, its, until) for _, page, its in opened))
        for browser, page, its in opened:
            its.errors += [f"{n} error boxes" for n in [await page.locator("[data-testid=stException]").count()] if n]
            await browser.close()
    return told


def _hear(page: Page, its: Told) -> None:
    """Remember what breaks in the page's own scripts."""

    def broke(error: Error) -> None:
        its.errors.append(str(error)[:200])

    page.on("pageerror", broke)


async def _rate(page: Page, its: Told, until: float) -> None:
    from playwright.async_api import TimeoutError

    while time.monotonic() < until:
        before = await page.text_content(_ITEM)
        await asyncio.sleep(random.uniform(0.5, 1.5))
        began = time.perf_counter()
        for pressed in range(1, _PRESSES + 1):  # on a busy machine a key may come before the page listens
            its.unknown += 1
            await page.keyboard.press(random.choice("1234"))
            try:
                await page.wait_for_function(_IS_ANOTHER, arg=[_ITEM, before], timeout=_MOVES_WITHIN_MS)
                break
            except TimeoutError:
                if pressed == _PRESSES:
                    its.errors.append(f"{_PRESSES} presses of a key came to nothing, each in 20 s")
                    return
        its.unknown -= 1
        its.again += pressed - 1
        its.acknowledged += 1
        its.took.append(1000 * (time.perf_counter() - began))
