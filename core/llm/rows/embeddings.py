"""Embeddings: what is asked for, what came and nobody has read yet, and the vectors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.database.engine import upsert
from core.database.schema import embedding_asks as asks
from core.database.schema import embeddings, requests
from core.llm.rows.requests import RunLedger
from core.words import number_of

AT_ONCE = 1_000  # vectors that are read together


@dataclass(frozen=True, slots=True)
class VectorSource:
    """What makes vectors: a model at a server, with what stands before each text. Others' are of another space."""

    server: str
    model: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class EmbeddingAsk:
    """Texts that go together, by hash, each with the characters of it that are sent (None: all); the reply unread."""

    key: str
    texts: tuple[tuple[str, int | None], ...]
    run_id: int = 0
    reply: bytes | None = None


class EmbeddingLedger(RunLedger):
    """A run's requests for embeddings: the vectors of a reply are put by as they came, apart from its JSON."""

    def _kept(self, c: sa.Connection, request_id: int, body: Mapping[str, Any]) -> dict[str, Any]:
        came = json.dumps(body.get("data"), separators=(",", ":")).encode()
        its_key = sa.select(requests.c.key).where(requests.c.id == request_id).scalar_subquery()
        c.execute(asks.update().where(asks.c.run_id == self._run_id, asks.c.key == its_key).values(reply=came))
        return {**body, "data": f"{number_of(len(body.get('data') or ()), 'embedding')}, kept apart"}


def plan(c: sa.Connection, pool_id: int, run_id: int, source: VectorSource, ask: EmbeddingAsk) -> None:
    """Store what a request asks for, before it is sent; one that is stored already stays."""
    known = c.execute(sa.select(asks.c.id).where(asks.c.run_id == run_id, asks.c.key == ask.key)).scalar()
    if known is None:
        made = {"server": source.server, "model": source.model, "prefix": source.prefix}
        texts = [list(text) for text in ask.texts]
        c.execute(asks.insert().values(pool_id=pool_id, run_id=run_id, key=ask.key, texts=texts, **made))


def drop_unanswered(c: sa.Connection, pool_id: int) -> None:
    """Let go of what was asked for and never answered: it is asked for anew, maybe in other company."""
    c.execute(asks.delete().where(asks.c.pool_id == pool_id, asks.c.reply.is_(None)))


def came(c: sa.Connection, run_id: int, key: str) -> bytes | None:
    """The vectors of a reply as they came; None where nothing came, or all is read."""
    return c.execute(sa.select(asks.c.reply).where(asks.c.run_id == run_id, asks.c.key == key)).scalar()


def unread(c: sa.Connection, pool_id: int, source: VectorSource) -> list[tuple[int, str]]:
    """(run, key) of the pool's replies from a source that came and were not read."""
    query = sa.select(asks.c.run_id, asks.c.key).where(asks.c.pool_id == pool_id, asks.c.reply.is_not(None))
    return list(c.execute(query.where(*_made(asks, source)).order_by(asks.c.id)).tuples())


def ask(c: sa.Connection, run_id: int, key: str) -> EmbeddingAsk:
    """What was asked for under that key, with what came."""
    row = c.execute(sa.select(asks).where(asks.c.run_id == run_id, asks.c.key == key)).one()
    return EmbeddingAsk(row.key, tuple((own, sent) for own, sent in row.texts), row.run_id, row.reply)


def keep(
    c: sa.Connection, pool_id: int, source: VectorSource, ask: EmbeddingAsk, vectors: Sequence[bytes | None]
) -> None:
    """Keep the vectors of a reply (None: of no use), and let go of what came."""
    made = {"server": source.server, "model": source.model, "prefix": source.prefix}
    new = [
        {"pool_id": pool_id, "run_id": ask.run_id, **made, "text_hash": own, "read_to": sent, "vector": vector}
        for (own, sent), vector in zip(ask.texts, vectors, strict=True)
        if vector is not None
    ]
    if new:
        c.execute(upsert(c, embeddings).on_conflict_do_nothing(), new)
    c.execute(asks.delete().where(asks.c.run_id == ask.run_id, asks.c.key == ask.key))


def kept(c: sa.Connection, pool_id: int, source: VectorSource) -> dict[str, int | None]:
    """The texts of a pool that have a vector, by hash, each with the characters that it stands for (None: all)."""
    query = sa.select(embeddings.c.text_hash, embeddings.c.read_to)
    query = query.where(embeddings.c.pool_id == pool_id, *_made(embeddings, source))
    return dict(c.execute(query).tuples().all())


def length(c: sa.Connection, pool_id: int, source: VectorSource) -> int:
    """Bytes of a kept vector; 0 where there is none."""
    query = sa.select(sa.func.length(embeddings.c.vector)).where(embeddings.c.pool_id == pool_id)
    return int(c.execute(query.where(*_made(embeddings, source)).limit(1)).scalar() or 0)


def vectors(c: sa.Connection, pool_id: int, source: VectorSource, hashes: Sequence[str]) -> Iterator[bytes]:
    """The kept vectors of these texts, in their order; all of them must be kept."""
    query = sa.select(embeddings.c.text_hash, embeddings.c.vector)
    query = query.where(embeddings.c.pool_id == pool_id, *_made(embeddings, source))
    for at in range(0, len(hashes), AT_ONCE):
        these = hashes[at : at + AT_ONCE]
        found = dict(c.execute(query.where(embeddings.c.text_hash.in_(these))).tuples().all())
        yield from (found[one] for one in these)


def forget(c: sa.Connection, pool_id: int, source: VectorSource) -> None:
    """Delete the pool's vectors of a source, and what came and was not read."""
    for table in (asks, embeddings):
        c.execute(table.delete().where(table.c.pool_id == pool_id, *_made(table, source)))


def _made(table: sa.Table, source: VectorSource) -> tuple[sa.ColumnElement[bool], ...]:
    return (table.c.server == source.server, table.c.model == source.model, table.c.prefix == source.prefix)
