"""The command line: `python -m core VERB ...`, the same verbs as the pages, without a browser.

Exit code 0: done; 1: refused or failed, with one clear line; 2: wrong usage.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from core import logs, settings
from core.cli import console
from core.records import WinnowError

ROOMS = (
    *("importing", "grow", "runs", "models", "pool", "see", "diversity", "judge", "audit", "evaluate", "release"),
    *("corpus", "batch", "licences"),
)


def parser() -> argparse.ArgumentParser:
    """The command line's grammar, every room's verbs in it."""
    whole = argparse.ArgumentParser(prog=_called(), description="Winnow without a browser.")
    verbs = whole.add_subparsers(dest="verb", required=True, metavar="VERB")
    for room in ROOMS:
        importlib.import_module(f"core.cli.{room}").register(verbs)
    return whole


def _called() -> str:
    """How this program was called, for its help: by the installed command or as a module."""
    return "winnow" if Path(sys.argv[0]).stem == "winnow" else "python -m core"


def main(arguments: list[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    chosen = parser().parse_args(arguments)
    console.speak_any_text()
    logs.to_file(settings.load().data_dir)
    try:
        return chosen.run(chosen, console.Console(chosen.json)) or 0
    except WinnowError as error:
        return _refused(str(error), chosen.json)
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        return _refused(f"{named}{error.strerror or error}; check the path, and that you may use it.", chosen.json)
    except KeyboardInterrupt:
        return _refused("Stopped by hand; what was done is kept.", chosen.json)


def _refused(why: str, as_json: bool) -> int:
    if as_json:
        print(console.as_json({"error": why}))
    print(why, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
