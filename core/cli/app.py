"""Verbs of the program itself: serve the workbench, show the documents, print a shell's completion."""

from __future__ import annotations

import argparse
import os
import sys

from core.cli.bar import table
from core.cli.console import Console, Subparsers, verb
from core.records import Refused
from core.settings import PROJECT

SHELLS = ("bash", "zsh", "fish")


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    app = verb(verbs, "app", _app, "serve the workbench in the browser, on this machine")
    app.add_argument("--port", type=int, default=os.environ.get("STREAMLIT_SERVER_PORT") or "8501")
    docs = verb(verbs, "docs", _docs, "list the documents, or print one as it is written")
    docs.add_argument("document", nargs="?", help="its name, such as tutorials/demo")
    complete = verb(verbs, "completion", _completion, "print the completion script of a shell")
    complete.add_argument("shell", choices=SHELLS)


def _app(chosen: argparse.Namespace, console: Console) -> int:
    from core.port import must_be_free

    script = PROJECT / "app.py"
    if not script.is_file():
        raise Refused("The workbench's pages are not beside this installation; run `winnow app` in its source folder.")
    if not 1 <= chosen.port <= 65535:
        raise Refused("A port is a number from 1 to 65535.")
    must_be_free(os.environ.get("STREAMLIT_SERVER_ADDRESS") or "127.0.0.1", chosen.port)
    os.chdir(PROJECT)  # where the server's settings are
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(chosen.port)])


def _docs(chosen: argparse.Namespace, console: Console) -> int:
    from core import documents

    if chosen.document:
        name = documents.named(chosen.document)
        console.result({"document": name, "text": documents.text(name)}, lambda: [documents.text(name).rstrip()])
        return 0
    rows = [{"document": name.removesuffix(".md"), "title": title} for name, title in documents.titles().items()]
    console.result(
        {"documents": rows}, lambda: table(("document", "title"), [(row["document"], row["title"]) for row in rows])
    )
    return 0


def _completion(chosen: argparse.Namespace, console: Console) -> int:
    from click.shell_completion import get_completion_class

    from core.cli.shell import tree

    kind = get_completion_class(chosen.shell)
    if kind is None:
        raise Refused(f"There is no completion for {chosen.shell}; there is for {', '.join(SHELLS)}.")
    script = kind(tree(lambda declared, parsed: 0, lambda: ""), {}, "winnow", "_WINNOW_COMPLETE").source()
    where = {
        "bash": 'eval "$(winnow completion bash)" in ~/.bashrc',
        "zsh": 'eval "$(winnow completion zsh)" in ~/.zshrc',
        "fish": "winnow completion fish > ~/.config/fish/completions/winnow.fish",
    }[chosen.shell]
    console.result({"shell": chosen.shell, "script": script, "put": where}, lambda: [script])
    console.note(f"Put it where your shell reads it: {where}")
    return 0
