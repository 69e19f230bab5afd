"""Texts in the hands of a run: given, still held, given back. Each is part of a transaction of that run."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from core.corpus.rows import corpus
from core.corpus.texts_kept import CorpusText, TextState


def any_texts(c: sa.Connection, pool_id: int) -> bool:
    """Whether the pool has texts at all, whatever became of them."""
    return any(corpus.counts(c, pool_id).values())


def take(c: sa.Connection, pool_id: int, run_id: int, n: int) -> list[int]:
    """Give a run up to `n` texts to ask about, in the order of the corpus; return their ids.

    Those that wait come first, then those that a run left behind when it was stopped or failed.
    """
    return corpus.take(c, pool_id, run_id, n)


def held(c: sa.Connection, run_id: int, ids: Sequence[int]) -> list[CorpusText]:
    """Of these texts those that the run still holds, in the order given: another may have gone on with them."""
    return corpus.held(c, run_id, ids)


def asked(c: sa.Connection, text_ids: Sequence[int]) -> None:
    """The texts' instructions came, whatever became of those."""
    corpus.settle(c, text_ids, TextState.ASKED)


def failed(c: sa.Connection, text_id: int, why: str) -> None:
    """No usable reply came for the text; a person may let it wait again."""
    corpus.settle(c, [text_id], TextState.FAILED, why)


def lend_exactly(c: sa.Connection, pool_id: int, run_id: int, texts: Sequence[CorpusText]) -> None:
    """Let a run that is done again take exactly these texts next, in this order.

    The texts' states are changed in place and kept nowhere: what a batch took stands in its plan, and is what counts.
    """
    corpus.replace(c, pool_id, run_id, texts)


def named(c: sa.Connection, ids: Sequence[int]) -> list[CorpusText]:
    """These texts as they are, in the order given; what has been deleted is left out."""
    return corpus.named(c, ids)
