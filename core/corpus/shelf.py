"""The texts of a pool, for whoever looks at them or sets some aside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core.corpus.rows import corpus
from core.corpus.texts_kept import CorpusText, Miss, TextState
from core.database import Database
from core.pool.journal import Noted, note


def counts(database: Database, pool_id: int) -> Mapping[TextState, int]:
    """Texts by state; every state is named."""
    with database.read() as c:
        return corpus.counts(c, pool_id)


def page(
    database: Database,
    pool_id: int,
    *,
    states: Iterable[TextState] = TextState,
    search: str = "",
    after_id: int = 0,
    limit: int = 50,
) -> list[CorpusText]:
    """Texts in the order of the corpus, read by key; `search` is a part of the text or of its file's name, any case."""
    with database.read() as c:
        return corpus.page(c, pool_id, states=states, search=search, after_id=after_id, limit=limit)


def waiting(database: Database, pool_id: int, limit: int) -> list[CorpusText]:
    """The texts that a run would be given next."""
    return page(database, pool_id, states=[TextState.WAITING], limit=limit)


def text(database: Database, text_id: int) -> CorpusText:
    """The text of that id; NotFound where there is none."""
    with database.read() as c:
        return corpus.get(c, text_id)


def misses(database: Database, run_id: int) -> list[Miss]:
    """A selection's single-rule misses, in the order of the rules."""
    with database.read() as c:
        return corpus.misses(c, run_id)


def set_aside(database: Database, pool_id: int, ids: Sequence[int], off: bool = True) -> int:
    """Leave out texts that wait or failed, or let such texts wait again; return how many changed."""
    with database.write() as c:
        n = corpus.set_aside(c, pool_id, ids, off)
        if n:
            note(c, pool_id, Noted.LEFT_OUT if off else Noted.LET_WAIT, detail=f"{n:,}")
        return n
