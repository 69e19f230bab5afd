"""Full-text search over instructions, inputs and outputs.

SQLite keeps an index of words (FTS5) over the tables' own text; PostgreSQL looks with a regular expression. What a
search means is the same on both and is said here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from core.database.schema import instances, tasks
from core.records import Refused

FIELDS = {"instruction": tasks.c.instruction, "input": instances.c.input, "output": instances.c.output}
_TERM = re.compile(r'(-?)(?:["“”„]([^"“”„]*)["“”„]?|(\S+))')  # word processors curl quotes
# Latin, Greek and Cyrillic words are looked up in the index. Other scripts put no spaces between words, or join them.
_WORD = re.compile("[0-9A-Za-z\u00c0-\u024f\u0370-\u037e\u0384-\u0527\u1e00-\u1fff]+")


HELP = 'All of these words, each from its beginning. "In quotes": exactly so. -word: without it.'


@dataclass(frozen=True, slots=True)
class Term:
    """One thing looked for: a word, found from its beginning, or a text exactly as written; in any case of letters."""

    text: str
    is_word: bool
    is_unwanted: bool = False


def terms(wanted: str) -> list[Term]:
    """What a search asks for: every word, "what stands in quotes" as written, and -what must not be there.

    A word with signs in it, such as C++ or e-mail, and words of scripts other than Latin, Greek and
    Cyrillic, are looked for as written.
    """
    found = []
    for minus, quoted, bare in _TERM.findall(wanted):
        text = quoted.strip() if quoted else bare
        if text:
            is_word = bare.isalnum() and _WORD.fullmatch(bare) is not None
            found.append(Term(text, is_word, bool(minus)))
    return found


def conditions(c: sa.Connection, wanted: str, within: str = "") -> Iterator[sa.ColumnElement[bool]]:
    """What must hold of `tasks` joined with `instances`: each term is in one of the three texts, or in that `within`.

    Refused for a field that there is not.
    """
    for term in terms(wanted):
        found = as_written(term.text, within) if not term.is_word else _word(c, term.text, within)
        yield sa.not_(found) if term.is_unwanted else found


def as_written(text: str, within: str = "") -> sa.ColumnElement[bool]:
    """Whether one of the texts, or that `within`, has these very characters, in any case of letters."""
    return sa.or_(*(column.icontains(text, autoescape=True) for column in _looked_at(within).values()))


def index_new(c: sa.Connection) -> None:
    """Take up what was inserted since; changed texts are taken up by triggers of the database."""
    if c.dialect.name == "sqlite":
        for take_up in _TAKE_UP:
            c.execute(take_up)


def _takes_up(words: str, table: sa.Table, names: list[str]) -> sa.Insert:
    index = sa.table(words, sa.column("rowid"), *map(sa.column, names))
    indexed = sa.table(f"{words}_docsize", sa.column("id"))  # FTS5's own list of the rows that it holds
    newest = sa.select(sa.func.coalesce(sa.func.max(indexed.c.id), 0)).scalar_subquery()
    texts = [sa.type_coerce(table.c[name], sa.Text) for name in names]
    new = sa.select(table.c.id, *texts).where(table.c.id > newest).order_by(table.c.id)
    return index.insert().from_select(["rowid", *names], new)


_TAKE_UP = (
    _takes_up("task_words", tasks, ["instruction"]),
    _takes_up("instance_words", instances, ["input", "output"]),
)


def _looked_at(within: str) -> dict[str, sa.Column[str]]:
    if within and within not in FIELDS:
        raise Refused(f'There is no field "{within}"; choose instruction, input or output.')
    return {within: FIELDS[within]} if within else FIELDS


def _word(c: sa.Connection, word: str, within: str) -> sa.ColumnElement[bool]:
    fields = _looked_at(within)
    if c.dialect.name != "sqlite":
        return sa.or_(*(column.regexp_match(rf"\m{word}", flags="i") for column in fields.values()))
    found: list[sa.ColumnElement[bool]] = []
    if "instruction" in fields:
        found.append(tasks.c.id.in_(_rows("task_words", f'"{word}"*')))
    of_instance = [name for name in fields if name != "instruction"]
    if of_instance:
        found.append(instances.c.id.in_(_rows("instance_words", f'{{{" ".join(of_instance)}}} : "{word}"*')))
    return sa.or_(*found)


def _rows(words: str, asked: str) -> sa.Select[tuple[int]]:
    index = sa.table(words, sa.column("rowid", sa.Integer))
    return sa.select(index.c.rowid).where(sa.literal_column(words, sa.Text).op("MATCH")(asked))
