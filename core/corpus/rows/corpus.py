"""The pool's corpus: texts that selections kept, and how far each is on its way to a task."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.corpus.texts_kept import CorpusText, Miss, TextState, text_of
from core.database.engine import upsert
from core.database.parts import in_parts
from core.database.schema import corpus_misses, corpus_texts, runs
from core.pool import missing
from core.records import RunState


def load(c: sa.Connection, pool_id: int, run_id: int, entries: Sequence[Mapping[str, Any]]) -> None:
    """Take in the selected texts (source, line, hash, text, perhaps url) that the pool does not have yet."""
    now = time.time()
    rows = [
        {
            "pool_id": pool_id,
            "run_id": run_id,
            "text_hash": entry["hash"],
            "source": entry["source"],
            "line": entry["line"],
            "url": entry.get("url"),
            "state": TextState.WAITING.value,
            "created_at": now,
            "text": entry["text"],
        }
        for entry in entries
    ]
    if rows:
        c.execute(upsert(c, corpus_texts).on_conflict_do_nothing(), rows)


def brought(c: sa.Connection, run_id: int) -> int:
    """How many texts a selection brought that the pool did not have."""
    query = sa.select(sa.func.count()).select_from(corpus_texts).where(corpus_texts.c.run_id == run_id)
    return int(c.execute(query).scalar_one())


def keep_misses(c: sa.Connection, run_id: int, entries: Iterable[Mapping[str, Any]]) -> None:
    """Keep a selection's single-rule misses in place of those kept for it before."""
    c.execute(corpus_misses.delete().where(corpus_misses.c.run_id == run_id))
    names = ("rule", "source", "line", "text")
    rows = [{"run_id": run_id, **{name: entry[name] for name in names}} for entry in entries]
    if rows:
        c.execute(corpus_misses.insert(), rows)


def misses(c: sa.Connection, run_id: int) -> list[Miss]:
    """A selection's single-rule misses, in the order of the rules."""
    query = sa.select(corpus_misses).where(corpus_misses.c.run_id == run_id).order_by(corpus_misses.c.id)
    return [Miss(row.rule, row.source, row.line, row.text) for row in c.execute(query)]


def counts(c: sa.Connection, pool_id: int) -> dict[TextState, int]:
    """Texts by state; every state is named."""
    query = sa.select(corpus_texts.c.state, sa.func.count()).where(corpus_texts.c.pool_id == pool_id)
    found: dict[str, int] = dict(c.execute(query.group_by(corpus_texts.c.state)).tuples().all())
    return {state: found.get(state.value, 0) for state in TextState}


def page(
    c: sa.Connection,
    pool_id: int,
    *,
    states: Iterable[TextState] = TextState,
    search: str = "",
    after_id: int = 0,
    limit: int = 50,
) -> list[CorpusText]:
    """Texts in the order of the corpus, read by key; `search` is a part of the text or of its file's name, any case."""
    query = sa.select(corpus_texts).where(
        corpus_texts.c.pool_id == pool_id,
        corpus_texts.c.state.in_([state.value for state in states]),
        corpus_texts.c.id > after_id,
    )
    if search:
        found = (column.icontains(search, autoescape=True) for column in (corpus_texts.c.text, corpus_texts.c.source))
        query = query.where(sa.or_(*found))
    return [text_of(row) for row in c.execute(query.order_by(corpus_texts.c.id).limit(limit))]


def get(c: sa.Connection, text_id: int) -> CorpusText:
    row = c.execute(sa.select(corpus_texts).where(corpus_texts.c.id == text_id)).first()
    if row is None:
        raise missing.no_such(c, missing.TEXT, text_id)
    return text_of(row)


def take(c: sa.Connection, pool_id: int, run_id: int, n: int) -> list[int]:
    """Give a run up to `n` texts to ask about, in the order of the corpus; return their ids.

    Those that wait come first, then those that a run left behind when it was stopped or failed.
    """
    last = sa.case((corpus_texts.c.state == TextState.WAITING.value, 0), else_=1)
    query = sa.select(corpus_texts.c.id).where(_free(pool_id, run_id)).order_by(last, corpus_texts.c.id).limit(n)
    ids = list(c.execute(query).scalars())
    _set(c, ids, state=TextState.TAKEN.value, taken_by=run_id, note="")
    return ids


def held(c: sa.Connection, run_id: int, ids: Sequence[int]) -> list[CorpusText]:
    """Of these texts those that the run still holds, in the order given: another may have gone on with them."""
    found: dict[int, CorpusText] = {}
    for piece in in_parts(ids):
        query = sa.select(corpus_texts).where(
            corpus_texts.c.id.in_(piece),
            corpus_texts.c.taken_by == run_id,
            corpus_texts.c.state == TextState.TAKEN.value,
        )
        found |= {row.id: text_of(row) for row in c.execute(query)}
    return [found[text_id] for text_id in ids if text_id in found]


def named(c: sa.Connection, ids: Sequence[int]) -> list[CorpusText]:
    """These texts in the order given, whoever holds them."""
    found: dict[int, CorpusText] = {}
    for piece in in_parts(ids):
        query = sa.select(corpus_texts).where(corpus_texts.c.id.in_(piece))
        found |= {row.id: text_of(row) for row in c.execute(query)}
    return [found[text_id] for text_id in ids if text_id in found]


def replace(c: sa.Connection, pool_id: int, run_id: int, texts: Sequence[CorpusText]) -> None:
    """Let these texts wait in this order, and no others: each that nobody has asked about goes to the corpus' end."""
    waits = (corpus_texts.c.pool_id == pool_id) & (corpus_texts.c.state == TextState.WAITING.value)
    c.execute(corpus_texts.update().where(waits).values(state=TextState.OFF.value))
    for piece in in_parts([one.text_hash for one in texts]):
        same = (corpus_texts.c.pool_id == pool_id) & corpus_texts.c.text_hash.in_(piece)
        c.execute(corpus_texts.delete().where(same, corpus_texts.c.state != TextState.ASKED.value))
    entries = [
        {"source": one.source, "line": one.line, "hash": one.text_hash, "url": one.url, "text": one.text}
        for one in texts
    ]
    load(c, pool_id, run_id, entries)


def settle(c: sa.Connection, text_ids: Sequence[int], state: TextState, note: str = "") -> None:
    """Say what became of texts."""
    _set(c, text_ids, state=state.value, note=note)


def set_aside(c: sa.Connection, pool_id: int, ids: Sequence[int], off: bool = True) -> int:
    """Leave out texts that wait or failed, or let such texts wait again; return how many changed."""
    froms = (TextState.WAITING, TextState.FAILED) if off else (TextState.OFF, TextState.FAILED)
    to = TextState.OFF if off else TextState.WAITING
    changed = 0
    for piece in in_parts(ids):
        where = (corpus_texts.c.pool_id == pool_id) & corpus_texts.c.id.in_(piece)
        where &= corpus_texts.c.state.in_([state.value for state in froms])
        changed += c.execute(corpus_texts.update().where(where).values(state=to.value, note="")).rowcount
    return changed


def _free(pool_id: int, run_id: int | None) -> sa.ColumnElement[bool]:
    ended = sa.select(runs.c.id).where(runs.c.state.in_([RunState.STOPPED.value, RunState.FAILED.value]))
    if run_id is not None:
        ended = ended.where(runs.c.id != run_id)
    left_behind = (corpus_texts.c.state == TextState.TAKEN.value) & corpus_texts.c.taken_by.in_(ended)
    return (corpus_texts.c.pool_id == pool_id) & ((corpus_texts.c.state == TextState.WAITING.value) | left_behind)


def _set(c: sa.Connection, ids: Sequence[int], **values: Any) -> None:
    for piece in in_parts(ids):
        c.execute(corpus_texts.update().where(corpus_texts.c.id.in_(piece)).values(**values))
