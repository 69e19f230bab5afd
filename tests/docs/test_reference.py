"""The reference says what the code says now."""

from __future__ import annotations

import pytest

from tests.docs import reference


@pytest.mark.parametrize("name", reference.PAGES)
def test_the_reference_is_what_the_code_says(name: str) -> None:
    written = (reference.FOLDER / name).read_text("utf-8")
    assert written == reference.PAGES[name](), f"{name} is old; write it with `python -m tests.docs.reference`"


def test_no_page_of_the_reference_is_left_over() -> None:
    assert {path.name for path in reference.FOLDER.iterdir()} == set(reference.PAGES)
