"""Which words are base-form verbs and which are -ing verbs: our own list, or one that the user brings."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from core import written_json
from core.bounded_file import whole
from core.foreign import told
from core.records import Refused

PREFIXES = ("re", "un", "out", "over", "under", "mis", "dis", "pre", "de", "fore", "inter", "counter", "co", "sub")

LARGEST = 32 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Verbs:
    """The words that count as a verb at the start of a paragraph."""

    base: frozenset[str]
    ing: frozenset[str]


@cache
def own_verbs() -> Verbs:
    """Return the verbs of the lexicon that lemminflect ships, with their -ing forms (read once a process).

    To its 6,700 come the other spellings of -ise and -ize, and what a prefix makes of a verb ("rehydrate", "unplug"),
    except where the lexicon knows that word as a noun, an adjective or an adverb ("outcome"). It is not the released
    program's list, which is not ours to ship: whoever must have its every decision brings that list (--verbs).

    The lexicon's files are read directly: importing lemminflect also loads spaCy, two seconds that no worker needs.
    """
    spec = find_spec("lemminflect")
    if spec is None or not spec.submodule_search_locations:
        raise Refused(
            "The verb list needs the package lemminflect: install requirements.txt, or bring a list (--verbs)."
        )
    resources = Path(spec.submodule_search_locations[0]) / "resources"
    # Each row: lemma, part of speech, past, participle, -ing form, third person; alternatives stand apart by "/".
    pairs = {("be", "being")}
    for row in _rows(resources / "infl_lu.csv.gz"):
        if row[1] == "verb":
            pairs |= {(row[0], form) for form in row[4].split("/") if form}
    # Each row: form, part of speech, its lemmas.
    known = {row[0] for row in _rows(resources / "lemma_lu.csv.gz")} | {base for base, _ in pairs}
    pairs |= {(_respelt(base), _respelt(form)) for base, form in pairs}
    plain = [(base, form) for base, form in pairs if len(base) > 2 and base.isalpha() and base.islower()]
    for prefix in PREFIXES:
        # A word of the lexicon is what the lexicon says; only what it does not know is put together.
        pairs |= {(prefix + base, prefix + form) for base, form in plain if not {prefix + base, prefix + form} & known}
    return Verbs(frozenset(base for base, _ in pairs), frozenset(form for _, form in pairs))


def _rows(lexicon: Path) -> Iterable[list[str]]:
    with gzip.open(lexicon, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.reader(lines)


def _respelt(word: str) -> str:
    """The word with -ize where it has -ise, and -ise where it has -ize; itself where it has neither."""
    british = re.sub(r"([iy])z(e|ing)$", r"\1s\2", word)
    return british if british != word else re.sub(r"(?<=[a-z]{3}i)s(e|ing)$", r"z\1", word)


def read_verbs(path: Path) -> Verbs:
    """Return the verbs of a user's list of [base, ..., -ing] rows: first word base form, last word -ing form.

    JSON (one array of arrays of words) or text (one row a line, words apart by white space or commas). `Refused` says
    which row cannot be read.
    """
    try:
        text = whole(path, LARGEST, "a list of verbs").decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"The verb list {path} cannot be read as UTF-8 text: {told(error)}.") from error
    if not text.lstrip().startswith("["):
        return _gather(_checked(path, [line.replace(",", " ").split() for line in text.splitlines() if line.strip()]))
    try:
        rows = written_json.read(text)
    except written_json.NotJson as error:
        raise Refused(f"The verb list {path} is not JSON: {error}.") from error
    return _gather(_checked(path, rows))


def verbs_to_json(verbs: Verbs) -> dict[str, list[str]]:
    """Return the two word lists, sorted, so that equal lists give equal bytes."""
    return {"base": sorted(verbs.base), "ing": sorted(verbs.ing)}


def verbs_from_json(lists: dict[str, list[str]]) -> Verbs:
    """Return the verbs that `verbs_to_json` wrote."""
    return Verbs(frozenset(lists["base"]), frozenset(lists["ing"]))


def _checked(path: Path, rows: Sequence[object]) -> Iterable[list[str]]:
    if not rows:
        raise Refused(f"The verb list {path} is empty; it needs rows such as [“run”, “ran”, “running”].")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list) or not row or not all(isinstance(word, str) for word in row):
            raise Refused(
                f"Row {number} of the verb list {path} is not a list of words such as [“run”, “ran”, “running”]."
            )
        yield row


def _gather(rows: Iterable[list[str]]) -> Verbs:
    pairs = [(row[0], row[-1]) for row in rows]
    return Verbs(frozenset(base for base, _ in pairs), frozenset(ing for _, ing in pairs))
