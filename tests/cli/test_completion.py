"""Completion: what shells are sent, and, where zsh and fish are installed, what the very shells make of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import get_completion_class

from core.__main__ import main
from core.cli import shell
from core.settings import PROJECT

LINES = [
    ("winnow que", "queue"),
    ("winnow run st", "start"),
    ("winnow run start demo --bud", "--budget-usd"),
    ("winnow run start demo --endpoint c", "chat"),
    ("winnow pool show dem", "demo"),
]


@pytest.mark.parametrize("kind", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", kind]) == 0
    assert "_WINNOW_COMPLETE" in capsys.readouterr().out


def test_completion_knows_nouns_verbs_options_choices_and_pools() -> None:
    found = get_completion_class("bash")
    assert found is not None and main(["-q", "pool", "make", "demo"]) == 0
    complete = found(shell.tree(lambda *_: 0, str), {}, "winnow", "_WINNOW_COMPLETE")
    for line, offered in LINES:
        words = line.split()
        assert offered in [item.value for item in complete.get_completions(words[1:-1], words[-1])], line


@pytest.mark.parametrize("kind", ["zsh", "fish"])
def test_what_a_shell_is_sent_has_the_form_that_its_script_takes_apart(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = get_completion_class(kind)
    assert found is not None and main(["-q", "pool", "make", "demo"]) == 0
    for line, offered in LINES:
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split()) - 1) if kind == "zsh" else line.split()[-1])
        told = found(shell.tree(lambda *_: 0, str), {}, "winnow", "_WINNOW_COMPLETE").complete()
        if kind == "zsh":  # three lines each: the kind, the word, what it is
            lines = told.split("\n")
            assert len(lines) % 3 == 0 and set(lines[::3]) == {"plain"} and offered in lines[1::3], line
            assert all(lines[2::3]), line
        else:  # a line each: the kind, a comma, the word, a tab, what it is
            words = [one.partition(",")[2].partition("\t")[0] for one in told.splitlines()]
            assert offered in words and all(one.startswith("plain,") for one in told.splitlines()), line


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes(tmp_path: Path) -> None:
    assert main(["-q", "pool", "make", "demo"]) == 0
    script = _script("fish", tmp_path)
    asked = "\n".join(f"complete -C {line!r}; echo ----" for line, _ in LINES)
    answers = _heard(["fish", "--no-config", "-c", f"source {script}\n{asked}"], tmp_path).split("----\n")
    for (line, offered), answer in zip(LINES, answers, strict=False):
        assert offered in [one.partition("\t")[0] for one in answer.splitlines()], line


ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i +o zle
zpty -w shell "PS1=; autoload -Uz compinit; compinit -D -u; source {script}"
zpty -w shell "compadd () {{ print -rl -- offered \\${{(P)@[-1]}} }}; _describe () {{ print -rl -- \\${{(P)@[3]}} }}"
zpty -w shell "words=({words}); CURRENT=\\$#words; _winnow_completion; print -r -- the''end"
zpty -r shell heard '*theend*'
print -r -- $heard
"""


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_completes(tmp_path: Path) -> None:
    assert main(["-q", "pool", "make", "demo"]) == 0
    script = _script("zsh", tmp_path)
    subprocess.run(["zsh", "-n", script], check=True)
    for line, offered in (LINES[0], LINES[4]):
        heard = _heard(["zsh", "-f", "-c", ZSH.format(script=script, words=line)], tmp_path)
        assert offered in [one.strip().partition(":")[0] for one in heard.splitlines()], line


def _script(kind: str, folder: Path) -> Path:
    """The completion script as the verb prints it, and a command `winnow` for it to ask."""
    command = folder / "winnow"
    command.write_text(f'#!/bin/sh\ncd {PROJECT} && exec {sys.executable} -m core "$@"\n', "utf-8")
    command.chmod(0o755)
    script = folder / f"completion.{kind}"
    script.write_text(_heard([str(command), "completion", kind], folder), "utf-8")
    return script


def _heard(command: list[str], folder: Path) -> str:
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "TERM": "dumb"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    return done.stdout
