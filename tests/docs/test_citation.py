"""CITATION.cff keeps to the Citation File Format 1.2.0: what it demands, what it knows, and of which type each is.

The format's own checker brings a dozen packages and has not moved for years; what we use of the format stands here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from core.settings import PROJECT

PERSON = {
    *(
        "address",
        "affiliation",
        "alias",
        "city",
        "country",
        "email",
        "family-names",
        "fax",
        "given-names",
        "name-particle",
    ),
    *("name-suffix", "orcid", "post-code", "region", "tel", "website"),
}
ENTITY = {
    *("address", "alias", "city", "country", "date-end", "date-start", "email", "fax", "location", "name", "orcid"),
    *("post-code", "region", "tel", "website"),
}
TOP = {
    *("abstract", "authors", "cff-version", "commit", "contact", "date-released", "doi", "identifiers", "keywords"),
    *("license", "license-url", "message", "preferred-citation", "references", "repository", "repository-artifact"),
    *("repository-code", "title", "type", "url", "version"),
}
TYPES = {"dataset", "software"}
REFERENCE_TYPES = {
    *("article", "book", "conference", "conference-paper", "data", "dataset", "generic", "manual", "report"),
    *("software", "software-code", "thesis", "unpublished", "website"),
}
TEXTS = ("title", "message", "abstract", "doi", "journal", "publisher", "version", "license", "commit")
LICENCES = {"Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause"}


def faults(cff: Any) -> list[str]:
    """What in a citation file the format would refuse."""
    if not isinstance(cff, Mapping):
        return ["no mapping"]
    found = [f"lacks {name}" for name in ("authors", "cff-version", "message", "title") if name not in cff]
    found += [f"does not know {name}" for name in cff if name not in TOP]
    found += [] if str(cff.get("cff-version")) == "1.2.0" else ["another version of the format"]
    found += [] if cff.get("type", "software") in TYPES else ["a type that there is not"]
    found += [] if cff.get("license") in LICENCES else ["a licence that SPDX does not name so"]
    found += _of(cff, "the file")
    for place, one in enumerate(cff.get("references", ())):
        where = f"reference {place}"
        found += [f"{where} lacks {name}" for name in ("authors", "title", "type") if name not in one]
        found += [] if one.get("type") in REFERENCE_TYPES else [f"{where}: a type that there is not"]
        found += _of(one, where)
    return found


def _of(one: Mapping[str, Any], where: str) -> list[str]:
    found = [f"{where}: {name} is no text" for name in TEXTS if name in one and not _is_text(one[name])]
    if "year" in one and not isinstance(one["year"], int):
        found.append(f"{where}: the year is no number")
    if "date-released" in one and not re.fullmatch(r"\d{4}-\d\d-\d\d", str(one["date-released"])):
        found.append(f"{where}: the day is not written YYYY-MM-DD")
    for name in ("url", "repository-code", "license-url"):
        if name in one and not re.fullmatch(r"(https?|s?ftp)://\S+", str(one[name])):
            found.append(f"{where}: {name} is no address")
    authors = one.get("authors")
    if not isinstance(authors, list) or not authors:
        return [*found, f"{where} has no authors"]
    for author in authors:
        known = ENTITY if "name" in author else PERSON
        if not author or not set(author) <= known or not all(map(_is_text, author.values())):
            found.append(f"{where}: {author} is neither a person nor an entity")
    if len({str(author) for author in authors}) < len(authors):
        found.append(f"{where} names an author twice")
    return found


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def test_the_citation_file_keeps_to_its_format_and_names_this_version() -> None:
    cff = yaml.safe_load((PROJECT / "CITATION.cff").read_text("utf-8"))
    assert faults(cff) == []
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    assert (cff["version"], cff["license"]) == (project["version"], project["license"])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"title": None}, "title is no text"),
        ({"version": 0.1}, "version is no text"),
        ({"author": []}, "does not know author"),
        ({"authors": [{"name": "A", "given-names": "B"}]}, "neither a person nor an entity"),
        ({"license": "Apache 2"}, "SPDX"),
        ({"references": [{"type": "paper", "title": "T", "authors": [{"name": "A"}]}]}, "a type that there is not"),
        ({"references": [{"type": "article", "title": "T", "authors": [{"name": "A"}], "year": "2023"}]}, "no number"),
    ],
)
def test_what_the_format_refuses_is_found(change: dict[str, Any], fault: str) -> None:
    cff = yaml.safe_load((PROJECT / "CITATION.cff").read_text("utf-8"))
    assert any(fault in one for one in faults({**cff, **change}))
