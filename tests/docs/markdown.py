"""What the reference is written with: Markdown that a code host and a builder of pages read alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MADE = "<!-- Written from the code by `python -m tests.docs.reference`; change the code, not this file. -->"


def page(title: str, lines: Iterable[str]) -> str:
    """A whole page, which says first that it is made."""
    return "\n".join([f"# {title}", "", MADE, "", *lines]).rstrip() + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table and the empty line after it."""
    every = [head, ["---"] * len(head), *rows]
    return [*(f"| {' | '.join(cells)} |" for cells in every), ""]


def code(text: str) -> str:
    """A short text as code, also inside a table."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}".replace("|", "\\|")


def plain(text: str) -> str:
    """A text in which nothing is markup but its code."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def block(text: str, language: str = "json") -> list[str]:
    """A block of code and the empty line after it."""
    return [f"```{language}", text, "```", ""]
