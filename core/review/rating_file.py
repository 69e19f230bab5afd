"""A rating as a row of a file: {instance or instruction+input+output, context, reviewer, grade, valid, the three
questions, flags, note, at, round}. What a row does not say is left open, never guessed; without a round it is of the
desk.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.moments import seconds_of
from core.pool.guidelines import QUESTIONS
from core.pool.judgement import AGAIN, FINAL, GOLD, LONGEST_NAME, OPEN_DESK, Judgement, is_name
from core.pool.tasks import instruction_hash
from core.records import Fault, Grade, text_hash

_YES = ("true", "yes", "y", "1")
_NO = ("false", "no", "n", "0")
_AUDIT_ROUND = re.compile(r"audit:([0-9]{1,18})(:final)?")
_LATER_S = 86_400.0  # clocks differ; a day is more than any time zone


class BadRow(ValueError):
    """The row is no rating; the message says why."""


@dataclass(frozen=True, slots=True)
class RatingRow:
    """A rating that came by file. `instance_id` or `text_hash` says of what, or both; `at` is None where not said.

    `instruction_hash`: of the text's instruction, None where the file has the text's hash alone.
    `round`: "" for the desk, "again", "gold", "final", or an audit's: "audit:3", "audit:3:final". `context`: digest of
    the system prompt and the turns before the text, "" where there were none, None where the file does not say.
    """

    instance_id: int | None
    text_hash: str | None
    reviewer: str
    said: Judgement
    at: float | None
    round: str
    context: str | None = None
    instruction_hash: str | None = None

    @property
    def audit_id(self) -> int | None:
        """The audit that it was given in, None for the pool's own rounds."""
        return int(self.round.split(":")[1]) if self.round.startswith("audit:") else None


@dataclass(frozen=True, slots=True)
class RatingImport:
    """What came of a file: ratings that are new, ratings that were there before, lines that hold none, with why."""

    added: int
    known: int
    faults: tuple[Fault, ...]


def rating_row(row: Mapping[str, Any]) -> RatingRow:
    """The rating in a row of a JSON Lines or CSV file. Raises BadRow."""
    reviewer = row.get("reviewer")
    if not isinstance(reviewer, str) or not is_name(reviewer):
        raise BadRow(f"no reviewer; give a name of up to {LONGEST_NAME} characters")
    said = _judgement(row)
    if said.grade is None and said.valid is None and all(getattr(said, q.key) is None for q in QUESTIONS):
        raise BadRow("no judgement; give a grade, valid, or an answer to one of the three questions")
    instance_id, exact, instruction = _what(row)
    context = row.get("context")
    if context is not None and not isinstance(context, str):
        raise BadRow("its context is no text")
    name, at = " ".join(reviewer.split()), _moment(row.get("at"))
    return RatingRow(instance_id, exact, name, said, at, _round(row), context, instruction)


def _what(row: Mapping[str, Any]) -> tuple[int | None, str | None, str | None]:
    """The instance, and the hashes of the text and of its instruction."""
    given = next((row[name] for name in ("instance", "instance_id") if row.get(name) not in (None, "")), None)
    texts = [row.get(name) for name in ("instruction", "input", "output")]
    exact, instruction = row.get("text_hash") or None, None
    if isinstance(texts[0], str) and isinstance(texts[2], str) and isinstance(texts[1] or "", str):
        hashed = text_hash(texts[0], texts[1] or "", texts[2])
        if exact not in (None, hashed):
            raise BadRow("its text_hash is not that of its text")
        exact, instruction = hashed, instruction_hash(texts[0])
    if given is None and exact is None:
        raise BadRow("it does not say what was judged; give instance, or instruction, input and output")
    if given is None:
        return None, str(exact), instruction
    if isinstance(given, bool) or not str(given).strip().isdecimal() or len(str(given)) > 18:
        raise BadRow("instance is no number")
    return int(given), None if exact is None else str(exact), instruction


def _judgement(row: Mapping[str, Any]) -> Judgement:
    grade = row.get("grade")
    if grade in (None, ""):
        letter = None
    elif isinstance(grade, str) and grade.strip().upper() in tuple(Grade):
        letter = Grade(grade.strip().upper())
    else:
        raise BadRow("the grade is none of A, B, C and D")
    valid = _answer(row, "valid")
    if letter is not None and valid is not None and valid != letter.is_valid:
        raise BadRow(f"grade {letter} means {'valid' if letter.is_valid else 'invalid'}, and valid says otherwise")
    flags = row.get("flags") or []
    if isinstance(flags, str):
        flags = [flag.strip() for flag in flags.split(",") if flag.strip()]
    if not isinstance(flags, list) or not all(isinstance(flag, str) and flag.strip() for flag in flags):
        raise BadRow("flags is no list of names")
    note = row.get("note") or ""
    if not isinstance(note, str):
        raise BadRow("the note is no text")
    answers = {question.key: _answer(row, question.key) for question in QUESTIONS}
    return Judgement(letter, valid, **answers, flags=tuple(dict.fromkeys(flags)), note=note)


def _answer(row: Mapping[str, Any], key: str) -> bool | None:
    given = row.get(key)
    if given is None or given == "":
        return None
    said = str(given).strip().lower()
    if said in _YES or said in _NO:
        return said in _YES
    raise BadRow(f"{key} is neither true nor false")


def _moment(given: Any) -> float | None:
    if given in (None, ""):
        return None
    try:
        at = seconds_of(given)
    except (ValueError, OverflowError):
        raise BadRow("at is no time; give ISO 8601 or seconds since 1970") from None
    if not 0 <= at <= time.time() + _LATER_S:
        raise BadRow("at is not a time in the past")
    return at


def _round(row: Mapping[str, Any]) -> str:
    named, audit = str(row.get("round") or "").strip(), str(row.get("audit") or "").strip()
    if not audit and named in (OPEN_DESK, AGAIN, GOLD, FINAL):
        return named
    its = f"audit:{audit.removeprefix('audit:')}" if audit else named
    if audit and named == FINAL:
        its = f"{its}:{FINAL}"
    elif audit and named not in ("", its, f"{its}:{FINAL}"):
        raise BadRow("it names an audit and another round than that audit's")
    elif audit and named:
        its = named
    found = _AUDIT_ROUND.fullmatch(its)
    if found is None:
        raise BadRow("its round is none of again, gold, final, audit:NUMBER and audit:NUMBER:final")
    return f"audit:{int(found[1])}{found[2] or ''}"
