"""In a large pool what takes seconds is counted beside the page: it is drawn at once, and whole when that is done."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.database import Database
from pages.shared import counting
from tests.pages.conftest import first_start
from tests.release.release_pools import random_pool

Page = Callable[..., AppTest]


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Every pool counts as large; nothing is counted until the semaphore is given back."""
    turn = threading.Semaphore(0)
    monkeypatch.setattr(counting, "SMALL", -1)
    monkeypatch.setattr(counting, "_ONE_AT_A_TIME", turn)
    return turn


def texts(app: AppTest) -> str:
    said = [str(one.value) for kind in (app.text, app.caption, app.subheader) for one in kind]
    return " ".join([*said, *(f"[{one.label}]" for one in app.metric)])


@pytest.mark.parametrize(
    ("address", "meanwhile", "afterwards"),
    [
        ("release", "Counting what goes out.", "[go out]"),
        ("whatif", "Comparing the candidates once", "[candidates]"),
        ("diversity", "Measuring the pool.", "Table 1"),
    ],
)
def test_a_page_is_drawn_before_it_has_counted_and_whole_afterwards(
    page: Page, database: Database, large: threading.Semaphore, address: str, meanwhile: str, afterwards: str
) -> None:
    first_start()
    pool = random_pool(database, random.Random(11))
    app = page(address, pool=pool.name)
    assert meanwhile in texts(app) and afterwards not in texts(app)
    large.release()
    for _ in range(100):  # the built-in parser goes on reading beside, and each time all is counted anew
        for counter in [one for one in threading.enumerate() if one.name == "counting"]:
            counter.join()
        app.run()
        assert not app.exception
        if meanwhile not in texts(app):
            break
    assert meanwhile not in texts(app) and afterwards in texts(app)


def test_what_was_known_stays_in_sight_while_it_is_counted_anew(
    page: Page, database: Database, large: threading.Semaphore
) -> None:
    first_start()
    large.release()
    usual = sys.getswitchinterval()
    seen = list[float]()
    counting.counted("subject", 1, lambda: seen.append(sys.getswitchinterval()) or "first")
    for counter in [one for one in threading.enumerate() if one.name == "counting"]:
        counter.join()
    assert counting.counted("subject", 1, lambda: "never") == counting.Figured("first", True)
    assert seen[0] < usual == sys.getswitchinterval()  # whoever draws meanwhile waits less for a turn
    large.acquire()
    for moment in (2, 3):  # one count at a time, however fast the pool changes
        assert counting.counted("subject", moment, lambda: "second") == counting.Figured("first", False)
    assert sum(one.name == "counting" for one in threading.enumerate()) == 1
    large.release()


def test_what_failed_is_told_and_tried_again(page: Page, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    first_start()
    with pytest.raises(ZeroDivisionError):
        counting.counted("subject", 1, lambda: 1 / 0)
    assert counting.counted("subject", 1, lambda: "well").value == "well"
