"""What a maintainer needs of an installation, without a text, a name or a key of anybody's: one file of JSON."""

from __future__ import annotations

import json
import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from core import settings
from core.database.revisions import HEAD
from core.health import Check, examine
from core.logs import NAME
from core.replacing import LINES, may_write
from core.settings import PROJECT

_FAULT = re.compile(r"^(\S+ \S+) \d+ ERROR core: fault (W-[0-9a-f]{8})$")
_FRAME = re.compile(r'^  File "(?:.*/)?([^"/]+/[^"/]+|[^"/]+)", line (\d+), in (\w+)')
_TYPE = re.compile(r"^([A-Za-z_][\w.]*)(?::|$)")
LATEST = 20


def write(path: Path) -> list[Check]:
    """Write the report and return the checks in it."""
    may_write(path, LINES)
    checks = examine()
    told: dict[str, Any] = {
        "format": "winnow-report-1",
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "schema": HEAD,
        "database": "sqlite" if settings.load().url.startswith("sqlite") else "another",
        # A finding may name a folder, an address or a model: what is not well stands here by its check's name alone.
        "checks": {check.name: check.ok for check in checks},
        "packages": _packages(),
        "faults": faults(settings.load().data_dir / NAME),
    }
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    os.replace(beside, path)
    return checks


def faults(log: Path) -> list[dict[str, Any]]:
    """The latest faults of the log: number, when, the error's type and the places it passed; never its words."""
    if not log.is_file():
        return []
    found: list[dict[str, Any]] = []
    open_fault = False
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if begins := _FAULT.match(line):
            found.append({"number": begins[2], "at": begins[1], "type": "", "places": []})
            open_fault = True
        elif open_fault and (frame := _FRAME.match(line)):
            found[-1]["places"].append(f"{frame[1]}:{frame[2]} {frame[3]}")
        elif open_fault and found[-1]["places"] and not line.startswith(" ") and (named := _TYPE.match(line)):
            found[-1]["type"], open_fault = named[1], False
    return found[-LATEST:]


def _packages() -> dict[str, str]:
    pinned = (PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    names = [line.partition("==")[0].split("[")[0].strip() for line in pinned if "==" in line and line[0] != "#"]
    have: dict[str, str] = {}
    for name in names:
        try:
            have[name] = version(name)
        except PackageNotFoundError:
            have[name] = "missing"
    return have
