"""What Winnow stands on: every installed package that it needs, with its licence, and how to learn of known faults.

Licences are read from what is installed, without the network. Known faults are not known to an installed package: they
are looked up by pip-audit, where it is installed and somebody asks for it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from core.children import without_secrets
from core.records import Refused
from core.settings import PROJECT

FILES = ("requirements.txt", "requirements-postgresql.txt", "requirements-cluster.txt", "requirements-dev.txt")
RESTRICTIVE = re.compile(r"\b(AGPL|GPL|LGPL|Affero|General Public|SSPL|EUPL)", re.IGNORECASE)
_NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?([^;]*)(?:;(.*))?$")
_UNSAID = "not said in the package; see its files"


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package that Winnow needs, itself (`named`) or through another; `needs_a_look`: not permissive."""

    name: str
    version: str
    licence: str
    named: bool
    needs_a_look: bool


@dataclass(frozen=True, slots=True)
class KnownFault:
    """A fault that is publicly known of a package's version; `mended_in` may be empty."""

    package: str
    version: str
    id: str
    mended_in: tuple[str, ...]


def packages() -> list[Package]:
    """Every installed package of the requirements files and all that they need, by name."""
    named = {_plain(name) for file in FILES for name, _ in _of_file(PROJECT / file)}
    found: dict[str, Package] = {}
    waiting = [(name, extras) for file in FILES for name, extras in _of_file(PROJECT / file)]
    seen: set[tuple[str, tuple[str, ...]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (_plain(name), extras) in seen:
            continue
        seen.add((_plain(name), extras))
        try:
            its = distribution(name)
        except PackageNotFoundError:
            continue  # of another platform, or of requirements that were not installed here
        licence = _licence(its)
        found[_plain(name)] = Package(
            str(its.metadata["Name"]),
            its.version,
            licence,
            _plain(name) in named,
            licence == _UNSAID or bool(RESTRICTIVE.search(licence)),
        )
        waiting += _needs(its, extras)
    return sorted(found.values(), key=lambda one: one.name.lower())


def known_faults(those: list[Package]) -> list[KnownFault]:
    """What is publicly known to be wrong with these, as pip-audit looks it up. Refused where it is not installed."""
    pins = "".join(f"{one.name}=={one.version}\n" for one in those)
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--no-deps", "--disable-pip", "-r", "/dev/stdin"]
    done = subprocess.run(command, input=pins, capture_output=True, text=True, check=False, env=without_secrets())
    if "No module named pip_audit" in done.stderr:
        raise Refused(
            "Known faults are looked up by pip-audit, which is not installed; `pip install pip-audit` brings it. "
            "Licences need no network: leave --faults out."
        )
    try:
        answer = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError) as error:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Refused(f"pip-audit could not look known faults up: {last}") from error
    return [
        KnownFault(one["name"], one["version"], fault["id"], tuple(fault.get("fix_versions", ())))
        for one in answer
        for fault in one.get("vulns", ())
    ]


def _of_file(file: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    if not file.exists():
        return
    for line in file.read_text(encoding="utf-8").splitlines():
        found = _NAME.match(line.split("#")[0])
        if found and not line.startswith("-"):
            yield found[1], _extras(found[2])


def _needs(its: Distribution, extras: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a package needs, with the extras that were asked for; those of other extras are left out."""
    for requirement in its.requires or ():
        found = _NAME.match(requirement)
        if found is None:
            continue
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)", found[4] or "")
        if extra is None or extra[1] in extras:
            yield found[1], _extras(found[2])


def _extras(text: str | None) -> tuple[str, ...]:
    return tuple(sorted(part.strip() for part in (text or "").split(",") if part.strip()))


def _licence(its: Distribution) -> str:
    told = its.metadata
    if "License-Expression" in told:
        return str(told["License-Expression"])
    classified = [
        str(one).rsplit(" :: ", 1)[-1] for one in told.get_all("Classifier") or () if str(one).startswith("License ::")
    ]
    if classified:
        return ", ".join(dict.fromkeys(classified))
    said = str(told["License"]) if "License" in told else ""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[0][:80] if lines else _UNSAID


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
