"""A server's list of models, as far as it tells: names, how much each can hold, and when one is shut down."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.llm.diagnosis import Asked, diagnose, unreadable
from core.llm.reading import read_json

MOST_MODELS, LONGEST_NAME = 10_000, 300
CUT = f"Of its list no more than {MOST_MODELS:,} models are read; name one that is missing here by hand."
_CONTEXT = ("max_model_len", "context_length", "context_window", "max_context_length", "n_ctx", "n_ctx_train")


@dataclass(frozen=True, slots=True)
class Listed:
    """One model of a server's list: tokens that it can hold and the day (YYYY-MM-DD) it is shut down, if it says so."""

    name: str
    context: int | None = None
    shutdown: str = ""


def read_models(asked: Asked, raw: str) -> list[Listed]:
    """Return the models in the text of a server's model list, by name: `MOST_MODELS` at the most, and then some may be
    missing. Raises BadReply where there is no list."""
    try:
        body = read_json(raw)
    except (ValueError, RecursionError) as error:
        raise unreadable(asked, raw, "it isn't JSON") from error
    if isinstance(body, dict) and body.get("error"):
        raise diagnose(asked, 400, body, {})
    listed = body.get("data") if isinstance(body, dict) else body
    if listed is None:  # Ollama with no model pulled yet
        listed = []
    if not isinstance(listed, list):
        raise unreadable(asked, raw, "it has no list of models")
    rows = [row for row in listed[:MOST_MODELS] if isinstance(row, Mapping) and row.get("id")]
    named = {name: _listed(name, row) for row in rows if (name := _name(row["id"]))}
    return [named[name] for name in sorted(named)]


def _listed(name: str, row: Mapping[str, Any]) -> Listed:
    meta = row.get("meta")
    places = [row, meta] if isinstance(meta, Mapping) else [row]
    sizes = [place[field] for place in places for field in _CONTEXT if isinstance(place.get(field), int)]
    context = next((size for size in sizes if 0 < size < 2**31), None)
    dates = (row.get(field) for field in ("shutdown_date", "deprecation_date", "sunset_date", "expiration_date"))
    return Listed(name, context, next(filter(None, map(_day, dates)), ""))


def _name(value: Any) -> str:
    """A name as it can be shown and stored: without control characters and halves of surrogate pairs."""
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]", "", str(value)).strip()
    return text if len(text) <= LONGEST_NAME else ""


def _day(value: Any) -> str:
    if isinstance(value, str):
        found = re.match(r"\d{4}-\d\d-\d\d", value)
        return found[0] if found else ""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and 0 < value < 1e11:
        return datetime.fromtimestamp(value, UTC).date().isoformat()
    return ""
