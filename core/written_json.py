"""JSON that somebody wrote, or a program of theirs: read, or said in a clause why it cannot be."""

from __future__ import annotations

import json
from typing import Any


class NotJson(ValueError):
    """What was given is no JSON that is read; the message is a clause that says why."""


def read(text: str) -> Any:
    """What a text says. Raises NotJson, also for numbers of thousands of digits and for lists in lists without end."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = f" in line {error.lineno}" if "\n" in text else ""
        raise NotJson(f"{error.msg}{line}, column {error.colno}") from error
    except ValueError as error:
        raise NotJson("a number with thousands of digits") from error
    except RecursionError as error:
        raise NotJson("nested too deeply") from error
