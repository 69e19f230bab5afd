"""What other packages' errors say is told by one owner: a short clause without anything that is nobody's business."""

from __future__ import annotations

import ast
import errno
import time
from collections.abc import Iterator

import pytest

from core import foreign
from tests.test_architecture import modules

TOGETHER = {"ABOUT_ONE_REQUEST"}  # a tuple of errors of ours


def name_of(kind: ast.expr) -> str:
    return kind.attr if isinstance(kind, ast.Attribute) else kind.id if isinstance(kind, ast.Name) else "*"


def kinds(handler: ast.ExceptHandler) -> set[str]:
    caught = handler.type
    return {name_of(one) for one in (caught.elts if isinstance(caught, ast.Tuple) else [caught] if caught else [])}


def said_as_they_are(handler: ast.ExceptHandler) -> Iterator[int]:
    """The lines in which what was caught becomes a text by itself."""
    is_it = lambda node: isinstance(node, ast.Name) and node.id == handler.name  # noqa: E731
    for node in ast.walk(handler):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("str", "repr", "format"):
            found = any(map(is_it, node.args))
        elif isinstance(node, ast.FormattedValue):
            found = is_it(node.value)
        elif isinstance(node, ast.BoolOp):
            found = any(map(is_it, node.values))
        else:
            found = isinstance(node, ast.Attribute) and is_it(node.value) and node.attr == "args"
        if found:
            yield node.lineno


def test_no_room_says_a_foreign_error_itself() -> None:
    """It may hold a request's headers, an address with a password, or what moves a terminal: `foreign.told` knows."""
    trees = [each for folder in ("core", "pages", "app.py") for each in modules(folder)]
    ours = TOGETHER | {one.name for _, tree in trees for one in ast.walk(tree) if isinstance(one, ast.ClassDef)}
    looked_for = {("core/database/engine.py", "OverflowError"), ("core/database/encryption.py", "InterfaceError")}
    found = {
        f"{path}:{line}"
        for path, tree in trees
        for handler in ast.walk(tree)
        if isinstance(handler, ast.ExceptHandler) and handler.name and kinds(handler) - ours
        if not any((path, kind) in looked_for for kind in kinds(handler))
        for line in said_as_they_are(handler)
    }
    assert found == set(), "say foreign.told(error)"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("Illegal header value b'Bearer abc def\\n'"), "Illegal header value b'Bearer [key] def\\n'"),
        (ValueError("authorization: Basic dXNlcjpwYXNz; more"), "authorization: Basic [key]; more"),
        (ValueError("X-Api-Key=hunter2hunter2 was refused"), "X-Api-Key=[key] was refused"),
        (OSError("no way to https://ann:hunter2@host:1/v1?api_key=5#x"), "no way to https://host:1/v1"),
        (OSError("postgresql+pg8000://ann:hunter2@host/x is gone"), "postgresql+pg8000://host/x is gone"),
        (RuntimeError("the model sk-abcdef0123456789 is out"), "the model [key] is out"),
        (RuntimeError("token hidden-in-the-environment"), "token [key]"),
        (RuntimeError("\x1b[2J\x1b]0;me\x07one\ntwo\u202ethree\ud83d"), "[2J ]0;me one two three"),
        (RuntimeError("x" * 100_000), "x" * 299 + "…"),
        (RuntimeError(), "RuntimeError"),
        (KeyError("\n"), "'\\n'"),
        (OSError(errno.ENOSPC, "No space left on device", "/a/secret/place"), "No space left on device"),
        (UnicodeDecodeError("utf-8", b"ab\xff", 2, 3, "invalid start byte"), "byte 3 is no UTF-8"),
        (UnicodeEncodeError("utf-8", "a long text of somebody's \ud800", 26, 27, "no"), "a text holds half of a sign"),
        (MemoryError(), "there was not enough memory"),
    ],
)
def test_a_foreign_error_is_a_clause(error: Exception, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TOKEN", "hidden-in-the-environment")
    assert foreign.told(error) == told


def test_what_is_no_secret_stays() -> None:
    said = "Cannot read basic types: the cookie is in column 4, see https://example.org/help and the api key's page"
    assert foreign.told(ValueError(said)) == said


def test_a_complaint_of_any_length_is_read_in_no_time() -> None:
    """Patterns that look at a sign again and again took 25 s of 100,000 letters."""
    for piece in ("x", "sk-", "a://", "a://b?", "api-key=", "bearer ", "://@", "authorization: "):
        began = time.process_time()
        assert len(foreign.told(RuntimeError(piece * (1_000_000 // len(piece))))) <= 300
        foreign.scrub(piece * (100_000 // len(piece)))
        assert time.process_time() - began < 2
