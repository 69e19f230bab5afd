"""The command line: `winnow NOUN VERB ...` (or `python -m core ...`), the same acts as the pages, without a browser.

Exit code 0: done; 1: refused or failed, with one clear line; 2: wrong usage; 130: stopped by Ctrl+C.
"""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path
from typing import TextIO

import click

from core.actor import acting_as
from core.cli import console, shell, streams
from core.foreign import IS_FULL, is_full, told
from core.missing import no_such_file
from core.records import WinnowError
from core.words import brief

STOPPED, BY_HAND = "Stopped by hand; what was done is kept.", 130  # the code that shells give a program for Ctrl+C


def parser() -> argparse.ArgumentParser:
    """What every room's verbs take, under the words that they are declared with."""
    return shell.parser(called=_called())


def main(arguments: list[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    if arguments is None:  # a program of its own: what it loads stays, and looking for what could go takes a sixth
        gc.set_threshold(200_000, 50, 100)
    words = sys.argv[1:] if arguments is None else arguments
    whole = shell.tree(_run, _version)
    try:
        ended = whole.main(
            args=list(words), prog_name=_called(), complete_var="_WINNOW_COMPLETE", standalone_mode=False
        )
    except click.ClickException as error:
        if shell.asks_json(words):
            print(console.tame(console.as_json({"error": error.format_message()})))
        error.show()
        raise SystemExit(error.exit_code) from None
    except (click.Abort, KeyboardInterrupt):
        return _refused(STOPPED, shell.asks_json(words), code=BY_HAND)
    except ModuleNotFoundError as error:
        return _refused(_not_installed(error), shell.asks_json(words))
    if arguments is None:
        gc.freeze()  # the program ends: nothing is left to be looked for, which would take a tenth of a list's time
    return int(ended or 0)


def _run(declared: argparse.ArgumentParser, chosen: argparse.Namespace) -> int:
    """Do one verb, and say in one line what stopped it."""
    from core import logs, settings

    console.speak_any_text()
    desk = console.Console(chosen.json, chosen.quiet)
    try:
        logs.to_file(settings.load().data_dir)
        with acting_as(console.who(chosen.acts_as)), streams.plugged(declared, chosen, desk):
            return chosen.run(chosen, desk) or 0
    except WinnowError as error:
        return _refused(str(error), chosen.json, desk.out)
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        return _refused(_of_a_file(error), chosen.json, desk.out)
    except KeyboardInterrupt:
        return _refused(STOPPED, chosen.json, desk.out, BY_HAND)
    except ModuleNotFoundError as error:
        return _refused(_not_installed(error), chosen.json, desk.out)
    except Exception as error:  # noqa: BLE001  whatever it is: a person gets one sentence, the log gets all of it
        return _refused(logs.fault(error).sentence, chosen.json, desk.out)


def _not_installed(error: ModuleNotFoundError) -> str:
    """What a package that is not there means: another Python than the one that Winnow was set up with."""
    from core import logs

    logs.fault(error)
    return (
        f"The package {error.name} is not installed for {sys.executable}. `make app` in Winnow's folder sets "
        "everything up; the command is then `.venv/bin/winnow`."
    )


def _of_a_file(error: OSError) -> str:
    """What a file or folder refused, with the one beside it that was probably meant."""
    if is_full(error):
        return IS_FULL
    named = f"{error.filename}: " if error.filename else ""
    if isinstance(error, FileNotFoundError) and isinstance(error.filename, str):
        return str(no_such_file(Path(error.filename)))
    return f"{named}{told(error)}; check the path, and that you may use it."


def _called() -> str:
    """How this program was called, for its help: by the installed command or as a module."""
    return "winnow" if Path(sys.argv[0]).stem == "winnow" else "python -m core"


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"winnow {version('winnow')}, Python {sys.version.split()[0]}"
    except PackageNotFoundError:
        return f"winnow of a source folder, Python {sys.version.split()[0]}"


def _refused(why: str, as_json: bool, out: TextIO | None = None, code: int = 1) -> int:
    """Say why, on standard error; as JSON where a result would go, which is not where a file goes out (`-`)."""
    why = brief(why)
    if as_json:
        print(console.tame(console.as_json({"error": why})), file=out)
    if not as_json or out is None:
        print(console.tame(why), file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
