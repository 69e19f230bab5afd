"""Full-text search over instructions, inputs and outputs.

SQLite keeps an index of words (FTS5) over the tables' own text. PostgreSQL looks with a regular expression: at the rows
that its index of words names, where they are few, or at every row: where a word is common or begins with another letter
than a to z, and where a text is looked for as written. What a search means is the same on both and is said here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database.bulk import numbers
from core.database.parts import has_word, one_of
from core.database.schema import instances, tasks
from core.records import Refused

FIELDS = {"instruction": tasks.c.instruction, "input": instances.c.input, "output": instances.c.output}
_TERM = re.compile(r'(-?)(?:["“”„]([^"“”„]*)["“”„]?|(\S+))')  # word processors curl quotes
# Latin, Greek and Cyrillic words are looked up in the index. Other scripts put no spaces between words, or join them.
_WORD = re.compile("[0-9A-Za-z\u00c0-\u024f\u0370-\u037e\u0384-\u0527\u1e00-\u1fff]+")

_INDEXED = re.compile("[0-9A-Za-z]{1,60}")  # what PostgreSQL's index has of a word's beginning
MANY = 20_000  # rows with a word: from there on to read every row is no slower, and a page finds its first at once

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


def conditions(
    c: sa.Connection, wanted: str, within: str = "", of_few: bool = False
) -> Iterator[sa.ColumnElement[bool]]:
    """What must hold of `tasks` joined with `instances`: each term is in one of the three texts, or in that `within`.

    `of_few`: it is asked of a few rows that are found otherwise. Refused for a field that there is not.
    """
    if not of_few and c.dialect.name != "sqlite":
        its_words = (term.text for term in terms(wanted) if term.is_word and not term.is_unwanted)
        few = next((ids for word in its_words if (ids := _few(c, word, within)) is not None), None)
        if few is not None:
            yield one_of(c, instances.c.id, few)
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
    newest = _newest_indexed(words)
    texts = [sa.type_coerce(table.c[name], sa.Text) for name in names]
    new = sa.select(table.c.id, *texts).where(table.c.id > newest).order_by(table.c.id)
    return index.insert().from_select(["rowid", *names], new)


def _newest_indexed(words: str) -> sa.ScalarSelect[int]:
    indexed = sa.table(f"{words}_docsize", sa.column("id", sa.Integer))  # FTS5's own list of the rows that it holds
    return sa.select(sa.func.coalesce(sa.func.max(indexed.c.id), 0)).scalar_subquery()


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
        return _begins(fields, word)
    found: list[sa.ColumnElement[bool]] = []
    if "instruction" in fields:
        found.append(tasks.c.id.in_(_rows("task_words", f'"{word}"*')))
        found += _waiting(c, "task_words", tasks, [tasks.c.instruction], word)
    of_instance = [name for name in fields if name != "instruction"]
    if of_instance:
        found.append(instances.c.id.in_(_rows("instance_words", f'{{{" ".join(of_instance)}}} : "{word}"*')))
        found += _waiting(c, "instance_words", instances, [fields[name] for name in of_instance], word)
    return sa.or_(*found)


def _waiting(
    c: sa.Connection, words: str, table: sa.Table, texts: Sequence[sa.Column[str]], word: str
) -> Iterator[sa.ColumnElement[bool]]:
    """The same of what is not in the index yet: an import's newest rows, or what a killed one left."""
    newest, indexed = c.execute(sa.select(sa.func.max(table.c.id), _newest_indexed(words))).one()
    if newest is not None and newest > indexed:
        yield (table.c.id > indexed) & sa.or_(*(has_word(text, word) for text in texts))


def _rows(words: str, asked: str) -> sa.Select[tuple[int]]:
    index = sa.table(words, sa.column("rowid", sa.Integer))
    return sa.select(index.c.rowid).where(sa.literal_column(words, sa.Text).op("MATCH")(asked))


def _begins(columns: dict[str, sa.Column[str]], word: str) -> sa.ColumnElement[bool]:
    """Whether a word begins so; what parts words is what parts them in SQLite's index, the line below too."""
    return sa.or_(*(text.regexp_match(f"(^|[^[:alnum:]]){word}", flags="i") for text in columns.values()))


def _few(c: sa.Connection, word: str, within: str) -> list[int] | None:
    """The instances in whose texts a word is, by PostgreSQL's index; None where they are many, or it cannot say."""
    fields, letters = _looked_at(within), _INDEXED.match(word)
    if letters is None:
        return None
    asked = sa.literal(f"'{letters[0].lower()}':* | '-'", sa.Text).op("::")(sa.literal_column("tsquery"))
    found: list[sa.Select[tuple[int]]] = []
    if "instruction" in fields:
        query = sa.select(instances.c.id).join(tasks, tasks.c.id == instances.c.task_id)
        found.append(query.where(_TASK_WORDS.op("@@")(asked), _begins({"": tasks.c.instruction}, word)))
    of_instance = {name: column for name, column in fields.items() if name != "instruction"}
    if of_instance:
        found.append(sa.select(instances.c.id).where(_INSTANCE_WORDS.op("@@")(asked), _begins(of_instance, word)))
    # By the index or not at all: a planner that expects many would make the words of every text anew.
    before = c.execute(_PLANNED).one()
    c.execute(_planned("off", "off"))
    ids = {number for query in found for number in numbers(c, query.limit(MANY + 1))}
    c.execute(_planned(*before))
    return sorted(ids) if len(ids) <= MANY else None


def _planned(*said: str) -> sa.Select[Any]:
    """Have the server's planner take or leave its ways to rows until the transaction ends."""
    return sa.select(*(sa.func.set_config(way, one, True) for way, one in zip(_WAYS, said, strict=True)))


_WAYS = ("enable_seqscan", "enable_indexscan")  # what is left are bitmaps
_PLANNED = sa.select(*(sa.func.current_setting(way) for way in _WAYS))


def _words(text: str) -> sa.ColumnElement[str]:
    """The words of a text as migration 0028 has indexed them, to the letter: letters a to z and digits, whatever stands
    around them, so that each word that begins with some is found by these; "-" where a text has more than fit. The
    server's own parser is not asked: it parts 12e5x in two."""
    long = f"length({text}) > 2000 AND (length({text}) > 200000 OR ({text}) ~ '[0-9A-Za-z]{{255}}')"
    words = f"array_remove(regexp_split_to_array(lower(({text}) COLLATE \"C\"), '[^0-9a-z]+'), '')"
    return sa.literal_column(f"(CASE WHEN {long} THEN '-'::tsvector ELSE array_to_tsvector({words}) END)", sa.Text)


_TASK_WORDS = _words("tasks.instruction")
_INSTANCE_WORDS = _words("instances.input || ' ' || instances.output")
