"""The command line: `python -m core VERB ...`, the same verbs as the pages, without a browser.

Exit code 0: done; 1: refused or failed, with one clear line; 2: wrong usage.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys

from core.cli.console import Console
from core.records import WinnowError

ROOMS = ("grow", "pool", "see", "diversity", "judge", "audit", "release", "corpus")


def main(arguments: list[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m core", description="Winnow without a browser.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for room in ROOMS:
        importlib.import_module(f"core.cli.{room}").register(verbs)
    chosen = parser.parse_args(arguments)
    try:
        return chosen.run(chosen, Console(chosen.json)) or 0
    except WinnowError as error:
        if chosen.json:
            print(json.dumps({"error": str(error)}, ensure_ascii=False))
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
