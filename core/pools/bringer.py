"""The process that brings a large file in: what to bring in, how far it is out, and what came of it.

Started by `bringing_aside`, never by hand. It ends when whoever started it is gone: the next line has nobody to be told
to.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, fields
from pathlib import Path

from core import actor
from core.aside import answer, answer_refusal, replies
from core.database import open_database
from core.importing.roles import Role
from core.novelty import Tokeniser
from core.pools.bringing import Wishes, bring_tasks
from core.records import WinnowError

SAY_S = 0.3


def main() -> None:
    """Bring one file in."""
    out = replies()
    asked = json.loads(sys.stdin.readline())
    said = [0.0]

    def tell(what: str, n: int, of: int) -> None:
        if time.monotonic() - said[0] >= SAY_S:
            said[0] = time.monotonic()
            answer(out, {"what": what, "n": n, "of": of})

    wishes = Wishes(
        asked["filtered"],
        asked["threshold"],
        Tokeniser(asked["tokeniser"]) if asked["tokeniser"] else None,
        {name: Role(role) for name, role in asked["mapped"].items()},
        asked["engine"],
        asked["workers"],
    )
    try:
        with actor.acting_as(asked["actor"]):
            brought = bring_tasks(open_database(asked["url"]), asked["pool"], Path(asked["path"]), wishes, tell)
    except WinnowError as error:
        answer_refusal(out, error)
        return
    told = {"warnings": brought.warnings, "switched_off": brought.switched_off}
    report = {one.name: getattr(brought.report, one.name) for one in fields(brought.report)}
    report["faults"] = [asdict(fault) for fault in brought.report.faults]
    answer(out, {"pool": brought.pool.name, "report": report, **told})


if __name__ == "__main__":
    main()
