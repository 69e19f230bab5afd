"""The documents of `docs/`: tutorials, how to do one thing, reference, explanations.

They are read as they lie there, so that help is at hand without a network and says what this very version does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from core.missing import no_such_name
from core.settings import PROJECT

FOLDER = PROJECT / "docs"
FIRST = "index.md"
SECTIONS: Mapping[str, str] = {
    "tutorials": "Learn",
    "how-to": "Do one thing",
    "reference": "Look up",
    "explanations": "Understand",
}
_LINK = re.compile(r"\]\((?P<to>[^)\s#]*)(?P<mark>#[^)\s]*)?\)")
_HEADING = re.compile(r"^#{2,}\s+(?P<title>.+)$")
_PICTURE = re.compile(r"^!\[(?P<alt>[^\]]*)\]\((?P<to>[^)\s]+)\)$", re.MULTILINE)


@cache
def titles() -> Mapping[str, str]:
    """Every document's title by its path in `docs/`: the first page, then section by section."""
    found = {FIRST: _title(FIRST)} if (FOLDER / FIRST).is_file() else {}
    for path in sorted(FOLDER.glob("*.md")):
        found.setdefault(path.name, _title(path.name))
    for section in SECTIONS:
        for path in sorted((FOLDER / section).glob("*.md")):
            name = f"{section}/{path.name}"
            found[name] = _title(name)
    return found


def named(asked: str) -> str:
    """The path of a document that is asked for by its path, with or without the ending and the folder.

    Raises NotFound, with the names that there are.
    """
    wanted = asked.removesuffix(".md")
    fits = [name for name in titles() if wanted in (name.removesuffix(".md"), name.split("/")[-1].removesuffix(".md"))]
    if not fits:
        known = [name.removesuffix(".md") for name in titles()]
        raise no_such_name("document", asked, known, "an installation from the source folder has them", "winnow docs")
    return fits[0]


def text(name: str) -> str:
    """A document as Markdown."""
    return (FOLDER / named(name)).read_text(encoding="utf-8")


@cache
def marks(name: str) -> Mapping[str, str]:
    """The headings of a document below its title, by their mark: what stands behind # in a link that leads there."""
    return {mark: title for _, mark, title in _headings(text(name))}


def mark_of(title: str) -> str:
    """The mark of a heading, as code hosts and the builder of pages make it."""
    return re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-")


def parts(name: str, at: str = "") -> list[tuple[str, str, str]]:
    """A document in pieces for a screen: ("text", Markdown, "") and ("picture", path in `docs/`, what it shows), in its
    order, without its title. The heading whose mark is `at` is a piece for itself: ("place", Markdown, its mark).

    Links to other documents are `help?read=PATH&at=MARK`; a link out of `docs/`, which no page can show, is its label
    alone.
    """
    whole = text(name).partition("\n")[2]
    for start, mark, _ in _headings(whole):
        if mark == at:
            heading, _, rest = whole[start:].partition("\n")
            return [*_pieces(whole[:start], name), ("place", heading, mark), *_pieces(rest, name)]
    return _pieces(whole, name)


def _headings(markdown: str) -> list[tuple[int, str, str]]:
    """(where, mark, title) of the headings outside of fenced blocks; marks that come twice lead to the first."""
    found: dict[str, tuple[int, str, str]] = {}
    at, fenced = 0, False
    for line in markdown.splitlines(keepends=True):
        fenced ^= line.startswith("```")
        if not fenced and (heading := _HEADING.match(line.rstrip("\n"))):
            mark = mark_of(heading["title"])
            found.setdefault(mark, (at, mark, heading["title"]))
        at += len(line)
    return list(found.values())


def _pieces(whole: str, name: str) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    at = 0
    for picture in _PICTURE.finditer(whole):
        found.append(("text", _led(whole[at : picture.start()], name), ""))
        found.append(("picture", _beside(name, picture["to"]), picture["alt"]))
        at = picture.end()
    return [part for part in [*found, ("text", _led(whole[at:], name), "")] if part[1].strip()]


def _led(markdown: str, name: str) -> str:
    """Markdown whose links lead to the page Help."""

    def lead(link: re.Match[str]) -> str:
        if link["to"].startswith(("http:", "https:")):
            return link[0]
        path = _beside(name, link["to"]) if link["to"] else name
        at = f"&at={link['mark'][1:]}" if link["mark"] else ""
        return f"](help?read={path}{at})" if path in titles() else "](help)"

    return _LINK.sub(lead, markdown)


def _beside(name: str, to: str) -> str:
    """The path in `docs/` that a link of a document leads to."""
    steps = [*name.split("/")[:-1]]
    for step in to.split("/"):
        if step == "..":
            steps = steps[:-1]
        elif step != ".":
            steps.append(step)
    return "/".join(steps)


def _title(name: str) -> str:
    with (FOLDER / name).open(encoding="utf-8") as file:
        return file.readline().removeprefix("#").strip()
