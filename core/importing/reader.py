"""The process that reads a large file ahead of who stores its rows: all of each row or its instruction alone, then what
its columns became.

Started by `ahead`, never by hand.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from core.aside import answer, answer_refusal, replies
from core.importing.examples import RowReader
from core.importing.incoming import as_json, instructions_of, parts_of
from core.importing.roles import Role
from core.records import WinnowError


def main() -> None:
    """Read one file."""
    out = replies()
    asked = json.loads(sys.stdin.readline())
    reader = RowReader({name: Role(role) for name, role in asked["mapped"].items()})
    its = (Path(asked["path"]), reader, asked["at_once"])
    try:
        if asked["what"] == "instructions":
            for some in instructions_of(*its):
                answer(out, {"instructions": some})
        else:
            for part in parts_of(*its):
                answer(out, as_json(part))
    except WinnowError as error:
        answer_refusal(out, error)
        return
    answer(out, {"columns": (reader.fields, reader.unused)})


if __name__ == "__main__":
    main()
