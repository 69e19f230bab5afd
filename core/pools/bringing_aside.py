"""A large file brought in by a process of its own: its memory goes with it, and nobody's page waits for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core import actor, settings
from core.aside import Aside, raise_refusal
from core.database import Database
from core.importing.importer import OnStage
from core.importing.report import ImportReport
from core.importing.roles import Role
from core.pools.bringing import Brought, Wishes
from core.pools.choosing import named
from core.records import Fault, WinnowError

POLL_S = 0.2


class BringingFailed(WinnowError):
    """The process that brings a file in could not start or died; what it had stored is there."""


def bring_tasks_aside(
    database: Database, pool_name: str, path: Path, wishes: Wishes, on_progress: OnStage = lambda what, n, of: None
) -> Brought:
    """As `bring_tasks` does, into the database of the settings, and with the same refusals."""
    asked = {
        "url": settings.load().url,
        "actor": actor.acting(),
        "pool": pool_name,
        "path": str(path),
        "filtered": wishes.filtered,
        "threshold": wishes.threshold,
        "tokeniser": wishes.tokeniser.value if wishes.tokeniser else None,
        "engine": wishes.engine,
        "workers": wishes.workers,
        "mapped": {name: role.value for name, role in (wishes.mapped or {}).items()},
    }
    with Aside("core.pools.bringer", [asked]) as process:
        while True:
            reply = process.reply(POLL_S)
            if reply is None:
                continue
            if "gone" in reply:
                raise BringingFailed(
                    f"The process that imports ended ({reply['gone']}). What it had stored is there; the same file "
                    "again adds only what is missing."
                )
            raise_refusal(reply)
            if "report" in reply:
                pool = named(database, reply["pool"])
                return Brought(pool, _report(reply["report"]), tuple(reply["warnings"]), reply["switched_off"])
            on_progress(reply["what"], reply["n"], reply["of"])


def _report(told: Mapping[str, Any]) -> ImportReport:
    special = {
        "discards": Counter(told["discards"]),
        "faults": [Fault(**fault) for fault in told["faults"]],
        "fields": {name: Role(role) for name, role in told["fields"].items()},
    }
    return ImportReport(**{**told, **special})
